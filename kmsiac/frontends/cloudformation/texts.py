"""Scalars of a template as Texts: interpolation, dynamic references, and the way back to a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from kmsiac.reading.nodes import Scalar
from kmsiac.reading.source import SourceFile, offset_of
from kmsiac.values import (
    Bool,
    Null,
    Number,
    Owner,
    Part,
    Symbol,
    Text,
    Unknown,
    Unquoted,
    Value,
    has_leading_zero,
)

_VARIABLE = re.compile(r"\$\{(!?)([^{}]+)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^{}]*\}\}")
_LONGEST_NUMBER = 30

Origin = tuple[tuple[int, int], ...]


class Piece(NamedTuple):
    """A stretch of a `Fn::Sub` text: literal, or the name of a variable; and where it starts."""

    start: int
    text: str
    variable: bool


def pieces(template: str) -> Iterator[Piece]:
    """Cut a `Fn::Sub` text at its variables; `${!x}` is the literal `${x}`."""
    end = 0
    for found in _VARIABLE.finditer(template):
        if found.start() > end:
            yield Piece(end, template[end : found.start()], False)
        if found[1]:
            yield Piece(found.start(), f"${{{found[2]}}}", False)
        else:
            yield Piece(found.start(), found[2].strip(), True)
        end = found.end()
    if end < len(template):
        yield Piece(end, template[end:], False)


def scalar_value(node: Scalar, owner: Owner, file: SourceFile) -> Value:
    """A scalar as a value: numbers and booleans as such, all else text as it is written."""
    if node.kind == "bool":
        return Bool(node.text.lower() == "true", node.position)
    if node.kind == "null":
        return Null(node.position)
    if node.kind == "number":
        return number(node.text, node.position)
    written = plain_scalar(node)
    return whole_value(text_value(written, owner, node.position, line_origin(node, file)))


def plain_scalar(node: Scalar) -> str:
    """A scalar as text: the digits of a number as they are written.

    CloudFormation makes another number of those that begin with 0: these are marked.
    """
    if node.style == "plain" and not node.tag and has_leading_zero(node.text):
        return Unquoted(node.text, node.text)
    return node.text.lower() if node.kind == "bool" else node.text


def number(written: str, position: int) -> Number | Text:
    """The number, or the text where a number would print differently (an account id, `1.10`)."""
    if len(written) <= _LONGEST_NUMBER and not set(written) - set("-0123456789."):
        value = Number(Decimal(written) if "." in written else int(written), position)
        if str(value) == written:
            return value
    return Text((written,), position)


def text_value(literal: str, owner: Owner, position: int, origin: Origin = ()) -> Text:
    """A literal text, with its dynamic references (`{{resolve:...}}`) as symbols."""
    if "{{resolve:" not in literal:
        return Text((literal,), position, origin=origin)
    return Text(dynamic_parts(literal, owner, position), position)


def dynamic_parts(literal: str, owner: Owner, position: int) -> Iterator[Part]:
    """The parts of a literal, each dynamic reference being a symbol."""
    end = 0
    for found in _DYNAMIC.finditer(literal):
        yield literal[end : found.start()]
        yield Symbol("text", found[0], owner, "parameter", None, position)
        end = found.end()
    yield literal[end:]


def whole_value(made: Text) -> Text | Unknown:
    """The text, or the Unknown that is all of it."""
    if len(made.parts) == 1 and isinstance(part := made.parts[0], Unknown):
        hidden = made.sensitive or part.sensitive
        return Unknown(part.expression, part.reason, made.position, part.unit, hidden)
    return made


def parts_of(value: Value) -> tuple[Part, ...] | None:
    """What a value contributes to a text around it; None for what has no text (lists, maps)."""
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, Number | Bool):
        return (str(value),) if not value.sensitive else (_secret(value),)
    if isinstance(value, Unknown):
        return (value,)
    return None


def _secret(value: Number | Bool) -> str:
    return str(value.number) if isinstance(value, Number) else str(value.value).lower()


def length(parts: Iterable[Part]) -> int:
    """The length of parts as `Text.origin` counts: characters of literals, one for any other."""
    return sum(len(part) if isinstance(part, str) else 1 for part in parts)


def line_origin(node: Scalar, file: SourceFile) -> Origin:
    """The start of each line of a `|` scalar in its source; empty for any other scalar."""
    if node.style != "block":
        return ()
    source = file.text
    header_end = source.find("\n", offset_of(node.position))
    header = source[offset_of(node.position) : header_end]
    if header_end < 0 or "|" not in header:
        return ()
    origin: list[tuple[int, int]] = []
    indent = -1
    index = 0
    start = header_end + 1
    for line in node.text.split("\n"):
        end = source.find("\n", start)
        written = source[start : end if end >= 0 else len(source)].rstrip("\r")
        if line:
            if indent < 0:
                indent = len(written) - len(line)
            if indent < 0 or written[indent:] != line:
                break
            origin.append((index, file.position(start + indent)))
        index += len(line) + 1
        if end < 0:
            break
        start = end + 1
    return tuple(origin)


class Weaver:
    """Puts a text together from pieces and remembers where in the source each came from."""

    def __init__(self, origin: Origin) -> None:
        self._source = origin
        self._next = 0
        self._index = 0
        self.parts: list[Part] = []
        self.origin: list[tuple[int, int]] = []
        self.sensitive = False

    def literal(self, start: int, written: str, width: int) -> None:
        """Add literal text that stands at `start` of the source text, `width` characters wide."""
        if self._source:
            self._mark(start)
            while self._next < len(self._source) and self._source[self._next][0] < start + width:
                index, position = self._source[self._next]
                self.origin.append((self._index + index - start, position))
                self._next += 1
        self.parts.append(written)
        self._index += len(written)

    def value(self, start: int, parts: tuple[Part, ...], sensitive: bool) -> None:
        """Add what a variable at `start` stands for."""
        if self._source:
            self._mark(start)
        self.parts.extend(parts)
        self._index += length(parts)
        self.sensitive = self.sensitive or sensitive

    def _mark(self, start: int) -> None:
        while self._next < len(self._source) and self._source[self._next][0] <= start:
            self._next += 1
        if self._next:
            index, position = self._source[self._next - 1]
            self.origin.append((self._index, position + start - index))

    def text(self, position: int) -> Text:
        """The whole text."""
        return Text(self.parts, position, self.sensitive, tuple(self.origin))


def fold_dynamic(whole: Text, owner: Owner) -> Text:
    """The text with each `{{resolve:...}}` in it as one symbol, variables inside it included."""
    if not any(isinstance(part, str) and "{{resolve:" in part for part in whole.parts):
        return whole
    folded: list[Part] = []
    inside: list[Part] | None = None
    for part in whole.parts:
        if not isinstance(part, str):
            (folded if inside is None else inside).append(part)
            continue
        rest = part
        while rest:
            if inside is None:
                before, mark, rest = rest.partition("{{resolve:")
                folded.append(before)
                inside = [mark] if mark else None
            else:
                before, mark, rest = rest.partition("}}")
                inside.append(before + mark)
                if mark:
                    folded.append(_dynamic_symbol(inside, owner, whole))
                    inside = None
    return Text([*folded, *(inside or [])], whole.position, whole.sensitive)


def _dynamic_symbol(parts: list[Part], owner: Owner, whole: Text) -> Symbol:
    # A reference is printed as it is: what a secret is made of must not stand in it.
    reference = f"{{{{resolve:...}}}} @{whole.position}" if whole.sensitive else str(Text(parts))
    return Symbol("text", reference, owner, "parameter", None, whole.position)
