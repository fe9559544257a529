"""Synthetic trees of templates: the same kind, size, seed and share of faults give the same bytes.

    python benchmarks/generate.py FOLDER [--kind mixed] [--files 1000] [--seed 1] [--faults 0.1]
    python benchmarks/generate.py FOLDER --kind estate --bytes 20_000_000
    python benchmarks/generate.py FOLDER --kind large-plan --bytes 128_000_000
    python benchmarks/generate.py FOLDER --kind deployed-plan --bytes 128_000_000

Kinds: `terraform` (root modules of some ten files, with modules and tfvars), `estate` (the same with
so much about other things that policies and keys are 17 % of the bytes), `cloudformation` (YAML, one
template in five JSON), `stacks` (the same ten kilobytes each, mostly about other things), `plan` (plan
JSON), `large-plan` (one, by bytes), `deployed-plan` (the same with roles that spell the ARNs of their
keys), and `mixed`: seven files in ten Terraform, two CloudFormation, the rest plans, workflows, charts,
programs and notes. As in real repositories most
files have nothing to do with keys. `--faults` is the share of policies with a fault that kmsiac must
find (`XACC-01` with `--account-id` only). Printed: how many files, bytes and faults were written.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.synthetic.beside import other_file
from benchmarks.synthetic.cloudformation import template
from benchmarks.synthetic.drawing import Draw
from benchmarks.synthetic.estate import SINKS, estate
from benchmarks.synthetic.large_plan import large_plan
from benchmarks.synthetic.plan import plan
from benchmarks.synthetic.policies import Fault
from benchmarks.synthetic.stacks import stacks
from benchmarks.synthetic.terraform import Files, modules, project

_ROOM_FOR_MODULES = 30
"""Smaller trees have no modules of their own: they would be half of it."""
LARGE_PLAN = "large-plan"
DEPLOYED_PLAN = "deployed-plan"
_LARGE = (LARGE_PLAN, DEPLOYED_PLAN)
_MIX = (("terraform", 5), ("cloudformation", 15), ("plan", 1), ("other", 7))
"""What comes next, by weight; a project of Terraform brings some ten files."""


def generate(kind: str, files: int, seed: int = 1, faults: float = 0.1) -> Files:
    """So many files of a tree: relative path, text, and the faults that were put in.

    The last project of Terraform may be cut short; what it says elsewhere of a file that is not
    there is then open.
    """
    return islice(KINDS[kind](seed, files, faults), files)


def generate_bytes(kind: str, size: int, seed: int = 1, faults: float = 0.1) -> Files:
    """The same by size: files until so many bytes are reached."""
    if kind in _LARGE:
        return large_plan(seed, size, faults, spelt=kind == DEPLOYED_PLAN)
    left = [size]

    def some_left(file: tuple[str, str, list[Fault]]) -> bool:
        left[0] -= len(file[1])
        return left[0] > -len(file[1])

    return takewhile(some_left, KINDS[kind](seed, _ROOM_FOR_MODULES, faults))


def _terraform(seed: int, files: int, faults: float) -> Files:
    shared = files >= _ROOM_FOR_MODULES
    if shared:
        yield from modules()
    number = 0
    while True:
        number += 1
        yield from project(Draw(f"{seed} terraform {number}"), number, faults, shared)


def _cloudformation(seed: int, files: int, faults: float) -> Files:
    del files
    for number in _numbers():
        yield template(Draw(f"{seed} cloudformation {number}"), number, faults)


def _plans(seed: int, files: int, faults: float) -> Files:
    del files
    for number in _numbers():
        draw = Draw(f"{seed} plan {number}")
        keys = draw.weighted(((0, 6), (1, 3), (4, 1)))
        yield plan(draw, f"plans/plan-{number:04d}.json", keys, draw.below(30) + 5, faults)


def _others(seed: int, files: int, faults: float) -> Files:
    del files, faults
    for number in _numbers():
        yield *other_file(Draw(f"{seed} other {number}"), number), []


def _mixed(seed: int, files: int, faults: float) -> Files:
    shared = files >= _ROOM_FOR_MODULES
    if shared:
        yield from modules()
    draw = Draw(f"{seed} mixed")
    streams = {
        "cloudformation": _cloudformation(seed, files, faults),
        "plan": _plans(seed, files, faults),
        "other": _others(seed, files, faults),
    }
    number = 0
    while True:
        kind = draw.weighted(_MIX)
        if kind == "terraform":
            number += 1
            yield from project(Draw(f"{seed} terraform {number}"), number, faults, shared)
        else:
            yield next(streams[kind])


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


KINDS: dict[str, Callable[[int, int, float], Files]] = {
    "mixed": _mixed,
    "terraform": _terraform,
    "estate": estate,
    "cloudformation": _cloudformation,
    "stacks": stacks,
    "plan": _plans,
}


def write(folder: Path, files: Files) -> tuple[int, int, list[Fault]]:
    """Write a tree into a folder that is new or empty: how many files and bytes, and the faults."""
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder}: there is something in this folder already")
    count = size = 0
    planted: list[Fault] = []
    for path, text, faults in files:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        target.write_bytes(data)
        count, size = count + 1, size + len(data)
        planted += faults
    return count, size, planted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=(*KINDS, *_LARGE), default="mixed")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--bytes", type=int, help="so many bytes in place of so many files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.1)
    options = parser.parse_args()
    if options.kind in _LARGE and not options.bytes:
        parser.error(f"--kind {options.kind} wants --bytes")
    much = generate_bytes if options.bytes else generate
    files = much(options.kind, options.bytes or options.files, options.seed, options.faults)
    count, size, planted = write(options.folder, files)
    sinks = sum(path.stat().st_size for name in SINKS for path in options.folder.rglob(name))
    share = f" (policies and keys: {sinks / size:.1%})" if sinks else ""
    print(f"{count} files, {size:,} bytes{share}, {len(planted)} faults")
    for rule, times in sorted(Counter(fault.rule for fault in planted).items()):
        print(f"  {rule} {times}")


if __name__ == "__main__":
    main()
