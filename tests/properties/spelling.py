"""A policy written otherwise: the same meaning in another order, other lists, other letter case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from tests.properties.documents import Policy
from tests.properties.grammar import Choices

T = TypeVar("T")


def shuffled(choices: Choices, items: Sequence[T]) -> list[T]:
    left = list(items)
    return [left.pop(choices.below(len(left))) for _ in items]


def respelt(choices: Choices, policy: Policy) -> tuple[Policy, list[int]]:
    """The policy written otherwise, and where each of its statements stood before."""
    order = shuffled(choices, range(len(policy["Statement"])))
    body = [_statement(choices, policy["Statement"][at]) for at in order]
    return _reordered(choices, policy | {"Statement": body}), order


def _statement(choices: Choices, statement: Policy) -> Policy:
    found = {name: _element(choices, name, value) for name, value in statement.items()}
    if choices.below(2):
        found["Sid"] = "Spelt"
    return _reordered(choices, found)


def _element(choices: Choices, name: str, value: Any) -> Any:
    if name in ("Action", "NotAction"):
        listed = [value] if isinstance(value, str) else value
        return _list(choices, [_case(choices, action) for action in listed])
    if name in ("Resource", "NotResource"):
        return _list(choices, value)
    if name == "Principal" and value in ("*", {"AWS": "*"}, {"AWS": ["*"]}):
        return ("*", {"AWS": "*"}, {"AWS": ["*"]})[choices.below(3)]
    if name in ("Principal", "NotPrincipal") and isinstance(value, dict):
        return {kind: _list(choices, names) for kind, names in value.items()}
    if name == "Condition":
        return _conditions(choices, value)
    return value


def _conditions(choices: Choices, value: Policy) -> Policy:
    found: Policy = {}
    for operator, keys in value.items():
        respelt_keys = {_case(choices, k): _list(choices, v) for k, v in keys.items()}
        found[operator] = _reordered(choices, respelt_keys)
    return _reordered(choices, found)


def _list(choices: Choices, value: Any) -> Any:
    listed = shuffled(choices, [value] if isinstance(value, str) else value)
    if choices.below(4) == 0:
        listed = [*listed, listed[0]]  # twice is once
    return listed[0] if len(listed) == 1 and choices.below(2) else listed


def _case(choices: Choices, text: str) -> str:
    how = choices.below(3)
    return text if how == 0 else text.lower() if how == 1 else text.upper()


def _reordered(choices: Choices, value: Policy) -> Policy:
    return {key: value[key] for key in shuffled(choices, list(value))}
