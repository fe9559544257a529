"""The intrinsic functions, by name. Each takes a call and gives the value it stands for.

A call that makes no sense raises `BadCallError`; the resolver turns it into an Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.choices import (
    alternatives,
    by_decision,
    choose,
    distribute,
    plain,
)
from kmsiac.frontends.cloudformation.decisions import (
    MAX_ALTERNATIVES,
    Test,
    TooManyAlternativesError,
    paths,
    yes_no,
)
from kmsiac.frontends.cloudformation.splitting import split_text
from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.frontends.cloudformation.texts import (
    Piece,
    Weaver,
    fold_dynamic,
    length,
    line_origin,
    parts_of,
    pieces,
)
from kmsiac.reading import nodes
from kmsiac.reading.nodes import Node, Scalar
from kmsiac.values import (
    Absent,
    Atom,
    Choice,
    Guard,
    List,
    Part,
    Symbol,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver

_ANOTHER_KEY = "(another key)"
"""The case of an open FindInMap key that is in none of the rows, so that DefaultValue holds."""


class BadCallError(Exception):
    """A call of a function that cannot be evaluated, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _arguments(call: Call, least: int, most: int) -> list[Node]:
    argument = call.argument
    if not isinstance(argument, nodes.Sequence) or argument.tag:
        raise BadCallError(f"{call.name} needs a list of arguments")
    if not least <= len(argument.items) <= most:
        raise BadCallError(f"{call.name} needs {least} arguments")
    return argument.items


def _name(node: Node, what: str) -> str:
    if not isinstance(node, Scalar) or node.tag:
        raise BadCallError(f"{what} is not a plain text")
    return node.text


def _ref(resolver: Resolver, call: Call) -> Value:
    name = _name(call.argument, "what Ref names")
    return _charged(resolver, resolver.references.ref(name, call.position))


def _charged(resolver: Resolver, value: Value) -> Value:
    """A value that stands in many places: each one costs what later readers have to walk."""
    if isinstance(value, List) and not resolver.spend(len(value.items)):
        raise BadCallError("this template takes too many steps to evaluate")
    return value


def _get_att(resolver: Resolver, call: Call) -> Value:
    argument = call.argument
    if isinstance(argument, Scalar):
        name, _, attribute = argument.text.partition(".")
    else:
        first, second = _arguments(call, 2, 2)
        name = _name(first, "the resource in Fn::GetAtt")
        literal = plain(resolver.evaluate(second))
        if literal is None:
            raise BadCallError("the attribute in Fn::GetAtt is not a known text")
        attribute = literal
    if not attribute:
        raise BadCallError("Fn::GetAtt names no attribute")
    return resolver.references.get_att(name, attribute, call.position)


# -- texts ---------------------------------------------------------------------------------------


def _sub(resolver: Resolver, call: Call) -> Value:
    argument = call.argument
    local: nodes.Mapping | None = None
    if not isinstance(argument, Scalar):
        argument, variables = _arguments(call, 2, 2)
        if not isinstance(variables, nodes.Mapping) or variables.tag:
            raise BadCallError("the variables of Fn::Sub are not a map")
        local = variables
    if not isinstance(argument, Scalar) or argument.tag:
        raise BadCallError("the text of Fn::Sub is not a plain text")
    template = argument
    cut = list(pieces(template.text))
    names = list(dict.fromkeys(piece.text for piece in cut if piece.variable))
    operands = _variables(resolver, names, local, call.position)
    origin = line_origin(template, resolver.template.file)

    def build(values: Sequence[Value]) -> Value:
        known = dict(zip(names, values, strict=True))
        return _woven(resolver, cut, known, Weaver(origin), call)

    return distribute(operands, build, call.position)


def _variables(
    resolver: Resolver, names: list[str], local: nodes.Mapping | None, position: int
) -> list[Value]:
    known = dict(local.items()) if local is not None else {}
    values: list[Value] = []
    for name in names:
        if name in known:
            values.append(resolver.evaluate(known[name]))
        elif "." in name:
            logical_id, _, attribute = name.partition(".")
            values.append(resolver.references.get_att(logical_id, attribute, position))
        else:
            values.append(resolver.references.ref(name, position))
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
            _spend(resolver, parts)
            weaver.value(piece.start, parts, value.sensitive)
        else:
            weaver.literal(piece.start, piece.text, end - piece.start)
    return fold_dynamic(weaver.text(call.position), resolver.template.owner)


