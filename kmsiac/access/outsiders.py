"""Whom outside the account a key policy lets in: each as an abstract principal, with a witness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kmsiac.access.boxes import STEPS, Budget
from kmsiac.access.deciding import Wanted, exists
from kmsiac.access.model import Request
from kmsiac.access.needs import need_of
from kmsiac.access.people import STRANGERS, Circle
from kmsiac.access.persons import ABOUT_PRINCIPAL, Person, caller, in_organizations, service
from kmsiac.access.place import Place
from kmsiac.access.prepared import Model, Prepared, Ready, key_actions, prepare
from kmsiac.access.presence import NO_LIMITS, STRANGERS_UNPINNED, Limits
from kmsiac.access.question import Part, Reach
from kmsiac.access.results import Need, Outsider
from kmsiac.access.spaces import literal_values
from kmsiac.access.statement_questions import confirm_with, denies_of, reach_of
from kmsiac.access.statements import caller_of, principal_path
from kmsiac.access.views import View
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.principals import kind_of
from kmsiac.values import Answer, Blame, cannot_tell

_BUDGETS = 4
"""How many questions the whole may cost; what is left then is too complex."""

_WHOSE = "a unique id does not show which principal it is"


def external(document: PolicyDocument, place: Place) -> tuple[Outsider, ...]:
    """Whom outside the account a key policy lets in, each as an abstract principal.

    What is too complex, or hangs on which account the own one is, is there as cannot tell.
    """
    ready = prepare((document,), place)
    by_guess = [_of(prepared) for prepared in ready]
    if not ready.others and not ready.cut:
        return by_guess[0]
    names = dict.fromkeys((o.kind, o.name) for found in by_guess for o in found)
    return tuple(_joined(key, by_guess, ready) for key in names)


def _joined(key: tuple[str, str], found: Sequence[tuple[Outsider, ...]], ready: Ready) -> Outsider:
    same = [next((o for o in one if (o.kind, o.name) == key), None) for one in found]
    first = next(one for one in same if one is not None)
    verdicts = [one.answer.verdict if one is not None else None for one in same]
    pairs = zip(ready, verdicts, strict=True)
    others = [prepared for prepared, verdict in pairs if verdict is not verdicts[0]]
    if first.answer.is_open or not (others or ready.cut):
        return first
    return Outsider(first.kind, first.name, cannot_tell(*ready.blame(others)), first.needs)


def _of(prepared: Prepared) -> tuple[Outsider, ...]:
    found = prepared.model.answers.get("external")
    if found is None:
        found = prepared.model.answers["external"] = tuple(_Asking(prepared.model).all())
    assert isinstance(found, tuple)
    return tuple(
        Outsider(
            one.kind,
            prepared.masked(prepared.instances.spelt(one.name)),
            prepared.told(one.answer),
            tuple(prepared.shown(need) for need in one.needs),
        )
        for one in found
    )


class _Callers(NamedTuple):
    circles: tuple[Circle, ...] = ()
    persons: tuple[Person, ...] = ()

    def may_be_in(self, owners: frozenset[str] | None) -> bool:
        """Whether one of them may be of one of these accounts; None: of any."""
        if owners is None or any(not circle.accounts.isdigit() for circle in self.circles):
            return True
        accounts = {circle.accounts for circle in self.circles}
        return bool(owners & (accounts | {person.account for person in self.persons}))


class _Asking:
    """The questions about one model, under one budget."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._budget = Budget(_BUDGETS * STEPS)
        self._views = [view for view in model.views[0] if view.may_allow]

    def all(self) -> Iterator[Outsider]:
        """Everybody outside whom the policy lets in."""
        anyone = self._asked("anyone", "*", _Callers(circles=(STRANGERS,)), STRANGERS_UNPINNED)
        held = None
        if anyone is None or not anyone.answer.is_yes:
            # Nobody in particular, but by an endpoint, an address or a source that is fixed.
            held = self._asked("anyone", "*", _Callers(circles=(STRANGERS,)))
            anyone = held if held is not None and held.answer.is_yes else anyone
        if anyone is not None:
            yield anyone
        if held is None and anyone is not None and anyone.answer.is_yes and not anyone.needs:
            return  # everybody else is anybody, too
        known = self._model.known
        for name in sorted(known.organizations - known.trusted.organizations):
            if name != known.own_organization:
                circle = Circle("stranger", organization=name)
                yield from self._one("organization", name, _Callers(circles=(circle,)))
        yield from self._accounts()
        yield from _unique_ids(self._model)
        yield from self._services()

    def _accounts(self) -> Iterator[Outsider]:
        known = self._model.known
        outside = sorted(known.accounts - known.trusted.accounts - {known.own_account})
        for account in outside:
            circle = Circle(account, fresh=True, untrusted=True)
            whole = list(self._one("account", account, _Callers(circles=(circle,))))
            yield from whole
            if whole and whole[0].answer.is_yes and not whole[0].needs:
                continue  # who is named in it is one of its principals
            for arn in _named_in(self._model, account):
                persons = tuple(_persons(self._model, arn))
                yield from self._one(_kind(arn), arn, _Callers(persons=persons))

    def _services(self) -> Iterator[Outsider]:
        named = {name for view in self._views for name in view.named}
        instances = self._model.instances
        for name in sorted(one for one in named if ":" not in one and not one.isdigit()):
            person = service(name, instances)
            yield from self._one("service", name, _Callers(persons=(person,)))
        unnamed = service("other-service.amazonaws.com", instances)
        yield from self._one("service", "*", _Callers(persons=(unnamed,)))

    def _one(self, kind: str, name: str, callers: _Callers) -> Iterator[Outsider]:
        found = self._asked(kind, name, callers)
        if found is not None:
            yield found

    def _asked(
        self, kind: str, name: str, callers: _Callers, limits: Limits = NO_LIMITS
    ) -> Outsider | None:
        model = self._model
        views = [view for view in self._views if callers.may_be_in(view.owners)]
        if not views:
            return None
        views.sort(key=_cost)  # the way with the fewest needs says most
        base = reach_of(model, views, callers.circles, key_actions(), limits)
        reach = Reach(callers.circles, base.actions, base.resources, limits, callers.persons)
        wanted = [Wanted((Part(view),), denies_of(model)) for view in views]
        confirm = confirm_with(model)
        answer = exists(model, wanted, reach, confirm, model.documents, self._budget)
        if answer.is_no:
            return None
        return Outsider(kind, name, answer, _needs(model, answer))


