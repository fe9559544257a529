"""Functions on lists. What is only partly known keeps its known members where it can."""

from __future__ import annotations

from itertools import zip_longest

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    entries,
    literal,
    members,
    refused,
    to_bool,
    to_integer,
)
from kmsiac.frontends.terraform.graphemes import graphemes
from kmsiac.frontends.terraform.operators import equal
from kmsiac.frontends.terraform.set_order import distinct, in_order, uncertainty
from kmsiac.frontends.terraform.string_functions import Row
from kmsiac.frontends.terraform.symbolic import (
    Budget,
    ListOf,
    NullList,
    Set,
    combine,
    list_like,
    may_be_absent,
)
from kmsiac.frontends.terraform.types import (
    ANY,
    converted,
    sequence,
    shared,
    type_of,
    unify,
)
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


def as_list(value: Value) -> List:
    """A list, set or tuple as a list of one type. Raises CallError or Undetermined."""
    if not isinstance(value, List):
        raise refused(value, "a list")
    return sequence(value, "list", ANY, Budget(_STEPS))


def ordered_list(value: Value) -> List:
    """A list or tuple: a set has no order to go by."""
    if not isinstance(value, List) or isinstance(value, Set):
        raise refused(value, "a list")
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
    if all(type(argument) is ListOf for argument in arguments):
        budget = Budget(_STEPS)
        element = unify([type_of(argument, budget)[1] for argument in arguments])
        if element is not None:
            return sequence(List(items, position, rest), "list", element, budget)
    return List(items, position, rest)


def _listed(value: Value) -> tuple[list[Value], Unknown | None]:
    """The members of an argument; those of a Choice of lists become members under its guard."""
    if isinstance(value, List) and not isinstance(value, Set):
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


def _length(position: int, arguments: list[Value]) -> Value:
    value = arguments[0]
    if isinstance(value, Text):
        return Number(len(graphemes(literal(value))), position)
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


def _distinct(position: int, arguments: list[Value]) -> Value:
    value = as_list(arguments[0])
    items = distinct(value.items)
    element = getattr(value, "element", None)
    return ListOf(items, position, value.open, False, element, uncertainty(items))


def _to_sequence(kind: str) -> Row:
    def apply(_position: int, arguments: list[Value]) -> Value:
        value = arguments[0]
        if isinstance(value, Null):
            return NullList(value.position, value.sensitive)
        if not isinstance(value, List):
            raise refused(value, "a list")
        return sequence(value, kind, ANY, Budget(_STEPS))

    return apply, 1, 1, False, False


def _compact(position: int, arguments: list[Value]) -> Value:
    value = arguments[0]
    if not isinstance(value, List):
        raise refused(value, "a list")
    texts = sequence(value, "list", "string", Budget(_STEPS))
    kept = [combine([item], _unless_empty) for item in texts.items]
    items = [item for item in kept if not isinstance(item, Absent)]
    doubtful = next((item for item in items if _may_be_empty(item)), None)
    reason = "a member may be empty" if doubtful is not None else ""
    return ListOf(items, position, value.open, False, "string", reason)


def _unless_empty(case: list[Value]) -> Value:
    value = case[0]
    if isinstance(value, Null) or (isinstance(value, Text) and value.literal == ""):
        return Absent(value.position)
    return value


def _may_be_empty(value: Value) -> bool:
    if not isinstance(value, Text):
        return True
    symbol = value.symbol
    return len(value.parts) == 1 and (value.has_unknown or bool(symbol and symbol.type == "text"))


def _contains(position: int, arguments: list[Value]) -> Value:
    value, wanted = arguments
    if not isinstance(value, List):
        raise refused(value, "a list")
    if isinstance(wanted, Null):
        raise Undetermined("whether a list holds null depends on the version of Terraform")
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
    items = members(ordered_list(arguments[0]))
    index = to_integer(arguments[1])
    if not items:
        raise CallError("there is no such item")
    if index < 0:
        raise Undetermined("a negative index depends on the version of Terraform")
    if any(may_be_absent(item) for item in items):
        raise Undetermined("the items depend on an open condition")
    return items[index % len(items)]


def _index(position: int, arguments: list[Value]) -> Value:
    budget = Budget(_STEPS)
    for at, item in enumerate(members(ordered_list(arguments[0]))):
        if equal(item, arguments[1], budget):
            return Number(at, position)
    raise CallError("the item is not in the list")


def _coalescelist(_position: int, arguments: list[Value]) -> Value:
    for argument in arguments:
        if isinstance(argument, NullList):  # a bare null is an error, one that has a type is not
            continue
        value = ordered_list(argument)
        if value.items:
            if all(may_be_absent(item) for item in value.items):
                raise Undetermined("the list depends on an open condition")
            return value
        if value.open is not None:
            raise Undetermined(value.open.reason)
    raise CallError("every list is empty")


