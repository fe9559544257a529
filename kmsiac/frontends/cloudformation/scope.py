"""One template in its place: a stack of its own, or one that another stack nests.

Everything of a template is worked out here on demand, so that parents and nested stacks can refer
to each other: parameters down, outputs up.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from functools import partial

from kmsiac.frontends.cloudformation.conditions import Conditions, Names
from kmsiac.frontends.cloudformation.decisions import Test, paths
from kmsiac.frontends.cloudformation.nested import Nested, follow
from kmsiac.frontends.cloudformation.parameters import Parameter
from kmsiac.frontends.cloudformation.resolver import Budget, Resolver
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.frontends.cloudformation.templates import Templates
from kmsiac.reading.nodes import Mapping, Node, Scalar
from kmsiac.stack import Call
from kmsiac.values import Atom, Guard, Text, Unknown, Value

Exists = tuple[tuple[Guard, Atom], ...]
"""The values of guards under which something exists; none for always."""


def together(one: Exists, other: Exists) -> Exists | None:
    """Both at once; None where that cannot be."""
    known = dict(one)
    for guard, atom in other:
        if known.setdefault(guard, atom) != atom:
            return None
    return tuple(known.items())


class Scope:
    """A template with its parameters, evaluated where it stands."""

    def __init__(
        self,
        template: Template,
        parameters: MappingType[str, Parameter],
        templates: Templates,
        parent: Scope | None = None,
        call: Call | None = None,
        exists: Exists = (),
    ) -> None:
        self.template = template
        self.templates = templates
        self.exists = exists
        self.call_chain: tuple[Call, ...] = (*parent.call_chain, call) if parent and call else ()
        self.way: tuple[str, ...] = (*(parent.way if parent else ()), template.file.path)
        """The templates from the outermost to this one."""
        self.names: Names = parent.names if parent else {}
        """What comparisons are called, throughout a unit."""
        self.budget: Budget = parent.budget if parent else Budget()
        self._nested: dict[str, Nested | None] = {}
        self._asked: set[str] = set()
        asking = Resolver(template, parameters, None, in_condition=True, budget=self.budget)
        self.conditions = Conditions(template, asking, names=self.names)
        settled = Resolver(template, parameters, None, budget=self.budget)
        by_default = Conditions(template, settled, at_once=False)
        self.resolver = Resolver(
            template, parameters, self.conditions, by_default, budget=self.budget
        )
        self.open = Resolver(
            template, parameters, self.conditions, in_condition=True, budget=self.budget
        )
        """Evaluates what conditions of nested stacks are given."""
        for resolver in (asking, settled, self.resolver, self.open):
            resolver.references.outputs = partial(self._output_of, resolver is self.open)
            resolver.references.imported = self._imported

    def exists_of(self, declared: Declared) -> Exists | None:
        """The guards under which a resource exists: () for always, None for never."""
        node = declared.body.get("Condition")
        if node is None:
            return ()
        template = self.template
        if not isinstance(node, Scalar) or node.tag:
            template.error("a resource's Condition is a name", node.position)
            return ((template.guard(f"{declared.logical_id}.Condition"), True),)
        decision = self.conditions.named(node.text, node.position)
        if not isinstance(decision, Test):
            return () if decision else None
        found = paths(decision, True)
        if len(found) == 1:
            return found[0]
        return ((template.guard(node.text), True),) if found else None

    def evaluate_in(self, declared: Declared, node: Node) -> Value:
        """The value of a node of a resource, which is there where the resource exists."""
        condition = declared.body.get("Condition")
        if not isinstance(condition, Scalar):
            return self.resolver.evaluate(node)
        with self.resolver.under(condition.text, outcome=True):
            return self.resolver.evaluate(node)

    def nested(self, declared: Declared) -> Nested:
        """The stack behind a resource that nests one, or why it cannot be followed."""
        name = declared.logical_id
        if name not in self._nested:
            self._nested[name] = None
            self._nested[name] = follow(self, declared)
        return self._nested[name] or Nested(None, "its parameters depend on its own outputs")

    def output(self, name: str, position: int, *, in_condition: bool = False) -> Value:
        """The value of an output, referred to at `position` of any template."""
        expression = self.template.named(f"Outputs.{name}")
        found = self.template.outputs.get(name)
        if found is None or not isinstance(found[1], Mapping):
            return Unknown(expression, f"the nested stack has no output {name[:80]}", position)
        body = found[1]
        node = body.get("Value")
        if node is None:
            return Unknown(expression, "the output has no Value", position, self.template.unit)
        if name in self._asked:
            return Unknown(expression, "refers to itself", position, self.template.unit)
        self._asked.add(name)
        try:
            resolver = self.open if in_condition else self.resolver
            condition = body.get("Condition")
            if not isinstance(condition, Scalar):
                return resolver.evaluate(node)
            with resolver.under(condition.text, outcome=True):
                return resolver.evaluate(node)
        finally:
            self._asked.discard(name)

    def _output_of(self, in_condition: bool, declared: Declared, name: str, position: int) -> Value:
        nested = self.nested(declared)
        if nested.scope is None:
            expression = f"{declared.logical_id}.Outputs.{name}"
            return Unknown(expression, nested.reason, position, self.template.unit)
        return nested.scope.output(name, position, in_condition=in_condition)

    def _imported(self, name: Text, expression: str, position: int) -> Value | None:
        exports = self.templates.exports
        return None if exports is None else exports.imported(name, expression, position, self)
