"""What becomes of the templates of real trees: one row of a table for each.

    python benchmarks/real_templates.py TREE...

Templates and policies are counted twice: once from the text alone, by what knows nothing of the
front end (`tests/oracles/cloudformation_accounting.py`), once as they are in the inventories. CPU
seconds and peak MB are those of reading and evaluating everything in the tree, in one process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kmsiac.config import ScanOptions
from kmsiac.scan import UnitsRead, read_units

_PEAK_UNIT = 1024**2 if sys.platform == "darwin" else 1024
_HEADS = (
    "tree", "templates", "in no report", "not read", "policies in the text", "known", "partly",
    "listed", "never", "elsewhere", "lost", "documents", "with an unknown part", "CPU s", "MB",
)  # fmt: skip


def row(folder: Path) -> tuple[str, ...]:
    """The cells of a tree."""
    began = time.process_time()
    read = read_units(ScanOptions(paths=(folder,), working_directory=folder))
    taken = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PEAK_UNIT
    # Only now: what these load and make is no part of what reading costs.
    from tests.oracles.cloudformation_accounting import account, raw_templates  # noqa: PLC0415
    from tests.oracles.unknown_parts import policies  # noqa: PLC0415

    templates = raw_templates(folder)
    found = Counter(account(folder).values())
    documents = policies(folder)
    unknown = sum(1 for policy in documents if policy["unknown"])
    kinds = ("known", "partly", "listed", "never", "elsewhere", "lost")
    counts = (
        len(templates),
        len(templates - _told(read)),
        len([error for error in read.errors if error.span is not None]),
        found.total(),
        *(found[kind] for kind in kinds),
        len(documents),
        unknown,
    )
    return (folder.name, *(f"{count:,}" for count in counts), f"{taken:.1f}", f"{peak:.0f}")


def _told(read: UnitsRead) -> set[str]:
    """The files that were read, and those that an error names."""
    files = {error.span.path for error in read.errors if error.span is not None}
    return files.union(*(inventory.files for inventory in read.inventories))


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--one"]:
        print(json.dumps(row(Path(arguments[1]).resolve())))
        return 0
    print(f"| {' | '.join(_HEADS)} |\n|{'---|' * len(_HEADS)}")
    for tree in arguments:
        command = [sys.executable, __file__, "--one", tree]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        print(f"| {' | '.join(json.loads(done.stdout))} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
