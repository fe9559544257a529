"""What the access engine costs: realistic policies one by one, hard ones by size, and the import.

    python benchmarks/access.py [--count N] [--sizes 10 20 40 60] [--z3]

CPU seconds of one process, memo tables empty before each question. `--z3` asks z3 too (extra `oracle`).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.policies import adversarial, narrowed, realistic
from kmsiac import access
from kmsiac.access.place import Place
from kmsiac.access.results import Outsider
from kmsiac.values import Answer
from tests.properties.documents import KNOWN, OWN, as_document

NOBODY = access.Trusted()
PLACE = Place("key", KNOWN)


class Taken(NamedTuple):
    """The seconds of a question, and what it answered."""

    seconds: float
    found: Any


def forget() -> None:
    """Empty every memo table of the engine; tables of AWS facts stay."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("kmsiac.access") or module is None:
            continue
        for value in list(vars(module).values()):
            if isinstance(value, OrderedDict):
                value.clear()
            elif hasattr(value, "cache_clear") and value.__module__.startswith("kmsiac.access"):
                value.cache_clear()


def cold(question: Callable[[], Any]) -> Taken:
    """The question with nothing remembered."""
    forget()
    started = time.process_time()
    found = question()
    return Taken(time.process_time() - started, found)


def on_realistic(count: int) -> None:
    documents = [as_document(policy) for policy in realistic(count)]
    access.public(documents[0], None, OWN, NOBODY)  # loads the engine and the tables of facts
    taken = [cold(partial(access.public, one, None, OWN, NOBODY)) for one in documents]
    times = sorted(one.seconds * 1000 for one in taken)
    answers = Counter(one.found.verdict.value for one in taken)
    sizes = sorted(len(document.statements) for document in documents)
    middle = sizes[len(sizes) // 2]
    print(f"\n`public` on {count} realistic key policies, {middle} statements median, {sizes[-1]}")
    print(f"at most; answers: {_counted(answers)}\n")
    print("| total s | median ms | p95 ms | max ms |\n|---|---|---|---|")
    p95 = times[int(len(times) * 0.95)]
    total, middle_time = sum(times) / 1000, statistics.median(times)
    print(f"| {total:.2f} | {middle_time:.2f} | {p95:.2f} | {times[-1]:.1f} |")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))


def on_adversarial(sizes: Iterable[int]) -> None:
    print("\nHard policies: seconds and the answer (`shadowed`: how many statements are decided)\n")
    columns = ("statements", *_questions(1))
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for size in sizes:
        cells = [cell(cold(question)) for question, cell in _questions(size).values()]
        print(f"| {size} | {' | '.join(cells)} |", flush=True)


def _questions(size: int) -> dict[str, tuple[Callable[[], Any], Callable[[Taken], str]]]:
    """The questions, each with how its answer is printed."""
    policy = adversarial(size)
    document, less = as_document(policy), as_document(narrowed(policy))
    other = as_document(adversarial(size, seed=2))
    organization = as_document(adversarial(size, closed="organization"))
    accounts = as_document(adversarial(size, closed="accounts"))
    return {
        "public": (lambda: access.public(document, None, KNOWN, NOBODY), _cell),
        "public, closed": (lambda: access.public(organization, None, KNOWN, NOBODY), _cell),
        "administrable": (lambda: access.administrable([document], PLACE), _kept),
        "external": (lambda: access.external(document, PLACE), _outsiders),
        "external, closed": (lambda: access.external(accounts, PLACE), _outsiders),
        "shadowed": (lambda: [access.shadowed(document, s, PLACE) for s in document], _decided),
        "shadowed, closed": (
            lambda: [access.shadowed(accounts, s, PLACE) for s in accounts],
            _decided,
        ),
        "subset_of narrowed": (lambda: access.subset_of(less, document, PLACE), _cell),
        "subset_of other": (lambda: access.subset_of(other, document, PLACE), _cell),
    }


def _cell(taken: Taken) -> str:
    return f"{taken.seconds:.2f} {taken.found.verdict.value}"


def _kept(taken: Taken) -> str:
    return f"{taken.seconds:.2f} {taken.found[0] or 'cannot tell'}"


def _decided(taken: Taken) -> str:
    answers: list[Answer] = taken.found
    decided = [one for one in answers if not one.is_open]
    shadowed = sum(one.is_yes for one in decided)
    return f"{taken.seconds:.2f} {len(decided)}/{len(answers)} ({shadowed} yes)"


def _outsiders(taken: Taken) -> str:
    found: tuple[Outsider, ...] = taken.found
    kinds = Counter(f"{one.kind} {one.answer.verdict.value}" for one in found)
    return f"{taken.seconds:.2f} {_counted(kinds) or 'nobody'}"


def on_import(runs: int = 15) -> None:
    print("\nImport, median of fresh interpreters\n\n| module | ms |\n|---|---|")
    base = "dataclasses, typing, re, json, decimal, datetime, enum, functools, collections"
    whole = _output(_LOADED).strip()
    for label, wanted in {
        "standard library that it uses": base,
        "kmsiac.access": "kmsiac.access",
        "all that `public` loads": whole,
        "the same, the standard library loaded before": f"{base}; start(); import {whole}",
    }.items():
        code = (
            "import time\ndef start():\n    global began\n    began = time.process_time()\n"
            f"start(); import {wanted}\nprint((time.process_time() - began) * 1000)"
        )
        figures = [float(_output(code)) for _ in range(runs)]
        print(f"| {label} | {statistics.median(figures):.0f} |")


_LOADED = """
import sys
from kmsiac import access
from tests.properties.documents import KNOWN, as_document
everybody = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
access.public(as_document({"Statement": [everybody]}), None, KNOWN, access.Trusted())
print(", ".join(sorted(name for name in sys.modules if name.startswith("kmsiac"))))
"""
"""Prints the modules of kmsiac that a process has loaded once it has asked `public`."""


def _output(code: str) -> str:
    root = str(Path(__file__).resolve().parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    return done.stdout


def on_z3(count: int) -> None:
    from benchmarks import z3_oracle  # noqa: PLC0415  (needs the extra)

    print("\n`public` beside z3")
    z3_oracle.run("realistic", realistic(count))
    hard = [adversarial(size) for size in (5, 10)]
    z3_oracle.run("hard, 5 and 10 statements", hard)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10, 20, 40, 60])
    parser.add_argument("--z3", action="store_true", help="ask z3 as well")
    options = parser.parse_args()
    on_realistic(options.count)
    on_adversarial(options.sizes)
    on_import()
    if options.z3:
        on_z3(min(200, options.count))


if __name__ == "__main__":
    main()
