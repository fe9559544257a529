"""From the result of a scan to the exit code."""

from __future__ import annotations

from kmsiac.cli.exit_codes import ExitCode
from kmsiac.findings.finding import SEVERITIES, ScanResult

NEVER = "never"
"""The `--fail-on` that switches off FINDINGS."""


def exit_code(result: ScanResult, fail_on: str, strict: bool) -> ExitCode:
    """The first that applies: findings at or above a severity, something unread, all clean.

    Suppressed findings do not count, those that a rule flags without being sure do. With
    `strict` anything unresolved is incomplete, but for what a format can never tell.
    """
    if fail_on != NEVER:
        counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        if any(result.count(severity) for severity in counted):
            return ExitCode.FINDINGS
    if result.errors or result.summary.files == 0:
        return ExitCode.INCOMPLETE
    if strict and any(not entry.never for entry in result.unresolved):
        return ExitCode.INCOMPLETE
    return ExitCode.OK
