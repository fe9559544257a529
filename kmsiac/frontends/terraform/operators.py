"""Operators and conditions on values: Go's number semantics, equality that can say "cannot tell"."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    entries,
    to_bool,
    to_number,
    why,
    written,
)
from kmsiac.frontends.terraform.symbolic import Budget, Invalid, Lazy, Set
from kmsiac.frontends.terraform.syntax import MAX_MAGNITUDE, number
from kmsiac.values import Bool, Choice, List, Map, Null, Number, Text, Unknown, Value

_PRECISION = Context(prec=60, Emax=MAX_MAGNITUDE, Emin=-MAX_MAGNITUDE)


def arithmetic(operator: str, left: Value, right: Value, position: int) -> Value:
    """`+ - * / %` and the comparisons. Raises CallError or Undetermined."""
    one, two = Decimal(to_number(left)), Decimal(to_number(right))
    comparison = _COMPARISONS.get(operator)
    if comparison is not None:
        return Bool(comparison(one, two), position)
    try:
        result = _ARITHMETIC[operator](one, two)
    except (DivisionByZero, InvalidOperation, Overflow):
        raise CallError(f"`{operator}` has no result here") from None
    try:
        plain = number(format(result, "f") if abs(result.adjusted()) < 400 else str(result))
    except ValueError:
        raise CallError(f"`{operator}` gives a number out of range") from None
    return Number(plain, position)


_COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
_ARITHMETIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _PRECISION.add,
    "-": _PRECISION.subtract,
    "*": _PRECISION.multiply,
    "/": _PRECISION.divide,
    "%": _PRECISION.remainder,
}


def negate(operator: str, operand: Value, position: int) -> Value:
    """`!a` and `-a`. Raises CallError or Undetermined."""
    if operator == "!":
        return Bool(not to_bool(operand), position)
    return Number(-to_number(operand), position)


def equal(left: Value, right: Value, budget: Budget) -> bool:
    """`==`, without conversion between types. Raises Undetermined where it depends on unknowns."""
    budget.spend()
    for value in (left, right):
        if isinstance(value, Invalid):
            raise CallError(value.reason)
    if isinstance(left, Null) or isinstance(right, Null):
        return _both_null(left, right)
    for value in (left, right):
        if isinstance(value, Unknown | Choice | Lazy):
            raise Undetermined(why(value))
    if isinstance(left, Text) and isinstance(right, Text):
        return _same_text(left, right)
    if isinstance(left, Bool) and isinstance(right, Bool):
        return left.value == right.value
    if isinstance(left, Number) and isinstance(right, Number):
        return left.number == right.number
    if isinstance(left, List) and isinstance(right, List):
        return _same_list(left, right, budget)
    if isinstance(left, Map) and isinstance(right, Map):
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
    if isinstance(left, Set) != isinstance(right, Set) or len(left.items) != len(right.items):
        return False
    return all(equal(a, b, budget) for a, b in zip(left.items, right.items, strict=True))


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


def unify(value: Value, other: Value) -> Value:
    """A branch of a conditional converted to the type that Terraform gives both branches."""
    if isinstance(value, Number | Bool) and isinstance(other, Text):
        return Text((written(value),), value.position, value.sensitive)
    if isinstance(value, List) and isinstance(other, List) and value.items and other.items:
        texts = [v for v in (*value.items, *other.items) if isinstance(v, Text)]
        primitive = all(
            isinstance(v, Text | Number | Bool | Null) for v in (*value.items, *other.items)
        )
        if texts and primitive and type(value) is List:
            items = [unify(item, texts[0]) for item in value.items]
            return List(items, value.position, value.open, value.sensitive)
    if isinstance(value, Map) and isinstance(other, Map):
        entries_ = []
        for key, member in value.entries:
            twin = other.get(key.literal) if key.literal is not None else None
            entries_.append((key, unify(member, twin) if twin is not None else member))
        return Map(entries_, value.position, value.open, value.sensitive)
    return value
