"""One problem of a rule file, as lint tells it."""

from __future__ import annotations

from typing import NamedTuple

from kmsiac.errors import Span

ERROR, WARNING = "error", "warning"


class Problem(NamedTuple):
    """What is wrong, where, and what to do; `level` is `error` or `warning`."""

    level: str
    span: Span
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.span}: {self.level}: {self.message}{hint}"
