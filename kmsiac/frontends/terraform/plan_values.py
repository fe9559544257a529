"""Values of a plan: what is known, what is not yet, and what is secret, put together."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from kmsiac.frontends.terraform.plan_model import JsonMap, has_true, mask_of
from kmsiac.frontends.terraform.plan_references import constant_text
from kmsiac.reading.source import Key, SourceFile
from kmsiac.values import Bool, List, Map, Null, Number, Text, Unknown, Value

MAX_DEPTH = 60
"""Nesting of a value beyond this becomes an Unknown; the deepest provider schema has about 15."""

MAX_DIGITS = 400
"""A number with more digits, written out, becomes an Unknown: `1e999999999` is short in JSON."""

MAX_BLOCKS = 200
"""Among more nested blocks than this no configuration is looked for."""


class UnknownValues(Protocol):
    """Tells what the unknown attributes of a resource are.

    A `path` is like `inline_policy[0].policy`; an `expression` is that of the attribute in the
    configuration, None where it was not matched.
    """

    def attribute(self, path: str, expression: object, position: int) -> Value | None:
        """The value of an unknown attribute, None to leave it out."""

    def members(
        self, path: str, expression: object, count: int, position: int
    ) -> Sequence[Text] | None:
        """The `count` unknown members of a list, None if they cannot be told."""


def _names(values: JsonMap, mask: object) -> list[str]:
    """The attributes that are known, and then those of which something is not."""
    extra = list(mask) if isinstance(mask, dict) else []
    return [
        *values,
        *(name for name in extra if name not in values and has_true(mask_of(mask, name))),
    ]


class Converter:
    """Turns plain JSON with its masks into Values, positions included.

    `unit` is the unit that Unknowns carry.
    """

    def __init__(self, file: SourceFile, unit: str) -> None:
        self.file = file
        self.unit = unit

    def position(self, start: int, path: tuple[Key, ...]) -> int:
        """The position of the JSON value at `path` below the one at `start`."""
        for key in path:
            start = self.file.member(start, key)
        return start

    def block(
        self,
        values: JsonMap,
        masks: tuple[object, object],
        expressions: JsonMap | None,
        positions: tuple[int, int],
        unknown: UnknownValues,
        path: str = "",
        depth: int = 0,
    ) -> Map:
        """The attributes of a resource or of a nested block that are written or known.

        `masks` are `after_unknown` and `after_sensitive`; `expressions` is the configuration of
        the block, None where the plan does not show it; `positions` are those of the known values
        and of the unknown mask.
        """
        mask, secret = masks
        known_at, mask_at = positions
        entries: list[tuple[Text, Value]] = []
        for name in _names(values, mask):
            raw = values.get(name)
            written = expressions is None or name in expressions
            expression = expressions.get(name) if expressions is not None else None
            here = f"{path}.{name}" if path else name
            value: Value | None
            if mask_of(mask, name) is True:
                at = self.file.member(mask_at, name)
                value = unknown.attribute(here, expression, at) if written else None
                if value is None and expression is not None:  # it stands there and gives nothing
                    value = Null(at)
                if value is not None and mask_of(secret, name) is True:
                    value.sensitive = True
            elif raw is None:
                at = self.file.member(known_at, name)
                value = self._null(name, here, at) if expression is not None else None
            else:
                at = self.file.member(known_at, name)
                inner = (mask_of(mask, name), mask_of(secret, name))
                value = self._member(raw, inner, expression, at, unknown, here, depth)
            if value is not None:
                entries.append((Text((name,), at), value))
        return Map(entries, known_at)

    def _null(self, name: str, path: str, position: int) -> Value:
        if name.endswith("_wo"):
            return Unknown(path, "write-only arguments never stand in a plan", position, self.unit)
        return Null(position)

    def _member(
        self,
        raw: object,
        masks: tuple[object, object],
        expression: object,
        position: int,
        unknown: UnknownValues,
        path: str,
        depth: int,
    ) -> Value:
        """A known attribute: a list of nested blocks keeps its configuration, others are plain."""
        if not isinstance(raw, list) or not has_true(masks[0]):
            return self.plain(raw, masks, position, path, depth)
        if not any(isinstance(item, dict) for item in raw):
            return self._list(raw, masks, expression, position, unknown, path)
        items: list[Value] = []
        for index, item in enumerate(raw):
            at = self.file.member(position, index)
            inner = (mask_of(masks[0], index), mask_of(masks[1], index))
            here = f"{path}[{index}]"
            if isinstance(item, dict) and depth < MAX_DEPTH and inner[0] is not True:
                block = matching_block(expression, item)
                items.append(self.block(item, inner, block, (at, at), unknown, here, depth + 1))
            else:
                items.append(self.plain(item, inner, at, here, depth))
        return List(items, position)

    def _list(
        self,
        raw: list[object],
        masks: tuple[object, object],
        expression: object,
        position: int,
        unknown: UnknownValues,
        path: str,
    ) -> Value:
        """A list with unknown members, which may be told by their references."""
        marks = [mask_of(masks[0], index) is True for index in range(len(raw))]
        told = unknown.members(path, expression, sum(marks), position)
        value = self.plain(raw, masks, position, path)
        if told is None or not isinstance(value, List):
            return value
        left = iter(told)
        items: list[Value] = []
        for item, marked in zip(value.items, marks, strict=True):
            text = next(left, None) if marked else None
            told_one = text and Text(text.parts, item.position, item.sensitive)
            items.append(told_one or item)
        return List(items, position, sensitive=value.sensitive)

    def plain(
        self,
        raw: object,
        masks: tuple[object, object],
        position: int,
        path: str,
        depth: int = 0,
    ) -> Value:
        """Any JSON value; what its unknown mask marks becomes an Unknown named by its path."""
        mask, secret = masks
        # A mark of the wrong shape hides: nothing secret is shown for being marked strangely.
        sensitive = secret is True or (bool(secret) and not isinstance(secret, dict | list))
        secret = sensitive or secret
        if mask is True:
            return self.unknown(path, "known after apply", position, sensitive)
        if depth > MAX_DEPTH:
            return self.unknown(path, "nested too deep", position, sensitive)
        if isinstance(raw, list):
            items = [
                self.plain(
                    item,
                    (mask_of(mask, index), mask_of(secret, index)),
                    self.file.member(position, index),
                    f"{path}[{index}]",
                    depth + 1,
                )
                for index, item in enumerate(raw)
            ]
            return List(items, position, sensitive=sensitive)
        if isinstance(raw, dict):
            names = list(raw)
            extra = mask if isinstance(mask, dict) else {}
            names += [name for name in extra if name not in raw and has_true(extra[name])]
            entries: list[tuple[Text, Value]] = []
            for name in names:
                at = self.file.member(position, name)
                inner = (mask_of(mask, name), mask_of(secret, name))
                value = self.plain(raw.get(name), inner, at, f"{path}.{name}", depth + 1)
                entries.append((Text((name,), at, sensitive), value))
            return Map(entries, position, sensitive=sensitive)
        return scalar(raw, position, sensitive)

    def unknown(
        self, expression: str, reason: str, position: int, sensitive: bool = False
    ) -> Unknown:
        """An Unknown of this plan."""
        return Unknown(expression, reason, position, self.unit, sensitive)


def scalar(raw: object, position: int, sensitive: bool = False) -> Value:
    """A JSON text, number, boolean or null as a Value."""
    if isinstance(raw, str):
        return Text((raw,), position, sensitive)
    if isinstance(raw, bool):
        return Bool(raw, position, sensitive)
    if isinstance(raw, Decimal) and abs(raw.adjusted()) > MAX_DIGITS:
        return Unknown(str(raw), "number out of range", position, sensitive=sensitive)
    if isinstance(raw, int | Decimal):
        return Number(raw, position, sensitive)
    return Null(position, sensitive)


def matching_block(expression: object, values: JsonMap) -> JsonMap | None:
    """The configuration of one of several nested blocks; None where it is not certain which.

    A set of blocks is sorted by value in the plan and not in the configuration, so constants have
    to agree with one block only; `dynamic` blocks are missing from the configuration altogether.
    """
    if isinstance(expression, dict):
        expression = [expression]
    if not isinstance(expression, list) or len(expression) > MAX_BLOCKS:
        return None
    agreeing = [block for block in expression if isinstance(block, dict) and agrees(block, values)]
    return agreeing[0] if len(agreeing) == 1 else None


def agrees(block: JsonMap, values: JsonMap) -> bool:
    """Whether the constants of a configured block are the values of this one."""
    for name, expression in block.items():
        constant, value = constant_text(expression), values.get(name)
        if constant is not None and isinstance(value, str) and constant != value:
            return False
    return True
