"""The functions that choose: If, FindInMap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.calls import (
    BadCallError,
    arguments_of,
    charged,
    name_in,
)
from kmsiac.frontends.cloudformation.choices import (
    alternatives,
    by_decision,
    choose,
    distribute,
    plain,
)
from kmsiac.frontends.cloudformation.decisions import (
    MAX_ALTERNATIVES,
    Test,
    TooManyAlternativesError,
    count,
    yes_no,
)
from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.reading import nodes
from kmsiac.reading.nodes import Node
from kmsiac.values import Atom, Guard, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver


_ANOTHER_KEY = "(another key)"
"""The case of an open FindInMap key that is in none of the rows, so that DefaultValue holds."""


def if_(resolver: Resolver, call: Call) -> Value:
    """`Fn::If`: the branch of a settled condition, else a Choice of both."""
    condition, then, otherwise = arguments_of(call, 3, 3)
    name = name_in(condition, "the condition of Fn::If")
    if resolver.conditions is None:
        raise BadCallError("Fn::If cannot stand in a condition")
    decision = resolver.conditions.named(name, condition.position)
    if not isinstance(decision, Test):
        return resolver.evaluate(then if decision else otherwise)
    true, false = count(decision, True), count(decision, False)
    copies = max(true, false)
    before = resolver.copies
    if true + false > MAX_ALTERNATIVES or before * copies > MAX_ALTERNATIVES:
        # The condition itself is the guard, so that each branch stands in the result once.
        decision = yes_no(resolver.template.guard(name))
        copies = 1
    if not resolver.spend(true + false):
        raise BadCallError("this template takes too many steps to evaluate")
    resolver.copies = before * copies
    try:
        with resolver.under(name, outcome=True):
            one = resolver.evaluate(then)
        with resolver.under(name, outcome=False):
            other = resolver.evaluate(otherwise)
        value = by_decision(decision, one, other, call.position)
    finally:
        resolver.copies = before
    if alternatives(value) > MAX_ALTERNATIVES:
        raise TooManyAlternativesError
    return value


def find_in_map(resolver: Resolver, call: Call) -> Value:
    """`Fn::FindInMap`; an open key gives all rows, by the key as guard."""
    arguments = arguments_of(call, 3, 4)
    default: Node | None = None
    if len(arguments) == 4:
        options = arguments[3]
        default = options.get("DefaultValue") if isinstance(options, nodes.Mapping) else None
        resolver.template.needs_extensions("DefaultValue of Fn::FindInMap", options.position)

    def build(values: Sequence[Value]) -> Value:
        name = plain(values[0])
        if name is None:
            raise BadCallError("the map of Fn::FindInMap is not a known text")
        table = resolver.template.mappings.get(name)
        if table is None:
            if default is not None:
                return resolver.evaluate(default)
            raise BadCallError(f"there is no mapping {name[:80]}")
        return _rows(resolver, table[1], values[1:], default, call)

    operands = [resolver.evaluate(argument) for argument in arguments[:3]]
    return distribute(operands, build, call.position)


def _rows(
    resolver: Resolver, table: Node, keys: Sequence[Value], default: Node | None, call: Call
) -> Value:
    """What the rest of the keys finds in a (part of a) mapping; all rows for an open key."""
    if not keys:
        return charged(resolver, resolver.row(table))
    if not isinstance(table, nodes.Mapping):
        raise BadCallError("the mapping is not two levels deep")
    written = plain(keys[0])
    if written is not None:
        row = table.get(written)
        if row is not None:
            return _rows(resolver, row, keys[1:], default, call)
        if default is not None:
            return resolver.evaluate(default)
        return Unknown(
            f"Fn::FindInMap({written[:80]})",
            f"the mapping has no key {written[:80]}",
            call.position,
            resolver.template.unit,
        )
    branches: dict[Atom, Value] = {}
    for key, row in table.items():
        branches[key] = _rows(resolver, row, keys[1:], default, call)
    if default is not None:
        branches[_ANOTHER_KEY] = resolver.evaluate(default)
    if not branches:
        raise BadCallError("the mapping is empty")
    guard = _guard_of(keys[0], resolver)
    value = choose(guard, list(branches.items()), call.position)
    if alternatives(value) > MAX_ALTERNATIVES:
        raise TooManyAlternativesError
    return value


def _guard_of(key: Value, resolver: Resolver) -> Guard:
    if isinstance(key, Unknown):
        return resolver.template.guard(key.expression)
    if isinstance(key, Text):
        # A symbol has the same name in nested stacks.
        name = key.symbol.reference if key.symbol is not None else str(key)
        return Guard(resolver.template.owner.unit, name)
    raise BadCallError("a key of Fn::FindInMap is no text")
