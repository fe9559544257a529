"""Whom outside the account a key policy lets in: each as an abstract principal, with a witness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kmsiac.access.deciding import Wanted, exists
from kmsiac.access.model import Request
from kmsiac.access.people import (
    ABOUT_PRINCIPAL,
    SESSIONS_UNTOLD,
    STRANGERS,
    Circle,
    Person,
    person,
    service,
)
from kmsiac.access.place import Place
from kmsiac.access.prepared import Model, Prepared, Ready, key_actions, prepare
from kmsiac.access.presence import NO_LIMITS, STRANGERS_UNPINNED, Limits
from kmsiac.access.question import Part, Reach
from kmsiac.access.results import Need, Outsider
from kmsiac.access.spaces import literal_values
from kmsiac.access.statement_questions import confirm_with, denies_of, reach_of
from kmsiac.access.statements import caller_of, principal_path
from kmsiac.access.views import View
from kmsiac.policy.document import Condition, PolicyDocument
from kmsiac.policy.principals import kind_of
from kmsiac.values import Answer, Blame, cannot_tell

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
        found = prepared.model.answers["external"] = tuple(_outsiders(prepared.model))
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


def _outsiders(model: Model) -> Iterator[Outsider]:
    anyone = _asked(model, "anyone", "*", (STRANGERS,), (), STRANGERS_UNPINNED)
    held = None
    if anyone is None or not anyone.answer.is_yes:
        # Nobody in particular, but by an endpoint, an address or a source that the policy fixes.
        held = _asked(model, "anyone", "*", (STRANGERS,), (), NO_LIMITS)
        anyone = held if held is not None and held.answer.is_yes else anyone
    if anyone is not None:
        yield anyone
    known = model.known
    if held is None and anyone is not None and anyone.answer.is_yes:
        return  # everybody else is anybody, too
    for name in sorted(known.organizations - known.trusted.organizations):
        if name != known.own_organization:
            circle = Circle("stranger", organization=name)
            yield from _one(model, "organization", name, (circle,), ())
    yield from _accounts(model)
    yield from _unique_ids(model)
    yield from _services(model)


def _accounts(model: Model) -> Iterator[Outsider]:
    known = model.known
    outside = sorted(known.accounts - known.trusted.accounts - {known.own_account})
    for account in outside:
        whole = list(_one(model, "account", account, (Circle(account, fresh=True),), ()))
        yield from whole
        if whole and whole[0].answer.is_yes:
            continue  # who is named in it is one of its principals
        for arn in _named_in(model, account):
            yield from _one(model, _kind(arn), arn, (), tuple(_persons(model, arn)))


def _unique_ids(model: Model) -> Iterator[Outsider]:
    """Principals of which only the id is known: whose they are does not show."""
    for view in model.views[0]:
        if view.effect.is_no:
            continue
        for principal in view.statement.principals:
            if not principal.negated and kind_of(principal)[0] == "unique_id":
                name = str(principal.value)
                blame = Blame(name, _WHOSE, principal.value.position)
                kind = "user" if name.startswith("AIDA") else "role"
                yield Outsider(kind, name, cannot_tell(blame), needs_of(view))


def _services(model: Model) -> Iterator[Outsider]:
    names = {
        name
        for view in model.views[0]
        if not view.effect.is_no
        for name in view.named
        if ":" not in name and not name.isdigit()
    }
    for name in sorted(names):
        yield from _one(model, "service", name, (), (service(name, model.instances),))
    unnamed = (service("other-service.amazonaws.com", model.instances),)
    yield from _one(model, "service", "*", (), unnamed)


def _one(
    model: Model, kind: str, name: str, circles: tuple[Circle, ...], persons: tuple[Person, ...]
) -> Iterator[Outsider]:
    found = _asked(model, kind, name, circles, persons, NO_LIMITS)
    if found is not None:
        yield found


def _asked(
    model: Model,
    kind: str,
    name: str,
    circles: tuple[Circle, ...],
    persons: tuple[Person, ...],
    limits: Limits,
) -> Outsider | None:
    views = [view for view in model.views[0] if not view.effect.is_no]
    base = reach_of(model, views, circles, key_actions(), limits)
    reach = Reach(circles, base.actions, base.resources, limits, persons)
    wanted = [Wanted((Part(view),), denies_of(model)) for view in views]
    answer = exists(model, wanted, reach, confirm_with(model), model.documents)
    if answer.is_no:
        return None
    return Outsider(kind, name, answer, _needs(model, answer))


def _needs(model: Model, answer: Answer) -> tuple[Need, ...]:
    """What the Allow that the witness passes asks of a request beside who calls."""
    request = answer.witness
    if not isinstance(request, Request):
        return ()
    context = {key.lower(): values for key, values in request.context.items()}
    caller = caller_of(request)
    if caller is None:
        return ()
    for view in model.views[0]:
        covered = view.effect.is_yes and view.covers_action(request.action).is_yes
        covered = covered and bool(principal_path(view.statement, caller))
        if covered and all(term.holds(context).is_yes for term in view.terms):
            return needs_of(view)
    return ()


def needs_of(view: View) -> tuple[Need, ...]:
    """The conditions of a statement that are not about who calls."""
    return tuple(need_of(term.condition) for term in view.terms if term.key not in ABOUT_PRINCIPAL)


def need_of(condition: Condition) -> Need:
    """A condition as it is written."""
    values = tuple(str(value) for value in condition.values)
    return Need(str(condition.key), str(condition.operator), values)


def _named_in(model: Model, account: str) -> list[str]:
    """The principals of an account that an Allow spells, as such or in its conditions."""
    names = set[str]()
    for view in model.views[0]:
        if view.effect.is_no:
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
    known, made = model.known, _person(model, arn)
    yield made
    for name in sorted(known.organizations - known.trusted.organizations):
        context = {**made.context, "aws:principalorgid": (name,)}
        yield replace(made, organization=name, context=context)


def _person(model: Model, arn: str) -> Person:
    parts = arn.split(":", 5)
    head = parts[5].split("/")[0]
    if head == "assumed-role":
        role = f"arn:{parts[1]}:iam::{parts[4]}:role/{parts[5].split('/')[1]}"
        made = person("role", role, None, None, model.instances, model.known)
        return replace(made, principal=arn, untold=SESSIONS_UNTOLD)
    kind = {"user": "user", "federated-user": "federated"}.get(head, "role")
    return person(kind, arn, None, None, model.instances, model.known)
