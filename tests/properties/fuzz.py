"""Long runs: `python -m tests.properties.fuzz [CHECK...] --count N --seed S`.

Prints each contradiction, made small, and last how many cases passed. Seeds are numbers from S on.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.properties.cases import Case
from tests.properties.checks import SEEN
from tests.properties.grammar import Seeded
from tests.properties.plans import PLANS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("check", nargs="*", help=f"of {', '.join(PLANS)}; all without")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stop", type=int, default=5, help="after so many contradictions a check")
    options = parser.parse_args()
    failed = 0
    for name in options.check or PLANS:
        failed += _run(name, range(options.seed, options.seed + options.count), options.stop)
    return 1 if failed else 0


def _run(name: str, seeds: range, stop: int) -> int:
    draw, check = PLANS[name]
    failed, passed, started = 0, 0, time.process_time()
    for seed in seeds:
        case = draw(Seeded(f"{name} {seed}"))
        why = _fails(check, case)
        if why is None:
            passed += 1
            continue
        failed += 1
        small = shrink(check, case, why)
        print(f"--- {name}, seed {seed}: {_fails(check, small)}", flush=True)  # noqa: T201
        if failed >= stop:
            break
    took = time.process_time() - started
    answers = ", ".join(f"{q} {v} {n}" for (q, v), n in sorted(SEEN.items()))
    SEEN.clear()
    print(f"{name}: {passed} passed, {failed} failed, {took:.0f} s ({answers})", flush=True)  # noqa: T201
    return failed


def _fails(check: Callable[[Case], None], case: Case) -> str | None:
    try:
        check(case)
    except AssertionError as error:
        return str(error)
    except Exception as error:  # no exception may leave the engine
        return f"{type(error).__name__}: {error}{case.told()}"
    return None


def shrink(check: Callable[[Case], None], case: Case, why: str) -> Case:
    """A smaller case that fails with the same kind of message."""
    kind = _kind(why)
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(case):
            found = _fails(check, candidate)
            if found is not None and _kind(found) == kind:
                case, smaller = candidate, True
                break
    return case


def _kind(why: str) -> str:
    return why.partition(";")[0].partition(" ")[0]


def _smaller(case: Case) -> Iterator[Case]:
    for at in range(len(case.drafts)):
        if len(case.drafts) > 1:
            yield case._replace(drafts=case.drafts[at : at + 1])
    for at, policy in enumerate(case.policies):
        for less in _less(policy):
            body = less.get("Statement")
            if body and all("Effect" in one for one in body):
                policies = (*case.policies[:at], less, *case.policies[at + 1 :])
                yield case._replace(policies=policies)


_KEPT = ("Effect", "Action", "Principal", "Resource", "Version", "Statement", "AWS", "Service")


def _less(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key in value:
            if key not in _KEPT:
                yield {k: v for k, v in value.items() if k != key}
        for key, inner in value.items():
            for less in _less(inner):
                copied = copy.copy(value)
                copied[key] = less
                yield copied
    elif isinstance(value, list):
        if len(value) > 1:
            for at in range(len(value)):
                yield value[:at] + value[at + 1 :]
        for at, inner in enumerate(value):
            for less in _less(inner):
                yield [*value[:at], less, *value[at + 1 :]]


if __name__ == "__main__":
    sys.exit(main())
