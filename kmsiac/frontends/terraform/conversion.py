"""Conversions between Terraform's types, and JSON both ways."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from kmsiac.frontends.terraform.symbolic import Budget, Invalid, Lazy, OverBudget
from kmsiac.frontends.terraform.syntax import number
from kmsiac.values import (
    Bool,
    Choice,
    List,
    Map,
    Null,
    Number,
    Part,
    Text,
    Unknown,
    Value,
    holds_secret,
)

_MAX_ENCODED = 100_000
"""Steps that one `jsonencode` may take: twenty times the largest policy document."""


class CallError(Exception):
    """An operation that Terraform refuses; the message says why in a few words."""


class Undetermined(Exception):  # noqa: N818 - not an error: the answer is not known
    """An operation whose result depends on something unknown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def why(value: Value) -> str:
    """Why a value is not known, in a few words."""
    if isinstance(value, Unknown):
        return value.reason
    if isinstance(value, Text):
        for part in value.parts:
            if isinstance(part, Unknown):
                return part.reason
            if not isinstance(part, str):
                return f"{part.reference} is known only after deployment"
    return "not known before deployment"


def to_text(value: Value) -> Text:
    """A primitive as Text. Raises CallError for null and collections, Undetermined for Unknowns."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Number | Bool):
        return Text((written(value),), value.position, value.sensitive)
    if isinstance(value, Invalid):
        raise CallError(value.reason)
    if isinstance(value, Unknown):
        return Text((value,), value.position, value.sensitive)
    raise CallError(f"a string is needed, not {kind(value)}")


def written(value: Number | Bool) -> str:
    """A number or truth value as Terraform writes it, also where it is sensitive."""
    return str(Number(value.number)) if isinstance(value, Number) else str(value.value).lower()


def literal(value: Value) -> str:
    """A primitive as wholly known text. Raises CallError, or Undetermined for symbols."""
    found = to_text(value).literal
    if found is None:
        raise Undetermined(why(value if isinstance(value, Unknown) else to_text(value)))
    return found


def to_number(value: Value) -> int | Decimal:
    """A number, also from text. Raises CallError or Undetermined."""
    if isinstance(value, Number):
        return value.number
    if isinstance(value, Text | Unknown) and not isinstance(value, Invalid):
        try:
            return number(literal(value).strip())
        except ValueError:
            raise CallError("a number is needed") from None
    raise CallError(f"a number is needed, not {kind(value)}")


def to_bool(value: Value) -> bool:
    """A truth value, also from the texts true and false. Raises CallError or Undetermined."""
    if isinstance(value, Bool):
        return value.value
    if isinstance(value, Text | Unknown) and not isinstance(value, Invalid):
        known = literal(value)
        if known in ("true", "false"):
            return known == "true"
    raise CallError(f"true or false is needed, not {kind(value)}")


def kind(value: Value) -> str:
    """What a value is, for messages."""
    names: list[tuple[type[Value], str]] = [
        (Text, "a string"),
        (Number, "a number"),
        (Bool, "a bool"),
        (Null, "null"),
        (List, "a list"),
        (Map, "a map"),
        (Choice, "a conditional value"),
        (Lazy, "a whole resource"),
        (Invalid, "an invalid value"),
        (Unknown, "an unknown value"),
    ]
    return next((name for cls, name in names if isinstance(value, cls)), "something else")


def members(value: Value) -> list[Value]:
    """The items of a list or set, or the values of a map. Raises CallError or Undetermined."""
    if isinstance(value, List):
        if value.open is not None:
            raise Undetermined(value.open.reason)
        return list(value.items)
    if isinstance(value, Map):
        return [member for _, member in entries(value)]
    raise refused(value, "a list")


def entries(value: Value) -> list[tuple[str, Value]]:
    """The members of a wholly known map in Terraform's order (by key)."""
    if not isinstance(value, Map):
        raise refused(value, "a map")
    if value.open is not None:
        raise Undetermined(value.open.reason)
    return sorted({literal(key): member for key, member in value.entries}.items())


def refused(value: Value, wanted: str) -> Exception:
    """The exception for a value of the wrong kind: Undetermined where it is not known at all."""
    if isinstance(value, Unknown) and not isinstance(value, Invalid):
        return Undetermined(value.reason)
    if isinstance(value, Text) and value.symbol is not None and value.symbol.type == "text":
        return Undetermined(why(value))
    reason = (
        value.reason if isinstance(value, Invalid) else f"{wanted} is needed, not {kind(value)}"
    )
    return CallError(reason)


