"""The functions of lists: Select, Split, GetAZs, Cidr."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.calls import BadCallError, arguments_of, spend
from kmsiac.frontends.cloudformation.choices import choose, distribute, literal, plain
from kmsiac.frontends.cloudformation.decisions import MAX_ALTERNATIVES
from kmsiac.frontends.cloudformation.render import render
from kmsiac.frontends.cloudformation.series import Series, Subset
from kmsiac.frontends.cloudformation.splitting import split_text
from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.frontends.cloudformation.texts import parts_of
from kmsiac.reading.nodes import Node
from kmsiac.values import Absent, Choice, List, Null, Symbol, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver

_MOST_SUBNETS = 256
"""The most blocks that `Fn::Cidr` gives."""


# -- Select ----------------------------------------------------------------------------------------


def select(resolver: Resolver, call: Call) -> Value:
    """`Fn::Select`: the member at an index; all of them as cases where the index is open."""
    first, second = arguments_of(call, 2, 2)

    def build(values: Sequence[Value]) -> Value:
        index, members = values
        if isinstance(members, Unknown):
            raise BadCallError(members.reason)
        if not isinstance(members, List):
            raise BadCallError("Fn::Select from something that is no list")
        written = plain(index)
        if written is None:
            return _any_member(resolver, index, members, first, call)
        if not written.isdecimal() or len(written) > 9:
            raise BadCallError("the index of Fn::Select is no whole number")
        if index.sensitive and int(written) >= len(members.items) and members.open is None:
            raise BadCallError("the list of Fn::Select has no such item")
        return _selected(members, int(written), call)

    return distribute([resolver.evaluate(first), resolver.evaluate(second)], build, call.position)


def _selected(members: List, index: int, call: Call) -> Value:
    if isinstance(members, Series):
        return members.member(index, call.position)
    if isinstance(members, Subset):
        raise BadCallError("Fn::Select from a list whose order is not known")
    if any(isinstance(item, Choice) for item in members.items):
        # A member that may be left out moves those after it.
        def build(items: Sequence[Value]) -> Value:
            present = [item for item in items if not isinstance(item, Absent)]
            return _selected(List(present, members.position, members.open), index, call)

        return distribute(members.items, build, call.position)
    if index < len(members.items):
        return _member(members, index)
    if members.open is not None:
        raise BadCallError(members.open.reason)
    raise BadCallError(f"the list of Fn::Select has {len(members.items)} items, not item {index}")


def _any_member(
    resolver: Resolver, index: Value, members: List, written: Node, call: Call
) -> Value:
    """One case for each member, by the index as guard."""
    known = isinstance(index, Text) and not any(isinstance(item, Choice) for item in members.items)
    if isinstance(members, Series | Subset) or members.open is not None or not known:
        raise BadCallError("the index of Fn::Select is not known")
    if not 0 < len(members.items) <= MAX_ALTERNATIVES:
        raise BadCallError(f"Fn::Select from {len(members.items)} items by an open index")
    guard = resolver.template.guard(render(written))
    branches = [(str(at), _member(members, at)) for at in range(len(members.items))]
    return choose(guard, branches, call.position)


def _member(members: List, index: int) -> Value:
    item = members.items[index]
    if isinstance(item, Null):
        raise BadCallError("Fn::Select from a list with null in it")
    if members.sensitive and isinstance(item, Text) and not item.sensitive:
        return Text(item.parts, item.position, True, item.origin)
    return item


# -- Split -----------------------------------------------------------------------------------------


def split(resolver: Resolver, call: Call) -> Value:
    """`Fn::Split`: the list is open behind the first part that may hold the delimiter itself."""
    first, second = arguments_of(call, 2, 2)
    delimiter = plain(resolver.evaluate(first))
    if not delimiter:
        raise BadCallError("the delimiter of Fn::Split is not a known text")

    def build(values: Sequence[Value]) -> Value:
        whole = values[0]
        parts = parts_of(whole)
        if parts is None:
            raise BadCallError("Fn::Split of something that is no text")
        found, blocker = split_text(parts, delimiter)
        spend(resolver, parts)
        sensitive = whole.sensitive
        texts = [Text(piece, call.position, sensitive) for piece in found]
        if blocker is None:
            return List(texts, call.position, sensitive=sensitive)
        if isinstance(blocker, Unknown):
            reason = blocker.reason
        else:
            reason = f"{blocker.reference[:80]} may hold the delimiter of Fn::Split"
        spelled = f"Fn::Split({render(first)}, {render(second)})"
        rest = Unknown(spelled, reason, call.position, resolver.template.unit, sensitive)
        return List(texts, call.position, rest, sensitive)

    return distribute([resolver.evaluate(second)], build, call.position)


# -- what only AWS or arithmetic says --------------------------------------------------------------


def get_azs(resolver: Resolver, call: Call) -> Value:
    """`Fn::GetAZs`: the zones of a Region, of which only AWS knows how many there are."""
    spelled = f"Fn::GetAZs({render(call.argument)})"
    owner = resolver.template.owner
    zone = Symbol("text", spelled, owner, "data", None, call.position)
    reason = "the zones of a Region are known at deployment"
    return Series(zone, Unknown(spelled, reason, call.position, owner.unit), call.position)


def cidr(resolver: Resolver, call: Call) -> Value:
    """`Fn::Cidr`: the blocks that a block is cut into; symbols where it is a symbol itself."""
    arguments = arguments_of(call, 2, 3)

    def build(values: Sequence[Value]) -> Value:
        count, bits = plain(values[1]), plain(values[2]) if len(values) > 2 else "8"
        if count is None or bits is None or not count.isdecimal() or not bits.isdecimal():
            raise BadCallError("the numbers of Fn::Cidr are not known")
        if len(count) > 3 or not 0 < int(count) <= _MOST_SUBNETS or len(bits) > 3:
            raise BadCallError("Fn::Cidr gives 1 to 256 blocks")
        return _blocks(resolver, values[0], int(count), int(bits), call)

    operands = [resolver.evaluate(argument) for argument in arguments]
    return distribute(operands, build, call.position)


def _blocks(resolver: Resolver, block: Value, count: int, bits: int, call: Call) -> Value:
    written = plain(block)
    spend(resolver, ["-" * count])
    if written is not None:
        found = _cut(written, count, bits)
        texts = [literal(one, call.position, block.sensitive) for one in found]
        return List(texts, call.position, sensitive=block.sensitive)
    if not isinstance(block, Text) or block.has_unknown:
        raise BadCallError("Fn::Cidr of a block that is not known")
    spelled = f"Fn::Cidr({render(call.argument)})"
    owner, place = resolver.template.owner, call.position
    return List(
        [
            Text((Symbol("text", f"{spelled}[{at}]", owner, "data", None, place),), place)
            for at in range(count)
        ],
        place,
    )


def _cut(written: str, count: int, bits: int) -> list[str]:
    try:
        block = ipaddress.ip_network(written, strict=False)
    except ValueError:
        raise BadCallError("the block of Fn::Cidr is no CIDR block") from None
    prefix = block.max_prefixlen - bits
    if prefix < block.prefixlen or count > 2 ** (prefix - block.prefixlen):
        raise BadCallError(f"the block of Fn::Cidr does not hold {count} blocks of {bits} bits")
    step, start = 2**bits, int(block.network_address)
    make = type(block.network_address)
    return [f"{make(start + at * step)}/{prefix}" for at in range(count)]
