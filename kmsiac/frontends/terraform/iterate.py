"""`for` expressions, also over collections of which only some members are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    literal,
    refused,
    to_bool,
    to_text,
)
from kmsiac.frontends.terraform.nodes import For
from kmsiac.frontends.terraform.symbolic import Invalid, Set, as_choice, combine, marked
from kmsiac.values import Absent, Choice, List, Map, Number, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Frame


def pairs(collection: Value) -> Iterator[tuple[Value, Value]]:
    """Key and value of every known member, in Terraform's order."""
    if isinstance(collection, Set):
        for item in collection.items:
            yield item, item
    elif isinstance(collection, List):
        for at, item in enumerate(collection.items):
            yield Number(at), item
    elif isinstance(collection, Map):
        named = [(key.literal if key.literal is not None else str(key), key, value)
                 for key, value in collection.entries]  # fmt: skip
        last = {name: (key, value) for name, key, value in named}
        for name in sorted(last):
            yield last[name]
    else:
        raise refused(collection, "a list or map")


def evaluate_for(node: For, collection: Value, frame: Frame) -> Value:
    """The list or map of a `for` over one collection that is no Choice."""
    rest: Unknown | None = None
    if isinstance(collection, List | Map):
        rest = collection.open
    elif isinstance(collection, Invalid):
        return collection
    else:
        try:
            list(pairs(collection))
        except Undetermined as problem:
            rest = frame.unknown(node.collection, problem.reason)
            return Map((), node.position, rest) if node.key else List((), node.position, rest)
    results: list[tuple[Value | None, Value]] = []
    secret = False
    for at, (key, item) in enumerate(pairs(collection)):
        frame.context.budget.spend()
        names = dict(
            zip(node.names, (key, item) if len(node.names) == 2 else (item,), strict=False)
        )
        inner = frame.nested(names, f" (item {at + 1})")
        members, is_secret = _member(node, item, inner)
        secret = secret or is_secret
        results.extend(members)
    if node.key is None:
        return marked(List([value for _, value in results], node.position, rest), secret)
    return marked(_object(node, results, rest, frame), secret)


_Results = list[tuple[Value | None, Value]]


def _member(node: For, item: Value, frame: Frame) -> tuple[_Results, bool]:
    """The results of one member: none if the condition drops it, else key and value.

    And whether the condition or the key is a secret: then all of the result is.
    """
    condition: Value | None = frame.evaluate(node.condition) if node.condition else None
    secret = condition is not None and condition.sensitive
    if isinstance(condition, Invalid):
        return [(None, condition)], secret
    if condition is not None and not isinstance(condition, Choice | Unknown):
        try:
            if not to_bool(condition):
                return [], secret
            condition = None
        except Undetermined as problem:
            assert node.condition is not None
            condition = frame.unknown(node.condition, problem.reason)
    if isinstance(condition, Unknown):
        condition = as_choice(condition)
    if isinstance(item, Choice) and any(isinstance(branch, Absent) for _, branch in item.branches):
        # A member that exists only in some cases gives a result only in those.
        guards = [item] if condition is None else [item, condition]
    else:
        guards = [] if condition is None else [condition]
    key = frame.evaluate(node.key) if node.key else None
    secret = secret or (key is not None and key.sensitive)
    value = frame.evaluate(node.value)
    if not guards:
        return [(key, value)], secret

    def keep(case: list[Value]) -> Value:
        kept = condition is None or to_bool(case[-1])
        return value if kept else Absent(node.position)

    return [(key, combine(guards, keep))], secret


def _object(
    node: For, results: list[tuple[Value | None, Value]], rest: Unknown | None, frame: Frame
) -> Value:
    entries: dict[str, tuple[Text, list[Value]]] = {}
    for key, value in results:
        if key is None or isinstance(key, Invalid):
            return key or value
        if isinstance(key, Choice):
            rest = frame.unknown(node, "a key depends on an open condition")
            continue
        name = to_text(key)
        try:
            known = literal(name)
        except Undetermined:
            known = repr(name)
        if known in entries and not node.grouped:
            shown = "one key" if name.sensitive else f'the key "{known}"'
            raise CallError(f"two members have {shown}")
        entries.setdefault(known, (name, []))[1].append(value)
    if node.grouped:
        grouped = [(key, List(values, node.position)) for key, values in entries.values()]
        return Map(grouped, node.position, rest)
    return Map([(key, values[0]) for key, values in entries.values()], node.position, rest)
