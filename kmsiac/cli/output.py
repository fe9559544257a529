"""Standard output, standard error, and files of reports.

A reader that closes the pipe is no error: nobody misses what comes after. Anything else that keeps
a report from being written is one, on one line, with exit code 2.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
from pathlib import Path
from typing import TextIO

from kmsiac.errors import UsageError
from kmsiac.findings.excerpt import one_line, without_commands


def emit(text: str) -> None:
    """Write a report to standard output: the same bytes on every machine.

    Raises `UsageError` where that cannot be done.
    """
    stream = sys.stdout
    if stream is None:
        raise UsageError("cannot write to standard output: it is closed")
    try:
        if isinstance(stream, io.TextIOWrapper):
            _prepare(stream)
        stream.write(text)
        stream.flush()
    except OSError as error:
        _discard(stream)
        if not is_closed_pipe(error):
            raise UsageError(f"cannot write to standard output: {error.strerror}") from None


def say(line: str) -> None:
    """Write one line to standard error, without control characters."""
    say_text(without_commands(one_line(line, 2000)) + "\n")


def say_text(text: str) -> None:
    """Write a text of our own to standard error."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        stream.write(text)
        stream.flush()
    except OSError:  # there is no other place to say it
        _discard(stream)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; one that is closed is none."""
    return stream is not None and not stream.closed and stream.isatty()


def write_file(path: Path, text: str) -> None:
    """Write a report to a file: all of it, or the file stays what it was.

    A link stays one, a file keeps its permissions; what is no regular file (`/dev/stderr`, a named
    pipe) is written to. Raises `UsageError` where that cannot be done.
    """
    try:
        data = text.encode("utf-8", "backslashreplace")
        if not _replaced(path, data):
            with path.open("wb") as stream:
                stream.write(data)
    except OSError as error:
        if not is_closed_pipe(error):
            raise UsageError(f"cannot write the report to {path}: {error.strerror}") from None


def _replaced(path: Path, data: bytes) -> bool:
    """Put a new file in the place of the old; False where the old one must be written itself."""
    mode = None
    target = Path(os.path.realpath(path))
    with contextlib.suppress(FileNotFoundError):
        known = path.stat()
        if not stat.S_ISREG(known.st_mode) or known.st_nlink > 1 or _is_of_others(known):
            return False
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "Permission denied")
        mode = stat.S_IMODE(known.st_mode)
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except (PermissionError, FileExistsError):
        return False
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        if mode is not None:
            beside.chmod(mode)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return True


def _is_of_others(known: os.stat_result) -> bool:
    return hasattr(os, "getuid") and known.st_uid != os.getuid()


def close_quietly() -> None:
    """Flush standard output now, so that the interpreter does not complain later."""
    if sys.stdout is None or sys.stdout.closed:
        return
    try:
        sys.stdout.flush()
    except OSError:
        _discard(sys.stdout)


def is_closed_pipe(error: BaseException | None) -> bool:
    """Whether an error says that nobody reads the pipe any more. Windows calls it EINVAL."""
    if isinstance(error, BrokenPipeError):
        return True
    return os.name == "nt" and isinstance(error, OSError) and error.errno == errno.EINVAL


def _prepare(stream: io.TextIOWrapper) -> None:
    if stream.isatty():
        _enable_escapes()
        stream.reconfigure(errors="backslashreplace")
    else:
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def _enable_escapes() -> None:
    """Let the console of Windows read the escapes that colour text; terminals elsewhere do."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - only on Windows

        mode = ctypes.c_ulong()
        console = ctypes.windll.kernel32
        handle = console.GetStdHandle(-11)
        if console.GetConsoleMode(handle, ctypes.byref(mode)):
            console.SetConsoleMode(handle, mode.value | 4)


def _discard(stream: TextIO) -> None:
    """Send what is still to come to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
