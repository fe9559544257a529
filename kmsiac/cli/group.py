"""A typer group whose commands are imported when they are run, not when they are listed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

from kmsiac.cli.coercion import take_plainly
from kmsiac.errors import nearest

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter
    from typer._click.shell_completion import CompletionItem


def new_app(
    cls: type[TyperGroup] | None = None,
    no_args_is_help: bool = False,
    add_completion: bool = False,
) -> typer.Typer:
    """A typer application that never imports rich: plain help, our own handling of errors."""
    return typer.Typer(
        cls=cls,
        no_args_is_help=no_args_is_help,
        add_completion=add_completion,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


class LazyGroup(TyperGroup):
    """Commands by name, with the module whose `app` they are and the line that the help says."""

    table: ClassVar[Mapping[str, tuple[str, str]]] = {}
    _listing = False

    def list_commands(self, ctx: Context) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Import the command; None where there is no such one."""
        if cmd_name not in self.table:
            return None
        if self._listing:
            return TyperCommand(cmd_name, short_help=self.table[cmd_name][1])
        app: typer.Typer = import_module(self.table[cmd_name][0]).app
        command = typer.main.get_command(app)
        command.name = cmd_name
        take_plainly(command, ctx)
        return command

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """Find the command that the first argument names; an error that suggests the nearest."""
        name = args[0]
        if name not in self.table and not ctx.resilient_parsing:
            ctx.fail(f'there is no command "{name}"{self._meant(name)}')
        command = self.get_command(ctx, name)
        whole = ctx.parent is None and not ctx.resilient_parsing  # a command line, no completion
        if command is not None and whole and any(n.startswith("KMSIAC_") for n in os.environ):
            from kmsiac.cli import misspelt  # noqa: PLC0415 - it needs all options

            misspelt.point_out(self, command, ctx)
        return name, command, args[1:]

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """What a shell offers: the commands, out of the table alone."""
        self._listing = True
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self._listing = False

    def _meant(self, name: str) -> str:
        near = nearest(name, self.table)
        if near:
            return f' (did you mean "{near}"?)'
        if name == "-" or os.path.lexists(name):
            return f' (did you mean "kmsiac scan {name}"?)'
        return f" (one of {', '.join(self.table)})"

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The list of commands for the help, out of the table alone."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])
