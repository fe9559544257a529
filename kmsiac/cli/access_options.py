"""What `can`, `who-can` and `principal-can` have in common: their words, reports, exit codes."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from kmsiac.cli import options as o
from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.formats import Target
from kmsiac.cli.output import emit, is_terminal, say, write_file
from kmsiac.findings.access_report import CanReport, PrincipalCanReport, WhoCanReport
from kmsiac.reporters import access_json, access_text
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.terminal import use_color

Report = CanReport | WhoCanReport | PrincipalCanReport
R = TypeVar("R", CanReport, WhoCanReport, PrincipalCanReport)

Principal = Annotated[
    str,
    typer.Argument(
        metavar="PRINCIPAL", show_default=False,
        help="An address or logical id, an ARN, an account id, a service, or '*' for anyone; "
        "UNIT:ADDRESS where several units have it.",
    ),
]  # fmt: skip
Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        show_default=False,
        help="An address or logical id, an alias, or an ARN; UNIT:ADDRESS where several units have it.",
    ),
]
Quiet = Annotated[bool, o.option("-q", "--quiet", help="Say less: the answer, without why.")]
Verbose = Annotated[
    bool,
    o.option("-v", "--verbose", help="Say more: every action, all that stayed open, a witness."),
]
_WIDTH = 100


def answered(ask: Callable[[], R]) -> R | None:
    """The report; None, with what went wrong on standard error, where nothing could be read."""
    from kmsiac.asking import NothingRead  # noqa: PLC0415  # `--help` must not pay for the engine

    try:
        return ask()
    except NothingRead as nothing:
        for error in nothing.errors:
            say(f"kmsiac: error: {error}")
        say(f"kmsiac: {nothing.message}")
        return None


def tell(report: Report, wanted: list[Target], color: str, quiet: bool, verbose: bool) -> None:
    """Write the report to where it is wanted, and its notes to standard error."""
    for note in report.surroundings.notes:
        say(f"kmsiac: note: {note}")
    terminal = is_terminal(sys.stdout)
    for target in wanted:
        to_terminal = target.file is None and terminal
        colored = target.file is None and use_color(color, terminal, os.environ)
        how = ReportOptions(color=colored, verbose=verbose, quiet=quiet)
        stream = io.StringIO()
        if target.format == "json":
            access_json.write(report, stream)
        else:
            width = shutil.get_terminal_size().columns if to_terminal else _WIDTH
            access_text.write(report, stream, how, width, notes=target.file is not None)
        if target.file is None:
            emit(stream.getvalue())
        else:
            write_file(target.file, stream.getvalue())


def code_of(report: Report | None, *, expected: bool = True) -> ExitCode:
    """The first that applies: not the answer that was expected, something unread, all well."""
    if report is None:
        return ExitCode.INCOMPLETE
    if not expected:
        return ExitCode.FINDINGS
    return ExitCode.INCOMPLETE if report.surroundings.errors else ExitCode.OK
