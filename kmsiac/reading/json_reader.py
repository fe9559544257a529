"""JSON text to positioned nodes, to plain objects, and from JSON paths back to places.

Templates become the same nodes as YAML does. Plan JSON is far larger: it is loaded without
positions by `load_json`, and `locate` finds the few places that are printed.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from json.decoder import scanstring
from typing import NoReturn

from kmsiac.errors import SourceError, Span
from kmsiac.reading.budget import TEMPLATE_BUDGET, Budget
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile, offset_of

_TOKEN = re.compile(
    r"[ \t\n\r]*+(?:"
    r'("[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+")'
    r"|([][{}:,])"
    r"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+(?![\w.+-]))"
    r"|((?:true|false|null)\b))"
)
_STRING, _MARK, _NUMBER, _WORD = 1, 2, 3, 4
_SPACE = re.compile(r"[ \t\n\r]*+")
_BAD_WORD = re.compile(r"[\w.+-]++")
_SURROGATE = re.compile("[\ud800-\udfff]")

_UNLOADABLE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(NaN|-?Infinity)|[0-9]{4301,}', re.DOTALL)


def read_json(file: SourceFile, budget: Budget = TEMPLATE_BUDGET, start: int = 0) -> Node:
    """The one JSON value in the text of `file` from the offset `start` on.

    Strict: no comments, trailing commas, `NaN` or lone surrogates. Keys that occur twice both
    stay. Raises `SourceError` for other text and for a value over `budget`.
    """
    return _Builder(file, budget, start).read()


def load_json(file: SourceFile) -> object:
    """The plain Python value of a JSON file, without positions; fractions are `Decimal`.

    Raises `SourceError` where `json.loads` cannot read the text, and for `NaN` and `Infinity`.
    """
    text = file.text
    if not text.strip():
        _fail(file, "the file is empty", 0)
    try:
        value: object = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        _fail(file, f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.pos)
    except RecursionError:
        _fail(file, "nested too deep", 0)
    except ValueError:
        found = next((m for m in _UNLOADABLE.finditer(text) if m[0][0] != '"'), None)
        what = found[1] if found and found[1] else "a number with too many digits"
        _fail(file, f"not valid JSON: {what}", found.start() if found else 0)
    return value


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
        self.nodes = 0

    def read(self) -> Node:
        if not self.text[self.at :].strip(" \t\r\n"):
            _fail(self.file, "the file is empty", self.at)
        stack: list[Sequence | Mapping] = []
        key: Node | None = None
        keys: list[Node | None] = []
        while True:
            node = self._value(stack)
            opened = isinstance(node, Sequence | Mapping)
            if isinstance(node, Sequence | Mapping):
                stack.append(node)
                keys.append(key)
                key = None
                if not self._take(_closer(node)):
                    key = self._key(node)
                    continue
                opened = False
                stack.pop()
                key = keys.pop()
                self._end(node)
            # `node` is complete: put it in what holds it, and close all that end here.
            while stack and not opened:
                holder = stack[-1]
                _add(holder, key, node)
                if self._take(","):
                    key = self._key(holder)
                    break
                if not self._take(_closer(holder)):
                    self._expected(f"',' or '{_closer(holder)}'")
                node = stack.pop()
                key = keys.pop()
                self._end(holder)
            if not stack:
                break
        if not _at_end(self.text, self.at):
            self._expected("the end of the file")
        return node
