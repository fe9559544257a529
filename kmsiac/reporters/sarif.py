"""SARIF 2.1.0 as GitHub code scanning takes it; docs/reports.md says what it promises.

One run. The driver names every rule that ran; what is no finding (unread files, what could not be
decided, settings, notes) is a notification of the invocation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from kmsiac import __version__
from kmsiac.errors import Span
from kmsiac.findings.excerpt import one_line
from kmsiac.findings.finding import Finding, ScanResult, Suppression, worst_first
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.by_line import dumps_by_line
from kmsiac.reporters.fingerprints import unique_fingerprints
from kmsiac.reporters.sarif_places import ROOT_ID, location, physical, text
from kmsiac.reporters.sarif_rules import LEVELS, active_rules, descriptor
from kmsiac.reporters.wording import (
    NOTHING_TO_SCAN,
    cut_line,
    details,
    error_text,
    many,
    note_line,
    open_text,
    setting_line,
    summary_line,
    suppressed,
)

Shape = dict[str, object]

MAX_RESULTS = 25_000
"""GitHub refuses a run with more results."""

SHOWN_RESULTS = 5_000
"""GitHub shows the worst of a run, so many of them."""

_MAX_RELATED = 100
_MAX_STEPS = 1_000
_MAX_NOTIFICATIONS = 1_000
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NOTIFICATIONS = {
    "summary": "What was looked at and found.",
    "unread": "A file could not be read, or not in full: what it holds was not checked.",
    "unresolved": "Something could not be decided.",
    "suppressed": "How many findings are suppressed, and by what.",
    "setting": "A setting that can hide findings.",
    "note": "Something to know about the scan.",
    "left-out": "Findings are not in this file, or will not be shown.",
}


def write(result: ScanResult, stream: TextIO, options: ReportOptions) -> None:
    """Write one log with one run."""
    log: Shape = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(result, options.category)]}
    stream.write(dumps_by_line(log))


def _run(result: ScanResult, category: str) -> Shape:
    rules = active_rules(result)
    index = {rule.id: at for at, rule in enumerate(rules)}
    findings = worst_first(result.findings)[:MAX_RESULTS]
    shared = Counter(_line_of(finding) for finding in findings)
    run: Shape = {
        "tool": {
            "driver": {
                "name": "kmsiac",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [descriptor(rule, result) for rule in rules],
                "notifications": [
                    {"id": id, "shortDescription": {"text": told}}
                    for id, told in _NOTIFICATIONS.items()
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT_ID: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(result)],
        "results": [
            _result(finding, index[finding.rule], mark, shared[_line_of(finding)] > 1)
            for finding, mark in zip(findings, unique_fingerprints(findings), strict=True)
        ],
    }
    if category:
        # Up to its last slash the id is the category, what follows would name one upload.
        run["automationDetails"] = {"id": f"{one_line(category).rstrip('/')}/"}
    return run


def _result(finding: Finding, rule_index: int, fingerprint: str, line_is_shared: bool) -> Shape:
    place: Shape = {"physicalLocation": physical(finding.location)}
    resource = one_line(finding.resource)
    if resource:
        place["logicalLocations"] = [{"fullyQualifiedName": resource, "kind": "resource"}]
    shape: Shape = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": LEVELS[finding.severity],
        "message": text("; ".join(details(finding))),
        "locations": [place],
        "partialFingerprints": _fingerprints(finding, fingerprint, line_is_shared),
        "properties": _properties(finding),
    }
    related = [location(span, one_line(m), at) for at, (m, span) in enumerate(finding.related, 1)]
    if related:
        shape["relatedLocations"] = related[:_MAX_RELATED]
    steps = list(_steps(finding))
    if len(steps) > 1:
        shape["codeFlows"] = [{"threadFlows": [{"locations": steps[-_MAX_STEPS:]}]}]
    if finding.suppressed is not None:
        shape["suppressions"] = [_suppression(finding.suppressed)]
    return shape


def _fingerprints(finding: Finding, fingerprint: str, line_is_shared: bool) -> Shape:
    """Ours, and GitHub's where it could not make one that tells this result from others.

    GitHub's uploader hashes the text of the line, and warns of a hash that is not its own: so it
    gets one from us only where lines do not tell results apart (a plan or a template on one line).
    """
    marks: Shape = {"kmsiac/v1": fingerprint}
    if line_is_shared or finding.location.pointer or finding.location.line < 1:
        marks["primaryLocationLineHash"] = f"{fingerprint}:1"
    return marks


def _line_of(finding: Finding) -> tuple[str, str, int]:
    return finding.rule, finding.location.path, finding.location.line


def _properties(finding: Finding) -> Shape:
    shape: Shape = {"severity": finding.severity, "verdict": finding.verdict}
    if len(finding.addresses) > 1:
        shape["addresses"] = [one_line(address.address) for address in finding.addresses]
    if finding.location.pointer:
        shape["pointer"] = finding.location.pointer
    return shape


def _steps(finding: Finding) -> Iterator[Shape]:
    """The calls of modules or nested stacks, from the outermost one, down to the place itself."""
    for address, span in finding.call_chain:
        if span is not None:
            yield {"location": location(span, f"calls {one_line(address)}")}
    yield {"location": location(finding.location, one_line(finding.title))}


def _suppression(by: Suppression) -> Shape:
    shape: Shape = {
        "kind": "inSource" if by.by == "inline" else "external",
        "status": "accepted",
        "properties": {"by": by.by, "until": by.until},
    }
    if by.reason:
        shape["justification"] = one_line(by.reason)
    return shape


def _invocation(result: ScanResult) -> Shape:
    unread = bool(result.errors) or not result.summary.files
    return {
        "executionSuccessful": not unread,
        "toolExecutionNotifications": list(_notifications(result)),
    }


def _notifications(result: ScanResult) -> Iterator[Shape]:
    for error in result.errors:
        yield _notification("unread", "error", error_text(error), error.span)
    if not result.summary.files and not result.errors:
        yield _notification("unread", "error", NOTHING_TO_SCAN)
    for told in _cuts(result):
        yield _notification("left-out", "warning", told)
    if result.suppressed_by():
        yield _notification("suppressed", "note", suppressed(result))
    for setting in result.settings:
        yield _notification("setting", "warning", setting_line(setting), setting.location)
    for note in result.notes:
        yield _notification("note", "note", note_line(note), note.location)
    # What a format can never tell is no news; anything else may hide a finding.
    for entry in result.unresolved[:_MAX_NOTIFICATIONS]:
        level = "note" if entry.never else "warning"
        yield _notification("unresolved", level, open_text(entry), entry.location)
    more = len(result.unresolved) - _MAX_NOTIFICATIONS
    if more > 0:
        told = f"{many(more, 'more entry', 'more entries')} could not be decided"
        yield _notification("unresolved", "warning", told)
    yield _notification("summary", "note", summary_line(result))


def _cuts(result: ScanResult) -> Iterable[str]:
    listed = len(result.findings)
    if result.cut:
        yield cut_line(result)
    if listed > MAX_RESULTS:
        yield f"{listed - MAX_RESULTS} findings are not in this file: GitHub takes {MAX_RESULTS} a run"
    if listed > SHOWN_RESULTS:
        yield f"GitHub shows the worst {SHOWN_RESULTS} of {listed} findings"


def _notification(id: str, level: str, told: str, span: Span | None = None) -> Shape:
    descriptor: Mapping[str, object] = {"id": id, "index": list(_NOTIFICATIONS).index(id)}
    shape: Shape = {"descriptor": descriptor, "level": level, "message": text(told)}
    if span is not None and span.path:
        shape["locations"] = [location(span)]
    return shape
