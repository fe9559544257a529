"""One line a finding, as compilers write it: for editors, `grep`, and a quick look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from kmsiac.findings.excerpt import one_line, without_commands
from kmsiac.findings.finding import Finding, ScanResult
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.terminal import Style
from kmsiac.reporters.wording import (
    NOTHING_TO_SCAN,
    cut_line,
    details,
    error_text,
    note_line,
    open_text,
    summary_line,
    suppression,
    told_settings,
    where,
    whose,
)


def write(result: ScanResult, stream: TextIO, options: ReportOptions) -> None:
    """Write a line for each finding, unread file, setting and note, and the summary.

    Suppressed findings and what could not be decided have lines where more was asked for.
    """
    lines = _lines(result, options, Style(options.color, options.links))
    stream.writelines(without_commands(line) + "\n" for line in lines)


def _lines(result: ScanResult, options: ReportOptions, style: Style) -> Iterator[str]:
    for finding in result.findings:
        if finding.suppressed is None or options.verbose:
            yield _finding(finding, style)
    if options.verbose:
        for entry in result.unresolved:
            place = f"{where(entry.location)}: " if entry.location else ""
            yield f"{place}cannot tell: {open_text(entry)}"
    for error in result.errors:
        place = f"{where(error.span)}: " if error.span else ""
        yield f"{place}{style.bad('error:')} {error_text(error)}"
    yield from (f"setting: {line}" for line in told_settings(result, verbose=options.verbose))
    yield from (f"note: {note_line(note)}" for note in result.notes)
    if result.cut:
        yield cut_line(result)
    if not result.summary.files and not result.errors:
        yield NOTHING_TO_SCAN
    yield style.strong(summary_line(result))


def _finding(finding: Finding, style: Style) -> str:
    rule = style.link(one_line(finding.rule), finding.url)
    head = style.severity(finding.severity, f"{finding.severity}[{rule}]")
    told = "; ".join(details(finding))
    by = f" (suppressed: {suppression(finding.suppressed)})" if finding.suppressed else ""
    return f"{where(finding.location)}: {head} {told} ({whose(finding)}){by}"
