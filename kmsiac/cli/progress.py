"""How far a scan is, on one line of a terminal, for scans that take over a second.

Standard error only, and only a terminal: a log never sees it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from kmsiac.cli.output import is_terminal
from kmsiac.findings.excerpt import one_line
from kmsiac.workers import HARMLESS

_FIRST = 1.0
"""Seconds until the line appears: a shorter scan shows nothing."""
_EVERY = 0.2


class Progress:
    """Call it with (units done, units in all, path); the line is gone when the context ends."""

    def __init__(self, quiet: bool, environment: Mapping[str, str] = os.environ) -> None:
        self._wanted = wanted(quiet, is_terminal(sys.stderr), environment)
        self._now = "looking for templates"
        self._width = 0

    def __call__(self, done: int, total: int, path: str) -> None:
        """Remember how far it is; another thread writes it."""
        self._now = f"{done} of {total} scanned, now {path or '.'}"

    def __enter__(self) -> Self:
        if self._wanted:
            import threading  # noqa: PLC0415 - only on a terminal

            self._done = threading.Event()
            self._thread = threading.Thread(target=self._show, name=HARMLESS, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._wanted:
            self._done.set()
            self._thread.join()
            self._write("")

    def _show(self) -> None:
        wait = _FIRST
        while not self._done.wait(wait):
            self._write(f"kmsiac: {self._now}")
            wait = _EVERY

    def _write(self, text: str) -> None:
        """Rewrite the line; spaces, not escapes, wipe it: every console understands them."""
        if not text and not self._width:
            return
        encoding = sys.stderr.encoding or "ascii"
        line = one_line(text, shutil.get_terminal_size().columns - 1)
        line = line.encode(encoding, "replace").decode(encoding)
        blank = " " * (self._width - len(line))
        self._width = len(line)
        try:
            sys.stderr.write(f"\r{line}{blank}" + ("" if text else "\r"))
            sys.stderr.flush()
        except (OSError, ValueError):
            self._width = 0


def wanted(quiet: bool, terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether to show progress: to somebody at a terminal who did not ask for quiet."""
    return (
        terminal and not quiet and environment.get("TERM") != "dumb" and not environment.get("CI")
    )
