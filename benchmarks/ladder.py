"""What twice as much costs: CPU seconds and memory of `kmsiac scan` at 1x, 2x and 4x.

    python benchmarks/ladder.py [STEP...] [--runs 3] [--small]

Exit code 1 where a step costs 2.4 times the one before or more. The ratio of a step is of what the
scan costs beyond a scan of one small file, so that start-up does not flatter it. `--small` takes a
quarter of each size.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.generate import generate, generate_bytes, write
from benchmarks.measure import Figure, in_turn, medians
from benchmarks.synthetic.drawing import Draw
from benchmarks.synthetic.hcl import Raw, block, expression
from benchmarks.synthetic.plan import plan
from benchmarks.synthetic.policies import ADMIN, USE, document, trust_policy

LIMIT = 2.4
_ACCOUNT = "arn:aws:iam::123456789012"
Write = Callable[[Path, int], None]


def tree(kind: str, folder: Path, size: int) -> None:
    """A tree of the generator."""
    write(folder, generate(kind, size))


def estate(folder: Path, megabytes: int) -> None:
    """Terraform of which policies and keys are a sixth, by size."""
    write(folder, generate_bytes("estate", megabytes * 1_000_000))


def one_folder(folder: Path, size: int) -> None:
    """A root module of so many files, with a key each."""
    folder.mkdir()
    for at in range(size):
        body = {"enable_key_rotation": True, "policy": _encoded([_delegation()])}
        (folder / f"key{at}.tf").write_text(block(f'resource "aws_kms_key" "k{at}"', body))


def one_policy(folder: Path, size: int) -> None:
    """One key policy with so many statements, each for a role and an encryption context."""
    statements = [_delegation()]
    for at in range(size - 1):
        context = {"StringEquals": {"kms:EncryptionContext:tenant": f"tenant-{at}"}}
        principal = {"AWS": f"{_ACCOUNT}:role/app-{at}"}
        statements.append(_statement(principal, USE, context))
    folder.mkdir()
    body = {"enable_key_rotation": True, "policy": _encoded(statements)}
    (folder / "main.tf").write_text(block('resource "aws_kms_key" "k"', body))


def keys_and_roles(folder: Path, size: int, every: bool) -> None:
    """So many keys and as many roles in one root module.

    Each key policy names one role, or (`every`) leaves the key to the account; each role's own
    policy allows its key, or every key. With `every`, `size` is the number of pairs of the two.
    """
    size = round(size**0.5) if every else size
    texts = []
    for at in range(size):
        administered = {"AWS": [Raw(f"aws_iam_role.r{at}.arn")]}
        own = [_statement({"AWS": f"{_ACCOUNT}:role/admin"}, ADMIN), _statement(administered, USE)]
        body = {"enable_key_rotation": True, "policy": _encoded([_delegation()] if every else own)}
        resource = "*" if every else Raw(f"aws_kms_key.k{at}.arn")
        allowed = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": resource}
        trust = Raw(f"jsonencode({expression(trust_policy('ec2'), 1)})")
        role = {"name": f"r{at}", "assume_role_policy": trust}
        inline = {"role": Raw(f"aws_iam_role.r{at}.id"), "policy": _encoded([allowed])}
        texts.append(block(f'resource "aws_kms_key" "k{at}"', body))
        texts.append(block(f'resource "aws_iam_role" "r{at}"', role))
        texts.append(block(f'resource "aws_iam_role_policy" "p{at}"', inline))
    folder.mkdir()
    (folder / "main.tf").write_text("\n".join(texts))


def one_plan(folder: Path, size: int) -> None:
    """One plan of so many keys, two or three roles a key, and four other resources a key.

    Without faults: a role with all keys would make it keys x roles, which `product` is.
    """
    folder.mkdir()
    _, text, _ = plan(Draw("ladder"), "big.json", size, 4 * size, 0)
    (folder / "plan.json").write_text(text)


def _delegation() -> dict[str, Any]:
    return _statement({"AWS": f"{_ACCOUNT}:root"}, "kms:*")


def _statement(
    principal: dict[str, Any], action: Any, condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return made | ({"Condition": condition} if condition else {})


def _encoded(statements: list[dict[str, Any]]) -> Raw:
    return Raw(f"jsonencode({expression(document(statements), 1)})")


STEPS: dict[str, tuple[str, int, Write]] = {
    "mixed": ("files of a mixed tree", 1000, partial(tree, "mixed")),
    "terraform": ("files of Terraform projects", 1000, partial(tree, "terraform")),
    "estate": ("MB of Terraform, a sixth of it policies and keys", 5, estate),
    "cloudformation": ("CloudFormation templates", 500, partial(tree, "cloudformation")),
    "plans": ("plans", 250, partial(tree, "plan")),
    "folder": ("`.tf` files in one folder, a key each", 500, one_folder),
    "statements": ("statements of one key policy", 40, one_policy),
    "roles": ("keys, each with a role of its own", 50, partial(keys_and_roles, every=False)),
    "product": (
        "pairs of a key and a role with all keys",
        900,
        partial(keys_and_roles, every=True),
    ),
    "plan": ("keys in one plan, 6 or 7 other resources each", 100, one_plan),
}


def climb(name: str, runs: int, smaller: int) -> tuple[str, bool]:
    """The row of the table for one kind, and whether a step is too steep."""
    what, first, make = STEPS[name]
    sizes = [max(first // smaller, 4) * times for times in (1, 2, 4)]
    with tempfile.TemporaryDirectory() as scratch:
        commands = {}
        for size in (0, *sizes):
            folder = Path(scratch) / f"n{size}"
            (one_folder if size == 0 else make)(folder, size or 1)
            commands[str(size)] = [
                sys.executable,
                "-m",
                "kmsiac",
                "scan",
                "-f",
                "json",
                str(folder),
            ]
        taken = in_turn(commands, runs)
    failed = {run.code for found in taken.values() for run in found} - {0, 1}
    if failed:
        raise SystemExit(f"{name}: kmsiac ended with {sorted(failed, key=str)}")
    start, *figures = (medians(found) for found in taken.values())
    return _row(what, sizes, start, figures)


def _row(what: str, sizes: list[int], start: Figure, figures: list[Figure]) -> tuple[str, bool]:
    beyond = [max(figure.cpu - start.cpu, 0.01) for figure in figures]
    steps = [after / before for before, after in pairwise(beyond)]
    steep = any(step >= LIMIT for step in steps)
    cells = [
        f"{what} ({', '.join(f'{size:,}' for size in sizes)})",
        *(f"{figure.cpu:.2f}" for figure in figures),
        *(f"{step:.2f}{' **' if step >= LIMIT else ''}" for step in steps),
        " / ".join(f"{figure.peak_mb:.0f}" for figure in figures),
    ]
    return f"| {' | '.join(cells)} |", steep


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    unknown = set(options.steps) - set(STEPS)
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    print(
        "| what | 1x CPU s | 2x | 4x | 1x to 2x | 2x to 4x | peak MB |\n|---|---|---|---|---|---|---|"
    )
    steep = []
    for name in options.steps or STEPS:
        row, too_steep = climb(name, options.runs, 4 if options.small else 1)
        print(row, flush=True)
        steep += [name] if too_steep else []
    if steep:
        print(f"\n** {LIMIT} times or more: {', '.join(steep)}")
    return 1 if steep else 0


if __name__ == "__main__":
    sys.exit(main())
