"""What a field can answer, and the things that have fields.

A *reading* is a text, a name, a truth, a number, a thing, or `Items` of such; `Open` where it
cannot be told, `ABSENT` where there is nothing to read (not applicable).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from kmsiac.inventory.cases import World
from kmsiac.inventory.in_world import InWorld
from kmsiac.inventory.model import Entity, Identity, Inventory, Policy, Related, Settings
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import (
    Answer,
    Blame,
    Bool,
    List,
    Null,
    Number,
    Text,
    Unknown,
    Value,
    Verdict,
    blame_on,
)

if TYPE_CHECKING:
    from kmsiac.access.trust import Trusted
    from kmsiac.access.unit import Memory, UnitAccess
    from kmsiac.policy.actions import Covered
    from kmsiac.rules.targets import Target
    from kmsiac.rules.truth import Truth


E = TypeVar("E", bound=Entity)


class Absent:
    """The reading of a field of something absent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


class Open:
    """A reading that cannot be told; `blame` says why, `never` what it is not in any case."""

    __slots__ = ("blame", "never")

    def __init__(self, blame: Iterable[Blame], never: frozenset[str] = frozenset()) -> None:
        self.blame = frozenset(blame)
        self.never = never


class Witnessed:
    """A yes of a semantic field, with the request that shows it."""

    __slots__ = ("witness",)

    def __init__(self, witness: object) -> None:
        self.witness = witness


class Items:
    """A list: its certain members, the possible ones with the reasons for doubt, and the rest.

    `more` is not empty where there may be members that are not listed at all. `truths` are kept
    with a list that many things share: what a term says of it that asks about nothing else.
    """

    __slots__ = ("certain", "maybe", "more", "truths")

    def __init__(
        self,
        certain: Iterable[Reading] = (),
        maybe: Iterable[tuple[Reading, frozenset[Blame]]] = (),
        more: frozenset[Blame] = frozenset(),
    ) -> None:
        self.certain = tuple(certain)
        self.maybe = tuple(maybe)
        self.more = more
        self.truths: dict[object, Truth] | None = None


class Thing:
    """Something that has fields: `kind` names them, `value` is the object they are read from.

    `parent` is what it lies in (a condition's statement, a statement's policy). `unknown` is set
    for one of which nothing is known but that it may exist.
    """

    __slots__ = ("_readings", "kind", "parent", "scope", "unknown", "value")

    def __init__(
        self,
        kind: str,
        value: object,
        scope: Scope,
        parent: Thing | None = None,
        unknown: frozenset[Blame] = frozenset(),
    ) -> None:
        self.kind = kind
        self.value = value
        self.scope = scope
        self.parent = parent
        self.unknown = unknown
        self._readings: dict[object, Reading] = {}

    def remember(self, name: object, read: Callable[[Thing], Reading]) -> Reading:
        """The reading of a field, worked out once. `name` is the field, and what it was asked with."""
        found = self._readings.get(name)
        if found is None:
            found = self._readings[name] = read(self)
        return found


Reading = Text | str | bool | int | Decimal | Thing | Items | Open | Absent | Witnessed


@dataclass(frozen=True)
class Surroundings:
    """What holds for all rules of one unit."""

    inventory: Inventory
    trusted: Trusted

    @cached_property
    def memory(self) -> Memory:
        """What the access engine has worked out, shared by all worlds."""
        from kmsiac.access.unit import Memory  # noqa: PLC0415 - loads when first asked

        return Memory(self.covered)

    @cached_property
    def covered(self) -> Covered:
        """The actions that statements cover or may cover, shared by all worlds."""
        from kmsiac.policy.actions import Covered  # noqa: PLC0415 - loads the action table

        return Covered()

    @cached_property
    def lists(self) -> dict[object, Items]:
        """Lists that are the same in every world, each once."""
        return {}

    @cached_property
    def identities(self) -> dict[str, list[Identity]]:
        """The identities by address: a rule looks one up for every principal of every statement."""
        found: dict[str, list[Identity]] = {}
        for identity in self.inventory.identities:
            found.setdefault(identity.address, []).append(identity)
        return found


