"""Numbers as Terraform has them: binary floating point with 512 bits, written with the fewest digits.

A number is kept as the shortest decimal that reads back as the same 512 bits, so nothing is lost
between operations, and what prints is what Terraform prints.
"""

from __future__ import annotations

import math
import re
from decimal import Context, Decimal
from fractions import Fraction

PRECISION = 512
MAX_MAGNITUDE = 4_000
"""Decimal digits before or behind the point; written out, a larger number could fill the memory."""

Plain = int | Decimal
_EXACT = Context(prec=4 * MAX_MAGNITUDE, Emax=4 * MAX_MAGNITUDE, Emin=-4 * MAX_MAGNITUDE)
_WRITTEN = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?", re.ASCII)


class Binary64(Decimal):
    """What a function that computes in 64 bits gives (`pow`, `log`): written shorter than it is."""

    __slots__ = ()


class OutOfRangeError(ValueError):
    """A number that Terraform can hold and we do not write out."""


def parse(written: str) -> Plain:
    """The number that a text holds: an int wherever it has no fraction.

    Raises ValueError for what is no number, and OutOfRangeError beyond `MAX_MAGNITUDE`.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None or not (found[2] or found[3]):
        raise ValueError("not a number")
    if len(written) > MAX_MAGNITUDE or len(found[4] or "") > 8:
        raise OutOfRangeError("a number out of range")
    sign, whole, behind, exponent = found[1], found[2] or "", found[3] or "", found[4]
    digits = (whole + behind).lstrip("0")
    if not digits:
        return Decimal("-0") if sign == "-" else 0
    scale = int(exponent or 0) - len(behind)
    if not -MAX_MAGNITUDE <= len(digits) + scale <= MAX_MAGNITUDE or -scale > 2 * MAX_MAGNITUDE:
        raise OutOfRangeError("a number out of range")
    value = Fraction(int(sign + digits)) * Fraction(10) ** scale
    return shortest(rounded(value))


def from_float(value: float) -> Plain:
    """The result of a 64-bit function. Raises OutOfRangeError for what is not finite."""
    if not math.isfinite(value):
        raise OutOfRangeError("not a finite number")
    exactly = Fraction(value)
    if exactly.denominator == 1 and abs(exactly) < 2**53:
        return int(exactly)
    shown = shortest(exactly, 53) if abs(exactly) < 2**53 else _few_digits(exactly)
    return Binary64(shown)


def _few_digits(value: Fraction) -> Plain:
    """A whole number of 53 bits and more, with the digits that tell it from others only."""
    places = 0
    low, high, even = _neighbours(abs(value), 53)
    while _fits(abs(value), low, high, even, places - 1):
        places -= 1
    found = _nearest_fitting(abs(value), low, high, even, places) * 10**-places
    return int(-found if value < 0 else found)


def exact(value: Plain) -> Fraction:
    """The 512 bits that a number stands for."""
    if isinstance(value, int) and value.bit_length() <= PRECISION:
        return Fraction(value)
    if isinstance(value, Binary64):
        return Fraction(float(value))
    return rounded(Fraction(value))


def rounded(value: Fraction) -> Fraction:
    """The nearest number of 512 bits, ties to even."""
    top, bottom = abs(value.numerator), value.denominator
    if value.denominator == 1 and top.bit_length() <= PRECISION:
        return value
    shift = top.bit_length() - bottom.bit_length() - PRECISION
    mantissa = _divided(top, bottom, shift)
    if mantissa.bit_length() > PRECISION:
        shift += 1
        mantissa = _divided(top, bottom, shift)
    sized = Fraction(mantissa) * Fraction(2) ** shift
    return -sized if value < 0 else sized


def _divided(top: int, bottom: int, shift: int) -> int:
    """`top / bottom / 2**shift` to the nearest integer, ties to even."""
    if shift > 0:
        bottom <<= shift
    else:
        top <<= -shift
    whole, rest = divmod(top, bottom)
    double = 2 * rest
    return whole + (double > bottom or (double == bottom and whole & 1))


def shortest(value: Fraction, bits: int = PRECISION) -> Plain:
    """The decimal with the fewest digits that reads back as this number of so many bits."""
    top = abs(value.numerator)
    if value.denominator == 1 and top.bit_length() <= bits:
        return value.numerator
    low, high, even = _neighbours(abs(value), bits)
    size = _magnitude(abs(value))
    fewest, most = 0, PRECISION
    while most - fewest > 1:
        middle = (fewest + most) // 2
        if _fits(abs(value), low, high, even, middle - size):
            most = middle
        else:
            fewest = middle
    places = most - size
    found = _nearest_fitting(abs(value), low, high, even, places)
    sign = -1 if value < 0 else 1
    if places <= 0:
        return int(sign * found * 10**-places)
    digits = Decimal((int(value < 0), tuple(int(d) for d in str(found)), -places))
    return int(digits) if digits == digits.to_integral_value() else digits.normalize(_EXACT)


def _neighbours(value: Fraction, bits: int) -> tuple[Fraction, Fraction, bool]:
    """The ends of the interval that Go takes for a number, and whether they belong to it."""
    shift = value.numerator.bit_length() - value.denominator.bit_length() - bits
    mantissa = value / Fraction(2) ** shift
    while mantissa >= 2**bits:
        shift += 1
        mantissa /= 2
    while mantissa < 2 ** (bits - 1):
        shift -= 1
        mantissa *= 2
    half = Fraction(2) ** (shift - 1)
    return value - half, value + half, mantissa.numerator % 2 == 0


def _magnitude(value: Fraction) -> int:
    """How many digits stand before the point (negative: zeros behind it)."""
    bits = value.numerator.bit_length() - value.denominator.bit_length()
    guess = math.floor(bits * math.log10(2)) - 1
    while Fraction(10) ** guess <= value:
        guess += 1
    return guess


def _scaled(value: Fraction, places: int) -> int:
    return math.floor(value * Fraction(10) ** places)


def _inside(number: Fraction, low: Fraction, high: Fraction, even: bool) -> bool:
    return low <= number <= high if even else low < number < high


def _fits(value: Fraction, low: Fraction, high: Fraction, even: bool, places: int) -> bool:
    unit = Fraction(10) ** -places
    down = _scaled(value, places) * unit
    return _inside(down, low, high, even) or _inside(down + unit, low, high, even)


def _nearest_fitting(
    value: Fraction, low: Fraction, high: Fraction, even: bool, places: int
) -> int:
    unit = Fraction(10) ** -places
    down = _scaled(value, places)
    fit_down = _inside(down * unit, low, high, even)
    fit_up = _inside((down + 1) * unit, low, high, even)
    if fit_down and fit_up:
        nearer_up = value - down * unit > unit / 2
        return down + 1 if nearer_up else down
    return down if fit_down else down + 1


def calculated(operator: str, one: Plain, two: Plain) -> Plain:
    """`+ - * / %`. Raises ZeroDivisionError, and OutOfRangeError beyond `MAX_MAGNITUDE`."""
    if type(one) is int and type(two) is int and operator in "+-":
        whole = one + two if operator == "+" else one - two
        if whole.bit_length() <= PRECISION:
            return whole
    left, right = exact(one), exact(two)
    if operator == "%":
        if right == 0:
            return one
        quotient = rounded(left / right)
        result = rounded(left - rounded(right * math.trunc(quotient)))
    elif operator == "/":
        result = left / right
    else:
        result = {"+": left + right, "-": left - right, "*": left * right}[operator]
    if operator in "*/" and result == 0 and _negative(one) != _negative(two):
        return Decimal("-0")
    return checked(rounded(result))


def checked(value: Fraction) -> Plain:
    """The shortest decimal, unless it is too long to write out."""
    if value:
        size = (value.numerator.bit_length() - value.denominator.bit_length()) * math.log10(2)
        if abs(size) > MAX_MAGNITUDE:
            raise OutOfRangeError("a number out of range")
    return shortest(value)


def negated(value: Plain) -> Plain:
    """`-value`, of which zero has a sign, too."""
    if value == 0:
        return 0 if _negative(value) else Decimal("-0")
    if isinstance(value, Binary64):
        return Binary64(value.copy_negate())
    return -value if isinstance(value, int) else value.copy_negate()


def _negative(value: Plain) -> bool:
    return value.is_signed() if isinstance(value, Decimal) else value < 0
