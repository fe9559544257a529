"""A value of a plan, filled in with the same value as the code evaluates to.

A plan's known leaves are what will be; the code has what is unknown in the plan, and the lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from kmsiac.policy.json_text import decode
from kmsiac.values import (
    Bool,
    Choice,
    List,
    Map,
    Number,
    Symbol,
    Text,
    Unknown,
    Value,
    unknowns,
    walk,
)

MAX_DEPTH = 100
"""Deeper than this nothing is compared: the plan counts."""

MAX_COMPARED = 10_000
"""So many pairs of texts are compared where one of them is partly known; else they may be equal."""

MAX_PAIRED = 50
"""Blocks of one kind among which partners are looked for."""


class Filler:
    """Fills one attribute. `different`: plan and code both know a policy, and not the same one."""

    def __init__(self) -> None:
        self.different = False

    def fill(self, plan: Value, code: Value, depth: int = 0) -> Value:
        """The value of the plan with what the code knows beyond it."""
        if plan.sensitive or depth > MAX_DEPTH:
            return plan
        if isinstance(code, Choice) and not isinstance(plan, Unknown):
            fitting = [branch for _, branch in code.branches if agree(plan, branch)]
            return self.fill(plan, fitting[0], depth + 1) if len(fitting) == 1 else plan
        if isinstance(plan, Unknown):
            return plan if isinstance(code, Unknown) else code
        if isinstance(plan, Text) and isinstance(code, Text):
            return self._text(plan, code, depth)
        if isinstance(plan, Map) and isinstance(code, Map):
            return self._map(plan, code, depth)
        if isinstance(plan, List) and isinstance(code, List):
            return self._list(plan, code, depth)
        if isinstance(plan, List) and len(plan.items) == 1 and plan.open is None:
            return self.fill(plan.items[0], code, depth + 1)
        if isinstance(code, List) and len(code.items) == 1 and code.open is None:
            return self.fill(plan, code.items[0], depth + 1)
        if isinstance(plan, Bool | Number) and type(plan) is type(code) and str(plan) == str(code):
            return code
        return plan

    def _text(self, plan: Text, code: Text, depth: int) -> Value:
        if code.document is None and plan.document is None:
            return _leaf(plan, code)
        known = plan.document
        if known is None and plan.literal is not None:
            known = decode(plan)
        written = code.document if code.document is not None else decode(code)
        if isinstance(written, Unknown):
            return plan
        if known is None or isinstance(known, Unknown):
            return code if plan.literal is None else plan
        if not agree(known, written):
            self.different = self.different or _settled(known)
            return plan
        document = self.fill(known, written, depth + 1)
        if plan.literal is not None:
            return Text(plan.parts, code.position, document=document)
        return Text(code.parts, code.position, code.sensitive, code.origin, document)

    def _map(self, plan: Map, code: Map, depth: int) -> Value:
        entries: list[tuple[Text, Value]] = []
        for key, value in plan.entries:
            own = code.get(key.literal or "")
            written = code.key(key.literal or "") or key
            filled = self.fill(value, own, depth + 1) if own is not None else value
            entries.append((written, filled))
        if plan.open is None:
            return Map(entries, code.position, None, code.sensitive)
        if code.open is None and all(code.get(key.literal or "") for key, _ in plan.entries):
            return code
        return Map(entries, code.position, plan.open, code.sensitive)

    def _list(self, plan: List, code: List, depth: int) -> Value:
        if plan.open is not None or len(plan.items) != len(code.items):
            return code if not _settled(plan) and _closed(code) else plan
        if not any(isinstance(item, Map) for item in plan.items):
            return self._set(plan, code)
        partners = _partners(plan.items, code.items)
        if partners is None:
            return code if not _settled(plan) and _closed(code) else plan
        pairs = zip(plan.items, partners, strict=True)
        items = [self.fill(item, partner, depth + 1) for item, partner in pairs]
        return List(items, code.position, None, code.sensitive)

    @staticmethod
    def _set(plan: List, code: List) -> Value:
        """A list of plain members: the plan has another order than the code."""
        if not _settled(plan):
            return code if _closed(code) and agree(plan, code) else plan
        written = {str(item): item for item in code.items if not item.sensitive}
        items = [
            written.get(str(item)) or (item.at(code.position) if isinstance(item, Text) else item)
            for item in plan.items
        ]
        return List(items, code.position, None, code.sensitive)


def _leaf(plan: Text, code: Text) -> Text:
    if plan.literal is None:
        return plan if code.has_unknown else code
    if plan.parts == code.parts:
        return code if not code.sensitive else plan
    return plan.at(code.position) if agree(plan, code) else plan


def _settled(value: Value) -> bool:
    """Whether all of it is known, symbols included."""
    for inner in walk(value):
        if isinstance(inner, Unknown | Choice):
            return False
        if isinstance(inner, List | Map) and inner.open is not None:
            return False
        if isinstance(inner, Text) and inner.literal is None:
            return False
    return True


def _closed(value: Value) -> bool:
    """Whether nothing in it is unknown; symbols may be."""
    return next(iter(unknowns(value)), None) is None


def _partners(plan: Sequence[Value], code: Sequence[Value]) -> list[Value] | None:
    """For each block of a plan the one of the code; None where that is not clear."""
    if all(agree(one, other) for one, other in zip(plan, code, strict=True)):
        return list(code)
    if len(plan) > MAX_PAIRED:
        return None
    left = list(code)
    found: list[Value] = []
    for item in plan:
        fitting = [other for other in left if agree(item, other, whole=False)]
        if len(fitting) != 1:
            return None
        found.append(fitting[0])
        left = [other for other in left if other is not fitting[0]]
    return found


def agree(plan: Value, code: Value, *, whole: bool = True, depth: int = 0) -> bool:
    """Whether both may be the same: nothing known of one is otherwise in the other.

    With `whole` a map may have no more members than the other one has.
    """
    if depth > MAX_DEPTH or isinstance(plan, Unknown) or isinstance(code, Unknown):
        return True
    if isinstance(code, Choice):
        return any(agree(plan, one, whole=whole, depth=depth + 1) for _, one in code.branches)
    if isinstance(plan, Text) and isinstance(code, Text):
        return _texts_agree(plan, code, depth)
    if isinstance(plan, Map) and isinstance(code, Map):
        return _maps_agree(plan, code, whole, depth)
    if isinstance(plan, List) or isinstance(code, List):
        return _lists_agree(_items(plan), _items(code), whole, depth)
    return str(plan) == str(code)


def _items(value: Value) -> tuple[Sequence[Value], bool]:
    """The members of a list, or a single value as one; whether there may be more."""
    return (value.items, value.open is not None) if isinstance(value, List) else ((value,), False)


def _texts_agree(plan: Text, code: Text, depth: int) -> bool:
    if plan.literal is not None and code.literal is not None and plan.literal == code.literal:
        return True
    if plan.document is not None or code.document is not None:
        known = plan.document or (decode(plan) if plan.literal is not None else None)
        written = code.document or decode(code)
        return known is None or agree(known, written, depth=depth + 1)
    return _may_be(plan, code) if plan.literal is not None else True


def _may_be(plan: Text, code: Text) -> bool:
    """Whether the literal stretches of the code stand in the plan's text in their order."""
    literal = plan.literal or ""
    stretches = [part for part in code.parts if isinstance(part, str)]
    if not code.parts or len(stretches) == len(code.parts):
        return literal == (code.literal or "")
    at = 0
    for index, part in enumerate(code.parts):
        if not isinstance(part, str):
            continue
        last = index == len(code.parts) - 1
        found = len(literal) - len(part) if last else literal.find(part, at)
        if found < at or not literal.startswith(part, found) or (index == 0 and found):
            return False
        at = found + len(part)
    return True


