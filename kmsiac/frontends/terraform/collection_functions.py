"""Functions on lists, sets and maps."""

from __future__ import annotations

from decimal import Decimal
from itertools import zip_longest

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    entries,
    literal,
    members,
    refused,
    to_number,
    to_text,
    why,
)
from kmsiac.frontends.terraform.operators import equal
from kmsiac.frontends.terraform.string_functions import Row
from kmsiac.frontends.terraform.symbolic import Budget, Set, combine, may_be_absent
from kmsiac.values import Absent, Bool, Choice, List, Map, Null, Number, Text, Unknown, Value

_STEPS = 200_000
"""Comparisons that one call may take."""


def or_null(value: Value, position: int) -> Value:
    """The value with null where it is absent."""
    if isinstance(value, Absent):
        return Null(position)
    if isinstance(value, Choice):
        branches = [(atom, or_null(branch, position)) for atom, branch in value.branches]
        return Choice(value.guard, branches, value.position, value.sensitive)
    return value


def _concat(position: int, arguments: list[Value]) -> Value:
    items: list[Value] = []
    rest: Unknown | None = None
    for argument in arguments:
        more, unknown = _listed(argument)
        items.extend(more)
        rest = rest or unknown
    if len(items) > _STEPS:
        raise Undetermined("the list is too long")
    return List(items, position, rest)


def _listed(value: Value) -> tuple[list[Value], Unknown | None]:
    """The members of an argument; those of a Choice of lists become members under its guard."""
    if isinstance(value, List):
        return list(value.items), value.open
    if isinstance(value, Choice):
        cases = [_listed(branch) for _, branch in value.branches]
        rows = zip_longest(*(items for items, _ in cases), fillvalue=Absent(value.position))
        atoms = [atom for atom, _ in value.branches]
        items: list[Value] = [
            Choice(value.guard, zip(atoms, row, strict=True), value.position) for row in rows
        ]
        return items, next((unknown for _, unknown in cases if unknown is not None), None)
    error = refused(value, "a list")
    if isinstance(error, Undetermined):
        unknown = value if isinstance(value, Unknown) else Unknown(str(value), error.reason)
        return [], unknown
    raise error


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
    return Map(merged.values(), position, rest)


def _or_unknown(value: Value, by: Unknown) -> Value:
    return Unknown(f"{by.expression} over {value!r:.60}", by.reason, value.position, by.unit)


def _length(position: int, arguments: list[Value]) -> Value:
    value = arguments[0]
    if isinstance(value, Text):
        return Number(len(literal(value)), position)
    if isinstance(value, Map):
        return Number(len(entries(value)), position)
    if any(may_be_absent(item) for item in members(value)):
        raise Undetermined("the length depends on an open condition")
    return Number(len(members(value)), position)


def _flatten(position: int, arguments: list[Value]) -> Value:
    if not isinstance(arguments[0], List):
        raise refused(arguments[0], "a list")
    items, rest = _flat(arguments[0], 0)
    return List(items, position, rest)


def _flat(value: List, depth: int) -> tuple[list[Value], Unknown | None]:
    items: list[Value] = []
    rest = value.open
    if depth > 50:
        raise Undetermined("lists nested over 50 deep")
    for item in value.items:
        if isinstance(item, List):
            more, unknown = _flat(item, depth + 1)
        elif isinstance(item, Choice) and _has_list(item):
            listed, unknown = _listed(item)
            more, inner = _flat(List(listed), depth + 1)
            unknown = unknown or inner
        elif isinstance(item, Unknown):
            # An unknown member may itself be a list of members.
            more, unknown = [], item
        else:
            more, unknown = [item], None
        items.extend(more)
        rest = rest or unknown
        if len(items) > _STEPS:
            raise Undetermined("the list is too long")
    return items, rest


def _has_list(value: Choice) -> bool:
    return any(
        isinstance(branch, List) or (isinstance(branch, Choice) and _has_list(branch))
        for _, branch in value.branches
    )


