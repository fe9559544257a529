"""All instances of a block: `count` and `for_each`, known, conditional and unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.frontends.terraform.blocks import When, only_when
from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    literal,
    to_bool,
    to_number,
)
from kmsiac.frontends.terraform.instances import Instance, ModuleInstance
from kmsiac.frontends.terraform.iterate import pairs
from kmsiac.frontends.terraform.split import Attribute, Block
from kmsiac.frontends.terraform.symbolic import Invalid, as_choice
from kmsiac.values import (
    Atom,
    Bool,
    Choice,
    Guard,
    List,
    Map,
    Null,
    Number,
    Text,
    Unknown,
    Value,
    text,
)

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Scope

MAX_INSTANCES = 1000
"""Instances of one block that are looked at."""


class Member(NamedTuple):
    """One instance of a group: its index, and when it exists.

    `when` are the guards that decide it, `absent` the Unknown where no guard does.
    """

    key: Value | None
    instance: Instance | ModuleInstance
    when: When = ()
    absent: Unknown | None = None

    @property
    def exists(self) -> tuple[tuple[Guard, Atom], ...] | None:
        """The guards with the values under which it exists; None if no guard decides it."""
        return tuple((choice.guard, atom) for choice, atom in self.when) or None


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

    @property
    def _address(self) -> str:
        """The address without index."""
        path = self.scope.address
        return f"{path}.{self.reference}" if path else self.reference

    def members(self) -> list[Member]:
        """The instances. Raises Undetermined where count or for_each needs the block itself."""
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

    def value(self, position: int) -> Value:
        """What a reference to the block is: an instance, a list or a map of them."""
        members = self.members()
        if self._shape == "single":
            if not members:
                return Null(position)
            return only_when(members[0].when, members[0].instance, position)
        items = [only_when(member.when, member.instance, position) for member in members]
        if self._shape == "list":
            return List(items, position, self._open)
        keys = [member.key for member in members]
        entries = [(k, v) for k, v in zip(keys, items, strict=True) if isinstance(k, Text)]
        return Map(entries, position, self._open)

    def _expand(self) -> Iterator[Member]:
        body = self.block.body.attributes
        frame = self.scope.frame
        if "count" in body:
            self._shape = "list"
            yield from self._counted(frame.attribute(body["count"]))
        elif "for_each" in body:
            self._shape = "map"
            yield from self._for_each(frame.attribute(body["for_each"]), ())
        else:
            enabled = _lifecycle(self.block, "enabled")
            yield from self._single(frame.attribute(enabled) if enabled else Bool(True))

    def _single(self, enabled: Value) -> Iterator[Member]:
        """The one instance, which `lifecycle { enabled }` (OpenTofu) may switch off."""
        if isinstance(enabled, Unknown) and not isinstance(enabled, Invalid):
            enabled = as_choice(enabled)
        for when, value in _cases(enabled, ()):
            absent: Unknown | None = None
            try:
                if not to_bool(value):
                    continue
            except (CallError, Undetermined) as problem:
                absent = self._reason("enabled", str(problem))
            yield Member(None, self._make("", {}), when, absent)

    # -- count ------------------------------------------------------------------------------------

    def _counted(self, count: Value) -> Iterator[Member]:
        cases = list(_cases(count, ()))
        numbers = [_whole(value) for _, value in cases]
        unknown = next(
            (self._why(v) for (_, v), n in zip(cases, numbers, strict=True) if n is None), None
        )
        self._open = unknown
        most = max((n for n in numbers if n is not None), default=0)
        if most > MAX_INSTANCES:
            frame = self.scope.frame
            reason = f"count is over {MAX_INSTANCES}: only the first are looked at"
            frame.context.block_gap(self._address, "count", reason, self.block.position)
        for at in range(min(max(most, 1 if unknown else 0), MAX_INSTANCES)):
            having = [when for (when, _), n in zip(cases, numbers, strict=True) if n and n > at]
            if unknown is not None:
                yield self._item(at, (), unknown)
            elif len(having) == len(cases):
                yield self._item(at, (), None)
            elif len(having) == 1:
                yield self._item(at, having[0], None)
            else:
                yield self._item(at, (), self._why(count))

    def _why(self, count: Value) -> Unknown:
        if isinstance(count, Unknown):
            return count
        if isinstance(count, Choice):
            guard = count.guard
            return Unknown(guard.name, "an open condition", count.position, guard.unit)
        return self._reason("count", "count is not a known number")

    def _item(self, at: int, when: When, absent: Unknown | None) -> Member:
        index = Number(at, self.block.position)
        count = Map([(text("index"), index)], self.block.position)
        return Member(index, self._make(f"[{at}]", {"count": count}), when, absent)

    # -- for_each ---------------------------------------------------------------------------------

    def _for_each(self, collection: Value, when: When) -> Iterator[Member]:
        for inner, case in _cases(collection, when):
            yield from self._each_of(case, inner)

    def _each_of(self, collection: Value, when: When) -> Iterator[Member]:
        rest = collection if isinstance(collection, Unknown) else None
        members: list[tuple[Value, Value]] = []
        if isinstance(collection, List | Map):
            rest = collection.open
        try:
            if not isinstance(collection, Invalid):
                members = list(pairs(collection))
            # Terraform refuses it, for the keys would stand in every address.
            if any(key.sensitive for key, _ in members) or collection.sensitive:
                members, rest = [], self._reason("for_each", "a sensitive value in for_each")
        except (Undetermined, CallError) as problem:
            rest = rest or self._reason("for_each", str(problem))
        if len(members) > MAX_INSTANCES:
            over = f"for_each is over {MAX_INSTANCES}: only the first are looked at"
            rest = self._reason("for_each", over)
            context = self.scope.frame.context
            context.block_gap(self._address, "for_each", over, self.block.position)
        for key, value in members[:MAX_INSTANCES]:
            yield self._each(key, value, when)
        if rest is not None:
            self._open = rest
            unknown_key = Unknown(
                f"{rest.expression}: each.key", rest.reason, rest.position, rest.unit
            )
            value = Unknown(f"{rest.expression}: each.value", rest.reason, rest.position, rest.unit)
            each = Map([(text("key"), unknown_key), (text("value"), value)])
            instance = self._make("", {"each": each}, " (unknown each)")
            yield Member(unknown_key, instance, when, rest)

    def _each(self, key: Value, value: Value, when: When) -> Member:
        try:
            written = literal(key)
        except (Undetermined, CallError):
            written = str(key)
        quoted = written.replace("\\", "\\\\").replace('"', '\\"')
        each = Map([(text("key"), key), (text("value"), value)], self.block.position)
        known = key if isinstance(key, Text) else Text((written,), key.position)
        return Member(known, self._make(f'["{quoted}"]', {"each": each}), when)

    def _reason(self, attribute: str, reason: str) -> Unknown:
        return self.scope.unknown(f"{self.reference}: {attribute}", reason, self.block.position)

    def _make(
        self, suffix: str, names: Mapping[str, Value], label: str = ""
    ) -> Instance | ModuleInstance:
        self.scope.context.budget.spend(10)
        frame = self.scope.frame.nested(names, label or (f" ({suffix})" if suffix else ""))
        if self.kind == "module":
            return ModuleInstance(self, suffix, frame)
        return Instance(self, suffix, frame)


def _lifecycle(block: Block, name: str) -> Attribute | None:
    inner = next((each for each in block.body.blocks if each.type == "lifecycle"), None)
    return inner.body.attributes.get(name) if inner is not None else None


def _cases(value: Value, when: When) -> Iterator[tuple[When, Value]]:
    """The cases of a value with the guards that lead to each."""
    if not isinstance(value, Choice):
        yield when, value
        return
    for atom, branch in value.branches:
        yield from _cases(branch, (*when, (value, atom)))


def _whole(value: Value) -> int | None:
    """The number that a count is; None where it is not known, or none that Terraform takes."""
    try:
        number = int(to_number(value))
    except (CallError, Undetermined, ValueError, OverflowError):
        return None
    return number if number >= 0 else None
