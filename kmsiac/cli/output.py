"""Standard output, standard error, and files of reports. A reader that closes the pipe is no error."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TextIO

from kmsiac.errors import UsageError
from kmsiac.findings.excerpt import one_line, without_commands


def emit(text: str) -> None:
    """Write a report to standard output: the same bytes on every machine."""
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            _prepare(sys.stdout)
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)


def say(line: str) -> None:
    """Write one line to standard error, without control characters."""
    try:
        if isinstance(sys.stderr, io.TextIOWrapper):
            sys.stderr.reconfigure(errors="backslashreplace")
        sys.stderr.write(without_commands(one_line(line, 2000)) + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        _discard(sys.stderr)


def write_file(path: Path, text: str) -> None:
    """Write a report to a file. Raises `UsageError` where that cannot be done."""
    try:
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"cannot write the report to {path}: {error.strerror}") from None


def close_quietly() -> None:
    """Flush standard output now, so that the interpreter does not complain later."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)


def _prepare(stream: io.TextIOWrapper) -> None:
    if stream.isatty():
        stream.reconfigure(errors="backslashreplace")
    else:
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def _discard(stream: TextIO) -> None:
    """Send what is still to come to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