def _identity(value: Value) -> object:
    """A key by which equal primitives and texts meet; other values are compared one by one."""
    if isinstance(value, Text):
        return ("text", value.parts)
    if isinstance(value, Number):
        return ("number", value.number)
    if isinstance(value, Bool):
        return ("bool", value.value)
    if isinstance(value, Null):
        return ("null",)
    if isinstance(value, Unknown):
        return ("unknown", value.unit, value.expression)
    return None


def distinct(items: list[Value]) -> list[Value]:
    """The items without those that are surely equal to an earlier one."""
    seen: set[object] = set()
    kept: list[Value] = []
    others: list[Value] = []
    budget = Budget(_STEPS)
    for item in items:
        key = _identity(item)
        if key is None:
            if any(_surely_equal(item, other, budget) for other in others):
                continue
            others.append(item)
        elif key in seen:
            continue
        else:
            seen.add(key)
        kept.append(item)
    return kept


def _surely_equal(one: Value, other: Value, budget: Budget) -> bool:
    try:
        return equal(one, other, budget)
    except (Undetermined, CallError):
        return False


def _distinct(position: int, arguments: list[Value]) -> Value:
    if not isinstance(arguments[0], List):
        raise refused(arguments[0], "a list")
    return List(distinct(list(arguments[0].items)), position, arguments[0].open)


def to_set(value: Value, position: int) -> Value:
    """A set: primitives as text where there is text among them, sorted, each once."""
    if not isinstance(value, List):
        raise refused(value, "a list")
    items = list(value.items)
    if any(isinstance(item, Text) for item in items):
        items = [to_text(item) if isinstance(item, Number | Bool) else item for item in items]
    items = sorted(distinct(items), key=_order)
    return Set(items, position, value.open, value.sensitive)


def _order(value: Value) -> tuple[int, float, str]:
    if isinstance(value, Number):
        return (0, float(value.number) if abs(Decimal(value.number)) < 10**300 else 0.0, "")
    if isinstance(value, Text) and value.literal is not None:
        return (1, 0.0, value.literal)
    return (2, 0.0, "")


def _toset(position: int, arguments: list[Value]) -> Value:
    return to_set(arguments[0], position)


def _tolist(position: int, arguments: list[Value]) -> Value:
    value = arguments[0]
    if not isinstance(value, List):
        raise refused(value, "a list")
    items = list(value.items)
    if any(isinstance(item, Text) for item in items):
        items = [to_text(item) if isinstance(item, Number | Bool) else item for item in items]
    return List(items, position, value.open, value.sensitive)


def _tomap(_position: int, arguments: list[Value]) -> Value:
    if not isinstance(arguments[0], Map):
        raise refused(arguments[0], "a map")
    return arguments[0]


def _compact(position: int, arguments: list[Value]) -> Value:
    value = arguments[0]
    if not isinstance(value, List):
        raise refused(value, "a list")
    kept = [combine([item], _unless_empty) for item in value.items]
    items = [item for item in kept if not isinstance(item, Absent)]
    return List(items, position, value.open)


def _unless_empty(case: list[Value]) -> Value:
    value = case[0]
    if isinstance(value, Null) or (isinstance(value, Text) and value.literal == ""):
        return Absent(value.position)
    return value


def _contains(position: int, arguments: list[Value]) -> Value:
    value, wanted = arguments
    if not isinstance(value, List):
        raise refused(value, "a list")
    reason = value.open.reason if value.open is not None else ""
    budget = Budget(_STEPS)
    for item in value.items:
        try:
            if equal(item, wanted, budget):
                return Bool(True, position)
        except Undetermined as problem:
            reason = problem.reason
    if reason:
        raise Undetermined(reason)
    return Bool(False, position)


def _element(_position: int, arguments: list[Value]) -> Value:
    items = members(arguments[0])
    index = int(to_number(arguments[1]))
    if not items or index < 0:
        raise CallError("there is no such item")
    if any(may_be_absent(item) for item in items):
        raise Undetermined("the items depend on an open condition")
    return items[index % len(items)]


def _index(position: int, arguments: list[Value]) -> Value:
    budget = Budget(_STEPS)
    for at, item in enumerate(members(arguments[0])):
        if equal(item, arguments[1], budget):
            return Number(at, position)
    raise CallError("the item is not in the list")


