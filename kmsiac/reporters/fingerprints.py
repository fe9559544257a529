"""Fingerprints for formats in which no two entries may have the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from kmsiac.findings.finding import Finding


def unique_fingerprints(findings: Iterable[Finding]) -> Iterator[str]:
    """One for each finding, in their order: its own, where no finding before it has that.

    Two root modules that are copies of each other give equal ones. All but the first are hashed
    again with their path, so that they do not hang on what else is found.
    """
    seen: set[str] = set()
    for finding in findings:
        mark, again = finding.fingerprint, 0
        while mark in seen:
            mark = _hash(f"{finding.fingerprint}\n{finding.location.path}\n{again or ''}")
            again += 1
        seen.add(mark)
        yield mark


def made_fingerprint(*parts: str) -> str:
    """The fingerprint of an entry that is no finding."""
    return _hash("\n".join(parts))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
