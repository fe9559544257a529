"""JSON text to positioned nodes, or to plain objects.

Templates become the same nodes as YAML does. Plan JSON is far larger: it is loaded without
positions by `load_json`, and `json_paths.locate` finds the few places that are printed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn

from kmsiac.errors import SourceError, Span
from kmsiac.reading.budget import TEMPLATE_BUDGET, Budget
from kmsiac.reading.json_paths import locate
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile

__all__ = ["ESCAPE", "load_json", "locate", "read_json"]

_TOKEN = re.compile(
    r"[ \t\n\r]*+(?:"
    r'("[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+")'
    r"|([][{}:,])"
    r"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+(?![\w.+-]))"
    r"|((?:true|false|null)\b))"
)
_STRING, _MARK, _NUMBER, _WORD = 1, 2, 3, 4
_KEY = re.compile(r'[ \t\n\r]*+("[^"\\\x00-\x1f]*+")[ \t\n\r]*+:')
"""A key without escapes and its colon, which nearly all keys are."""
_SPACE = re.compile(r"[ \t\n\r]*+")
_BAD_WORD = re.compile(r"[\w.+-]++", re.ASCII)
_STRING_HEAD = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+')
_SURROGATE = re.compile("[\ud800-\udfff]")

_UNLOADABLE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(NaN|-?Infinity)|[0-9]{4301,}', re.DOTALL)

_EXPONENT = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(-?[0-9]++(?:\.[0-9]++)?+[eE][+-]?[0-9]++)', re.DOTALL
)

ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\."
)
"""An escape in a JSON string; a surrogate pair is one."""


def read_json(file: SourceFile, budget: Budget = TEMPLATE_BUDGET, start: int = 0) -> Node:
    """The one JSON value in the text of `file` from the offset `start` on.

    Strict: no comments, trailing commas, `NaN` or lone surrogates. Keys that occur twice both
    stay. Raises `SourceError` for other text and for a value over `budget`.
    """
    return _Builder(file, budget, start).read()


def each_once(repeated: dict[str, None]) -> Callable[[list[tuple[str, object]]], object]:
    """What makes the objects of a JSON text: the last of equal keys counts, and is noted."""

    def made(pairs: list[tuple[str, object]]) -> object:
        found = dict(pairs)
        if len(found) < len(pairs):
            met: set[str] = set()
            for name, _ in pairs:
                if name in met:
                    repeated[name] = None
                met.add(name)
        return found

    return made


def load_json(file: SourceFile, repeated: dict[str, None] | None = None) -> object:
    """The plain Python value of a JSON file, without positions; fractions are `Decimal`.

    `repeated` gets the keys that an object has twice, of which the last counts. Raises `SourceError` where `json.loads` cannot read the text, and for `NaN` and `Infinity`.
    """
    text = file.text
    if not text.strip():
        _fail(file, "the file is empty", 0)
    try:
        value: object = json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=None if repeated is None else each_once(repeated),
        )
    except json.JSONDecodeError as error:
        _refuse(file, error)
    except ArithmeticError:
        _fail(file, "not valid JSON: a number out of range", _number_out_of_range(text))
    except RecursionError:
        _fail(file, "nested too deep", 0)
    except ValueError:
        found = next((m for m in _UNLOADABLE.finditer(text) if m[0][0] != '"'), None)
        what = found[1] if found and found[1] else "a number with too many digits"
        _fail(file, f"not valid JSON: {what}", found.start() if found else 0)
    return value


def _refuse(file: SourceFile, error: json.JSONDecodeError) -> NoReturn:
    """The usual accidents with piped output by name, everything else in the parser's words."""
    text, at = file.text, error.pos
    if at >= len(text.rstrip()):
        _fail(file, "not valid JSON: the text ends in the middle", at, "has it been cut off?")
    if not text[:at].strip() and "{" in text[at:]:
        hint = "keep other output out of it: `terraform show -json tfplan > plan.json`"
        _fail(file, "not valid JSON: other text stands before the JSON", at, hint)
    if error.msg == "Extra data":
        hint = "one document at a time, and nothing else beside it"
        _fail(file, "not valid JSON: more text follows after the end", at, hint)
    _fail(file, f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}", at)


def _number_out_of_range(text: str) -> int:
    """Where the exponent stands that `Decimal` has refused."""
    for match in _EXPONENT.finditer(text):
        if match[1]:
            try:
                Decimal(match[1])
            except ArithmeticError:
                return match.start(1)
    return 0


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _fail(file: SourceFile, message: str, offset: int, hint: str = "") -> NoReturn:
    line, column = file.line_column(min(offset, len(file.text)))
    raise SourceError(message, Span(file.path, line, column, line, column + 1), hint)


class _Open:
    """An array or object whose end has not been met, and the key that waits for its value."""

    __slots__ = ("key", "node")

    def __init__(self, node: Sequence | Mapping, key: Scalar | None) -> None:
        self.node = node
        self.key = key


