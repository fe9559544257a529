"""What a resource refers to: the values at its attributes, by case, and what they find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol, TypeVar

from kmsiac.inventory.cases import TooManyWorlds, World, in_every_world
from kmsiac.inventory.expand import digest
from kmsiac.inventory.gathered import Gathered
from kmsiac.inventory.model import Entity, Related
from kmsiac.inventory.settings import at_path, exists
from kmsiac.stack import Provider, Resource
from kmsiac.values import List, Unknown, Value

E = TypeVar("E", bound=Entity)


class Finder(Protocol[E]):
    """Finds the entities that a value refers to."""

    def find(self, value: Value, noun: str = "", near: Provider | None = None) -> Related[E]:
        """See `Directory.find`."""
        ...


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


def same_values(left: list[Value], right: list[Value]) -> bool:
    """Whether two cases name the same."""
    return left is right or [digest(value) for value in left] == [digest(value) for value in right]


def _members(value: Value) -> list[Value]:
    if isinstance(value, List):
        members = [*value.items, *([value.open] if value.open is not None else [])]
        return list({digest(member): member for member in members}.values())
    return [value]


def find_all(
    finder: Finder[E], resource: Resource, paths: Iterable[str], *, conditional: bool = False
) -> Related[E]:
    """What a resource refers to at some paths, taken together. Certain is what every case names."""
    total: Gathered[E] = Gathered()
    for path in paths:
        cases = references(resource, path, conditional=conditional)
        named: Counter[E] = Counter()
        for values in cases:
            case: Gathered[E] = Gathered()
            for value in values:
                case.update(finder.find(value, noun_of(path), resource.provider))
            found = case.freeze()
            named.update(found.items)
            total.update(found, certain=False)
        for entity, times in named.items():
            if times == len(cases):
                total.add(entity, certain=True)
    return total.freeze()


def noun_of(path: str) -> str:
    """What a bare name at a path means: `roles` and `RoleName` name roles."""
    return next((noun for noun in ("role", "user", "group") if path.lower().startswith(noun)), "")
