"""Whole-process CPU seconds of a command: medians over runs, and ratios between commands.

Never a test: machines differ. Run `python benchmarks/startup.py` and read the ratios.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """Medians over the runs: CPU seconds (user and system), wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    peak_mb: float


def measure(commands: Mapping[str, Sequence[str]], runs: int = 9) -> dict[str, Figure]:
    """Run the commands in turn (A B A B ...), after one warm-up each, so that a machine whose
    speed drifts does so for all of them.
    """
    for command in commands.values():
        _run(command)
    taken: dict[str, list[Figure]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(_run(command))
    return {
        name: Figure(*(statistics.median(column) for column in zip(*figures, strict=True)))
        for name, figures in taken.items()
    }


def _run(command: Sequence[str]) -> Figure:
    started = time.perf_counter()
    process = subprocess.Popen(
        list(command),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    wall = time.perf_counter() - started
    return Figure(_cpu(usage), wall, usage.ru_maxrss / 1024)


def _cpu(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def table(figures: Mapping[str, Figure], base: str) -> str:
    """A Markdown table with the ratio of each command to `base`."""
    lines = ["| command | CPU s | wall s | peak MB | ratio |", "|---|---|---|---|---|"]
    for name, figure in figures.items():
        ratio = figure.cpu / figures[base].cpu
        cells = f"{figure.cpu:.2f} | {figure.wall:.2f} | {figure.peak_mb:.0f} | {ratio:.2f}"
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)
