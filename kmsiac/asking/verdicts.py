"""One ruling per world put together, and turned into the plain data that reporters read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kmsiac.access.model import Deciding
from kmsiac.access.results import Need, Ruling
from kmsiac.errors import Span, whole_file
from kmsiac.findings.access_report import (
    DecidingStatement,
    NeededContext,
    Verdict,
    When,
)
from kmsiac.findings.excerpt import one_line, printable
from kmsiac.findings.finding import BlamedExpression
from kmsiac.inventory.cases import World
from kmsiac.rules.worlds import conditions
from kmsiac.stack import CLOUDFORMATION
from kmsiac.values import Blame

Locate = Callable[[int], Span | None]
MendAt = Callable[[Ruling], int]
"""Where what would mend a no is to be written: a position."""

_OPEN = "cannot-tell"


def joined(
    ruled: list[tuple[World, Ruling]], locate: Locate, mend_at: MendAt, framework: str
) -> tuple[Verdict, tuple[Verdict, ...]]:
    """The answer over all worlds, and each case where there is more than one.

    Every world alike: that answer. Else it is cannot tell, with the cases of the yes as `when` and
    the guards to blame.
    """
    worlds = [world for world, _ in ruled]
    groups: dict[object, list[tuple[World, Ruling]]] = {}
    for world, ruling in ruled:
        groups.setdefault(_content(ruling), []).append((world, ruling))
    cases = [
        verdict(held, _when([w for w, _ in held], worlds), locate, mend_at)
        for held in groups.values()
    ]
    if len(cases) == 1:
        return cases[0], ()
    answers = {case.answer for case in cases}
    shown = tuple(sorted(cases, key=_order))
    if len(answers) == 1:
        return _merged(shown), shown
    yes = [world for world, ruling in ruled if ruling.answer.is_yes]
    blame = {one: None for case in shown for one in case.blame}
    blame |= dict.fromkeys(_guards(shown, framework))
    when = _when(yes, worlds) if yes else ()
    return Verdict(_OPEN, blame=tuple(blame), when=when), shown


_ORDER = {"yes": 0, _OPEN: 1, "no": 2}


def _order(case: Verdict) -> tuple[object, ...]:
    """Yes first; among the same answers those of guards that are true."""
    guards = [[(name, value is not True, str(value)) for name, value in one] for one in case.when]
    return _ORDER[case.answer], guards


def _merged(cases: tuple[Verdict, ...]) -> Verdict:
    """One answer that has different reasons in different cases."""
    first = cases[0]
    deciding = dict.fromkeys(one for case in cases for one in case.deciding)
    blocked = {case.blocked_by for case in cases}
    return Verdict(
        first.answer,
        deciding=tuple(deciding),
        blocked_by=first.blocked_by if len(blocked) == 1 else None,
        mend=first.mend if len({case.mend for case in cases}) == 1 else "",
        needs=tuple(need for need in first.needs if all(need in c.needs for c in cases)),
        paths=tuple(dict.fromkeys(path for case in cases for path in case.paths)),
        witness=first.witness,
        blame=tuple(dict.fromkeys(one for case in cases for one in case.blame)),
    )


def _guards(cases: Iterable[Verdict], framework: str) -> list[BlamedExpression]:
    """The guards that the answer depends on, as expressions to blame."""
    option = "--parameters" if framework == CLOUDFORMATION else "--var"
    names = {name for case in cases for conjunction in case.when for name, _ in conjunction}
    reason = f"the answer depends on it; give {option} for what decides it"
    return [BlamedExpression(one_line(name, 160), reason, None) for name in sorted(names)]


def _when(firing: list[World], worlds: list[World]) -> When:
    return conditions(firing, [world for world in worlds if world not in firing])


def _content(ruling: Ruling) -> object:
    """What makes two rulings the same to a reader; the witness may differ."""
    return (
        ruling.answer.verdict, ruling.answer.blame, ruling.blocked_by, ruling.mend,
        ruling.needs, ruling.deciding, ruling.paths,
    )  # fmt: skip


def verdict(
    held: list[tuple[World, Ruling]], when: When, locate: Locate, mend_at: MendAt
) -> Verdict:
    """The ruling of some worlds as plain data."""
    ruling = held[0][1]
    mend = ruling.mend if ruling.answer.is_no else ""
    return Verdict(
        answer=ruling.answer.verdict.value,
        deciding=deciding_of(ruling.deciding, locate),
        blocked_by=ruling.blocked_by,
        mend=one_line(mend),
        mend_at=locate(mend_at(ruling)) if ruling.answer.is_no else None,
        needs=needs_of(ruling.needs),
        paths=ruling.paths,
        witness=witness_of(ruling.answer.witness),
        blame=blamed(ruling.answer.blame, locate),
        when=when,
    )


def deciding_of(statements: Iterable[Deciding], locate: Locate) -> tuple[DecidingStatement, ...]:
    """Deciding statements with their places; those of policies that are only assumed are left out."""
    placed = ((one, locate(one.position)) for one in statements)
    return tuple(
        DecidingStatement(one.layer, printable(one.label), printable(one.resource), at)
        for one, at in placed
        if one.resource or at is not None
    )


def needs_of(needs: Iterable[Need]) -> tuple[NeededContext, ...]:
    """What a request must carry, as plain data."""
    return tuple(
        NeededContext(need.key, need.operator, need.values, needs_of(need.others)) for need in needs
    )


def blamed(blame: Iterable[Blame], locate: Locate) -> tuple[BlamedExpression, ...]:
    """Blame with its places, in the order of the source."""
    told = {
        BlamedExpression(one_line(b.expression, 160), one_line(b.reason), locate(b.position))
        for b in blame
    }
    nowhere = whole_file("")
    return tuple(sorted(told, key=lambda b: (b.location or nowhere, b.expression, b.reason)))


def witness_of(witness: object) -> Mapping[str, object] | None:
    """A request as JSON data; None where there is none."""
    as_json = getattr(witness, "as_json", None)
    if as_json is None:
        return None
    found: Mapping[str, object] = as_json()
    return found
