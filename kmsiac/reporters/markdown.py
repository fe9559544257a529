"""Markdown for GitHub's job summary: counts, a table of findings, each finding, and what is open.

A step whose summary is over 1 MiB loses all of it. So each section has a share, and what does not
fit is left out from its end, with a line that says how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TextIO

from kmsiac.findings.excerpt import without_commands
from kmsiac.findings.finding import SEVERITIES, Finding, ScanResult, worst_first
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.code_frame import code_frame
from kmsiac.reporters.markdown_text import cell, code, fenced, html_code, link, prose
from kmsiac.reporters.remedy import remedy_of
from kmsiac.reporters.terminal import Style
from kmsiac.reporters.wording import (
    NOTHING_TO_SCAN,
    cut_line,
    details,
    error_text,
    found,
    looked_at,
    many,
    note_line,
    open_text,
    setting_line,
    suppression,
    where,
)

MAX_BYTES = 1_000_000
"""The most that this report takes: GitHub's limit, less what the same step may write besides."""

_MAX_ALSO = 20
_MAX_RELATED = 20


class _Section(NamedTuple):
    """A heading, the lines before its items, its items (of whole lines), and the bytes it may take."""

    title: str
    head: list[str]
    items: Iterable[str]
    total: int
    share: int


def write(result: ScanResult, stream: TextIO, options: ReportOptions) -> None:
    """Write the summary; no option changes it."""
    del options
    left = MAX_BYTES
    for section in _sections(result):
        text = "".join(f"{line}\n" for line in _fitted(section, min(section.share, left)))
        # Last, so that it sees lines as they are printed.
        text = "\n".join(without_commands(line) for line in text.split("\n"))
        left -= len(text.encode("utf-8", "surrogatepass"))
        stream.write(text)


def _fitted(section: _Section, most: int) -> Iterator[str]:
    """The lines of a section that fit; nothing for one without items or words before them."""
    if not section.head and not section.total:
        return
    told = [f"## {section.title}", "", *section.head]
    yield from told
    # A backslash before a workflow command may be added to any line: room for that, too.
    room = most - sum(_size(line) for line in told) - 200
    for at, item in enumerate(section.items):
        room -= _size(item)
        if room < 0:
            left = section.total - at
            yield from (
                "",
                f"_{left} more are left out here for size: other formats have them all._",
            )
            break
        yield item
    yield ""


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass")) + 1 + 2 * text.count("##") + text.count("::")


def _sections(result: ScanResult) -> Iterator[_Section]:
    """The sections in their order; the shares of all but the last leave room for it."""
    active = [one for one in worst_first(result.findings) if one.suppressed is None]
    hidden = [one for one in result.findings if one.suppressed is not None]
    yield _Section(f"kmsiac: {found(result)}", list(_counts(result)), (), 0, 20_000)
    yield _list("Not read, or not in full", [_unread(e) for e in _errors(result)], 60_000)
    yield _list("Settings that can hide findings", map(setting_line, result.settings), 60_000)
    yield _list("Notes", map(note_line, result.notes), 60_000)
    head = ["| Severity | Rule | Finding | Resource | Place |", "| --- | --- | --- | --- | --- |"]
    rows = (_row(finding) for finding in active)
    yield _Section("Findings", head if active else [], rows, len(active), 250_000)
    yield _list("Could not be decided", _open(result), 100_000)
    suppressed_rows = (_suppressed(finding) for finding in hidden)
    yield _Section("Suppressed", [], suppressed_rows, len(hidden), 100_000)
    each = ("\n".join(_details(finding, result)) for finding in active)
    yield _Section("Details", [], each, len(active), MAX_BYTES)


def _list(title: str, lines: Iterable[str], share: int) -> _Section:
    items = [f"* {code(line, 1000)}" for line in lines]
    return _Section(title, [], items, len(items), share)


def _counts(result: ScanResult) -> Iterator[str]:
    looked = looked_at(result)
    yield from (prose(looked[:1].upper() + looked[1:]), "")
    if result.cut:
        yield from (prose(cut_line(result)), "")
    yield from (f"| {' | '.join(SEVERITIES)} |", f"|{' ---: |' * len(SEVERITIES)}")
    yield f"| {' | '.join(str(result.count(severity)) for severity in SEVERITIES)} |"


def _errors(result: ScanResult) -> list[tuple[str, str]]:
    if not result.errors and not result.summary.files:
        return [("", NOTHING_TO_SCAN)]
    return [(where(e.span) if e.span else "", error_text(e)) for e in result.errors]


def _unread(error: tuple[str, str]) -> str:
    return ": ".join(part for part in error if part)


def _open(result: ScanResult) -> Iterator[str]:
    for entry in result.unresolved:
        place = f"{where(entry.location)}: " if entry.location else ""
        yield f"{place}{open_text(entry)}"


def _row(finding: Finding) -> str:
    more = len(finding.addresses) - 1
    resource = code(finding.resource) + (f" and {more} more" if more > 0 else "")
    cells = (
        finding.severity, link(prose(finding.rule), finding.url), prose(finding.title), resource,
        code(where(finding.location)),
    )  # fmt: skip
    return f"| {' | '.join(map(cell, cells))} |"


def _suppressed(finding: Finding) -> str:
    by = suppression(finding.suppressed) if finding.suppressed else ""
    place = code(f"{where(finding.location)} {finding.resource}")
    return f"* {finding.severity} {prose(finding.rule)} {place}: {code(by)}"


def _details(finding: Finding, result: ScanResult) -> Iterator[str]:
    """A finding folded up: who, what, why, how to mend it."""
    heading = f"<strong>{finding.severity}</strong> {html_code(finding.rule)}"
    at = f"{html_code(finding.resource)} at {html_code(where(finding.location))}"
    yield from ("<details>", f"<summary>{heading} {at}</summary>", "")
    yield from (prose(finding.title), "")
    if finding.excerpt is not None:
        frame = list(code_frame(finding.excerpt, finding.location, Style()))
        yield from (*fenced(frame), "")
    yield from (f"* {code(line, 1000)}" for line in details(finding))
    others = finding.others
    yield from (f"* also {code(address)}" for address in others[:_MAX_ALSO])
    if len(others) > _MAX_ALSO:
        yield f"* and {many(len(others) - _MAX_ALSO, 'more resource')}"
    for message, span in finding.related[:_MAX_RELATED]:
        yield f"* note: {code(message)} at {code(where(span))}"
    for address, call in finding.call_chain:
        place = f"{code(where(call))} " if call else ""
        yield f"* called from {place}{code(address)}"
    yield from _remedy(finding, result)
    yield from ("", "</details>", "")


def _remedy(finding: Finding, result: ScanResult) -> Iterator[str]:
    fix = remedy_of(finding, result)
    if fix:
        yield f"* fix: {prose(fix)}"
    if finding.url:
        yield f"* {link('read more', finding.url)}"
