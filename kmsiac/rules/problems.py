"""The mistakes of a rule file: collected, each with its place and what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from kmsiac.errors import KmsiacError, RuleError
from kmsiac.reading.nodes import Node
from kmsiac.reading.source import SourceFile


class Broken(Exception):  # noqa: N818 - the mistake has been noted; this only unwinds
    """A term that could not be compiled; its mistake is in the list already."""


class Problems:
    """The mistakes of one file."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.errors: list[KmsiacError] = []

    def add(self, node: Node, message: str, hint: str = "") -> None:
        """Note a mistake at a node."""
        self.errors.append(RuleError(message, self.file.span(node.position), hint))

    def fail(self, node: Node, message: str, hint: str = "") -> Broken:
        """Note a mistake and give what to raise."""
        self.add(node, message, hint)
        return Broken()


def _alike_for(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint for a word that is not known."""
    options = sorted(known)
    close = difflib.get_close_matches(word, options, n=8, cutoff=0.6)
    if close:
        # Ids differ in a character or two: of those equally close the one that begins alike.
        likeness = [difflib.SequenceMatcher(None, one, word).ratio() for one in close]
        equal = [one for one, ratio in zip(close, likeness, strict=True) if ratio == likeness[0]]
        best = max(equal, key=lambda one: _alike_for(one, word))
        return f'did you mean "{best}"?'
    return f"known: {', '.join(options)}" if options and len(options) <= 14 else ""
