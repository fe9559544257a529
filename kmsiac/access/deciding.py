"""From searches to answers: sure, perhaps, confirmed, and what to blame where it stays open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from kmsiac.access.boxes import Budget, TooComplex
from kmsiac.access.model import Request
from kmsiac.access.prepared import Model
from kmsiac.access.search import (
    CAUTIOUS,
    EXACTLY_KNOWN,
    PERHAPS,
    SURELY,
    Found,
    Part,
    Question,
    Reach,
    compares,
)
from kmsiac.access.views import View
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import (
    NO,
    Answer,
    Blame,
    Text,
    Verdict,
    blame_on,
    cannot_tell,
)

TOO_COMPLEX = "too complex to decide"
_COMPARED = "compares two things that a caller may choose"
_FAILED = "a witness did not hold; this is a fault of kmsiac"
_MAX_BLAME = 12


class Wanted(NamedTuple):
    """Requests that are looked for: one of several ways to be inside, all of `outside` left."""

    inside: tuple[Part, ...]
    outside: tuple[Part, ...]


Confirm = Callable[[Request], Answer]
"""Whether a witness does what was found, by the concrete procedure; a yes confirms it."""


def exists(
    model: Model,
    wanted: Sequence[Wanted],
    reach: Reach,
    confirm: Confirm | None,
    unknown: Iterable[PolicyDocument] = (),
    budget: Budget | None = None,
) -> Answer:
    """Whether there is a request as one of `wanted` has it. A yes carries it as witness.

    `unknown` are documents that may hold further statements, which could stop any request.
    """
    budget = budget or Budget()
    further = [blame_on(document.open) for document in unknown if document.open is not None]
    try:
        for one in wanted:
            found = _search(model, one, reach, SURELY, budget)
            if found is not None:
                return _confirmed(one, found, confirm, further)
        return _perhaps(model, wanted, reach, budget)
    except TooComplex:
        return cannot_tell(_too_complex(wanted))


def _search(
    model: Model, wanted: Wanted, reach: Reach, question: Question, budget: Budget
) -> Found | None:
    return model.search.find(wanted.inside, wanted.outside, reach, question, budget)


def _perhaps(model: Model, wanted: Sequence[Wanted], reach: Reach, budget: Budget) -> Answer:
    blame: set[Blame] = set()
    for one in wanted:
        budget.incomplete = False
        if _search(model, one, reach, PERHAPS, budget) is not None:
            blame |= _blame(model, one, reach, budget)
        elif budget.incomplete:
            blame.add(_too_complex([one]))
    return cannot_tell(*sorted(blame)[:_MAX_BLAME]) if blame else NO


def _confirmed(
    wanted: Wanted, found: Found, confirm: Confirm | None, further: Sequence[Blame]
) -> Answer:
    """The yes, once the concrete procedure has said the same of the witness."""
    if further:  # a statement that is not known may stop the request
        return cannot_tell(*further)
    if confirm is None:
        return Answer(Verdict.YES, witness=found.request)
    if confirm(found.request).is_yes:
        return Answer(Verdict.YES, witness=found.request)
    statement = wanted.inside[0].view.statement
    return cannot_tell(Blame(statement.label, _FAILED, statement.position))


def _blame(model: Model, wanted: Wanted, reach: Reach, budget: Budget) -> set[Blame]:
    """What keeps the question open: in what must cover the request, in what must not, or in both."""
    outside = _parts_blame(model, wanted.outside, reach)
    if outside and _search(model, wanted, reach, EXACTLY_KNOWN, budget) is not None:
        return outside
    inside = _parts_blame(model, wanted.inside, reach)
    if inside and _search(model, wanted, reach, CAUTIOUS, budget) is not None:
        return inside
    return inside | outside or {_too_complex([wanted])}


def _parts_blame(model: Model, parts: Iterable[Part], reach: Reach) -> set[Blame]:
    blame: set[Blame] = set()
    for part in parts:
        view = part.view
        if all(view.covers_action(action).is_no for action in reach.actions):
            continue
        has = view.has(part.effect)
        if has.is_no:
            continue
        blame |= has.blame | _view_blame(view, reach)
        blame |= model.search.blame(view)
        for term in view.terms:
            if compares(term):
                values = (value for value in term.condition.values if isinstance(value, Text))
                blame |= {Blame(str(v), _COMPARED, v.position) for v in values}
    return blame


def _view_blame(view: View, reach: Reach) -> set[Blame]:
    """What is open about whom, what and which resource a statement covers."""
    blame = set(view.statement_blame())
    for action in reach.actions:
        blame |= view.covers_action(action).blame
    for resource in reach.resources:
        blame |= view.covers_resource(resource).blame
    return blame


def _too_complex(wanted: Sequence[Wanted]) -> Blame:
    if len(wanted) == 1 and wanted[0].inside:
        statement = wanted[0].inside[0].view.statement
        return Blame(statement.label, TOO_COMPLEX, statement.position)
    return Blame("", TOO_COMPLEX, wanted[0].inside[0].view.statement.position if wanted else 0)
