"""The command line: `main`, and the table of commands that are imported when they are asked for.

What is imported here is paid by `kmsiac --version`: nothing but typer and this package.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, NoReturn

import typer

from kmsiac import __version__
from kmsiac.cli.coercion import take_plainly
from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.group import LazyGroup, new_app
from kmsiac.cli.output import close_quietly, is_closed_pipe, say, say_text
from kmsiac.errors import KmsiacError

COLLECTING = (500_000, 20, 50)
"""New objects before the garbage collector looks at them, and how often at older ones.

A run makes many objects that stay and few cycles: Python's own 700 cost a twentieth of a scan while
modules are imported; of large trees 500,000 save a tenth over 100,000, for 15 MB."""

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EIO})


class _Commands(LazyGroup):
    table: ClassVar[Mapping[str, tuple[str, str]]] = {
        "scan": ("kmsiac.cli.scan", "Find risky access to KMS keys in templates and plans."),
        "inventory": ("kmsiac.cli.inventory", "Show the keys, policies and grants that are found."),
        "can": ("kmsiac.cli.can", "Say whether a principal can call an action on a key, and why."),
        "who-can": ("kmsiac.cli.who_can", "List who can administer, grant, use or view a key."),
        "principal-can": (
            "kmsiac.cli.principal_can",
            "List what a principal can do with each key.",
        ),
        "explain": ("kmsiac.cli.explain", "Say what a rule finds, why it matters, how to mend it."),
        "baseline": (
            "kmsiac.cli.baseline",
            "Write down the findings of today, or take out what is done.",
        ),
        "rules": ("kmsiac.cli.rules", "List the rules, or test them on their own examples."),
        "schema": ("kmsiac.cli.schema", "Print the JSON Schema of what scan or inventory write."),
    }


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kmsiac {__version__}")
        raise typer.Exit


app = new_app(cls=_Commands, no_args_is_help=True, add_completion=True)


@app.callback(
    epilog="\b\nExamples:\n  kmsiac scan infra/\n"
    "  terraform show -json tfplan | kmsiac scan -\n"
    "  kmsiac can aws_iam_role.app kms:Decrypt aws_kms_key.data infra/\n  kmsiac explain KP-20"
)
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Who can use your KMS keys, decided before you deploy.

    Reads Terraform, plan JSON, CloudFormation and policy documents. Never touches the network.
    Every option can be set in the environment: KMSIAC_FAIL_ON stands for --fail-on.
    """
    del version


def main() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    gc.set_threshold(*COLLECTING)
    # Asked to end, it leaves as it does on its own: no half-written report stays behind.
    signal.signal(signal.SIGTERM, _end)
    sys.exit(run(sys.argv[1:]))


def _end(number: int, frame: object) -> NoReturn:
    del frame
    raise SystemExit(128 + number)


def run(arguments: Sequence[str]) -> int:
    """Run one command and give the exit code; what goes wrong is said on standard error."""
    command = typer.main.get_command(app)
    arguments = list(arguments)
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:], "--help"]
    take_plainly(command)
    try:
        # Not typer's standalone mode, which leaves with 1 for what is no finding.
        code = command.main(arguments, prog_name="kmsiac", standalone_mode=False)
        return ExitCode.OK if code is None else int(code)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except SystemExit as stop:
        return _code_of(stop)
    except Exception as error:
        return _told(error)
    finally:
        close_quietly()


def _code_of(stop: SystemExit) -> int:
    # typer leaves with 1 where whoever reads its help has closed the pipe.
    if is_closed_pipe(stop.__context__):
        return ExitCode.OK
    return stop.code if isinstance(stop.code, int) else ExitCode.OK


def _told(error: Exception) -> int:
    # typer exports only this subclass of the error that its parser raises.
    usage_error = typer.BadParameter.__bases__[0]
    if isinstance(error, usage_error):
        from kmsiac.cli.wrong_use import explained, is_help  # noqa: PLC0415 - rarely needed

        if is_help(error):
            say_text(f"{error}\n")
        else:
            for line in explained(error):
                say(line)
        return ExitCode.USAGE
    if isinstance(error, KmsiacError):
        for line in str(error).splitlines():
            say(f"kmsiac: error: {line}")
        return ExitCode.USAGE
    if isinstance(error, typer.Abort) and not isinstance(error.__cause__, EOFError):
        return ExitCode.INTERRUPTED
    if is_closed_pipe(error):
        return ExitCode.OK
    if isinstance(error, OSError) and error.errno in _FULL:  # met by the help; reports say it
        say(f"kmsiac: error: cannot write to standard output: {error.strerror}")
        return ExitCode.USAGE
    say(f"kmsiac: internal error: {type(error).__name__}: {error}")
    if os.environ.get("KMSIAC_DEBUG"):
        import traceback  # noqa: PLC0415 - a tenth of the time that --version takes

        traceback.print_exception(error)
    else:
        say(
            f"This is a bug in kmsiac {__version__}: please report it, with what KMSIAC_DEBUG=1 adds."
        )
    return ExitCode.INTERNAL
