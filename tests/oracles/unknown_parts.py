"""How much of the policies of CloudFormation trees is known, and why the rest is not.

    python -m tests.oracles.unknown_parts FOLDER... [--list REASON]

Prints one table: documents, those that are wholly literal, those with symbols only, and those
with an unknown part, by reason. A reason is told once for a document, names in it left out.
With `--list` each unknown whose reason holds the text is printed with its place and expression.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kmsiac.config import ScanOptions
from kmsiac.scan import take_inventory

Json = Any

_TEMPLATE = re.compile(r"\.(ya?ml|json|template|j2|txt)$")
_NAMES = (
    (re.compile(r"give --parameters \S+"), "give --parameters NAME"),
    (re.compile(r"has \d+ "), "has N "),
    (
        re.compile(r"there is no (parameter or resource|resource|mapping) \S+?(?=;|$)"),
        r"no \1 NAME",
    ),
    (re.compile(r"has (no|the) key .*"), r"has \1 key NAME"),
    (re.compile(r"(the code behind) \S+"), r"\1 TYPE"),
)


def policies(folder: Path) -> list[Json]:
    """The policies of the CloudFormation templates under a folder, as the inventory has them."""
    found = take_inventory(ScanOptions(paths=(folder,), working_directory=folder))
    return [
        p for p in found["policies"] if p["location"] and _TEMPLATE.search(p["location"]["path"])
    ]


def reason_of(unknown: Json) -> str:
    """The reason of an unknown without the names in it."""
    reason: str = unknown["reason"]
    for pattern, replacement in _NAMES:
        reason = pattern.sub(replacement, reason)
    return reason


def table(found: list[Json]) -> Iterator[tuple[str, int]]:
    """The rows of the table, with counts of documents."""
    unknown = [policy for policy in found if policy["unknown"]]
    symbols = [policy for policy in found if policy["symbols"] and not policy["unknown"]]
    yield "documents", len(found)
    yield "wholly literal", len(found) - len(unknown) - len(symbols)
    yield "with symbols only", len(symbols)
    yield "with an unknown part", len(unknown)
    reasons: Counter[str] = Counter()
    for policy in unknown:
        reasons.update({reason_of(one) for one in policy["unknown"]})
    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {reason}", count


def main(arguments: list[str]) -> None:
    """Print the table of the folders named, and the unknowns that `--list` asks for."""
    listed = ""
    if "--list" in arguments:
        at = arguments.index("--list")
        listed = arguments[at + 1]
        arguments = arguments[:at] + arguments[at + 2 :]
    found = [policy for name in arguments for policy in policies(Path(name).resolve())]
    for row, count in table(found):
        sys.stdout.write(f"{count:7,}  {100 * count / max(len(found), 1):5.1f} %  {row}\n")
    for policy in found if listed else []:
        for unknown in policy["unknown"]:
            if listed in unknown["reason"]:
                place = unknown["location"] or policy["location"]
                sys.stdout.write(f"{place['path']}:{place['line']}: {unknown['expression']}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
