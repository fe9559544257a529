"""What an ignore says, checked: the rules it names and its last day. Mistakes are collected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from kmsiac.errors import ConfigError, ErrorGroup, KmsiacError, Span
from kmsiac.findings.excerpt import one_line
from kmsiac.rules.selection import RuleNames

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAX_TOLD = 50
_MAX_HINTS = 500
EXAMPLE = "write it like kmsiac: ignore[KP-20] until=2027-01-31 -- reason"


class IgnoreWords:
    """Reads the words of ignores; `errors` are the mistakes so far."""

    def __init__(self, names: RuleNames) -> None:
        self._names = names
        self.errors: list[KmsiacError] = []

    def error(self, message: str, span: Span, hint: str = "") -> None:
        """Note a mistake."""
        self.errors.append(ConfigError(message, span, hint))

    def rules(self, word: str, span: Span) -> tuple[str, ...]:
        """The ids that a word names; none, with a mistake noted, where it names nothing."""
        ids = self._names.ids(word)
        if not ids:
            told = one_line(word, 60)
            # A hint takes its time, and a file has room for a great many mistakes.
            hint = self._names.hint(word[:60]) if len(self.errors) < _MAX_HINTS else ""
            self.error(f'no rule or category is called "{told}"', span, hint)
        return ids

    def last_day(self, word: str, span: Span) -> date | None:
        """The date that is written; None, with a mistake noted, where it is none."""
        if _DATE.fullmatch(word):
            try:
                return date.fromisoformat(word)
            except ValueError:
                pass
        self.error(f'"{one_line(word, 60)}" is no date', span, "write it like until=2027-01-31")
        return None


def raise_all(errors: Iterable[KmsiacError]) -> None:
    """Raise what was found, all of it at once; nothing happens where there is nothing."""
    found = sorted(errors, key=lambda error: (error.span or ("",), error.message))
    if len(found) > _MAX_TOLD:
        more = f"{len(found) - _MAX_TOLD} more such mistakes"
        found = [*found[:_MAX_TOLD], ConfigError(more)]
    if len(found) == 1:
        raise found[0]
    if found:
        raise ErrorGroup(found)
