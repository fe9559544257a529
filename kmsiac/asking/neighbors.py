"""Roles and users that other units of the scan make: in the account of a key, or named by it."""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.access.place import Who
from kmsiac.asking.scene import Located, Scene
from kmsiac.inventory.model import Identity, Inventory, Key
from kmsiac.inventory.named import identity_named
from kmsiac.policy.matching import same

_MOST_UNITS = 3


class Neighbors:
    """The identities of other units whose account is the key's, and the units that left it open."""

    def __init__(self, scene: Scene, inventory: Inventory, key: Key) -> None:
        self.known: list[Located[Identity]] = []
        unplaced: dict[str, None] = {}
        others = [unit for unit in scene.units if unit is not inventory]
        for unit in others:
            for identity in unit.identities:
                provider = identity.resource.provider
                placed = same(provider.account, key.resource.provider.account)
                if identity.kind != "group" and placed.is_yes:
                    self.known.append(Located(identity, unit))
                elif identity.kind != "group" and placed.is_open:
                    unplaced[unit.unit] = None
        self.notes = _told(list(unplaced), key)
        self._units = others

    def named(self, who: Who) -> Located[Identity] | None:
        """The identity of another unit, in whichever account, that the key's unit only names."""
        if who.identity is not None or who.kind not in ("role", "user"):
            return None
        found = [
            Located(identity, unit)
            for unit in self._units
            for identity in identity_named(unit, who.text).items
        ]
        return found[0] if len(found) == 1 else None


def _told(units: Iterable[str], key: Key) -> list[str]:
    names = list(units)
    if not names:
        return []
    more = f" and {len(names) - _MOST_UNITS} more" if len(names) > _MOST_UNITS else ""
    told = f"the roles and users of {', '.join(names[:_MOST_UNITS])}{more} are left out: whether"
    place = f"they are in the account of {key.address} is not known"
    return [f"{told} {place}; give --account-id if they are"]