class Scope:
    """One world of one unit: gives each object its thing, the same one for every rule."""

    def __init__(self, surroundings: Surroundings, world: World) -> None:
        self.inventory = surroundings.inventory
        self.trusted = surroundings.trusted
        self.world = world
        self._entities = InWorld(world)
        self._surroundings = surroundings
        self._things: dict[tuple[str, int], Thing] = {}
        # Keeps objects alive whose id is a key above.
        self._held: list[object] = []
        self.targets: dict[tuple[int, str], tuple[Target, ...]] = {}
        """What each entity holds by kind of target: `targets_in` keeps it here for all rules."""
        self.asked = 0
        """How many principals rules have asked about keys: each costs a search."""

    def thing(
        self,
        kind: str,
        value: object,
        parent: Thing | None = None,
        unknown: frozenset[Blame] = frozenset(),
    ) -> Thing:
        """The thing that stands for an object (by identity)."""
        key = (kind, id(value))
        found = self._things.get(key)
        if found is None:
            found = self._things[key] = Thing(kind, value, self, parent, unknown)
            self._held.append(value)
        return found

    def shared(self, key: object, make: Callable[[], Items]) -> Items:
        """A list that many things have in all worlds, made once."""
        lists = self._surroundings.lists
        if key not in lists:
            lists[key] = make()
            lists[key].truths = {}
        return lists[key]

    @cached_property
    def access(self) -> UnitAccess:
        """The access engine over the unit in this world."""
        from kmsiac.access.unit import UnitAccess  # noqa: PLC0415 - loads when first asked

        return UnitAccess(self.inventory, self.world, self.trusted, self._surroundings.memory)

    def identity(self, address: str) -> Identity | None:
        """The identity of this address, if it exists in this world."""
        identities = self._surroundings.identities.get(address, ())
        return next((identity for identity in identities if self.exists(identity)), None)

    def settings(self, entity: Entity) -> Settings | None:
        """The settings in this world; None where the entity does not exist."""
        return self._entities.settings(entity)

    def document(self, policy: Policy) -> PolicyDocument | Unknown | None:
        """The document in this world."""
        return self._entities.document(policy)

    @property
    def covered(self) -> Covered:
        """The actions that a statement covers or may cover."""
        return self._surroundings.covered

    def related(self, kind: str, related: Related[E]) -> Items:
        """The related entities that exist in this world."""
        certain: list[Reading] = []
        maybe: list[tuple[Reading, frozenset[Blame]]] = []
        for entity in related.items:
            if self.exists(entity):
                absent = entity.resource.absent
                if absent is None:
                    certain.append(self.thing(kind, entity))
                else:
                    maybe.append((self.thing(kind, entity), frozenset({blame_on(absent)})))
        doubt = related.open or frozenset(
            {
                Blame(entity.address, "may or may not be meant", entity.position)
                for entity in related.maybe
            }
        )
        maybe += [(self.thing(kind, e), doubt) for e in related.maybe if self.exists(e)]
        return Items(certain, maybe, related.open)

    def exists(self, entity: Entity) -> bool:
        """Whether the entity exists in this world; a policy also needs a document."""
        return self._entities.exists(entity)


def reading(value: Value | None) -> Reading:
    """The reading of an expanded value."""
    if isinstance(value, Text):
        return value
    if value is None or isinstance(value, Null):
        return ABSENT
    if isinstance(value, Bool):
        return value.value
    if isinstance(value, Number):
        return value.number
    if isinstance(value, Unknown):
        return Open((blame_on(value),))
    if isinstance(value, List):
        return texts(value.items, value.open)
    return Open((Blame(str(value)[:80], "this kind of value was not expected", value.position),))


def texts(values: Iterable[Value], rest: Unknown | None) -> Items:
    """The readings of the members of a list; an unknown member is one that may be anything."""
    return items((reading(value) for value in values), rest)


def items(readings: Iterable[Reading], rest: Unknown | None, *more: Unknown | None) -> Items:
    """A list of readings, open where `rest` or one of `more` is an Unknown."""
    blame = frozenset(blame_on(unknown) for unknown in (rest, *more) if unknown is not None)
    return Items([r for r in readings if r is not ABSENT], (), blame)


def answer_reading(answer: Answer) -> Reading:
    """The reading of a yes-or-no field that an Answer gives."""
    if answer.verdict is Verdict.CANNOT_TELL:
        return Open(answer.blame)
    if answer.is_yes and answer.witness is not None:
        return Witnessed(answer.witness)
    return answer.is_yes


def single(related: Items) -> Reading:
    """The one member of a reference: absent where there is none, open where it is not certain."""
    if len(related.certain) == 1 and not related.maybe:
        return related.certain[0]
    if related.certain or related.maybe or related.more:
        blame = related.more.union(*(doubt for _, doubt in related.maybe))
        if blame:
            return Open(blame)
        return related.certain[0]
    return ABSENT
