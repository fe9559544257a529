"""Functions over values that may be Choices: split by guard, compute, and put together again.

Guards of one name are correlated: where two operands depend on the same guard they take the same
branch. A result of more than 64 cases is an Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kmsiac.frontends.cloudformation.decisions import (
    MAX_ALTERNATIVES,
    Decision,
    Test,
    TooManyAlternativesError,
)
from kmsiac.values import (
    Absent,
    Atom,
    Bool,
    Choice,
    Guard,
    List,
    Map,
    Null,
    Number,
    Text,
    Unknown,
    Value,
    text,
)

Build = Callable[[Sequence[Value]], Value]


def distribute(operands: Sequence[Value], build: Build, position: int) -> Value:
    """`build` of the operands, for every case of the Choices among them.

    `build` is given operands that are no Choices. Raises `TooManyAlternativesError`.
    """
    return _distribute(list(operands), build, position, [MAX_ALTERNATIVES])


def _distribute(operands: list[Value], build: Build, position: int, left: list[int]) -> Value:
    split = next((operand for operand in operands if isinstance(operand, Choice)), None)
    if split is None:
        result = build(operands)
        left[0] -= alternatives(result)
        if left[0] < 0:
            raise TooManyAlternativesError
        return result
    branches: list[tuple[Atom, Value]] = []
    for atom, _ in split.branches:
        picked = [pick(operand, split.guard, atom) for operand in operands]
        case = [operand for operand in picked if operand is not None]
        # A case that some operand does not have cannot be deployed.
        if len(case) == len(picked):
            branches.append((atom, _distribute(case, build, position, left)))
    if not branches:
        return Unknown(split.guard.name, "no case is left", position, split.guard.unit)
    return choose(split.guard, branches, position)


def pick(value: Value, guard: Guard, atom: Atom) -> Value | None:
    """The value once `guard` is known to be `atom`; None if it cannot be that."""
    if not isinstance(value, Choice):
        return value
    if value.guard == guard:
        for case, branch in value.branches:
            if case == atom:
                return pick(branch, guard, atom)
        return None
    branches: list[tuple[Atom, Value]] = []
    for case, branch in value.branches:
        inner = pick(branch, guard, atom)
        if inner is not None:
            branches.append((case, inner))
    return choose(value.guard, branches, value.position) if branches else None


def choose(guard: Guard, branches: Sequence[tuple[Atom, Value]], position: int) -> Value:
    """The Choice, or its one value where all branches are the same."""
    first = signature(branches[0][1])
    if first is not None and all(signature(branch) == first for _, branch in branches[1:]):
        return branches[0][1]
    sensitive = any(branch.sensitive for _, branch in branches)
    return Choice(guard, branches, position, sensitive)


def by_decision(decision: Decision, then: Value, otherwise: Value, position: int) -> Value:
    """`then` where the decision is true, `otherwise` where it is false."""
    if not isinstance(decision, Test):
        return then if decision else otherwise
    guard = decision.guard
    branches = [
        (
            atom,
            # What depends on the same guard is settled by it.
            by_decision(
                branch,
                pick(then, guard, atom) or then,
                pick(otherwise, guard, atom) or otherwise,
                position,
            ),
        )
        for atom, branch in decision.branches
    ]
    sensitive = then.sensitive or otherwise.sensitive
    return Choice(guard, branches, position, sensitive)


def alternatives(value: Value) -> int:
    """How many cases a value has by itself, not counting those inside its members."""
    if not isinstance(value, Choice):
        return 1
    return sum(alternatives(branch) for _, branch in value.branches)


def signature(value: Value) -> object:
    """Equal signatures mean the same simple value; None for what is not compared."""
    if isinstance(value, Text):
        return ("text", value.parts, value.sensitive)
    if isinstance(value, Number | Bool):
        return (type(value).__name__, str(value), value.sensitive)
    if isinstance(value, Null | Absent):
        return type(value).__name__
    if isinstance(value, List) and value.open is None:
        members = tuple(signature(item) for item in value.items)
        return None if None in members else ("list", members)
    return None


def as_map(value: Value, position: int) -> Map:
    """The value as one Map: a Choice of Maps becomes a Map of Choices.

    A member that only some branches have is Absent in the others; what cannot be read as a map
    leaves the result open.
    """
    if isinstance(value, Map):
        return value
    if isinstance(value, Absent | Null):
        return Map((), value.position)
    if isinstance(value, Unknown):
        return Map((), value.position or position, value)
    if not isinstance(value, Choice):
        return Map((), position, Unknown(str(value), "a map is expected here", position))
    maps = [(atom, as_map(branch, position)) for atom, branch in value.branches]
    keys: dict[str, Text] = {}
    for _, branch in maps:
        for key, _member in branch.entries:
            keys.setdefault(str(key), key)
    entries: list[tuple[Text, Value]] = []
    for name, key in keys.items():
        members: list[tuple[Atom, Value]] = []
        for atom, branch in maps:
            member = branch.get(name)
            members.append((atom, Absent(branch.position) if member is None else member))
        entries.append((key, choose(value.guard, members, value.position)))
    rest = next((branch.open for _, branch in maps if branch.open is not None), None)
    return Map(entries, value.position, rest)


def plain(value: Value) -> str | None:
    """The text of a wholly known scalar as CloudFormation compares it; None for anything else."""
    if isinstance(value, Text):
        return value.literal
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Bool):
        return "true" if value.value else "false"
    return None


def literal(value: str, position: int, sensitive: bool = False) -> Text:
    """A known text, marked sensitive if what it is made of is."""
    if not sensitive:
        return text(value, position)
    return Text((value,), position, sensitive=True)
