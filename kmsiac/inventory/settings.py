"""The settings of an entity: effective values under format-neutral names, by case."""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import Decimal

from kmsiac.inventory.cases import Undecided, Varying, World
from kmsiac.inventory.expand import branch, digest, settle, varying
from kmsiac.inventory.model import Setting, Settings
from kmsiac.inventory.sites import EntitySite, Field
from kmsiac.stack import Resource
from kmsiac.values import (
    Absent,
    Bool,
    Choice,
    List,
    Map,
    Null,
    Number,
    Text,
    Unknown,
    Value,
    text,
)

_INTEGER = re.compile(r"-?[0-9]{1,18}")


def exists(resource: Resource, world: World) -> bool:
    """Whether the resource exists in a world; raises `Undecided` where that is open."""
    for guard, wanted in resource.exists or ():
        if guard not in world:
            atoms = (True, False) if isinstance(wanted, bool) else (wanted, f"not {wanted}")
            raise Undecided(guard, atoms)
        if world[guard] != wanted:
            return False
    return True


def settings_of(resource: Resource, site: EntitySite) -> Varying[Settings | None]:
    """The settings that a resource gives its entity, by case; None where it does not exist."""

    def question(world: World) -> Settings | None:
        if not exists(resource, world):
            return None
        found = {name: _setting(resource, field, world) for name, field in site.fields.items()}
        for name, constant in site.constants.items():
            found.setdefault(name, Setting(_constant(constant), False, resource.position))
        _derive(found)
        return found

    def too_many() -> Settings:
        reason = "depends on too many combinations of conditions"
        unknown = Unknown(resource.address, reason, resource.position)
        return {name: Setting(unknown, True, resource.position) for name in site.fields}

    return varying(question, _key, too_many)


def _key(settings: Settings | None) -> Hashable:
    if settings is None:
        return None
    return tuple((name, digest(setting.value)) for name, setting in settings.items())


def _derive(found: dict[str, Setting]) -> None:
    """What follows from several settings together."""
    store, external = found.get("custom_key_store"), found.get("external_key")
    if store is not None and store.value is not None:
        origin = "EXTERNAL_KEY_STORE" if external and external.value else "AWS_CLOUDHSM"
        found["origin"] = Setting(text(origin), False, store.position)
    full = found.get("service_name")
    if full is not None:
        found["service"] = Setting(_service(full.value), full.written, full.position)


def _service(name: Value | None) -> Value | None:
    if not isinstance(name, Text) or not name.parts or not isinstance(name.parts[-1], str):
        return name
    return text(name.parts[-1].rpartition(".")[2].removesuffix("-fips"), name.position)


def _setting(resource: Resource, field: Field, world: World) -> Setting:
    value, position = at_path(resource, field.path, world)
    if value is None:
        default = None if field.default is None else _constant(field.default)
        if default is None and resource.attributes.open is not None:
            default = resource.attributes.open
        return Setting(default, False, resource.position)
    return Setting(_typed(value, field.type), True, position)


def at_path(resource: Resource, path: str, world: World) -> tuple[Value | None, int]:
    """The value at a path in a world and its key's position; (None, header) if not written.

    `blocks[].name` reads the first block. An explicit null or an empty text is not written.
    """
    current: Value = resource.attributes
    position = resource.position
    for step in path.split("."):
        name = step.removesuffix("[]")
        current = _at(current, world)
        if not isinstance(current, Map):
            return (current if isinstance(current, Unknown) else None), position
        member = current.get(name)
        if member is None:
            return None, position
        key = current.key(name)
        position = key.position if key is not None and key.position else member.position
        current = _at(member, world)
        if step.endswith("[]") and isinstance(current, List):
            if not current.items:
                return current.open, position
            current = _at(current.items[0], world)
    if isinstance(current, Absent | Null) or (isinstance(current, Text) and current.literal == ""):
        return None, resource.position
    return settle(current, world), position


def _at(value: Value, world: World) -> Value:
    while isinstance(value, Choice):
        value = branch(value, world)
    return value


def _typed(value: Value, type: str) -> Value:
    """The value as the type of its setting: CloudFormation spells booleans and numbers as text."""
    if not isinstance(value, Text) or value.literal is None:
        if type == "list" and not isinstance(value, List | Unknown):
            return List((value,), value.position)
        return value
    literal = value.literal
    if type == "bool" and literal.lower() in ("true", "false"):
        return Bool(literal.lower() == "true", value.position, value.sensitive)
    if type == "number" and _INTEGER.fullmatch(literal):
        return Number(int(literal), value.position, value.sensitive)
    if type == "list":
        return List((value,), value.position)
    return value


def _constant(value: str | bool | int | Decimal) -> Value:
    if isinstance(value, bool):
        return Bool(value)
    return text(value) if isinstance(value, str) else Number(value)
