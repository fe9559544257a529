"""Sets: each member once, in the order in which Terraform goes through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kmsiac.frontends.terraform.conversion import why, written
from kmsiac.frontends.terraform.operators import identity, surely_equal
from kmsiac.frontends.terraform.symbolic import Budget, ListOf, MapOf, Set
from kmsiac.values import Bool, Choice, List, Map, Null, Number, Text, Unknown, Value, walk

_STEPS = 200_000
"""Comparisons that one call may take."""


def distinct(items: Sequence[Value]) -> list[Value]:
    """The items without those that are surely equal to an earlier one."""
    seen: set[object] = set()
    kept: list[Value] = []
    others: list[Value] = []
    budget = Budget(_STEPS)
    for item in items:
        key = identity(item, budget)
        if key is None:
            if any(surely_equal(item, other, budget) for other in others):
                continue
            others.append(item)
        elif key in seen:
            continue
        else:
            seen.add(key)
        kept.append(item)
    return kept


def sorted_set(
    items: Sequence[Value],
    position: int,
    open: Unknown | None = None,
    sensitive: bool = False,
    element: Any = None,
) -> Set:
    """A set of members that have one type already."""
    ordered = in_order(distinct(items))
    return Set(ordered, position, open, sensitive, element, uncertainty(ordered))


def in_order(items: Sequence[Value]) -> list[Value]:
    """The items as a set or `sort` has them; what is not known comes last, in its own order."""
    return sorted(items, key=_order)


def uncertainty(items: Sequence[Value]) -> str:
    """Why it is not known which of several members are equal; empty where it is."""
    if len(items) < 2:
        return ""
    for item in items:
        for inner in walk(item):
            if isinstance(inner, Unknown | Choice):
                return why(inner)
            if isinstance(inner, Text) and inner.literal is None:
                return why(inner)
    return ""


def _order(value: Value) -> tuple[int, Any]:
    """Numbers by size, texts by code point, null last; what is not known before it, as it came."""
    if isinstance(value, Number):
        return (0, value.number)
    if isinstance(value, Bool):
        return (1, value.value)
    if isinstance(value, Text) and value.literal is not None:
        return (2, value.literal)
    if isinstance(value, List | Map):
        return (3, _hashed(value))
    return (5, 0) if isinstance(value, Null) else (4, 0)


def _hashed(value: Value) -> str:
    """The text by which Terraform orders members that have no order of their own."""
    if isinstance(value, Null):
        return "~"
    if isinstance(value, Text):
        return "?" if value.literal is None else _go_quoted(value.literal)
    if isinstance(value, Bool):
        return "T" if value.value else "F"
    if isinstance(value, Number):
        return written(value)
    if isinstance(value, MapOf):
        pairs = sorted((key.literal or "", member) for key, member in value.entries)
        return "{" + "".join(f"{_go_quoted(k)}:{_hashed(member)};" for k, member in pairs) + "}"
    if isinstance(value, Map):
        named = sorted(((key.literal or "", m) for key, m in value.entries), key=lambda p: p[0])
        return "<" + "".join(f"{_hashed(member)};" for _, member in named) + ">"
    if isinstance(value, List):
        inner = "".join(f"{_hashed(item)};" for item in value.items)
        return f"[{inner}]" if isinstance(value, Set | ListOf) else f"<{inner}>"
    return "?"


def _go_quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
