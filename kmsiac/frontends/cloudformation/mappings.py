"""`Fn::FindInMap`: a row of Mappings, or the rows that an open key may find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.calls import BadCallError, arguments_of, charged
from kmsiac.frontends.cloudformation.choices import alternatives, choose, distribute, plain
from kmsiac.frontends.cloudformation.decisions import MAX_ALTERNATIVES, TooManyAlternativesError
from kmsiac.frontends.cloudformation.render import render
from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.reading import nodes
from kmsiac.reading.nodes import Node
from kmsiac.values import ANOTHER, Atom, Guard, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver


def find_in_map(resolver: Resolver, call: Call) -> Value:
    """`Fn::FindInMap`; an open key gives all rows, by the key as guard."""
    arguments = arguments_of(call, 3, 4)
    default: Node | None = None
    if len(arguments) == 4:
        options = arguments[3]
        default = options.get("DefaultValue") if isinstance(options, nodes.Mapping) else None
        resolver.template.needs_extensions("DefaultValue of Fn::FindInMap", options.position)
    lookup = _Lookup(resolver, call, arguments[:3], default)
    operands = [resolver.evaluate(argument) for argument in arguments[:3]]
    return distribute(operands, lookup.found, call.position)


class _Lookup:
    """One call: the nodes of the map's name and the keys, and that of the default, if any."""

    def __init__(
        self, resolver: Resolver, call: Call, written: Sequence[Node], default: Node | None
    ) -> None:
        self._resolver = resolver
        self._call = call
        self._written = written
        self._default = default

    def found(self, keys: Sequence[Value]) -> Value:
        """What the map's name and the keys find; an Unknown where there is no such row."""
        tables = {name: table for name, (_, table) in self._resolver.template.mappings.items()}
        value = self._step(tables, 0, keys)
        return self._missing(keys) if value is None else value

    def _step(self, tables: dict[str, Node], at: int, keys: Sequence[Value]) -> Value | None:
        """What the keys from `at` on find among `tables` (by the key at `at`); None for nothing."""
        written = plain(keys[at])
        if written is None:
            return self._any(tables, at, keys)
        if written in tables:
            return self._below(tables[written], at, keys)
        return None if self._default is None else self._resolver.evaluate(self._default)

    def _below(self, table: Node, at: int, keys: Sequence[Value]) -> Value | None:
        if at == len(keys) - 1:
            return charged(self._resolver, self._resolver.row(table))
        if not isinstance(table, nodes.Mapping):
            raise BadCallError("the mapping is not two levels deep")
        return self._step(dict(table.items()), at + 1, keys)

    def _any(self, tables: dict[str, Node], at: int, keys: Sequence[Value]) -> Value | None:
        """All that an open key may find, by the key as guard."""
        if len(tables) > MAX_ALTERNATIVES:
            raise TooManyAlternativesError
        branches: dict[Atom, Value] = {}
        for key, table in tables.items():
            value = self._below(table, at, keys)
            # With a key that has no row nothing can be deployed.
            if value is not None:
                branches[key] = value
        if self._default is not None:
            otherwise = self._resolver.evaluate(self._default)
            for key in [*self._keys_elsewhere(tables), ANOTHER]:
                branches.setdefault(key, otherwise)
        if not branches:
            return None
        value = choose(self._guard(keys[at], at), list(branches.items()), self._call.position)
        if alternatives(value) > MAX_ALTERNATIVES:
            raise TooManyAlternativesError
        return value

    def _keys_elsewhere(self, tables: dict[str, Node]) -> Iterator[str]:
        """The keys of other mappings that are for the same thing (Regions, say), as far as they
        share a key: what is not among `tables` may still be the key, since they have it.
        """
        for _, other in self._resolver.template.mappings.values():
            if not isinstance(other, nodes.Mapping):
                continue
            names = [name for name, _ in other.items()]
            if len(names) <= MAX_ALTERNATIVES // 2 and not tables.keys().isdisjoint(names):
                yield from names

    def _guard(self, key: Value, at: int) -> Guard:
        template = self._resolver.template
        if key.sensitive:
            return template.guard(render(self._written[at]))
        guard = template.question(key)
        if guard is None:
            raise BadCallError("a key of Fn::FindInMap is no text")
        return guard

    def _missing(self, keys: Sequence[Value]) -> Unknown:
        shown = [
            render(node) if key.sensitive or plain(key) is None else str(key)[:80]
            for key, node in zip(keys, self._written, strict=True)
        ]
        mappings, name = self._resolver.template.mappings, plain(keys[0])
        reason = f"there is no mapping {shown[0]}"
        if name in mappings:
            table, first = mappings[name][1], plain(keys[1])
            if first is None:
                reason = f"no row of the mapping has the key {shown[2]}"
            else:
                found = isinstance(table, nodes.Mapping) and table.get(first) is not None
                reason = f"the mapping has no key {shown[2 if found else 1]}"
        spelled = f"Fn::FindInMap({', '.join(shown)})"
        position, unit = self._call.position, self._resolver.template.unit
        return Unknown(spelled, reason, position, unit)
