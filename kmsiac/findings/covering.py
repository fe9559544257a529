"""Which claims cover which matches: stretches of files against the places of matches."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kmsiac.findings.claims import Claim
from kmsiac.findings.scopes import Stretch
from kmsiac.reading.source import file_of, offset_of
from kmsiac.rules.match import Match


class Group(NamedTuple):
    """The claims that count in one stretch, by the rule that they name."""

    stretch: Stretch
    by_rule: dict[str, list[int]]


class _Place(NamedTuple):
    offset: int
    match: int
    anchor: bool


def groups_over(
    claims: Sequence[Claim], matches: Sequence[Match], wanted: Iterable[int]
) -> dict[int, list[Group]]:
    """For each match that is wanted (by index) the groups that cover one of its places and name
    its rule, the innermost first.

    The time grows with claims and places, and with how deep stretches lie in each other.
    """
    groups = _grouped(claims)
    places: dict[int, list[_Place]] = {}
    for index in wanted:
        match = matches[index]
        calls = (call.position for call in match.call_chain)
        for position in dict.fromkeys((match.position, *match.places, *calls)):
            if file_of(position) in groups:
                place = _Place(offset_of(position), index, position == match.position)
                places.setdefault(file_of(position), []).append(place)
    found: dict[int, list[Group]] = {}
    for file, queries in places.items():
        for place, around in _sweep(sorted(groups[file], key=_by_start), sorted(queries)):
            rule = matches[place.match].rule
            covering = [
                group
                for group in around
                if rule in group.by_rule and (place.anchor or not group.stretch.header_only)
            ]
            if covering:
                found.setdefault(place.match, []).extend(covering)
    return found


def _grouped(claims: Sequence[Claim]) -> dict[int, list[Group]]:
    by_place: dict[tuple[int, Stretch], Group] = {}
    for index, claim in enumerate(claims):
        for stretch in claim.stretches:
            group = by_place.setdefault((claim.file, stretch), Group(stretch, {}))
            for rule in claim.ignore.rules:
                group.by_rule.setdefault(rule, []).append(index)
    found: dict[int, list[Group]] = {}
    for (file, _), group in by_place.items():
        found.setdefault(file, []).append(group)
    return found


def _by_start(group: Group) -> tuple[int, int]:
    return (group.stretch.start, -group.stretch.end)


def _sweep(groups: list[Group], places: list[_Place]) -> Iterable[tuple[_Place, list[Group]]]:
    """Each place with the groups around it, the last begun first; both are sorted."""
    active: list[tuple[int, int]] = []  # (end, index): the next to end on top
    following = 0
    for place in places:
        while following < len(groups) and groups[following].stretch.start <= place.offset:
            heapq.heappush(active, (groups[following].stretch.end, following))
            following += 1
        while active and active[0][0] <= place.offset:
            heapq.heappop(active)
        if active:
            yield place, [groups[index] for index in sorted((i for _, i in active), reverse=True)]
