"""The functions of `AWS::LanguageExtensions`: ToJsonString, Length, names that are computed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.calls import BadCallError, spend
from kmsiac.frontends.cloudformation.choices import distribute, plain
from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.reading import nodes
from kmsiac.reading.nodes import Node, Scalar
from kmsiac.values import (
    Absent,
    Bool,
    Choice,
    List,
    Map,
    Null,
    Number,
    Part,
    Text,
    Unknown,
    Value,
    holds_secret,
)

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver


def to_json_string(resolver: Resolver, call: Call) -> Value:
    """`Fn::ToJsonString`: a text that knows the document it was made of."""
    resolver.template.needs_extensions(call.name, call.position)
    value = resolver.evaluate(call.argument)
    if isinstance(value, Unknown):
        return value

    def build(values: Sequence[Value]) -> Value:
        document = values[0]
        if not isinstance(document, List | Map):
            raise BadCallError(f"{call.name} needs a list or a map")
        parts = _encoded(document)
        spend(resolver, parts)
        return Text(parts, call.position, holds_secret(document), (), document)

    return distribute([value], build, call.position)


def _encoded(value: Value) -> list[Part]:
    """The JSON of a value, with what is not known of it as parts."""
    out: list[Part] = []
    stack: list[Value | str] = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, str):
            out.append(current)
        elif isinstance(current, Text):
            inner = [json.dumps(p)[1:-1] if isinstance(p, str) else p for p in current.parts]
            out.extend(['"', *inner, '"'])
        elif isinstance(current, List | Map):
            stack.extend(reversed(_members(current)))
        elif isinstance(current, Null):
            out.append("null")
        elif isinstance(current, Number | Bool):
            out.append(_secret_or(current))
        elif isinstance(current, Unknown):
            out.append(current)
        elif isinstance(current, Choice):
            guard = current.guard
            out.append(Unknown(guard.name, "an open condition", current.position, guard.unit))
    return out


def _secret_or(value: Number | Bool) -> Part:
    """A number or a boolean as JSON writes it; the text that it becomes a part of has its mark."""
    if isinstance(value, Bool):
        return "true" if value.value else "false"
    return str(Number(value.number))


def _members(value: List | Map) -> list[Value | str]:
    pieces: list[Value | str] = []
    entries: list[list[Value | str]]
    if isinstance(value, Map):
        entries = [[key, ":", member] for key, member in value.entries]
    else:
        entries = [[item] for item in value.items]
    if value.open is not None:
        entries.append([value.open])
    for entry in entries:
        pieces.extend([",", *entry] if pieces else entry)
    opening, closing = "{}" if isinstance(value, Map) else "[]"
    return [opening, *pieces, closing]


def length(resolver: Resolver, call: Call) -> Value:
    """`Fn::Length`: how many items a list has."""
    resolver.template.needs_extensions(call.name, call.position)

    def of_list(values: Sequence[Value]) -> Value:
        members = values[0]
        if not isinstance(members, List) or members.open is not None:
            raise BadCallError(f"{call.name} of a list that is not known")
        if not any(isinstance(item, Choice) for item in members.items):
            return Number(len(members.items), call.position)
        # A member that some cases leave out does not count in them.
        return distribute(members.items, of_members, call.position)

    def of_members(items: Sequence[Value]) -> Value:
        return Number(sum(not isinstance(item, Absent) for item in items), call.position)

    return distribute([resolver.evaluate(call.argument)], of_list, call.position)


def get_stack_output(resolver: Resolver, call: Call) -> Value:
    """`Fn::GetStackOutput`: what another stack, perhaps of another account, gives out."""
    argument = call.argument
    if not isinstance(argument, nodes.Mapping) or argument.tag:
        raise BadCallError(f"{call.name} needs a map")
    names = []
    for member in ("OutputName", "StackName"):
        node = argument.get(member)
        if node is None:
            raise BadCallError(f"{call.name} has no {member}")
        names.append(str(resolver.evaluate(node))[:80])
    raise BadCallError(f"the output {names[0]} of the stack {names[1]} is not read")


def computed_name(resolver: Resolver, node: Node, what: str, call: Call) -> Value:
    """A name that may be an expression, as Texts that are known or a Choice of them."""
    if isinstance(node, Scalar) and not node.tag:
        return Text((node.text,), node.position)
    resolver.template.needs_extensions(f"an expression as {what}", call.position)

    def build(values: Sequence[Value]) -> Value:
        name = plain(values[0])
        if name is None or values[0].sensitive:
            raise BadCallError(f"{what} is not a known text")
        if values[0].sensitive:
            raise BadCallError(f"{what} is a secret")
        return Text((name,), node.position)

    return distribute([resolver.evaluate(node)], build, call.position)