def _text_parts(
    resolver: Resolver, value: Value, expression: str, position: int
) -> tuple[Part, ...]:
    parts = parts_of(value)
    if parts is None:
        unit = resolver.template.unit
        return (Unknown(expression, "is not one text", position, unit),)
    return parts


def _spend(resolver: Resolver, parts: Sequence[Part]) -> None:
    if not resolver.spend(length(parts)):
        raise BadCallError("this template takes too many steps to evaluate")


def _join(resolver: Resolver, call: Call) -> Value:
    first, second = _arguments(call, 2, 2)
    delimiter = plain(resolver.evaluate(first))
    if delimiter is None:
        raise BadCallError("the delimiter of Fn::Join is not a known text")

    def of_list(values: Sequence[Value]) -> Value:
        members = values[0]
        if not isinstance(members, List) or members.open is not None:
            raise BadCallError("Fn::Join of a list that is not known")
        return distribute(members.items, of_members, call.position)

    def of_members(members: Sequence[Value]) -> Value:
        if any(isinstance(member, List) for member in members):
            flat: list[Value] = []
            for member in members:
                flat.extend(member.items if isinstance(member, List) else [member])
                if isinstance(member, List) and member.open is not None:
                    raise BadCallError("Fn::Join of a list that is not known")
            return distribute(flat, of_members, call.position)
        return _joined(resolver, delimiter, members, call)

    return distribute([resolver.evaluate(second)], of_list, call.position)


def _joined(resolver: Resolver, delimiter: str, members: Sequence[Value], call: Call) -> Value:
    parts: list[Part] = []
    origin: list[tuple[int, int]] = []
    index = 0
    sensitive = False
    for member in members:
        if isinstance(member, Absent):
            continue
        if parts or index:
            parts.append(delimiter)
            index += len(delimiter)
        here = _text_parts(resolver, member, "a member of Fn::Join", call.position)
        origin.append((index, member.position))
        index += length(here)
        parts.extend(here)
        _spend(resolver, here)
        sensitive = sensitive or member.sensitive
    return Text(parts, call.position, sensitive, tuple(origin))


def _split(resolver: Resolver, call: Call) -> Value:
    first, second = _arguments(call, 2, 2)
    delimiter = plain(resolver.evaluate(first))
    if not delimiter:
        raise BadCallError("the delimiter of Fn::Split is not a known text")

    def build(values: Sequence[Value]) -> Value:
        whole = values[0]
        parts = parts_of(whole)
        if parts is None:
            raise BadCallError("Fn::Split of something that is no text")
        found = split_text(parts, delimiter)
        if found is None:
            raise BadCallError("Fn::Split of a text that is not known")
        _spend(resolver, parts)
        sensitive = whole.sensitive
        texts = [Text(piece, call.position, sensitive) for piece in found]
        return List(texts, call.position, sensitive=sensitive)

    return distribute([resolver.evaluate(second)], build, call.position)


def _import_value(resolver: Resolver, call: Call) -> Value:
    owner = resolver.template.owner

    def build(values: Sequence[Value]) -> Value:
        name = values[0]
        if parts_of(name) is None:
            raise BadCallError("the name in Fn::ImportValue is no text")
        spelled = f"Fn::ImportValue({name.expression if isinstance(name, Unknown) else name})"
        symbol = Symbol("text", spelled, owner, "import", None, call.position)
        return Text((symbol,), call.position, name.sensitive)

    return distribute([resolver.evaluate(call.argument)], build, call.position)


# -- choosing ------------------------------------------------------------------------------------


def _if(resolver: Resolver, call: Call) -> Value:
    condition, then, otherwise = _arguments(call, 3, 3)
    name = _name(condition, "the condition of Fn::If")
    if resolver.conditions is None:
        raise BadCallError("Fn::If cannot stand in a condition")
    decision = resolver.conditions.named(name, condition.position)
    if not isinstance(decision, Test):
        return resolver.evaluate(then if decision else otherwise)
    copies = max(len(paths(decision, True)), len(paths(decision, False)))
    before = resolver.copies
    if before * copies > MAX_ALTERNATIVES:
        # The condition itself is the guard, so that each branch stands in the result once.
        decision = yes_no(Guard(resolver.template.unit, name))
        copies = 1
    resolver.copies = before * copies
    try:
        with resolver.under(name, outcome=True):
            one = resolver.evaluate(then)
        with resolver.under(name, outcome=False):
            other = resolver.evaluate(otherwise)
        value = by_decision(decision, one, other, call.position)
    finally:
        resolver.copies = before
    if alternatives(value) > MAX_ALTERNATIVES:
        raise TooManyAlternativesError
    return value


