"""`replace` in a text with symbols in it, where none of them can hold what is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from string import ascii_lowercase, ascii_uppercase, digits

from kmsiac.values import Part, Symbol

_LETTERS: dict[str, frozenset[str]] = {
    "account_id": frozenset(digits),
    "partition": frozenset(f"{ascii_lowercase}-"),
    "region": frozenset(f"{ascii_lowercase}{digits}-"),
    "dns_suffix": frozenset(f"{ascii_lowercase}{digits}-."),
    "key_id": frozenset(f"{digits}abcdefABCDEFmrk-"),
    "role_unique_id": frozenset(f"{ascii_uppercase}{digits}"),
}
"""What the texts of a symbol are spelled with, by its type."""

_LONGEST = 200
"""The longest text that is looked for between symbols."""


def replaced(parts: Sequence[Part], old: str, new: str, most: int) -> list[Part] | None:
    """The parts with `new` for each `old`; None where an `old` may lie in or across a symbol, or
    where more than `most` characters would be put in.
    """
    joined: list[Part] = []
    for is_text, run in groupby(parts, lambda part: isinstance(part, str)):
        pieces = list(run)
        joined.extend(["".join(map(str, pieces))] if is_text else pieces)
    if not 0 < len(old) <= _LONGEST:
        return None
    for at, part in enumerate(joined):
        if isinstance(part, str):
            inner = 0 < at < len(joined) - 1
            if inner and part in old:
                return None  # it might begin in one symbol and end in the next
        elif not isinstance(part, Symbol) or _touches(joined, at, part, old):
            return None
    found = sum(part.count(old) for part in joined if isinstance(part, str))
    if found * len(new) > most:
        return None
    return [part.replace(old, new) if isinstance(part, str) else part for part in joined]


def _touches(parts: Sequence[Part], at: int, symbol: Symbol, old: str) -> bool:
    """Whether an `old` may have characters of the symbol at `at`."""
    letters = _LETTERS.get(symbol.type)
    if letters is None:
        return True
    before = parts[at - 1] if at else ""
    after = parts[at + 1] if at + 1 < len(parts) else ""
    if not (isinstance(before, str) and isinstance(after, str)):
        return True
    starts = [i for i in range(len(old)) if before.endswith(old[:i])]
    ends = [j for j in range(1, len(old) + 1) if after.startswith(old[j:])]
    return any(set(old[i:j]) <= letters for i in starts for j in ends if i < j)
