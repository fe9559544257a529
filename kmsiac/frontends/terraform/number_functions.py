"""Functions on numbers, and lists of them."""

from __future__ import annotations

import math
from collections.abc import Callable

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    literal,
    members,
    refused,
    to_integer,
    to_number,
)
from kmsiac.frontends.terraform.numbers import (
    OutOfRangeError,
    Plain,
    calculated,
    exact,
    from_float,
    negated,
    rounded,
    shortest,
)
from kmsiac.frontends.terraform.string_functions import Row
from kmsiac.frontends.terraform.symbolic import ListOf
from kmsiac.values import List, Number, Value

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAX_RANGE = 1024


def _changed(change: Callable[[Plain], Plain]) -> Row:
    def apply(position: int, arguments: list[Value]) -> Value:
        return Number(change(to_number(arguments[0])), position)

    return apply, 1, 1, False, False


def _extreme(choose: Callable[[list[Plain]], Plain]) -> Row:
    def apply(position: int, arguments: list[Value]) -> Value:
        return Number(choose([to_number(argument) for argument in arguments]), position)

    return apply, 1, 1000, False, False


def _signum(position: int, arguments: list[Value]) -> Value:
    value = to_integer(arguments[0])
    return Number((value > 0) - (value < 0), position)


def _parseint(position: int, arguments: list[Value]) -> Value:
    if isinstance(arguments[0], Number):
        raise CallError("a string is needed, not a number")
    written, base = literal(arguments[0]), to_integer(arguments[1])
    if not 2 <= base <= 62:
        raise CallError("the base must lie between 2 and 62")
    digits = written[1:] if written[:1] in ("+", "-") else written
    if base <= 36:
        digits = digits.lower()
    allowed = _DIGITS[:base]
    if not digits or any(digit not in allowed for digit in digits):
        raise CallError(f"this is no number of base {base}")
    if len(digits) > 1000:
        raise Undetermined("a number out of range")
    value = 0
    for digit in digits:
        value = value * base + _DIGITS.index(digit)
    return Number(-value if written[0] == "-" else value, position)


def _floating(compute: Callable[[float, float], float]) -> Row:
    def apply(position: int, arguments: list[Value]) -> Value:
        try:
            one, two = (float(exact(to_number(argument))) for argument in arguments)
            return Number(from_float(compute(one, two)), position)
        except OutOfRangeError:
            raise CallError("there is no such number") from None
        except (ValueError, ZeroDivisionError):
            raise CallError("there is no such number") from None
        except OverflowError:
            raise Undetermined("a number out of range") from None

    return apply, 2, 2, False, False


def _power(base: float, exponent: float) -> float:
    """Go's `math.Pow`, operation by operation, where its result does not hang on `exp` and `log`."""
    if exponent in (0.5, -0.5):
        root = math.sqrt(base)
        return root if exponent > 0 else 1 / root
    if base == 0 or exponent == 0:
        return math.pow(base, exponent)
    if exponent != int(exponent):
        math.pow(base, exponent)
        raise Undetermined("a power with such an exponent is not evaluated")
    mantissa, power = math.frexp(base)
    result, scale = 1.0, 0
    left = abs(int(exponent))
    while left:
        if abs(power) > 1 << 12:
            raise OverflowError
        if left & 1:
            result *= mantissa
            scale += power
        mantissa *= mantissa
        power <<= 1
        if mantissa < 0.5:
            mantissa += mantissa
            power -= 1
        left >>= 1
    return math.ldexp(1 / result, -scale) if exponent < 0 else math.ldexp(result, scale)


def _logarithm(value: float, base: float) -> float:
    return math.log(value) / math.log(base)


def _sum(position: int, arguments: list[Value]) -> Value:
    if not isinstance(arguments[0], List):
        raise refused(arguments[0], "a list")
    items = members(arguments[0])
    if not items:
        raise CallError("the list is empty")
    total: Plain = to_number(items[0])
    for item in items[1:]:
        total = calculated("+", total, to_number(item))
    return Number(total, position)


def _range(position: int, arguments: list[Value]) -> Value:
    bounds = [to_number(argument) for argument in arguments]
    start, end = (bounds[0], bounds[1]) if len(bounds) > 1 else (0, bounds[0])
    step: Plain = bounds[2] if len(bounds) > 2 else (-1 if end < start else 1)
    if step == 0 or (step > 0) != (end >= start):
        raise CallError("the step does not lead from the start to the end")
    found: list[Value] = []
    current: Plain = start
    while (current < end) if step > 0 else (current > end):
        if len(found) >= _MAX_RANGE:
            raise CallError(f"more than {_MAX_RANGE:,} values")
        found.append(Number(current, position))
        current = calculated("+", current, step)
    return ListOf(found, position, element="number")


def _whole(direction: Callable[[object], int]) -> Callable[[Plain], Plain]:
    return lambda value: shortest(rounded(exact(direction(exact(value)))))


TABLE: dict[str, Row] = {
    "abs": _changed(lambda value: negated(value) if value < 0 else value),
    "ceil": _changed(_whole(math.ceil)),  # type: ignore[arg-type]
    "floor": _changed(_whole(math.floor)),  # type: ignore[arg-type]
    "signum": (_signum, 1, 1, False, False),
    "max": _extreme(max),
    "min": _extreme(min),
    "parseint": (_parseint, 2, 2, False, False),
    "pow": _floating(_power),
    "log": _floating(_logarithm),
    "sum": (_sum, 1, 1, False, False),
    "range": (_range, 1, 3, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
