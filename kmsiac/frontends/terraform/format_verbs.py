"""`format` and `formatlist`: Go's verbs on Terraform's values."""

from __future__ import annotations

import re
from decimal import Decimal

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    kind,
    literal,
    members,
    normalized,
    refused,
    to_bool,
    to_number,
    to_text,
    written,
)
from kmsiac.frontends.terraform.graphemes import graphemes
from kmsiac.frontends.terraform.json_text import encode
from kmsiac.frontends.terraform.numbers import Plain, exact
from kmsiac.frontends.terraform.symbolic import Budget, Invalid, ListOf
from kmsiac.values import Bool, Choice, List, Map, Null, Part, Text, Unknown, Value

_VERB = re.compile(r"%(?:(%)|([-+# 0]*)(\d+)?(?:(\.)(\d+)?)?(?:\[(\d+)\])?([A-Za-z]))", re.DOTALL)
_MAX_WIDTH = 10_000
_MAX_TEXT = 1_000_000
_BASES = {"b": "b", "o": "o", "x": "x", "X": "X"}


def format_text(position: int, arguments: list[Value]) -> Value:
    """`format`. Raises CallError or Undetermined."""
    pattern = literal(arguments[0])
    parts: list[Part] = []
    last, following, highest, size = 0, 1, 0, len(pattern)
    for verb in _VERB.finditer(pattern):
        _no_stray_percent(pattern[last : verb.start()])
        parts.append(pattern[last : verb.start()])
        last = verb.end()
        if verb[1]:
            parts.append("%")
            continue
        at = int(verb[6][:6]) if verb[6] else following
        following = at + 1
        highest = max(highest, at)
        if not 0 < at < len(arguments):
            raise CallError("not enough arguments for the format")
        made = _formatted(verb, arguments[at])
        size += sum(len(part) for part in made if isinstance(part, str))
        if size > _MAX_TEXT:
            raise Undetermined("the formatted text is too long")
        parts.extend(made)
    _no_stray_percent(pattern[last:])
    parts.append(pattern[last:])
    if highest < len(arguments) - 1:
        raise CallError("too many arguments for the format")
    made_text = Text(parts, position)
    if made_text.literal is not None:
        return normalized(made_text.literal, position)
    return made_text


def _no_stray_percent(stretch: str) -> None:
    if "%" in stretch:
        raise CallError("a broken verb in the format")


def format_list(position: int, arguments: list[Value]) -> Value:
    """`formatlist`. Raises CallError or Undetermined."""
    for argument in arguments[1:]:
        if isinstance(argument, Unknown | Map):
            raise refused(argument, "a list or a string")
    lengths = {len(members(a)) for a in arguments[1:] if isinstance(a, List)}
    if len(lengths) > 1:
        raise CallError("the lists have different lengths")
    count = lengths.pop() if lengths else 1
    rows = []
    for at in range(count):
        row = [members(a)[at] if isinstance(a, List) else a for a in arguments[1:]]
        if any(isinstance(a, List) and isinstance(item, Null)
               for a, item in zip(arguments[1:], row, strict=True)):  # fmt: skip
            raise CallError("a member is null")
        rows.append(format_text(position, [arguments[0], *row]))
    return ListOf(rows, position, element="string")


def _formatted(verb: re.Match[str], value: Value) -> list[Part]:
    flags, letter = verb[2], verb[7]
    if len(verb[3] or "") > 5 or len(verb[5] or "") > 4 or int(verb[3] or 0) > _MAX_WIDTH:
        raise Undetermined("a format wider than we write out")
    width = int(verb[3] or 0)
    precision = int(verb[5] or 0) if verb[4] else None
    if letter not in "vsqtdboxXeEfgG":
        raise CallError(f"unknown format %{letter}")
    if isinstance(value, Invalid):
        raise CallError(value.reason)
    if isinstance(value, Null):
        raise Undetermined("the format of null is known only after apply")
    if isinstance(value, Choice):
        raise Undetermined("an open condition")
    if letter == "s" and isinstance(value, List | Map):
        raise CallError(f"a string is needed, not {kind(value)}")
    if letter in "sv" and not width and precision is None and "#" not in flags:
        if isinstance(value, Text | Unknown):
            return list(to_text(value).parts)
        if isinstance(value, List | Map):
            return list(encode(value, Budget(100_000)).parts)
    shown = _shown(letter, flags, precision, value)
    if letter == "t":
        return [shown]
    return [_padded(shown, width, flags, is_number=letter in "dboxXeEfgG")]


