"""Choices to cases: a value in a world, and a value in all the worlds that matter to it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from kmsiac.inventory.cases import (
    TooManyWorlds,
    Undecided,
    Varying,
    World,
    in_every_world,
)
from kmsiac.values import (
    Absent,
    Atom,
    Bool,
    Choice,
    Guard,
    List,
    Map,
    Null,
    Number,
    Text,
    Unknown,
    Value,
    walk,
)

T = TypeVar("T")


def settle(value: Value, world: World) -> Value:
    """The value in a world: every Choice replaced by its branch, what is Absent left out.

    Raises `Undecided` where the world leaves a guard open. A value without Choices is returned
    as it is.
    """
    if not any(isinstance(inner, Choice | Absent) for inner in walk(value)):
        return value
    return _settle(value, world)


def _settle(value: Value, world: World) -> Value:
    if isinstance(value, Choice):
        return _settle(branch(value, world), world)
    if isinstance(value, List):
        items = [_settle(item, world) for item in value.items]
        kept = [item for item in items if not isinstance(item, Absent)]
        return List(kept, value.position, value.open, value.sensitive)
    if isinstance(value, Map):
        members = [(key, _settle(member, world)) for key, member in value.entries]
        held = [(key, member) for key, member in members if not isinstance(member, Absent)]
        return Map(held, value.position, value.open, value.sensitive)
    if isinstance(value, Text) and value.document is not None:
        document = _settle(value.document, world)
        return Text(value.parts, value.position, value.sensitive, value.origin, document)
    return value


def branch(choice: Choice, world: World) -> Value:
    """The branch of a Choice in a world; raises `Undecided` where the world leaves it open."""
    atoms = tuple(atom for atom, _ in choice.branches)
    if choice.guard not in world:
        raise Undecided(choice.guard, atoms)
    wanted = world[choice.guard]
    for atom, value in choice.branches:
        if atom == wanted:
            return value
    reason = f"no alternative for {choice.guard.name} = {wanted}"
    return Unknown(choice.guard.name, reason, choice.position)


def varying(
    question: Callable[[World], T], key: Callable[[T], Hashable], too_many: Callable[[], T]
) -> Varying[T]:
    """The answers of `question` by case: equal answers (by `key`) collapse, guards that make no
    difference fall away. `too_many` gives the answer where there are more cases than the cap.
    """
    try:
        cases = [(dict(world), result) for world, result in in_every_world(question)]
    except TooManyWorlds:
        return Varying.always(too_many())
    return Varying(tuple(_collapse(cases, key)))


def _collapse(
    cases: list[tuple[dict[Guard, Atom], T]], key: Callable[[T], Hashable]
) -> list[tuple[World, T]]:
    # Two cases with the same answer that differ in one guard only are one case without it. That
    # is exact for guards of two values; others need all their values, so count them.
    groups: dict[Hashable, list[tuple[dict[Guard, Atom], T]]] = {}
    for world, result in cases:
        groups.setdefault(key(result), []).append((world, result))
    if len(groups) == 1:
        return [({}, cases[0][1])]
    values: dict[Guard, set[Atom]] = {}
    for world, _ in cases:
        for guard, atom in world.items():
            values.setdefault(guard, set()).add(atom)
    collapsed: list[tuple[World, T]] = []
    for members in groups.values():
        collapsed += _merge(members, values)
    return collapsed


def _merge(
    members: list[tuple[dict[Guard, Atom], T]], values: dict[Guard, set[Atom]]
) -> list[tuple[World, T]]:
    result = members[0][1]
    worlds = [world for world, _ in members]
    for guard, atoms in values.items():
        rest: dict[frozenset[tuple[Guard, Atom]], list[dict[Guard, Atom]]] = {}
        for world in worlds:
            others = frozenset((g, a) for g, a in world.items() if g != guard)
            rest.setdefault(others, []).append(world)
        worlds = []
        for others, same in rest.items():
            seen = {world[guard] for world in same if guard in world}
            worlds += [dict(others)] if seen == atoms else same
    return [(world, result) for world in worlds]


def digest(value: Value | None) -> Hashable:
    """A key under which structurally equal values are equal, wherever they were written."""
    if isinstance(value, Text):
        return ("text", value.parts, digest(value.document) if value.document else None)
    if isinstance(value, List):
        return ("list", tuple(digest(item) for item in value.items), value.open)
    if isinstance(value, Map):
        members = tuple((digest(key), digest(member)) for key, member in value.entries)
        return ("map", members, value.open)
    if isinstance(value, Number | Bool):
        return (type(value).__name__, str(value))
    if isinstance(value, Unknown):
        return ("unknown", value.unit, value.expression)
    if isinstance(value, Choice):
        return ("choice", value.guard, tuple((a, digest(b)) for a, b in value.branches))
    if value is None or isinstance(value, Null | Absent):
        return type(value).__name__
    return id(value)
