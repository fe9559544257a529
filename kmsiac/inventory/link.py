"""How entities refer to each other: by symbol, by ARN or by name, inside one deployment unit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from kmsiac.inventory.cases import TooManyWorlds, World, in_every_world
from kmsiac.inventory.expand import digest
from kmsiac.inventory.model import Entity, Related
from kmsiac.inventory.settings import at_path, exists
from kmsiac.policy.matching import Arn, same, split_arn
from kmsiac.stack import Resource
from kmsiac.values import (
    Answer,
    Blame,
    List,
    Part,
    Symbol,
    Text,
    Unknown,
    Value,
    all_of,
    blame_on,
    open_blame,
)

E = TypeVar("E", bound=Entity)

_STEP = re.compile(r'([^.\[]+)(\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\])?')
_SERVICES = {"alias": "kms", "role": "iam", "user": "iam", "group": "iam", "policy": "iam"}
_MAX_LOOSE = 64

Name = tuple[str, tuple[Part, ...]]
"""What sort of thing (`role`, `alias`) and its name, symbols included, without a path."""


class Gathered(Generic[E]):
    """Entities collected one by one, without doubles; what is certain once is certain."""

    __slots__ = ("_items", "_maybe", "open")

    def __init__(self) -> None:
        self._items: dict[E, None] = {}
        self._maybe: dict[E, None] = {}
        self.open: set[Blame] = set()

    def add(self, entity: E, *, certain: bool) -> None:
        """One more, certain or possible."""
        (self._items if certain else self._maybe)[entity] = None

    def update(self, related: Related[E], *, certain: bool = True) -> None:
        """All of some; none of them certain where `certain` is not."""
        for entity in related.items:
            self.add(entity, certain=certain)
        for entity in related.maybe:
            self.add(entity, certain=False)
        self.open |= related.open

    def freeze(self) -> Related[E]:
        """What was collected."""
        maybe = tuple(entity for entity in self._maybe if entity not in self._items)
        return Related(tuple(self._items), maybe, frozenset(self.open))


class Directory(Generic[E]):
    """Entities of one sort, found by what refers to them.

    `name_of` says which sort of name an entity has and where it is written; None for no name.
    """

    def __init__(
        self,
        entities: Iterable[E],
        name_of: Callable[[E], tuple[str, str] | None] = lambda _: None,
    ) -> None:
        self._by_address: dict[str, E] = {}
        self._by_plain: dict[tuple[str, ...], list[E]] = {}
        self._by_name: dict[Name, dict[E, bool]] = {}
        for entity in entities:
            self._by_address[entity.address] = entity
            plain = tuple(name for name, _ in _steps(entity.address))
            self._by_plain.setdefault(plain, []).append(entity)
            named = name_of(entity)
            if named is None:
                continue
            noun, path = named
            cases = references(entity.resource, path)
            for values in cases:
                for value in values:
                    if isinstance(value, Text) and value.parts:
                        name = (noun, _named_parts(noun, value.parts))
                        always = all(_same_values(values, other) for other in cases)
                        self._by_name.setdefault(name, {})[entity] = always

    def find(self, value: Value, noun: str = "") -> Related[E]:
        """What one value refers to; `noun` is the sort of thing that a bare name means."""
        if isinstance(value, Unknown):
            return Related(open=frozenset({blame_on(value)}))
        if not isinstance(value, Text):
            return Related(open=frozenset({_outside(value)}))
        symbol = _subject(value)
        return self._at(symbol, value) if symbol is not None else self._named(value, noun)

    def _at(self, symbol: Symbol, value: Text) -> Related[E]:
        unit = symbol.owner.unit
        found = self._by_address.get(symbol.address)
        if found is not None and found.resource.provider.owner.unit == unit:
            return Related((found,))
        # A plan's references leave indexes out: one resource of that name is the one meant.
        steps = _steps(symbol.address)
        family = self._by_plain.get(tuple(name for name, _ in steps), [])
        loose = [e for e in family[: _MAX_LOOSE + 1] if _may_be(e, steps, unit)]
        if len(family) == 1 and loose:
            return Related(tuple(loose))
        if loose:
            doubt = Blame(str(value), "it is not known which instance is meant", value.position)
            maybe = tuple(loose) if len(family) <= _MAX_LOOSE else ()
            return Related(maybe=maybe, open=frozenset({doubt}))
        return Related(open=frozenset({_outside(value)}))

    def _named(self, value: Text, noun: str) -> Related[E]:
        arn = split_arn(value)
        parts = value.parts if arn is None else arn.resource.parts
        first = parts[0] if parts and isinstance(parts[0], str) else ""
        head, slash, _ = first.partition("/")
        if arn is not None or head == "alias":
            noun = head if slash else ""
        gathered: Gathered[E] = Gathered()
        for entity, always in self._by_name.get((noun, _named_parts(noun, parts)), {}).items():
            placed = _placed(arn, noun, entity)
            if not placed.is_no:
                gathered.add(entity, certain=always and placed.is_yes)
                gathered.open |= placed.blame
        found = gathered.freeze()
        if found.items or found.maybe:
            return found
        unknown = open_blame(value)
        return Related(open=unknown or frozenset({_outside(value)}))


def _same_values(left: list[Value], right: list[Value]) -> bool:
    return [digest(value) for value in left] == [digest(value) for value in right]


def _steps(address: str) -> tuple[tuple[str, str], ...]:
    return tuple((match[1], match[2] or "") for match in _STEP.finditer(address))


def _may_be(entity: Entity, steps: tuple[tuple[str, str], ...], unit: str) -> bool:
    """Whether an address that may lack indexes can mean the entity."""
    if entity.resource.provider.owner.unit != unit:
        return False
    own = _steps(entity.address)
    return all(not a or not b or a == b for (_, a), (_, b) in zip(own, steps, strict=True))


def _subject(value: Text) -> Symbol | None:
    """The symbol of a resource that a text stands for: the whole text, or the end of an ARN."""
    symbol = value.symbol
    if symbol is None:
        arn = split_arn(value)
        parts = arn.resource.parts if arn is not None else ()
        if len(parts) != 2 or not isinstance(parts[0], str) or not parts[0].endswith("/"):
            return None
        symbol = parts[1] if isinstance(parts[1], Symbol) else None
    return symbol if symbol is not None and symbol.address else None


def _named_parts(noun: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """A name as it is compared: without `role/`, `alias/` and an IAM path before it."""
    if not parts or not isinstance(parts[0], str):
        return parts
    first = parts[0].removeprefix(f"{noun}/")
    if noun != "alias":
        first = first.rpartition("/")[2]
    return Text((first, *parts[1:])).parts


def _placed(arn: Arn | None, noun: str, entity: Entity) -> Answer:
    """Whether an ARN is of the service, account and (for an alias) Region that an entity is in."""
    if arn is None:
        return all_of(())
    provider = entity.resource.provider
    answers = [same(arn.service, Text((_SERVICES.get(noun, noun),)))]
    answers.append(same(arn.account, provider.account))
    if noun == "alias":
        answers.append(same(arn.region, provider.region))
    return all_of(answers)


def _outside(value: Value) -> Blame:
    shown = str(value)[:80] if isinstance(value, Text) else type(value).__name__.lower()
    return Blame(shown, "not in the scanned templates", value.position)


def references(resource: Resource, path: str, *, conditional: bool = False) -> list[list[Value]]:
    """The values that stand at a path, by case: a list gives its members, doubles left out.

    Cases in which the resource does not exist count only where it is `conditional`: an alias that
    does not exist names nothing, an attachment that may not exist may not attach.
    """

    def question(world: World) -> list[Value] | None:
        if not exists(resource, world):
            return None
        value, _ = at_path(resource, path, world)
        return [] if value is None else _members(value)

    try:
        found = [values for _, values in in_every_world(question)]
    except TooManyWorlds:
        reason = "depends on too many combinations of conditions"
        return [[Unknown(resource.address, reason, resource.position)]]
    cases = [values or [] for values in found if values is not None or conditional]
    return [*cases, []] if conditional and resource.absent is not None else cases


def _members(value: Value) -> list[Value]:
    if isinstance(value, List):
        members = [*value.items, *([value.open] if value.open is not None else [])]
        return list({digest(member): member for member in members}.values())
    return [value]


def find_all(
    directory: Directory[E], resource: Resource, paths: Iterable[str], *, conditional: bool = False
) -> Related[E]:
    """What a resource refers to at some paths, taken together. Certain is what every case names."""
    total: Gathered[E] = Gathered()
    for path in paths:
        cases = references(resource, path, conditional=conditional)
        named: Counter[E] = Counter()
        for values in cases:
            case: Gathered[E] = Gathered()
            for value in values:
                case.update(directory.find(value, _noun(path)))
            found = case.freeze()
            named.update(found.items)
            total.update(found, certain=False)
        for entity, times in named.items():
            if times == len(cases):
                total.add(entity, certain=True)
    return total.freeze()


def _noun(path: str) -> str:
    """What a bare name at a path means: `roles` and `RoleName` name roles."""
    return next((noun for noun in ("role", "user", "group") if path.lower().startswith(noun)), "")
