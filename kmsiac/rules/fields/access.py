"""Fields that the access engine answers, but for those that take arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmsiac.inventory.model import Identity
from kmsiac.policy.document import PolicyDocument
from kmsiac.rules.fields.condition import condition_of
from kmsiac.rules.fields.places import Asked, asked, place_of
from kmsiac.rules.fields.policy import document_of
from kmsiac.rules.fields.principal import principal_of
from kmsiac.rules.fields.statement import ACTIONS, action_items
from kmsiac.rules.readings import ABSENT, Items, Open, Reading, Thing, answer_reading
from kmsiac.rules.vocabulary import BOOL, Cost, FieldType, declare, names
from kmsiac.values import Answer, Blame, Unknown, blame_on

if TYPE_CHECKING:
    from collections.abc import Callable

# ruff: noqa: PLC0415 - the access engine loads when first asked


def _statement(name: str, meaning: str, ask: Callable[[Asked], Answer]) -> None:
    """Declare a yes-or-no field of statements."""

    @declare("statement", name, BOOL, meaning, f"{name}: true", cost=Cost.SEMANTIC)
    def _read(thing: Thing) -> Reading:
        found = asked(thing)
        return answer_reading(ask(found)) if isinstance(found, Asked) else found


def _public(of: Asked) -> Answer:
    from kmsiac import access

    place = of.place
    return access.public(of.document, of.statement, place.provider, place.trusted, place.key_arn)


def _shadowed(of: Asked) -> Answer:
    from kmsiac import access

    return access.shadowed(of.document, of.statement, of.place)


def _redundant(of: Asked) -> Answer:
    from kmsiac import access

    return access.redundant(of.document, of.statement, of.place)


_statement(
    "public",
    "whether it allows something to any AWS account, the document's Denies counted",
    _public,
)
_statement(
    "shadowed",
    "an Allow that is not empty by itself and that the document's Denies leave nothing of",
    _shadowed,
)
_statement(
    "redundant", "the other Allows of the document give all that it gives, as directly", _redundant
)


def _part(kind: str, name: str, meaning: str, ask: Callable[[Asked, Thing], Answer]) -> None:
    """Declare a yes-or-no field of something that lies in a statement."""

    @declare(kind, name, BOOL, meaning, f"{name}: false", cost=Cost.SEMANTIC)
    def _read(thing: Thing) -> Reading:
        found = asked(thing.parent) if thing.parent is not None else ABSENT
        if not isinstance(found, Asked):
            return found
        if _is_ghost(found, thing):
            return Open(_doubt(thing))
        return answer_reading(ask(found, thing))


def _is_ghost(of: Asked, thing: Thing) -> bool:
    """Whether it stands for elements of which nothing is known but that they may be there."""
    parts = of.statement.conditions if thing.kind == "condition" else of.statement.principals
    return all(part is not thing.value for part in parts)


def _doubt(thing: Thing) -> frozenset[Blame]:
    value = thing.value
    unknown = getattr(value, "values_open", None) or getattr(value, "value", None)
    return frozenset({blame_on(unknown)}) if isinstance(unknown, Unknown) else frozenset()


def _condition_satisfiable(of: Asked, thing: Thing) -> Answer:
    from kmsiac import access

    return access.satisfiable(of.document, of.statement, condition_of(thing), of.place)


def _principal_satisfiable(of: Asked, thing: Thing) -> Answer:
    from kmsiac import access

    return access.satisfiable(of.document, of.statement, principal_of(thing), of.place)


def _tautology(of: Asked, thing: Thing) -> Answer:
    from kmsiac import access

    return access.tautology(of.document, of.statement, condition_of(thing), of.place)


def _neutralised(of: Asked, thing: Thing) -> Answer:
    from kmsiac import access

    return access.neutralised(of.document, of.statement, condition_of(thing), of.place)


_part(
    "condition",
    "satisfiable",
    "a request that the statement covers can meet it",
    _condition_satisfiable,
)
_part(
    "principal",
    "satisfiable",
    "it can meet all conditions of the statement",
    _principal_satisfiable,
)
_part("condition", "tautology", "every request that the statement covers meets it", _tautology)
_part(
    "condition",
    "neutralised",
    "a request that does not carry the key passes the Allow, so it restricts nothing",
    _neutralised,
)

STOPPED = ("via_service", "service_principal")


@declare(
    "condition",
    "stops",
    FieldType("name", many=True, choices=STOPPED),
    "the kinds of request that never pass it (of a Deny: that always meet it): calls that an AWS "
    "service makes for a principal, and calls of service principals",
    "stops: {some: via_service}",
    cost=Cost.SEMANTIC,
)
def _stops(thing: Thing) -> Reading:
    from kmsiac import access

    found = asked(thing.parent) if thing.parent is not None else ABSENT
    if not isinstance(found, Asked):
        return found
    if _is_ghost(found, thing):
        return Open(_doubt(thing))
    answers = access.stops(found.document, found.statement, condition_of(thing), found.place)
    certain = [kind for kind in STOPPED if answers[kind].is_yes]
    return Items(certain, [(k, answers[k].blame) for k in STOPPED if answers[k].is_open])


# -- policies and identities ----------------------------------------------------------------------


@declare(
    "policy",
    "administrable",
    names("none", "conditional", "named", "delegated"),
    "how the account keeps kms:PutKeyPolicy: its IAM policies can give it (delegated), principals "
    "that the key policy names have it (named), only some requests do (conditional), nobody (none)",
    "administrable: [none, conditional]",
    cost=Cost.SEMANTIC,
)
def _administrable(thing: Thing) -> Reading:
    from kmsiac import access

    document = document_of(thing)
    if not isinstance(document, PolicyDocument):
        return document or ABSENT
    found, blame = access.administrable([document], place_of(thing))
    return found if found is not None else Open(blame)


@declare(
    "policy",
    "delegated_actions",
    ACTIONS,
    "the KMS actions that a key policy leaves to the IAM policies of its account",
    "delegated_actions: {count: {at_most: 0}}",
    cost=Cost.SEMANTIC,
)
def _delegated_actions(thing: Thing) -> Reading:
    from kmsiac import access

    document = document_of(thing)
    if not isinstance(document, PolicyDocument):
        return document or ABSENT
    found = access.delegated_actions(document, place_of(thing))
    return action_items(thing, found.certain, found.possible, found.blame)


@declare(
    "identity",
    "allowed_actions",
    ACTIONS,
    "the KMS actions that its own policies allow on some key, Denies and boundary applied",
    "allowed_actions: {some: CreateKey}",
    cost=Cost.SEMANTIC,
)
def _allowed_actions(thing: Thing) -> Reading:
    assert isinstance(thing.value, Identity)
    found = thing.scope.access.allowed_actions(thing.value)
    return action_items(thing, found.certain, found.possible, found.blame)
