"""Variables of the environment that nearly have the name of an option.

Nothing would read them, and a check that somebody meant to be stricter would pass in silence. A
`KMSIAC_` name that resembles none is somebody's own, and nothing is said of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kmsiac.cli.options import variable
from kmsiac.cli.output import say

if TYPE_CHECKING:
    from typer._click import Command, Context

_PREFIX = "KMSIAC_"
_NEAR = 0.8
_OURS = frozenset({f"{_PREFIX}DEBUG"})


def point_out(root: Command, command: Command, ctx: Context) -> None:
    """Say so on standard error, with the name that may have been meant for `command`."""
    own = set(_variables(command, ctx))
    strange = sorted(
        name for name in os.environ if name.startswith(_PREFIX) and name not in own | _OURS
    )
    if not strange:
        return
    import difflib  # noqa: PLC0415 - rarely needed

    elsewhere = set(_variables(root, ctx))  # imports every command
    words = {name.removeprefix(_PREFIX): name for name in own}
    for name in strange:
        near = difflib.get_close_matches(name.removeprefix(_PREFIX), words, 1, _NEAR)
        if near and name not in elsewhere:
            say(f"kmsiac: note: no option reads {name} (did you mean {words[near[0]]}?)")


def _variables(command: Command, ctx: Context) -> Iterator[str]:
    """The variables of a command's options, and of its subcommands'."""
    for parameter in command.params:
        yield from (variable(name) for name in parameter.opts if name.startswith("--"))
    for name in getattr(command, "list_commands", lambda _: ())(ctx):
        inner = command.get_command(ctx, name)  # type: ignore[attr-defined]  # it has a list
        if inner is not None:
            yield from _variables(inner, ctx)
