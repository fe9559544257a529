"""Questions about one condition of a statement: can it be met, must it be, whom does it stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from kmsiac.access.deciding import Wanted, exists
from kmsiac.access.people import SERVICES, Circle
from kmsiac.access.place import Place
from kmsiac.access.prepared import Prepared, agreed, all_action_names, prepare
from kmsiac.access.presence import NO_LIMITS
from kmsiac.access.question import Part, Reach
from kmsiac.access.spaces import Term
from kmsiac.access.statement_questions import (
    CIRCLES,
    confirm_with,
    denies_of,
    reach_of,
    without_witness,
)
from kmsiac.access.views import View
from kmsiac.policy.document import Condition, PolicyDocument, Principal, Statement
from kmsiac.values import NO, YES, Answer, all_of, any_of, negate

_ANY = CIRCLES["any"]
_IAM = tuple(circle for circle in _ANY if circle is not SERVICES)


def satisfiable(
    document: PolicyDocument, statement: Statement, part: Condition | Principal, place: Place
) -> Answer:
    """Whether any request can meet a condition, or (for a principal) all conditions as that caller."""
    if isinstance(part, Condition):
        at = _index(statement.conditions, part)

        def decide(prepared: Prepared) -> Answer:
            key = ("satisfiable", statement.index, at)
            return prepared.remember(key, lambda: _can_be_met(prepared, statement.index, at))
    else:
        at = _index(statement.principals, part)

        def decide(prepared: Prepared) -> Answer:
            key = ("principal satisfiable", statement.index, at)
            return prepared.remember(key, lambda: _can_meet_all(prepared, statement.index, at))

    return agreed(prepare((document,), place), decide)


def _index(parts: Sequence[object], part: object) -> int:
    return next(at for at, one in enumerate(parts) if one is part)


def _can_be_met(prepared: Prepared, index: int, at: int) -> Answer:
    view = prepared.view(index)
    if view is None:
        return NO
    reach = _reach(prepared, view)
    covered = _meets(prepared, [view.only(())], [], reach)
    return _judged(covered, lambda: _meets(prepared, [view.only((view.terms[at],))], [], reach))


def _judged(covered: Answer, met: Callable[[], Answer]) -> Answer:
    """Whether something can be met, where a statement that covers no request is not judged."""
    if covered.is_no:
        return YES
    answer = met()
    return without_witness(covered if answer.is_no and covered.is_open else answer)


def _can_meet_all(prepared: Prepared, index: int, at: int) -> Answer:
    view = prepared.view(index)
    if view is None:
        return NO
    mine = view.for_principal(at)
    reach = _reach(prepared, mine)
    covered = _meets(prepared, [mine.only(())], [], reach)
    return _judged(covered, lambda: _meets(prepared, [mine], [], reach))


def tautology(
    document: PolicyDocument, statement: Statement, condition: Condition, place: Place
) -> Answer:
    """Whether every request that the statement's other elements cover meets the condition."""
    at = _index(statement.conditions, condition)

    def decide(prepared: Prepared) -> Answer:
        key = ("tautology", statement.index, at)
        return prepared.remember(key, lambda: _must_be_met(prepared, statement.index, at))

    return agreed(prepare((document,), place), decide)


def _must_be_met(prepared: Prepared, index: int, at: int) -> Answer:
    view = prepared.view(index)
    if view is None:
        return NO
    covered, alone = view.only(()), view.only((view.terms[at],))
    reach = _reach(prepared, view)
    some = _meets(prepared, [covered], [], reach)
    if not some.is_yes:
        return without_witness(some)  # it covers nothing: nothing must meet the condition
    return without_witness(negate(_meets(prepared, [covered], [alone], reach)))


def neutralised(
    document: PolicyDocument, statement: Statement, condition: Condition, place: Place
) -> Answer:
    """Whether a request without the key passes the Allow: the restriction evaporates."""
    at = _index(statement.conditions, condition)

    def decide(prepared: Prepared) -> Answer:
        key = ("neutralised", statement.index, at)
        return prepared.remember(key, lambda: _evaporates(prepared, statement.index, at))

    return agreed(prepare((document,), place), decide)


