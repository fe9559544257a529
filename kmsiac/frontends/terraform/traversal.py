"""`x.name`, `x[key]` and `x[*]` on values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from kmsiac.frontends.terraform.conversion import CallError, kind, literal, to_integer
from kmsiac.frontends.terraform.symbolic import Invalid, Lazy, ListOf, Set, combine, may_be_absent
from kmsiac.values import Absent, Choice, List, Map, Null, Number, Symbol, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.nodes import Node
    from kmsiac.frontends.terraform.scope import Frame


def get_attribute(value: Value, name: str, node: Node, frame: Frame) -> Value:
    """The attribute of a map, resource or module."""
    if isinstance(value, Lazy):
        return value.attribute(name, node.position)
    if isinstance(value, Map):
        return _member(value, name, node, frame)
    if isinstance(value, List) and name.isdigit() and not isinstance(value, Set):
        return _item(value, int(name), node, frame)
    return _inside_open(value, f".{name}", node)


def get_index(value: Value, key: Value, node: Node, frame: Frame) -> Value:
    """The item at an index, or the member under a key."""
    for part in (value, key):
        if isinstance(part, Invalid):
            return part
    if isinstance(key, Unknown):
        return frame.unknown(node, key.reason)
    if isinstance(value, Set):
        raise CallError("the members of a set have no index")
    if isinstance(value, List):
        return _item(value, to_integer(key), node, frame)
    if isinstance(value, Map | Lazy):
        name = literal(key)
        try:
            return get_attribute(value, name, node, frame)
        except CallError:
            if key.sensitive:
                raise CallError("there is no such member here") from None
            raise
    written = str(key) if isinstance(key, Number) else f'"{literal(key)}"'
    return _inside_open(value, f"[{written}]", node)


EvaluatedStep = str | Value | list[Any]
"""A name, an index, or the steps behind another `[*]`."""


def splat(value: Value, steps: Sequence[EvaluatedStep], node: Node, frame: Frame) -> Value:
    """`value[*]` with the steps applied to every item."""
    if isinstance(value, Null):
        return List((), node.position)
    if isinstance(value, Invalid):
        return value
    if isinstance(value, Unknown):
        return List((), node.position, value)
    if _is_open_text(value):
        return List((), node.position, frame.unknown(node, "known only after deployment"))
    items = value.items if isinstance(value, List) else (value,)
    results = [combine([item], lambda case: _steps(case[0], steps, node, frame)) for item in items]
    rest = value.open if isinstance(value, List) else None
    if isinstance(value, ListOf):
        return ListOf(results, node.position, rest, uncertain=value.uncertain)
    return List(results, node.position, rest)


def _steps(value: Value, steps: Sequence[EvaluatedStep], node: Node, frame: Frame) -> Value:
    for step in steps:
        if isinstance(step, str):
            value = combine([value], partial(_attribute_of, step, node, frame))
        elif isinstance(step, list):
            value = combine([value], partial(_splat_of, step, node, frame))
        else:
            value = combine([value, step], partial(_index_of, node, frame))
    return value


def _attribute_of(name: str, node: Node, frame: Frame, case: list[Value]) -> Value:
    return get_attribute(case[0], name, node, frame)


def _splat_of(steps: list[EvaluatedStep], node: Node, frame: Frame, case: list[Value]) -> Value:
    return splat(case[0], steps, node, frame)


def _index_of(node: Node, frame: Frame, case: list[Value]) -> Value:
    return get_index(case[0], case[1], node, frame)


def _member(value: Map, name: str, node: Node, frame: Frame) -> Value:
    found = value.get(name)
    if found is not None:
        return _present(found, name, node, frame)
    if value.open is not None:
        return frame.unknown(node, value.open.reason)
    if any(key.literal is None for key, _ in value.entries):
        return frame.unknown(node, "a key of this map is not known")
    hint = ""
    if name == "default" and frame.context.workspace() == name:
        hint = "; if it is the workspace, choose another with TF_WORKSPACE"
    raise CallError(f'there is no "{name}" here{hint}')


def _present(value: Value, name: str, node: Node, frame: Frame) -> Value:
    """A member that may be absent: using it where it is absent is an error."""
    if not isinstance(value, Choice):
        return value
    branches = [
        (
            atom,
            frame.invalid(node, f"{name} does not exist here")
            if isinstance(branch, Absent)
            else _present(branch, name, node, frame),
        )
        for atom, branch in value.branches
    ]
    return Choice(value.guard, branches, value.position, value.sensitive)


def _item(value: List, index: int, node: Node, frame: Frame) -> Value:
    if isinstance(value, ListOf) and value.uncertain:
        return frame.unknown(node, value.uncertain)
    if 0 <= index < len(value.items):
        # An item behind one that may be absent moves up, so its index is not certain.
        if any(may_be_absent(item) for item in value.items[:index]):
            return frame.unknown(node, "the members of this list depend on an open condition")
        return _present(value.items[index], f"item {index}", node, frame)
    if value.open is not None:
        return frame.unknown(node, value.open.reason)
    raise CallError(f"there is no item {index} here")


def _is_open_text(value: Value) -> bool:
    return isinstance(value, Text) and value.symbol is not None and value.symbol.type == "text"


def _inside_open(value: Value, step: str, node: Node) -> Value:
    """Something inside a value of which nothing is known but its name."""
    if isinstance(value, Invalid):
        return value
    if isinstance(value, Unknown):
        expression = value.expression + step
        return Unknown(expression, value.reason, node.position, value.unit, value.sensitive)
    if isinstance(value, Text) and value.symbol is not None and _is_open_text(value):
        symbol = value.symbol
        inner = Symbol(
            "text",
            symbol.reference + step,
            symbol.owner,
            symbol.origin,
            None,
            node.position,
            symbol.address,
        )
        return Text((inner,), node.position, value.sensitive)
    raise CallError(f"there is no {step} in {kind(value)}")
