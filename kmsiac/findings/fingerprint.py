"""The fingerprint of a finding: what stays equal while lines move and files are renamed."""

from __future__ import annotations

import hashlib
import re

_INDEX = re.compile(r"\[(?:[0-9]+|\"(?:[^\"\\]|\\.)*\")\]")


def without_indexes(address: str) -> str:
    """A Terraform address without `count` and `for_each` indexes."""
    return _INDEX.sub("", address)


def fingerprint(rule: str, address: str, statement: str, element: str) -> str:
    """A hash of rule, address without indexes, statement (Sid or ordinal) and anchor value.

    Never of a path, a line or prose. An anchor that was widened under an old Sid is new; what else
    the statement says a baseline compares by itself (`Sighting.content`).
    """
    parts = (rule, without_indexes(address), statement, element)
    packed = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(packed.encode("utf-8", "surrogatepass")).hexdigest()[:32]
