"""How entities refer to each other: by symbol, by ARN or by name, inside one deployment unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from kmsiac.inventory.cases import TooManyWorlds, World, in_every_world
from kmsiac.inventory.expand import settle
from kmsiac.inventory.model import Entity, Related
from kmsiac.inventory.settings import at_path, exists
from kmsiac.policy.matching import open_parts, outline, same, split_arn
from kmsiac.stack import Resource
from kmsiac.values import Blame, List, Symbol, Text, Unknown, Value, blame_on

E = TypeVar("E", bound=Entity)

_INDEX = re.compile(r"\[(?:[0-9]+|\"[^\"]*\")\]")


class Directory(Generic[E]):
    """Entities of one sort, found by what refers to them."""

    def __init__(self, entities: Iterable[E], name_setting: str = "name") -> None:
        self._by_address: dict[str, E] = {}
        self._by_plain: dict[str, list[E]] = {}
        self._by_name: dict[str, list[E]] = {}
        for entity in entities:
            self._by_address[entity.address] = entity
            self._by_plain.setdefault(_INDEX.sub("", entity.address), []).append(entity)
            for _, settings in entity.settings.cases:
                name = settings.get(name_setting) if settings else None
                if name is not None and isinstance(name.value, Text) and name.value.literal:
                    self._by_name.setdefault(name.value.literal, []).append(entity)

    def find(self, value: Value) -> Related[E]:
        """What one value refers to."""
        if isinstance(value, Unknown):
            return Related(open=frozenset({blame_on(value)}))
        if not isinstance(value, Text):
            return Related()
        addresses = {part.address for part in _symbols(value) if part.address}
        if addresses:
            return self._at(addresses, value)
        found = self._named(value)
        if found:
            return Related(tuple(found))
        unknown = frozenset(blame_on(part) for part in open_parts(value))
        return Related(open=unknown or frozenset({_outside(value)}))

    def _at(self, addresses: set[str], value: Text) -> Related[E]:
        found = [self._by_address[a] for a in sorted(addresses) if a in self._by_address]
        if found:
            return Related(tuple(found))
        # A plan's references leave indexes out: one resource of that name is the one meant.
        loose = [e for a in sorted(addresses) for e in self._by_plain.get(_INDEX.sub("", a), ())]
        if len(loose) == 1:
            return Related(tuple(loose))
        if loose:
            return Related(
                maybe=tuple(loose), open=frozenset(blame_on(p) for p in open_parts(value))
            )
        return Related(open=frozenset({_outside(value)}))

    def _named(self, value: Text) -> list[E]:
        arn = split_arn(value)
        if arn is None:
            return list(dict.fromkeys(self._by_name.get(value.literal or "", ())))
        name = arn.resource.literal or ""
        candidates = self._by_name.get(name, []) + self._by_name.get(name.rpartition("/")[2], [])
        return [
            entity
            for entity in dict.fromkeys(candidates)
            if same(arn.account, entity.resource.provider.account).is_yes
        ]


def _symbols(value: Text) -> Iterator[Symbol]:
    seen = list(value.parts) + list(outline(value).parts)
    yield from (part for part in seen if isinstance(part, Symbol))


def _outside(value: Text) -> Blame:
    return Blame(str(value), "not in the scanned templates", value.position)


def references(resource: Resource, path: str) -> list[tuple[Value, bool]]:
    """Every value that stands at a path, over all cases, with whether it does so in all of them.

    A list gives its members.
    """
    collected: dict[str, tuple[Value, int]] = {}
    count = 0

    def question(world: World) -> list[Value]:
        if not exists(resource, world):
            return []
        value, _ = at_path(resource, path, world)
        return [] if value is None else _members(settle(value, world))

    try:
        for _, values in in_every_world(question):
            count += 1
            for value in values:
                _, times = collected.get(repr(value), (value, 0))
                collected[repr(value)] = (value, times + 1)
    except TooManyWorlds:
        reason = "depends on too many combinations of conditions"
        return [(Unknown(resource.address, reason, resource.position), False)]
    return [(value, times == count) for value, times in collected.values()]


def _members(value: Value) -> list[Value]:
    if isinstance(value, List):
        return [*value.items, *([value.open] if value.open is not None else [])]
    return [value]


def find_all(directory: Directory[E], resource: Resource, paths: Iterable[str]) -> Related[E]:
    """What a resource refers to at some paths, taken together."""
    total: Related[E] = Related()
    for path in paths:
        for value, always in references(resource, path):
            found = directory.find(value)
            if not always:
                found = Related(maybe=found.items + found.maybe, open=found.open)
            total = joined(total, found)
    return total


def joined(left: Related[E], right: Related[E]) -> Related[E]:
    """Both, without doubles; what is certain in one is certain."""
    items = tuple(dict.fromkeys(left.items + right.items))
    maybe = tuple(e for e in dict.fromkeys(left.maybe + right.maybe) if e not in items)
    return Related(items, maybe, left.open | right.open)


def plus(related: Related[E], entity: E, *, certain: bool) -> Related[E]:
    """One more, certain or possible."""
    extra: Related[E] = Related((entity,)) if certain else Related(maybe=(entity,))
    return joined(related, extra)
