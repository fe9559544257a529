"""Shapes of text: globs and simple formats, and whether two of them have a text in common.

A shape is a row of character classes, each once, optional or repeated. Matching follows all ways
through it at the same time (one bit per place of the row), so it takes time linear in the text and
never backtracks, whatever the pattern.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

ANY: frozenset[str] | None = None
"""The character class that holds every character."""

MANY = -1
"""As an upper limit of a repetition: no limit."""

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FOLD = {ord(letter): letter.lower() for letter in _UPPER}
_ESCAPES = {"${*}": "*", "${?}": "?", "${$}": "$"}


def fold(text: str) -> str:
    """`text` in lower case as IAM compares names: ASCII letters only.

    `str.lower` would turn the Kelvin sign into a `k` and so accept `\\u212ams:Decrypt`.
    """
    return text.translate(_FOLD)


class Shape:
    """A set of texts, given as a row of `(characters, least, most)` pieces.

    `characters` is a set or ANY; `most` may be MANY.
    """

    __slots__ = ("_all", "_any", "_end", "_loops", "_masks", "_optional")

    def __init__(self, pieces: Iterable[tuple[frozenset[str] | None, int, int]]) -> None:
        self._masks: dict[str, int] = {}
        self._any = self._loops = self._optional = 0
        place = 0
        for characters, least, most in pieces:
            count = least + 1 if most == MANY else most
            for number in range(count):
                bit = 1 << place
                if most == MANY and number == least:
                    self._loops |= bit
                if number >= least:
                    self._optional |= bit
                if characters is None:
                    self._any |= bit
                for character in characters or ():
                    self._masks[character] = self._masks.get(character, 0) | bit
                place += 1
        self._end = 1 << place
        self._all = self._end - 1

    def matches(self, text: str) -> bool:
        """Whether `text`, taken literally, is of this shape."""
        places = self._skip(1)
        for character in text:
            places = self._step(places, self._masks.get(character, 0) | self._any)
            if not places:
                return False
        return bool(places & self._end)

    def meets(self, pattern: str) -> bool:
        """Whether some text that the glob `pattern` matches is of this shape.

        `*` is any run and `?` any one character; policy variables may become anything.
        """
        places = self._skip(1)
        for symbol in _symbols(pattern):
            if symbol == "*":
                places = self._from_lowest(places)
            else:
                accepts = self._all if symbol == "?" else self._masks.get(symbol[-1], 0) | self._any
                places = self._step(places, accepts)
            if not places:
                return False
        return bool(places & self._end)

    def _step(self, places: int, accepts: int) -> int:
        taken = places & accepts
        return self._skip((taken << 1) | (taken & self._loops)) if taken else 0

    def _skip(self, places: int) -> int:
        """`places` and all that lie behind optional ones."""
        optional = self._optional
        while True:
            wider = places | ((places & optional) << 1)
            if wider == places:
                return places
            places = wider

    def _from_lowest(self, places: int) -> int:
        lowest = places & -places
        return (self._end | self._all) & ~(lowest - 1)


def _symbols(pattern: str) -> Iterator[str]:
    """The characters of a glob; `*` and `?` are wildcards, `\\` + character is a literal one."""
    index, size, last = 0, len(pattern), ""
    while index < size:
        character = pattern[index]
        close = pattern.find("}", index) if pattern.startswith("${", index) else -1
        if close >= 0:
            literal = _ESCAPES.get(pattern[index : close + 1])
            symbol = "*" if literal is None else "\\" + literal
            index = close + 1
        else:
            symbol = character if character in "*?" else "\\" + character
            index += 1
            if character == "$" and pattern.startswith("{", index):
                # No variable is closed from here on: the rest is plain text.
                yield from _plain(symbol, pattern[index:])
                return
        if symbol != "*" or last != "*":
            yield symbol
        last = symbol


def _plain(first: str, rest: str) -> Iterator[str]:
    yield first
    for character in rest:
        yield character if character in "*?" else "\\" + character


def _glob_pieces(pattern: str) -> Iterator[tuple[frozenset[str] | None, int, int]]:
    last = ""
    for character in pattern:
        if character != "*":
            yield (ANY if character == "?" else frozenset(character)), 1, 1
        elif last != "*":
            yield ANY, 0, MANY
        last = character


@lru_cache(maxsize=1024)
def glob(pattern: str) -> Shape:
    """The texts that `pattern` matches: `*` any run, `?` any one character, case as it stands.

    Policy variables are plain text here.
    """
    return Shape(_glob_pieces(pattern))


def glob_matches(pattern: Sequence[str], text: str, run: str = "*", one: str = "?") -> bool:
    """IAM's own glob on a whole text: `run` is any characters, `one` is any one, case as it stands.

    Time is the product of the two lengths at most.
    """
    p = t = 0
    star, mark = -1, 0
    while t < len(text):
        if p < len(pattern) and pattern[p] == run:
            star, mark = p, t
            p += 1
        elif p < len(pattern) and pattern[p] in (one, text[t]):
            p += 1
            t += 1
        elif star >= 0:
            p = star + 1
            mark += 1
            t = mark
        else:
            return False
    return all(token == run for token in pattern[p:])
