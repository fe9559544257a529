"""Functions on sets, and the products of lists and sets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod

from kmsiac.frontends.terraform.collection_functions import as_list
from kmsiac.frontends.terraform.conversion import CallError, Undetermined, members, refused
from kmsiac.frontends.terraform.operators import equal
from kmsiac.frontends.terraform.set_order import sorted_set
from kmsiac.frontends.terraform.string_functions import Row
from kmsiac.frontends.terraform.symbolic import Budget, ListOf, Set
from kmsiac.frontends.terraform.types import ANY, sequence, type_of, unify
from kmsiac.values import List, Value

_STEPS = 200_000
_MAX_PRODUCT = 50_000


def _sets(arguments: list[Value], budget: Budget) -> tuple[list[List], object]:
    """The arguments as sets of the type that they share, and that type."""
    given = []
    for argument in arguments:
        if not isinstance(argument, List):
            raise refused(argument, "a set")
        given.append(sequence(argument, "set", ANY, budget))
    element = unify([type_of(each, budget)[1] for each in given])
    if element is None:
        raise CallError("the sets must have one type")
    return [sequence(each, "set", element, budget) for each in given], element


def _holds(items: list[Value], wanted: Value, budget: Budget) -> bool:
    reason = ""
    for item in items:
        try:
            if equal(item, wanted, budget):
                return True
        except Undetermined as problem:
            reason = problem.reason
    if reason:
        raise Undetermined(reason)
    return False


def _union(position: int, arguments: list[Value]) -> Value:
    given, element = _sets(arguments, Budget(_STEPS))
    rest = next((each.open for each in given if each.open is not None), None)
    items = [item for each in given for item in each.items]
    return sorted_set(items, position, rest, element=element)


def _filtered(keep: Callable[[bool], bool]) -> Callable[[int, list[Value]], Value]:
    def apply(position: int, arguments: list[Value]) -> Value:
        budget = Budget(_STEPS)
        given, element = _sets(arguments, budget)
        items = members(given[0])
        for other in given[1:]:
            listed = members(other)
            items = [item for item in items if keep(_holds(listed, item, budget))]
        return sorted_set(items, position, element=element)

    return apply


def _setproduct(position: int, arguments: list[Value]) -> Value:
    columns = [members(as_list(argument)) for argument in arguments]
    if prod(len(column) for column in columns) * len(columns) > _MAX_PRODUCT:
        raise Undetermined(f"a product of over {_MAX_PRODUCT:,} members")
    rows: list[Value] = [List(row, position) for row in product(*columns)]
    if all(isinstance(argument, Set) for argument in arguments):
        return sorted_set(rows, position)
    return ListOf(rows, position)


_ANY = 1000
TABLE: dict[str, Row] = {
    "setunion": (_union, 1, _ANY, False, False),
    "setintersection": (_filtered(lambda found: found), 1, _ANY, False, False),
    "setsubtract": (_filtered(lambda found: not found), 2, 2, False, False),
    "setproduct": (_setproduct, 2, _ANY, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
