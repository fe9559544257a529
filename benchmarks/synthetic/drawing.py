"""Decisions from a seed, the same on every Python: only `random()` is promised to stay as it is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of decisions that its name fixes."""

    def __init__(self, name: str) -> None:
        self._random = random.Random(name)

    def below(self, end: int) -> int:
        return int(self._random.random() * end)

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def one(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def some(self, items: Sequence[T], least: int, most: int) -> list[T]:
        """Different ones of the items, in their order."""
        left = list(range(len(items)))
        count = min(len(items), least + self.below(most - least + 1))
        return [items[at] for at in sorted(left.pop(self.below(len(left))) for _ in range(count))]

    def weighted(self, items: Sequence[tuple[T, int]]) -> T:
        """One of the items, each as often as its weight says."""
        at = self.below(sum(weight for _, weight in items))
        for item, weight in items:
            at -= weight
            if at < 0:
                return item
        raise AssertionError("weights are positive")
