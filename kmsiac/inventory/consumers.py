"""Resources that use a key: one consumer for each attribute that is written and names one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from kmsiac.aws.consumers import KeyAttribute, key_attributes, name_attribute
from kmsiac.inventory.cases import Varying, World
from kmsiac.inventory.expand import digest, varying
from kmsiac.inventory.gathered import Gathered
from kmsiac.inventory.index import Index
from kmsiac.inventory.model import Consumer, Key, Related, Setting, Settings
from kmsiac.inventory.places import Steps, spelled, value_at
from kmsiac.inventory.settings import at_path, exists
from kmsiac.policy.matching import split_arn
from kmsiac.stack import Resource
from kmsiac.values import Absent, Choice, List, Map, Null, Text, Unknown, Value

_MAX_SITES = 200
"""Attributes that are looked at in one resource; more of them come only of hostile nesting."""


def consumers_of(resource: Resource) -> Iterator[Consumer]:
    """The consumers that a resource is: none where no attribute that names a key is written."""
    for attribute in key_attributes(resource.type):
        places = islice(_places(resource.attributes, attribute.path, ()), _MAX_SITES)
        for steps in dict.fromkeys(places):
            consumer = _consumer(resource, attribute, steps)
            if consumer is not None:
                yield consumer


def link_consumers(consumers: list[Consumer], index: Index) -> None:
    """Find the key of each consumer. Certain is the one that it uses in every case in which it
    names a key at all."""
    for consumer in consumers:
        total: Gathered[Key] = Gathered()
        named = [case["key_id"].value for _, case in consumer.settings.cases if case is not None]
        cases = []
        for value in named:
            assert value is not None
            found = index.key(value, consumer.resource.provider)
            cases.append(found)
            total.update(found, certain=False)
        for key in cases[0].items if cases else ():
            if all(key in case.items for case in cases):
                total.add(key, certain=True)
        consumer.key = total.freeze() if cases else Related()


def _places(value: Value, path: tuple[str, ...], steps: Steps) -> Iterator[Steps]:
    """Where a path leads in any case: each member of a list by its index."""
    if isinstance(value, Choice):
        for _, branch in value.branches:
            yield from _places(branch, path, steps)
    elif not path and isinstance(value, List):
        for index, item in enumerate(value.items[:_MAX_SITES]):
            yield from _places(item, path, (*steps, index))
    elif not path:
        if not isinstance(value, Absent | Null):
            yield steps
    elif isinstance(value, List):
        for index, item in enumerate(value.items[:_MAX_SITES]):
            yield from _places(item, path, (*steps, index))
    elif isinstance(value, Map):
        member = value.get(path[0])
        if member is not None:
            yield from _places(member, path[1:], (*steps, path[0]))


def _consumer(resource: Resource, attribute: KeyAttribute, steps: Steps) -> Consumer | None:
    positions: list[int] = []

    def question(world: World) -> Settings | None:
        if not exists(resource, world):
            return None
        value, position = value_at(resource.attributes, steps, world)
        if value is None or (attribute.any_resource and not _may_be_key(value)):
            return None
        positions.append(position)
        found = {"key_id": Setting(value, True, position)}
        path = name_attribute(resource.type)
        name, at = at_path(resource, path, world) if path else (None, 0)
        if name is not None:
            found["name"] = Setting(name, True, at)
        return found

    def too_many() -> Settings:
        reason = "depends on too many combinations of conditions"
        unknown = Unknown(resource.address, reason, resource.position)
        return {"key_id": Setting(unknown, True, resource.position)}

    settings = varying(question, _digest, too_many)
    if all(case is None for _, case in settings.cases):
        return None
    return Consumer(
        resource,
        Varying(settings.cases),
        type=attribute.type,
        attribute=spelled(steps),
        attribute_position=positions[0] if positions else resource.position,
        arn_only=attribute.arn_only,
    )


def _may_be_key(value: Value) -> bool:
    """Whether a value that may name any resource plainly names a key or an alias."""
    if not isinstance(value, Text):
        return False
    if value.symbol is not None:
        return value.symbol.type in ("key_arn", "alias_arn")
    arn = split_arn(value)
    return arn is not None and arn.service.literal == "kms"


def _digest(settings: Settings | None) -> object:
    if settings is None:
        return None
    return tuple((name, digest(setting.value)) for name, setting in settings.items())
