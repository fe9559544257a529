"""Variable types: values converted as Terraform converts them, `optional()` defaults filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmsiac.frontends.terraform.conversion import CallError, Undetermined
from kmsiac.frontends.terraform.nodes import Call, Literal, Name, Node, Object, Tuple
from kmsiac.frontends.terraform.symbolic import Invalid, Lazy, NullList, Set, combine
from kmsiac.frontends.terraform.types import ANY, mapping, primitive, sequence
from kmsiac.values import Absent, Bool, Choice, List, Map, Null, Number, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Frame


def convert(value: Value, wanted: Node, frame: Frame) -> Value:
    """The value in the type that a constraint asks for; one that cannot be converted is invalid."""
    frame.context.budget.spend()
    if isinstance(value, Null) and _is_sequence(wanted):
        return NullList(value.position, value.sensitive)
    if isinstance(value, Null | Unknown | Lazy | Absent):
        return value
    if isinstance(value, Choice):
        return combine([value], lambda case: convert(case[0], wanted, frame))
    try:
        if isinstance(wanted, Name):
            return _named(value, wanted.name, frame)
        if isinstance(wanted, Call):
            return _collection(value, wanted, frame)
    except CallError as error:
        return frame.invalid(wanted, f"not of this type: {error}")
    except Undetermined:
        return value
    return value


def _is_sequence(wanted: Node) -> bool:
    """Whether a constraint asks for a list, a set or a tuple, `optional` or not."""
    if isinstance(wanted, Call) and wanted.name == "optional" and wanted.arguments:
        return _is_sequence(wanted.arguments[0])
    return isinstance(wanted, Name | Call) and wanted.name in ("list", "set", "tuple")


def _named(value: Value, name: str, frame: Frame) -> Value:
    """A primitive, or a collection of anything that its members share (`list` is `list(any)`)."""
    if name in ("string", "number", "bool"):
        return primitive(value, name)
    budget = frame.context.budget
    if name in ("list", "set") and isinstance(value, List):
        return sequence(value, name, ANY, budget)
    if name == "map" and isinstance(value, Map):
        return mapping(value, ANY, budget)
    if name in ("list", "set", "map"):
        raise CallError(f"{name} is needed")
    return value


def _collection(value: Value, wanted: Call, frame: Frame) -> Value:
    inner = wanted.arguments[0] if wanted.arguments else None
    if wanted.name == "optional" and inner is not None:
        return convert(value, inner, frame)
    if inner is None:
        return value
    if wanted.name in ("list", "set") and isinstance(value, List):
        items = [convert(item, inner, frame) for item in value.items]
        made = List(items, value.position, value.open, value.sensitive)
        return sequence(made, wanted.name, ANY, frame.context.budget)
    if wanted.name == "map" and isinstance(value, Map):
        entries = [(key, convert(member, inner, frame)) for key, member in value.entries]
        whole = Map(entries, value.position, value.open, value.sensitive)
        return mapping(whole, ANY, frame.context.budget)
    if wanted.name == "object" and isinstance(value, Map) and isinstance(inner, Object):
        return _object(value, inner, frame)
    if wanted.name == "tuple" and isinstance(value, List) and isinstance(inner, Tuple):
        if isinstance(value, Set) or len(value.items) != len(inner.items):
            raise CallError("a tuple of another length")
        pairs = zip(value.items, inner.items, strict=True)
        items = [convert(item, node, frame) for item, node in pairs]
        return List(items, value.position, value.open, value.sensitive)
    if isinstance(value, Text | Number | Bool | List | Map):
        raise CallError(f"{wanted.name} is needed")
    return value


def _object(value: Map, wanted: Object, frame: Frame) -> Value:
    entries: list[tuple[Text, Value]] = []
    for key_node, type_node in wanted.entries:
        name = _key(key_node)
        if name is None:
            continue
        given = value.get(name)
        key = value.key(name) or Text((name,), value.position)
        optional = isinstance(type_node, Call) and type_node.name == "optional"
        if given is None or isinstance(given, Null):
            if given is None and not optional:
                if value.open is None:
                    raise CallError(f'the attribute "{name}" is missing')
                given = Unknown(f"{value.open.expression}.{name}", value.open.reason, key.position)
            elif isinstance(type_node, Call) and optional and len(type_node.arguments) > 1:
                given = frame.evaluate(type_node.arguments[1])
            else:
                given = given or Null(value.position)
        entries.append((key, convert(given, type_node, frame)))
    for _, member in entries:
        if isinstance(member, Invalid):
            return member
    return Map(entries, value.position, None, value.sensitive)


def _key(node: Node) -> str | None:
    if isinstance(node, Literal) and isinstance(node.value, Text):
        return node.value.literal
    return None
