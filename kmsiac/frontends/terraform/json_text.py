"""`jsonencode` and `jsondecode`, of values of which some parts are not known, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    literal,
    normalized,
    written,
)
from kmsiac.frontends.terraform.numbers import OutOfRangeError, Plain, parse
from kmsiac.frontends.terraform.symbolic import Budget, Lazy, OverBudget
from kmsiac.policy.json_text import decode as decode_policy
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
_MAX_DEPTH = 200
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


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
    if depth > _MAX_DEPTH:
        raise Undetermined(f"nested over {_MAX_DEPTH} deep")
    if isinstance(value, Text):
        out.append('"')
        for part in value.parts:
            if isinstance(part, str):
                budget.spend(len(part) >> 6)
            out.append(_quoted(part) if isinstance(part, str) else part)
        out.append('"')
    elif isinstance(value, List):
        items = [*value.items, *_rest(value)]
        _write_all("[", "]", [((), item) for item in items], out, budget, depth)
    elif isinstance(value, Map):
        entries = _sorted_entries(value) + [((rest,), rest) for rest in _rest(value)]
        _write_all("{", "}", entries, out, budget, depth)
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


def _rest(value: List | Map) -> list[Unknown]:
    """What stands in the text for members that are not known: one more, or the text tells too much."""
    return [] if value.open is None else [value.open]


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
        return untyped(value.document, budget)
    found = _policy_in(value)
    if found is not None:
        return _last_of_each(found, budget)
    try:
        plain = json.loads(
            literal(value), parse_float=_number, parse_int=_number, parse_constant=_no_number
        )
    except OutOfRangeError as problem:
        raise Undetermined(str(problem)) from None
    except (ValueError, RecursionError):
        raise CallError("this is not JSON") from None
    return from_plain(plain, value.position, value.sensitive, budget)


def _policy_in(value: Text) -> Value | None:
    """What a text of JSON holds, each part at its own place: worth it for what may be a policy, and
    where symbols stand in its strings. None for other texts."""
    known = value.literal
    if known is not None and '"Statement"' not in known:
        return None
    if not value.prefix.lstrip().startswith(("{", "[")):
        return None
    found = decode_policy(value)
    return None if isinstance(found, Unknown) else found


def _last_of_each(value: Value, budget: Budget) -> Value:
    """The value with the last of the members of the same name, as Terraform reads JSON."""
    budget.spend()
    if isinstance(value, List):
        items = [_last_of_each(item, budget) for item in value.items]
        return List(items, value.position, value.open, value.sensitive)
    if not isinstance(value, Map):
        return value
    last = {key.parts: (key, _last_of_each(member, budget)) for key, member in value.entries}
    return Map(last.values(), value.position, value.open, value.sensitive)


def untyped(value: Value, budget: Budget, depth: int = 0) -> Value:
    """A value as it comes back from JSON: lists and sets are tuples, maps are objects."""
    budget.spend()
    if depth > _MAX_DEPTH:
        raise Undetermined(f"nested over {_MAX_DEPTH} deep")
    if isinstance(value, List):
        items = [untyped(item, budget, depth + 1) for item in value.items]
        return List(items, value.position, value.open, value.sensitive)
    if isinstance(value, Map):
        entries = [(key, untyped(member, budget, depth + 1)) for key, member in value.entries]
        return Map(entries, value.position, value.open, value.sensitive)
    if isinstance(value, Choice):
        branches = [(atom, untyped(each, budget, depth + 1)) for atom, each in value.branches]
        return Choice(value.guard, branches, value.position, value.sensitive)
    return value


def _number(written: str) -> object:
    return _Number(parse(written))


def _no_number(written: str) -> object:
    raise ValueError(written)


class _Number(NamedTuple):
    """A number read from JSON, told apart from a number that Python made."""

    number: Plain


def from_plain(plain: object, position: int, sensitive: bool, budget: Budget) -> Value:
    """A value from what `json.loads` gives, all of it at one place."""
    budget.spend()
    if plain is None:
        return Null(position)
    if isinstance(plain, bool):
        return Bool(plain, position, sensitive)
    if isinstance(plain, _Number):
        return Number(plain.number, position, sensitive)
    if isinstance(plain, int | float | Decimal):
        try:
            return Number(parse(str(plain)), position, sensitive)
        except ValueError:
            raise CallError("a number out of range") from None
    if isinstance(plain, str):
        return normalized(_LONE_SURROGATE.sub("\ufffd", plain), position, sensitive)
    if isinstance(plain, list):
        items = [from_plain(item, position, sensitive, budget) for item in plain]
        return List(items, position, sensitive=sensitive)
    if isinstance(plain, dict):
        pairs = [
            (normalized(str(key), position), from_plain(member, position, sensitive, budget))
            for key, member in plain.items()
        ]
        return Map(pairs, position, sensitive=sensitive)
    raise CallError("this is not JSON")
