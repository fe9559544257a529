"""Entities that nothing but their addresses tells apart: what is said of one is said of all.

A module that is called 300 times with equal inputs, a block with `count`: the instances have equal
contents, but for what each says of itself and of those that it refers to. Where nobody else refers
to two such groups of resources, they can change places and the unit stays the same. So a rule
that says nothing of an entity of one says nothing of its like in the other.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from kmsiac.inventory.link import plain_steps
from kmsiac.inventory.model import Entity, Inventory
from kmsiac.stack import Resource
from kmsiac.values import (
    Bool,
    Choice,
    List,
    Map,
    Number,
    Symbol,
    Text,
    Unknown,
    Value,
    walk,
)

_FEW = 20
"""A unit with no more entities is asked about each."""
_SHARED = 3
"""What more resources refer to than this is nobody's own."""


def likes(inventory: Inventory) -> dict[int, Entity]:
    """For each entity (by id) the first one that it is like. What is like no earlier one is left out."""
    entities = [entity for entity in inventory.entities() if not _is_given(entity)]
    if len(entities) <= _FEW:
        return {}
    by_address: dict[str, list[Entity]] = {}
    for entity in entities:
        by_address.setdefault(entity.address, []).append(entity)
    found: dict[Hashable, list[Entity]] = {}
    like: dict[int, Entity] = {}
    references = _References(by_address)
    for group in references.groups():
        members = [entity for address in group for entity in by_address[address]]
        mark = _Mark(group, references.fixed)
        sign = tuple((type(each), mark.resource(each.resource)) for each in members)
        first = found.setdefault(sign, members)
        if first is not members:
            like.update((id(one), other) for one, other in zip(members, first, strict=True))
    return like


def _is_given(entity: Entity) -> bool:
    """Whether it is a policy of AWS that no resource of the unit writes."""
    return bool(getattr(entity, "aws_managed", ""))


class _References:
    """Which resources refer to which.

    What many refer to, and what it refers to itself, stays where it is when two groups change
    places: none of that is in a group, and none of it refers to one. `fixed` are their addresses.
    """

    def __init__(self, by_address: dict[str, list[Entity]]) -> None:
        self._by_address = by_address
        self._refers = {
            address: dict.fromkeys(
                referred for each in _resources(found) for referred in _addresses(each)
            )
            for address, found in by_address.items()
        }
        self._add_loose_ones()
        self.fixed = _fixed(self._refers)

    def _add_loose_ones(self) -> None:
        """A plan leaves indexes out: what refers to a block may refer to each of its instances."""
        met = {other for others in self._refers.values() for other in others}
        if strange := met - self._by_address.keys():
            by_plain: dict[tuple[str, ...], dict[str, None]] = {}
            for address in self._by_address:
                by_plain.setdefault(plain_steps(address), {})[address] = None
            for address in sorted(strange):
                self._refers[address] = by_plain.get(plain_steps(address), {})

    def groups(self) -> Iterable[list[str]]:
        """Addresses that refer to each other, in the order of the unit."""
        parent: dict[str, str] = {}

        def root(address: str) -> str:
            while (above := parent.setdefault(address, address)) != address:
                parent[address] = parent.setdefault(above, above)
                address = above
            return address

        for address, others in self._refers.items():
            for other in others:
                if address not in self.fixed and other not in self.fixed:
                    parent[root(other)] = root(address)
        groups: dict[str, list[str]] = {}
        for address in self._by_address:
            if address not in self.fixed:
                groups.setdefault(root(address), []).append(address)
        return groups.values()


def _resources(entities: list[Entity]) -> Iterator[Resource]:
    yield from {id(entity.resource): entity.resource for entity in entities}.values()


def _fixed(refers: dict[str, dict[str, None]]) -> set[str]:
    times: dict[str, int] = {}
    for others in refers.values():
        for other in others:
            times[other] = times.get(other, 0) + 1
    fixed = {address for address, count in times.items() if count > _SHARED}
    while True:
        loose = {a for a in fixed if any(other not in fixed for other in refers.get(a, ()))}
        if not loose:
            return fixed
        fixed -= loose


def _addresses(resource: Resource) -> Iterator[str]:
    """The addresses that a resource refers to, whether or not they are in the inventory."""
    yield from resource.depends_on
    for written in (resource.attributes, resource.lifecycle):
        for value in walk(written) if written is not None else ():
            if isinstance(value, Text):
                yield from _in_text(value)


def _in_text(value: Text) -> Iterator[str]:
    for part in value.parts:
        if isinstance(part, Symbol):
            if part.address:
                yield part.address
            if part.shape is not None:
                yield from _in_text(part.shape)


class _Mark:
    """What is seen of the resources of one group: equal where addresses alone differ."""

    def __init__(self, group: list[str], fixed: set[str]) -> None:
        self._fixed = fixed
        self._own = {address: at for at, address in enumerate(group)}
        self._marks: dict[int, Hashable] = {}

    def resource(self, resource: Resource) -> Hashable:
        """All of a resource that decides anything. Where it stands and its calls do not."""
        known = self._marks.get(id(resource))
        if known is None:
            made = resource.provider
            known = self._marks[id(resource)] = (
                self._own[resource.address],
                resource.type,
                self._value(resource.attributes),
                made.owner,
                tuple(
                    map(self._value, (made.account, made.region, made.partition, made.dns_suffix))
                ),
                tuple(map(self._address, resource.depends_on)),
                resource.lifecycle and self._value(resource.lifecycle),
                resource.metadata and self._value(resource.metadata),
                resource.exists,
                resource.absent and self._value(resource.absent),
            )
        return known

    def _address(self, address: str) -> int | str:
        """Which of the group it is: one to which nobody else refers is in it, too."""
        if address in self._fixed:
            return address
        return self._own.setdefault(address, len(self._own))

    def _value(self, value: Value) -> Hashable:
        secret = value.sensitive
        if isinstance(value, Text):
            document = self._value(value.document) if value.document is not None else None
            return ("text", tuple(map(self._part, value.parts)), document, secret)
        if isinstance(value, List):
            return ("list", tuple(map(self._value, value.items)), value.open, secret)
        if isinstance(value, Map):
            entries = tuple((self._value(key), self._value(each)) for key, each in value.entries)
            return ("map", entries, value.open, secret)
        if isinstance(value, Choice):
            branches = tuple((atom, self._value(branch)) for atom, branch in value.branches)
            return ("choice", value.guard, branches, secret)
        if isinstance(value, Number):
            return ("number", value.number, secret)
        if isinstance(value, Bool):
            return ("bool", value.value, secret)
        if isinstance(value, Unknown):
            return (value, value.reason, secret)
        return (type(value).__name__, secret)

    def _part(self, part: str | Symbol | Unknown) -> Hashable:
        if not isinstance(part, Symbol):
            return part
        shape = tuple(map(self._part, part.shape.parts)) if part.shape is not None else None
        own = self._address(part.address) if part.address else ""
        if not isinstance(own, int) or not part.reference.startswith(part.address):
            return (part, part.type, shape)
        called = part.reference[len(part.address) :]
        return (own, called, part.owner, part.origin, part.type, shape)
