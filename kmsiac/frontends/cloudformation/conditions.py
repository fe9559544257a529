"""The Conditions section, reduced to atomic guards.

`And`, `Or`, `Not` and `Condition` are worked out; what stays are comparisons that only the
deployment decides. Such a comparison is known by the name of the condition that is just it, and a
parameter with AllowedValues is a guard itself, with one case for each value. What is closed is
folded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.choices import pick, plain
from kmsiac.frontends.cloudformation.decisions import (
    MAX_ALTERNATIVES,
    Decision,
    Test,
    TooManyAlternativesError,
    combine,
    negate,
    test,
    yes_no,
)
from kmsiac.frontends.cloudformation.render import render
from kmsiac.frontends.cloudformation.tags import Call, as_call
from kmsiac.frontends.cloudformation.template import Template
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.values import Atom, Choice, Equality, Guard, List, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver

_TAKES = {
    "Fn::And": "a list of conditions",
    "Fn::Or": "a list of conditions",
    "Fn::Not": "a list of one condition",
    "Fn::Equals": "a list of two values",
}

_MAX_TESTS = 20_000
"""Of all conditions of a template; those for which none are left are their own guards."""

_Key = frozenset[object]

Names = dict[_Key, tuple[Guard, bool]]
"""The guard of a comparison, and whether it is that condition or its opposite."""


class Conditions:
    """The conditions of a template, each decided once.

    `resolver` evaluates what they compare, with parameters that were not supplied left open. With
    `at_once` they are decided now, so that what is wrong with one that nothing asks for is told.
    `names` are shared with nested stacks: a comparison is one question wherever it is made.
    """

    def __init__(
        self,
        template: Template,
        resolver: Resolver,
        *,
        at_once: bool = True,
        names: Names | None = None,
    ) -> None:
        self._template = template
        self._resolver = resolver
        self._decided: dict[str, Decision] = {}
        self._names: Names = {} if names is None else names
        self._values: dict[Node, Value] = {}
        """What comparisons compare, by its node: each is looked at twice."""
        self._ready = False
        self._left = _MAX_TESTS
        if at_once:
            self._prepare()

    def _prepare(self) -> None:
        if not self._ready:
            self._ready = True
            self._name_comparisons()
            self._decide_all()

    def named(self, name: str, position: int) -> Decision:
        """What the condition `name` comes down to; its own guard where it cannot be reduced."""
        self._prepare()
        decided = self._decided.get(name)
        if decided is None:
            decided = self._template.expansion.decisions.get(name)
        if decided is None:
            if not self._may_be_more():
                self._template.error(f"there is no condition {name[:80]}", position)
            return self.guard(name)
        return decided

    def _may_be_more(self) -> bool:
        """Whether a transform that is not followed may give further conditions."""
        template = self._template
        loops = bool(template.expansion.stand_ins)
        return loops or "Conditions" in template.open_sections or template.has_macros

    def guard(self, name: str) -> Decision:
        """The condition as a guard of its own."""
        return yes_no(self._template.guard(name))

    # -- order -------------------------------------------------------------------------------------

    def _decide_all(self) -> None:
        """Decide what a condition depends on before itself, without recursion."""
        started: set[str] = set()
        for first in self._template.conditions:
            stack: list[tuple[str, Iterator[tuple[str, int]]]] = []
            self._start(first, started, stack)
            while stack:
                name, needed = stack[-1]
                following = next(needed, None)
                if following is None:
                    stack.pop()
                    self._decided[name] = self._reduce(name)
                    continue
                other, position = following
                if other in started and other not in self._decided:
                    self._template.error(f"condition {other[:80]} depends on itself", position)
                    self._decided[other] = self.guard(other)
                self._start(other, started, stack)

    def _start(
        self,
        name: str,
        started: set[str],
        stack: list[tuple[str, Iterator[tuple[str, int]]]],
    ) -> None:
        if name in self._template.conditions and name not in started:
            started.add(name)
            stack.append((name, _conditions_in(self._template.conditions[name][1])))

    def _reduce(self, name: str) -> Decision:
        # A condition on a cycle was given its own guard when the cycle was met.
        if name in self._decided:
            return self._decided[name]
        node = self._template.conditions[name][1]
        if isinstance(node, Scalar) and not node.tag:
            # CloudFormation refuses it; taken as false it would hide what hangs on it.
            self._unreadable(node, "a condition is one of And, Or, Not, Equals, Condition")
            return self.guard(name)
        try:
            decision = self._decide(node)
        except TooManyAlternativesError:
            return self.guard(name)
        if isinstance(decision, Test):
            self._left -= decision.size
        return decision if self._left >= 0 or not isinstance(decision, Test) else self.guard(name)

    # -- reduction ---------------------------------------------------------------------------------

    def _decide(self, node: Node) -> Decision:
        name = condition_name(node)
        if name is not None:
            return self.named(name, node.position)
        call = as_call(node)
        if call is None:
            literal = plain(self._resolver.evaluate(node))
            if literal in ("true", "false"):
                return literal == "true"
            return self._unreadable(node, "a condition is one of And, Or, Not, Equals, Condition")
        operands = call.argument.items if isinstance(call.argument, Sequence) else []
        if call.name in ("Fn::And", "Fn::Or") and operands:
            return self._combine(operands, call.name == "Fn::Or")
        if call.name == "Fn::Not" and len(operands) == 1:
            return negate(self._decide(operands[0]))
        if call.name == "Fn::Equals" and len(operands) == 2:
            left, right = map(self._compared, operands)
            return self._compare(left, right, node, [2 * MAX_ALTERNATIVES])
        takes = _TAKES.get(call.name)
        reason = (
            f"{call.name} takes {takes}" if takes else f"{call.name} is no function of conditions"
        )
        return self._unreadable(node, reason)

    def _combine(self, operands: list[Node], decisive: bool) -> Decision:
        return combine([self._decide(operand) for operand in operands], decisive)

    def _compared(self, node: Node) -> Value:
        known = self._values.get(node)
        if known is None:
            known = self._values[node] = self._resolver.evaluate(node)
        return known

    def _compare(self, left: Value, right: Value, node: Node, budget: list[int]) -> Decision:
        budget[0] -= 1
        if budget[0] < 0:
            raise TooManyAlternativesError
        split = left if isinstance(left, Choice) else right
        if isinstance(split, Choice):
            branches: list[tuple[Atom, Decision]] = []
            for atom, _ in split.branches:
                one, other = pick(left, split.guard, atom), pick(right, split.guard, atom)
                if one is not None and other is not None:
                    branches.append((atom, self._compare(one, other, node, budget)))
            return test(split.guard, branches) if branches else False
        one_text, other_text = plain(left), plain(right)
        if one_text is not None and other_text is not None:
            return one_text == other_text
        return self._open(left, right, node)

    def _open(self, left: Value, right: Value, node: Node) -> Decision:
        key = _key(left, right)
        if len(key) == 1:
            return True
        if key not in self._names:
            hidden = left.sensitive or right.sensitive
            if hidden:
                guard = self._template.guard(f"{render(node)} #{len(self._names)}")
            else:
                guard = Guard(self._template.owner.unit, _spelled(left, right))
                guard = self._about(guard, left, right)
            self._names[key] = (guard, True)
        guard, positive = self._names[key]
        return yes_no(guard, positive)

    def _unreadable(self, node: Node, reason: str) -> Decision:
        self._template.error(f"this condition cannot be read: {reason}", node.position)
        return self.guard(f"{render(node)}")

    # -- names of comparisons ----------------------------------------------------------------------

    def _name_comparisons(self) -> None:
        """Give each comparison the name of the first condition that is it, else is its opposite."""
        opposites: list[tuple[str, Call]] = []
        for name, (_, node) in self._template.conditions.items():
            call = as_call(node)
            if call is not None and call.name == "Fn::Equals":
                self._name(name, call, positive=True)
            elif call is not None and call.name == "Fn::Not":
                operands = call.argument.items if isinstance(call.argument, Sequence) else []
                inner = as_call(operands[0]) if len(operands) == 1 else None
                if inner is not None and inner.name == "Fn::Equals":
                    opposites.append((name, inner))
        for name, call in opposites:
            self._name(name, call, positive=False)

    def _name(self, name: str, call: Call, positive: bool) -> None:
        operands = call.argument.items if isinstance(call.argument, Sequence) else []
        if len(operands) != 2:
            return
        left, right = map(self._compared, operands)
        if not isinstance(left, Choice) and not isinstance(right, Choice):
            guard = self._about(self._template.guard(name), left, right, positive)
            self._names.setdefault(_key(left, right), (guard, positive))

    def _about(self, guard: Guard, left: Value, right: Value, positive: bool = True) -> Guard:
        """The guard, which is whether the two are equal, where one of them is a known text."""
        if left.sensitive or right.sensitive:
            return guard
        for one, other in ((left, right), (right, left)):
            literal = plain(other)
            subject = self._template.question(one) if plain(one) is None else None
            if literal is not None and subject is not None:
                return Equality(guard.unit, guard.name, subject, literal, positive)
        return guard


def _key(left: Value, right: Value) -> _Key:
    return frozenset((_comparable(left), _comparable(right)))


def _comparable(value: Value) -> object:
    literal = plain(value)
    if literal is not None:
        return (literal,) if literal else ()
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, Unknown):
        return value
    if isinstance(value, List) and value.open is None:
        return ("list", *(_comparable(item) for item in value.items))
    return id(value)


def _spelled(left: Value, right: Value) -> str:
    return f"{_operand(left)} == {_operand(right)}"


def _operand(value: Value) -> str:
    if isinstance(value, Unknown):
        return value.expression
    if isinstance(value, Text) and value.symbol is not None:
        return value.symbol.reference
    literal = plain(value)
    return f'"{literal}"' if literal is not None else str(value)


def condition_name(node: Node) -> str | None:
    """The name in `{"Condition": name}` or `!Condition name`."""
    if node.tag:
        call = as_call(node) if node.tag.lstrip("!") == "Condition" else None
        if call is not None and call.name == "Condition" and isinstance(call.argument, Scalar):
            return call.argument.text
        return None
    if isinstance(node, Mapping) and len(node.entries) == 1:
        key, value = node.entries[0]
        if isinstance(key, Scalar) and key.text == "Condition" and isinstance(value, Scalar):
            return value.text
    return None


def _conditions_in(node: Node) -> Iterator[tuple[str, int]]:
    """The conditions that a node refers to, without recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        name = condition_name(current)
        if name is not None:
            yield name, current.position
        elif isinstance(current, Sequence):
            stack.extend(reversed(current.items))
        elif isinstance(current, Mapping):
            stack.extend(value for _, value in reversed(current.entries))
