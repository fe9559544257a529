"""The settings of an entity: effective values under format-neutral names, by case."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial

from kmsiac.inventory.cases import Rest, TooManyWorlds, Undecided, Varying, World, compatible
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


Question = Callable[[World], Setting]


class EntitySettings(Varying[Settings | None]):
    """The settings that a resource gives its entity, by case; None where it does not exist.

    Each setting is expanded by itself, when it is first asked for: settings that depend on
    different conditions do not multiply. `pick` gives a mapping that raises `Undecided` for the
    setting that its world leaves open; `cases` joins them all.
    """

    __slots__ = ("_joined", "_known", "_questions", "_resource")

    def __init__(self, resource: Resource, questions: dict[str, Question]) -> None:
        super().__init__(())
        self._resource = resource
        self._questions = questions
        self._known: dict[str, Varying[Setting]] = {}
        self._joined: tuple[tuple[World, Settings | None], ...] | None = None

    def pick(self, world: World) -> Settings | None:
        """The settings in a world, None where the entity does not exist."""
        return _InWorld(self, world) if exists(self._resource, world) else None

    def setting(self, name: str) -> Varying[Setting]:
        """One setting by case; raises KeyError for one that the entity does not have."""
        found = self._known.get(name)
        if found is None:
            question = self._questions[name]
            found = self._known[name] = varying(question, _one_key, self._too_many)
        return found

    def replace(self, name: str, question: Question) -> None:
        """Let a question answer for a setting from now on."""
        self._questions[name] = question
        self._known.pop(name, None)
        self._joined = None

    @property
    def names(self) -> Iterable[str]:
        """The names of the settings."""
        return self._questions.keys()

    @property
    def cases(self) -> tuple[tuple[World, Settings | None], ...]:
        """All settings together by case. Where that is too many cases, a setting that varies is
        unknown in the one case that is left."""
        if self._joined is None:
            self._joined = varying(self._all, _key, self._fixed).cases
        return self._joined

    def _all(self, world: World) -> Settings | None:
        picked = self.pick(world)
        return None if picked is None else dict(picked.items())

    def _fixed(self) -> Settings:
        fixed = {}
        for name in self._questions:
            cases = self.setting(name).cases
            fixed[name] = cases[0][1] if len(cases) == 1 else self._too_many()
        return fixed

    def _too_many(self) -> Setting:
        reason = "depends on too many combinations of conditions"
        unknown = Unknown(self._resource.address, reason, self._resource.position)
        return Setting(unknown, False, self._resource.position)


class _InWorld(Mapping[str, Setting]):
    """The settings of an entity in one world."""

    __slots__ = ("_settings", "_world")

    def __init__(self, settings: EntitySettings, world: World) -> None:
        self._settings = settings
        self._world = world

    def __getitem__(self, name: str) -> Setting:
        return self._settings.setting(name).pick(self._world)

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings.names)

    def __len__(self) -> int:
        return sum(1 for _ in self._settings.names)


def settings_of(resource: Resource, site: EntitySite) -> EntitySettings:
    """The settings that a resource gives its entity."""
    questions: dict[str, Question] = {}
    for name, field in site.fields.items():
        questions[name] = partial(setting_at, resource, field)
    for name, constant in site.constants.items():
        questions.setdefault(
            name, partial(_fixed, Setting(_constant(constant), False, resource.position))
        )
    settings = EntitySettings(resource, questions)
    if "custom_key_store" in questions:
        given = questions["origin"]
        questions["origin"] = lambda world: _origin(_InWorld(settings, world), given(world))
    if "service_name" in questions:
        questions["service"] = lambda world: _service_of(_InWorld(settings, world))
    return settings


def _fixed(setting: Setting, _world: World) -> Setting:
    return setting


def _key(settings: Settings | None) -> Hashable:
    if settings is None:
        return None
    return tuple((name, *_one_key(setting)) for name, setting in settings.items())


def _one_key(setting: Setting) -> tuple[Hashable, bool]:
    return digest(setting.value), setting.written


def _origin(found: Settings, given: Setting) -> Setting:
    """Where the material of a key is from: the key stores that it is in say so."""
    store, outside = found["custom_key_store"], found["external_key"].value
    if store.value is None:
        return given
    origin: Value = text("AWS_CLOUDHSM" if outside is None else "EXTERNAL_KEY_STORE")
    for doubt in (outside, store.value):
        origin = doubt if isinstance(doubt, Unknown) else origin
    return Setting(origin, False, store.position)


def _service_of(found: Settings) -> Setting:
    full = found["service_name"]
    return Setting(_service(full.value), full.written, full.position)


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


def setting_at(resource: Resource, field: Field, world: World) -> Setting:
    """What a resource gives a setting in a world: what is written, else the default."""
    value, position = at_path(resource, field.path, world)
    if value is None:
        default = None if field.default is None else _constant(field.default)
        return Setting(default, False, resource.position)
    if field.secret:
        value = settle(value, world, sensitive=True)
        if isinstance(value, Unknown):  # its expression may hold the secret
            value = Unknown(field.path, value.reason, value.position, value.unit, sensitive=True)
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
    try:
        return settle(current, world, sensitive=sensitive), position
    except TooManyWorlds:
        raise TooManyWorlds(position) from None


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


def _texts(value: Value) -> Value:
    """A map of tags or of an encryption context: its members are texts, however they are spelled."""
    if not isinstance(value, Map):
        return value
    entries = [(key, _spelled(member)) for key, member in value.entries]
    return Map(entries, value.position, value.open, value.sensitive)


def _spelled(value: Value) -> Value:
    if isinstance(value, Bool):
        return Text(("true" if value.value else "false",), value.position, value.sensitive)
    if isinstance(value, Number):
        return Text((str(Number(value.number)),), value.position, value.sensitive)
    return value


def _typed(value: Value, type: str) -> Value:
    """The value as the type of its setting: CloudFormation spells booleans and numbers as text."""
    if type == "tags":
        return _texts(_tags(value))
    if type == "map":
        return _texts(value)
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
