"""Nested blocks, `dynamic` ones expanded, as Maps and Lists of Maps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.frontends.terraform.conversion import CallError, Undetermined
from kmsiac.frontends.terraform.iterate import pairs
from kmsiac.frontends.terraform.parse import parse_attribute
from kmsiac.frontends.terraform.split import Block, Body
from kmsiac.frontends.terraform.symbolic import Invalid, OverBudget, restrict
from kmsiac.values import Absent, Atom, Choice, Guard, List, Map, Text, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmsiac.frontends.terraform.scope import Frame

MAX_BLOCK_DEPTH = 30

_SETS = {"inline_policy": "name"}
"""Blocks that the provider keeps as a set, and the member that a plan sorts them by."""


class Expanded(NamedTuple):
    """One nested block: its type, body, header position and frame.

    `when` lists the guards under which it exists; `open` is set if there may be more like it.
    """

    type: str
    body: Body
    position: int
    frame: Frame
    when: tuple[tuple[Choice, Atom], ...] = ()
    open: Unknown | None = None

    def wrap(self, value: Value) -> Value:
        """The block's value, `Absent` in the cases where the block does not exist."""
        return only_when(self.when, value, self.position)


When = tuple[tuple[Choice, Atom], ...]
"""Choices and the branch of each that must hold."""


def only_when(when: When, value: Value, position: int) -> Value:
    """The value where every choice is as it must be, elsewhere `Absent`."""
    for choice, atom in reversed(when):
        branches = [(at, value if at == atom else Absent(position)) for at, _ in choice.branches]
        value = Choice(choice.guard, branches, position)
    return value


def expand(body: Body, frame: Frame) -> Iterator[Expanded]:
    """The nested blocks of a body in order, each `dynamic` block once per member of its for_each.

    Raises `OverBudget`: what was given before holds.
    """
    for block in body.blocks:
        frame.context.budget.spend()
        if block.type == "dynamic" and len(block.labels) == 1:
            yield from _dynamic(block, frame)
        else:
            yield Expanded(block.type, block.body, block.position, frame)


def _dynamic(block: Block, frame: Frame) -> Iterator[Expanded]:
    label = block.labels[0]
    content = next((inner for inner in block.body.blocks if inner.type == "content"), None)
    each = block.body.attributes.get("for_each")
    if content is None or each is None:
        return
    written = block.body.attributes.get("iterator")
    iterator = written.source.strip() if written else label
    node = parse_attribute(each)
    yield from _members(frame.evaluate(node), block, content, iterator, frame, ())


def _members(
    collection: Value,
    block: Block,
    content: Block,
    iterator: str,
    frame: Frame,
    when: When,
) -> Iterator[Expanded]:
    label = block.labels[0]
    if isinstance(collection, Choice):
        for atom, _ in collection.branches:
            case = restrict(collection, collection.guard, atom)
            inner = (*when, (collection, atom))
            yield from _members(case, block, content, iterator, frame, inner)
        return
    if isinstance(collection, Absent):
        return
    rest = collection.open if isinstance(collection, List | Map) else None
    try:
        members = list(pairs(collection)) if not isinstance(collection, Invalid) else []
    except (Undetermined, CallError) as problem:
        members, rest = [], _unknown(collection, block, str(problem), frame)
    if isinstance(collection, Invalid):
        rest = collection
    for at, (key, value) in enumerate(members):
        frame.context.budget.spend()
        names = {iterator: _iterator(key, value, block.position)}
        inner_frame = frame.nested(names, f" ({label} {at + 1})")
        yield Expanded(label, content.body, content.position, inner_frame, when)
    if rest is not None:
        yield _others(rest, block, content, iterator, frame, when)


