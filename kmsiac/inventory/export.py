"""The inventory as plain JSON data, in the shape that `kmsiac inventory` promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kmsiac.errors import Span
from kmsiac.inventory.cases import Varying, World
from kmsiac.inventory.model import Entity, Inventory, Policy, Related, Settings
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import (
    Absent,
    Bool,
    Choice,
    List,
    Map,
    Null,
    Number,
    Symbol,
    Text,
    Unknown,
    Value,
)

Json = Any
"""What `json.dumps` takes."""

Locate = Callable[[int], Span | None]
"""From a position to its place."""


def to_json(value: Value | None) -> Json:
    """A value as JSON: symbols as `${reference}`, unknowns as `${expression}`, secrets masked.

    A repeated key keeps its last value, as every JSON reader has it.
    """
    if value is None or isinstance(value, Null | Absent):
        return None
    if value.sensitive:
        return "(sensitive)"
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, Bool):
        return value.value
    if isinstance(value, Number):
        return value.number if isinstance(value.number, int) else float(value.number)
    if isinstance(value, List):
        items = [to_json(item) for item in value.items]
        return [*items, "${...}"] if value.open is not None else items
    if isinstance(value, Map):
        return {str(key): to_json(member) for key, member in value.entries}
    if isinstance(value, Choice):
        return {f"{value.guard.name} = {atom}": to_json(inner) for atom, inner in value.branches}
    assert isinstance(value, Unknown)
    return f"${{{value.expression}}}"


def place(span: Span | None) -> Json:
    """A span in the contract's shape; null for nowhere."""
    if span is None:
        return None
    shape: dict[str, Json] = {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
    if span.pointer:
        shape["pointer"] = span.pointer
    return shape


def when_of(world: World) -> list[list[Json]]:
    """A world as a list of one conjunction; empty for the world that assumes nothing."""
    if not world:
        return []
    return [[{"condition": guard.name, "value": atom} for guard, atom in world.items()]]


def export(inventories: Iterable[Inventory], locate: Locate) -> dict[str, Json]:
    """`inventory` JSON, version 1, of several units together."""
    result: dict[str, list[Json]] = {
        name: []
        for name in (
            "policies", "data", "keys", "grants", "endpoints", "identities", "consumers",
            "aliases", "unresolved", "errors",
        )
    }  # fmt: skip
    for inventory in inventories:
        result["policies"] += [_policy(policy, locate) for policy in inventory.policies]
        for name, entities in (
            ("keys", inventory.keys),
            ("aliases", inventory.aliases),
            ("grants", inventory.grants),
            ("endpoints", inventory.endpoints),
            ("identities", inventory.identities),
            ("consumers", inventory.consumers),
        ):
            result[name] += [_entity(entity, locate) for entity in entities]
        for document in inventory.documents:
            result["data"].append(
                {
                    "address": document.address,
                    "document": to_json(document.document),
                    "location": place(locate(document.position)),
                }
            )
        for gap in inventory.gaps:
            result["unresolved"].append(
                {
                    "resource": gap.resource,
                    "attribute": gap.attribute,
                    "reason": gap.reason,
                    "location": place(locate(gap.position)),
                }
            )
        result["errors"] += [
            {"message": error.message, "location": place(error.span)} for error in inventory.errors
        ]
    return {"schema_version": 1, **result}


def _policy(policy: Policy, locate: Locate) -> Json:
    shape: dict[str, Json] = {
        "resource": policy.address,
        "attribute": policy.attribute,
        "kind": policy.kind,
        "document": None,
        "default_policy": policy.default,
        "maybe_absent": maybe_absent(policy),
        "location": place(locate(policy.attribute_position)),
        "symbols": [],
        "cases": [],
        "unknown": [],
    }
    cases = [(when, document) for when, document in policy.document.cases if document is not None]
    if len(policy.document.cases) == 1 and cases:
        document = cases[0][1]
        shape["document"] = _document(document)
    else:
        shape["cases"] = [
            {"when": when_of(when), "document": _document(document)} for when, document in cases
        ]
    for _, document in cases:
        value = document.value if isinstance(document, PolicyDocument) else document
        _collect(value, locate, shape["symbols"], shape["unknown"])
    return shape


def _document(document: PolicyDocument | Unknown) -> Json:
    return to_json(document.value) if isinstance(document, PolicyDocument) else None


def _collect(value: Value, locate: Locate, symbols: list[Json], unknown: list[Json]) -> None:
    for pointer, inner in _leaves(value, ""):
        for part in inner.parts if isinstance(inner, Text) else (inner,):
            if isinstance(part, Symbol):
                symbols.append(
                    {"pointer": pointer, "text": f"${{{part.reference}}}", "type": part.type}
                )
            elif isinstance(part, Unknown):
                unknown.append(
                    {
                        "pointer": pointer,
                        "expression": part.expression,
                        "reason": part.reason,
                        "location": place(locate(part.position or inner.position)),
                    }
                )


def _leaves(value: Value, pointer: str) -> Iterator[tuple[str, Text | Unknown]]:
    if isinstance(value, Text | Unknown):
        yield pointer, value
    elif isinstance(value, List):
        for index, item in enumerate(value.items):
            yield from _leaves(item, f"{pointer}/{index}")
        if value.open is not None:
            yield f"{pointer}/-", value.open
    elif isinstance(value, Map):
        for key, member in value.entries:
            name = str(key).replace("~", "~0").replace("/", "~1")
            yield from _leaves(member, f"{pointer}/{name}")
        if value.open is not None:
            yield f"{pointer}/-", value.open


def maybe_absent(entity: Entity) -> bool:
    """Whether the resource may turn out not to be created."""
    return entity.resource.absent is not None or entity.resource.exists is not None


def _entity(entity: Entity, locate: Locate) -> Json:
    shape: dict[str, Json] = {
        "resource": entity.address,
        "type": entity.resource.type,
        "maybe_absent": maybe_absent(entity),
        "location": place(locate(entity.position)),
        **_settings(entity.settings),
    }
    for name in (
        "key",
        "primary",
        "grantee",
        "boundary",
        "policies",
        "aliases",
        "grants",
        "replicas",
    ):
        related = getattr(entity, name, None)
        if isinstance(related, Related):
            shape[name] = [other.address for other in related.items]
            if related.maybe:
                shape[f"{name}_maybe"] = [other.address for other in related.maybe]
    return shape


def _settings(settings: Varying[Settings | None]) -> dict[str, Json]:
    existing = [(when, case) for when, case in settings.cases if case is not None]
    if len(existing) == 1:
        return {"settings": _one(existing[0][1])}
    return {"cases": [{"when": when_of(when), "settings": _one(case)} for when, case in existing]}


def _one(settings: Settings) -> Mapping[str, Json]:
    return {
        name: to_json(setting.value)
        for name, setting in settings.items()
        if setting.value is not None
    }
