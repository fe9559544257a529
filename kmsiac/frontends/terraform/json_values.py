"""Values of `.tf.json` as our own nodes: strings are templates, literal texts, or references.

Which of the three a string is depends on where it stands; the splitter of JSON bodies says so.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from unicodedata import normalize

from kmsiac.frontends.terraform.nodes import Literal, Node, Object, Tuple, Unparsed
from kmsiac.frontends.terraform.numbers import parse
from kmsiac.frontends.terraform.parse import parse_expression
from kmsiac.frontends.terraform.template import scan_bare
from kmsiac.reading import nodes as json_nodes
from kmsiac.reading.json_reader import read_json
from kmsiac.reading.source import SourceFile, offset_of
from kmsiac.values import Bool, Null, Number, Text

Reading = Callable[[SourceFile, json_nodes.Node], Node]
"""How a value becomes a node: `expression`, `literal` or `reference`."""

_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_WRAPPED = re.compile(r"\s*\$\{([^{}]*)\}\s*")


def read_decoded(file: SourceFile) -> json_nodes.Node:
    """The JSON value of a file, whose text from now on has the characters in place of escapes.

    So templates and expressions in its strings are read as they are, with the file's own lines and
    columns. Raises `SourceError`.
    """
    root = read_json(file)
    if "\\" not in file.text:
        return root
    every = list(_every(root))
    bounds = [(offset_of(node.position), file.end(node.position)) for node in every]
    escaped = array("I")
    for node, (start, end) in zip(every, bounds, strict=True):
        if isinstance(node, json_nodes.Scalar) and file.text.find("\\", start, end) >= 0:
            escaped.extend((start, end))
    file.replace(_decoded(file.text, escaped))
    for node, (start, end) in zip(every, bounds, strict=True):
        node.position = file.position(file.replaced(start), file.replaced(end))
    return root


def _every(root: json_nodes.Node) -> Iterator[json_nodes.Node]:
    """All nodes in order of their text, without recursion."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, json_nodes.Sequence):
            waiting.extend(reversed(node.items))
        elif isinstance(node, json_nodes.Mapping):
            for key, value in reversed(node.entries):
                waiting.extend((value, key))


def _decoded(text: str, strings: array[int]) -> Iterator[tuple[int, int, str]]:
    for at in range(0, len(strings), 2):
        for escape in _ESCAPE.finditer(text, strings[at], strings[at + 1]):
            yield escape.start(), escape.end(), _character(escape)


def _character(escape: re.Match[str]) -> str:
    if escape[1]:
        high, low = int(escape[1], 16) - 0xD800, int(escape[2], 16) - 0xDC00
        return chr(0x10000 + (high << 10) + low)
    if escape[3]:
        return chr(int(escape[3], 16))
    return _ESCAPES.get(escape[4], escape[4])


def bounds(file: SourceFile, node: json_nodes.Node) -> tuple[int, int]:
    """Where a value starts and ends: offsets, the second exclusive."""
    return offset_of(node.position), file.end(node.position)


def expression(file: SourceFile, node: json_nodes.Node) -> Node:
    """The value where Terraform evaluates it: strings are templates, also as keys."""
    return _Reader(file, _template).node(node)


def literal(file: SourceFile, node: json_nodes.Node) -> Node:
    """The value where Terraform takes strings as they are (a variable's default, a source)."""
    return _Reader(file, _text).node(node)


def reference(file: SourceFile, node: json_nodes.Node) -> Node:
    """The value where a string holds an expression by itself: a type, `depends_on`, a provider."""
    return _Reader(file, _expression).node(node)


_String = Callable[[SourceFile, json_nodes.Scalar, int, int], Node]


def _template(file: SourceFile, _node: json_nodes.Scalar, start: int, end: int) -> Node:
    return scan_bare(file, start, end, parse_expression)


def _text(file: SourceFile, node: json_nodes.Scalar, start: int, end: int) -> Node:
    position = file.position(start, end)
    origin = ((0, file.position(start + 1)),) if node.text[:1] in ("{", "[") else ()
    parts = (normalize("NFC", node.text),) if node.text else ()
    return Literal(position, end, Text(parts, position, origin=origin))


def _expression(file: SourceFile, node: json_nodes.Scalar, start: int, end: int) -> Node:
    return parse_expression(file, *inside(file, node, start, end))


def inside(file: SourceFile, node: json_nodes.Node, start: int, end: int) -> tuple[int, int]:
    """The bounds of the expression in a string that holds a reference, `${}` around it left out."""
    if not isinstance(node, json_nodes.Scalar) or node.kind != "text":
        return start, end
    wrapped = _WRAPPED.fullmatch(file.text, start + 1, end - 1)
    return wrapped.span(1) if wrapped else (start + 1, end - 1)


class _Reader:
    """Turns JSON nodes into ours; the reader of the JSON text has bounded how deep they go."""

    def __init__(self, file: SourceFile, string: _String) -> None:
        self.file = file
        self.string = string

    def node(self, node: json_nodes.Node) -> Node:
        start, end = bounds(self.file, node)
        if isinstance(node, json_nodes.Mapping):
            return self._object(node, end)
        if isinstance(node, json_nodes.Sequence):
            return Tuple(node.position, end, [self.node(item) for item in node.items])
        assert isinstance(node, json_nodes.Scalar)
        if node.kind == "text":
            return self.string(self.file, node, start, end)
        if node.kind == "bool":
            return Literal(node.position, end, Bool(node.text == "true", node.position))
        if node.kind == "null":
            return Literal(node.position, end, Null(node.position))
        try:
            return Literal(node.position, end, Number(parse(node.text), node.position))
        except ValueError as problem:
            return Unparsed(node.position, end, f"not understood: {problem}")

    def _object(self, node: json_nodes.Mapping, end: int) -> Node:
        entries: list[tuple[Node, Node]] = []
        names: set[str] = set()
        for key, value in node.entries:
            assert isinstance(key, json_nodes.Scalar)
            if key.text in names:
                reason = f'the key "{key.text[:60]}" stands twice in an object'
                return Unparsed(key.position, end, reason)
            names.add(key.text)
            read = _template if self.string is _template else _text
            entries.append((read(self.file, key, *bounds(self.file, key)), self.node(value)))
        return Object(node.position, end, entries)
