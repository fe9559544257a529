"""Which classes of text a set of patterns tells apart, with a shortest text of each.

All patterns run side by side as one row of bits (one place per token), so a state of the search is
one integer. Only characters that some place waits for, and one fresh character per character class,
are tried: any other behaves like the fresh one. Sources: notes on region algebra in
docs/semantics; Thompson's construction.
"""

from __future__ import annotations

import string
from collections import deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from kmsiac.access.patterns import ONE, RUN, Tokens
from kmsiac.aws.shapes import ANY, MANY

Piece = tuple[frozenset[str] | None, int, int]
"""A character class (None: any character), and how often it comes: least and most."""
Pieces = tuple[Piece, ...]

STATES = 4000
"""How many states one search may visit before it gives up."""

PLACES = 40
"""How many places of patterns a state may hold on average before the search gives up."""

MOST_PLACES = 120_000
"""More than policies can spell of one thing: the longest that AWS takes has 32,768 characters."""
_WORD = 16_384
"""A state of more places than this costs that much more to walk."""

_FRESH = string.ascii_lowercase + string.digits + string.ascii_uppercase + "+=,.@_-/~#%&()"


def text_pieces(text: str) -> Pieces:
    """The pieces of a literal text."""
    return tuple((frozenset(character), 1, 1) for character in text)


def glob_pieces(pattern: Tokens, *, ignore_case: bool = False) -> Pieces:
    """The pieces of a glob."""
    out: list[Piece] = []
    for token in pattern:
        if token == RUN:
            out.append((ANY, 0, MANY))
        elif token == ONE:
            out.append((ANY, 1, 1))
        else:
            both = {token.lower(), token.upper()} if ignore_case and token.isascii() else {token}
            out.append((frozenset(both), 1, 1))
    return tuple(out)


class Classes(NamedTuple):
    """A text of each class, and whether there can be no further class."""

    texts: tuple[str, ...]
    complete: bool


class _Rows:
    """Several rows of pieces as one automaton of bits."""

    def __init__(self, rows: Sequence[Pieces], colonless: Sequence[frozenset[int]]) -> None:
        self.chars: dict[str, int] = {}
        self.waits: dict[int, frozenset[str]] = {}  # by place: powers of two have few hashes
        self.any = self.no_colon = self.loops = self.optional = self.start = 0
        self.ends: list[int] = []
        self.spans: list[int] = []
        place = 0
        for row, plain in zip(rows, colonless, strict=True):
            first = place
            self.start |= 1 << place
            for index, (characters, least, most) in enumerate(row):
                count = least + 1 if most == MANY else most
                for number in range(count):
                    bit = 1 << place
                    self._place(bit, characters, index in plain)
                    if most == MANY and number == least:
                        self.loops |= bit
                    if number >= least:
                        self.optional |= bit
                    place += 1
            self.ends.append(1 << place)
            place += 1
            self.spans.append((1 << place) - (1 << first))
        self.start = self.skip(self.start)

    def _place(self, bit: int, characters: frozenset[str] | None, colonless: bool) -> None:
        if characters is None:
            if colonless:
                self.no_colon |= bit
            else:
                self.any |= bit
            return
        self.waits[bit.bit_length()] = characters
        for character in characters:
            self.chars[character] = self.chars.get(character, 0) | bit

    def skip(self, places: int) -> int:
        while True:
            wider = places | ((places & self.optional) << 1)
            if wider == places:
                return places
            places = wider

    def step(self, places: int, character: str) -> int:
        accepts = self.chars.get(character, 0) | self.any
        if character != ":":
            accepts |= self.no_colon
        taken = places & accepts
        return self.skip((taken << 1) | (taken & self.loops)) if taken else 0


class Row(NamedTuple):
    """One pattern: its pieces, and which of them take no colon (fields of an ARN)."""

    pieces: Pieces
    colonless: frozenset[int] = frozenset()


def arn_row(pattern: Tokens) -> Row:
    """The row of an ARN pattern: wildcards of its first five fields never take a colon."""
    pieces = glob_pieces(pattern)
    colons, plain = 0, set()
    for index, piece in enumerate(pattern):
        if piece == ":":
            colons += 1
        elif piece in (RUN, ONE) and colons < 5:
            plain.add(index)
    return Row(pieces, frozenset(plain))


def classes(format: Pieces, rows: Sequence[Row], excluded: Sequence[Row] = ()) -> Classes:
    """A shortest text of the format for each set of rows that match together.

    No text matches a row of `excluded`. Policies repeat each other's patterns: answers are kept.
    """
    return _classes(format, tuple(rows), tuple(excluded))


@lru_cache(maxsize=2048)
def _classes(format: Pieces, rows: tuple[Row, ...], excluded: tuple[Row, ...]) -> Classes:
    every = [Row(format), *excluded, *rows]
    length = sum(len(row.pieces) for row in every)
    if length > MOST_PLACES:
        return Classes((), complete=False)
    automaton = _Rows([row.pieces for row in every], [row.colonless for row in every])
    ends, shape = automaton.ends, automaton.spans[0]
    stop = sum(ends[1 : len(excluded) + 1])
    # What matched a pattern that ends in `*` matches it for good: nothing allowed lies behind.
    barred = sum(end for end, row in zip(ends[1:], excluded, strict=False) if _absorbs(row))
    telling = sum(ends[len(excluded) + 1 :])
    found: dict[int, str] = {}
    limit = STATES + sum(len(row.pieces) for row in excluded)
    seen = {automaton.start}
    queue = deque([(automaton.start, "")])
    work = 0
    while queue:
        places, text = queue.popleft()
        work += places.bit_count() * (1 + length // _WORD)
        if places & ends[0] and not places & stop:
            found.setdefault(places & telling, text)
        for character in _alphabet(automaton, places, places & shape):
            after = automaton.step(places, character)
            if after & shape and not after & barred and after not in seen:
                seen.add(after)
                queue.append((after, text + character))
        if len(seen) > limit or work > limit * PLACES:
            return Classes(tuple(found.values()), complete=False)
    return Classes(tuple(found.values()), complete=True)


def _absorbs(row: Row) -> bool:
    return bool(row.pieces) and row.pieces[-1] == (ANY, 0, MANY)


def _alphabet(automaton: _Rows, places: int, shape: int) -> Iterable[str]:
    """The characters worth trying: those waited for, and one that none of the patterns waits for."""
    sets: list[frozenset[str]] = []
    singles: set[str] = {":"} if places & automaton.no_colon else set()
    free = bool(shape & automaton.any)
    rest = places
    while rest:
        bit = rest & -rest
        rest ^= bit
        characters = automaton.waits.get(bit.bit_length())
        if characters is None:
            continue
        if len(characters) <= 2:
            singles |= characters
        elif bit & shape:
            sets.append(characters)
    fresh = []
    for characters in sets:
        one = next((c for c in _ordered(characters) if c not in singles), None)
        if one is not None:
            fresh.append(one)
    if free:
        fresh.append(next((c for c in _FRESH if c not in singles), "\u00e9"))
    return [*fresh, *sorted(singles)]


def _ordered(characters: frozenset[str]) -> Iterable[str]:
    # "x" and "9" first: witnesses read better than with the first of the alphabet.
    yield from (character for character in "x9" if character in characters)
    yield from sorted(characters)
