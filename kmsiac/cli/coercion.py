"""Plain values of the command line, taken without pydantic.

typer converts every value by an adapter that pydantic makes, and importing that is an eighth of a
small scan. Texts, paths, whole numbers and names of a choice need none of it. Whatever is not
plainly right goes to typer as before, and so does everything where typer's inside has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

import typer

if TYPE_CHECKING:
    from typer._click import Command, Context

Convert = Callable[[Any], object]
_KEPT = "_runtime_param"
"""Where a parameter of typer keeps its adapter once it has made one."""


def take_plainly(command: Command, parent: Context | None = None) -> None:
    """Let the parameters of a command convert plain values themselves."""
    # With the settings that it will run with: the command keeps the -h and --help made here.
    context = typer.Context(command, parent, **command.context_settings)
    for parameter in command.get_params(context):  # --help too
        descriptor = getattr(parameter, "type_descriptor", None)
        convert = _converter(getattr(descriptor, "annotation", None))
        if convert is not None and getattr(parameter, _KEPT, parameter) is None:
            setattr(parameter, _KEPT, _Plain(convert))


class _Plain:
    """Stands where typer keeps its adapter."""

    def __init__(self, convert: Convert) -> None:
        self._convert = convert

    def coerce(self, value: Any, param: Any, ctx: Context) -> object:
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        try:
            plain = self._convert(value)
        except (TypeError, ValueError):
            return self._left_to_typer(value, param, ctx)
        if isinstance(plain, int) and param.min is not None and plain < param.min:
            return self._left_to_typer(value, param, ctx)
        return plain

    def _left_to_typer(self, value: Any, param: Any, ctx: Context) -> object:
        setattr(param, _KEPT, None)
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def _converter(annotation: object) -> Convert | None:
    """How values of a type are made from texts; None for types that are left to typer."""
    if get_origin(annotation) is list:
        inner = _converter(*get_args(annotation))
        return None if inner is None else lambda values: _each(values, inner)
    if annotation in (str, Path, int, bool) or _is_choice(annotation):
        return lambda value: _one(value, annotation)
    return None


def _is_choice(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def _one(value: Any, type: Any) -> object:
    if isinstance(value, type):
        return value
    if not isinstance(value, str) or type is bool or (type is int and not value.isdecimal()):
        raise TypeError
    return type(value)


def _each(values: Any, convert: Convert) -> list[object]:
    if not isinstance(values, list | tuple):
        raise TypeError
    return [convert(value) for value in values]
