"""Terraform's types: what type a value has, which one several types share, values converted to one.

A type is a name (`string`, `number`, `bool`, `any` where it is not known) or a tuple that starts
with the kind: `("list", T)`, `("set", T)`, `("map", T)`, `("tuple", (T, ...))` and
`("object", ((name, T), ...))`, names in order. A List is a tuple and a Map an object unless it says
otherwise (`ListOf`, `Set`, `MapOf`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    kind,
    to_bool,
    to_number,
    to_text,
)
from kmsiac.frontends.terraform.set_order import sorted_set
from kmsiac.frontends.terraform.symbolic import (
    Budget,
    Invalid,
    Lazy,
    ListOf,
    MapOf,
    Set,
    combine,
)
from kmsiac.values import Absent, Bool, Choice, List, Map, Null, Number, Text, Unknown, Value

Type = str | tuple[Any, ...]
ANY = "any"
_PRIMITIVES = ("string", "number", "bool")
_MAX_DEPTH = 200


def type_of(value: Value, budget: Budget, depth: int = 0) -> Type:
    """The type of a value; `any` for null, and for what is not known."""
    budget.spend()
    if depth > _MAX_DEPTH:
        raise Undetermined(f"nested over {_MAX_DEPTH} deep")
    if isinstance(value, Text):
        symbol = value.symbol
        return ANY if symbol is not None and symbol.type == "text" else "string"
    if isinstance(value, Number):
        return "number"
    if isinstance(value, Bool):
        return "bool"
    if isinstance(value, Set | ListOf):
        return ("set" if isinstance(value, Set) else "list", _element(value, budget, depth))
    if isinstance(value, MapOf):
        return ("map", _element(value, budget, depth))
    if isinstance(value, List):
        if value.open is not None:
            return ANY
        return ("tuple", tuple(type_of(item, budget, depth + 1) for item in value.items))
    if isinstance(value, Map):
        return _object_type(value, budget, depth)
    if isinstance(value, Choice):
        types = [type_of(branch, budget, depth + 1) for _, branch in value.branches]
        return types[0] if all(each == types[0] for each in types) else ANY
    return ANY


def _object_type(value: Map, budget: Budget, depth: int) -> Type:
    members: dict[str, Type] = {}
    for key, member in value.entries:
        if key.literal is None:
            return ANY
        members[key.literal] = type_of(member, budget, depth + 1)
    return ANY if value.open is not None else ("object", tuple(sorted(members.items())))


def _element(value: ListOf | MapOf | Set, budget: Budget, depth: int) -> Type:
    known: Type | None = value.element
    if known is not None and known != ANY:
        return known
    members = value.items if isinstance(value, List) else [m for _, m in value.entries]
    for member in members:
        found = type_of(member, budget, depth + 1)
        if found != ANY:
            return found
    return ANY


# -- the type of several ---------------------------------------------------------------------------


def unify(types: Sequence[Type]) -> Type | None:
    """The type that all can be converted to, as a conditional or a list of them has it; or None."""
    known = [each for each in dict.fromkeys(types) if each != ANY]
    if len(known) <= 1:
        return known[0] if known else ANY
    kinds = {each if isinstance(each, str) else each[0] for each in known}
    if kinds <= set(_PRIMITIVES):
        return "string" if "string" in kinds else None
    if kinds & set(_PRIMITIVES):
        return None
    if kinds <= {"map", "object"}:
        return _unified_objects(known) if kinds == {"object"} else _unified_maps(known)
    if kinds == {"tuple"}:
        return _unified_tuples(known)
    if kinds <= {"list", "set", "tuple"}:
        element = unify([inner for each in known for inner in _elements(each)])
        if element is None:
            return None
        return ("list" if "list" in kinds else "set", element)
    return None


def _elements(type_: Any) -> list[Type]:
    if type_[0] == "tuple":
        return list(type_[1])
    if type_[0] == "object":
        return [inner for _, inner in type_[1]]
    return [type_[1]]


def _unified_maps(types: Sequence[Any]) -> Type | None:
    element = unify([inner for each in types for inner in _elements(each)])
    return None if element is None else ("map", element)


def _unified_objects(types: Sequence[Any]) -> Type | None:
    names = [name for name, _ in types[0][1]]
    if any([name for name, _ in each[1]] != names for each in types):
        return _unified_maps(types)
    members = []
    for at, name in enumerate(names):
        member = unify([each[1][at][1] for each in types])
        if member is None:
            return None
        members.append((name, member))
    return ("object", tuple(members))


def _unified_tuples(types: Sequence[Any]) -> Type | None:
    if any(len(each[1]) != len(types[0][1]) for each in types):
        element = unify([inner for each in types for inner in _elements(each)])
        return None if element is None else ("list", element)
    members = [unify(across) for across in zip(*(each[1] for each in types), strict=True)]
    return None if None in members else ("tuple", tuple(members))


# -- values in a type ------------------------------------------------------------------------------


def converted(value: Value, wanted: Type, budget: Budget, depth: int = 0) -> Value:
    """The value in a type. Raises CallError where Terraform refuses it, or Undetermined."""
    budget.spend()
    if isinstance(value, Invalid):
        raise CallError(value.reason)
    if wanted == ANY or isinstance(value, Null | Unknown | Lazy | Absent):
        return value
    if depth > _MAX_DEPTH:
        raise Undetermined(f"nested over {_MAX_DEPTH} deep")
    if isinstance(value, Choice):
        return combine([value], lambda case: converted(case[0], wanted, budget, depth))
    if type_of(value, Budget(budget.left), depth) == ANY and isinstance(value, Text):
        return value
    if isinstance(wanted, str):
        return primitive(value, wanted)
    if wanted[0] in ("list", "set") and isinstance(value, List):
        return sequence(value, wanted[0], wanted[1], budget, depth)
    if wanted[0] == "map" and isinstance(value, Map):
        return mapping(value, wanted[1], budget, depth)
    if wanted[0] == "tuple" and isinstance(value, List) and not isinstance(value, Set | ListOf):
        return _tuple(value, wanted, budget, depth)
    if wanted[0] == "object" and isinstance(value, Map):
        return _object(value, wanted, budget, depth)
    raise CallError(f"{wanted[0]} is needed, not {kind(value)}")


def primitive(value: Value, name: str) -> Value:
    """A string, number or bool. Raises CallError or Undetermined."""
    if isinstance(value, Null):
        return value
    if name == "string":
        return to_text(value)
    if name == "number" and not isinstance(value, Number):
        return Number(to_number(value), value.position, value.sensitive)
    if name == "bool" and not isinstance(value, Bool):
        return Bool(to_bool(value), value.position, value.sensitive)
    return value


def sequence(value: List, kind_: str, element: Type, budget: Budget, depth: int = 0) -> List:
    """A list or set of one type; `any` asks for the type that its members share."""
    if element == ANY:
        element = shared(value.items, budget, depth)
    items = [converted(item, element, budget, depth + 1) for item in value.items]
    if kind_ == "set":
        secret = value.sensitive or any(item.sensitive for item in items)
        return sorted_set(items, value.position, value.open, secret, element)
    uncertain = value.uncertain if isinstance(value, ListOf) else ""
    return ListOf(items, value.position, value.open, value.sensitive, element, uncertain)


def mapping(value: Map, element: Type, budget: Budget, depth: int = 0) -> MapOf:
    """A map of one type; `any` asks for the type that its members share."""
    if element == ANY:
        element = shared([member for _, member in value.entries], budget, depth)
    entries = [(key, converted(m, element, budget, depth + 1)) for key, m in value.entries]
    return MapOf(entries, value.position, value.open, value.sensitive, element)


def shared(members: Sequence[Value], budget: Budget, depth: int = 0) -> Type:
    """The type that all members can be converted to. Raises CallError where there is none."""
    found = unify([type_of(member, budget, depth + 1) for member in members])
    if found is None:
        raise CallError("all members must have one type")
    return found


def _tuple(value: List, wanted: Any, budget: Budget, depth: int) -> List:
    if value.open is None and len(value.items) != len(wanted[1]):
        raise CallError("a tuple of another length")
    pairs = zip(value.items, wanted[1], strict=False)
    items = [converted(item, each, budget, depth + 1) for item, each in pairs]
    return List(items, value.position, value.open, value.sensitive)


def _object(value: Map, wanted: Any, budget: Budget, depth: int) -> Map:
    types = dict(wanted[1])
    missing = [name for name in types if value.get(name) is None]
    if missing and value.open is None and all(key.literal is not None for key, _ in value.entries):
        raise CallError(f'the attribute "{missing[0]}" is missing')
    entries = [
        (key, converted(member, types.get(key.literal or "", ANY), budget, depth + 1))
        for key, member in value.entries
        if key.literal is None or key.literal in types
    ]
    return Map(entries, value.position, value.open, value.sensitive)
