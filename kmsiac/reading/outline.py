"""What a source file is made of, as far as comments need it: the stretches that have an inside.

Readers that keep comments say how their language is outlined; nobody pays for it before a comment
asks where it counts.
"""

from __future__ import annotations

from typing import NamedTuple

from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile, offset_of

_MAX_COMMENT_LINES = 200
"""How far below a value its indented comments may reach."""


class Part(NamedTuple):
    """A block, an object, a list, an entry of a map with its value: offsets in the text.

    The header reaches from `start` to `head`, the whole from `start` to `end`, both exclusive.
    """

    start: int
    head: int
    end: int


def yaml_outline(file: SourceFile) -> list[Part]:
    """The entries of all maps and the items of all lists of a YAML document, in order of start.

    An entry reaches from its key to the end of its value, an item from behind its dash, each with
    the comments below that are indented deeper. The file is read once more for it.
    """
    from kmsiac.reading.yaml_reader import read_yaml  # noqa: PLC0415 - which offers this outline

    return _YamlOutline(file).of(read_yaml(file))


class _YamlOutline:
    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._text = file.text
        self._ends: dict[int, int] = {}
        self._seen: set[int] = set()
        self._parts: list[Part] = []

    def of(self, root: Node) -> list[Part]:
        """The parts below a node."""
        stack = [root]
        while stack:
            node = stack.pop()
            if id(node) in self._seen:  # an alias is the anchor's own node
                continue
            self._seen.add(id(node))
            if isinstance(node, Mapping):
                for key, value in node.entries:
                    start = offset_of(key.position)
                    head = self._file.end(key.position) if isinstance(key, Scalar) else start + 1
                    self._add(start, head, value)
                    stack.append(value)
            elif isinstance(node, Sequence):
                for item in node.items:
                    start = offset_of(item.position)
                    self._add(start, start + 1, item, item=True)
                    stack.append(item)
        return sorted(set(self._parts), key=lambda part: (part.start, -part.end))

    def _add(self, start: int, head: int, value: Node, item: bool = False) -> None:
        end = self._end(value) if offset_of(value.position) >= start else head
        column = start - (self._text.rfind("\n", 0, start) + 1)
        line = self._text[start - column : start]
        if item and line.rstrip(" ").endswith("-"):  # an item is as deep as its dash
            column = len(line.rstrip(" ")) - 1
        self._parts.append(Part(start, head, max(head, self._with_comments(end, column))))

    def _end(self, node: Node) -> int:
        """The offset where a node ends, its members included."""
        known = self._ends.get(id(node))
        if known is not None:
            return known
        start = offset_of(node.position)
        end = self._ends[id(node)] = self._file.end(node.position)
        members: list[Node] = []
        if isinstance(node, Mapping):
            members = [value for _, value in node.entries[-1:]]
        elif isinstance(node, Sequence):
            members = node.items[-1:]
        for member in members:
            if offset_of(member.position) >= start:
                end = max(end, self._end(member))
        self._ends[id(node)] = end
        return end

    def _with_comments(self, end: int, column: int) -> int:
        """The end of a value together with the comment lines below that are indented deeper."""
        text = self._text
        at = text.find("\n", end)
        for _ in range(_MAX_COMMENT_LINES):
            if at < 0:
                break
            close = text.find("\n", at + 1)
            line = text[at + 1 : close if close >= 0 else len(text)]
            content = line.lstrip(" ")
            if content.strip() and (content[0] != "#" or len(line) - len(content) <= column):
                break
            if content.strip():
                end = at + 1 + len(line)
            at = close
        return end
