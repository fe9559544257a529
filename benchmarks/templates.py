"""What reading and evaluating CloudFormation costs, in MB/s of one process and beside libyaml and json.

    python benchmarks/templates.py TREE... [--runs 3]
    python benchmarks/templates.py --ladder     # 2, 4 and 8 MB of `stacks`; exit 1 at 2.4 times a step

CPU seconds, the least of the runs, without start-up. `events` is libyaml alone, which builds nothing,
on the YAML; `nodes` is the reader with positions; `all` is discovery, evaluation and the inventory.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import yaml
from yaml._yaml import CParser

from benchmarks.generate import generate_bytes, write
from kmsiac.cli import COLLECTING
from kmsiac.errors import SourceError
from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.discover import discover
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.inventory.build import build
from kmsiac.reading.json_reader import read_json
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree
from kmsiac.reading.yaml_reader import read_yaml

LIMIT = 2.4


class Cost(NamedTuple):
    """Bytes of YAML and of JSON, and CPU seconds of each part."""

    yaml: int
    json: int
    events: float
    yaml_nodes: float
    json_nodes: float
    discovery: float
    load: float
    inventory: float

    @property
    def judged(self) -> float:
        """Everything from the bytes to the inventory."""
        return self.discovery + self.load + self.inventory


def cost(folder: Path, runs: int) -> Cost:
    """What a tree costs."""
    units = _templates(folder)[1]
    texts = [unit.file.data for unit in units if unit.file is not None]
    in_json = [data for data in texts if data.lstrip()[:1] == b"{"]
    in_yaml = [data for data in texts if data.lstrip()[:1] != b"{"]
    timed = [_evaluated(folder) for _ in range(runs)]
    return Cost(
        sum(map(len, in_yaml)),
        sum(map(len, in_json)),
        _least(_events, in_yaml, runs),
        _least(lambda data: read_yaml(SourceFile(1, "t", data)), in_yaml, runs),
        _least(lambda data: read_json(SourceFile(1, "t", data)), in_json, runs),
        *(min(run[at] for run in timed) for at in range(3)),
    )


def _templates(folder: Path) -> tuple[SourceTree, list[UnitSource]]:
    tree = SourceTree(folder)
    found = discover(tree, [folder.resolve()], None, Inputs())
    return tree, [unit for unit in found.units if unit.kind == "cloudformation"]


def _evaluated(folder: Path) -> tuple[float, float, float]:
    """Seconds of discovery, of evaluation and of the inventory."""
    gc.collect()
    began = time.process_time()
    tree, units = _templates(folder)
    discovery = time.process_time() - began
    loading = building = 0.0
    for unit in units:
        began = time.process_time()
        try:
            stack = load(unit, tree, Inputs())
        except SourceError:
            loading += time.process_time() - began
            continue
        middle = time.process_time()
        build(stack)
        loading += middle - began
        building += time.process_time() - middle
    return discovery, loading, building


def _least(read: Callable[[bytes], object], texts: Iterable[bytes], runs: int) -> float:
    taken = []
    for _ in range(runs):
        gc.collect()
        began = time.process_time()
        for data in texts:
            try:
                read(data)
            except (SourceError, yaml.YAMLError, UnicodeDecodeError):
                continue
        taken.append(time.process_time() - began)
    return min(taken)


def _events(data: bytes) -> None:
    parser = CParser(data.decode())
    while parser.get_event() is not None:
        pass


def _rate(size: int, seconds: float) -> str:
    return f"{size / 1e6 / seconds:6.1f}" if size and seconds else "     -"


def _table(costs: dict[str, Cost]) -> None:
    print("MB/s      MB  events  YAML nodes  JSON nodes  load  load+inventory  all  tree")
    for name, found in costs.items():
        size = found.yaml + found.json
        print(
            f"     {size / 1e6:7.2f}  {_rate(found.yaml, found.events)}      "
            f"{_rate(found.yaml, found.yaml_nodes)}      {_rate(found.json, found.json_nodes)}"
            f"{_rate(size, found.load)}          {_rate(size, found.load + found.inventory)}"
            f"{_rate(size, found.judged)}  {name}"
        )


def ladder(runs: int) -> int:
    """1 where twice the templates cost too much more."""
    costs = {}
    for megabytes in (2, 4, 8):
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            write(tree, generate_bytes("stacks", megabytes * 1_000_000))
            costs[f"stacks, {megabytes} MB"] = cost(tree, runs)
    _table(costs)
    steps = [after.judged / before.judged for before, after in pairwise(costs.values())]
    print("steps: " + ", ".join(f"{step:.2f}" for step in steps))
    return 1 if max(steps) >= LIMIT else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path, nargs="*")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--ladder", action="store_true")
    options = parser.parse_args()
    gc.set_threshold(*COLLECTING)
    if options.ladder:
        return ladder(options.runs)
    _table({tree.name: cost(tree, options.runs) for tree in options.tree})
    return 0


if __name__ == "__main__":
    sys.exit(main())
