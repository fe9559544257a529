"""Matches of one root that was scanned with several inputs, brought together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kmsiac.rules.match import Match, When

CONDITION = "inputs"
"""The condition in `when` whose value is the name of the inputs that a finding needs."""


def with_inputs(scans: Mapping[str, Sequence[Match]]) -> list[Match]:
    """The matches of all scans, by the name of their inputs.

    What all of them say alike stays as it is, once; anything else says in its `when` which inputs
    it needs.
    """
    by_place: dict[tuple[object, ...], list[tuple[str, Match]]] = {}
    for name, matches in scans.items():
        for match in matches:
            by_place.setdefault(_place(match), []).append((name, match))
    found: list[Match] = []
    for same in by_place.values():
        names = {name for name, _ in same}
        cases = {frozenset(match.when) for _, match in same}
        if len(names) == len(scans) and len(cases) == 1:
            found.append(same[0][1])
        else:
            found += [replace(match, when=_needing(name, match.when)) for name, match in same]
    return found


def _place(match: Match) -> tuple[object, ...]:
    return (
        *(match.rule, match.verdict, match.flag, match.severity, match.resource),
        *(match.position, match.attribute, match.statement, match.element),
    )


def _needing(name: str, when: tuple[When, ...]) -> tuple[When, ...]:
    need = (CONDITION, name)
    return tuple((need, *case) for case in when) or ((need,),)
