"""Which exit code a result gives: the first that applies."""

from __future__ import annotations

import pytest

from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.outcome import exit_code
from kmsiac.errors import SourceError, Span, whole_file
from kmsiac.findings.finding import Finding, ScanResult, Summary, Suppression, Unresolved

PLACE = Span("main.tf", 3, 5, 3, 8)


def finding(severity: str, verdict: str = "yes", suppressed: bool = False) -> Finding:
    return Finding(
        rule="KP-20", name="n", severity=severity, category="key-policies", title="t", message="m",
        verdict=verdict, resource="aws_kms_key.k", location=PLACE, fingerprint="f", url="",
        suppressed=Suppression("inline", "because") if suppressed else None,
    )  # fmt: skip


def result(
    *findings: Finding, unread: bool = False, open_: bool = False, never: bool = False,
    files: int = 2,
) -> ScanResult:  # fmt: skip
    unresolved = [Unresolved("aws_kms_key.k", "policy", "r", ("KP-20",), PLACE)] if open_ else []
    if never:
        unresolved.append(Unresolved("", "", "r", ("KP-17",), None, never=True))
    errors = [SourceError("cannot be read", whole_file("b.tf"))] if unread else []
    return ScanResult(list(findings), unresolved, list(errors), [], Summary(files=files))


@pytest.mark.parametrize(
    ("scanned", "fail_on", "strict", "code"),
    [
        (result(), "medium", False, 0),
        (result(finding("medium")), "medium", False, 1),
        (result(finding("critical")), "medium", False, 1),
        (result(finding("low")), "medium", False, 0),
        (result(finding("low")), "low", False, 1),
        (result(finding("info")), "info", False, 1),
        (result(finding("high")), "critical", False, 0),
        (result(finding("critical")), "never", False, 0),
        (result(finding("critical", suppressed=True)), "medium", False, 0),
        (result(finding("high", verdict="cannot-tell")), "medium", False, 1),
        (result(finding("medium"), unread=True), "medium", False, 1),
        (result(finding("low"), unread=True), "medium", False, 3),
        (result(finding("critical"), unread=True), "never", False, 3),
        (result(unread=True), "medium", False, 3),
        (result(files=0), "medium", False, 3),
        (result(files=0), "never", False, 3),
        (result(open_=True), "medium", False, 0),
        (result(open_=True), "medium", True, 3),
        (result(never=True), "medium", True, 0),
        (result(finding("medium"), open_=True), "medium", True, 1),
        (result(), "medium", True, 0),
    ],
)
def test_first_code_that_applies(
    scanned: ScanResult, fail_on: str, strict: bool, code: int
) -> None:
    assert exit_code(scanned, fail_on, strict) == ExitCode(code)
