"""The report for people, like a good compiler's: what, where, why, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from kmsiac.errors import KmsiacError
from kmsiac.findings.excerpt import one_line, without_commands
from kmsiac.findings.finding import Finding, ScanResult
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.code_frame import code_frame, gutter
from kmsiac.reporters.remedy import remedy_of
from kmsiac.reporters.terminal import Style
from kmsiac.reporters.unresolved import open_ends
from kmsiac.reporters.wording import (
    NOTHING_TO_SCAN,
    SETTINGS_TITLE,
    cases,
    cut_line,
    error_text,
    note_line,
    summary_line,
    suppression,
    told_settings,
    unread_files,
    where,
)

_MAX_ALSO = 5


def write(result: ScanResult, stream: TextIO, options: ReportOptions) -> None:
    """Write findings, what could not be decided, what could not be read, and the summary."""
    stream.writelines(without_commands(line) + "\n" for line in _Report(result, options).lines())


class _Report:
    def __init__(self, result: ScanResult, options: ReportOptions) -> None:
        self._result = result
        self._options = options
        self._style = Style(options.color, options.links)
        self._mended: set[tuple[str, str]] = set()

    def lines(self) -> Iterator[str]:
        for finding in self._result.findings:
            if finding.suppressed is None or self._options.verbose:
                yield from self._finding(finding)
                yield ""
        if not self._options.quiet:
            yield from open_ends(self._result.unresolved, self._options.verbose, self._style)
        yield from not_read(self._result.errors, self._style)
        yield from self._listed(
            SETTINGS_TITLE, told_settings(self._result, verbose=self._options.verbose)
        )
        yield from self._listed("notes:", map(note_line, self._result.notes))
        if self._result.cut:
            yield cut_line(self._result)
        if not self._result.summary.files and not self._result.errors:
            yield NOTHING_TO_SCAN
        yield self._style.strong(summary_line(self._result))

    def _finding(self, finding: Finding) -> Iterator[str]:
        style = self._style
        span = finding.location
        rule = style.link(one_line(finding.rule), finding.url)
        head = style.severity(finding.severity, f"{finding.severity}[{rule}]")
        yield f"{head} {style.strong(one_line(finding.title))}"
        margin = " " * gutter(span)
        arrow = style.faint(f"{margin}-->")
        yield f"{arrow} {where(span)}  {one_line(finding.resource)}"
        if finding.excerpt is not None:
            yield from code_frame(finding.excerpt, span, style)
        note = f"{margin} {style.faint('=')} "
        for line in self._notes(finding):
            yield note + line

    def _notes(self, finding: Finding) -> Iterator[str]:
        yield one_line(finding.message)
        if finding.suppressed is not None:
            yield f"suppressed: {suppression(finding.suppressed)}"
        for blamed in finding.blame if finding.verdict != "yes" else ():
            place = f" ({where(blamed.location)})" if blamed.location else ""
            yield f"cannot tell: {one_line(blamed.expression)}: {one_line(blamed.reason)}{place}"
        if finding.when:
            yield f"when: {cases(finding.when)}"
        others = finding.others
        shown = others if self._options.verbose else others[:_MAX_ALSO]
        for address in shown:
            yield f"also: {one_line(address)}"
        if len(shown) < len(others):
            yield f"also: {len(others) - len(shown)} more (-v shows all)"
        for message, span in finding.related:
            yield f"note: {one_line(message)} at {where(span)}"
        for address, call in finding.call_chain:
            place = f"{where(call)} " if call else ""
            yield f"called from {place}{one_line(address)}"
        if self._options.verbose:
            yield from (f"because: {one_line(line)}" for line in finding.evidence)
        yield from self._remedy(finding)

    def _remedy(self, finding: Finding) -> Iterator[str]:
        """How to mend it, once where it is the same; more about it where more was asked for."""
        if self._options.quiet:
            return
        fix = remedy_of(finding, self._result)
        if (finding.rule, fix) in self._mended:
            return
        self._mended.add((finding.rule, fix))
        if fix:
            yield f"fix: {fix}"
        if finding.url and self._options.verbose:
            yield f"see: {one_line(finding.url)}"

    def _listed(self, title: str, lines: Iterable[str]) -> Iterator[str]:
        told = [f"  {line}" for line in lines]
        if told:
            yield from (self._style.strong(title), *told, "")


def not_read(errors: Sequence[KmsiacError], style: Style) -> Iterator[str]:
    """The files that could not be read, or not in full."""
    if not errors:
        return
    yield style.strong(f"not read, or not in full ({unread_files(errors)}):")
    for error in errors:
        place = f"{where(error.span)}: " if error.span else ""
        yield f"  {style.bad('error:')} {place}{error_text(error)}"
    yield ""
