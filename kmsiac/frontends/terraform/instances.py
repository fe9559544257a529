"""Instances of resources, data sources and module calls: `count`, `for_each`, attributes, symbols."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.frontends.terraform import attributes
from kmsiac.frontends.terraform.blocks import body_map, grouped
from kmsiac.frontends.terraform.conversion import CallError, Undetermined, literal, to_number
from kmsiac.frontends.terraform.iterate import pairs
from kmsiac.frontends.terraform.modules import child_scope
from kmsiac.frontends.terraform.policy_document import policy_document
from kmsiac.frontends.terraform.providers import provider_of
from kmsiac.frontends.terraform.split import Block
from kmsiac.frontends.terraform.symbolic import Invalid, Lazy
from kmsiac.reading.source import NOWHERE
from kmsiac.stack import Provider
from kmsiac.values import (
    Absent,
    Choice,
    Guard,
    List,
    Map,
    Null,
    Number,
    Part,
    Symbol,
    Text,
    Unknown,
    Value,
    text,
)

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Frame, Scope

MAX_INSTANCES = 1000
_HOLE = re.compile(r"\{(\w+)\}")
META = frozenset({"count", "for_each", "provider", "providers", "depends_on", "lifecycle"})
META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection", "timeouts"})


class Member(NamedTuple):
    """One instance of a group: its index, and when it exists."""

    suffix: str
    key: Value | None
    instance: Instance | ModuleInstance
    exists: tuple[Guard, object] | None
    absent: Unknown | None
    atoms: tuple[object, ...] = (True, False)


class Group:
    """All instances of one block, worked out on first use."""

    def __init__(self, scope: Scope, kind: str, type: str, name: str, block: Block) -> None:
        self.scope = scope
        self.kind = kind
        self.type = type
        self.name = name
        self.block = block
        self._members: list[Member] | None = None
        self._shape = "single"
        self._open: Unknown | None = None
        self._running = False

    @property
    def reference(self) -> str:
        """The address without module path and index."""
        if self.kind == "module":
            return f"module.{self.name}"
        prefix = "data." if self.kind == "data" else ""
        return f"{prefix}{self.type}.{self.name}"

    def members(self) -> list[Member]:
        """The instances."""
        if self._members is None:
            if self._running:
                reason = f"{self.reference} refers to itself in count or for_each"
                raise Undetermined(reason)
            self._running = True
            try:
                self._members = list(self._expand())
            finally:
                self._running = False
        return self._members

    def value(self, _scope: Scope, position: int) -> Value:
        """What a reference to the block is: an instance, a list or a map of them."""
        members = self.members()
        if self._shape == "single":
            return members[0].instance
        items: list[tuple[Value | None, Value]] = []
        for member in members:
            instance: Value = member.instance
            if member.exists is not None:
                guard, atom = member.exists
                branches = [
                    (at, instance if at == atom else Absent(position)) for at in member.atoms
                ]
                instance = Choice(guard, branches, position)  # type: ignore[arg-type]  # atoms of a Choice
            items.append((member.key, instance))
        if self._shape == "list":
            return List([item for _, item in items], position, self._open)
        entries = [(k, item) for k, item in items if isinstance(k, Text)]
        return Map(entries, position, self._open)

    # -- count and for_each -----------------------------------------------------------------------

    def _expand(self) -> Iterator[Member]:
        body = self.block.body.attributes
        frame = self.scope.frame
        if "count" in body:
            self._shape = "list"
            yield from self._counted(frame.attribute(body["count"]))
        elif "for_each" in body:
            self._shape = "map"
            yield from self._for_each(frame.attribute(body["for_each"]), None)
        else:
            yield Member("", None, self._make("", {}), None, None)

    def _counted(self, count: Value) -> Iterator[Member]:
        position = self.block.position
        unknown = count if isinstance(count, Unknown) else None
        if isinstance(count, Choice):
            simple = {atom: _whole(value) for atom, value in count.branches}
            most = max((n for n in simple.values() if n is not None), default=0)
            if None in simple.values():
                unknown = Unknown(count.guard.name, "count is not known", count.position, count.guard.unit)
            for at in range(min(most, MAX_INSTANCES)):
                having = [atom for atom, n in simple.items() if n is not None and n > at]
                exists = None
                if unknown is None and len(having) == 1:
                    exists = (count.guard, having[0])
                elif unknown is None and len(having) < len(simple):
                    unknown = Unknown(count.guard.name, "count is not known", count.position, count.guard.unit)  # fmt: skip
                yield self._item(at, exists, unknown, tuple(simple))
            self._open = unknown
            if most or unknown is None:
                return
        number = _whole(count)
        if number is None:
            reason = unknown.reason if unknown else "count is not a known number"
            unknown = unknown or self._reason("count", reason)
            self._open = unknown
            yield self._item(0, None, unknown)
            return
        if number > MAX_INSTANCES:
            frame = self.scope.frame
            reason = f"count is over {MAX_INSTANCES}: only the first are looked at"
            frame.context.gap(frame, self.reference, reason, position)
        for at in range(min(number, MAX_INSTANCES)):
            yield self._item(at, None, None)

    def _item(
        self,
        at: int,
        exists: tuple[Guard, object] | None,
        absent: Unknown | None,
        atoms: tuple[object, ...] = (True, False),
    ) -> Member:
        index = Number(at, self.block.position)
        names = {"count": Map([(text("index"), index)], self.block.position)}
        instance = self._make(f"[{at}]", names)
        return Member(f"[{at}]", index, instance, exists, absent, atoms)

    def _for_each(self, collection: Value, exists: tuple[Choice, object] | None) -> Iterator[Member]:
        if isinstance(collection, Choice) and exists is None:
            for atom, branch in collection.branches:
                yield from self._for_each(branch, (collection, atom))
            return
        rest: Unknown | None
        try:
            members = [] if isinstance(collection, Invalid) else list(pairs(collection))
            rest = collection.open if isinstance(collection, List | Map) else None
        except Undetermined as problem:
            members = []
            rest = collection if isinstance(collection, Unknown) else None
            rest = rest or self._reason("for_each", problem.reason)
        if isinstance(collection, Invalid):
            rest = collection
        for key, value in members[:MAX_INSTANCES]:
            yield self._each(key, value, exists)
        if len(members) > MAX_INSTANCES:
            rest = self._reason("for_each", f"only the first {MAX_INSTANCES} members are looked at")
        if rest is not None:
            self._open = rest
            key = Unknown(f"{rest.expression}: each.key", rest.reason, rest.position, rest.unit)
            value = Unknown(f"{rest.expression}: each.value", rest.reason, rest.position, rest.unit)
            names = {"each": Map([(text("key"), key), (text("value"), value)])}
            yield Member("", key, self._make("", names, " (unknown each)"), None, rest)

    def _each(self, key: Value, value: Value, exists: tuple[Choice, object] | None) -> Member:
        try:
            written = literal(key)
        except (Undetermined, CallError):
            written = str(key)
        quoted = written.replace("\\", "\\\\").replace('"', '\\"')
        suffix = f'["{quoted}"]'
        names = {"each": Map([(text("key"), key), (text("value"), value)], self.block.position)}
        instance = self._make(suffix, names)
        known = Text((written,), key.position) if not isinstance(key, Text) else key
        if exists is None:
            return Member(suffix, known, instance, None, None)
        choice, atom = exists
        atoms = tuple(at for at, _ in choice.branches)
        return Member(suffix, known, instance, (choice.guard, atom), None, atoms)

    def _reason(self, attribute: str, reason: str) -> Unknown:
        return self.scope.unknown(f"{self.reference}: {attribute}", reason, self.block.position)

    def _make(
        self, suffix: str, names: dict[str, Value], label: str = ""
    ) -> Instance | ModuleInstance:
        self.scope.context.budget.spend(10)
        frame = self.scope.frame.nested(names, label or (f" ({suffix})" if suffix else ""))
        if self.kind == "module":
            return ModuleInstance(self, suffix, frame)
        return Instance(self, suffix, frame)


def _whole(value: Value) -> int | None:
    try:
        return max(0, int(to_number(value)))
    except (CallError, Undetermined, ValueError, OverflowError):
        return None


class Instance(Lazy):
    """One resource or data source."""

    __slots__ = ("_known", "_provider", "_running", "frame", "group", "suffix")

    def __init__(self, group: Group, suffix: str, frame: Frame) -> None:
        super().__init__(group.block.position)
        self.group = group
        self.suffix = suffix
        self.frame = frame
        self._known: dict[str, Value] = {}
        self._running: set[str] = set()
        self._provider: Provider | None = None

    @property
    def address(self) -> str:
        """The full address with module path and indexes."""
        return self.group.scope.qualify(self.group.reference + self.suffix)

    @property
    def provider(self) -> Provider:
        """The provider configuration that it belongs to."""
        if self._provider is None:
            self._provider = provider_of(self.group.scope, self.group.block)
        return self._provider

    def attribute(self, name: str, position: int) -> Value:
        """An attribute: what is written, or the symbol for what the service makes."""
        known = self._known.get(name)
        if known is not None:
            return known.at(position) if isinstance(known, Text) and known.symbol else known
        reference = f"{self.address}.{name}"
        if name in self._running:
            unit = self.frame.context.stack.unit
            return Unknown(reference, "refers to itself", position, unit)
        self._running.add(name)
        try:
            value = self._attribute(name, position)
        finally:
            self._running.discard(name)
        self._known[name] = value
        return value

    def _attribute(self, name: str, position: int) -> Value:
        is_data = self.group.kind == "data"
        if is_data and self.group.type == "aws_iam_policy_document":
            if name in ("json", "minified_json"):
                return self.document()
        elif is_data and self.group.type in attributes.ENVIRONMENT and self._written(name) is None:
            environment = self._environment(name, position)
            if environment is not None:
                return environment
        rule, shape = attributes.symbol_rule(self.group.type, name)
        if rule == "=":
            return self.attribute(shape, position)
        in_table = name in attributes.SYMBOLS.get(self.group.type, {})
        if is_data or not (in_table and name in attributes.COMPUTED):
            written = self._written(name)
            if written is not None and not isinstance(written, Null):
                return written
        if is_data and rule == "text":
            unit = self.frame.context.stack.unit
            return Unknown(f"{self.address}.{name}", "looked up when terraform runs", position, unit)
        return self._symbol(name, rule, shape, position)

    def _written(self, name: str) -> Value | None:
        body = self.group.block.body
        attribute = body.attributes.get(name)
        if attribute is not None:
            return None if name in META else self.frame.attribute(attribute)
        if name == "path" and self.group.kind == "resource":
            return text(attributes.PATH_DEFAULT) if name in ("path",) else None
        if any(block.type == name or block.labels == (name,) for block in body.blocks):
            first, items, rest = grouped(body, self.frame).get(name, (NOWHERE, [], None))
            values = [each.wrap(body_map(each.body, each.position, each.frame)) for each in items]
            return List(values, first, rest)
        return None

    def _environment(self, name: str, position: int) -> Value | None:
        provider = self.provider
        symbol_type = attributes.ENVIRONMENT[self.group.type].get(name)
        if symbol_type is None:
            return None
        parts = {
            "account_id": provider.account,
            "partition": provider.partition,
            "region": provider.region,
            "dns_suffix": provider.dns_suffix,
        }
        known = parts[symbol_type]
        if known.symbol is None:
            return Text(known.parts, position, known.sensitive)
        reference = f"{self.address}.{name}"
        symbol = Symbol(
            symbol_type, reference, known.symbol.owner, "environment", None, position, ""
        )
        return Text((symbol,), position)

    def _symbol(self, name: str, type: str, shape: str, position: int) -> Text:
        origin = "data" if self.group.kind == "data" else "resource"
        reference = f"{self.address}.{name}"
        owner = self.provider.owner
        made = self._shape(shape, position) if shape else None
        symbol = Symbol(type, reference, owner, origin, made, position, self.address)
        return Text((symbol,), position)

    def _shape(self, shape: str, position: int) -> Text | None:
        provider = self.provider
        fixed = {
            "partition": provider.partition,
            "account": provider.account,
            "region": provider.region,
            "dns_suffix": provider.dns_suffix,
        }
        parts: list[Part] = []
        last = 0
        for hole in _HOLE.finditer(shape):
            parts.append(shape[last : hole.start()])
            last = hole.end()
            value = fixed.get(hole[1]) or self._shape_part(hole[1], position)
            if not isinstance(value, Text):
                return None
            parts.extend(value.parts)
        parts.append(shape[last:])
        return Text(parts, position)

    def _shape_part(self, name: str, position: int) -> Value:
        if name == "path" and self.group.kind == "data":
            # The path of a role that is looked up is not known: it is part of the name's symbol.
            return text("/")
        if name == "name" and self.group.kind == "data" and self.group.type.startswith("aws_iam"):
            rule, _ = attributes.symbol_rule(self.group.type, name)
            return self._symbol(name, rule, "", position)
        return self.attribute(name, position)

    def document(self) -> Value:
        """The policy document of an `aws_iam_policy_document`, as JSON text with its document."""
        known = self._known.get("json")
        if known is None:
            known = self._known["json"] = policy_document(self)
        return known

    def attributes_map(self) -> Map:
        """Everything that is written in the block."""
        block = self.group.block
        return body_map(block.body, block.position, self.frame, META | META_BLOCKS)


class ModuleInstance(Lazy):
    """One instance of a module call."""

    __slots__ = ("_failed", "_scope", "frame", "group", "suffix")

    def __init__(self, group: Group, suffix: str, frame: Frame) -> None:
        super().__init__(group.block.position)
        self.group = group
        self.suffix = suffix
        self.frame = frame
        self._scope: Scope | None = None
        self._failed = False

    @property
    def address(self) -> str:
        """The full address with indexes."""
        return self.group.scope.qualify(self.group.reference + self.suffix)

    def child(self) -> Scope | None:
        """The module instance itself, None if its source could not be resolved."""
        if self._scope is None and not self._failed:
            self._scope = child_scope(self)
            self._failed = self._scope is None
        return self._scope

    def attribute(self, name: str, position: int) -> Value:
        """The output `name`."""
        child = self.child()
        if child is None:
            reference = f"{self.address}.{name}"
            unit = self.frame.context.stack.unit
            return Unknown(reference, "the module's source was not read", position, unit)
        return child.output(name, position)

