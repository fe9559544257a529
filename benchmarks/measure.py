"""Whole-process CPU seconds of a command: medians over runs, and ratios between commands.

Never a test: machines differ. Run `python benchmarks/startup.py` and read the ratios. Needs a
system with `os.wait4` (Linux, macOS).
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

_PEAK_UNIT = 1024**2 if sys.platform == "darwin" else 1024


class Run(NamedTuple):
    """One run: CPU seconds (user and system) of the process and of all that it waited for, wall
    seconds, the peak memory of the largest single process in MB, the exit code (None: stopped).
    """

    cpu: float
    wall: float
    peak_mb: float
    code: int | None


class Figure(NamedTuple):
    """Medians over the runs: CPU seconds (user and system), wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    peak_mb: float


def measure(commands: Mapping[str, Sequence[str]], runs: int = 9) -> dict[str, Figure]:
    """The medians of commands that are run in turn, after one warm-up each."""
    taken = in_turn(commands, runs)
    return {name: medians(found) for name, found in taken.items()}


def medians(runs: Sequence[Run]) -> Figure:
    columns = zip(*(run[:3] for run in runs), strict=True)
    return Figure(*(statistics.median(column) for column in columns))


def in_turn(
    commands: Mapping[str, Sequence[str]], runs: int, timeout: float | None = None
) -> dict[str, list[Run]]:
    """Every run of commands in turn, there and back (A B C C B A ...), so that a machine whose
    speed drifts does so for all of them; after one warm-up each.

    A command that had to be stopped once is not run again.
    """
    names = list(commands)
    stopped: dict[str, Run] = {}
    taken: dict[str, list[Run]] = {name: [] for name in names}
    for at in range(-1, runs):
        for name in names if at % 2 else reversed(names):
            if name in stopped:
                continue
            _say(f"{name}, {'warm-up' if at < 0 else f'run {at + 1} of {runs}'}")
            found = run_once(commands[name], timeout)
            if found.code is None:
                stopped[name] = found
            elif at >= 0:
                taken[name].append(found)
    _say("")
    return {name: [stopped[name]] if name in stopped else taken[name] for name in names}


def run_once(command: Sequence[str], timeout: float | None = None) -> Run:
    """Run a command, with nothing to read and its output thrown away; it and all its children are
    stopped after `timeout` seconds.

    Python children may write their bytecode, as where they are installed.
    """
    quiet = subprocess.DEVNULL
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(
        list(command),
        stdout=quiet,
        stderr=quiet,
        stdin=quiet,
        env=environment,
        start_new_session=True,
    )
    late = threading.Event()

    def stop() -> None:
        late.set()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(timeout, stop) if timeout else None
    if timer:
        timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    if timer:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        usage.ru_utime + usage.ru_stime,
        time.perf_counter() - started,
        usage.ru_maxrss / _PEAK_UNIT,
        None if late.is_set() else process.returncode,
    )


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def table(figures: Mapping[str, Figure], base: str) -> str:
    """A Markdown table with the ratio of each command to `base`."""
    lines = ["| command | CPU s | wall s | peak MB | ratio |", "|---|---|---|---|---|"]
    for name, figure in figures.items():
        ratio = figure.cpu / figures[base].cpu
        cells = f"{figure.cpu:.2f} | {figure.wall:.2f} | {figure.peak_mb:.0f} | {ratio:.2f}"
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)
