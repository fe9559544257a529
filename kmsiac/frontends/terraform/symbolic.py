"""What only the evaluator knows among values: errors, sets, lazy objects; and how cases combine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kmsiac.reading.source import NOWHERE
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
)

MAX_GUARDS = 6
"""A value that depends on more guards at once than this becomes Unknown."""


class OverBudget(Exception):  # noqa: N818 - internal signal, becomes an Unknown
    """The evaluation took more steps than it may."""


class Budget:
    """How many steps one unit may still take. A step is a node, a list member or 64 characters."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Use up steps; raises `OverBudget` when none are left."""
        self.left -= steps
        if self.left < 0:
            raise OverBudget

    @contextmanager
    def portion(self) -> Iterator[None]:
        """A quarter of what is left, for one resource: if it takes all, others still have theirs."""
        kept = self.left - self.left // 4
        self.left -= kept
        try:
            yield
        finally:
            self.left = max(self.left, 0) + kept


class Invalid(Unknown):
    """An expression that Terraform would refuse (`{a = 1}.b`): what `try` and `can` catch."""

    __slots__ = ()


class ListOf(List):
    """A Terraform list: all members have one type. A plain List is a tuple.

    `element` is that type (see `types`), or None where only the members tell. `uncertain` says why
    members that are not known may fall away or change places (`distinct`, `compact`), or is empty.
    """

    __slots__ = ("element", "uncertain")

    def __init__(
        self,
        items: Iterable[Value] = (),
        position: int = NOWHERE,
        open: Unknown | None = None,
        sensitive: bool = False,
        element: Any = None,
        uncertain: str = "",
    ) -> None:
        super().__init__(items, position, open, sensitive)
        self.element = element
        self.uncertain = uncertain


class NullList(Null):
    """A null whose type is known to be a list, set or tuple (a variable, `tolist(null)`)."""

    __slots__ = ()


class Set(ListOf):
    """A Terraform set: `for` gives its members as keys, too."""

    __slots__ = ()


class MapOf(Map):
    """A Terraform map: all members have one type. A plain Map is an object."""

    __slots__ = ("element",)

    def __init__(
        self,
        entries: Iterable[tuple[Text, Value]] = (),
        position: int = NOWHERE,
        open: Unknown | None = None,
        sensitive: bool = False,
        element: Any = None,
    ) -> None:
        super().__init__(entries, position, open, sensitive)
        self.element = element


def list_like(value: List, items: Iterable[Value], open: Unknown | None = None) -> List:
    """A tuple, list or set of other items, with the place and the mark of a value."""
    if isinstance(value, ListOf):
        return type(value)(
            items, value.position, open, value.sensitive, value.element, value.uncertain
        )
    return List(items, value.position, open, value.sensitive)


class Lazy(Value):
    """A resource, data source or module as a whole: its attributes are evaluated when asked for."""

    __slots__ = ()

    @property
    def address(self) -> str:
        """How the template refers to it, with indexes."""
        raise NotImplementedError

    def attribute(self, name: str, position: int) -> Value:
        """The value of one attribute or output; `position` is where it is asked for."""
        raise NotImplementedError


def make_choice(guard: Guard, branches: list[tuple[Atom, Value]], position: int) -> Value:
    """A Choice, or the one value if every branch is the same plain value."""
    first = branches[0][1]
    if all(_same(first, value) for _, value in branches[1:]):
        return first
    return Choice(guard, branches, position)


def _same(one: Value, other: Value) -> bool:
    if one is other:
        return True
    if isinstance(one, Bool) and isinstance(other, Bool):
        return one.value == other.value
    if isinstance(one, Number) and isinstance(other, Number):
        return one.number == other.number
    if isinstance(one, Null) and isinstance(other, Null):
        return True
    if isinstance(one, Text) and isinstance(other, Text) and one.position == other.position:
        return one.parts == other.parts and one.document is other.document
    return False


