"""The inventory as plain JSON data, in the shape that `kmsiac inventory` promises."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kmsiac.errors import Span
from kmsiac.inventory.cases import Varying, World, without_implied
from kmsiac.inventory.expand import digest, settle, varying
from kmsiac.inventory.model import Consumer, Entity, Inventory, Policy, Related, Settings
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.stack import DataDocument
from kmsiac.values import (
    Absent,
    Blame,
    Bool,
    Choice,
    List,
    Map,
    Null,
    Number,
    Part,
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
        return _shown(value)
    if isinstance(value, Bool):
        return value.value
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, List):
        items = [to_json(item) for item in value.items]
        return [*items, "${...}"] if value.open is not None else items
    if isinstance(value, Map):
        return {_shown(key): to_json(member) for key, member in value.entries}
    if isinstance(value, Choice):
        return {f"{value.guard.name} = {atom}": to_json(inner) for atom, inner in value.branches}
    assert isinstance(value, Unknown)
    return f"${{{value.expression}}}"


def _shown(value: Text) -> str:
    """A text as it prints; a secret unknown inside makes all of it one."""
    secret = any(isinstance(part, Unknown) and part.sensitive for part in value.parts)
    return "(sensitive)" if secret else str(value)


def _number(value: Number) -> Json:
    """A JSON number; text for one that no float can hold."""
    if isinstance(value.number, int):
        return value.number
    as_float = float(value.number)
    return as_float if math.isfinite(as_float) else str(value)


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
    return [
        [{"condition": guard.name, "value": atom} for guard, atom in without_implied(world).items()]
    ]


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
        ):
            result[name] += [_entity(entity, locate) for entity in entities]
        result["consumers"] += [_consumer(consumer, locate) for consumer in inventory.consumers]
        for document in inventory.documents:
            result["data"].append(_data(document, locate))
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
        **({"aws_managed": policy.aws_managed} if policy.aws_managed else {}),
        "maybe_absent": maybe_absent(policy),
        "location": place(locate(policy.attribute_position)),
        "symbols": [],
        "cases": [],
        "unknown": [],
    }
    _add_documents(shape, policy.document, locate)
    return shape


def _data(source: DataDocument, locate: Locate) -> Json:
    settled = varying(
        lambda world: settle(source.document, world),
        digest,
        lambda: Unknown(source.address, "depends on too many conditions", source.position),
    )
    documents = Varying(tuple((when, parse_document(value)) for when, value in settled.cases))
    shape: dict[str, Json] = {
        "address": source.address,
        "document": None,
        "location": place(locate(source.position)),
        "symbols": [],
        "cases": [],
        "unknown": [],
    }
    _add_documents(shape, documents, locate)
    return shape


def _add_documents(
    shape: dict[str, Json],
    documents: Varying[PolicyDocument | Unknown | None] | Varying[PolicyDocument | Unknown],
    locate: Locate,
) -> None:
    """Fill in `document` or `cases`, with every symbol and unknown of them once."""
    cases = [(when, document) for when, document in documents.cases if document is not None]
    if len(documents.cases) == 1 and cases:
        shape["document"] = _document(cases[0][1])
    else:
        shape["cases"] = [
            {"when": when_of(when), "document": _document(document)} for when, document in cases
        ]
    seen: set[tuple[str, Part]] = set()
    for _, document in cases:
        value = document.value if isinstance(document, PolicyDocument) else document
        _collect(value, locate, shape, seen)


def _document(document: PolicyDocument | Unknown) -> Json:
    return to_json(document.value) if isinstance(document, PolicyDocument) else None


def _collect(
    value: Value, locate: Locate, shape: dict[str, Json], seen: set[tuple[str, Part]]
) -> None:
    for pointer, inner in _leaves(value, ""):
        for part in inner.parts if isinstance(inner, Text) else (inner,):
            if (pointer, part) in seen:
                continue
            seen.add((pointer, part))
            hidden = inner.sensitive or (isinstance(part, Unknown) and part.sensitive)
            if isinstance(part, Symbol):
                shape["symbols"].append(
                    {"pointer": pointer, "text": f"${{{part.reference}}}", "type": part.type}
                )
            elif isinstance(part, Unknown):
                shape["unknown"].append(
                    {
                        "pointer": pointer,
                        "expression": "(sensitive)" if hidden else part.expression,
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
            name = _shown(key).replace("~", "~0").replace("/", "~1")
            yield f"{pointer}/{name}", key
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
        "retiring",
        "boundary",
        "policies",
        "aliases",
        "grants",
        "replicas",
        "consumers",
        "groups",
    ):
        related = getattr(entity, name, None)
        if isinstance(related, Related):
            shape[name] = [other.address for other in related.items]
            if related.maybe:
                shape[f"{name}_maybe"] = [other.address for other in related.maybe]
            if related.open:
                shape[f"{name}_open"] = sorted({_why(blame) for blame in related.open})
    return shape


def _why(blame: Blame) -> str:
    return f"{blame.expression}: {blame.reason}"


def _consumer(consumer: Consumer, locate: Locate) -> Json:
    shape = _entity(consumer, locate)
    shape["type"] = consumer.type
    shape["attribute"] = consumer.attribute
    shape["location"] = place(locate(consumer.attribute_position))
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
