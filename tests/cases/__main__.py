"""`python -m tests.cases FILE...`: each failing case, and last how many passed and failed.

Exit code 0 if none failed, 1 if one did, 2 if a file or a case could not be read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.cases.building import CaseError
from tests.cases.runner import Outcome, read_cases, run_cases


def main(arguments: list[str]) -> int:
    """Run the files; the exit code."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: python -m tests.cases FILE...", file=sys.stderr)  # noqa: T201
        return 2
    try:
        cases = [case for name in arguments for case in read_cases(Path(name))]
        outcomes = list(run_cases(cases))
    except CaseError as error:
        print(" ".join(str(error).split()), file=sys.stderr)  # noqa: T201
        return 2
    print("\n".join(summary(outcomes)))  # noqa: T201
    return 1 if any(one.status == "failed" for one in outcomes) else 0


def summary(outcomes: list[Outcome]) -> list[str]:
    """The lines of the report: what failed, what is undocumented, and the counts."""
    lines = [one.line() for one in outcomes if one.status != "passed"]
    undocumented = [one for one in outcomes if one.undocumented]
    if undocumented:
        told = sum(one.status == "passed" for one in undocumented)
        lines.append(
            f"{len(undocumented)} not documented by AWS: {told} answered cannot tell (passed), "
            f"{len(undocumented) - told} answered otherwise (not counted)"
        )
    passed = sum(one.status == "passed" for one in outcomes)
    failed = sum(one.status == "failed" for one in outcomes)
    return [*lines, f"{passed} passed, {failed} failed"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
