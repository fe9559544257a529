"""The functions that make texts: Sub, Join, Base64, ImportValue."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.calls import (
    BadCallError,
    arguments_of,
    only_argument,
    spend,
)
from kmsiac.frontends.cloudformation.choices import distribute, literal, plain
from kmsiac.frontends.cloudformation.render import render
from kmsiac.frontends.cloudformation.series import Subset
from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.frontends.cloudformation.texts import (
    Piece,
    Weaver,
    fold_dynamic,
    length,
    line_origin,
    parts_of,
    pieces,
    whole_value,
)
from kmsiac.reading import nodes
from kmsiac.reading.nodes import Scalar
from kmsiac.values import Absent, List, Part, Symbol, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver


def sub(resolver: Resolver, call: Call) -> Value:
    """`Fn::Sub` in both forms: a text, or a text with a map of variables."""
    argument = call.argument
    local: nodes.Mapping | None = None
    if not isinstance(argument, Scalar):
        argument, variables = arguments_of(call, 2, 2)
        if not isinstance(variables, nodes.Mapping) or variables.tag:
            raise BadCallError("the variables of Fn::Sub are not a map")
        local = variables
    if not isinstance(argument, Scalar) or argument.tag:
        raise BadCallError("the text of Fn::Sub is not a plain text")
    template = argument
    cut = list(pieces(template.text))
    names = list(dict.fromkeys(piece.text for piece in cut if piece.variable))
    origin = line_origin(template, resolver.template.source(template.position))
    source = Text((template.text,), call.position, origin=origin)
    places = {piece.text: source.position_of(piece.start) for piece in reversed(cut)}
    operands = _variables(resolver, names, local, places)

    def build(values: Sequence[Value]) -> Value:
        known = dict(zip(names, values, strict=True))
        return _woven(resolver, cut, known, Weaver(origin), call)

    return distribute(operands, build, call.position)


def _variables(
    resolver: Resolver, names: list[str], local: nodes.Mapping | None, places: Mapping[str, int]
) -> list[Value]:
    known = dict(local.items()) if local is not None else {}
    values: list[Value] = []
    for name in names:
        if name in known:
            values.append(resolver.evaluate(known[name]))
        elif "." in name:
            logical_id, _, attribute = name.partition(".")
            values.append(resolver.references.get_att(logical_id, attribute, places[name]))
        else:
            values.append(resolver.references.ref(name, places[name]))
    return values


def _woven(
    resolver: Resolver, cut: list[Piece], known: Mapping[str, Value], weaver: Weaver, call: Call
) -> Value:
    starts = [piece.start for piece in cut[1:]]
    total = cut[-1].start + len(cut[-1].text) + 4 if cut else 0
    for piece, end in zip(cut, [*starts, total], strict=False):
        if piece.variable:
            value = known[piece.text]
            parts = _text_parts(resolver, value, piece.text, call.position)
            spend(resolver, parts)
            weaver.value(piece.start, parts, value.sensitive)
        else:
            weaver.literal(piece.start, piece.text, end - piece.start)
    return whole_value(fold_dynamic(weaver.text(call.position), resolver.template.owner))


def _text_parts(
    resolver: Resolver, value: Value, expression: str, position: int
) -> tuple[Part, ...]:
    parts = parts_of(value)
    if parts is None:
        unit = resolver.template.unit
        return (Unknown(expression, "is not one text", position, unit),)
    return parts


def join(resolver: Resolver, call: Call) -> Value:
    """`Fn::Join`; members that some cases leave out make cases of the text."""
    first, second = arguments_of(call, 2, 2)
    delimiter = plain(resolver.evaluate(first))
    if delimiter is None:
        raise BadCallError("the delimiter of Fn::Join is not a known text")

    def of_list(values: Sequence[Value]) -> Value:
        members = values[0]
        if isinstance(members, Unknown):
            raise BadCallError(members.reason)
        if not isinstance(members, List):
            raise BadCallError("Fn::Join of something that is no list")
        return distribute(_in_order(members), of_members, call.position)

    def of_members(members: Sequence[Value]) -> Value:
        if any(isinstance(member, List) for member in members):
            flat: list[Value] = []
            for member in members:
                flat.extend(_in_order(member) if isinstance(member, List) else [member])
            return distribute(flat, of_members, call.position)
        return _joined(resolver, delimiter, members, call)

    return distribute([resolver.evaluate(second)], of_list, call.position)


def _in_order(members: List) -> Sequence[Value]:
    """The members of a list of which all and their order are known."""
    if members.open is not None:
        raise BadCallError(members.open.reason)
    if isinstance(members, Subset):
        raise BadCallError("Fn::Join of a list whose order is not known")
    return members.items


def _joined(resolver: Resolver, delimiter: str, members: Sequence[Value], call: Call) -> Value:
    parts: list[Part] = []
    origin: list[tuple[int, int]] = []
    index = 0
    sensitive = False
    for member in members:
        if isinstance(member, Absent):
            continue
        if origin:
            parts.append(delimiter)
            index += len(delimiter)
        here = _text_parts(resolver, member, "a member of Fn::Join", call.position)
        origin.append((index, member.position))
        index += length(here)
        parts.extend(here)
        spend(resolver, here)
        sensitive = sensitive or member.sensitive
    whole = Text(parts, call.position, sensitive, tuple(origin))
    return whole_value(fold_dynamic(whole, resolver.template.owner))


def base64(resolver: Resolver, call: Call) -> Value:
    """`Fn::Base64`: of what is not known in full one text, which holds no wildcard for sure."""
    owner, place = resolver.template.owner, call.position

    def build(values: Sequence[Value]) -> Value:
        value = values[0]
        written = plain(value)
        if written is not None:
            encoded = b64encode(written.encode("utf-8", "surrogatepass")).decode("ascii")
            spend(resolver, [encoded])
            return literal(encoded, place, value.sensitive)
        if parts_of(value) is None:
            raise BadCallError("Fn::Base64 of something that is no text")
        symbol = Symbol("text", f"Fn::Base64({render(argument)})", owner, "data", None, place)
        return Text((symbol,), place, value.sensitive)

    argument = only_argument(call)
    return distribute([resolver.evaluate(argument)], build, place)


def import_value(resolver: Resolver, call: Call) -> Value:
    """`Fn::ImportValue`: what another template of the scan exports under a name, else a symbol."""
    owner = resolver.template.owner

    def build(values: Sequence[Value]) -> Value:
        name = values[0]
        parts = parts_of(name)
        if parts is None:
            raise BadCallError("the name in Fn::ImportValue is no text")
        spelled = f"Fn::ImportValue({name.expression if isinstance(name, Unknown) else name})"
        if name.sensitive:  # two names that print alike are two names
            spelled += f" @{call.position}"
        imported = resolver.references.imported
        if imported is not None and not name.sensitive:
            known = imported(Text(parts, name.position), spelled, call.position)
            if known is not None:
                return known
        symbol = Symbol("text", spelled, owner, "import", None, call.position)
        return Text((symbol,), call.position, name.sensitive)

    return distribute([resolver.evaluate(call.argument)], build, call.position)