def _unique_ids(model: Model) -> Iterator[Outsider]:
    """Principals of which only the id is known: whose they are does not show."""
    for view in model.views[0]:
        if not view.may_allow:
            continue
        for principal in view.statement.principals:
            if not principal.negated and kind_of(principal)[0] == "unique_id":
                name = str(principal.value)
                blame = Blame(name, _WHOSE, principal.value.position)
                kind = "user" if name.startswith("AIDA") else "role"
                yield Outsider(kind, name, cannot_tell(blame), needs_of(view))


def _needs(model: Model, answer: Answer) -> tuple[Need, ...]:
    """What the Allow that the witness passes asks of a request beside who calls."""
    request = answer.witness
    if not isinstance(request, Request):
        return ()
    context = {key.lower(): values for key, values in request.context.items()}
    asking = caller_of(request)
    if asking is None:
        return ()
    for view in sorted(model.views[0], key=_cost):
        covered = view.effect.is_yes and view.covers_action(request.action).is_yes
        covered = covered and bool(principal_path(view.statement, asking))
        if covered and all(term.holds(context).is_yes for term in view.terms):
            return needs_of(view)
    return ()


def _cost(view: View) -> tuple[int, int]:
    """By how much a statement asks of a request; the order of a document does not count."""
    return len(needs_of(view)), len(view.terms)


def needs_of(view: View) -> tuple[Need, ...]:
    """The conditions of a statement that are not about who calls."""
    return tuple(need_of(term.condition) for term in view.terms if term.key not in ABOUT_PRINCIPAL)


def _named_in(model: Model, account: str) -> list[str]:
    """The principals of an account that an Allow spells, as such or in its conditions."""
    names = set[str]()
    for view in model.views[0]:
        if not view.may_allow:
            continue
        names |= view.named
        for term in view.terms:
            if term.key == "aws:principalarn":
                names |= {one for one in literal_values(term) if not set(one) & {"*", "?", "$"}}
    return sorted(name for name in names if _is_in(name, account))


def _is_in(arn: str, account: str) -> bool:
    fields = arn.split(":", 5)
    return len(fields) == 6 and fields[4] == account and fields[5] != "root"


def _kind(arn: str) -> str:
    resource = arn.split(":", 5)[5]
    return {"user": "user", "role": "role"}.get(resource.split("/")[0], "session")


def _persons(model: Model, arn: str) -> Iterator[Person]:
    """A principal in each organization that it may be in."""
    spelt = sorted(frozenset[str]().union(*(view.named for view in model.views[0])))
    made = caller(arn, model.instances, model.known, spelt)
    if made is not None:
        known = model.known
        yield from in_organizations(made, known.organizations - known.trusted.organizations)