def _slice(_position: int, arguments: list[Value]) -> Value:
    value = ordered_list(arguments[0])
    items = members(value)
    start, end = to_integer(arguments[1]), to_integer(arguments[2])
    if not 0 <= start <= end <= len(items):
        raise CallError("the slice is outside the list")
    return list_like(value, items[start:end])


def _sort(position: int, arguments: list[Value]) -> Value:
    if not isinstance(arguments[0], List):
        raise refused(arguments[0], "a list")
    texts = sequence(arguments[0], "list", "string", Budget(_STEPS))
    assert isinstance(texts, ListOf)
    if any(isinstance(item, Null) for item in texts.items):
        raise refused(Null(position), "a text")
    ordered = in_order(texts.items)
    # What is not known stands somewhere among the others: nobody may ask for a place.
    unsure = texts.open.reason if texts.open else texts.uncertain or uncertainty(ordered)
    return ListOf(ordered, position, texts.open, element="string", uncertain=unsure)


def _reverse(position: int, arguments: list[Value]) -> Value:
    items = list(reversed(members(arguments[0])))
    if isinstance(arguments[0], ListOf):
        return ListOf(items, position, element=arguments[0].element)
    return List(items, position)


def _chunklist(position: int, arguments: list[Value]) -> Value:
    value, size = as_list(arguments[0]), to_integer(arguments[1])
    items = members(value)
    if size < 0:
        raise CallError("the size of a chunk is negative")
    step = size or max(len(items), 1)
    chunks = [list_like(value, items[at : at + step]) for at in range(0, len(items), step)]
    return ListOf(chunks, position)


def _truths(value: Value) -> list[Value]:
    if not isinstance(value, List):
        raise refused(value, "a list")
    return members(sequence(value, "list", "bool", Budget(_STEPS)))


def _alltrue(position: int, arguments: list[Value]) -> Value:
    return Bool(_decided(_truths(arguments[0]), False) is None, position)


def _anytrue(position: int, arguments: list[Value]) -> Value:
    return Bool(_decided(_truths(arguments[0]), True) is not None, position)


def _decided(items: list[Value], decisive: bool) -> Value | None:
    """The first item that is surely `decisive` (null counts as false); Undetermined if one may be."""
    problem: Undetermined | None = None
    for item in items:
        try:
            truth = False if isinstance(item, Null) else to_bool(item)
        except Undetermined as found:
            problem = found
            continue
        if truth == decisive:
            return item
    if problem is not None:
        raise problem
    return None


def _coalesce(_position: int, arguments: list[Value]) -> Value:
    budget = Budget(_STEPS)
    wanted = shared(arguments, budget)
    for argument in arguments:
        if isinstance(argument, Null):
            continue
        if isinstance(argument, Unknown):
            raise Undetermined(argument.reason)
        if isinstance(argument, Text):
            if argument.literal == "":
                continue
            if _may_be_empty(argument):
                raise Undetermined(f"{argument} may be empty")
        return converted(argument, wanted, budget)
    raise CallError("no argument is set")


def _one(position: int, arguments: list[Value]) -> Value:
    items = members(arguments[0])
    if not items:
        return Null(position)
    if len(items) > 1:
        if any(may_be_absent(item) for item in items):
            raise Undetermined("the items depend on an open condition")
        raise CallError("the list has more than one item")
    return or_null(items[0], position) if isinstance(items[0], Choice) else items[0]


_ANY = 1000
TABLE: dict[str, Row] = {
    "concat": (_concat, 1, _ANY, True, True),
    "length": (_length, 1, 1, False, False),
    "flatten": (_flatten, 1, 1, False, False),
    "distinct": (_distinct, 1, 1, False, False),
    "toset": _to_sequence("set"),
    "tolist": _to_sequence("list"),
    "compact": (_compact, 1, 1, False, False),
    "contains": (_contains, 2, 2, False, False),
    "element": (_element, 2, 2, False, False),
    "index": (_index, 2, 2, False, False),
    "coalesce": (_coalesce, 1, _ANY, True, False),
    "coalescelist": (_coalescelist, 1, _ANY, False, False),
    "slice": (_slice, 3, 3, False, False),
    "sort": (_sort, 1, 1, False, False),
    "reverse": (_reverse, 1, 1, False, False),
    "chunklist": (_chunklist, 2, 2, False, False),
    "alltrue": (_alltrue, 1, 1, False, False),
    "anytrue": (_anytrue, 1, 1, False, False),
    "one": (_one, 1, 1, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
