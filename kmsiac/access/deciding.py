"""From searches to answers: sure, perhaps, confirmed, and what to blame where it stays open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

from kmsiac.access.boxes import Budget, TooComplex
from kmsiac.access.model import Request
from kmsiac.access.persons import UNTOLD_OF_SERVICES
from kmsiac.access.question import (
    CAUTIOUS,
    EXACTLY_KNOWN,
    PERHAPS,
    SURELY,
    Found,
    Part,
    Question,
    Reach,
)
from kmsiac.access.results import PathStep
from kmsiac.access.scenes import compares
from kmsiac.access.search import Search
from kmsiac.access.views import View
from kmsiac.aws.condition_keys import actions_carrying
from kmsiac.policy.document import PolicyDocument
from kmsiac.reading.source import NOWHERE
from kmsiac.values import (
    NO,
    YES,
    Answer,
    Blame,
    Text,
    Verdict,
    blame_on,
    cannot_tell,
)

TOO_COMPLEX = "too complex to decide"
_COMPARED = "compares two things that a caller may choose"
_PLACEHOLDER = "not a policy variable that IAM has; a placeholder, it seems"
_FAILED = "a witness did not hold; this is a fault of kmsiac"
_UNTOLD = "whether AWS services carry it is not documented"
_PATH = "a session does not show the path of its role"
_MAX_BLAME = 12


class Wanted(NamedTuple):
    """Requests that are looked for: covered by all of `inside`, by none of `outside`.

    `path` says by which way such a request reaches the key, where that is asked. `blame` is what
    keeps it open whether this way is there at all.
    """

    inside: tuple[Part, ...]
    outside: tuple[Part, ...]
    path: PathStep | Literal[""] = ""
    blame: tuple[Blame, ...] = ()


class HasSearch(Protocol):
    """What was made ready for searches."""

    search: Search


Confirm = Callable[[Request], Answer]
"""Whether a witness does what was found, by the concrete procedure; a yes confirms it."""


class Outcome(NamedTuple):
    """An answer, with the way that a yes found."""

    answer: Answer
    found: Wanted | None = None


def exists(
    model: HasSearch,
    wanted: Sequence[Wanted],
    reach: Reach,
    confirm: Confirm | None,
    unknown: Iterable[PolicyDocument] = (),
    budget: Budget | None = None,
) -> Answer:
    """Whether there is a request as one of `wanted` has it. A yes carries it as witness.

    `unknown` are documents that may hold further statements, which could stop any request.
    `budget` is shared by the parts of a question that asks for many things.
    """
    further = [blame_on(document.open) for document in unknown if document.open is not None]
    return decide(model, wanted, wanted, reach, confirm, further, budget).answer


def decide(
    model: HasSearch,
    sure: Sequence[Wanted],
    perhaps: Sequence[Wanted],
    reach: Reach,
    confirm: Confirm | None,
    further: Sequence[Blame] = (),
    budget: Budget | None = None,
) -> Outcome:
    """Whether there is a request: surely, as one of `sure` has it; else perhaps, as one of
    `perhaps` has it. `further` blames what may stop any request beside what is known.
    """
    budget = budget or Budget()
    doubt: set[Blame] = set()
    try:
        for one in sure:
            found = _search(model, one, reach, SURELY, budget)
            if found is None:
                continue
            answer = _confirmed(one, found, confirm, further)
            if answer.is_yes:
                return Outcome(answer, one)
            doubt |= answer.blame
        if doubt:
            return Outcome(cannot_tell(*sorted(doubt)[:_MAX_BLAME]))
        return Outcome(_perhaps(model, perhaps, reach, budget))
    except TooComplex:
        return Outcome(cannot_tell(_too_complex([*sure, *perhaps])))


def _search(
    model: HasSearch, wanted: Wanted, reach: Reach, question: Question, budget: Budget
) -> Found | None:
    return model.search.find(wanted.inside, wanted.outside, reach, question, budget)


def _perhaps(model: HasSearch, wanted: Sequence[Wanted], reach: Reach, budget: Budget) -> Answer:
    blame: set[Blame] = set()
    for one in wanted:
        budget.incomplete = False
        if _search(model, one, reach, PERHAPS, budget) is not None:
            blame |= set(one.blame) or _blame(model, one, reach, budget)
        elif budget.incomplete:
            blame.add(_too_complex([one]))
    return cannot_tell(*sorted(blame)[:_MAX_BLAME]) if blame else NO


def _confirmed(
    wanted: Wanted, found: Found, confirm: Confirm | None, further: Sequence[Blame]
) -> Answer:
    """The yes, once the concrete procedure has said the same of the witness."""
    if further:  # a statement that is not known may stop the request
        return cannot_tell(*further)
    confirmed = confirm(found.request) if confirm is not None else YES
    if confirmed.is_yes:
        return Answer(Verdict.YES, witness=found.request)
    if confirmed.is_open and confirmed.blame:
        return confirmed
    if not wanted.inside:
        return cannot_tell(Blame("", _FAILED, NOWHERE))
    statement = wanted.inside[0].view.statement
    return cannot_tell(Blame(statement.label, _FAILED, statement.position))


def _blame(model: HasSearch, wanted: Wanted, reach: Reach, budget: Budget) -> set[Blame]:
    """What keeps the question open: in what must cover the request, in what must not, or in both."""
    outside = _parts_blame(model, wanted.outside, reach)
    if outside and _search(model, wanted, reach, EXACTLY_KNOWN, budget) is not None:
        return outside
    inside = _parts_blame(model, wanted.inside, reach)
    if inside and _search(model, wanted, reach, CAUTIOUS, budget) is not None:
        return inside
    return inside | outside or _untold(wanted) or {_too_complex([wanted])}


def _untold(wanted: Wanted) -> set[Blame]:
    """The keys of which only for services it is not documented whether they carry them."""
    parts = (*wanted.inside, *wanted.outside)
    sessions = bool(parts) and any(":assumed-role/" in n for p in parts for n in p.view.named)
    return {
        Blame(str(term.condition.key), _PATH if sessions else _UNTOLD, term.condition.position)
        for part in parts
        for term in part.view.terms
        if term.key in UNTOLD_OF_SERVICES
    }


def _parts_blame(model: HasSearch, parts: Iterable[Part], reach: Reach) -> set[Blame]:
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
                reason = _COMPARED if all(":" in name for name in term.names) else _PLACEHOLDER
                values = (value for value in term.condition.values if isinstance(value, Text))
                blame |= {Blame(str(v), reason, v.position) for v in values}
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
    statements = [part.view.statement for one in wanted for part in one.inside]
    if len(wanted) == 1 and statements:
        return Blame(statements[0].label, TOO_COMPLEX, statements[0].position)
    return Blame("", TOO_COMPLEX, statements[0].position if statements else NOWHERE)


def alike(
    views: Sequence[View], reaches: Callable[[str], bool], actions: Sequence[str]
) -> list[list[str]]:
    """The actions in groups that no statement, and no key that a condition names, tells apart."""
    keys = {term.key: None for view in views for term in view.terms}
    carrying = [found for key in keys if (found := actions_carrying(key)) is not None]
    groups: dict[tuple[object, ...], list[str]] = {}
    covered = {view.actions[:2]: None for view in views}  # certainly, and perhaps
    sets = dict.fromkeys((*(one for pair in covered for one in pair), *carrying))
    for action in actions:
        signature = (
            *(action in found for found in sets),
            reaches(action),
        )
        groups.setdefault(signature, []).append(action)
    return list(groups.values())
