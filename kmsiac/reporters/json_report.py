"""The `scan` JSON, version 1. Pure ASCII, so that no reader's terminal can be misled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TextIO

from kmsiac import __version__
from kmsiac.errors import KmsiacError, Span
from kmsiac.findings.finding import (
    SEVERITIES,
    Address,
    Finding,
    ScanResult,
    Suppression,
    Unresolved,
)
from kmsiac.reporters.base import ReportOptions

Shape = dict[str, object]


def write(result: ScanResult, stream: TextIO, options: ReportOptions) -> None:
    """Write the whole result; no option changes it."""
    del options
    stream.write(dumps(report(result)))


def dumps(shape: Mapping[str, object]) -> str:
    """The JSON text of a report, which no build server takes for one of its commands."""
    return without_commands(json.dumps(shape, indent=2, default=_plain)) + "\n"


def without_commands(text: str) -> str:
    """JSON text without what build servers look for anywhere in a line: `##[name]`, `##vso[...]`.

    A `#` stands in strings only, so that its escape means the same.
    """
    return text.replace("##[", "#\\u0023[").replace("##vso[", "#\\u0023vso[")


def report(result: ScanResult) -> Shape:
    """The result as plain data in the promised shape."""
    return {
        "schema_version": 1,
        "tool": {"name": "kmsiac", "version": __version__},
        "summary": _summary(result),
        "findings": [_finding(finding) for finding in result.findings],
        "unresolved": [unresolved_shape(entry) for entry in result.unresolved],
        "errors": [error_shape(error) for error in result.errors],
        "settings": [
            {"key": s.key, "value": s.value, "origin": s.origin, "location": place(s.location)}
            for s in result.settings
        ],
        "notes": [
            {"message": note.message, "location": place(note.location)} for note in result.notes
        ],
        "cut": result.cut,
    }


def place(span: Span | None) -> Shape | None:
    """A place in the promised shape; null for nowhere."""
    if span is None:
        return None
    shape: Shape = {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
    if span.pointer:
        shape["pointer"] = span.pointer
    return shape


def _summary(result: ScanResult) -> Shape:
    summary = result.summary
    return {
        "findings": {severity: result.count(severity) for severity in SEVERITIES},
        "suppressed": sum(result.suppressed_by().values()),
        "suppressed_by": result.suppressed_by(),
        "files": summary.files,
        "skipped": summary.skipped,
        "excluded": summary.excluded,
        "keys": summary.keys,
        "policies": summary.policies,
        "grants": summary.grants,
        "endpoints": summary.endpoints,
        "unresolved": len(result.unresolved),
        "errors": len(result.errors),
        "rules": summary.rules,
    }


def _finding(finding: Finding) -> Shape:
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "category": finding.category,
        "title": finding.title,
        "message": finding.message,
        "verdict": finding.verdict,
        "resource": finding.resource,
        "addresses": [_address(address) for address in finding.addresses],
        "location": place(finding.location),
        "related": [
            {"message": message, "location": place(span)} for message, span in finding.related
        ],
        "call_chain": [
            {"address": address, "location": place(span)} for address, span in finding.call_chain
        ],
        "when": [
            [{"condition": name, "value": value} for name, value in case] for case in finding.when
        ],
        "evidence": list(finding.evidence),
        "witness": finding.witness,
        "blame": [
            {"expression": b.expression, "reason": b.reason, "location": place(b.location)}
            for b in finding.blame
        ],
        "fingerprint": finding.fingerprint,
        "suppressed": _suppression(finding.suppressed),
        "url": finding.url,
    }


def _address(address: Address) -> Shape:
    return {
        "address": address.address,
        "unit": address.unit,
        "fingerprint": address.fingerprint,
        "suppressed": _suppression(address.suppressed),
    }


def _suppression(suppression: Suppression | None) -> Shape | None:
    if suppression is None:
        return None
    return {"by": suppression.by, "reason": suppression.reason, "until": suppression.until}


def unresolved_shape(entry: Unresolved) -> Shape:
    """An unresolved entry in the promised shape."""
    return {
        "resource": entry.resource,
        "addresses": list(entry.addresses),
        "attribute": entry.attribute,
        "reason": entry.reason,
        "rules": list(entry.rules),
        "location": place(entry.location),
    }


def error_shape(error: KmsiacError) -> Shape:
    """What could not be read, in the promised shape."""
    hint = f" ({error.hint})" if error.hint else ""
    return {"message": f"{error.message}{hint}", "location": place(error.span)}


def _plain(value: object) -> object:
    """A witness may be any mapping or sequence; everything else is a bug."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} in a report")
