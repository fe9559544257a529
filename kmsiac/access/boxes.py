"""Boxes over classes of condition keys: is there a point of one that lies in none of the others?"""

from __future__ import annotations

from collections.abc import Sequence

STEPS = 40_000
"""What one question may cost before it is too complex."""

Masks = dict[str, int]
"""Per condition key, the classes (as bits) that are left."""
Box = tuple[tuple[str, int], ...]
"""Per condition key, the classes that a statement covers; a key that is not there may be any."""


class TooComplex(Exception):  # noqa: N818 - not an error: the answer is "cannot tell"
    """The budget of steps ran out."""


class Budget:
    """A count of steps; the same input always takes the same number.

    `incomplete` is set where a search passed over something that it could not split wholly: what
    it did not find may be there all the same.
    """

    def __init__(self, steps: int = STEPS) -> None:
        self._left = steps
        self.incomplete = False

    def spend(self, steps: int = 1) -> None:
        """Take steps off; raises `TooComplex` where none are left."""
        self._left -= steps
        if self._left < 0:
            raise TooComplex


def leave(masks: Masks, boxes: Sequence[Box | None], budget: Budget) -> Masks | None:
    """The classes left when every box is left by one key; None if that cannot be.

    A box of no keys covers everything; None in place of a box covers nothing.
    """
    stack: list[tuple[Masks, list[Box]]] = [(masks, [box for box in boxes if box is not None])]
    while stack:
        current, pending = stack.pop()
        narrowed = _narrow(dict(current), pending, budget)
        if narrowed is None:
            continue
        current, rest = narrowed
        if not rest:
            return current
        for key, bad in reversed(rest[0]):
            good = current[key] & ~bad
            if good:
                stack.append(({**current, key: good}, rest[1:]))
    return None


def _narrow(masks: Masks, pending: list[Box], budget: Budget) -> tuple[Masks, list[Box]] | None:
    """Boxes that are left already fall away; where one key only can leave a box, it must."""
    changed = True
    while changed:
        changed = False
        rest: list[Box] = []
        for box in pending:
            budget.spend()
            if any(not masks[key] & bad for key, bad in box):
                continue
            ways = [(key, masks[key] & ~bad) for key, bad in box if masks[key] & ~bad]
            if not ways:
                return None
            if len(ways) == 1:
                masks[ways[0][0]] = ways[0][1]
                changed = True
            else:
                rest.append(box)
        pending = rest
    return masks, pending
