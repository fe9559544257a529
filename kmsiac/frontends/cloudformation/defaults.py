"""Where a parameter's default cannot be its value: in the branch that the default does not take.

`HasKey: !Not [!Equals [!Ref Key, ""]]` stays open although `Key` has the default `""`. In what
stands under `HasKey` the value of `Key` is then anything but the default, so it is open there.
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

    @contextmanager
    def branch(self, name: str, outcome: bool, references: References) -> Iterator[None]:
        """While what stands under a condition's outcome is evaluated: open what is ruled out."""
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