def _others(
    rest: Unknown, block: Block, content: Block, iterator: str, frame: Frame, when: When
) -> Expanded:
    """The one block that stands for all that may come of members that are not known."""
    label = block.labels[0]
    key, value = (
        Unknown(f"{rest.expression}: {iterator}.{name}", rest.reason, rest.position, rest.unit)
        for name in ("key", "value")
    )
    names = {iterator: _iterator(key, value, block.position)}
    some = Guard(rest.unit, f"{rest.expression} is not empty")
    exists = Choice(some, [(True, rest), (False, rest)], block.position)
    inner = frame.nested(names, f" ({label} unknown)")
    return Expanded(label, content.body, content.position, inner, (*when, (exists, True)), rest)


def _unknown(collection: Value, block: Block, reason: str, frame: Frame) -> Unknown:
    if isinstance(collection, Unknown):
        return collection
    node = parse_attribute(block.body.attributes["for_each"])
    return frame.unknown(node, reason)


def _iterator(key: Value, value: Value, position: int) -> Map:
    return Map([(Text(("key",)), key), (Text(("value",)), value)], position)


def body_map(
    body: Body, position: int, frame: Frame, skip: frozenset[str] = frozenset(), depth: int = 0
) -> Map:
    """A body as a Map: attributes, and nested blocks as a List of Maps per type."""
    entries: list[tuple[Text, Value]] = []
    for name, attribute in body.attributes.items():
        if name not in skip:
            key = Text((name,), attribute.position)
            value = guarded(partial(frame.attribute, attribute), name, attribute.position, frame)
            entries.append((key, value))
    if depth > MAX_BLOCK_DEPTH:
        return Map(entries, position, _too_deep(position, frame))
    for type_, (first, items, rest) in grouped(body, frame, skip).items():
        values = [
            each.wrap(body_map(each.body, each.position, each.frame, depth=depth + 1))
            for each in items
        ]
        entries.append((Text((type_,), first), List(_in_plan(type_, values), first, rest)))
    return Map(entries, position)


def _in_plan(type_: str, values: list[Value]) -> list[Value]:
    """Blocks in the order of a plan, so that an index means the same block in both."""
    by: list[tuple[str, Value]] = []
    for value in values:
        name = value.get(_SETS[type_]) if type_ in _SETS and isinstance(value, Map) else None
        if not isinstance(name, Text) or name.literal is None:
            return values
        by.append((name.literal, value))
    return [value for _, value in sorted(by, key=lambda pair: pair[0].encode())]


def _too_deep(position: int, frame: Frame) -> Unknown:
    reason = f"blocks nested over {MAX_BLOCK_DEPTH} deep"
    return Unknown("nested blocks", reason, position, frame.context.stack.unit)


def grouped(
    body: Body, frame: Frame, skip: frozenset[str] = frozenset()
) -> dict[str, tuple[int, list[Expanded], Unknown | None]]:
    """The expanded blocks by type: position of the first, all of them, and whether there may be more.

    Where the steps end, there may be more of every type that is written.
    """
    groups: dict[str, tuple[int, list[Expanded], Unknown | None]] = {}
    try:
        for each in expand(body, frame):
            if each.type not in skip:
                first, items, rest = groups.get(each.type, (each.position, [], None))
                items.append(each)
                groups[each.type] = (first, items, rest or each.open)
    except (OverBudget, RecursionError) as problem:
        for block in body.blocks:
            made = block.labels[0] if block.type == "dynamic" and block.labels else block.type
            if made not in skip:
                first, items, rest = groups.get(made, (block.position, [], None))
                more = rest or _unfinished(problem, made, block.position, frame)
                groups[made] = (first, items, more)
    return groups


def guarded(make: Callable[[], Value], what: str, position: int, frame: Frame) -> Value:
    """The value, or Unknown where the unit has used up its steps or the stack ended."""
    try:
        return make()
    except (OverBudget, RecursionError) as problem:
        return _unfinished(problem, what, position, frame)


def _unfinished(
    problem: OverBudget | RecursionError, what: str, position: int, frame: Frame
) -> Unknown:
    reason = "too deeply nested" if isinstance(problem, RecursionError) else "too complex"
    qualified = frame.scope.qualify(what) + frame.label
    return Unknown(qualified, f"{reason} to evaluate", position, frame.context.stack.unit)