def _evaporates(prepared: Prepared, index: int, at: int) -> Answer:
    view = prepared.view(index)
    if view is None or view.effect.is_no:
        return NO
    model = prepared.model
    limits = replace(NO_LIMITS, lacking=frozenset({view.terms[at].key}))
    reach = reach_of(model, [view], _ANY, all_action_names(), limits)
    wanted = [Wanted((Part(view),), denies_of(model, view))]
    return exists(model, wanted, reach, confirm_with(model), model.documents)


# -- which kinds of request a condition keeps out -------------------------------------------------

_KINDS: Mapping[str, tuple[tuple[Circle, ...], tuple[str, ...]]] = {
    "via_service": (_IAM, ("service",)),
    "service_principal": ((SERVICES,), ("principal",)),
}


def stops(
    document: PolicyDocument, statement: Statement, condition: Condition, place: Place
) -> Mapping[str, Answer]:
    """Which kinds of request the condition keeps out: `via_service`, `service_principal`."""
    at = _index(statement.conditions, condition)

    def ask(kind: str) -> Answer:
        def decide(prepared: Prepared) -> Answer:
            key = ("stops", statement.index, at, kind)
            return prepared.remember(key, lambda: _stops(prepared, statement.index, at, kind))

        return agreed(prepare((document,), place), decide)

    return {kind: ask(kind) for kind in _KINDS}


def _stops(prepared: Prepared, index: int, at: int, kind: str) -> Answer:
    view = prepared.view(index)
    if view is None:
        return NO
    if not view.may_allow:
        return _deny_stops(prepared, view, view.terms[at], kind)
    return _allow_stops(prepared, view, view.terms[at], kind)


def _deny_stops(prepared: Prepared, view: View, term: Term, kind: str) -> Answer:
    """Every request of the kind meets the condition, and some of them the whole statement."""
    reach = _reach(prepared, view, kind)
    spared = _meets(prepared, [view.only(())], [view.only((term,))], reach)
    if spared.is_yes:
        return NO
    stopped = _meets(prepared, [view], [], reach)
    return without_witness(all_of([negate(spared), stopped]))


def _allow_stops(prepared: Prepared, view: View, term: Term, kind: str) -> Answer:
    """No request of the kind meets the condition, and none passes another Allow."""
    reach = _reach(prepared, view, kind)
    covered, alone = view.only(()), view.only((term,))
    some = _meets(prepared, [covered], [], reach)
    if some.is_no:
        return NO
    met = _meets(prepared, [alone], [], reach)
    if met.is_yes:
        return NO
    passes = NO
    others = [v for v in prepared.model.views[0] if v is not view and v.may_allow]
    for other in others:
        passes = any_of([passes, _meets(prepared, [covered], [], reach, other)])
        if passes.is_yes:
            return NO
    return without_witness(all_of([some, negate(met), negate(passes)]))


def _reach(prepared: Prepared, view: View, kind: str = "") -> Reach:
    circles, modes = _KINDS.get(kind, (_ANY, NO_LIMITS.modes))
    limits = replace(NO_LIMITS, modes=modes)
    return reach_of(prepared.model, [view], circles, all_action_names(), limits)


def _meets(
    prepared: Prepared,
    inside: Sequence[View],
    outside: Sequence[View],
    reach: Reach,
    allow: View | None = None,
) -> Answer:
    """Whether some request is covered by all of `inside` (and that Allow), by none of `outside`.

    What the statements do with it, allow or deny, is left aside.
    """
    parts = [Part(view, "either") for view in inside]
    parts += [Part(allow)] if allow is not None else []
    rest = tuple(Part(view, "either") for view in outside)
    return exists(prepared.model, [Wanted(tuple(parts), rest)], reach, None)
