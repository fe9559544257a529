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
from kmsiac.reading.source import SourceFile, offset_of

__all__ = ["ESCAPE", "load_json", "locate", "read_json"]

_VALUE = re.compile(
    r"[ \t\n\r]*+(?:"
    r'"([^"\\\x00-\x1f]*+)"'
    r'|("(?:[^"\\\x00-\x1f]++|\\.)*+")'
    r"|([\[{])"
    r"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+(?![\w.+-]))"
    r"|((?:true|false|null)\b))"
)
_PLAIN, _ESCAPED, _OPENING, _NUMBER, _WORD = 1, 2, 3, 4, 5
_KEY = re.compile(
    r"[ \t\n\r]*+(?:"
    r'"([^"\\\x00-\x1f]*+)"'
    r'|("(?:[^"\\\x00-\x1f]++|\\.)*+"))'
)
_FIRST = re.compile(r'[ \t\n\r]*+("([^"\\\x00-\x1f]*+)")[ \t\n\r]*+:')
_NEXT = re.compile("[ \t\n\r]*+," + _FIRST.pattern)
"""A whole key up to its value, as nearly all are: after the bracket, and after a comma."""

_COLON = re.compile(r"[ \t\n\r]*+:")
_AFTER = re.compile(r"[ \t\n\r]*+([]},])")
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


class _Builder:
    """Builds the node tree of one JSON value, token by token, without recursion."""

    def __init__(self, file: SourceFile, budget: Budget, start: int) -> None:
        self.file = file
        self.text = file.text
        self.budget = budget
        self.at = start
        self.base = file.position(0)
        self.nodes = 0
        self.ends: dict[int, int] = {}

    def read(self) -> Node:
        if self._peek() == "":
            _fail(self.file, "the file is empty", self.at)
        root = self._value(0)
        stack = [root] if not isinstance(root, Scalar) else []
        first = True
        while stack:
            holder = stack[-1]
            if isinstance(holder, Mapping):
                key = self._plain_key(_FIRST if first else _NEXT)
                if key is None and self._is_closed(holder, first):
                    stack.pop()
                    first = False
                    continue
                key = key or self._key()
                node = self._value(len(stack))
                holder.entries.append((key, node))
            elif isinstance(holder, Sequence):
                if self._is_closed(holder, first):
                    stack.pop()
                    first = False
                    continue
                node = self._value(len(stack))
                holder.items.append(node)
            first = not isinstance(node, Scalar)
            if first:
                stack.append(node)
        if self._peek():
            self._expected("the end of the file")
        self.file.remember_ends(self.ends)
        return root

    def _is_closed(self, holder: Node, first: bool) -> bool:
        """Whether the closing bracket comes next; before other than the first member, a comma."""
        found = _AFTER.match(self.text, self.at)
        mark = found[1] if found else ""
        closer = "]" if isinstance(holder, Sequence) else "}"
        if found is not None and (mark == closer or (mark == "," and not first)):
            self.at = found.end()
            if mark == closer:
                self.ends[offset_of(holder.position)] = self.at
            return mark == closer
        if not first:
            self._expected(f"',' or '{closer}'")
        return False

    def _plain_key(self, pattern: re.Pattern[str]) -> Scalar | None:
        """The key that comes next, and what is before and behind it, if it is written plainly."""
        token = pattern.match(self.text, self.at)
        if token is None:
            return None
        start, end = token.span(1)
        self.nodes += 1
        if self.nodes > self.budget.nodes:
            self._charge(start, 0)
        self.at = token.end()
        self.ends[start] = end
        return Scalar(token[2], "text", "quoted", self.base + start)

    def _value(self, depth: int) -> Node:
        """A scalar, or the empty node of an array or object that begins here."""
        token = _VALUE.match(self.text, self.at)
        if token is None:
            self._expected("a value")
        kind = token.lastindex
        if kind in (_PLAIN, _ESCAPED):
            return self._string(token)
        assert kind is not None
        start, self.at = token.span(kind)
        self._charge(start)
        written, place = token[kind], self.base + start
        if kind == _OPENING:
            if depth >= self.budget.depth:
                _fail(self.file, f"nested more than {self.budget.depth} levels deep", start)
            return Mapping([], place) if written == "{" else Sequence([], place)
        self.ends[start] = self.at
        if kind == _NUMBER:
            return Scalar(written, "number", "plain", place)
        return Scalar(written, "null" if written == "null" else "bool", "plain", place)

    def _key(self) -> Scalar:
        """The key and colon that come next in an object."""
        token = _KEY.match(self.text, self.at)
        if token is None:
            self._expected("a key in double quotes")
        key = self._string(token)
        colon = _COLON.match(self.text, self.at)
        if colon is None:
            self._expected("':'")
        self.at = colon.end()
        return key

    def _string(self, token: re.Match[str]) -> Scalar:
        if token.lastindex == _PLAIN:
            start, text = token.start(_PLAIN) - 1, token[_PLAIN]
        else:
            start = token.start(_ESCAPED)
            text = self._unescaped(token[_ESCAPED], start)
        self.nodes += 1
        if self.nodes > self.budget.nodes:
            self._charge(start, 0)
        self.at = self.ends[start] = token.end()
        return Scalar(text, "text", "quoted", self.base + start)

    def _unescaped(self, written: str, start: int) -> str:
        try:
            text = str(json.loads(written))
        except json.JSONDecodeError as error:
            _fail(self.file, "not valid JSON: an unknown \\ escape", start + error.pos)
        if _SURROGATE.search(text):
            hint = "write both halves of the pair, or the character itself"
            _fail(self.file, "not valid JSON: half of a surrogate pair", start, hint)
        return text

    def _peek(self) -> str:
        """The next character that is no blank; empty at the end. Moves there."""
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.text[self.at : self.at + 1]

    def _charge(self, start: int, nodes: int = 1) -> None:
        self.nodes += nodes
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
