"""Values whose form the configuration does not know: of variables, and of parameters of rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from kmsiac.config.problems import Placed, Problems
from kmsiac.config.shapes import MAX_ITEMS, ListOf, MapOf, Schema, Shape, Words
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence

_PARAMETER = "[A-Za-z0-9]{1,255}"


class Plain(Shape):
    """A scalar, or lists and (if `nested`) mappings of them; read as `Placed[Node]`."""

    def __init__(self, words: str, *, nested: bool) -> None:
        self.words = words
        self._nested = nested

    def read(self, name: str, node: Node, problems: Problems) -> Placed[Node] | None:
        """The node, when everything in it can be a value."""
        before = len(problems.errors)
        for each in _inner(node):
            if each.tag:
                problems.add(each, f'"{name}" takes no tag {each.tag}')
            elif isinstance(each, Scalar):
                if each.kind == "null":
                    problems.add(each, f'"{name}" has no value', 'write "" for empty text')
            elif not self._nested and (isinstance(each, Mapping) or each is not node):
                problems.add(each, f'"{name}" must be one value or a list of them')
        return Placed(node, problems.span(node)) if len(problems.errors) == before else None

    def schema(self) -> Schema:
        """Anything but null; without nesting no object."""
        scalars: list[Schema] = [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]
        items: Schema = {"anyOf": scalars}
        if self._nested:
            items = {"not": {"type": "null"}}
            scalars = [*scalars, {"type": "object", "additionalProperties": items}]
        return {"anyOf": [*scalars, {"type": "array", "items": items}]}


def _inner(node: Node) -> Iterator[Node]:
    """A node and all in it, without recursion."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, Sequence):
            waiting += reversed(each.items)
        elif isinstance(each, Mapping):
            waiting += [value for _, value in reversed(each.entries)]


class OneOrMore(Shape):
    """One member, or a list of them; read as the list."""

    def __init__(self, item: Shape) -> None:
        self._item = item
        self._list = ListOf(item)
        self.words = f"{item.words}, or a list of them"

    def read(self, name: str, node: Node, problems: Problems) -> list[object] | None:
        """The members."""
        if isinstance(node, Sequence):
            if not node.items:
                problems.add(node, f'"{name}" names nothing')
            return self._list.read(name, node, problems)
        one = self._item.read(name, node, problems)
        return None if one is None else [one]

    def schema(self) -> Schema:
        """One, or an array."""
        return {"anyOf": [self._item.schema(), {**self._list.schema(), "minItems": 1}]}


class Parameters(Shape):
    """Parameters of CloudFormation: `{NAME: VALUE}`, or a list of files and `NAME=VALUE`.

    Read as `("map", pairs)` or `("list", texts)`.
    """

    words = "{NAME: VALUE}, or a list of FILE and NAME=VALUE"

    _map = MapOf("NAME", Plain("VALUE", nested=False), _PARAMETER, "KeyAdmin")
    _list = ListOf(Words("text"))

    def read(self, name: str, node: Node, problems: Problems) -> tuple[str, list[object]] | None:
        """The pairs or the texts."""
        if isinstance(node, Mapping):
            pairs = self._map.read(name, node, problems)
            return None if pairs is None else ("map", list(pairs))
        if isinstance(node, Sequence):
            texts = self._list.read(name, node, problems)
            return None if texts is None else ("list", texts)
        problems.add(node, f'"{name}" must be a mapping or a list', f"write it as {self.words}")
        return None

    def schema(self) -> Schema:
        """An object or an array of text."""
        return {"anyOf": [self._map.schema(), self._list.schema()]}


def as_data(node: Node) -> object:
    """The plain data of a node: text, whole number, `Decimal`, boolean, lists, dicts."""
    if isinstance(node, Sequence):
        return [as_data(item) for item in node.items]
    if isinstance(node, Mapping):
        return {name: as_data(value) for name, value in node.items()}
    assert isinstance(node, Scalar)
    if node.kind == "null":
        return None
    if node.kind == "bool":
        return node.text.lower() == "true"
    if node.kind == "number":
        number = Decimal(node.text)
        return (
            int(number) if number == number.to_integral_value() and len(node.text) < 20 else number
        )
    return node.text


def as_variable(node: Node) -> str:
    """The value as `--var NAME=VALUE` takes it: text as it is written, lists and maps as HCL."""
    if isinstance(node, Scalar):
        return node.text.lower() if node.kind == "bool" else node.text
    # JSON is HCL, but for what begins a template in text.
    written = json.dumps(as_data(node), default=str)
    return written.replace("${", "$${").replace("%{", "%%{")


def as_parameter(node: Node) -> str:
    """The value as CloudFormation takes it: text; a list joined with commas."""
    if isinstance(node, Sequence):
        return ",".join(as_parameter(item) for item in node.items[:MAX_ITEMS])
    assert isinstance(node, Scalar)
    return node.text.lower() if node.kind == "bool" else node.text
