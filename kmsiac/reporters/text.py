"""The report for people, like a good compiler's: what, where, why, how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from kmsiac.errors import KmsiacError
from kmsiac.findings.excerpt import one_line, without_commands
from kmsiac.findings.finding import Finding, ScanResult, Unresolved
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.code_frame import code_frame, gutter
from kmsiac.reporters.remedy import remedy_of
from kmsiac.reporters.terminal import Style
from kmsiac.reporters.wording import (
    NOTHING_TO_SCAN,
    SETTINGS_TITLE,
    cases,
    cut_line,
    error_text,
    note_line,
    open_text,
    summary_line,
    suppression,
    told_settings,
    unread_files,
    where,
)

_MAX_UNRESOLVED = 10
_MAX_ALSO = 5
_MAX_RULES = 5
_MIN_ABSENT = 3
_NOT_HERE = re.compile(
    r"module source (.*) is not in the scanned tree(?:: run `terraform init` before the scan)?",
    re.DOTALL,
)


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


def open_ends(entries: Sequence[Unresolved], verbose: bool, style: Style) -> Iterator[str]:
    """What could not be decided: the causes, all of them where more was asked for."""
    if not entries:
        return
    absent = [] if verbose else [entry for entry in entries if _NOT_HERE.fullmatch(entry.reason)]
    if len(absent) < _MIN_ABSENT:
        absent = []
    others = [entry for entry in entries if entry not in absent] if absent else entries
    whole = verbose or len(others) <= _MAX_UNRESOLVED
    lines = [_open(entry, verbose) for entry in others] if whole else _by_cause(others)
    shown = lines if whole else lines[:_MAX_UNRESOLVED]
    yield style.strong(f"could not decide ({len(entries)}):")
    for line in shown:
        yield f"  {line}"
    if len(shown) < len(lines):
        yield f"  ... and {len(lines) - len(shown)} more (-v shows all)"
    if absent:
        yield f"  {_modules(absent)}"
    if any(map(_waits_for_apply, entries)):
        yield "  what a plan does not know, its code may say: --source-dir DIR, the folder it was made of"
    yield ""


def _waits_for_apply(entry: Unresolved) -> bool:
    """Whether it is a policy, or a part of one, that a plan leaves open."""
    planned = entry.location is not None and entry.location.pointer.startswith("/resource_changes")
    return planned and "known after apply" in entry.reason


def _modules(absent: Sequence[Unresolved]) -> str:
    """The module calls whose sources are not there, on one line: the sources, each once."""
    sources = list(dict.fromkeys(_NOT_HERE.sub(r"\1", entry.reason) for entry in absent))
    names = ", ".join(one_line(source, 100) for source in sources[:_MAX_ALSO])
    more = f" and {len(sources) - _MAX_ALSO} more" if len(sources) > _MAX_ALSO else ""
    told = f"{len(absent)} module calls have sources that are not in the scanned tree"
    return f"{told}, run `terraform init` before the scan: {names}{more} (-v shows all)"


def not_read(errors: Sequence[KmsiacError], style: Style) -> Iterator[str]:
    """The files that could not be read, or not in full."""
    if not errors:
        return
    yield style.strong(f"not read, or not in full ({unread_files(errors)}):")
    for error in errors:
        place = f"{where(error.span)}: " if error.span else ""
        yield f"  {style.bad('error:')} {place}{error_text(error)}"
    yield ""


def _by_cause(entries: Sequence[Unresolved]) -> list[str]:
    """What keeps rules open first, then what was not read, the most frequent cause first.

    The same rules open at the same place (a module of several root modules) are one line.
    """
    places: dict[object, list[Unresolved]] = {}
    causes: dict[object, list[Unresolved]] = {}
    for entry in entries:
        if not entry.rules:
            causes.setdefault(entry.reason, []).append(entry)
        elif entry.location is None:
            places[id(entry)] = [entry]
        else:
            key = where(entry.location), entry.attribute, entry.rules
            places.setdefault(key, []).append(entry)
    gaps = sorted(causes.values(), key=len, reverse=True)
    return [_alike(same) for same in (*places.values(), *gaps)]


def _alike(entries: Sequence[Unresolved]) -> str:
    more = f" (and {len(entries) - 1} more like it)" if len(entries) > 1 else ""
    return _open(entries[0]) + more


def _open(entry: Unresolved, verbose: bool = False) -> str:
    place = f"{where(entry.location)}  " if entry.location else ""
    return f"{place}{open_text(entry, None if verbose else _MAX_RULES)}"
