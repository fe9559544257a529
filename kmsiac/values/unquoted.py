"""Digits that a template has without quotes and whose leading zero its language does not keep.

YAML 1.1 reads `012345670123` as an octal number, HCL as 12345678901 without the zero. The mark goes
along with the digits wherever they are put into a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Self

_LEADING_ZERO = re.compile(r"0[0-9]+", re.ASCII)


class Unquoted(str):
    """A literal stretch of a text that holds such digits; `written` is how the template has them."""

    __slots__ = ("written",)

    written: str

    def __new__(cls, literal: str, written: str) -> Self:  # noqa: D102 - makes one
        made = super().__new__(cls, literal)
        made.written = written
        return made


class UnquotedNumber(int):
    """A number that a template has with a leading zero; as text it is an `Unquoted`."""

    written: str

    def __new__(cls, number: int, written: str) -> Self:  # noqa: D102 - makes one
        made = super().__new__(cls, number)
        made.written = written
        return made

    def __str__(self) -> str:
        return Unquoted(int.__repr__(self), self.written)


def has_leading_zero(written: str) -> bool:
    """Whether a number is written with a zero that does not count."""
    return _LEADING_ZERO.fullmatch(written) is not None


def together(pieces: Sequence[str]) -> str:
    """The pieces as one, with the mark of the first that has one."""
    whole = "".join(pieces)
    for piece in pieces:
        if isinstance(piece, Unquoted):
            return Unquoted(whole, piece.written)
    return whole
