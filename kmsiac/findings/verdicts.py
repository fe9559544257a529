"""Which matches become findings."""

from __future__ import annotations

from kmsiac.rules.match import Match
from kmsiac.values import Verdict


def is_finding(match: Match) -> bool:
    """Whether a match becomes a finding, not an unresolved entry."""
    return match.verdict is Verdict.YES or match.flag
