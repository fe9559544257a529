"""Collecting the entities that something refers to."""

from __future__ import annotations

from typing import Generic, TypeVar

from kmsiac.inventory.model import Entity, Related
from kmsiac.values import Blame

E = TypeVar("E", bound=Entity)


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
