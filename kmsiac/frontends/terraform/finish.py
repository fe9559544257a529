"""Evaluated values made fit for everybody: no lazy objects, no impossible cases, bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmsiac.frontends.terraform.symbolic import Invalid, Lazy
from kmsiac.values import Absent, Atom, Choice, List, Map, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Context

MAX_NODES = 200_000
"""Values inside one attribute map; more than that comes only of hostile doubling."""


class _Finisher:
    def __init__(self, what: str, context: Context) -> None:
        self.what = what
        self.unit = context.stack.unit
        self.left = MAX_NODES

    def value(self, value: Value, depth: int = 0) -> Value:
        self.left -= 1
        if self.left < 0 or depth > 300:
            return Unknown(self.what, "too large to look at", value.position, self.unit)
        if isinstance(value, Text):
            return self._text(value, depth)
        if isinstance(value, List):
            items = [self.value(item, depth + 1) for item in value.items]
            return List(items, value.position, self._open(value.open), value.sensitive)
        if isinstance(value, Map):
            entries = [
                (self._key(key, depth), self.value(member, depth + 1))
                for key, member in value.entries
            ]
            return Map(entries, value.position, self._open(value.open), value.sensitive)
        if isinstance(value, Choice):
            return self._choice(value, depth)
        if isinstance(value, Lazy):
            reason = "a whole resource or module is used as a value"
            return Unknown(value.address, reason, value.position, self.unit)
        return _plain(value) if isinstance(value, Invalid) else value

    def _key(self, key: Text, depth: int) -> Text:
        finished = self._text(key, depth)
        return finished if isinstance(finished, Text) else key

    def _text(self, value: Text, depth: int) -> Value:
        document = value.document
        if document is None and not any(isinstance(part, Invalid) for part in value.parts):
            return value
        parts = [_plain(part) if isinstance(part, Invalid) else part for part in value.parts]
        made = self.value(document, depth + 1) if document is not None else None
        return Text(parts, value.position, value.sensitive, value.origin, made)

    def _choice(self, value: Choice, depth: int) -> Value:
        """Cases that Terraform would refuse cannot happen: they are left out."""
        possible: list[tuple[Atom, Value]] = [
            (atom, self.value(branch, depth + 1))
            for atom, branch in value.branches
            if not isinstance(branch, Invalid)
        ]
        if not possible:
            return self.value(value.branches[0][1], depth + 1)
        if len(possible) == 1 and not isinstance(possible[0][1], Absent):
            return possible[0][1]
        return Choice(value.guard, possible, value.position, value.sensitive)

    def _open(self, value: Unknown | None) -> Unknown | None:
        return _plain(value) if isinstance(value, Invalid) else value


def _plain(value: Invalid) -> Unknown:
    return Unknown(value.expression, value.reason, value.position, value.unit, value.sensitive)


def finish(value: Value, what: str, context: Context) -> Value:
    """The value as the inventory may see it."""
    return _Finisher(what, context).value(value)
