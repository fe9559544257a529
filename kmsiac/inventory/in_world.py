"""Entities as they are in one world."""

from __future__ import annotations

from kmsiac.inventory.cases import World
from kmsiac.inventory.model import Entity, Policy, Settings
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import Unknown


class InWorld:
    """Reads entities in one world, each once: rules and questions ask for the same few anew.

    May raise `Undecided`: the caller splits worlds. Entities are found by id; they live as long as
    their inventory, which must outlive this.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings: dict[int, Settings | None] = {}
        self._documents: dict[int, PolicyDocument | Unknown | None] = {}

    def exists(self, entity: Entity) -> bool:
        """Whether an entity exists in the world; a policy also needs a document."""
        if self.settings(entity) is None:
            return False
        return not isinstance(entity, Policy) or self.document(entity) is not None

    def settings(self, entity: Entity) -> Settings | None:
        """The settings of an entity; None where it does not exist."""
        key = id(entity)
        if key not in self._settings:
            self._settings[key] = entity.settings.pick(self._world)
        return self._settings[key]

    def document(self, policy: Policy) -> PolicyDocument | Unknown | None:
        """The document of a policy; None where none is given."""
        key = id(policy)
        if key not in self._documents:
            self._documents[key] = policy.document.pick(self._world)
        return self._documents[key]
