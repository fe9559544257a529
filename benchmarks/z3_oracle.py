"""`public` beside an encoding of its own for the solver z3: no contradiction may be left.

    python benchmarks/z3_oracle.py [--realistic N] [--random N] [--steps N]

Needs the extra `oracle` (z3-solver). What the encoding cannot say is skipped, and counted.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.policies import realistic
from benchmarks.z3_encoding import STEPS, Unsupported, decide
from kmsiac.access import Trusted, public
from tests.properties.documents import ACCOUNT, KNOWN, REGION, Policy, as_document, filled
from tests.properties.grammar import Seeded, Style, policy

PARTNER = "555566667777"


def concrete(policy: Policy) -> Policy | None:
    """The policy in the account that is known; None where a part of it is unknown."""
    body = json.dumps(policy)
    if "<any" in body:
        return None
    names = re.findall(r"<role:([\w-]+)>", body)
    roles = {f"role:{name}": f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in names}
    own = {"own": ACCOUNT, "region": REGION, "partition": "aws", "account:p": PARTNER}
    return filled(policy, own | {"account:partner": PARTNER} | roles)


def run(name: str, policies: Iterable[Policy], steps: int = STEPS) -> int:
    """Compare; returns the number of contradictions."""
    counts: Counter[str] = Counter()
    spent = {"kmsiac": 0.0, "z3": 0.0}
    slowest = contradictions = 0
    for made in policies:
        spelt = concrete(made)
        if spelt is None:
            counts["skipped: unknown parts"] += 1
            continue
        started = time.process_time()
        ours = public(as_document(spelt), None, KNOWN, Trusted())
        spent["kmsiac"] += time.process_time() - started
        started = time.process_time()
        try:
            theirs = decide(spelt, steps)
        except Unsupported:
            counts["skipped: not in the encoding"] += 1
            continue
        took = time.process_time() - started
        spent["z3"] += took
        slowest = max(slowest, took)
        counts[f"kmsiac {ours.verdict.value}, z3 {theirs}"] += 1
        if {ours.verdict.value, theirs} == {"yes", "no"}:
            contradictions += 1
            print(f"CONTRADICTION kmsiac {ours.verdict.value}, z3 {theirs}: {json.dumps(spelt)}")
    print(f"\n{name}: {sum(counts.values())} policies, {contradictions} contradictions")
    for what, count in sorted(counts.items()):
        print(f"  {what}: {count}")
    print(f"  kmsiac {spent['kmsiac']:.2f} s, z3 {spent['z3']:.1f} s, slowest z3 {slowest:.1f} s")
    return contradictions


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--realistic", type=int, default=300)
    parser.add_argument("--random", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS, help="z3's limit for one check")
    options = parser.parse_args()
    style = Style(symbols=False, unknown=False, everybody=True)
    drawn = [policy(Seeded(f"z3 {options.seed} {at}"), style) for at in range(options.random)]
    failed = run("realistic", realistic(options.realistic, options.seed), options.steps)
    failed += run("random", drawn, options.steps)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
