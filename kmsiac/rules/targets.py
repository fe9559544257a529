"""What a rule walks over in one world: its targets, with their places and what contains them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from kmsiac.inventory.model import Consumer, Entity, Inventory, Policy
from kmsiac.policy.document import Condition, Pattern, PolicyDocument, Principal, Statement
from kmsiac.rules.anchors import element_text
from kmsiac.rules.fields.grantee import groups_of, others_like
from kmsiac.rules.labels import label_of
from kmsiac.rules.readings import Scope, Thing
from kmsiac.values import Text, Unknown

Path = tuple[tuple[object, ...], ...]
"""Where a target is, from the outside in: entity, statement, element. The same in every world, and
a prefix of the path of what lies inside it."""


class Target(NamedTuple):
    """One target in one world."""

    thing: Thing
    path: Path
    statement: Thing | None
    ghost: bool = False
    """Nothing is known of it but that it may exist."""


ENTITIES: Mapping[str, Callable[[Inventory], list[Entity]]] = {
    "key": lambda inventory: [*inventory.keys],
    "alias": lambda inventory: [*inventory.aliases],
    "identity": lambda inventory: [*inventory.identities],
    "grant": lambda inventory: [*inventory.grants],
    "grantee": lambda inventory: [*inventory.keys],
    "endpoint": lambda inventory: [*inventory.endpoints],
    "consumer": lambda inventory: [*inventory.consumers],
}
"""The entities that the targets outside policies walk over."""


def entity_path(entity: Entity) -> Path:
    """The path of an entity; policies and uses of keys of one resource differ by attribute."""
    attribute = entity.attribute if isinstance(entity, Policy | Consumer) else ""
    return (("entity", entity.address, attribute),)


def targets_in(scope: Scope, entity: Entity, kind: str) -> tuple[Target, ...]:
    """The targets of a kind that an entity is, or holds, in the world of the scope.

    A policy must have a document that is known, or nothing comes of it: see `engine`.
    """
    found = scope.targets.get((id(entity), kind))
    if found is None:
        found = scope.targets[id(entity), kind] = tuple(_targets(scope, entity, kind))
    return found


def _targets(scope: Scope, entity: Entity, kind: str) -> Iterator[Target]:
    if not scope.exists(entity):
        return
    path = entity_path(entity)
    if kind == "grantee":
        yield from _grantees(scope.thing("key", entity), path)
        return
    if not isinstance(entity, Policy):
        yield Target(scope.thing(kind, entity), path, None)
        return
    policy = scope.thing("policy", entity)
    if kind == "policy":
        yield Target(policy, path, None)
        return
    document = scope.document(entity)
    assert isinstance(document, PolicyDocument)
    seen: Counter[tuple[int, str]] = Counter()
    for statement in _statements(document):
        thing = scope.thing("statement", statement, policy)
        place = (statement.position, _sid(statement))
        # All statements of a plan may stand at one place: its policies are JSON inside a text.
        inner: Path = (*path, ("statement", *place, seen[place]))
        seen[place] += 1
        ghost = statement not in document.statements
        if kind == "statement":
            yield Target(thing, inner, thing, ghost)
        else:
            yield from _elements(scope, thing, statement, kind, inner)


def _grantees(key: Thing, path: Path) -> Iterator[Target]:
    for grantee in groups_of(key):
        yield Target(grantee, (*path, ("grantee", label_of(grantee))), None)


def targets_like(target: Target) -> Iterator[Target]:
    """The grantees that are alike, beside the one that stands for them."""
    path = target.path[:-1]
    for grantee in others_like(target.thing):
        yield Target(grantee, (*path, ("grantee", label_of(grantee))), None)


def _statements(document: PolicyDocument) -> Iterator[Statement]:
    yield from document.statements
    if document.open is not None:
        # May hold statements: one of which nothing is known stands for them.
        ghost = Statement(len(document.statements), document.open.position, document.open)
        ghost.open = document.open
        yield ghost


def _sid(statement: Statement) -> str:
    return str(statement.sid) if statement.sid is not None else ""


def _elements(
    scope: Scope, thing: Thing, statement: Statement, kind: str, path: Path
) -> Iterator[Target]:
    elements, rest = _ELEMENTS[kind](statement)
    for element in elements:
        place = (kind, element.position, _element_text(element))
        yield Target(scope.thing(kind, element, thing), (*path, place), thing)
    unknown = rest or statement.open
    if unknown is not None:
        ghost = scope.thing(kind, _ghost(kind, unknown, statement), thing)
        place = (kind, unknown.position, "unknown")
        yield Target(ghost, (*path, place), thing, ghost=True)


Element = Principal | Pattern | Condition

_ELEMENTS: Mapping[str, Callable[[Statement], tuple[tuple[Element, ...], Unknown | None]]] = {
    "principal": lambda s: (s.principals, s.principals_open),
    "action": lambda s: (s.actions, s.actions_open),
    "resource": lambda s: (s.resources, s.resources_open),
    "condition": lambda s: (s.conditions, s.conditions_open),
}


def _ghost(kind: str, unknown: Unknown, statement: Statement) -> Element:
    if kind == "principal":
        return Principal("*", unknown, "NotPrincipal" in statement.elements, unknown.position)
    if kind == "condition":
        name = Text((unknown,), unknown.position)
        return Condition(name, name, (), unknown.position, unknown.position, unknown)
    negated = {"action": "NotAction", "resource": "NotResource"}[kind] in statement.elements
    return Pattern(unknown, negated, unknown.position)


def _element_text(element: Element) -> str:
    if isinstance(element, Condition):
        return f"{element.operator} {element.key}"
    return element_text(element.value)