def _maps_agree(plan: Map, code: Map, whole: bool, depth: int) -> bool:
    ours = {key.literal: value for key, value in plan.entries}
    theirs = {key.literal: value for key, value in code.entries}
    certain = plan.open is None and code.open is None and None not in theirs
    if whole and certain and set(ours) != set(theirs):
        return False
    shared = [name for name in ours if name is not None and name in theirs]
    return all(agree(ours[name], theirs[name], whole=whole, depth=depth + 1) for name in shared)


def _lists_agree(
    plan: tuple[Sequence[Value], bool],
    code: tuple[Sequence[Value], bool],
    whole: bool,
    depth: int,
) -> bool:
    ours, theirs = plan[0], code[0]
    if plan[1] or code[1]:
        return True
    if any(isinstance(item, Map | List) for item in (*ours, *theirs)):
        if len(ours) != len(theirs):
            return False
        pairs = zip(ours, theirs, strict=True)
        return all(agree(one, other, whole=whole, depth=depth + 1) for one, other in pairs)
    literal = {str(item) for item in ours}
    written = {str(item) for item in theirs}
    certain = all(_settled(item) for item in ours)
    if certain and all(_settled(item) for item in theirs):
        return literal == written
    if not certain or len(ours) * len(theirs) > MAX_COMPARED:
        return True
    # What the code knows has to be in the plan; a symbol may be any of the others.
    return all(
        any(agree(one, other, depth=depth + 1) for one in ours)
        for other in theirs
        if not isinstance(other, Text) or not _only_symbols(other)
    )


def _only_symbols(value: Text) -> bool:
    return all(isinstance(part, Symbol | Unknown) for part in value.parts) and bool(value.parts)
