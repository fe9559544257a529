"""Expressions as most are written, read directly: python-hcl2 takes some twenty times as long.

Texts, whole numbers, true, false, null, references, function calls, lists, objects, `for`, splats,
conditions with one operator. Whatever is written otherwise (arithmetic, groups, rows of operators) is
left to python-hcl2, and so is all that might be wrong: nothing is rejected here. The nodes are those
that python-hcl2 gives.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from kmsiac.frontends.terraform.lexer import template_end
from kmsiac.frontends.terraform.nodes import (
    Binary,
    Call,
    Conditional,
    For,
    GetAttribute,
    Index,
    Literal,
    Name,
    Node,
    Object,
    Splat,
    Step,
    Tuple,
    Unary,
)
from kmsiac.frontends.terraform.template import ParseExpression, scan_string
from kmsiac.reading.source import SourceFile
from kmsiac.values import Bool, Null, Number, Text

_GAP = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+|//[^\n]*+)*+")
_STRING = re.compile(r'"((?:[^"\\$%\n]++|[$%](?!\{))*+)"')
_INTEGER = re.compile(r"(?:0|[1-9][0-9]{0,17}+)(?![\w.])")
_WORD = re.compile(r"[A-Za-z_][\w-]*+", re.ASCII)
_STEP = re.compile(r"\.([A-Za-z_][\w-]*+)", re.ASCII)
_EQUALS = re.compile(r"[ \t]*+(?:=(?![=>])|:(?!:))[ \t]*+")
_ENDS_ENTRY = re.compile(r"[ \t]*+(?:,|(?=[\r\n}#])|(?=//))")
_OPERATOR = re.compile(r"[ \t]*+([=!]=|&&|\|\||[<>]=?)[ \t]*+")
_QUESTION = re.compile(r"[ \t]*+\?[ \t]*+")
_COLON = re.compile(r"[ \t]*+:[ \t]*+")
_GOES_ON = re.compile(r"[ \t]*+(?:[-+*%?!&|<>.\[]|=(?!>)|/(?![/*]))")
"""What behind a value might make more of it than is read here."""
_SPACES = r"[ \t\r\n]*+"
_FOR = re.compile(
    rf"[\[{{]{_SPACES}for[ \t\r\n]++([A-Za-z_][\w-]*+)"
    rf"(?:{_SPACES},{_SPACES}([A-Za-z_][\w-]*+))?[ \t\r\n]++in[ \t\r\n]++",
    re.ASCII,
)
_MAX_DEPTH = 40
_CONSTANTS = frozenset({"true", "false", "null"})
_OTHERS = frozenset({"for", "in", "if", "else", "endif", "endfor"})


class _Otherwise(Exception):  # noqa: N818 - internal signal
    """Not written in the plain way."""


def parse_plain(file: SourceFile, start: int, end: int, parse: ParseExpression) -> Node | None:
    """The expression between two offsets; None where python-hcl2 has to read it.

    `parse` reads what stands in interpolations. Raises `Unterminated`.
    """
    reader = _Reader(file, end, parse)
    try:
        position = _gap(file.text, start, end)
        node, position = reader.expression(position, 0)
    except _Otherwise:
        return None
    if _gap(file.text, position, end) != end:
        return None
    for offset, stop in reader.ends:
        file.position(offset, stop)
    return node


def _gap(text: str, position: int, end: int) -> int:
    found = _GAP.match(text, position, end)
    return found.end() if found else position


class _Reader:
    """Reads values of one expression. Every method gives a node and the offset behind it.

    `ends` says where what starts at an offset ends: the file is told when all is read.
    """

    __slots__ = ("end", "ends", "file", "first", "parse", "text")

    def __init__(self, file: SourceFile, end: int, parse: ParseExpression) -> None:
        self.file = file
        self.text = file.text
        self.end = end
        self.parse = parse
        self.ends: list[tuple[int, int]] = []
        self.first = file.position(0)

    def place(self, start: int, stop: int | None = None) -> int:
        """The position of an offset, and where what starts there ends."""
        if stop is not None:
            self.ends.append((start, stop))
        return self.first + start

    def expression(self, start: int, depth: int) -> tuple[Node, int]:
        """A value, one comparison or conjunction of two, or a condition with two results."""
        text, end = self.text, self.end
        node, position = self.value(start, depth)
        if position >= end or text[position] in ",\n])}":
            return node, position
        if operator := _OPERATOR.match(text, position, end):
            if isinstance(node, Unary):
                raise _Otherwise
            right, position = self.value(operator.end(), depth)
            if isinstance(right, Unary):
                raise _Otherwise
            place = self.place(start, right.end)
            node = Binary(place, right.end, node, operator[1], right)
        if question := _QUESTION.match(text, position, end):
            if isinstance(node, Unary):
                raise _Otherwise
            then, position = self.value(question.end(), depth + 1)
            colon = _COLON.match(text, position, end)
            if colon is None:
                raise _Otherwise
            otherwise, position = self.value(colon.end(), depth + 1)
            place = self.place(start, position)
            node = Conditional(place, position, node, then, otherwise)
        if _GOES_ON.match(text, position, end):
            raise _Otherwise
        return node, position

    def value(self, start: int, depth: int) -> tuple[Node, int]:
        """What stands for itself, with the steps into it."""
        text, end = self.text, self.end
        if start >= end or depth > _MAX_DEPTH:
            raise _Otherwise
        character = text[start]
        if character == '"':
            return self._string(start)
        if character in "[{":
            if intro := _FOR.match(text, start, end):
                return self._for(start, intro, depth)
            return self._tuple(start, depth) if character == "[" else self._object(start, depth)
        if word := _WORD.match(text, start, end):
            return self._named(start, word[0], word.end(), depth)
        if number := _INTEGER.match(text, start, end):
            stop = number.end()
            position = self.place(start, stop)
            return Literal(position, stop, Number(int(number[0]), position)), stop
        if character == "(":
            return self._parenthesis(start, depth)
        if character == "!" and text[start + 1 : start + 2] not in ("!", "-", " ", "="):
            operand, stop = self.value(start + 1, depth + 1)
            return Unary(self.place(start, stop), stop, "!", operand), stop
        if text.startswith("<<", start) and (stop := template_end(self.file, start, end)) > start:
            return scan_string(self.file, start, stop, self.parse), stop
        raise _Otherwise

    def _parenthesis(self, start: int, depth: int) -> tuple[Node, int]:
        inner, stop = self.expression(start + 1, depth + 1)
        if stop >= self.end or self.text[stop] != ")":
            raise _Otherwise
        if self.text[stop + 1 : stop + 2] in (".", "["):
            raise _Otherwise
        return inner, stop + 1

    def _string(self, start: int) -> tuple[Node, int]:
        plain = _STRING.match(self.text, start, self.end)
        if plain is None:
            stop = template_end(self.file, start, self.end)
            return scan_string(self.file, start, stop, self.parse), stop
        stop, written = plain.end(), plain[1]
        position = self.place(start, stop)
        if not written:
            return Literal(position, stop, Text((), position)), stop
        first = self.place(start + 1)
        origin = ((0, first),) if written[0] in "{[" else ()
        if not written.isascii():
            written = normalize("NFC", written)
        return Literal(position, stop, Text((written,), position, origin=origin)), stop

    def _named(self, start: int, word: str, stop: int, depth: int) -> tuple[Node, int]:
        """A constant, a call, or a reference with its steps."""
        text, end = self.text, self.end
        if word in _OTHERS:
            raise _Otherwise
        following = text[stop] if stop < end else ""
        if word in _CONSTANTS:
            if following and following in ".[(":
                raise _Otherwise
            position = self.place(start, stop)
            value = Null(position) if word == "null" else Bool(word == "true", position)
            return Literal(position, stop, value), stop
        place = self.place(start)
        if following == "(":
            arguments, stop = self._listed(stop, ")", depth)
            node: Node = Call(place, stop, word, arguments, False)
        else:
            node = Name(place, stop, word)
        last = stop
        while stop < end and (following := text[stop]) in ".[":
            if text.startswith(("[*]", ".*"), stop):
                steps, last = self._splat(stop, depth)
                return Splat(self.place(start, last), last, node, steps), last
            if following == "[":
                key, stop = self._index(stop, depth)
                node = Index(place, stop, node, key)
            elif step := _STEP.match(text, stop, end):
                last = stop = step.end()
                node = GetAttribute(place, stop, node, step[1])
            else:
                raise _Otherwise
        # All steps share an offset. What is printed ends with the last attribute.
        self.place(start, last)
        if stop < end and text[stop] == ":" and text[stop : stop + 2] == "::":
            raise _Otherwise
        return node, stop

    def _splat(self, start: int, depth: int) -> tuple[list[Step], int]:
        """The steps behind `[*]` or, names only, behind `.*`."""
        text, end = self.text, self.end
        is_full = text[start] == "["
        steps: list[Step] = []
        stop = start + (3 if is_full else 2)
        while stop < end and text[stop] in ".[":
            if step := _STEP.match(text, stop, end):
                steps.append(step[1])
                stop = step.end()
            elif is_full and text[stop] == "[":
                key, stop = self._index(stop, depth)
                steps.append(key)
            else:
                raise _Otherwise
        return steps, stop

    def _index(self, start: int, depth: int) -> tuple[Node, int]:
        """`[key]`."""
        key, stop = self.expression(start + 1, depth + 1)
        if stop >= self.end or self.text[stop] != "]":
            raise _Otherwise
        return key, stop + 1

    def _for(self, start: int, intro: re.Match[str], depth: int) -> tuple[Node, int]:
        """`[for k, v in collection : value if condition]`, and the form for objects."""
        names = tuple(name for name in intro.groups() if name is not None)
        if not _CONSTANTS.union(_OTHERS).isdisjoint(names):
            raise _Otherwise
        collection, position = self.expression(intro.end(), depth + 1)
        value, position = self._behind(":", position, depth)
        key = None
        if self.text[start] == "{":
            key = value
            value, position = self._behind("=>", position, depth)
        position = _gap(self.text, position, self.end)
        condition = None
        word = _WORD.match(self.text, position, self.end)
        if word is not None and word[0] == "if":
            condition, position = self._behind("if", position, depth)
            position = _gap(self.text, position, self.end)
        stop = position + 1
        closing = "]" if self.text[start] == "[" else "}"
        if position >= self.end or self.text[position] != closing:
            raise _Otherwise
        if self.text[stop : stop + 1] in (".", "["):
            raise _Otherwise
        node = For(self.place(start, stop), stop, names, collection, value)
        node.key, node.condition = key, condition
        return node, stop

    def _behind(self, sign: str, start: int, depth: int) -> tuple[Node, int]:
        """The expression behind a sign that has to follow."""
        position = _gap(self.text, start, self.end)
        if not self.text.startswith(sign, position, self.end):
            raise _Otherwise
        return self.expression(_gap(self.text, position + len(sign), self.end), depth + 1)

    def _tuple(self, start: int, depth: int) -> tuple[Node, int]:
        items, stop = self._listed(start, "]", depth)
        if self.text[stop : stop + 1] in (".", "["):
            raise _Otherwise
        return Tuple(self.place(start, stop), stop, items), stop

    def _listed(self, opening: int, closing: str, depth: int) -> tuple[list[Node], int]:
        text, end = self.text, self.end
        items: list[Node] = []
        position = _gap(text, opening + 1, end)
        while position < end and text[position] != closing:
            item, position = self.expression(position, depth + 1)
            items.append(item)
            position = _gap(text, position, end)
            if position < end and text[position] == ",":
                position = _gap(text, position + 1, end)
                if closing == ")" and text[position : position + 1] == ")":
                    raise _Otherwise
            elif position >= end or text[position] != closing:
                raise _Otherwise
        if position >= end:
            raise _Otherwise
        return items, position + 1

    def _object(self, start: int, depth: int) -> tuple[Node, int]:
        text, end = self.text, self.end
        entries: list[tuple[Node, Node]] = []
        position = _gap(text, start + 1, end)
        while position < end and text[position] != "}":
            key, position = self._key(position)
            equals = _EQUALS.match(text, position, end)
            if equals is None:
                raise _Otherwise
            value, position = self.expression(equals.end(), depth + 1)
            entries.append((key, value))
            after = _ENDS_ENTRY.match(text, position, end)
            if after is None:
                raise _Otherwise
            position = _gap(text, after.end(), end)
        stop = position + 1
        if position >= end or text[stop : stop + 1] in (".", "["):
            raise _Otherwise
        return Object(self.place(start, stop), stop, entries), stop

    def _key(self, start: int) -> tuple[Node, int]:
        if self.text[start] == '"':
            return self._string(start)
        word = _WORD.match(self.text, start, self.end)
        if word is None or word[0] in _OTHERS:
            raise _Otherwise
        stop = word.end()
        position = self.place(start, stop)
        return Literal(position, stop, Text((word[0],), position)), stop
