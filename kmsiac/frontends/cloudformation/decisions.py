"""Boolean functions of atomic guards: what a condition of a template comes down to.

A Decision is True, False or a Test that goes on by the value of one guard. Conjunction,
disjunction and negation keep it reduced: a test whose branches agree is gone. Sizes are capped,
since a condition over many guards can need exponentially many tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kmsiac.values import Atom, Guard

MAX_ALTERNATIVES = 64
"""The most cases that one value or condition may split into."""


class TooManyAlternativesError(Exception):
    """More than `MAX_ALTERNATIVES` cases. Internal: callers fall back to something coarser."""


class Test:
    """A decision that depends on a guard: one decision for each of the guard's values."""

    __slots__ = ("branches", "guard", "guards", "key", "size")

    def __init__(self, guard: Guard, branches: Iterable[tuple[Atom, Decision]]) -> None:
        self.guard = guard
        self.branches = tuple(branches)
        self.key: tuple[object, ...] = (
            guard,
            *((atom, d.key if isinstance(d, Test) else d) for atom, d in self.branches),
        )
        inner = [d.guards for _, d in self.branches if isinstance(d, Test)]
        self.guards: frozenset[Guard] = frozenset((guard,)).union(*inner)
        """The guards that it depends on."""
        self.size: int = 1 + sum(d.size for _, d in self.branches if isinstance(d, Test))
        """How many tests there are in it, itself included."""

    def __repr__(self) -> str:
        return f"Test({self.guard.name}: {self.branches})"


Decision = bool | Test


def same(left: Decision, right: Decision) -> bool:
    """Whether two decisions are the same function, written the same way."""
    if isinstance(left, Test) and isinstance(right, Test):
        return left.key == right.key
    return left is right


def test(guard: Guard, branches: Sequence[tuple[Atom, Decision]]) -> Decision:
    """The decision by `guard`, reduced where its value makes no difference."""
    first = branches[0][1]
    if all(same(first, other) for _, other in branches[1:]):
        return first
    return Test(guard, branches)


def yes_no(guard: Guard, positive: bool = True) -> Decision:
    """The decision that is the guard's own truth, or its opposite."""
    return Test(guard, ((True, positive), (False, not positive)))


def restrict(decision: Decision, guard: Guard, atom: Atom) -> Decision | None:
    """The decision once `guard` is known to be `atom`; None if the guard cannot be that."""
    if not isinstance(decision, Test) or guard not in decision.guards:
        return decision
    if decision.guard == guard:
        for value, branch in decision.branches:
            if value == atom:
                return restrict(branch, guard, atom)
        return None
    left: list[tuple[Atom, Decision]] = []
    for value, branch in decision.branches:
        inner = restrict(branch, guard, atom)
        if inner is not None:
            left.append((value, inner))
    return test(decision.guard, left) if left else None


def negate(decision: Decision) -> Decision:
    """The opposite decision."""
    if not isinstance(decision, Test):
        return not decision
    return Test(decision.guard, [(atom, negate(branch)) for atom, branch in decision.branches])


def combine(decisions: Sequence[Decision], decisive: bool) -> Decision:
    """Or (`decisive` True) or And (False) of decisions: `decisive` if any is, else its opposite.

    Raises `TooManyAlternativesError` where the result would need too many tests.
    """
    different = {decision.key: decision for decision in decisions if isinstance(decision, Test)}
    if any(decision is decisive for decision in decisions):
        return decisive
    if len(different) > MAX_ALTERNATIVES:
        raise TooManyAlternativesError
    return _combine(list(different.values()), decisive, _Counter())


class _Counter:
    """Counts tests, on the way down, so that depth is bounded too; those that are taken over as they
    are as well, or conditions made of conditions would double in size with each.
    """

    def __init__(self) -> None:
        self.left = 2 * MAX_ALTERNATIVES

    def spend(self, tests: int = 1) -> None:
        self.left -= tests
        if self.left < 0:
            raise TooManyAlternativesError


def _combine(decisions: list[Decision], decisive: bool, counter: _Counter) -> Decision:
    if any(decision is decisive for decision in decisions):
        return decisive
    tests = [decision for decision in decisions if isinstance(decision, Test)]
    if not tests:
        return not decisive
    if len(tests) == 1:
        counter.spend(tests[0].size)
        return tests[0]
    counter.spend()
    guard = tests[0].guard
    branches: list[tuple[Atom, Decision]] = []
    for atom, _ in tests[0].branches:
        left = [restrict(decision, guard, atom) for decision in tests]
        possible = [decision for decision in left if decision is not None]
        if len(possible) == len(left):
            branches.append((atom, _combine(possible, decisive, counter)))
    return test(guard, branches) if branches else not decisive


def count(decision: Decision, outcome: bool) -> int:
    """How many conjunctions of guard values make the decision `outcome`."""
    if isinstance(decision, Test):
        return sum(count(branch, outcome) for _, branch in decision.branches)
    return int(decision is outcome)


def paths(decision: Decision, outcome: bool) -> list[tuple[tuple[Guard, Atom], ...]]:
    """Every conjunction of guard values under which the decision is `outcome`."""
    found: list[tuple[tuple[Guard, Atom], ...]] = []

    def follow(current: Decision, path: tuple[tuple[Guard, Atom], ...]) -> None:
        if isinstance(current, Test):
            for atom, branch in current.branches:
                follow(branch, (*path, (current.guard, atom)))
        elif current is outcome:
            found.append(path)

    follow(decision, ())
    return found


def build(guard: Guard, atoms: Iterable[Atom], decide: Callable[[Atom], Decision]) -> Decision:
    """The decision by `guard` with one branch for each of `atoms`."""
    return test(guard, [(atom, decide(atom)) for atom in atoms])
