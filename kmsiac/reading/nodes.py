"""The positioned tree that the YAML and the JSON reader both produce.

Plain `__slots__` classes: a template has 100,000 of them. `position` is the int of
`SourceFile.position`; it is the start of the node, its end is in the file's end table.
"""

from __future__ import annotations

from collections.abc import Iterator


class Node:
    """One node of a YAML or JSON document. `tag` is a local tag such as `!Sub`, or empty."""

    __slots__ = ("position", "tag")

    def __init__(self, position: int, tag: str = "") -> None:
        self.position = position
        self.tag = tag


class Scalar(Node):
    """A text, number, boolean or null, always with its text as written.

    `kind` is `text`, `number`, `bool` or `null`. Only plain (unquoted) scalars of the YAML 1.2
    core schema are other than `text`: `true`/`false`, `null`/`~`/empty, and numbers. `yes`, `on`,
    dates, octals and account ids with leading zeros are text (CloudFormation keeps them so).
    `style` is `plain`, `quoted` or `block` (a `|` or `>` scalar).
    """

    __slots__ = ("kind", "style", "text")

    def __init__(self, text: str, kind: str, style: str, position: int, tag: str = "") -> None:
        self.position = position
        self.tag = tag
        self.text = text
        self.kind = kind
        self.style = style

    def __repr__(self) -> str:
        return f"Scalar({self.text!r}, {self.kind})"


class Sequence(Node):
    """A list of nodes."""

    __slots__ = ("items",)

    def __init__(self, items: list[Node], position: int, tag: str = "") -> None:
        self.position = position
        self.tag = tag
        self.items = items

    def __repr__(self) -> str:
        return f"Sequence({self.items!r})"


class Mapping(Node):
    """Key and value nodes in the order written; a key may occur twice, and both stay."""

    __slots__ = ("entries",)

    def __init__(self, entries: list[tuple[Node, Node]], position: int, tag: str = "") -> None:
        self.position = position
        self.tag = tag
        self.entries = entries

    def get(self, name: str) -> Node | None:
        """The value under the text key `name`: the last one, as every YAML and JSON reader has it."""
        for key, value in reversed(self.entries):
            if isinstance(key, Scalar) and key.text == name:
                return value
        return None

    def key(self, name: str) -> Node | None:
        """The key node itself, for pointing at it: the last one of that name."""
        for key, _ in reversed(self.entries):
            if isinstance(key, Scalar) and key.text == name:
                return key
        return None

    def items(self) -> Iterator[tuple[str, Node]]:
        """Text keys with their values; keys that are no scalars are left out."""
        for key, value in self.entries:
            if isinstance(key, Scalar):
                yield key.text, value

    def __repr__(self) -> str:
        return f"Mapping({self.entries!r})"
