"""Ignores: what a user has said about findings that need no mending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kmsiac.errors import Span


@dataclass(frozen=True)
class Ignore:
    """One wish that findings do not count.

    `rules` are ids as the rule set spells them. `by` is `inline` or `config`; `origin` is `tree`
    where it stands in what is scanned, `flag`, or `trusted`. `until` is the last day on which it
    holds (UTC). Entries of a configuration choose by `path` and `resource`, both globs, empty for
    any.
    """

    rules: tuple[str, ...]
    by: str
    origin: str
    location: Span
    reason: str = ""
    until: date | None = None
    path: str = ""
    resource: str = ""
