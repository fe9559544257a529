"""The settings of an entity: effective values under format-neutral names, by case."""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import Decimal

from kmsiac.inventory.cases import Rest, Undecided, Varying, World, compatible
from kmsiac.inventory.expand import branch, digest, settle, varying
from kmsiac.inventory.model import Setting, Settings
from kmsiac.inventory.sites import EntitySite, Field
from kmsiac.stack import Resource
from kmsiac.values import (
    Absent,
    Atom,
    Bool,
    Choice,
    List,
    Map,
    Null,
    Number,
    Part,
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
            raise Undecided(guard, _atoms(wanted))
        if world[guard] == wanted:
            continue
        if compatible({guard: wanted}, world):
            raise Undecided(guard, _atoms(wanted))
        return False
    return True


def _atoms(wanted: Atom) -> tuple[Atom, ...]:
    return (True, False) if isinstance(wanted, bool) else (wanted, Rest(wanted))


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
        found = {name: Setting(unknown, False, resource.position) for name in site.fields}
        for name, constant in site.constants.items():
            found.setdefault(name, Setting(_constant(constant), False, resource.position))
        _derive(found)
        return found

    return varying(question, _key, too_many)


def _key(settings: Settings | None) -> Hashable:
    if settings is None:
        return None
    return tuple(
        (name, digest(setting.value), setting.written) for name, setting in settings.items()
    )


def _derive(found: dict[str, Setting]) -> None:
    """What follows from several settings together."""
    store, external = found.get("custom_key_store"), found.get("external_key")
    if store is not None and store.value is not None:
        outside = external.value if external is not None else None
        origin: Value = text("AWS_CLOUDHSM" if outside is None else "EXTERNAL_KEY_STORE")
        for doubt in (outside, store.value):
            origin = doubt if isinstance(doubt, Unknown) else origin
        found["origin"] = Setting(origin, False, store.position)
    full = found.get("service_name")
    if full is not None:
        found["service"] = Setting(_service(full.value), full.written, full.position)


def _service(name: Value | None) -> Value | None:
    """The last part of a service name, also where it is open; the FIPS endpoint is the service's."""
    if not isinstance(name, Text):
        return name
    tail: list[Part] = []
    for part in reversed(name.parts):
        if isinstance(part, str) and "." in part:
            tail.insert(0, part.rpartition(".")[2])
            break
        tail.insert(0, part)
    if tail and isinstance(tail[-1], str):
        tail[-1] = tail[-1].removesuffix("-fips")
    return Text(tail, name.position, name.sensitive)


def _setting(resource: Resource, field: Field, world: World) -> Setting:
    value, position = at_path(resource, field.path, world)
    if value is None:
        default = None if field.default is None else _constant(field.default)
        return Setting(default, False, resource.position)
    if isinstance(value, Unknown) and position == resource.position:
        return Setting(value, False, position)
    return Setting(_typed(value, field.type), True, position)


def at_path(resource: Resource, path: str, world: World) -> tuple[Value | None, int]:
    """The value at a path in a world and its key's position; (None, header) if not written, and
    (an Unknown, header) if it may be written where not all members are known.

    `blocks[].name` reads the first block. An explicit null or an empty text is not written.
    """
    current: Value = resource.attributes
    position, sensitive = resource.position, False
    for step in path.split("."):
        name = step.removesuffix("[]")
        current, sensitive = chosen(current, world, sensitive)
        if not isinstance(current, Map):
            return (current if isinstance(current, Unknown) else None), position
        member = current.get(name)
        if member is None:
            return current.open, resource.position
        key = current.key(name)
        position = key.position if key is not None and key.position else member.position
        current, sensitive = chosen(member, world, sensitive)
        if step.endswith("[]") and isinstance(current, List):
            if not current.items:
                return current.open, resource.position
            current, sensitive = chosen(current.items[0], world, sensitive)
    if isinstance(current, Absent | Null) or (isinstance(current, Text) and current.literal == ""):
        return None, resource.position
    return settle(current, world, sensitive=sensitive), position


def chosen(value: Value, world: World, sensitive: bool) -> tuple[Value, bool]:
    """The branch that a value is in a world (shallow), and whether it lies in something sensitive."""
    sensitive = sensitive or value.sensitive
    while isinstance(value, Choice):
        value = branch(value, world)
        sensitive = sensitive or value.sensitive
    return value, sensitive


def _tags(value: Value) -> Value:
    """CloudFormation's list of keys and values as the map that Terraform has."""
    if not isinstance(value, List):
        return value
    rest, entries = value.open, []
    for item in value.items:
        key = item.get("Key") if isinstance(item, Map) else None
        tag = item.get("Value") if isinstance(item, Map) else None
        if isinstance(key, Text) and tag is not None:
            entries.append((key, tag))
        else:
            rest = rest or Unknown("Tags", "a tag is not known", item.position)
    return Map(entries, value.position, rest, value.sensitive)


def _typed(value: Value, type: str) -> Value:
    """The value as the type of its setting: CloudFormation spells booleans and numbers as text."""
    if type == "tags":
        return _tags(value)
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
