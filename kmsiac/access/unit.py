"""Everything that one deployment unit says in one world, and the questions over all of it.

Used by the rules (through a Scope) and by `kmsiac can`, `who-can` and `principal-can`.
"""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.access.place import Given, Who
from kmsiac.access.results import Holder, Ruling
from kmsiac.access.trust import Trusted
from kmsiac.inventory.cases import World
from kmsiac.inventory.model import Identity, Inventory, Key
from kmsiac.policy.actions import ActionSet
from kmsiac.values import cannot_tell

_NOTHING = Given()


class UnitAccess:
    """One unit in one world. Reading a document may raise `Undecided`: the caller splits worlds."""

    def __init__(self, inventory: Inventory, world: World, trusted: Trusted) -> None:
        self._inventory = inventory
        self._world = world
        self._trusted = trusted

    def can(
        self,
        who: Who | None,
        actions: Iterable[str],
        key: Key,
        given: Given = _NOTHING,
        *,
        side: str = "both",
    ) -> Ruling:
        """Whether the principal can do at least one of the actions with the key.

        Without `who`: whether anybody in the account of the key can. `side` is `both`, `key` (the
        principal's own side is taken as given) or `identity` (the key's side is).
        """
        return Ruling(cannot_tell())

    def holders(self, actions: Iterable[str], key: Key) -> tuple[Holder, ...]:
        """Everybody known who can, or may be able to, do one of the actions with the key."""
        return ()

    def holdings(self, who: Who) -> tuple[Holder, ...]:
        """What a principal can do, one holder for each key of the unit that it reaches."""
        return ()

    def allowed_actions(self, identity: Identity) -> ActionSet:
        """What the identity's own policies allow on some key: Denies and boundary applied."""
        return ActionSet(frozenset(), frozenset(), frozenset())