class _Builder:
    """Builds the node tree of one JSON value, token by token, without recursion."""

    def __init__(self, file: SourceFile, budget: Budget, start: int) -> None:
        self.file = file
        self.text = file.text
        self.budget = budget
        self.at = start
        self.nodes = 0
        self.base = file.position(0)
        self.ends: dict[int, int] = {}

    def read(self) -> Node:
        if self._peek() == "":
            _fail(self.file, "the file is empty", self.at)
        stack: list[_Open] = []
        while True:
            node = self._value(len(stack))
            if isinstance(node, Sequence | Mapping):
                if not self._take(_closer(node)):
                    stack.append(_Open(node, self._key(node)))
                    continue
                self._end(node)
            # The node is complete: put it into what holds it, and close all that ends here.
            while stack:
                frame = stack[-1]
                _add(frame, node)
                if self._take(","):
                    frame.key = self._key(frame.node)
                    break
                if not self._take(_closer(frame.node)):
                    self._expected(f"',' or '{_closer(frame.node)}'")
                node = frame.node
                self._end(node)
                stack.pop()
            else:
                break
        if self._peek():
            self._expected("the end of the file")
        self.file.remember_ends(self.ends)
        return node

    def _value(self, depth: int) -> Node:
        """A scalar, or the empty node of an array or object that begins here."""
        token = _TOKEN.match(self.text, self.at)
        if token is None or (token.lastindex == _MARK and token[_MARK] not in "[{"):
            self._expected("a value")
        kind = token.lastindex or 0
        start = token.start(kind)
        self._charge(start)
        if kind == _STRING:
            return self._string(token)
        self.at = token.end()
        if kind == _NUMBER:
            return Scalar(token[kind], "number", "plain", self._place(start))
        if kind == _WORD:
            word = token[kind]
            return Scalar(word, "null" if word == "null" else "bool", "plain", self._place(start))
        if depth >= self.budget.depth:
            _fail(self.file, f"nested more than {self.budget.depth} levels deep", start)
        place = self.base + start
        return Mapping([], place) if token[kind] == "{" else Sequence([], place)

    def _key(self, holder: Sequence | Mapping) -> Scalar | None:
        """The key and colon that come next in an object; None in an array."""
        if isinstance(holder, Sequence):
            return None
        key_and_colon = _KEY.match(self.text, self.at)
        if key_and_colon is not None:
            start, end = key_and_colon.span(1)
            self._charge(start)
            if start not in self.ends:
                self.ends[start] = end
            self.at = key_and_colon.end()
            text = self.text[start + 1 : end - 1]
            return Scalar(text, "text", "quoted", self.base + start)
        token = _TOKEN.match(self.text, self.at)
        if token is None or token.lastindex != _STRING:
            self._expected("a key in double quotes")
        self._charge(token.start(_STRING))
        key = self._string(token)
        if not self._take(":"):
            self._expected("':'")
        return key

    def _string(self, token: re.Match[str]) -> Scalar:
        start, self.at = token.span(_STRING)
        text = self.text[start + 1 : self.at - 1]
        if "\\" in text:
            try:
                text = str(json.loads(token[_STRING]))
            except json.JSONDecodeError as error:
                _fail(self.file, "not valid JSON: an unknown \\ escape", start + error.pos)
            if _SURROGATE.search(text):
                hint = "write both halves of the pair, or the character itself"
                _fail(self.file, "not valid JSON: half of a surrogate pair", start, hint)
        return Scalar(text, "text", "quoted", self._place(start))

    def _place(self, start: int) -> int:
        """The position of what ends here."""
        if start not in self.ends:
            self.ends[start] = self.at
        return self.base + start

    def _end(self, node: Node) -> None:
        self.ends.setdefault(node.position - self.base, self.at)

    def _peek(self) -> str:
        """The next character that is no blank; empty at the end. Moves there."""
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.text[self.at : self.at + 1]

    def _take(self, mark: str) -> bool:
        # Most marks follow at once; only where there are blanks are they looked for.
        if not self.text.startswith(mark, self.at) and self._peek() != mark:
            return False
        self.at += 1
        return True

    def _charge(self, start: int) -> None:
        self.nodes += 1
        if self.nodes > self.budget.nodes:
            _fail(self.file, f"more than {self.budget.nodes:,} nodes", start)

    def _expected(self, what: str) -> NoReturn:
        found = self._peek()
        problem = _describe(self.text, self.at) if found else "the end of the file"
        hint = _HINTS.get(found, "")
        if found in ("]", "}") and what != f"',' or '{found}'":
            hint = "JSON allows no comma before a closing bracket" if what[0] == "a" else ""
        _fail(self.file, f"not valid JSON: expected {what}, found {problem}", self.at, hint)


_HINTS = {
    "/": "JSON allows no comments",
    "#": "JSON allows no comments",
    "'": "JSON strings stand in double quotes",
}


def _describe(text: str, at: int) -> str:
    """What stands at an offset, for an error: the word or the character."""
    word = _BAD_WORD.match(text, at, at + 40)
    if word:
        return f"'{word[0]}'"
    if text[at] == '"':
        stop = _STRING_HEAD.match(text, at)
        end = stop.end() if stop else at
        return (
            "a string that is not closed"
            if end >= len(text)
            else "a string with a raw line break or control character"
        )
    return f"'{text[at]}'" if text[at].isprintable() else f"the character U+{ord(text[at]):04X}"


def _closer(node: Sequence | Mapping) -> str:
    return "]" if isinstance(node, Sequence) else "}"


def _add(frame: _Open, node: Node) -> None:
    if isinstance(frame.node, Sequence):
        frame.node.items.append(node)
    else:
        assert frame.key is not None, "an object's value follows a key"
        frame.node.entries.append((frame.key, node))