# -- JSON ------------------------------------------------------------------------------------------


def encode(value: Value, budget: Budget) -> Text:
    """`jsonencode`: the JSON text with what is symbolic as parts, and the value as its document."""
    out: list[Part] = []
    limit = Budget(_MAX_ENCODED)
    try:
        _write(value, out, limit, 0)
    except OverBudget:
        raise Undetermined("too large to encode as JSON") from None
    finally:
        budget.spend(_MAX_ENCODED - max(limit.left, 0))
    return Text(out, value.position, holds_secret(value), (), value)


def _write(value: Value, out: list[Part], budget: Budget, depth: int) -> None:
    budget.spend()
    if depth > 200:
        raise CallError("nested over 200 deep")
    if isinstance(value, Text):
        out.append('"')
        for part in value.parts:
            if isinstance(part, str):
                budget.spend(len(part) >> 6)
            out.append(_quoted(part) if isinstance(part, str) else part)
        out.append('"')
    elif isinstance(value, List):
        _write_all("[", "]", [((), item) for item in value.items], out, budget, depth)
    elif isinstance(value, Map):
        _write_all("{", "}", _sorted_entries(value), out, budget, depth)
    elif isinstance(value, Null):
        out.append("null")
    elif isinstance(value, Number | Bool):
        out.append(written(value))
    elif isinstance(value, Unknown):
        out.append(value)
    elif isinstance(value, Choice):
        out.append(Unknown(value.guard.name, "an open condition", value.position, value.guard.unit))
    else:
        address = value.address if isinstance(value, Lazy) else "?"
        out.append(Unknown(address, "a whole resource is used as a value", value.position))


def _sorted_entries(value: Map) -> list[tuple[tuple[Part, ...], Value]]:
    pairs = [(key.parts, member) for key, member in value.entries]
    return sorted(pairs, key=lambda pair: str(pair[0][0]) if pair[0] else "")


def _write_all(
    opening: str,
    closing: str,
    pairs: Iterable[tuple[tuple[Part, ...], Value]],
    out: list[Part],
    budget: Budget,
    depth: int,
) -> None:
    out.append(opening)
    for at, (key, member) in enumerate(pairs):
        if at:
            out.append(",")
        if opening == "{":
            _write(Text(key), out, budget, depth + 1)
            out.append(":")
        _write(member, out, budget, depth + 1)
    out.append(closing)


def _quoted(part: str) -> str:
    quoted = json.dumps(part, ensure_ascii=False)[1:-1]
    for character in "<>&\u2028\u2029":
        if character in quoted:
            quoted = quoted.replace(character, f"\\u{ord(character):04x}")
    return quoted


def decode(value: Text, budget: Budget) -> Value:
    """`jsondecode`. Raises CallError for what is no JSON, Undetermined for partly unknown text."""
    if value.document is not None:
        return value.document
    try:
        plain = json.loads(literal(value), parse_float=Decimal)
        return from_plain(plain, value.position, value.sensitive, budget)
    except (ValueError, RecursionError, ArithmeticError):
        raise CallError("this is not JSON") from None


def from_plain(plain: object, position: int, sensitive: bool, budget: Budget) -> Value:
    """A value from what `json.loads` gives, all of it at one place."""
    budget.spend()
    if plain is None:
        return Null(position)
    if isinstance(plain, bool):
        return Bool(plain, position, sensitive)
    if isinstance(plain, int):
        return Number(plain, position, sensitive)
    if isinstance(plain, Decimal):
        try:
            return Number(number(str(plain)), position, sensitive)
        except ValueError:
            raise CallError("a number out of range") from None
    if isinstance(plain, str):
        return Text((plain,), position, sensitive)
    if isinstance(plain, list):
        items = [from_plain(item, position, sensitive, budget) for item in plain]
        return List(items, position, sensitive=sensitive)
    if isinstance(plain, dict):
        pairs = [
            (Text((str(key),), position), from_plain(member, position, sensitive, budget))
            for key, member in plain.items()
        ]
        return Map(pairs, position, sensitive=sensitive)
    raise CallError("this is not JSON")
