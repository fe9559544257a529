"""What a parent stack gives a parameter of a nested one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from kmsiac.frontends.cloudformation.choices import choose, plain
from kmsiac.frontends.cloudformation.splitting import split_text
from kmsiac.frontends.cloudformation.texts import number
from kmsiac.values import Bool, Choice, List, Number, Part, Text, Unknown, Value


class Bound:
    """A value of the parent, worked out when it is asked for.

    As the parent has it, as conditions see it (parameters that nobody supplied are open), and
    without the defaults of the parent's parameters, for where a condition rules them out.
    """

    def __init__(
        self,
        value: Callable[[], Value],
        in_condition: Callable[[], Value] | None = None,
        without_defaults: Callable[[], Value] | None = None,
    ) -> None:
        self._makers = (value, in_condition or value, without_defaults or value)

    def value(self) -> Value:
        """As the parent has it."""
        return self._value

    def in_condition(self) -> Value:
        """As conditions see it."""
        return self._in_condition

    def without_defaults(self) -> Value:
        """With the parent's own parameters open."""
        return self._without_defaults

    @cached_property
    def _value(self) -> Value:
        return self._makers[0]()

    @cached_property
    def _in_condition(self) -> Value:
        return self._makers[1]()

    @cached_property
    def _without_defaults(self) -> Value:
        return self._makers[2]()


def as_declared(value: Value, type: str, is_list: bool, unit: str, no_echo: bool) -> Value:
    """The value as a parameter of a type has it: all that a stack is given is text."""
    if isinstance(value, Choice):
        branches = [
            (atom, as_declared(branch, type, is_list, unit, no_echo))
            for atom, branch in value.branches
        ]
        return choose(value.guard, branches, value.position)
    sensitive = no_echo or value.sensitive
    if isinstance(value, Unknown):
        if is_list:
            return List((), value.position, value, sensitive)
        return _hidden(value) if sensitive else value
    if is_list:
        return _list(value, unit, sensitive)
    written = plain(value)
    if written is not None and not sensitive:
        return number(written, value.position) if type == "Number" else _text(value, written)
    if written is not None:
        return Text((written,), value.position, sensitive=True)
    if isinstance(value, Text):
        if not sensitive or value.sensitive:
            return value
        return Text(value.parts, value.position, True, value.origin, value.document)
    return Unknown(str(value)[:80], "a parameter takes one text", value.position, unit, sensitive)


def _text(value: Value, written: str) -> Value:
    return value if isinstance(value, Text) else Text((written,), value.position)


def _hidden(value: Unknown) -> Unknown:
    return Unknown(value.expression, value.reason, value.position, value.unit, True)


def _list(value: Value, unit: str, sensitive: bool) -> Value:
    """A list: one that is given, or a text cut at its commas."""
    if isinstance(value, List):
        return List(value.items, value.position, value.open, sensitive)
    if isinstance(value, Number | Bool):
        return List([Text((plain(value) or "",), value.position)], value.position, None, sensitive)
    if isinstance(value, Text):
        cut, blocker = split_text(value.parts, ",")
        items = [Text(_trimmed(piece), value.position, sensitive) for piece in cut]
        if blocker is None:
            return List(items, value.position, None, sensitive)
        if value.symbol is not None and value.symbol.type != "text":
            return List([value], value.position, None, sensitive)
        rest = Unknown(str(value)[:80], "a list that is not known", value.position, unit, sensitive)
        return List(items, value.position, rest, sensitive)
    rest = Unknown(str(value)[:80], "a list that is not known", value.position, unit, sensitive)
    return List((), value.position, rest, sensitive)


def _trimmed(parts: list[Part]) -> list[Part]:
    """The parts of a member without the blanks around it."""
    trimmed = list(parts)
    if trimmed and isinstance(first := trimmed[0], str):
        trimmed[0] = first.lstrip()
    if trimmed and isinstance(last := trimmed[-1], str):
        trimmed[-1] = last.rstrip()
    return trimmed
