"""`.tf.json` and `.tofu.json` to the same blocks and attributes that the HCL lexer gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from kmsiac.frontends.terraform import json_schema as schema
from kmsiac.frontends.terraform.json_values import (
    Reading,
    bounds,
    expression,
    inside,
    literal,
    read_decoded,
    reference,
)
from kmsiac.frontends.terraform.split import Attribute, Block, Body, SplitFile
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.stack import Remark

_COMMENT = "//"
Member = tuple[Scalar, Node]


def split_json(split: SplitFile) -> None:
    """Fill in the blocks of a JSON file. Raises `SourceError` for one that is no JSON."""
    root = read_decoded(split.file)
    split.body = _Splitter(split, "", "").body(root)


class JsonBlock(Block):
    """A block of a JSON file. The header is the last key that leads to it, or its `{` in a list."""

    __slots__ = ("_make", "comment")

    def __init__(
        self,
        split: SplitFile,
        type: str,
        labels: tuple[str, ...],
        header: tuple[int, int],
        node: Mapping,
        make: Callable[[], Body],
    ) -> None:
        start, end = bounds(split.file, node)
        super().__init__(split, type, labels, header[0], start, end - 1)
        self.header_end = header[1]
        self.comment = node.get(_COMMENT)
        """What stands under `"//"`: Terraform passes it over."""
        self._make = make

    @property
    def body(self) -> Body:
        """The attributes and nested blocks, found on first use."""
        if self._body is None:
            self._body = self._make()
        return self._body


def remarks(split: SplitFile) -> Iterator[Remark]:
    """What the `"//"` of resources, data sources and module calls say to tools, where it is an object.

    Terraform passes it over, and so JSON has the metadata that CloudFormation has.
    """
    for block in split.body.blocks:
        if isinstance(block, JsonBlock) and isinstance(block.comment, Mapping):
            yield Remark(block.position, block.end, block.comment)


class _Splitter:
    """Splits bodies of one kind: the block that they are the inside of, in which resource type."""

    def __init__(self, split: SplitFile, block: str, resource_type: str) -> None:
        self.split = split
        self.file = split.file
        self.block = block
        self.resource_type = resource_type
        self.labels = schema.LABELS.get(block, {})

    def body(self, node: Node) -> Body:
        """The attributes and blocks that an object, or a list of objects, spells."""
        body = Body()
        for key, value in self._members(node, self.block or "a file"):
            name = key.text
            if name == _COMMENT:
                continue
            if name in self.labels or self._is_block(name, value):
                header = bounds(self.file, key)
                body.blocks.extend(self._blocks(name, (), self.labels.get(name, 0), header, value))
            else:
                self._attribute(body, key, value)
        return body

    def _is_block(self, name: str, value: Node) -> bool:
        if not self.block:
            return True
        if self.block not in schema.BY_SCHEMA or name in schema.META_ARGUMENTS:
            return False
        if isinstance(value, Sequence):
            objects = bool(value.items) and all(isinstance(item, Mapping) for item in value.items)
        else:
            objects = isinstance(value, Mapping)
        return objects and not schema.is_map(self.resource_type, name)

    def _attribute(self, body: Body, key: Scalar, value: Node) -> None:
        name = key.text
        offset, name_end = bounds(self.file, key)
        start, end = bounds(self.file, value)
        read = self._reading(name)
        if read is reference:
            start, end = inside(self.file, value, start, end)
        new = Attribute(self.file, name, offset, name_end, start, end)
        new.read = partial(read, self.file, value)
        if body.attributes.setdefault(name, new) is not new:
            self.split.set_twice(name, offset)

    def _reading(self, name: str) -> Reading:
        if (self.block, name) in schema.REFERENCES or name in ("depends_on", "provider"):
            return reference
        if self.block in schema.LITERAL_BLOCKS or (self.block, name) in schema.LITERAL:
            return literal
        return expression

    # -- blocks -----------------------------------------------------------------------------------

    def _blocks(
        self, type: str, labels: tuple[str, ...], more: int, header: tuple[int, int], value: Node
    ) -> Iterator[Block]:
        """The blocks of a type: `more` labels are still to come as keys of objects."""
        if more:
            for key, inner in self._members(value, (type, *labels)[-1]):
                if key.text == _COMMENT and not isinstance(inner, Mapping | Sequence):
                    continue
                place = bounds(self.file, key)
                yield from self._blocks(type, (*labels, key.text), more - 1, place, inner)
            return
        items = value.items if isinstance(value, Sequence) else [value]
        for item in items:
            if isinstance(item, Mapping):
                start = bounds(self.file, item)[0]
                place = header if len(items) == 1 else (start, start + 1)
                make = partial(self._inside(type, labels).body, item)
                yield JsonBlock(self.split, type, labels, place, item, make)
            elif not _is_null(item):
                self._no_object(type, item)

    def _inside(self, type: str, labels: tuple[str, ...]) -> _Splitter:
        """What splits the bodies of a block."""
        if self.block in schema.BY_SCHEMA and type not in self.labels:
            return _Splitter(self.split, "content", self.resource_type)
        resource_type = self.resource_type if self.block else (labels or ("",))[0]
        return _Splitter(self.split, type, resource_type)

    def _members(self, node: Node, what: str) -> Iterator[Member]:
        """The members of an object, or of each object of a list, in order."""
        for item in node.items if isinstance(node, Sequence) else [node]:
            if isinstance(item, Mapping):
                yield from cast("list[Member]", item.entries)
            elif not _is_null(item):
                self._no_object(what, item)

    def _no_object(self, what: str, node: Node) -> None:
        problem = f"{what[:60]} needs an object, or a list of objects, in place of this value"
        self.split.error(problem, bounds(self.file, node)[0], "it is not read")


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind == "null"
