"""Going through a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kmsiac.values.kinds import Choice, List, Map, Part, Text, Unknown, Value


def children(value: Value) -> Iterator[Value]:
    """The values directly inside a value, keys included."""
    if isinstance(value, List):
        yield from value.items
    elif isinstance(value, Map):
        for key, member in value.entries:
            yield key
            yield member
    elif isinstance(value, Choice):
        for _, branch in value.branches:
            yield branch
    elif isinstance(value, Text) and value.document is not None:
        yield value.document


def is_leaf(value: Value) -> bool:
    """Whether a value holds no others."""
    if isinstance(value, Text):
        return value.document is None
    return not isinstance(value, List | Map | Choice)


def walk(value: Value) -> Iterator[Value]:
    """The value and everything inside it, depth first, without recursion."""
    stack = [value]
    while stack:
        current = stack.pop()
        yield current
        if not is_leaf(current):
            stack.extend(reversed(list(children(current))))


def unknowns(value: Value) -> Iterator[Unknown]:
    """Every Unknown in a value: whole values, parts of texts, and the rest of open lists and maps."""
    for inner in walk(value):
        if isinstance(inner, Unknown):
            yield inner
        elif isinstance(inner, Text):
            yield from (part for part in inner.parts if isinstance(part, Unknown))
        elif isinstance(inner, List | Map) and inner.open is not None:
            yield inner.open


def holds_secret(value: Value) -> bool:
    """Whether anything in a value is sensitive; in linear time, also where parts of it recur."""
    if isinstance(value, Text) and value.document is None:
        if value.sensitive:
            return True
        for part in value.parts:  # noqa: SIM110 - a generator costs more than most texts
            if isinstance(part, Unknown) and part.sensitive:
                return True
        return False
    stack, seen = [value], {id(value)}
    while stack:
        current = stack.pop()
        if current.sensitive:
            return True
        inner = list(children(current))
        if isinstance(current, Text):
            inner += [part for part in current.parts if isinstance(part, Unknown)]
        elif isinstance(current, List | Map) and current.open is not None:
            inner.append(current.open)
        for member in inner:
            if id(member) not in seen:
                seen.add(id(member))
                stack.append(member)
    return False


def map_texts(value: Text, change: Callable[[Part], Iterable[Part]]) -> Text:
    """The text with every part replaced by what `change` makes of it."""
    parts = [new for part in value.parts for new in change(part)]
    return Text(parts, value.position, value.sensitive, (), value.document)
