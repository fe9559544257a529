"""A policy given as JSON text, in which symbols and unknowns may stand, as a positioned value.

Each part of the text that is no literal counts as one character, a *hole*. A hole inside a JSON
string becomes a part of that string; one anywhere else is a value that could not be worked out.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NoReturn

from kmsiac.values import Bool, List, Map, Null, Number, Part, Text, Unknown, Value

MAX_DEPTH = 100
"""Nesting beyond this is refused; the deepest real policy seen has 12 levels."""

_HOLE = "\ufffc"
_SPACE = re.compile(r"[ \t\r\n]*+")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*+')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?([eE][+-]?[0-9]++)?")
_ESCAPES = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_WORDS = {"true": True, "false": False, "null": None}
_MAX_DIGITS = 400


class _Broken(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


def decode(text: Text) -> Value:
    """The value that a Text of JSON holds; its document where `jsonencode` made it.

    Text that is no valid JSON gives an Unknown with the reason and the place of the fault.
    """
    if text.document is not None:
        return text.document
    reader = _Reader(text)
    try:
        value = reader.value(0)
        reader.skip_space()
        if reader.index < len(reader.flat):
            reader.fail("text after the end of the document")
    except _Broken as broken:
        place = text.position_of(broken.index)
        reason = f"not valid JSON: {broken.message}"
        return Unknown(str(text)[:80], reason, place, sensitive=text.sensitive)
    return value


class _Reader:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.sensitive = text.sensitive
        self.holes: dict[int, Part] = {}
        pieces: list[str] = []
        at = 0
        for part in text.parts:
            if isinstance(part, str):
                pieces.append(part)
                at += len(part)
            else:
                self.holes[at] = part
                pieces.append(_HOLE)
                at += 1
        self.flat = "".join(pieces)
        self.index = 0

    def fail(self, message: str) -> NoReturn:
        raise _Broken(message, self.index)

    def skip_space(self) -> None:
        match = _SPACE.match(self.flat, self.index)
        self.index = match.end() if match else self.index

    def value(self, depth: int) -> Value:
        if depth > MAX_DEPTH:
            self.fail(f"more than {MAX_DEPTH} levels deep")
        self.skip_space()
        start = self.text.position_of(self.index)
        first = self.flat[self.index : self.index + 1]
        if first == '"':
            return self.string()
        if first == "{":
            return self.object(depth, start)
        if first == "[":
            return self.array(depth, start)
        if self.index in self.holes:
            return self.hole(start)
        return self.word(start)

    def hole(self, start: int) -> Value:
        part = self.holes[self.index]
        self.index += 1
        if isinstance(part, Unknown):
            if part.sensitive or not self.sensitive:
                return part
            return Unknown(part.expression, part.reason, part.position, part.unit, True)
        return Text((part,), start, self.sensitive)

    def word(self, start: int) -> Value:
        for word, meaning in _WORDS.items():
            if self.flat.startswith(word, self.index):
                self.index += len(word)
                return Null(start) if meaning is None else Bool(meaning, start, self.sensitive)
        match = _NUMBER.match(self.flat, self.index)
        if match is None or len(match[0]) > _MAX_DIGITS:
            self.fail("a value was expected")
        self.index = match.end()
        if match[1] or match[2]:
            return Number(self.decimal(match[0]), start, self.sensitive)
        return Number(int(match[0]), start, self.sensitive)

    def decimal(self, digits: str) -> Decimal:
        try:
            return Decimal(digits)
        except ArithmeticError:
            self.fail("a number beyond all bounds")

    def array(self, depth: int, start: int) -> List:
        self.index += 1
        items: list[Value] = []
        self.skip_space()
        if self.take("]"):
            return List(items, start, sensitive=self.sensitive)
        while True:
            items.append(self.value(depth + 1))
            self.skip_space()
            if self.take("]"):
                return List(items, start, sensitive=self.sensitive)
            if not self.take(","):
                self.fail("',' or ']' was expected")

    def object(self, depth: int, start: int) -> Map:
        self.index += 1
        entries: list[tuple[Text, Value]] = []
        self.skip_space()
        if self.take("}"):
            return Map(entries, start, sensitive=self.sensitive)
        while True:
            self.skip_space()
            if self.flat[self.index : self.index + 1] != '"':
                self.fail("a name in double quotes was expected")
            key = self.string()
            self.skip_space()
            if not self.take(":"):
                self.fail("':' was expected")
            entries.append((key, self.value(depth + 1)))
            self.skip_space()
            if self.take("}"):
                return Map(entries, start, sensitive=self.sensitive)
            if not self.take(","):
                self.fail("',' or '}' was expected")

    def take(self, character: str) -> bool:
        if self.flat.startswith(character, self.index):
            self.index += 1
            return True
        return False

    def string(self) -> Text:
        start = self.text.position_of(self.index)
        self.index += 1
        parts: list[Part] = []
        while True:
            self.plain(parts)
            following = self.flat[self.index : self.index + 1]
            if following == '"':
                self.index += 1
                return Text(parts, start, self.sensitive)
            if following != "\\":
                self.fail("a string is not closed" if not following else "a control character")
            parts.append(self.escape())

    def plain(self, parts: list[Part]) -> None:
        match = _PLAIN.match(self.flat, self.index)
        end = match.end() if match else self.index
        stretch = self.flat[self.index : end]
        for piece in re.split(f"({_HOLE})", stretch):
            at = self.index
            self.index += len(piece)
            parts.append(self.holes.get(at, piece) if piece == _HOLE else piece)
        self.index = end

    def escape(self) -> str:
        code = self.flat[self.index + 1 : self.index + 2]
        if code in _ESCAPES:
            self.index += 2
            return _ESCAPES[code]
        if code != "u":
            self.fail("an unknown escape in a string")
        unit = self.unit()
        if 0xD800 <= unit < 0xDC00 and self.flat.startswith("\\u", self.index):
            low = self.unit()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
            return "\ufffd\ufffd"
        return "\ufffd" if 0xD800 <= unit < 0xE000 else chr(unit)

    def unit(self) -> int:
        digits = self.flat[self.index + 2 : self.index + 6]
        if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
            self.fail("four hexadecimal digits were expected after \\u")
        self.index += 6
        return int(digits, 16)
