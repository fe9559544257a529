"""GitLab's code quality report: a list of issues, each with a fingerprint of its own.

The format knows findings and nothing else, so what every report must say (unread files, what stayed
open, what hides findings) is an entry, too, at the place that it is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from kmsiac.errors import Span
from kmsiac.findings.finding import ScanResult, worst_first
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.by_line import dumps_by_line
from kmsiac.reporters.fingerprints import made_fingerprint, unique_fingerprints
from kmsiac.reporters.sarif_places import report_path
from kmsiac.reporters.wording import (
    NOTHING_TO_SCAN,
    cut_line,
    details,
    error_text,
    note_line,
    open_text,
    setting_line,
    suppressed,
)

Shape = dict[str, object]

SEVERITIES = {
    "critical": "blocker", "high": "critical", "medium": "major", "low": "minor", "info": "info",
}  # fmt: skip
"""GitLab's severities of ours."""


def write(result: ScanResult, stream: TextIO, options: ReportOptions) -> None:
    """Write a list of entries; suppressed findings have none, but are counted."""
    del options
    entries = [*_findings(result), *_unread(result), *_settings(result), *_told(result)]
    used: set[object] = set()
    for entry in entries:
        again = 0
        while entry["fingerprint"] in used:
            again += 1
            entry["fingerprint"] = made_fingerprint(str(entry["fingerprint"]), str(again))
        used.add(entry["fingerprint"])
    stream.write(dumps_by_line(list(entries)) if entries else "[]\n")


def _findings(result: ScanResult) -> Iterator[Shape]:
    findings = [one for one in worst_first(result.findings) if one.suppressed is None]
    for finding, mark in zip(findings, unique_fingerprints(findings), strict=True):
        told = "; ".join(details(finding))
        severity = SEVERITIES[finding.severity]
        yield _entry(finding.rule, f"{finding.title}: {told}", severity, finding.location, mark)


def _unread(result: ScanResult) -> Iterator[Shape]:
    for error in result.errors:
        path = error.span.path if error.span else ""
        mark = made_fingerprint("unread", path, error.message)
        told = f"not read, or not in full: {error_text(error)}"
        yield _entry("kmsiac-unread", told, "blocker", error.span, mark)
    if not result.summary.files and not result.errors:
        mark = made_fingerprint("unread")
        yield _entry("kmsiac-unread", NOTHING_TO_SCAN, "blocker", None, mark)


def _settings(result: ScanResult) -> Iterator[Shape]:
    """One entry for each, so that the widget of a merge request shows the ones that are new."""
    for setting in result.settings:
        mark = made_fingerprint("settings", setting.key, setting.value)
        told = f"can hide findings: {setting_line(setting)}"
        yield _entry("kmsiac-settings", told, "info", setting.location, mark)


def _told(result: ScanResult) -> Iterator[Shape]:
    """What else is no finding: one entry for each kind, at the first of its places."""
    hidden = [finding for finding in result.findings if finding.suppressed is not None]
    kinds: list[tuple[str, Sequence[str], Span | None]] = [
        ("unresolved", [open_text(one) for one in result.unresolved],
         next((one.location for one in result.unresolved if one.location), None)),
        ("suppressed", [suppressed(result)] if result.suppressed_by() else [],
         hidden[0].location if hidden else None),
        ("notes", [note_line(one) for one in result.notes],
         next((one.location for one in result.notes if one.location), None)),
        ("cut", [cut_line(result)] if result.cut else [],
         result.left_out[0].location if result.left_out else None),
    ]  # fmt: skip
    for kind, lines, place in kinds:
        if lines:
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            title = "could not be decided: " if kind == "unresolved" else ""
            mark = made_fingerprint(kind)
            yield _entry(f"kmsiac-{kind}", f"{title}{lines[0]}{more}", "info", place, mark)


def _entry(check: str, told: str, severity: str, place: Span | None, fingerprint: str) -> Shape:
    path = report_path(place.path) if place is not None and place.path else "."
    return {
        "check_name": check,
        "description": told,
        "severity": severity,
        "fingerprint": fingerprint,
        "location": {"path": path, "lines": {"begin": max(1, place.line if place else 1)}},
    }
