"""Where the members of one large JSON text lie, found without building any of it.

A plan of 128 MB holds most things twice or more; only some of its sections are wanted, and of these
one item at a time. Strings are passed over, brackets counted: that text between is valid is for
whoever decodes it to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_SPACE = re.compile(rb"[ \t\n\r]*+")
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_KEY = re.compile(rb"[ \t\n\r]*+(" + _STRING + rb")[ \t\n\r]*+:[ \t\n\r]*+", re.DOTALL)
_ATOM = re.compile(_STRING + rb'|[^][{}",: \t\n\r]++', re.DOTALL)
_TO_BRACKET = re.compile(rb'[^][{}"]*+(?:' + _STRING + rb'[^][{}"]*+)*+', re.DOTALL)
_OPEN, _CLOSE = frozenset(b"[{"), frozenset(b"]}")

Extent = tuple[int, int]
"""Start and (exclusive) end, in bytes."""


def sections(data: bytes, start: int = 0) -> dict[str, Extent] | None:
    """The extent of each member of the object that is all of `data` from `start` on.

    None for anything else: text that ends in the middle, that goes on behind, or names a member
    twice.
    """
    at = _space(data, start)
    if data[at : at + 1] != b"{":
        return None
    found: dict[str, Extent] = {}
    at += 1
    while True:
        key = _KEY.match(data, at)
        if key is None:
            return None
        end = _end(data, key.end())
        try:
            name = json.loads(key[1])
        except ValueError:
            return None
        if end is None or name in found:
            return None
        found[name] = (key.end(), end)
        at = _space(data, end)
        here = data[at : at + 1]
        at += 1
        if here == b"}":
            return found if _space(data, at) == len(data) else None
        if here != b",":
            return None


def items(data: bytes, extent: Extent) -> Iterator[Extent]:
    """The extents of the items of the array at `extent`. Raises `ValueError` for what is no array."""
    at, stop = _space(data, extent[0] + 1), extent[1] - 1
    if data[extent[0] : extent[0] + 1] != b"[":
        raise ValueError("an array is wanted")
    while at < stop:
        end = _end(data, at)
        if end is None or end > stop:
            raise ValueError("an item without an end")
        yield at, end
        at = _space(data, end)
        if at < stop and data[at : at + 1] != b",":
            raise ValueError("a comma is wanted")
        at = _space(data, at + 1)


def _space(data: bytes, at: int) -> int:
    space = _SPACE.match(data, at)
    return space.end() if space else at


def _end(data: bytes, at: int) -> int | None:
    """The offset behind the value at `at`; None where it never ends."""
    if data[at : at + 1] not in (b"{", b"["):
        atom = _ATOM.match(data, at)
        return atom.end() if atom else None
    depth = 0
    match = _TO_BRACKET.match
    size = len(data)
    while True:
        stop = match(data, at)
        at = stop.end() if stop else at
        if at >= size:
            return None
        here = data[at]
        at += 1
        if here in _OPEN:
            depth += 1
        elif here in _CLOSE:
            depth -= 1
            if depth == 0:
                return at
        else:
            return None
