"""What the intrinsic functions share: reading arguments, refusing bad calls, charging work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.frontends.cloudformation.texts import length
from kmsiac.reading import nodes
from kmsiac.reading.nodes import Node, Scalar
from kmsiac.values import List, Part, Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver


class BadCallError(Exception):
    """A call of a function that cannot be evaluated, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def arguments_of(call: Call, least: int, most: int) -> list[Node]:
    """The arguments of a call, given as a list of `least` to `most`."""
    argument = call.argument
    if not isinstance(argument, nodes.Sequence) or argument.tag:
        raise BadCallError(f"{call.name} needs a list of arguments")
    if not least <= len(argument.items) <= most:
        raise BadCallError(f"{call.name} needs {least} arguments")
    return argument.items


def only_argument(call: Call) -> Node:
    """The argument of a function that takes one, also where it stands in a list of its own."""
    argument = call.argument
    if isinstance(argument, nodes.Sequence) and not argument.tag and len(argument.items) == 1:
        return argument.items[0]
    return argument


def name_in(node: Node, what: str) -> str:
    """The plain text that a node is; `what` names it in the complaint."""
    if not isinstance(node, Scalar) or node.tag:
        raise BadCallError(f"{what} is not a plain text")
    return node.text


def charged(resolver: Resolver, value: Value) -> Value:
    """A value that stands in many places: each one costs what later readers have to walk."""
    if isinstance(value, List) and not resolver.spend(len(value.items)):
        raise BadCallError("this template takes too many steps to evaluate")
    return value


def spend(resolver: Resolver, parts: Sequence[Part]) -> None:
    """Charge the text that is put together."""
    if not resolver.spend(length(parts)):
        raise BadCallError("this template takes too many steps to evaluate")
