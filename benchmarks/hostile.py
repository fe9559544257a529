"""Trees made to take for ever: CPU seconds, memory, and whether the rest of the tree is scanned.

    python benchmarks/hostile.py [CASE...] [--runs 3]

Exit code 1 where a case takes more than five seconds of CPU, ends otherwise than with findings,
or misses what is wrong with the good file beside it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import medians, run_once
from benchmarks.synthetic.hostile import CASES, hostile

LIMIT = 5.0
_TIMEOUT = 120.0


def write(folder: Path, name: str) -> Path:
    """The tree of a case, a repository of its own."""
    tree = folder / name
    for path, text in (*hostile(name), (".git/HEAD", "")):
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return tree


def told(command: list[str]) -> tuple[int, str]:
    """How many entries are unresolved, and what stopped the rest being scanned."""
    ran = subprocess.run(command, capture_output=True, check=False, timeout=_TIMEOUT)
    if ran.returncode != 1:
        return 0, f"exit code {ran.returncode}"
    report = json.loads(ran.stdout)
    good = any(f["location"]["path"] == "good/main.tf" for f in report["findings"])
    return len(report["unresolved"]) + len(report["errors"]), "" if good else "the rest is missing"


def row(tree: Path, name: str, runs: int) -> tuple[str, str]:
    """The row of a case, and what is wrong with it."""
    command = [sys.executable, "-m", "kmsiac", "scan", "-f", "json", str(tree)]
    taken = [run_once(command, _TIMEOUT) for _ in range(runs)]
    what = CASES[name][0]
    if any(run.code is None for run in taken):
        return f"| {what} | over {_TIMEOUT:.0f} | | |", "stopped"
    entries, wrong = told(command)
    figure = medians(taken)
    wrong = wrong or (f"{figure.cpu:.1f} s" if figure.cpu > LIMIT else "")
    return f"| {what} | {figure.cpu:.1f} | {figure.peak_mb:.0f} | {entries:,} |", wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    print("| tree | CPU s | peak MB | entries left open |\n|---|---|---|---|")
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.cases or CASES:
            line, wrong = row(write(Path(scratch), name), name, options.runs)
            print(line, flush=True)
            if wrong:
                failed[name] = wrong
    for name, wrong in failed.items():
        print(f"\n{name}: {wrong}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