def _keys(position: int, arguments: list[Value]) -> Value:
    value = arguments[0]
    if not isinstance(value, Map):
        raise refused(value, "a map")
    ordered = sorted(value.entries, key=lambda pair: pair[0].literal or "")
    items = distinct([key for key, _ in ordered])
    return List(items, position, value.open)


def _values(position: int, arguments: list[Value]) -> Value:
    return List([member for _, member in entries(arguments[0])], position)


def _lookup(_position: int, arguments: list[Value]) -> Value:
    value, name = arguments[0], literal(arguments[1])
    if not isinstance(value, Map):
        raise refused(value, "a map")
    found = value.get(name)
    if found is not None:
        if len(arguments) > 2 and may_be_absent(found):
            raise Undetermined("the member depends on an open condition")
        return found
    if value.open is not None:
        raise Undetermined(value.open.reason)
    if len(arguments) < 3:
        shown = "such key" if arguments[1].sensitive else f'"{name}"'
        raise CallError(f"there is no {shown} here")
    return arguments[2]


def _coalescelist(_position: int, arguments: list[Value]) -> Value:
    for argument in arguments:
        if isinstance(argument, Null):
            continue
        if not isinstance(argument, List):
            raise refused(argument, "a list")
        if argument.items:
            return argument
        if argument.open is not None:
            raise Undetermined(argument.open.reason)
    raise CallError("every list is empty")


def _zipmap(position: int, arguments: list[Value]) -> Value:
    keys, values = members(arguments[0]), members(arguments[1])
    if len(keys) != len(values):
        raise CallError("keys and values differ in number")
    return Map([(to_text(k), v) for k, v in zip(keys, values, strict=True)], position)


def _slice(position: int, arguments: list[Value]) -> Value:
    items = members(arguments[0])
    start, end = int(to_number(arguments[1])), int(to_number(arguments[2]))
    if not 0 <= start <= end <= len(items):
        raise CallError("the slice is outside the list")
    return List(items[start:end], position)


def _sort(position: int, arguments: list[Value]) -> Value:
    texts = [to_text(item) for item in members(arguments[0])]
    for item in texts:
        if item.literal is None:
            raise Undetermined(why(item))
    ordered = sorted(texts, key=lambda item: item.literal or "")
    return List(ordered, position)


def _reverse(position: int, arguments: list[Value]) -> Value:
    return List(reversed(members(arguments[0])), position)


def _range(position: int, arguments: list[Value]) -> Value:
    bounds = [int(to_number(argument)) for argument in arguments]
    if len(bounds) == 3 and bounds[2] == 0:
        raise CallError("the step is 0")
    numbers = range(*bounds)
    if len(numbers) > 1024:
        raise CallError("more than 1024 values")
    return List([Number(n, position) for n in numbers], position)


TABLE: dict[str, Row] = {
    "concat": (_concat, 0, 1000, True, True),
    "merge": (_merge, 0, 1000, True, False),
    "length": (_length, 1, 1, False, False),
    "flatten": (_flatten, 1, 1, False, False),
    "distinct": (_distinct, 1, 1, False, False),
    "toset": (_toset, 1, 1, False, False),
    "tolist": (_tolist, 1, 1, False, False),
    "tomap": (_tomap, 1, 1, False, False),
    "compact": (_compact, 1, 1, False, False),
    "contains": (_contains, 2, 2, False, False),
    "element": (_element, 2, 2, False, False),
    "index": (_index, 2, 2, False, False),
    "keys": (_keys, 1, 1, False, False),
    "values": (_values, 1, 1, False, False),
    "lookup": (_lookup, 2, 3, False, False),
    "coalescelist": (_coalescelist, 1, 1000, False, False),
    "zipmap": (_zipmap, 2, 2, False, False),
    "slice": (_slice, 3, 3, False, False),
    "sort": (_sort, 1, 1, False, False),
    "reverse": (_reverse, 1, 1, False, False),
    "range": (_range, 1, 3, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
