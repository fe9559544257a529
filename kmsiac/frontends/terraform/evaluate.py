"""Expressions to values. Nothing here raises but `OverBudget`: what cannot be worked out is Unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kmsiac.frontends.terraform import functions, operators, symbolic
from kmsiac.frontends.terraform.conversion import CallError, Undetermined, to_bool, to_text
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
    Template,
    Tuple,
    Unary,
    Unparsed,
)
from kmsiac.frontends.terraform.render import render
from kmsiac.frontends.terraform.symbolic import Invalid, combine
from kmsiac.frontends.terraform.traversal import get_attribute, get_index, splat
from kmsiac.reading.source import offset_of
from kmsiac.values import Bool, Choice, List, Map, Null, Text, Unknown, Value, holds_secret

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
    return node.value


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
    return combine([of, key], lambda case: get_index(case[0], case[1], node, frame))


def _splat(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Splat)
    of = evaluate(node.of, frame)
    steps = [step if isinstance(step, str) else evaluate(step, frame) for step in node.steps]
    return combine([of], lambda case: splat(case[0], steps, node, frame))


def _tuple(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Tuple)
    return List([evaluate(item, frame) for item in node.items], node.position)


def _object(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Object)
    entries: list[tuple[Text, Value]] = []
    rest: Unknown | None = None
    for key_node, value_node in node.entries:
        key = evaluate(key_node, frame)
        if isinstance(key, Choice):
            rest = frame.unknown(key_node, "a key depends on an open condition")
            continue
        if isinstance(key, Null):
            return frame.invalid(key_node, "a key of an object is null")
        entries.append((to_text(key).at(key_node.position), evaluate(value_node, frame)))
    return Map(entries, node.position, rest)


def _for(node: Node, frame: Frame) -> Value:
    assert isinstance(node, For)
    collection = evaluate(node.collection, frame)
    return combine([collection], lambda case: evaluate_for(node, case[0], frame))


def _conditional(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Conditional)

    def branch(case: list[Value]) -> Value:
        condition = case[0]
        if isinstance(condition, Invalid):
            return condition
        chosen, other = (node.then, node.otherwise)
        if not to_bool(condition):
            chosen, other = other, chosen
        value = evaluate(chosen, frame)
        if isinstance(other, Literal) and isinstance(other.value, Null):
            return value
        return combine([value], lambda one: _unified(one[0], other, frame))

    return combine([_condition(node.condition, frame)], branch)


def _unified(value: Value, other: Node, frame: Frame) -> Value:
    """The chosen branch in the type of both: only primitives and collections of them can differ."""
    if isinstance(value, Text | Null | Unknown | symbolic.Lazy):
        return value
    return operators.unify(value, evaluate(other, frame))


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

    return symbolic.marked(combine([left, right], apply), left.sensitive or right.sensitive)


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

    return combine([left], apply)


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


# -- calls -----------------------------------------------------------------------------------------


def _call(node: Node, frame: Frame) -> Value:
    assert isinstance(node, Call)
    if node.name in ("try", "can"):
        return _try(node, frame)
    function = functions.FUNCTIONS.get(node.name.removeprefix("core::"))
    arguments = [evaluate(argument, frame) for argument in node.arguments]
    if function is None:
        return frame.unknown(node, f"function {node.name} is not evaluated yet")
    if node.expand and arguments:
        last = arguments.pop()
        if not isinstance(last, List) or last.open is not None:
            reason = last.reason if isinstance(last, Unknown) else "its `...` argument is not known"
            return frame.unknown(node, reason)
        arguments.extend(last.items)
    is_secret = holds_secret if function.writes_text else _is_marked
    sensitive = any(is_secret(argument) for argument in arguments)

    def apply(case: list[Value]) -> Value:
        return _apply(node, function, case, frame)

    if function.takes_choices:
        return symbolic.marked(apply(arguments), sensitive)
    return symbolic.marked(combine(arguments, apply), sensitive)


def _is_marked(value: Value) -> bool:
    return value.sensitive


def _apply(node: Call, function: functions.Function, arguments: list[Value], frame: Frame) -> Value:
    for argument in arguments:
        if isinstance(argument, Invalid):
            return argument
        if isinstance(argument, Unknown) and not function.takes_unknowns:
            return frame.unknown(node, argument.reason)
    if not function.least <= len(arguments) <= function.most:
        return frame.invalid(node, f"wrong number of arguments for {node.name}")
    try:
        return function.apply(functions.Site(frame, node.position), arguments)
    except Undetermined as problem:
        return frame.unknown(node, problem.reason)
    except CallError as error:
        return frame.invalid(node, f"{node.name}: {error}")


def _try(node: Call, frame: Frame) -> Value:
    def attempt(at: int) -> Value:
        if at >= len(node.arguments):
            return frame.invalid(node, "no argument of try succeeded")
        return combine([evaluate(node.arguments[at], frame)], lambda case: settle(case[0], at))

    def settle(value: Value, at: int) -> Value:
        broken = symbolic.broken_part(value, frame.context.budget)
        if node.name == "can":
            if broken is None and isinstance(value, Unknown):
                return frame.unknown(node, value.reason)
            return Bool(broken is None, node.position)
        return value if broken is None else attempt(at + 1)

    return attempt(0)


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
    Call: _call,
    Tuple: _tuple,
    Object: _object,
    For: _for,
    Conditional: _conditional,
    Binary: _binary,
    Unary: _unary,
}
