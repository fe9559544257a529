"""Where the CPU time of one `kmsiac scan` goes: by phase, by function, and by import.

    python benchmarks/phases.py TREE [--functions 15] [--runs 5] [-- OPTIONS OF kmsiac scan]

A phase counts what is not in a phase below it: "rules" is without the access engine that rules ask,
"evaluation" without parsing. The table is of runs without a profiler (medians); the functions come
from one more run with one, which inflates small functions.
"""

from __future__ import annotations

import argparse
import builtins
import contextlib
import gc
import importlib
import io
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()

PHASES: dict[str, tuple[str, ...]] = {
    "loading rules": ("kmsiac.rules.loader:load_rules",),
    "discovery": ("kmsiac.frontends.discover:discover",),
    "reading YAML and JSON": (
        "kmsiac.reading.yaml_reader:read_yaml",
        "kmsiac.reading.json_reader:read_json",
        "kmsiac.reading.json_reader:load_json",
    ),
    "splitting HCL": ("kmsiac.frontends.terraform.split:split",),
    "python-hcl2": ("kmsiac.frontends.terraform.parse:parse_expression",),
    "evaluation": ("kmsiac.frontends.load:load_unit",),
    "inventory": ("kmsiac.inventory.build:build",),
    "rules": ("kmsiac.rules.engine:run",),
    "access engine": (
        "kmsiac.access:*",
        "kmsiac.access.unit:UnitAccess.*",
        "kmsiac.access.candidates:candidates",
    ),
    "findings and report": (
        "kmsiac.findings.build:build_findings",
        "kmsiac.findings.build:build_unresolved",
        "kmsiac.cli.scan:_report",
    ),
}


class Clock:
    """CPU seconds by phase; a phase stops while one inside it runs."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.seconds["interpreter"] = self._since = time.process_time()
        self._inside = ["the rest"]

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._turn()
        self._inside.append(name)
        try:
            yield
        finally:
            self._turn()
            self._inside.pop()

    def _turn(self) -> None:
        now = time.process_time()
        self.seconds[self._inside[-1]] += now - self._since
        self._since = now

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*arguments: Any, **named: Any) -> Any:
            with self.phase(name):
                return function(*arguments, **named)

        return run


class Importing:
    """Counts what imports cost, and puts the clock on functions as soon as their module is there.

    At once, before anyone can have taken the function out of its module by name.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting = {
            (module, what): phase
            for phase, places in PHASES.items()
            for module, what in (place.split(":") for place in places)
        }
        self._import, self._import_module = builtins.__import__, importlib.import_module
        builtins.__import__ = self._of_a_statement
        importlib.import_module = self._by_name

    def _of_a_statement(self, name: str, *more: Any, **named: Any) -> Any:
        with self._clock.phase("imports"):
            found = self._import(name, *more, **named)
        self._put_clocks()
        return found

    def _by_name(self, name: str, package: str | None = None) -> Any:
        with self._clock.phase("imports"):
            found = self._import_module(name, package)
        self._put_clocks()
        return found

    def _put_clocks(self) -> None:
        for (module, what), phase in list(self._waiting.items()):
            loaded = sys.modules.get(module)
            if loaded is None or getattr(loaded.__spec__, "_initializing", False):
                continue
            del self._waiting[module, what]
            holder, _, name = what.rpartition(".")
            home = getattr(loaded, holder) if holder else loaded
            public = getattr(home, "__all__", None) or [n for n in vars(home) if n[0] != "_"]
            for one in public if name == "*" else (name,):
                function = vars(home).get(one)
                if callable(function) and not isinstance(function, type):
                    setattr(home, one, self._clock.timed(phase, function))


def one_run(arguments: list[str]) -> None:
    """In a process of its own: scan, and print the seconds of each phase as JSON."""
    clock = Clock()
    Importing(clock)
    with contextlib.redirect_stdout(io.StringIO()):
        command = importlib.import_module("kmsiac.cli")
        gc.set_threshold(*command.COLLECTING)
        with clock.phase("the rest"):
            command.run(["scan", *arguments])
    print(json.dumps(clock.seconds))


def profile(arguments: list[str], count: int) -> str:
    """The functions with the most time of their own, and those with the most below them."""
    import cProfile  # noqa: PLC0415 - not in the runs that are timed
    import pstats  # noqa: PLC0415

    profiler, printed = cProfile.Profile(), io.StringIO()
    run = importlib.import_module("kmsiac.cli").run
    profiler.enable()
    with contextlib.redirect_stdout(io.StringIO()):
        run(["scan", *arguments])
    profiler.disable()
    stats = pstats.Stats(profiler, stream=printed)
    stats.sort_stats("tottime").print_stats(count)
    stats.sort_stats("cumulative").print_stats(r"kmsiac|hcl2|lark", 3 * count)
    return printed.getvalue().replace(f"{HERE.parent.parent}/", "")


def import_times(arguments: list[str], count: int) -> str:
    """The modules that cost most to import, themselves only (`python -X importtime`)."""
    command = [sys.executable, "-X", "importtime", "-m", "kmsiac", "scan", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    rows = []
    for line in said.splitlines():
        if line.startswith("import time:") and "self [us]" not in line:
            alone, below, name = line.removeprefix("import time:").split("|")
            rows.append((int(alone), int(below), name.strip()))
    total = sum(alone for alone, _, _ in rows) / 1000
    lines = [f"{len(rows)} modules, {total:.0f} ms with -X importtime on", ""]
    groups: defaultdict[str, int] = defaultdict(int)
    for alone, _, name in rows:
        groups[name.split(".")[0]] += alone
    most = sorted(groups.items(), key=lambda item: -item[1])[:count]
    lines.append("by package: " + ", ".join(f"{name} {us / 1000:.0f}" for name, us in most))
    lines += [f"{a / 1000:7.1f} ms {name}" for a, _, name in sorted(rows, reverse=True)[:count]]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--functions", type=int, default=0, help="how many to list; 0: no profile")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options, more = parser.parse_known_args()
    arguments = [options.tree, *(one for one in more if one != "--")]
    if options.once:
        one_run(arguments)
        return
    taken = []
    for _ in range(options.runs + 1):
        command = [sys.executable, str(HERE), "--once", *arguments]
        taken.append(json.loads(subprocess.check_output(command, text=True)))
    runs = taken[1:]  # the first one warms caches
    names = {name: None for one in runs for name in one}
    medians = {name: statistics.median(one.get(name, 0.0) for one in runs) for name in names}
    total = sum(medians.values())
    print("| phase | CPU s | share |\n|---|---|---|")
    for name, seconds in sorted(medians.items(), key=lambda item: -item[1]):
        print(f"| {name} | {seconds:.3f} | {seconds / total:.0%} |")
    print(f"| all | {total:.2f} | |")
    if options.functions:
        print(f"\n{import_times(arguments, options.functions)}\n")
        print(profile(arguments, options.functions))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent.parent))
    main()
