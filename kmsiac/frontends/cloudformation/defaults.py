"""What a condition says about parameters in the branches that hang on it.

`HasKey: !Not [!Equals [!Ref Key, ""]]` stays open although `Key` has the default `""`. In what
stands under `HasKey` the value of `Key` is then anything but the default, so it is open there. And
in what stands under `IsProd: !Equals [!Ref Env, prod]` the value of `Env` is `prod`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kmsiac.frontends.cloudformation.conditions import Conditions, condition_name
from kmsiac.frontends.cloudformation.parameters import Parameter
from kmsiac.frontends.cloudformation.references import References
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.template import Template
from kmsiac.frontends.cloudformation.texts import pieces
from kmsiac.reading import nodes
from kmsiac.reading.nodes import Node, Scalar

_MOST_NODES = 2_000
_MOST_PARAMETERS = 64


class Defaults:
    """Which defaults a branch of a condition rules out. `settled` decides conditions by defaults."""

    def __init__(
        self, template: Template, parameters: Mapping[str, Parameter], settled: Conditions
    ) -> None:
        self._template = template
        self._settled = settled
        self._parameters = parameters
        self._known: dict[str, frozenset[str] | None] = {}
        self._equal: dict[tuple[str, bool], dict[str, Scalar]] = {}

    @contextmanager
    def branch(self, name: str, outcome: bool, references: References) -> Iterator[None]:
        """While what stands under a condition's outcome is evaluated: open what is ruled out, and
        what is compared with a text and found equal is that text.
        """
        before = references.equal
        references.equal = {**before, **self._found_equal(name, outcome)}
        try:
            with self._ruled_out(name, outcome, references):
                yield
        finally:
            references.equal = before

    @contextmanager
    def _ruled_out(self, name: str, outcome: bool, references: References) -> Iterator[None]:
        settled = self._settled.named(name, 0) if name in self._template.conditions else outcome
        if settled is not (not outcome):
            yield
            return
        if name not in self._known:
            self._known[name] = self._parameters_of(name)
        names = self._known[name]
        if names is None:
            references.all_open += 1
        else:
            references.open.update(names)
        try:
            yield
        finally:
            if names is None:
                references.all_open -= 1
            else:
                references.open.subtract(names)

    def _found_equal(self, name: str, outcome: bool) -> dict[str, Scalar]:
        """The parameters that must be a certain text where a condition has an outcome."""
        found = self._equal.get((name, outcome))
        if found is None:
            found = self._equal[name, outcome] = {}
            self._gather_equal(name, outcome, found)
        return found

    def _gather_equal(self, name: str, outcome: bool, found: dict[str, Scalar]) -> None:
        conditions = self._template.conditions
        started: set[tuple[str, bool]] = set()
        stack: list[tuple[Node, bool]] = []

        def start(other: str, outcome: bool) -> None:
            if other in conditions and (other, outcome) not in started:
                started.add((other, outcome))
                stack.append((conditions[other][1], outcome))

        start(name, outcome)
        for _ in range(_MOST_NODES):
            if not stack:
                return
            node, wanted = stack.pop()
            other = condition_name(node)
            call = as_call(node)
            operands = call.argument if call is not None else None
            if other is not None:
                start(other, wanted)
            elif call is None or not isinstance(operands, nodes.Sequence):
                continue
            elif call.name == "Fn::Not":
                stack.extend((operand, not wanted) for operand in operands.items)
            elif call.name == ("Fn::And" if wanted else "Fn::Or"):
                stack.extend((operand, wanted) for operand in operands.items)
            elif call.name == "Fn::Equals" and wanted:
                self._compare(operands.items, found)

    def _compare(self, operands: list[Node], found: dict[str, Scalar]) -> None:
        """Note a parameter that is compared with a text."""
        for one, other in (operands, operands[::-1]) if len(operands) == 2 else ():
            call = as_call(one)
            if call is None or call.name != "Ref" or not isinstance(call.argument, Scalar):
                continue
            name = call.argument.text
            if name in self._parameters and isinstance(other, Scalar) and not other.tag:
                found.setdefault(name, other)

    def _parameters_of(self, name: str) -> frozenset[str] | None:
        """The parameters that a condition depends on; None for too many to say."""
        found: set[str] = set()
        started = {name}
        stack: list[Node] = [self._template.conditions[name][1]]
        for _ in range(_MOST_NODES):
            if not stack:
                return frozenset(found)
            node = stack.pop()
            other = condition_name(node)
            if other is not None:
                if other in self._template.conditions and other not in started:
                    started.add(other)
                    stack.append(self._template.conditions[other][1])
                continue
            found.update(word for word in _names(node) if word in self._parameters)
            stack.extend(_inside(node))
            if len(found) > _MOST_PARAMETERS:
                return None
        return None


def _names(node: Node) -> list[str]:
    """The names that a node itself refers to."""
    call = as_call(node)
    if call is None:
        return []
    argument = call.argument
    if isinstance(argument, nodes.Sequence) and argument.items:
        argument = argument.items[0]
    if not isinstance(argument, Scalar):
        return []
    if call.name == "Ref":
        return [argument.text]
    if call.name == "Fn::Sub":
        return [piece.text for piece in pieces(argument.text) if piece.variable]
    return []


def _inside(node: Node) -> list[Node]:
    if isinstance(node, nodes.Sequence):
        return node.items
    if isinstance(node, nodes.Mapping):
        return [value for _, value in node.entries]
    return []
