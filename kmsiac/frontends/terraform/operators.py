"""Operators and conditions on values: Go's number semantics, equality that can say "cannot tell"."""

from __future__ import annotations

from collections.abc import Callable

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    entries,
    to_bool,
    to_number,
    why,
)
from kmsiac.frontends.terraform.numbers import OutOfRangeError, Plain, calculated, negated
from kmsiac.frontends.terraform.symbolic import Budget, Invalid, Lazy, ListOf, MapOf, Set
from kmsiac.values import Bool, Choice, List, Map, Null, Number, Text, Unknown, Value


def arithmetic(operator: str, left: Value, right: Value, position: int) -> Value:
    """`+ - * / %` and the comparisons. Raises CallError or Undetermined."""
    one, two = to_number(left), to_number(right)
    comparison = _COMPARISONS.get(operator)
    if comparison is not None:
        return Bool(comparison(one, two), position)
    try:
        return Number(calculated(operator, one, two), position)
    except ZeroDivisionError:
        raise CallError(f"`{operator}` has no result here") from None
    except OutOfRangeError:
        raise Undetermined(f"`{operator}` gives a number out of range") from None


_COMPARISONS: dict[str, Callable[[Plain, Plain], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def negate(operator: str, operand: Value, position: int) -> Value:
    """`!a` and `-a`. Raises CallError or Undetermined."""
    if operator == "!":
        return Bool(not to_bool(operand), position)
    return Number(negated(to_number(operand)), position)


def equal(left: Value, right: Value, budget: Budget) -> bool:
    """`==`, without conversion between types. Raises Undetermined where it depends on unknowns."""
    budget.spend()
    for value in (left, right):
        if isinstance(value, Invalid):
            raise CallError(value.reason)
    if isinstance(left, Null) or isinstance(right, Null):
        return _both_null(left, right)
    if isinstance(left, Text) and isinstance(right, Text):
        return _same_text(left, right)
    for value in (left, right):
        if isinstance(value, Unknown | Choice | Lazy) or _may_be_anything(value):
            raise Undetermined(why(value))
    return _same_kind(left, right, budget)


def _may_be_anything(value: Value) -> bool:
    return isinstance(value, Text) and value.symbol is not None and value.symbol.type == "text"


def _same_kind(left: Value, right: Value, budget: Budget) -> bool:
    """Whether two values of which both kinds are known are equal."""
    if isinstance(left, Bool) and isinstance(right, Bool):
        return left.value == right.value
    if isinstance(left, Number) and isinstance(right, Number):
        return left.number == right.number
    if isinstance(left, List) and isinstance(right, List):
        return _same_list(left, right, budget)
    if isinstance(left, Map) and isinstance(right, Map):
        if _kind(left) != _kind(right) or _elements_differ(left, right):
            return False
        one, two = entries(left), entries(right)
        return [key for key, _ in one] == [key for key, _ in two] and all(
            equal(a, b, budget) for (_, a), (_, b) in zip(one, two, strict=True)
        )
    return False


def _both_null(left: Value, right: Value) -> bool:
    if isinstance(left, Null) and isinstance(right, Null):
        return True
    other = right if isinstance(left, Null) else left
    if isinstance(other, Unknown | Choice):
        raise Undetermined(why(other))
    if isinstance(other, Text) and other.symbol is not None and other.symbol.type == "text":
        raise Undetermined(why(other))
    return False


def _same_list(left: List, right: List, budget: Budget) -> bool:
    for value in (left, right):
        if value.open is not None:
            raise Undetermined(value.open.reason)
    if _kind(left) != _kind(right) or len(left.items) != len(right.items):
        return False
    if _elements_differ(left, right):
        return False
    return all(equal(a, b, budget) for a, b in zip(left.items, right.items, strict=True))


def _kind(value: List | Map) -> str:
    if isinstance(value, Set):
        return "set"
    if isinstance(value, List):
        return "list" if isinstance(value, ListOf) else "tuple"
    return "map" if isinstance(value, MapOf) else "object"


def _elements_differ(left: List | Map, right: List | Map) -> bool:
    """Whether two empty collections are of types that are known to differ."""
    one, two = getattr(left, "element", None), getattr(right, "element", None)
    return one not in (None, "any") and two not in (None, "any") and one != two


def _same_text(left: Text, right: Text) -> bool:
    if left.literal is not None and right.literal is not None:
        return left.literal == right.literal
    if left.parts == right.parts:
        return True
    one, two = _known_prefix(left), _known_prefix(right)
    shorter = min(len(one), len(two))
    if one[:shorter] != two[:shorter]:
        return False
    for value, other in ((left, right), (right, left)):
        if other.literal is not None and len(other.literal) < len(_known_prefix(value)):
            return False
        if other.literal == "" and value.symbol is not None and value.symbol.type != "text":
            return False
    raise Undetermined(why(left if left.literal is None else right))


def _known_prefix(value: Text) -> str:
    symbol = value.symbol
    if symbol is not None and symbol.shape is not None:
        return symbol.shape.prefix
    return value.prefix


def identity(value: Value, budget: Budget) -> object:
    """A key by which equal values meet; None for values that are to be compared one by one."""
    budget.spend()
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
    if isinstance(value, List) and value.open is None:
        inner = tuple(identity(item, budget) for item in value.items)
        return None if None in inner else (_kind(value), inner)
    if isinstance(value, Map) and value.open is None:
        pairs = {key.parts: identity(member, budget) for key, member in value.entries}
        return None if None in pairs.values() else (_kind(value), frozenset(pairs.items()))
    return None


def surely_equal(one: Value, other: Value, budget: Budget) -> bool:
    """Whether two values are equal whatever their unknown parts are."""
    try:
        return equal(one, other, budget)
    except (Undetermined, CallError):
        return False