def combine(values: Sequence[Value], make: Callable[[list[Value]], Value], depth: int = 0) -> Value:
    """What `make` gives for the values, case by case where some of them are Choices.

    Guards are correlated: a branch of one Choice picks the branch of every other on the same guard.
    A case in which a value is `Absent` is `Absent`.
    """
    chosen = next((value for value in values if isinstance(value, Choice)), None)
    if chosen is None:
        absent = next((value for value in values if isinstance(value, Absent)), None)
        return absent if absent is not None else make(list(values))
    if depth >= MAX_GUARDS:
        reason = f"depends on more than {MAX_GUARDS} open conditions"
        return Unknown(chosen.guard.name, reason, chosen.position, chosen.guard.unit)
    branches: list[tuple[Atom, Value]] = []
    for atom, _ in chosen.branches:
        case = [restrict(value, chosen.guard, atom) for value in values]
        branches.append((atom, combine(case, make, depth + 1)))
    return make_choice(chosen.guard, branches, chosen.position)


def restrict(value: Value, guard: Guard, atom: Atom) -> Value:
    """The value in the case that `guard` is `atom`."""
    while isinstance(value, Choice) and value.guard == guard:
        inner = next((branch for at, branch in value.branches if at == atom), None)
        if inner is None:
            return Absent(value.position)
        value = inner
    return value


def may_be_absent(value: Value) -> bool:
    """Whether a member exists only in some cases."""
    return isinstance(value, Choice) and any(
        isinstance(branch, Absent) or may_be_absent(branch) for _, branch in value.branches
    )


def as_choice(value: Unknown) -> Choice:
    """An unknown condition as its two cases."""
    guard = Guard(value.unit, value.expression)
    branches = [(True, Bool(True, value.position)), (False, Bool(False, value.position))]
    return Choice(guard, branches, value.position, value.sensitive)


def marked(value: Value, sensitive: bool) -> Value:
    """The value with the sensitive mark, if it is to have it."""
    # A text is sensitive where one value of its document is; here all of them are to be.
    whole = not isinstance(value, Text) or value.document is None or value.document.sensitive
    if not sensitive or (value.sensitive and whole):
        return value
    return remade(value, value.position, sensitive=True)


def remade(value: Value, position: int, sensitive: bool) -> Value:
    """A shallow copy at another place or with another mark."""
    if isinstance(value, Text):
        document = value.document and marked(value.document, sensitive)
        return Text(value.parts, position, sensitive, value.origin, document)
    if isinstance(value, Number):
        return Number(value.number, position, sensitive)
    if isinstance(value, Bool):
        return Bool(value.value, position, sensitive)
    if isinstance(value, Null):
        return Null(position, sensitive)
    if isinstance(value, List):
        items = [marked(v, sensitive) for v in value.items]
        if isinstance(value, ListOf):
            return type(value)(
                items, position, value.open, sensitive, value.element, value.uncertain
            )
        return List(items, position, value.open, sensitive)
    if isinstance(value, Map):
        entries = [(k, marked(v, sensitive)) for k, v in value.entries]
        if isinstance(value, MapOf):
            return MapOf(entries, position, value.open, sensitive, value.element)
        return Map(entries, position, value.open, sensitive)
    if isinstance(value, Choice):
        branches = [(atom, marked(v, sensitive)) for atom, v in value.branches]
        return Choice(value.guard, branches, position, sensitive)
    if isinstance(value, Invalid):
        return Invalid(value.expression, value.reason, position, value.unit, sensitive)
    if isinstance(value, Unknown):
        return Unknown(value.expression, value.reason, position, value.unit, sensitive)
    return value


def broken_part(value: Value, budget: Budget) -> Invalid | None:
    """The first error anywhere inside a value: what makes `try` go on to its next argument."""
    stack = [value]
    while stack:
        current = stack.pop()
        budget.spend()
        if isinstance(current, Invalid):
            return current
        if isinstance(current, Text):
            found = next((part for part in current.parts if isinstance(part, Invalid)), None)
            if found is not None:
                return found
        elif isinstance(current, List):
            stack.extend(reversed(current.items))
        elif isinstance(current, Map):
            stack.extend(member for _, member in reversed(current.entries))
    return None
