"""The documents that speak about one principal and one key of a unit, in one world.

Collected from the inventory as it is linked: the key's policies and grants, the principal's own,
its groups' and its boundary's, the endpoint's. What may stand beside them is blamed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice, product
from math import prod
from typing import NamedTuple, TypeVar

from kmsiac.access.place import Who
from kmsiac.inventory.in_world import InWorld
from kmsiac.inventory.model import (
    Endpoint,
    Entity,
    Grant,
    Identity,
    Key,
    Policy,
    Related,
)
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import Blame, Unknown, blame_on

E = TypeVar("E", bound=Entity)

_MOST = 8
"""How many combinations of policies that replace each other are looked at."""

KEY, IDENTITY, BOUNDARY, ENDPOINT, GRANT = "key", "identity", "boundary", "endpoint", "grant"


class Sheet(NamedTuple):
    """One document in its layer, and the address that it is written at.

    `absent` blames that its resource may not exist.
    """

    layer: str
    document: PolicyDocument
    address: str
    absent: Blame | None = None

    @property
    def certain(self) -> bool:
        """Whether it is in force for sure."""
        return self.absent is None


@dataclass
class Layers:
    """What speaks about a principal and a key.

    `open` blames, by layer, what may stand there beside the sheets. `known_identity`: the
    principal's own side is in the unit.
    """

    sheets: list[Sheet] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    open: dict[str, set[Blame]] = field(default_factory=dict)
    known_identity: bool = False
    bounded: bool = False

    def of(self, layer: str) -> list[Sheet]:
        """The sheets of a layer."""
        return [sheet for sheet in self.sheets if sheet.layer == layer]

    def doubled(self) -> list[list[Sheet]]:
        """The policies that replace each other: several key policies, several of the endpoint."""
        return [found for layer in (KEY, ENDPOINT) if len(found := self.of(layer)) > 1]

    @property
    def cut(self) -> bool:
        """Whether there are more combinations of these than `in_force` gives."""
        return prod(len(found) for found in self.doubled()) > _MOST

    def in_force(self) -> Iterator[Layers]:
        """The layers with one key policy and one endpoint policy each.

        Of several, the last one that is put replaces the others: which that is, nobody knows.
        """
        doubled = self.doubled()
        if not doubled:
            yield self
            return
        rest = [sheet for sheet in self.sheets if not any(sheet in found for found in doubled)]
        for chosen in islice(product(*doubled), _MOST):
            yield replace(self, sheets=[*chosen, *rest])

    def made_of(self) -> Hashable:
        """What is the same for equal layers: documents by identity."""
        return (
            tuple((s.layer, id(s.document), s.address, s.absent) for s in self.sheets),
            tuple(id(grant) for grant in self.grants),
            tuple((layer, frozenset(blame)) for layer, blame in sorted(self.open.items())),
            (self.known_identity, self.bounded),
        )

    def blame(self, layer: str, blame: Iterable[Blame]) -> None:
        """Note what may stand in a layer beside its sheets."""
        self.open.setdefault(layer, set()).update(blame)


class Reader(InWorld):
    """Reads entities in one world into layers. May raise `Undecided`: the caller splits worlds."""

    def related(self, related: Related[E]) -> tuple[list[E], set[Blame]]:
        """The entities that certainly are related, and blame for those that may be."""
        found: list[E] = []
        doubt = set(related.open)
        for entity in related.items:
            if not self.exists(entity):
                continue
            found.append(entity)
        for entity in related.maybe:
            if self.exists(entity):
                doubt.add(Blame(entity.address, "may or may not be meant", entity.position))
        return found, doubt

    def add(self, layers: Layers, layer: str, policies: Related[Policy]) -> int:
        """Read policies into a layer; how many there are."""
        found, doubt = self.related(policies)
        for policy in found:
            document = self.document(policy)
            if isinstance(document, PolicyDocument):
                absent = _absence(policy)
                layers.sheets.append(Sheet(layer, document, policy.address, absent))
                if absent is not None and layer in _REPLACED:
                    doubt.add(absent)  # what is in force without it is not known
                if document.open is not None:
                    doubt.add(blame_on(document.open))
            elif isinstance(document, Unknown):
                doubt.add(blame_on(document))
        if doubt:
            layers.blame(layer, doubt)
        return len(found)


_REPLACED = frozenset({KEY, BOUNDARY, ENDPOINT})
"""The layers in which something else, or nothing, is in force where a policy does not exist."""


def _absence(entity: Entity) -> Blame | None:
    unknown = entity.resource.absent
    return blame_on(unknown) if unknown is not None else None


def layers_for(
    reader: Reader, who: Who | None, key: Key, endpoint: Endpoint | None = None
) -> Layers:
    """The documents about a principal (None: nobody in particular) and a key."""
    layers = Layers()
    if not reader.add(layers, KEY, key.policies) and KEY not in layers.open:
        missing = Blame(key.address, "its key policy is not in the templates", key.position)
        layers.blame(KEY, [missing])
    grants, doubt = reader.related(key.grants)
    layers.grants = grants
    if doubt:
        layers.blame(GRANT, doubt)
    if endpoint is not None:
        reader.add(layers, ENDPOINT, endpoint.policies)
    if who is not None and who.identity is not None:
        layers.known_identity = True
        own_side(reader, layers, who.identity)
    return layers


def own_side(reader: Reader, layers: Layers, identity: Identity) -> None:
    """The identity's policies, those of its groups, and its boundary."""
    for holder in (identity, *_groups(reader, layers, identity)):
        reader.add(layers, IDENTITY, holder.policies)
    layers.bounded = bool(reader.add(layers, BOUNDARY, identity.boundary))
    layers.bounded |= bool(layers.open.get(BOUNDARY))


def _groups(reader: Reader, layers: Layers, identity: Identity) -> Iterator[Identity]:
    groups, doubt = reader.related(identity.groups)
    if doubt:
        layers.blame(IDENTITY, doubt)
    yield from groups


def only_allows(blame: Blame) -> bool:
    """Whether what is not known is an AWS managed policy, of which only few deny anything."""
    managed = "AWS managed policy" in blame.reason
    return managed and not any(word in blame.expression for word in ("Deny", "Quarantine"))
