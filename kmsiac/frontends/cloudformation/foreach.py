"""`Fn::ForEach`: members of a map that are written once for each item of a collection.

An item whose text is not known (a parameter without a value) makes one member that stands for all
that there may be: in its texts the identifier is written `${<Name>}`, which is evaluated to what
is known of the item, and its own name has `<Name>` in it. Where the collection is decided by a
guard a member has the condition under which its item is in it.

Every copy has the positions of the fragment that it is a copy of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from kmsiac.frontends.cloudformation.choices import plain
from kmsiac.frontends.cloudformation.decisions import Decision, Test, test
from kmsiac.frontends.cloudformation.expansion import (
    EXTENSIONS,
    Expansion,
    lacks_extensions,
    macro_names,
)
from kmsiac.frontends.cloudformation.fragments import (
    Binding,
    Bindings,
    in_name,
    stand_in_names,
    substituted,
)
from kmsiac.frontends.cloudformation.render import render
from kmsiac.reading.budget import TEMPLATE_BUDGET
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.values import Atom, Choice, List, Unknown, Value

FOR_EACH = "Fn::ForEach"
_ALLOWED = ("Conditions", "Outputs", "Resources")

_Entry = tuple[Node, Node]


class _TooManyError(Exception):
    """A loop makes more nodes than a template may have."""


class _Item(NamedTuple):
    """One item of a collection, when it is in it, and why it may be in it more often or not at all."""

    binding: Binding
    decision: Decision
    absent: Unknown | None


class Loops:
    """Writes out the loops of one template. `evaluate` works out what a collection is."""

    def __init__(self, expansion: Expansion, evaluate: Callable[[Node], Value], unit: str) -> None:
        self._expansion = expansion
        self._evaluate = evaluate
        self._unit = unit
        self._left = TEMPLATE_BUDGET.nodes
        self._most = 0
        """What the loop that is written out now has to leave."""
        self._conditions: list[_Entry] = []
        self.first: int | None = None
        """Where the first loop stands."""

    def write_out(self) -> None:
        """Replace the root of the expansion by one without loops, but for those that go wrong."""
        root = self._expansion.root
        entries: list[_Entry] = []
        for key, value in root.entries:
            section = key.text if isinstance(key, Scalar) else ""
            entries.append((key, self._section(section, value)))
        self._expansion.root = Mapping(self._with_conditions(entries), root.position)

    def _section(self, name: str, node: Node) -> Node:
        before = self.first
        self.first = None
        node = self._walk(node, {}, (name,))
        if self.first is not None and name not in _ALLOWED:
            where = "Conditions, Outputs and Resources"
            self._expansion.error(f"{FOR_EACH} is only allowed in {where}", self.first)
        self.first = before if before is not None else self.first
        return node

    def _with_conditions(self, entries: list[_Entry]) -> list[_Entry]:
        if not self._conditions:
            return entries
        result: list[_Entry] = []
        added = False
        for key, value in entries:
            if isinstance(key, Scalar) and key.text == "Conditions" and isinstance(value, Mapping):
                conditions = [*value.entries, *self._conditions]
                result.append((key, Mapping(conditions, value.position, value.tag)))
                added = True
            else:
                result.append((key, value))
        if not added:
            position = self._conditions[0][0].position
            key = Scalar("Conditions", "text", "plain", position)
            result.append((key, Mapping(self._conditions, position)))
        return result

    # -- going down ----------------------------------------------------------------------------

    def _walk(self, node: Node, bound: Bindings, path: tuple[str, ...]) -> Node:
        """The node with its loops written out and the identifiers in it replaced."""
        if bound:
            self._left -= 1
            if self._left < self._most:
                raise _TooManyError
        if isinstance(node, Scalar):
            return substituted(node, bound) if bound else node
        if isinstance(node, Sequence):
            return self._sequence(node, bound, path)
        assert isinstance(node, Mapping)
        return self._mapping(node, bound, path)

    def _sequence(self, node: Sequence, bound: Bindings, path: tuple[str, ...]) -> Node:
        call = node.tag.lstrip("!")
        items = [
            self._role(item, bound, _argument_role(call, index), path)
            for index, item in enumerate(node.items)
        ]
        if all(new is old for new, old in zip(items, node.items, strict=True)):
            return node
        return Sequence(items, node.position, node.tag)

    def _mapping(self, node: Mapping, bound: Bindings, path: tuple[str, ...]) -> Node:
        if bound and len(node.entries) == 1:
            key, argument = node.entries[0]
            if isinstance(key, Scalar) and key.text == "Ref" and isinstance(argument, Scalar):
                reference = Scalar(argument.text, "text", "plain", node.position, "!Ref")
                return substituted(reference, bound)
        entries: list[_Entry] = []
        changed = False
        for key, value in node.entries:
            if isinstance(key, Scalar) and key.text.startswith(FOR_EACH + "::"):
                entries.extend(self._loop(key, value, bound, path))
                changed = True
                continue
            name = key.text if isinstance(key, Scalar) else ""
            role = _member_role(name, value)
            new_key = in_name(key, bound) if bound and isinstance(key, Scalar) else key
            new = self._role(value, bound, role, (*path, name)[:3])
            changed = changed or new is not value or new_key is not key
            entries.append((new_key, new))
        return Mapping(entries, node.position, node.tag) if changed else node

    def _role(self, node: Node, bound: Bindings, role: str, path: tuple[str, ...]) -> Node:
        if not bound or not role:
            return self._walk(node, bound, path)
        if isinstance(node, Scalar) and not node.tag:
            return in_name(node, bound) if role == "name" else substituted(node, bound, sub=True)
        if isinstance(node, Sequence) and not node.tag:
            roles = {"name": ("name", "name"), "sub": ("sub", ""), "first": ("name", "")}[role]
            items = [
                self._role(item, bound, roles[index > 0], path)
                for index, item in enumerate(node.items)
            ]
            return Sequence(items, node.position)
        return self._walk(node, bound, path)

    # -- one loop ------------------------------------------------------------------------------

    def _loop(
        self, key: Scalar, value: Node, bound: Bindings, path: tuple[str, ...]
    ) -> list[_Entry]:
        """The members that a loop makes; the loop itself where it cannot be written out."""
        self.first = key.position if self.first is None else self.first
        if lacks_extensions(macro_names(self._expansion.root.get("Transform"))):
            hint = f"add Transform: {EXTENSIONS}"
            self._expansion.error(
                f"{FOR_EACH} needs the transform {EXTENSIONS}", key.position, hint
            )
        read = _parts(key, value)
        if read is None:
            what = "an identifier, a collection and a map"
            self._expansion.error(f"{key.text[:80]} is not a list of {what}", key.position)
            self._gap(key, path, "this loop cannot be read")
            return [(key, value)]
        if bound:
            return list(self._members(read, bound, path))
        # One loop that takes too much leaves something to the others.
        self._most = self._left // 2
        before = len(self._conditions)
        try:
            return list(self._members(read, bound, path))
        except _TooManyError:
            most = f"{TEMPLATE_BUDGET.nodes // 2:,}"
            self._expansion.error(
                f"{key.text[:80]} makes too much: over {most} nodes, or too deep a map",
                key.position,
            )
            self._gap(key, path, "this loop makes too much to be written out")
            del self._conditions[before:]
            return [(key, value)]
        finally:
            self._most = 0

    def _gap(self, key: Scalar, path: tuple[str, ...], reason: str) -> None:
        if len(path) < 2:
            self._expansion.gap(key.text, "", reason, key.position)
        else:
            self._expansion.gap(path[1], key.text, reason, key.position)

    def _members(self, loop: _Loop, bound: Bindings, path: tuple[str, ...]) -> Iterator[_Entry]:
        collection = self._walk(loop.collection, bound, path)
        for item in self._items(loop, collection, path):
            inner = {**bound, loop.identifier: item.binding}
            made = self._walk(Mapping(loop.body.entries, loop.body.position), inner, path)
            assert isinstance(made, Mapping)
            for key, value in made.entries:
                yield self._guarded(key, value, item, path)

    def _items(self, loop: _Loop, collection: Node, path: tuple[str, ...]) -> Iterator[_Item]:
        value = self._evaluate(collection)
        known: dict[str, None] = {}
        others: list[tuple[Value, Unknown | None]] = []
        for case in _cases(value):
            more: Value | None = case
            if isinstance(case, List):
                more = case.open
                for item in case.items:
                    text = None if item.sensitive else plain(item)
                    if text is None:
                        others.append((item, None))
                    else:
                        known[text] = None
            if more is not None:
                unknown, absent = self._not_known(loop.identifier, collection, more)
                others.append((unknown, absent))
                told = f"{render(collection)}: {unknown.reason}"
                self._gap(loop.key, path, f"its items are not known: {told}")
        texts: dict[int, frozenset[str]] = {}
        for text in known:
            yield _Item(Binding(text, ""), _holds(value, text, texts), None)
        for other, why in others:
            yield _Item(Binding(None, self._stand_in(loop.identifier, other)), True, why)

    def _stand_in(self, identifier: str, item: Value) -> str:
        """The name that is written where an item stands whose text is not known."""
        stand_ins = self._expansion.stand_ins
        name, number = f"<{identifier}>", 2
        while name in stand_ins:
            name, number = f"<{identifier} {number}>", number + 1
        stand_ins[name] = item
        reason = "of an item that is not known, only the letters and digits"
        letters = Unknown(f"&{{{identifier}}}", reason, item.position, self._unit)
        stand_ins[stand_in_names(name)[1]] = letters
        return name

    def _not_known(
        self, identifier: str, collection: Node, why: Value
    ) -> tuple[Unknown, Unknown | None]:
        """An item of a collection that is not known, and why there may be none."""
        reason = why.reason if isinstance(why, Unknown) else "the collection is not a known list"
        position = collection.position
        item = Unknown(identifier, reason, position, self._unit)
        return item, Unknown(render(collection), reason, position, self._unit)

    # -- when a member is there ----------------------------------------------------------------

    def _guarded(self, key: Node, value: Node, item: _Item, path: tuple[str, ...]) -> _Entry:
        in_resources = path == ("Resources",)
        if item.absent is not None and in_resources and isinstance(key, Scalar):
            self._expansion.absent[key.text] = item.absent
        if not isinstance(item.decision, Test) or path in (("Conditions",), ("Mappings",)):
            return key, value
        name = f"{item.binding.literal} is in the collection #{len(self._expansion.decisions)}"
        self._expansion.decisions[name] = item.decision
        condition = Scalar(name, "text", "plain", key.position)
        if len(path) > 1:
            nothing = Scalar("AWS::NoValue", "text", "plain", value.position, "!Ref")
            return key, Sequence([condition, value, nothing], value.position, "!If")
        return key, self._with_condition(value, condition)

    def _with_condition(self, value: Node, condition: Scalar) -> Node:
        """A resource or an output that has a condition more."""
        if not isinstance(value, Mapping) or value.tag:
            return value
        own_key, own = value.key("Condition"), value.get("Condition")
        if isinstance(own, Scalar) and own_key is not None:
            both = Scalar(f"{own.text} and {condition.text}", "text", "plain", own.position)
            operands: list[Node] = [_condition(own), _condition(condition)]
            conjunction = Sequence(operands, own.position, "!And")
            self._conditions.append((both, conjunction))
            condition = both
        key = own_key or Scalar("Condition", "text", "plain", condition.position)
        rest = [entry for entry in value.entries if entry[0] is not own_key]
        return Mapping([*rest, (key, condition)], value.position)


class _Loop(NamedTuple):
    key: Scalar
    identifier: str
    collection: Node
    body: Mapping


def _parts(key: Scalar, value: Node) -> _Loop | None:
    if not isinstance(value, Sequence) or value.tag or len(value.items) != 3:
        return None
    identifier, collection, body = value.items
    if not isinstance(identifier, Scalar) or identifier.tag or not identifier.text:
        return None
    if not isinstance(body, Mapping) or body.tag:
        return None
    return _Loop(key, identifier.text, collection, body)


def _condition(name: Scalar) -> Node:
    return Scalar(name.text, "text", "plain", name.position, "!Condition")


def _member_role(name: str, value: Node) -> str:
    """What the value of a member is: a `name` of something declared, the text of a `sub`, else ""."""
    if name in ("Ref", "Fn::GetAtt", "DependsOn") or (
        name == "Condition" and isinstance(value, Scalar)
    ):
        return "name"
    return {"Fn::Sub": "sub", "Fn::If": "first"}.get(name, "")


def _argument_role(call: str, index: int) -> str:
    if call == "GetAtt":
        return "name"
    if index == 0:
        return {"Sub": "sub", "If": "name"}.get(call, "")
    return ""


def _cases(value: Value) -> Iterator[Value]:
    """What a collection is in each case."""
    if isinstance(value, Choice):
        for _, branch in value.branches:
            yield from _cases(branch)
    else:
        yield value


def _holds(value: Value, item: str, texts: dict[int, frozenset[str]]) -> Decision:
    """When a collection has an item that is a known text. `texts` are those of lists, by their id."""
    if isinstance(value, Choice):
        branches: list[tuple[Atom, Decision]] = [
            (atom, _holds(branch, item, texts)) for atom, branch in value.branches
        ]
        return test(value.guard, branches)
    if not isinstance(value, List):
        return False
    if id(value) not in texts:
        known = (plain(one) for one in value.items if not one.sensitive)
        texts[id(value)] = frozenset(one for one in known if one is not None)
    return item in texts[id(value)]
