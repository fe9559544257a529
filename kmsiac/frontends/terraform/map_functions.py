"""Functions on maps. What is only partly known keeps its known members where it can."""

from __future__ import annotations

from kmsiac.frontends.terraform.collection_functions import as_list, ordered_list
from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    entries,
    literal,
    members,
    refused,
    to_text,
)
from kmsiac.frontends.terraform.operators import equal
from kmsiac.frontends.terraform.set_order import distinct
from kmsiac.frontends.terraform.string_functions import Row
from kmsiac.frontends.terraform.symbolic import (
    Budget,
    ListOf,
    MapOf,
    list_like,
    marked,
    may_be_absent,
)
from kmsiac.frontends.terraform.types import (
    ANY,
    converted,
    mapping,
    sequence,
    type_of,
    unify,
)
from kmsiac.values import List, Map, Null, Text, Unknown, Value

_STEPS = 200_000
"""Comparisons that one call may take."""


def _merge(position: int, arguments: list[Value]) -> Value:
    merged: dict[str, tuple[Text, Value]] = {}
    rest: Unknown | None = None
    for argument in arguments:
        if isinstance(argument, Null):
            continue
        if isinstance(argument, Unknown):
            rest = rest or argument
            # What an unknown map may replace is not known any more.
            merged = {
                name: (key, _or_unknown(value, argument)) for name, (key, value) in merged.items()
            }
            continue
        if not isinstance(argument, Map):
            raise refused(argument, "a map")
        rest = rest or argument.open
        for key, value in argument.entries:
            name = key.literal if key.literal is not None else repr(key)
            merged[name] = (key, value)
    types = {type_of(a, Budget(_STEPS)) for a in arguments if isinstance(a, MapOf)}
    if len(types) == 1 and all(isinstance(a, MapOf | Null) for a in arguments):
        return MapOf(merged.values(), position, rest, element=types.pop()[1])
    return Map(merged.values(), position, rest)


def _or_unknown(value: Value, by: Unknown) -> Value:
    return Unknown(f"{by.expression} over {value!r:.60}", by.reason, value.position, by.unit)


def _tomap(_position: int, arguments: list[Value]) -> Value:
    value = arguments[0]
    if isinstance(value, Null):
        return value
    if not isinstance(value, Map):
        raise refused(value, "a map")
    return mapping(value, ANY, Budget(_STEPS))


def _keys(position: int, arguments: list[Value]) -> Value:
    value = arguments[0]
    if not isinstance(value, Map):
        raise refused(value, "a map")
    ordered = sorted(value.entries, key=lambda pair: pair[0].literal or "")
    items = distinct([key for key, _ in ordered])
    if isinstance(value, MapOf):
        return ListOf(items, position, value.open, element="string")
    return List(items, position, value.open)


def _values(position: int, arguments: list[Value]) -> Value:
    items = [member for _, member in entries(arguments[0])]
    if isinstance(arguments[0], MapOf):
        return ListOf(items, position, element=arguments[0].element)
    return List(items, position)


def _lookup(_position: int, arguments: list[Value]) -> Value:
    value, name = arguments[0], literal(arguments[1])
    if not isinstance(value, Map):
        raise refused(value, "a map")
    default = arguments[2] if len(arguments) > 2 else None
    if default is not None and isinstance(value, MapOf):
        budget = Budget(_STEPS)
        default = converted(default, type_of(value, budget)[1], budget)
    found = value.get(name)
    if found is not None:
        if default is not None and may_be_absent(found):
            raise Undetermined("the member depends on an open condition")
        return found
    if value.open is not None:
        raise Undetermined(value.open.reason)
    if any(key.literal is None for key, _ in value.entries):
        raise Undetermined("a key of this map is not known")
    if default is None:
        shown = "such key" if arguments[1].sensitive else f'"{name}"'
        raise CallError(f"there is no {shown} here")
    return default


def _zipmap(position: int, arguments: list[Value]) -> Value:
    keys, values = members(arguments[0]), members(ordered_list(arguments[1]))
    if len(keys) != len(values):
        raise CallError("keys and values differ in number")
    pairs: dict[object, tuple[Text, Value]] = {}
    for key, value in zip(keys, values, strict=True):
        name = to_text(key)
        pairs[name.parts] = (name, value)
    secret = any(key.sensitive for key in keys)
    if isinstance(arguments[1], ListOf):
        return marked(MapOf(pairs.values(), position, element=arguments[1].element), secret)
    return marked(Map(pairs.values(), position), secret)


def _matchkeys(_position: int, arguments: list[Value]) -> Value:
    budget = Budget(_STEPS)
    results, keys, wanted = as_list(arguments[0]), as_list(arguments[1]), as_list(arguments[2])
    element = unify([type_of(keys, budget)[1], type_of(wanted, budget)[1]])
    if element is None:
        raise CallError("keys and searched keys must have one type")
    if len(members(results)) != len(members(keys)):
        raise CallError("values and keys differ in number")
    searched = members(sequence(wanted, "list", element, budget))
    found = [
        item
        for item, key in zip(
            results.items, sequence(keys, "list", element, budget).items, strict=True
        )
        if any(equal(key, one, budget) for one in searched)
    ]
    return list_like(results, found)


def _transpose(position: int, arguments: list[Value]) -> Value:
    turned: dict[str, list[Value]] = {}
    budget = Budget(_STEPS)
    for name, member in entries(arguments[0]):
        if not isinstance(member, List):
            raise refused(member, "a list")
        for item in members(sequence(member, "list", "string", budget)):
            turned.setdefault(literal(item), []).append(Text((name,), position))
    pairs = [
        (Text((name,), position), ListOf(turned[name], position, element="string"))
        for name in sorted(turned)
    ]
    return MapOf(pairs, position, element=("list", "string"))


_ANY = 1000
TABLE: dict[str, Row] = {
    "merge": (_merge, 0, _ANY, True, False),
    "tomap": (_tomap, 1, 1, False, False),
    "keys": (_keys, 1, 1, False, False),
    "values": (_values, 1, 1, False, False),
    "lookup": (_lookup, 2, 3, False, False),
    "zipmap": (_zipmap, 2, 2, False, False),
    "matchkeys": (_matchkeys, 3, 3, False, False),
    "transpose": (_transpose, 1, 1, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
