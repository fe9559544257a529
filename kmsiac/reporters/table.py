"""A table of text that fits a width: cells wrap, columns stay aligned."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

_GAP = 2
_NARROWEST = 8


class _Cell(textwrap.TextWrapper):
    """Breaks ARNs and paths after a colon or slash, too."""

    wordsep_simple_re = re.compile(r"(\s+)|(?<=[/:])(?=[^/:])")


def natural(rows: Sequence[Sequence[str]]) -> list[int]:
    """The widths of columns that hold the rows without a break."""
    return [max((len(cell) for cell in column), default=0) for column in zip(*rows, strict=True)]


def fitted(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The widths of columns that hold the rows in `width` cells, the widest made narrower."""
    widths = natural(rows)
    floor = [min(width, _NARROWEST) for width in widths]
    left = width - _GAP * (len(widths) - 1)
    while sum(widths) > left:
        # The one with most to give, so that short columns stay whole.
        widest = max(range(len(widths)), key=lambda at: widths[at] - floor[at])
        if widths[widest] <= floor[widest]:
            break
        widths[widest] -= 1
    return widths


def row_lines(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """The lines of one row."""
    columns = [
        _Cell(max(width, 1), break_on_hyphens=False).wrap(cell) or [""]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for at in range(max(map(len, columns), default=0)):
        parts = [
            (column[at] if at < len(column) else "").ljust(width)
            for column, width in zip(columns, widths, strict=True)
        ]
        yield (" " * _GAP).join(parts).rstrip()


def wrapped(text: str, width: int, indent: str = "") -> Iterator[str]:
    """The lines of a text, each after the indent; words break only where they are too long."""
    yield from textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=f"{indent}  " if indent else "",
        break_on_hyphens=False,
    )  # fmt: skip
