"""What a baseline remembers of a finding, and which findings a baseline covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kmsiac.errors import Span, whole_file
from kmsiac.findings.build import Locate
from kmsiac.findings.finding import SEVERITIES, Suppression
from kmsiac.findings.fingerprint import fingerprint, without_indexes
from kmsiac.findings.verdicts import is_finding
from kmsiac.rules.match import Match


class Sighting(NamedTuple):
    """One finding at one resource, however many instances that has.

    `unit` and `path` say where it was seen; neither is in its fingerprint. `content` is a hash of
    the rule, the statement's name and all that the rule judges there: it stays where a resource is
    moved or renamed, and changes with any part of a statement that is judged.
    """

    path: str
    resource: str
    rule: str
    severity: str
    statement: str
    unit: str
    fingerprint: str
    content: str


class Seen(NamedTuple):
    """A sighting of this scan: where, and the matches (by index) that are one with it."""

    sighting: Sighting
    location: Span
    matches: tuple[int, ...]


def see(
    matches: Sequence[Match], locate: Locate, suppressed: Mapping[int, Suppression]
) -> list[Seen]:
    """The findings among the matches that nothing suppresses, in order of place."""
    found: dict[tuple[object, ...], list[int]] = {}
    made: dict[tuple[object, ...], tuple[Sighting, Span]] = {}
    for index, match in enumerate(matches):
        if not is_finding(match) or index in suppressed:
            continue
        span = locate(match.position) or whole_file("")
        sighting = _sighting(match, span)
        # Instances of one block share a position; in a plan each has its own.
        place = "" if span.pointer or not span.line else match.position
        key = (sighting.fingerprint, sighting.content, match.unit, place)
        found.setdefault(key, []).append(index)
        made.setdefault(key, (sighting, span))
    seen = [Seen(*made[key], tuple(indexes)) for key, indexes in found.items()]
    return sorted(seen, key=lambda one: (one.location, one.sighting))


def _sighting(match: Match, span: Span) -> Sighting:
    address = without_indexes(match.resource)
    return Sighting(
        span.path,
        address,
        match.rule,
        match.severity,
        match.statement,
        match.unit,
        fingerprint(match.rule, address, match.statement, match.element),
        fingerprint(match.rule, "", match.statement, match.content)[:16],
    )


@dataclass
class Covered:
    """What a baseline covers: by index of `Seen`; and, by index, the entries that cover nothing."""

    seen: set[int] = field(default_factory=set)
    idle: set[int] = field(default_factory=set)


def cover(entries: Sequence[Sighting], seen: Sequence[Seen], units: Iterable[str]) -> Covered:
    """Which findings the entries of a baseline cover. Each entry covers one.

    It does so in its own unit, at its own path if it can; an entry of a unit that is not among the
    scanned `units` (its folder was renamed) in any other. It covers nothing that is more severe, and
    nothing whose content is another: a statement that was widened under its old Sid is new.
    """
    result = Covered(idle=set(range(len(entries))))
    scanned = frozenset(units)
    elsewhere = [entry.unit not in scanned for entry in entries]
    for by in (
        lambda s: (s.fingerprint, s.content, s.unit, s.path),
        lambda s: (s.fingerprint, s.content, s.unit),
        lambda s: (s.fingerprint, s.content),
    ):
        free: dict[tuple[str, ...], list[int]] = {}
        for number in sorted(result.idle, reverse=True):
            key = by(entries[number])
            if len(key) > 2 or elsewhere[number]:
                free.setdefault(key, []).append(number)
        for index, one in enumerate(seen):
            numbers = free.get(by(one.sighting), [])
            worst = SEVERITIES.index(one.sighting.severity)
            fitting = [n for n in numbers if _rank(entries[n]) <= worst]
            if index not in result.seen and fitting:
                numbers.remove(fitting[-1])
                result.idle.discard(fitting[-1])
                result.seen.add(index)
    return result


def _rank(entry: Sighting) -> int:
    return SEVERITIES.index(entry.severity)
