"""Values that depend on guards, and worlds: assignments of values to guards.

The inventory expands the Choices of each resource into cases. Whoever reads several things at once
(a rule, the access engine) does so in a *world* and asks each for its case there. Where the world
leaves it open, `Varying.pick` raises `Undecided`, and `in_every_world` runs the question again in
each of the worlds that decide it: correlated guards stay correlated, irrelevant ones never split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, Self, TypeVar

from kmsiac.values import ANOTHER, Atom, Equality, Guard

T = TypeVar("T")
R = TypeVar("R")

World = Mapping[Guard, Atom]
"""What is assumed about the deployment. The empty world assumes nothing."""

MAX_WORLDS = 64
"""More worlds than this for one question, and it ends in "too many combinations"."""


class Undecided(Exception):  # noqa: N818 - it is a question, not an error
    """The world does not say what `guard` is; it can be any of `atoms`."""

    def __init__(self, guard: Guard, atoms: tuple[Atom, ...]) -> None:
        super().__init__(guard.name)
        self.guard = guard
        self.atoms = atoms


class TooManyWorlds(Exception):  # noqa: N818
    """A question that depends on more than `MAX_WORLDS` combinations of guards. `position` is where
    the value is written that depends on them, 0 where that is not one place.
    """

    def __init__(self, position: int = 0) -> None:
        super().__init__(position)
        self.position = position


class Varying(Generic[T]):
    """A thing that has one value per case. The cases exclude each other and leave nothing out."""

    __slots__ = ("_cases",)

    def __init__(self, cases: tuple[tuple[World, T], ...]) -> None:
        self._cases = cases

    @property
    def cases(self) -> tuple[tuple[World, T], ...]:
        """Every case and its value."""
        return self._cases

    @classmethod
    def always(cls, value: T) -> Varying[T]:
        """The same value in every case."""
        return cls((({}, value),))

    def pick(self, world: World) -> T:
        """The value in a world; raises `Undecided` where the world leaves it open."""
        fitting = [(when, value) for when, value in self.cases if compatible(when, world)]
        if len(fitting) == 1:
            return fitting[0][1]
        for when, _ in fitting:
            for guard, atom in when.items():
                held = world.get(guard)
                if held is None or (isinstance(held, Rest) and held != atom):
                    atoms = {other[guard]: None for other, _ in fitting if guard in other}
                    if isinstance(atom, bool):  # a case may leave out what the rest of it implies
                        atoms = dict.fromkeys((*atoms, not atom))
                    raise Undecided(guard, tuple(atoms))
        # No guard is open: cases overlap only where a caller built them so; the first one counts.
        return (fitting or list(self.cases))[0][1]


class Rest(str):
    """Any value of a guard but `excluded`; prints as `not prod`."""

    __slots__ = ("excluded",)
    excluded: Atom

    def __new__(cls, excluded: Atom) -> Self:
        """The rest of the values of a guard."""
        made = super().__new__(cls, f"not {excluded}")
        made.excluded = excluded
        return made


def compatible(when: World, world: World) -> bool:
    """Whether a case can hold in a world."""
    for guard, atom in when.items():
        held = world.get(guard)
        if held is None:
            if world and not possible(world, guard, atom):
                return False
        elif not _agree(held, atom):
            return False
    return True


def _agree(left: Atom, right: Atom) -> bool:
    if left == right or (isinstance(left, Rest) and isinstance(right, Rest)):
        return True
    if isinstance(left, Rest):
        return left.excluded != right
    return isinstance(right, Rest) and right.excluded != left


def possible(world: World, guard: Guard, atom: Atom) -> bool:
    """Whether `guard` can be `atom` in a world, which does not say what it is: what is one text
    is no other.
    """
    return not any(
        _excludes(guard, atom, other, held) or _excludes(other, held, guard, atom)
        for other, held in world.items()
    )


def without_implied(world: World) -> World:
    """The world without what the rest of it says already."""
    short = dict(world)
    for guard, atom in world.items():
        if isinstance(guard, Equality) and isinstance(atom, bool):
            rest = {other: held for other, held in short.items() if other != guard}
            if not possible(rest, guard, not atom):
                short = rest
    return short


def _excludes(asked: Guard, truth: Atom, other: Guard, held: Atom) -> bool:
    if not isinstance(asked, Equality):
        return False
    if isinstance(other, Equality):
        both = truth is asked.positive and held is other.positive
        return both and asked.subject == other.subject and asked.literal != other.literal
    if asked.subject != other or held == ANOTHER:
        return False
    if isinstance(held, Rest):
        return truth is asked.positive and held.excluded == asked.literal
    return (truth is asked.positive) is not (held == asked.literal)


def in_every_world(
    question: Callable[[World], R], start: World | None = None
) -> Iterator[tuple[World, R]]:
    """Ask `question` in as few worlds as decide it, and yield each world with its result.

    Raises `TooManyWorlds` past the cap.
    """
    pending: list[dict[Guard, Atom]] = [dict(start or {})]
    asked = decided = 0
    while pending:
        world = pending.pop()
        asked += 1
        if asked > 4 * MAX_WORLDS or len(pending) > MAX_WORLDS:
            raise TooManyWorlds
        try:
            result = question(world)
        except Undecided as undecided:
            guard = undecided.guard
            atoms = [atom for atom in undecided.atoms if possible(world, guard, atom)]
            # Where nothing is left the world cannot be, and is asked like any other.
            left = atoms or undecided.atoms
            pending.extend({**world, guard: atom} for atom in reversed(left))
            continue
        decided += 1
        if decided > MAX_WORLDS:
            raise TooManyWorlds
        yield world, result
