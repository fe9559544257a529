"""Values as the strings, numbers, truth values and members that an operation asks for."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from kmsiac.frontends.terraform.numbers import OutOfRangeError, parse
from kmsiac.frontends.terraform.symbolic import Invalid, Lazy, ListOf
from kmsiac.values import (
    Bool,
    Choice,
    List,
    Map,
    Null,
    Number,
    Text,
    Unknown,
    Value,
)


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
            return parse(literal(value))
        except OutOfRangeError as problem:
            raise Undetermined(str(problem)) from None
        except ValueError:
            raise CallError("a number is needed") from None
    raise CallError(f"a number is needed, not {kind(value)}")


def to_bool(value: Value) -> bool:
    """A truth value, also from the texts of one. Raises CallError or Undetermined."""
    if isinstance(value, Bool):
        return value.value
    if isinstance(value, Text | Unknown) and not isinstance(value, Invalid):
        known = literal(value)
        if known in ("true", "false", "1", "0"):
            return known in ("true", "1")
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


def to_integer(value: Value) -> int:
    """A whole number. Raises CallError or Undetermined."""
    found = to_number(value)
    if found != int(found):
        raise CallError("a whole number is needed")
    return int(found)


def members(value: Value) -> list[Value]:
    """The items of a list or set. Raises CallError or Undetermined."""
    if isinstance(value, List):
        if value.open is not None:
            raise Undetermined(value.open.reason)
        if isinstance(value, ListOf) and value.uncertain:
            raise Undetermined(value.uncertain)
        return list(value.items)
    raise refused(value, "a list")


def normalized(written: str, position: int, sensitive: bool = False) -> Text:
    """A known text as Terraform keeps it: composed characters."""
    if not written.isascii():
        written = unicodedata.normalize("NFC", written)
    return Text((written,), position, sensitive)


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
