"""Choices to cases: a value in a world, and a value in all the worlds that matter to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import TypeVar

from kmsiac.inventory.cases import (
    MAX_WORLDS,
    TooManyWorlds,
    Undecided,
    Varying,
    World,
    compatible,
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
    children,
    holds_secret,
    is_leaf,
    walk,
)

T = TypeVar("T")


MAX_DEPTH = 200
"""Values nested deeper than this are cut off with an Unknown; front ends stop before."""


def settle(value: Value, world: World, *, sensitive: bool = False) -> Value:
    """The value in a world: every Choice replaced by its branch, what is Absent left out.

    What is inside of something sensitive is marked sensitive itself; only the document of a text
    has marks of its own. Raises `Undecided` where the
    world leaves a guard open, and `TooManyWorlds` where it leaves so many open that no
    question about the value can end. A value that needs none of it is returned as it is.
    """
    if not sensitive and not any(_unsettled(inner) for inner in walk(value)):
        return value
    _refuse_too_many(value, world)
    return _settle(value, world, sensitive, 0)


def _refuse_too_many(value: Value, world: World) -> None:
    # Each guard outside of other Choices has to be decided whatever the others are: they are
    # counted before the whole value has been gone through in 64 of their combinations.
    left_open: dict[Guard, int] = {}
    stack, seen = [value], {id(value)}
    while stack:
        current = stack.pop()
        if isinstance(current, Choice):
            if current.guard not in world:
                left_open.setdefault(current.guard, len(current.branches))
            continue
        for inner in children(current):
            if not is_leaf(inner) and id(inner) not in seen:
                seen.add(id(inner))
                stack.append(inner)
    if math.prod(left_open.values()) > MAX_WORLDS:
        raise TooManyWorlds


def _unsettled(value: Value) -> bool:
    if isinstance(value, Choice | Absent):
        return True
    if isinstance(value, Text):
        return value.document is not None if value.sensitive else holds_secret(value)
    return value.sensitive and isinstance(value, List | Map)


def _settle(value: Value, world: World, sensitive: bool, depth: int) -> Value:
    while isinstance(value, Choice):
        sensitive = sensitive or value.sensitive
        value = branch(value, world)
    inherited, sensitive = sensitive, sensitive or value.sensitive
    if depth > MAX_DEPTH:
        reason = f"more than {MAX_DEPTH} levels deep"
        return Unknown("...", reason, value.position, sensitive=sensitive)
    if isinstance(value, List):
        items = [_settle(item, world, sensitive, depth + 1) for item in value.items]
        kept = [item for item in items if not isinstance(item, Absent)]
        return List(kept, value.position, _marked_rest(value.open, sensitive), sensitive)
    if isinstance(value, Map):
        members = [
            (_marked_text(key, sensitive), _settle(member, world, sensitive, depth + 1))
            for key, member in value.entries
        ]
        held = [(key, member) for key, member in members if not isinstance(member, Absent)]
        return Map(held, value.position, _marked_rest(value.open, sensitive), sensitive)
    if isinstance(value, Text):
        if value.document is None:
            return _marked_text(value, sensitive)
        # Nothing in the document explains the mark: the text was marked from outside.
        outside = value.sensitive and not holds_secret(value.document)
        document = _settle(value.document, world, inherited or outside, depth + 1)
        secret = sensitive or holds_secret(value)
        return Text(value.parts, value.position, secret, value.origin, document)
    return _marked(value) if sensitive else value


def _marked_text(value: Text, sensitive: bool) -> Text:
    if value.sensitive or not (sensitive or holds_secret(value)):
        return value
    return Text(value.parts, value.position, True, value.origin, value.document)


def _marked_rest(rest: Unknown | None, sensitive: bool) -> Unknown | None:
    if rest is None or not sensitive or rest.sensitive:
        return rest
    return Unknown(rest.expression, rest.reason, rest.position, rest.unit, True)


def _marked(value: Value) -> Value:
    if value.sensitive:
        return value
    if isinstance(value, Number):
        return Number(value.number, value.position, True)
    if isinstance(value, Bool):
        return Bool(value.value, value.position, True)
    return _marked_rest(value, True) or value if isinstance(value, Unknown) else value


def branch(choice: Choice, world: World) -> Value:
    """The branch of a Choice in a world; raises `Undecided` where the world leaves it open."""
    atoms = tuple(atom for atom, _ in choice.branches)
    if choice.guard not in world:
        raise Undecided(choice.guard, atoms)
    wanted = world[choice.guard]
    for atom, value in choice.branches:
        if atom == wanted:
            return value
    left = [(a, v) for a, v in choice.branches if compatible({choice.guard: a}, world)]
    if len(left) == 1:
        return left[0][1]
    if left:
        raise Undecided(choice.guard, tuple(atom for atom, _ in left))
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
    if len(cases) == 1:  # most documents: no need to compare what can be large
        return [({}, cases[0][1])]
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
    if isinstance(value, Number):
        return ("number", value.number)
    if isinstance(value, Bool):
        return ("bool", value.value)
    if isinstance(value, Unknown):
        return ("unknown", value.unit, value.expression)
    if isinstance(value, Choice):
        return ("choice", value.guard, tuple((a, digest(b)) for a, b in value.branches))
    if value is None or isinstance(value, Null | Absent):
        return type(value).__name__
    return id(value)
