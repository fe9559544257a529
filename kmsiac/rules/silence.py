"""`yields_to`: a rule is silent where a worse one fires on the same element."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kmsiac.rules.match import Match, When
from kmsiac.rules.targets import Path
from kmsiac.values import Verdict


class Placed(NamedTuple):
    """A match, and where its target is among the others."""

    match: Match
    path: Path


def unsilenced(placed: Iterable[Placed], yields_to: Mapping[str, frozenset[str]]) -> list[Match]:
    """The matches that no other rule silences.

    One does where its anchor is the same, holds the other or lies inside it, with verdict yes and
    in every case in which the other fires.
    """
    all_placed = list(placed)
    wanted = frozenset[str]().union(*yields_to.values())
    by_entity: dict[tuple[str, object], list[Placed]] = {}
    for one in all_placed:
        if one.match.rule in wanted and one.match.verdict is Verdict.YES:
            by_entity.setdefault((one.match.rule, one.path[0]), []).append(one)
    return [one.match for one in all_placed if not _silenced(one, yields_to, by_entity)]


def _silenced(
    one: Placed,
    yields_to: Mapping[str, frozenset[str]],
    by_entity: Mapping[tuple[str, object], list[Placed]],
) -> bool:
    return any(
        _inside(one.path, other.path) and _covers(other.match.when, one.match.when)
        for rule in yields_to.get(one.match.rule, ())
        for other in by_entity.get((rule, one.path[0]), ())
    )


def _inside(one: Path, other: Path) -> bool:
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def _covers(wider: tuple[When, ...], narrower: tuple[When, ...]) -> bool:
    """Whether one fires in every case in which the other does."""
    if not wider:
        return True
    return bool(narrower) and all(
        any(set(wide) <= set(narrow) for wide in wider) for narrow in narrower
    )
