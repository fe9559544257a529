"""Nodes to values: plain data as it is written, intrinsic functions through their table.

The work on one template is bounded: a budget of steps, where a step is a node or a character that
is interpolated, and a cap on depth, which references to other resources' properties also use up.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from contextlib import AbstractContextManager, nullcontext

from kmsiac.frontends.cloudformation.calls import BadCallError
from kmsiac.frontends.cloudformation.conditions import Conditions
from kmsiac.frontends.cloudformation.decisions import TooManyAlternativesError
from kmsiac.frontends.cloudformation.defaults import Defaults
from kmsiac.frontends.cloudformation.duplicates import later_keys
from kmsiac.frontends.cloudformation.include import is_transform, what_it_does
from kmsiac.frontends.cloudformation.intrinsics import INTRINSICS
from kmsiac.frontends.cloudformation.parameters import Parameter
from kmsiac.frontends.cloudformation.references import References
from kmsiac.frontends.cloudformation.render import render
from kmsiac.frontends.cloudformation.tags import Call, as_call, is_function
from kmsiac.frontends.cloudformation.template import Template
from kmsiac.frontends.cloudformation.texts import scalar_value
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import offset_of
from kmsiac.values import Absent, List, Map, Text, Unknown, Value, text

MAX_STEPS = 2_000_000
MAX_DEPTH = 130
"""Levels of evaluation; the reader lets a document be 100 deep."""


class Budget:
    """The steps that are left, and the depth that has been reached, for one or several resolvers."""

    __slots__ = ("depth", "steps")

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.steps = steps
        self.depth = 0


class Resolver:
    """Evaluates the nodes of one template.

    `conditions` is None in the resolvers that evaluate what conditions compare; with
    `in_condition` parameters that were not supplied stay open. `by_default` are the conditions as
    the defaults decide them.
    """

    def __init__(
        self,
        template: Template,
        parameters: MappingType[str, Parameter],
        conditions: Conditions | None,
        by_default: Conditions | None = None,
        in_condition: bool = False,
        budget: Budget | None = None,
    ) -> None:
        self.template = template
        self.conditions = conditions
        self.references = References(template, parameters, self.evaluate, in_condition)
        self._defaults = Defaults(template, parameters, by_default) if by_default else None
        self.copies = 1
        """How many times what is evaluated now will stand in the result: once for each case."""
        self._budget = budget or Budget()
        self._rows: dict[int, Value] = {}
        self.documents: frozenset[str] = frozenset()
        """The properties whose value is judged as a policy, of the resource that is evaluated."""
        self._in_document = False

    def evaluate(self, node: Node) -> Value:
        """The value of a node; `Absent` for `AWS::NoValue`."""
        if not self.spend(1):
            return self.unknown(node, "this template takes too many steps to evaluate")
        if self._budget.depth >= MAX_DEPTH:
            return self.unknown(node, f"more than {MAX_DEPTH} levels deep")
        self._budget.depth += 1
        try:
            return self._evaluate(node)
        finally:
            self._budget.depth -= 1

    def spend(self, steps: int) -> bool:
        """Charge work, for every case that it is done for; False once the budget is gone."""
        self._budget.steps -= steps * self.copies
        return self._budget.steps >= 0

    def unknown(self, node: Node, reason: str) -> Unknown:
        """The Unknown for an expression that cannot be worked out."""
        return Unknown(render(node), reason, node.position, self.template.unit)

    def under(self, condition: str, outcome: bool) -> AbstractContextManager[None]:
        """While what stands under an outcome of a condition is evaluated."""
        if self._defaults is None:
            return nullcontext()
        return self._defaults.branch(condition, outcome, self.references)

    def row(self, node: Node) -> Value:
        """The value of a row of Mappings, made once."""
        if id(node) not in self._rows:
            self._rows[id(node)] = self.evaluate(node)
        return self._rows[id(node)]

    def _evaluate(self, node: Node) -> Value:
        call = as_call(node)
        if call is not None:
            return self._call(node, call)
        if isinstance(node, Scalar):
            return scalar_value(node, self.template.owner, self.template.source(node.position))
        if isinstance(node, Sequence):
            return self._list(node)
        assert isinstance(node, Mapping)
        return self._map(node)

    def _call(self, node: Node, call: Call) -> Value:
        function = INTRINSICS.get(call.name)
        if function is None:
            return self.unknown(node, f"{call.name} is not evaluated yet")
        try:
            return function(self, call)
        except TooManyAlternativesError:
            return self.unknown(node, "too many alternatives")
        except BadCallError as error:
            return self.unknown(node, error.reason)

    def _list(self, node: Sequence) -> List:
        items: list[Value] = []
        for item in node.items:
            value = self.evaluate(item)
            if not isinstance(value, Absent):
                items.append(value)
        return List(items, node.position)

    def _map(self, node: Mapping) -> Map | Unknown:
        # A policy keeps both, and what judges policies says so.
        twice = bool(later_keys(node)) if self._in_document else self.template.check_keys(node)
        entries: list[tuple[Text, Value]] = []
        rest: Unknown | None = None
        for key, member in node.entries:
            if not isinstance(key, Scalar) or key.tag:
                rest = self.unknown(key, self._no_text(key))
            elif is_transform(key, member):
                reason, whole = what_it_does(member)
                rest = self._of_transform(key, member, reason)
                if whole:  # it is given what is beside it, and may change that
                    return rest
            elif is_function(key.text) and key.text != "Ref":
                # Fn::ForEach adds members beside the others.
                rest = self.unknown(member, f"{key.text} is not expanded")
            else:
                value = self._member(key.text, member)
                if not isinstance(value, Absent):
                    entries.append((text(key.text, key.position), value))
        if twice:
            entries = self.template.duplicates.judged(entries, self.template.source)
        return Map(entries, node.position, rest)

    def _member(self, name: str, node: Node) -> Value:
        if self._in_document or name not in self.documents:
            return self.evaluate(node)
        self._in_document = True
        try:
            return self.evaluate(node)
        finally:
            self._in_document = False

    def _of_transform(self, key: Scalar, member: Node, reason: str) -> Unknown:
        expression = f"Fn::Transform({render(member)})"
        return Unknown(expression, reason, key.position, self.template.unit)

    def _no_text(self, key: Node) -> str:
        """What is said of a key that is a list, a map or a function."""
        offset = offset_of(key.position)
        # `a: {{ b }}` is a map whose key is a map: Jinja and Go templates write it so.
        source = self.template.source(key.position)
        if source.text.startswith(("{{", "{ {"), offset - 1):
            return "{{ }} of a language that makes templates was not rendered"
        return "a key that is no text"
