"""A source line with a caret under the place that is meant, safe to print and never too wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from kmsiac.errors import Span
from kmsiac.findings.excerpt import one_line, printable
from kmsiac.reporters.terminal import Style

_WIDEST = 120
_BEFORE = 60
_TAB = 4
_MAX_LINES = 16


def code_frame(excerpt: str, span: Span, style: Style) -> Iterator[str]:
    """The lines of the block that shows `excerpt` under its arrow.

    For a place with a JSON pointer the excerpt is a text of its own, without numbers or a caret.
    """
    rail = style.faint(" " * gutter(span) + " |")
    yield rail
    if span.pointer or not span.line:
        yield from (f"{rail} {line}".rstrip() for line in _written_anew(excerpt))
    else:
        end = span.end_column if span.end_line == span.line else None
        shown, carets = underlined(excerpt, span.column, end)
        yield f"{style.faint(f'{span.line} |')} {shown}".rstrip()
        yield f"{rail} {style.strong(carets)}"


def gutter(span: Span) -> int:
    """The width of the column with line numbers."""
    return 1 if span.pointer or not span.line else len(str(span.line))


def underlined(line: str, column: int, end_column: int | None) -> tuple[str, str]:
    """The line and its carets, from `column` (1-based) to before `end_column` (None: line's end).

    Tabs become spaces, control characters their escapes, a wide character has two carets; of a
    line that is too long, what is around the caret.
    """
    line = line.rstrip("\r\n")
    first = max(column - 1, 0)
    last = len(line) if end_column is None else end_column - 1
    start = max(0, first - _BEFORE) if len(line) > _WIDEST else 0
    stop = min(len(line), start + _WIDEST)
    if not start and line.isascii() and line[:stop].isprintable():  # nearly every line
        shown = line[:stop] + ("…" if stop < len(line) else "")
        return shown.rstrip(), " " * min(first, stop) + "^" * max(1, min(last, stop) - first)
    shown = "…" if start else ""
    width = len(shown)
    before, under = width, 0
    for index in range(start, stop):
        text, cells = _cell(line[index], width)
        shown += text
        width += cells
        if index < first:
            before = width
        elif index < last:
            under += cells
    if stop < len(line):
        shown += "…"
    return shown.rstrip(), " " * before + "^" * max(1, under)


def _cell(character: str, at: int) -> tuple[str, int]:
    """A character as it is shown at a cell, and how many cells it takes."""
    if character == "\t":
        cells = _TAB - at % _TAB
        return " " * cells, cells
    text = "\\n" if character == "\n" else printable(character)
    if text != character:
        return text, len(text)
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _written_anew(excerpt: str) -> list[str]:
    lines = printable(excerpt).expandtabs(_TAB).splitlines()
    shown = [line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…" for line in lines]
    if len(shown) > _MAX_LINES:
        more = len(shown) - _MAX_LINES
        return [*shown[:_MAX_LINES], one_line(f"… {more} more lines")]
    return shown
