"""Keys that a map has twice: the last counts, and the first is judged as a case of its own.

CloudFormation takes the last, as YAML and JSON readers do. Who reviews a template sees the first,
and another tool may take it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from kmsiac.frontends.cloudformation.choices import signature
from kmsiac.reading.nodes import Mapping, Node, Scalar
from kmsiac.reading.source import SourceFile
from kmsiac.values import Atom, Choice, Guard, Text, Value

_MOST = 8
"""The cases that are made in one template: each doubles the worlds that something is judged in."""

Source = Callable[[int], SourceFile]
"""The file that a position lies in."""

Only = tuple[tuple[Guard, Atom], ...]


class Case(NamedTuple):
    """The question which of two keys counts, and the answers that they are."""

    guard: Guard
    first: str
    last: str


class Duplicates:
    """The cases that the keys of one template make which occur twice."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._left = _MOST

    def judged(self, entries: list[tuple[Text, Value]], source: Source) -> list[tuple[Text, Value]]:
        """The members of a map; the last one of a key that occurs twice has the first as a case."""
        result = list(entries)
        for first, last in _twice(str(key) for key, _ in entries):
            (key, hidden), (last_key, value) = entries[first], entries[last]
            same = signature(value)
            if same is not None and same == signature(hidden):
                continue
            case = self.case(str(key), key.position, last_key.position, source)
            if case is not None:
                branches: list[tuple[Atom, Value]] = [(case.last, value), (case.first, hidden)]
                result[last] = (
                    last_key,
                    Choice(
                        case.guard, branches, value.position, hidden.sensitive or value.sensitive
                    ),
                )
        return result

    def case(self, name: str, first: int, last: int, source: Source) -> Case | None:
        """The case that the keys at two positions make; None where there were too many."""
        # Copies of one line (a loop whose key does not change) cannot be told apart.
        if not self._left or first == last:
            return None
        self._left -= 1
        spans = source(first).span(first), source(last).span(last)
        on_one_line = spans[0].line == spans[1].line
        here, there = (f"{at.line}:{at.column}" if on_one_line else f"{at.line}" for at in spans)
        question = f"line of the {name[:80]} that counts ({there} hides {here})"
        return Case(Guard(self._unit, question), here, there)


def later_keys(node: Mapping) -> list[Scalar]:
    """The keys of a map that occur before, in order."""
    if len(node.entries) < 2:
        return []
    keys = [key for key, _ in node.entries if isinstance(key, Scalar)]
    if len({key.text for key in keys}) == len(keys):
        return []
    # By place, not by node: a loop may make one node a key of the same map several times.
    first = {keys[at].text: at for at in reversed(range(len(keys)))}
    return [key for at, key in enumerate(keys) if first[key.text] != at]


def hidden_resources(
    root: Mapping, duplicates: Duplicates, source: Source
) -> Iterator[tuple[Scalar, Mapping, Only]]:
    """The resources of a template that a later key hides, each with the case in which it counts:
    of a whole section, of a logical id, or with the first of two `Properties`.
    """
    for first, last in _hidden(root):
        if first[0].text == "Resources":
            case = duplicates.case("Resources", first[0].position, last[0].position, source)
            for key, body in _scalar_keys(first[1]):
                if isinstance(body, Mapping) and case:
                    yield key, body, ((case.guard, case.first),)
    section = root.get("Resources")
    for first, last in _hidden(section):
        name, body = first[0].text, first[1]
        case = duplicates.case(name, first[0].position, last[0].position, source)
        if isinstance(body, Mapping) and case:
            yield first[0], body, ((case.guard, case.first),)
    for key, body in _scalar_keys(section):
        for first, last in _hidden(body):
            if first[0].text == "Properties" and isinstance(body, Mapping):
                case = duplicates.case("Properties", first[0].position, last[0].position, source)
                kept = [entry for entry in body.entries if entry[0] is not last[0]]
                if case:
                    yield key, Mapping(kept, body.position), ((case.guard, case.first),)


def _scalar_keys(node: Node | None) -> list[tuple[Scalar, Node]]:
    if not isinstance(node, Mapping):
        return []
    return [(key, value) for key, value in node.entries if isinstance(key, Scalar)]


def _hidden(node: Node | None) -> Iterator[tuple[tuple[Scalar, Node], tuple[Scalar, Node]]]:
    """The first entry of each key that occurs more than once, with the last."""
    if not isinstance(node, Mapping) or not later_keys(node):
        return
    entries = _scalar_keys(node)
    for first, last in _twice(key.text for key, _ in entries):
        yield entries[first], entries[last]


def _twice(names: Iterable[str]) -> Iterator[tuple[int, int]]:
    places: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        places.setdefault(name, []).append(at)
    for found in places.values():
        if len(found) > 1:
            yield found[0], found[-1]
