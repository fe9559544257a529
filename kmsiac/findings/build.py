"""From the Matches of a scan to its findings and unresolved entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from kmsiac.errors import Span, whole_file
from kmsiac.findings.excerpt import one_line, printable
from kmsiac.findings.finding import (
    SEVERITIES,
    Address,
    BlamedExpression,
    Finding,
    Suppression,
    Unresolved,
)
from kmsiac.findings.fingerprint import fingerprint, without_indexes
from kmsiac.findings.twins import Twins
from kmsiac.findings.verdicts import is_finding
from kmsiac.rules.match import Match, When
from kmsiac.stack import Gap
from kmsiac.values import Blame, Verdict

_MAX_CALLS = 20
"""Other calls of the same code that one finding names."""

Locate = Callable[[int], Span | None]
"""From a position to its place."""


class RuleFacts(NamedTuple):
    """What a finding says of its rule. `url` is the rule's first reference to AWS's documentation."""

    name: str
    title: str
    category: str
    url: str


Source = Callable[[int], str | None]
"""The line of source behind a position; None where a raw line must not be shown."""


def build_findings(
    matches: Iterable[Match],
    facts: Callable[[str], RuleFacts],
    locate: Locate,
    source: Source,
    suppressed: Mapping[int, Suppression] | None = None,
    twins: Twins | None = None,
) -> list[Finding]:
    """One finding per rule and piece of code, with every address that the code stands for.

    `suppressed` says which matches are, by index. An address is where all its matches are, a
    finding where all its addresses are. Of `twins` the code decides, and the plan is a related place.
    """
    out, twins = suppressed or {}, twins or {}
    grouped: dict[tuple[object, ...], list[_Judged]] = {}
    judged: dict[int, _Judged] = {}
    planned: list[tuple[int, Match]] = []
    for index, match in enumerate(matches):
        if not is_finding(match):
            continue
        if index in twins:
            planned.append((index, match))
            continue
        judged[index] = _Judged(match, out.get(index), [])
        grouped.setdefault(_same_code(match, locate), []).append(judged[index])
    for index, match in planned:
        counting = (code for code in twins[index] if code not in out)
        judged[next(counting, twins[index][0])].planned.append(match)
    findings = [
        _finding(group, facts(group[0].match.rule), locate, source) for group in grouped.values()
    ]
    return sorted(findings, key=order)


class _Judged(NamedTuple):
    match: Match
    suppressed: Suppression | None
    planned: list[Match]
    """What plans say that is the same."""


def order(finding: Finding) -> tuple[object, ...]:
    """By path, line, column and rule; the worst first where all are equal."""
    place = finding.location
    severity = SEVERITIES.index(finding.severity)
    return (place.path, place.line, place.column, finding.rule, severity, finding.resource)


def _same_code(match: Match, locate: Locate) -> tuple[object, ...]:
    # Instances of one block (count, for_each, a module called twice) share position and text; in
    # a plan each has a place of its own, and the address without indexes brings them together.
    span = locate(match.position)
    address = without_indexes(match.resource) if span is None or span.pointer else ""
    place = address or match.position
    return (match.rule, place, match.verdict, match.attribute if address else "",
            match.statement, match.element, match.severity)  # fmt: skip


def _finding(judged: list[_Judged], rule: RuleFacts, locate: Locate, source: Source) -> Finding:
    # What counts speaks for all: its call chain leads to something that has to be mended.
    judged = sorted(
        judged,
        key=lambda j: (
            j.suppressed is not None, j.match.resource, j.match.unit, j.match.position
        ),
    )  # fmt: skip
    group, match = [one.match for one in judged], judged[0].match
    planned = [twin for one in judged for twin in one.planned]
    addresses = _addresses(judged)
    all_suppressed = all(address.suppressed for address in addresses)
    return Finding(
        rule=match.rule,
        name=rule.name,
        severity=match.severity,
        category=rule.category,
        title=rule.title,
        message=one_line(match.message),
        verdict=match.verdict.value,
        resource=printable(match.resource),
        location=locate(match.position) or whole_file(""),
        fingerprint=_fingerprint(match),
        url=rule.url,
        addresses=addresses,
        related=_related(group, planned, locate),
        call_chain=tuple((printable(c.address), locate(c.position)) for c in match.call_chain),
        when=_any_case([*group, *planned]),
        evidence=tuple(one_line(line) for line in match.evidence),
        witness=match.witness,
        blame=_blamed(match.blame, locate),
        suppressed=judged[0].suppressed if all_suppressed else None,
        excerpt=source(match.position) or printable(match.excerpt) or None,
    )


def _addresses(judged: Iterable[_Judged]) -> tuple[Address, ...]:
    """Each resource of each unit once; those that count come first in `judged`."""
    found: dict[tuple[str, str], Address] = {}
    for match, suppressed, _ in judged:
        name, unit = printable(match.resource), printable(match.unit)
        address = Address(name, _fingerprint(match), suppressed, unit)
        found.setdefault((match.resource, match.unit), address)
    return tuple(found[key] for key in sorted(found))


def _fingerprint(match: Match) -> str:
    return fingerprint(match.rule, match.resource, match.statement, match.element)


def _related(
    group: list[Match], planned: list[Match], locate: Locate
) -> tuple[tuple[str, Span], ...]:
    places: dict[tuple[str, Span], None] = {}
    for match in (*group, *planned):
        for message, position in match.related:
            span = locate(position)
            if span is not None:
                places[(one_line(message), span)] = None
    for match in planned:
        span = locate(match.position)
        if span is not None and span.pointer:  # else it is shown at the code already
            places[("in the plan", span)] = None
        elif span is not None and match.unit == span.path != group[0].unit:
            places[("in the packaged template", span)] = None
    return (*places, *_other_calls(group, locate))


def _other_calls(group: list[Match], locate: Locate) -> Iterator[tuple[str, Span]]:
    """Where else the code is called from: calls that are not on the way to the first resource."""
    told = {call.position for call in group[0].call_chain}
    left = _MAX_CALLS
    for match in group:
        for call in match.call_chain:
            span = locate(call.position)
            if call.position in told or span is None:
                continue
            told.add(call.position)
            if left == 0:
                return
            left -= 1
            yield f"also called as {one_line(call.address)}", span


def _any_case(group: list[Match]) -> tuple[When, ...]:
    """The cases of all matches; none where one of them holds in every case."""
    if any(not match.when for match in group):
        return ()
    return tuple(dict.fromkeys(when for match in group for when in match.when))


def _blamed(blame: Iterable[Blame], locate: Locate) -> tuple[BlamedExpression, ...]:
    told = [
        BlamedExpression(one_line(b.expression, 160), one_line(b.reason), locate(b.position))
        for b in blame
    ]
    return tuple(sorted(told, key=lambda b: (b.location or whole_file(""), b.expression)))


def build_unresolved(
    matches: Sequence[Match], gaps: Iterable[Gap], locate: Locate, twins: Twins | None = None
) -> list[Unresolved]:
    """What stayed open: one entry per cause and resource, with the rules that it keeps open.

    What a plan leaves open for another reason than the code is an entry of its own.
    """
    entries: dict[tuple[object, ...], Unresolved] = {}
    for gap in gaps:
        entry = Unresolved(
            printable(gap.resource), gap.attribute, one_line(gap.reason), (), locate(gap.position)
        )
        entries.setdefault((entry.resource, entry.attribute, entry.reason, entry.location), entry)
    for index, match in enumerate(matches):
        if match.verdict is not Verdict.CANNOT_TELL or match.flag:
            continue
        blamed = _blamed(match.blame, locate)
        location = locate(match.position)
        reason = _reason(blamed, match.message)
        codes = [matches[code] for code in (twins or {}).get(index, ())]
        if any(_reason(_blamed(code.blame, locate), code.message) == reason for code in codes):
            continue
        if match.like:
            reason = f"{reason}; so for {match.like} more principals"
        address = printable(match.resource)
        key = (_code_of(address, location), match.attribute, reason, location)
        known = entries.get(key) or Unresolved(
            address, match.attribute, reason, (), location, blamed
        )
        addresses = tuple(sorted({*known.addresses, address}))
        rules = tuple(sorted({*known.rules, match.rule}))
        entries[key] = replace(known, resource=addresses[0], rules=rules, addresses=addresses)
    return sorted(entries.values(), key=_unresolved_order)


def _code_of(address: str, location: Span | None) -> str:
    """What is the same for all resources that one piece of code stands for."""
    shared = location is not None and location.line and not location.pointer
    return "" if shared else address


def _reason(blamed: tuple[BlamedExpression, ...], message: str) -> str:
    if not blamed:
        return one_line(message)
    first = blamed[0]
    more = f" (and {len(blamed) - 1} more)" if len(blamed) > 1 else ""
    return f"{one_line(first.expression, 80)}: {first.reason}{more}"


def _unresolved_order(entry: Unresolved) -> tuple[object, ...]:
    place = entry.location or whole_file("")
    return (place.path, place.line, place.column, entry.resource, entry.attribute, entry.reason)
