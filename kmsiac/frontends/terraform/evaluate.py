"""Expressions to values. Nothing here raises but `OverBudget`: what cannot be worked out is Unknown."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.terraform import operators, symbolic
from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    to_bool,
    to_text,
)
from kmsiac.frontends.terraform.function_calls import evaluate_call
from kmsiac.frontends.terraform.iterate import evaluate_for
from kmsiac.frontends.terraform.nodes import (
    Binary,
    Call,
    Conditional,
    For,
    GetAttribute,
    Index,
    Literal,
    Name,
    Node,
    Object,
    Splat,
    Step,
    Template,
    Tuple,
    Unary,
    Unparsed,
)
from kmsiac.frontends.terraform.render import render
from kmsiac.frontends.terraform.symbolic import Invalid, combine
from kmsiac.frontends.terraform.traversal import EvaluatedStep, get_attribute, get_index, splat
from kmsiac.frontends.terraform.types import ANY, converted, type_of, unify
from kmsiac.reading.source import offset_of
from kmsiac.values import (
    Bool,
    Choice,
    List,
    Map,
    Null,
    Number,
    Text,
    Unknown,
    Value,
    holds_secret,
)

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Frame


def evaluate(node: Node, frame: Frame) -> Value:
    """The value of an expression in a frame."""
    frame.enter()
    try:
        return _EVALUATORS[type(node)](node, frame)
    except CallError as error:
        return frame.invalid(node, str(error))
    except Undetermined as problem:
        return frame.unknown(node, problem.reason)
    finally:
        frame.leave()


def _literal(node: Node, _frame: Frame) -> Value:
    assert isinstance(node, Literal)
    value = node.value
    if isinstance(value, Text) and value.literal and not value.literal.isascii():
        composed = unicodedata.normalize("NFC", value.literal)
        if composed != value.literal:
            return Text((composed,), value.position, value.sensitive, value.origin)
    return value


def _unparsed(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Unparsed)
    frame.context.report(node)
    return frame.unknown(node, node.reason)


def _template(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Template)
    if len(node.parts) == 1 and isinstance(node.parts[0], Node):
        return evaluate(node.parts[0], frame)
    return render(node, node.parts, frame)


def _name(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Name)
    return frame.name(node.name, node.position)


def _attribute(node: Node, frame: Frame) -> Value:
    assert isinstance(node, GetAttribute)
    of = evaluate(node.of, frame)
    return combine([of], lambda case: get_attribute(case[0], node.name, node, frame))


def _index(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Index)
    of, key = evaluate(node.of, frame), evaluate(node.key, frame)
    found = combine([of, key], lambda case: get_index(case[0], case[1], node, frame))
    return symbolic.marked(found, key.sensitive)


def _splat(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Splat)
    of = evaluate(node.of, frame)
    steps = _evaluated_steps(node.steps, frame)
    found = combine([of], lambda case: splat(case[0], steps, node, frame))
    return symbolic.marked(found, of.sensitive)


def _evaluated_steps(steps: Sequence[Step], frame: Frame) -> list[EvaluatedStep]:
    return [
        step if isinstance(step, str)
        else _evaluated_steps(step, frame) if isinstance(step, list)
        else evaluate(step, frame)
        for step in steps
    ]  # fmt: skip


def _tuple(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Tuple)
    return List([evaluate(item, frame) for item in node.items], node.position)


def _object(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Object)
    entries: dict[object, tuple[Text, Value]] = {}
    rest: Unknown | None = None
    secret = False
    for key_node, value_node in node.entries:
        key = evaluate(key_node, frame)
        if isinstance(key, Choice):
            rest = frame.unknown(key_node, "a key depends on an open condition")
            continue
        if isinstance(key, Null):
            return frame.invalid(key_node, "a key of an object is null")
        name = to_text(key).at(key_node.position)
        secret = secret or key.sensitive
        # A key that is written again takes the place of the first.
        entries[name.parts] = (name, evaluate(value_node, frame))
    return symbolic.marked(Map(entries.values(), node.position, rest), secret)


def _for(node: Node, frame: Frame) -> Value:
    assert isinstance(node, For)
    collection = evaluate(node.collection, frame)
    found = combine([collection], lambda case: evaluate_for(node, case[0], frame))
    return symbolic.marked(found, collection.sensitive)


def _conditional(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Conditional)

    condition = _condition(node.condition, frame)

    def branch(case: list[Value]) -> Value:
        settled = case[0]
        if isinstance(settled, Invalid):
            return settled
        chosen, other = (node.then, node.otherwise)
        if not to_bool(settled):
            chosen, other = other, chosen
        value = evaluate(chosen, frame)
        if isinstance(other, Literal) and isinstance(other.value, Null):
            return value
        return _unified(value, other, frame)

    return symbolic.marked(combine([condition], branch), condition.sensitive)


def _unified(value: Value, other: Node, frame: Frame) -> Value:
    """The chosen branch in the type that it shares with the other one, and with its mark."""
    if isinstance(value, Invalid):
        return value
    if isinstance(value, Text) and _is_written_text(other):
        return value
    spurned = evaluate(other, frame)
    budget = frame.context.budget
    value_type = type_of(value, budget)
    shared = unify([value_type, type_of(spurned, budget)])
    if shared is None:
        raise CallError("the two results of the conditional have no type in common")
    if shared not in (ANY, value_type):
        value = combine([value], lambda case: converted(case[0], shared, budget))
    return symbolic.marked(value, spurned.sensitive)


def _is_written_text(node: Node) -> bool:
    """Whether an expression surely gives what becomes a text beside a text."""
    if isinstance(node, Literal):
        return isinstance(node.value, Text | Number | Bool)
    return isinstance(node, Template) and len(node.parts) > 1


def _condition(node: Node, frame: Frame) -> Value:
    """A condition as Bool, as Choice over an open guard, or an error."""
    value = evaluate(node, frame)

    def settle(case: list[Value]) -> Value:
        known = case[0]
        if isinstance(known, Invalid | Bool):
            return known
        if isinstance(known, Unknown):
            return symbolic.as_choice(known)
        try:
            return Bool(to_bool(known), node.position)
        except Undetermined as problem:
            return symbolic.as_choice(frame.unknown(node, problem.reason))

    return combine([value], settle)


def _binary(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Binary)
    if node.operator in ("&&", "||"):
        return _logical(node, frame)
    left, right = evaluate(node.left, frame), evaluate(node.right, frame)

    def apply(case: list[Value]) -> Value:
        for value in case:
            if isinstance(value, Invalid):
                return value
        if node.operator in ("==", "!="):
            return _equality(node, case[0], case[1], frame)
        return operators.arithmetic(node.operator, case[0], case[1], node.position)

    secret = _is_secret(left) or _is_secret(right)
    return symbolic.marked(combine([left, right], apply), secret)


def _is_secret(value: Value) -> bool:
    return value.sensitive or (isinstance(value, List | Map) and holds_secret(value))


def _equality(node: Binary, left: Value, right: Value, frame: Frame) -> Value:
    wanted = node.operator == "=="
    try:
        same = operators.equal(left, right, frame.context.budget)
    except Undetermined as problem:
        # `a != b` is asked as `a == b`, so that both are one guard.
        sides = f"{frame.source(node.left)} == {frame.source(node.right)}"
        question = frame.unknown(node, problem.reason, sides)
        return question if wanted else _negated(question)
    return Bool(same == wanted, node.position)


def _negated(question: Unknown) -> Value:
    choice = symbolic.as_choice(question)
    branches = [(atom, Bool(not atom, question.position)) for atom, _ in choice.branches]
    return Choice(choice.guard, branches, question.position)


def _logical(node: Binary, frame: Frame) -> Value:
    decisive = node.operator == "||"
    left = _condition(node.left, frame)

    def apply(case: list[Value]) -> Value:
        if isinstance(case[0], Invalid) or to_bool(case[0]) == decisive:
            return case[0]
        return _condition(node.right, frame)

    return symbolic.marked(combine([left], apply), left.sensitive)


def _unary(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Unary)
    if node.operator == "!":
        operand = _condition(node.operand, frame)
    else:
        operand = evaluate(node.operand, frame)

    def apply(case: list[Value]) -> Value:
        if isinstance(case[0], Invalid):
            return case[0]
        return operators.negate(node.operator, case[0], node.position)

    return symbolic.marked(combine([operand], apply), operand.sensitive)


def source_of(node: Node, frame: Frame) -> str:
    """The expression as written, on one line."""
    file = frame.context.tree.file(node.position)
    if file is None:
        return "?"
    return " ".join(file.text[offset_of(node.position) : node.end].split())[:200]


_EVALUATORS: dict[type[Node], Callable[[Node, Frame], Value]] = {
    Literal: _literal,
    Unparsed: _unparsed,
    Template: _template,
    Name: _name,
    GetAttribute: _attribute,
    Index: _index,
    Splat: _splat,
    Call: evaluate_call,
    Tuple: _tuple,
    Object: _object,
    For: _for,
    Conditional: _conditional,
    Binary: _binary,
    Unary: _unary,
}