def _shown(letter: str, flags: str, precision: int | None, value: Value) -> str:
    if letter == "v" and ("#" in flags or isinstance(value, List | Map)):
        return literal(encode(value, Budget(100_000)))
    if letter in "sv":
        return _cut(literal(value), precision)
    if letter == "q":
        return literal(encode(normalized(_cut(literal(value), precision), 0), Budget(100_000)))
    if letter == "t":
        return written(Bool(to_bool(value)))
    number = to_number(value)
    sign = "+" if "+" in flags else " " if " " in flags else ""
    if letter in "dboxX":
        if number != int(number):
            raise CallError("a whole number is needed")
        prefix = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}.get(letter, "") if "#" in flags else ""
        digits = format(abs(int(number)), _BASES.get(letter, "d")).rjust(precision or 0, "0")
        return ("-" if number < 0 else sign) + prefix + digits
    if "#" in flags:
        raise Undetermined("a format that we do not write out")
    return _floating(letter, precision, number, sign)


def _cut(text: str, precision: int | None) -> str:
    return text if not precision else "".join(graphemes(text)[:precision])


def _floating(letter: str, precision: int | None, number: Plain, sign: str) -> str:
    """A number as `%e`, `%f` or `%g`, rounded from all its digits."""
    value = exact(number)
    if value.numerator.bit_length() + value.denominator.bit_length() > 4000:
        raise Undetermined("a number out of range")
    places = 6 if precision is None else precision
    power_of_two = value.denominator.bit_length() - 1
    scaled = value.numerator * 5**power_of_two
    digits = Decimal((int(scaled < 0), tuple(int(d) for d in str(abs(scaled))), -power_of_two))
    if letter == "f":
        whole = round(value * 10**places)
        shown = str(abs(whole)).rjust(places + 1, "0")
        point = len(shown) - places
        body = shown[:point] + ("." + shown[point:] if places else "")
        return ("-" if value < 0 else sign) + body
    if letter in "gG" and precision is None:
        return _shortest(letter, number, sign)
    shown = format(abs(digits) if value else Decimal(0), f".{places}{letter}")
    shown = shown if value else re.sub(r"\+\d+$", "+00", shown)
    return ("-" if value < 0 else sign) + _exponent(shown)


def _shortest(letter: str, number: Plain, sign: str) -> str:
    """`%g` with as many digits as it takes; an exponent below -4 and from 6 on."""
    plain = Decimal(number).normalize()
    digits, exponent = "".join(map(str, plain.as_tuple().digits)), plain.adjusted()
    if not plain:
        return ("-" if plain.is_signed() else sign) + "0"
    if exponent < -4 or exponent >= 6:
        tail = "." + digits[1:] if len(digits) > 1 else ""
        marker = "e" if letter == "g" else "E"
        body = f"{digits[0]}{tail}{marker}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    else:
        body = format(abs(plain), "f")
    return ("-" if number < 0 else sign) + body


def _exponent(shown: str) -> str:
    """Python's exponent with the two digits at least that Go writes."""
    return re.sub(r"([eE][-+])(\d)$", r"\g<1>0\2", shown)


def _padded(shown: str, width: int, flags: str, is_number: bool) -> str:
    missing = width - len(graphemes(shown))
    if missing <= 0:
        return shown
    if "-" in flags:
        return shown + " " * missing
    if "0" in flags:
        at = 1 if is_number and shown[:1] in ("+", "-", " ") else 0
        return shown[:at] + "0" * missing + shown[at:]
    return " " * missing + shown
