"""Places in source text, the errors that a user can cause, and what was probably meant.

Everything a user can get wrong is a `KmsiacError`: one line that says what, where
(`path:line:column`) and, where we know it, what to do. Anything else that escapes is our own bug.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

_FEW = 14
"""Known words that a hint lists where none of them is near."""
_LONGEST = 200
"""Characters of a mistyped word that are compared."""


class Span(NamedTuple):
    """A stretch of a source file as people count it.

    Lines and columns are 1-based, columns count characters, the end is exclusive.
    `path` is relative to the report's root, with `/`; standard input is `<stdin>`.
    `pointer` is the JSON pointer (RFC 6901) of a value that has no line of its own to
    point at (plan JSON), else empty.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    pointer: str = ""

    def __str__(self) -> str:
        """`path:line:column`, or only the path where nothing in the file is meant."""
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


def whole_file(path: str) -> Span:
    """The span that means a file as a whole (line 0)."""
    return Span(path, 0, 0, 0, 0)


class KmsiacError(Exception):
    """What went wrong, where, and what to do about it.

    `message` is one sentence without the place; `hint` one sentence or empty.
    """

    def __init__(self, message: str, span: Span | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.message}{hint}"


class SourceError(KmsiacError):
    """A scanned file that could not be read: missing, broken, or over a budget."""


class UsageError(KmsiacError):
    """Command-line arguments that make no sense. Exit code 2."""


class ConfigError(KmsiacError):
    """A configuration file or value that is wrong. Exit code 2."""


class RuleError(KmsiacError):
    """A rule file that is wrong. Exit code 2."""


class ErrorGroup(KmsiacError):  # noqa: N818 - it holds errors
    """Several errors found in one go, so that a user can mend them all at once."""

    def __init__(self, errors: list[KmsiacError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors

    def __str__(self) -> str:
        return self.message


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint for a word that is not known: the nearest one that is, or all if they are few."""
    options = sorted(known)
    near = nearest(word, options)
    if near:
        return f'did you mean "{near}"?'
    return f"known: {', '.join(options)}" if options and len(options) <= _FEW else ""


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known word that a mistyped one comes nearest to; empty where none is near."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    word = word[:_LONGEST]
    close = difflib.get_close_matches(word, sorted(known), n=8, cutoff=cutoff)
    # Ids differ in a character or two: of those equally close the one that begins alike.
    return min(
        close, key=lambda one: (-_likeness(one, word), -_alike_for(one, word), one), default=""
    )


def _likeness(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # noqa: PLC0415 - as above

    return SequenceMatcher(None, one, other).ratio()


def _alike_for(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
