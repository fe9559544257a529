"""Standard input: read where `-` asks for it, never waited for at a terminal."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from kmsiac.cli.output import is_terminal, say
from kmsiac.errors import UsageError
from kmsiac.reading.tree import MAX_PLAN_BYTES

_STREAM = re.compile(r"/dev/stdin|/dev/fd/[0-9]+|/proc/self/fd/[0-9]+")
"""What a shell puts for `<(command)`, too."""
_STDIN = frozenset({"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})


def divided(given: Sequence[str]) -> tuple[list[str], bytes | None]:
    """The paths among arguments, and what was piped in where one of them is `-` or a pipe's name.

    Raises `UsageError` where nothing is piped in, and for two pipes.
    """
    if "" in given:
        raise UsageError("PATH is empty", hint="a variable that is not set? . is this folder")
    streams = list(
        dict.fromkeys("-" if name in _STDIN else name for name in given if is_stream(name))
    )
    if len(streams) > 1:
        raise UsageError("only one pipe can be read", hint="write the others to files")
    data = _read(streams[0]) if streams else None
    return [name for name in given if not is_stream(name)], data


def is_stream(name: str) -> bool:
    """Whether an argument means a pipe, not a file."""
    return name == "-" or _STREAM.fullmatch(name) is not None


def mention_unread(command: str, paths: Sequence[str] | None) -> None:
    """Say so where something is piped in that nobody has read, since no PATH was given."""
    if _forgotten(paths):
        say(f"kmsiac: note: what is piped in was not read: `kmsiac {command} -` reads it")


def _forgotten(paths: Sequence[str] | None) -> bool:
    """Looks without reading or waiting: a pipe that is open and empty, as CI runners have it, is
    no sign of anything.
    """
    if paths or sys.stdin is None or os.name == "nt":
        return False
    import fcntl  # noqa: PLC0415 - not on Windows
    import termios  # noqa: PLC0415 - not on Windows

    try:
        descriptor = sys.stdin.fileno()
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return False
        waiting = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4)
    except (OSError, ValueError):
        return False
    return any(waiting)


def _read(name: str) -> bytes:
    """All of a pipe. Nobody would type a plan at a terminal."""
    if name == "-":
        if sys.stdin is None or is_terminal(sys.stdin):
            raise UsageError(
                "- reads standard input, and nothing is piped in",
                hint="terraform show -json tfplan | kmsiac scan -",
            )
        data = sys.stdin.buffer.read(MAX_PLAN_BYTES + 1)
    else:
        try:
            with Path(name).open("rb") as stream:
                data = stream.read(MAX_PLAN_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror}") from None
    if len(data) > MAX_PLAN_BYTES:
        raise UsageError(f"standard input is larger than {MAX_PLAN_BYTES:,} bytes")
    return data
