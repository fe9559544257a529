"""Condition operators of the policy language, with their affixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from kmsiac.aws.shapes import fold

Family = Literal["string", "arn", "numeric", "date", "bool", "binary", "ip", "null"]
SetOperator = Literal["ForAllValues", "ForAnyValue"]


@dataclass(frozen=True, slots=True)
class Operator:
    """A condition operator: what it compares, and how."""

    name: str
    """Without affixes, in IAM's spelling: `StringNotLike`."""
    family: Family
    negated: bool = False
    """It holds where no listed value fits, and so without the key too."""
    like: bool = False
    """`*` and `?` in its values are wildcards."""
    ignore_case: bool = False
    """It compares texts without case."""
    set_operator: SetOperator | None = None
    if_exists: bool = False
    """It also holds if the request lacks the key."""

    def __str__(self) -> str:
        """The operator in full, as a policy spells it."""
        prefix = f"{self.set_operator}:" if self.set_operator else ""
        return prefix + self.name + ("IfExists" if self.if_exists else "")


def _ordered(family: Family, stem: str) -> Iterable[Operator]:
    yield Operator(f"{stem}Equals", family)
    yield Operator(f"{stem}NotEquals", family, negated=True)
    for comparison in ("LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"):
        yield Operator(stem + comparison, family)


@cache
def operators() -> tuple[Operator, ...]:
    """The operators without affixes (IAM User Guide, JSON policy elements: Condition operators)."""
    return (
        Operator("StringEquals", "string"),
        Operator("StringNotEquals", "string", negated=True),
        Operator("StringEqualsIgnoreCase", "string", ignore_case=True),
        Operator("StringNotEqualsIgnoreCase", "string", negated=True, ignore_case=True),
        Operator("StringLike", "string", like=True),
        Operator("StringNotLike", "string", negated=True, like=True),
        Operator("ArnEquals", "arn", like=True),
        Operator("ArnNotEquals", "arn", negated=True, like=True),
        Operator("ArnLike", "arn", like=True),
        Operator("ArnNotLike", "arn", negated=True, like=True),
        *_ordered("numeric", "Numeric"),
        *_ordered("date", "Date"),
        Operator("Bool", "bool", ignore_case=True),
        Operator("BinaryEquals", "binary"),
        Operator("IpAddress", "ip"),
        Operator("NotIpAddress", "ip", negated=True),
        Operator("Null", "null", ignore_case=True),
    )


@cache
def _by_folded_name() -> Mapping[str, Operator]:
    return {fold(operator.name): operator for operator in operators()}


_SET_OPERATORS: Mapping[str, SetOperator] = {
    "forallvalues": "ForAllValues",
    "foranyvalue": "ForAnyValue",
}


@lru_cache(maxsize=1024)
def parse_operator(text: str) -> Operator | None:
    """The operator that a policy writes, case aside; None if IAM has none such.

    `Null` takes no `IfExists`.
    """
    prefix, colon, rest = fold(text).rpartition(":")
    if colon and prefix not in _SET_OPERATORS:
        return None
    bare = rest.removesuffix("ifexists")
    operator = _by_folded_name().get(bare)
    if operator is None or (operator.family == "null" and bare != rest):
        return None
    return replace(operator, set_operator=_SET_OPERATORS.get(prefix), if_exists=bare != rest)