def _select(resolver: Resolver, call: Call) -> Value:
    first, second = _arguments(call, 2, 2)

    def build(values: Sequence[Value]) -> Value:
        written = plain(values[0])
        members = values[1]
        if written is None or not written.isdecimal() or len(written) > 9:
            raise BadCallError("the index of Fn::Select is not a known number")
        if not isinstance(members, List):
            raise BadCallError("Fn::Select from a list that is not known")
        return _selected(members, int(written), call)

    return distribute([resolver.evaluate(first), resolver.evaluate(second)], build, call.position)


def _selected(members: List, index: int, call: Call) -> Value:
    if any(isinstance(item, Choice) for item in members.items):
        # A member that may be left out moves those after it.
        def build(items: Sequence[Value]) -> Value:
            present = [item for item in items if not isinstance(item, Absent)]
            return _selected(List(present, members.position, members.open), index, call)

        return distribute(members.items, build, call.position)
    if index < len(members.items):
        return members.items[index]
    if members.open is not None:
        raise BadCallError("Fn::Select from a list that is not known")
    raise BadCallError(f"the list of Fn::Select has {len(members.items)} items, not item {index}")


def _find_in_map(resolver: Resolver, call: Call) -> Value:
    arguments = _arguments(call, 3, 4)
    default: Node | None = None
    if len(arguments) == 4:
        options = arguments[3]
        default = options.get("DefaultValue") if isinstance(options, nodes.Mapping) else None

    def build(values: Sequence[Value]) -> Value:
        name = plain(values[0])
        if name is None:
            raise BadCallError("the map of Fn::FindInMap is not a known text")
        table = resolver.template.mappings.get(name)
        if table is None:
            if default is not None:
                return resolver.evaluate(default)
            raise BadCallError(f"there is no mapping {name[:80]}")
        return _rows(resolver, table[1], values[1:], default, call)

    operands = [resolver.evaluate(argument) for argument in arguments[:3]]
    return distribute(operands, build, call.position)


def _rows(
    resolver: Resolver, table: Node, keys: Sequence[Value], default: Node | None, call: Call
) -> Value:
    """What the rest of the keys finds in a (part of a) mapping; all rows for an open key."""
    if not keys:
        return _charged(resolver, resolver.row(table))
    if not isinstance(table, nodes.Mapping):
        raise BadCallError("the mapping is not two levels deep")
    written = plain(keys[0])
    if written is not None:
        row = table.get(written)
        if row is not None:
            return _rows(resolver, row, keys[1:], default, call)
        if default is not None:
            return resolver.evaluate(default)
        return Unknown(
            f"Fn::FindInMap({written[:80]})",
            f"the mapping has no key {written[:80]}",
            call.position,
            resolver.template.unit,
        )
    branches: dict[Atom, Value] = {}
    for key, row in table.items():
        branches[key] = _rows(resolver, row, keys[1:], default, call)
    if default is not None:
        branches[_ANOTHER_KEY] = resolver.evaluate(default)
    if not branches:
        raise BadCallError("the mapping is empty")
    guard = Guard(resolver.template.unit, _guard_name(keys[0]))
    value = choose(guard, list(branches.items()), call.position)
    if alternatives(value) > MAX_ALTERNATIVES:
        raise TooManyAlternativesError
    return value


def _guard_name(key: Value) -> str:
    if isinstance(key, Unknown):
        return key.expression
    if isinstance(key, Text):
        return key.symbol.reference if key.symbol is not None else str(key)
    raise BadCallError("a key of Fn::FindInMap is no text")


Function = Callable[["Resolver", Call], Value]

INTRINSICS: Mapping[str, Function] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::If": _if,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
}
"""What is evaluated. Any other function is an Unknown that says so."""
