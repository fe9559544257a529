"""One answer per world put together: what holds in every world, or under which guards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kmsiac.inventory.cases import World, compatible
from kmsiac.rules.match import When


def conditions(firing: Sequence[World], others: Sequence[World]) -> tuple[When, ...]:
    """The guards under which something holds, as few as say it; empty: in every world.

    `firing` and `others` together are all worlds that a question was asked in.
    """
    if not others:
        return ()
    shortened: list[World] = []
    for world in firing:
        short = _without_idle_guards(world, others)
        if short not in shortened:
            shortened.append(short)
    # A conjunction inside a wider one says nothing new.
    kept = [
        a for a in shortened if not any(a is not b and b.items() <= a.items() for b in shortened)
    ]
    return tuple(sorted((_printed(world) for world in kept), key=repr))


def _without_idle_guards(world: World, others: Iterable[World]) -> World:
    short = dict(world)
    for guard in sorted(world, reverse=True):
        candidate = {g: atom for g, atom in short.items() if g != guard}
        if not any(compatible(candidate, other) for other in others):
            short = candidate
    return short


def _printed(world: World) -> When:
    return tuple((guard.name, world[guard]) for guard in sorted(world))
