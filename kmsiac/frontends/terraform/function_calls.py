"""Function calls: which function it is, its arguments case by case, the marks of its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kmsiac.frontends.terraform import functions, symbolic
from kmsiac.frontends.terraform.conversion import CallError, Undetermined, literal, members
from kmsiac.frontends.terraform.file_functions import Site, render_file
from kmsiac.frontends.terraform.nodes import Call, GetAttribute, Index, Node
from kmsiac.frontends.terraform.symbolic import Invalid, combine
from kmsiac.values import Bool, List, Map, Text, Unknown, Value, holds_secret

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Frame


def evaluate_call(node: Node, frame: Frame) -> Value:
    """The value of a function call."""
    assert isinstance(node, Call)
    name = node.name.removeprefix("core::")
    if name in functions.SPECIAL:
        return _SPECIAL[name](node, frame)
    function = functions.FUNCTIONS.get(name)
    if function is None:
        reason, refused = functions.why_not(node.name)
        return frame.invalid(node, reason) if refused else frame.unknown(node, reason)
    arguments = [frame.evaluate(argument) for argument in node.arguments]
    secret_list = False
    if node.expand and arguments:
        last = arguments.pop()
        secret_list = last.sensitive
        if isinstance(last, Unknown) and not isinstance(last, Invalid):
            return frame.unknown(node, last.reason)
        arguments.extend(members(last))
    is_secret = holds_secret if function.writes_text else _is_marked
    sensitive = secret_list or any(is_secret(argument) for argument in arguments)

    def apply(case: list[Value]) -> Value:
        return _apply(node, function, case, frame)

    result = apply(arguments) if function.takes_choices else combine(arguments, apply)
    return symbolic.marked(result, sensitive and not function.keeps_marks)


def _is_marked(value: Value) -> bool:
    return value.sensitive


def _size(value: Value) -> int:
    """How many steps it takes to go through a value."""
    if isinstance(value, List):
        return len(value.items)
    return len(value.entries) if isinstance(value, Map) else 0


def _apply(node: Call, function: functions.Function, arguments: list[Value], frame: Frame) -> Value:
    for argument in arguments:
        if isinstance(argument, Invalid):
            return argument
        if isinstance(argument, List):
            broken = next((item for item in argument.items if isinstance(item, Invalid)), None)
            if broken is not None and node.name != "jsonencode":
                return broken
    for argument in arguments:
        if isinstance(argument, Unknown) and not function.takes_unknowns:
            return frame.unknown(node, argument.reason)
    if not function.least <= len(arguments) <= function.most:
        return frame.invalid(node, f"wrong number of arguments for {node.name}")
    budget = frame.context.budget
    try:
        for argument in arguments:
            budget.spend(_size(argument))
        result = function.apply(Site(frame, node.position), arguments)
    except Undetermined as problem:
        return frame.unknown(node, problem.reason)
    except CallError as error:
        return frame.invalid(node, f"{node.name}: {error}")
    budget.spend(2 * _size(result))
    return result


def _try(node: Call, frame: Frame) -> Value:
    if not node.arguments or (node.name == "can" and len(node.arguments) > 1):
        return frame.invalid(node, f"wrong number of arguments for {node.name}")

    def attempt(at: int) -> Value:
        if at >= len(node.arguments):
            return frame.invalid(node, "no argument of try succeeded")
        return combine([frame.evaluate(node.arguments[at])], lambda case: settle(case[0], at))

    def settle(value: Value, at: int) -> Value:
        broken = symbolic.broken_part(value, frame.context.budget)
        if node.name == "can":
            if broken is None and isinstance(value, Unknown):
                return frame.unknown(node, value.reason)
            return Bool(broken is None, node.position)
        return value if broken is None else attempt(at + 1)

    return attempt(0)


def _templatestring(node: Call, frame: Frame) -> Value:
    """A text from elsewhere in the module, rendered as a template with the given names."""
    if len(node.arguments) != 2:
        return frame.invalid(node, f"wrong number of arguments for {node.name}")
    source = node.arguments[0]
    if not isinstance(source, GetAttribute | Index):
        return frame.invalid(node, "templatestring takes a reference to a template")

    def rendered(case: list[Value]) -> Value:
        if not isinstance(case[0], Text | Unknown):
            raise CallError("templatestring takes a reference to a text")
        written = literal(case[0])
        file = frame.context.text_file(f"templatestring({frame.source(source)})", written)
        return render_file(Site(frame, node.position), file, case[1])

    values = [frame.evaluate(argument) for argument in node.arguments]
    return symbolic.marked(combine(values, rendered), holds_secret(values[0]))


def _convert(node: Call, frame: Frame) -> Value:
    """`convert(value, type)` of later versions."""
    from kmsiac.frontends.terraform.type_constraints import convert  # noqa: PLC0415 - mutual

    if len(node.arguments) != 2:
        return frame.invalid(node, f"wrong number of arguments for {node.name}")
    return convert(frame.evaluate(node.arguments[0]), node.arguments[1], frame)


_SPECIAL: dict[str, Callable[[Call, Frame], Value]] = {
    "try": _try,
    "can": _try,
    "templatestring": _templatestring,
    "convert": _convert,
}
