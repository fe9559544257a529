"""JUnit XML, for test reports of any build server: a failed test for each finding.

A rule that found nothing is a test that passed; one that could not be decided somewhere is skipped,
and so is a suppressed finding. What could not be read is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from kmsiac.errors import KmsiacError
from kmsiac.findings.excerpt import one_line, without_commands
from kmsiac.findings.finding import ActiveRule, Finding, ScanResult
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.code_frame import code_frame
from kmsiac.reporters.remedy import remedy_of
from kmsiac.reporters.terminal import Style
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
    suppression,
    where,
)

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = re.compile(r"""[&<>"'\r\n\t]|#(?=#(?:\[|vso\[))""")


class _Case(NamedTuple):
    """A test: whose, what, how it ended (empty: passed), and why."""

    group: str
    name: str
    outcome: str = ""
    kind: str = ""
    message: str = ""
    body: tuple[str, ...] = ()
    path: str = ""
    line: int = 0


def write(result: ScanResult, stream: TextIO, options: ReportOptions) -> None:
    """Write one test suite; no option changes it."""
    del options
    cases = [
        *(_finding(finding, result) for finding in result.findings),
        *_quiet_rules(result),
        *map(_error, result.errors),
    ]
    if not result.summary.files and not result.errors:
        cases.append(_Case("kmsiac", "input", "error", "unread", NOTHING_TO_SCAN))
    outcomes = [case.outcome for case in cases]
    counts = (
        f'tests="{len(cases)}" failures="{outcomes.count("failure")}" '
        f'errors="{outcomes.count("error")}" skipped="{outcomes.count("skipped")}"'
    )
    stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="kmsiac" {counts}>\n')
    stream.write(f'<testsuite name="kmsiac" {counts} time="0">\n')
    stream.writelines(line + "\n" for line in _properties(result))
    stream.writelines(line + "\n" for case in cases for line in _case(case))
    stream.write(f"<system-out>{_text(_told(result))}</system-out>\n")
    stream.write("</testsuite>\n</testsuites>\n")


def _finding(finding: Finding, result: ScanResult) -> _Case:
    place = finding.location
    name = f"{where(place)} {one_line(finding.resource)}: {one_line(finding.title)}"
    told = details(finding)
    case = _Case(
        finding.rule, name, "failure", finding.severity, told[0], (), place.path, place.line
    )
    if finding.suppressed is not None:
        because = f"suppressed: {suppression(finding.suppressed)}"
        return case._replace(outcome="skipped", kind="", message=because)
    frame = list(code_frame(finding.excerpt, place, Style())) if finding.excerpt else []
    also = [f"also: {one_line(other)}" for other in finding.others]
    notes = [f"note: {one_line(message)} at {where(span)}" for message, span in finding.related]
    calls = [f"called from {where(span) + ' ' if span else ''}{one_line(address)}"
             for address, span in finding.call_chain]  # fmt: skip
    remedy = remedy_of(finding, result)
    fix = [f"fix: {remedy}"] if remedy else []
    see = [f"see: {one_line(finding.url)}"] if finding.url else []
    return case._replace(body=(f"{where(place)}", *frame, *told, *also, *notes, *calls, *fix, *see))


def _quiet_rules(result: ScanResult) -> Iterator[_Case]:
    """The rules that found nothing."""
    loud = {finding.rule for finding in result.findings} | {one.rule for one in result.left_out}
    undecided: dict[str, int] = {}
    for entry in result.unresolved:
        for rule in entry.rules:
            undecided[rule] = undecided.get(rule, 0) + 1
    yield from (
        _quiet(rule, undecided.get(rule.id, 0)) for rule in result.rules if rule.id not in loud
    )


def _quiet(rule: ActiveRule, undecided: int) -> _Case:
    case = _Case(rule.id, one_line(rule.title))
    if not undecided:
        return case
    told = f"could not be decided in {many(undecided, 'place')}: system-out names them"
    return case._replace(outcome="skipped", message=told)


def _error(error: KmsiacError) -> _Case:
    path, line = (error.span.path, error.span.line) if error.span else ("", 0)
    name = where(error.span) if error.span else "input"
    return _Case("kmsiac", name, "error", "unread", error_text(error), (), path, line)


def _told(result: ScanResult) -> tuple[str, ...]:
    """What is no test: what stayed open, notes, what is left out, and the summary."""
    opened = [
        f"could not be decided: {where(e.location) + ': ' if e.location else ''}{open_text(e)}"
        for e in result.unresolved
    ]
    settings = [f"setting that can hide findings: {setting_line(one)}" for one in result.settings]
    notes = [f"note: {note_line(one)}" for one in result.notes]
    cut = [cut_line(result)] if result.cut else []
    return (*opened, *settings, *notes, *cut, summary_line(result))


# -- XML -----------------------------------------------------------------------------------------


def _properties(result: ScanResult) -> Iterator[str]:
    pairs = [(f"suppressed.{by}", str(count)) for by, count in result.suppressed_by().items()]
    pairs += [("setting", setting_line(setting)) for setting in result.settings]
    if pairs:
        yield "<properties>"
        yield from (f'<property name="{_xml(n)}" value="{_xml(v)}"/>' for n, v in pairs)
        yield "</properties>"


def _case(case: _Case) -> Iterator[str]:
    place = f' file="{_xml(case.path)}"' if case.path else ""
    place += f' line="{case.line}"' if case.line else ""
    opened = f'<testcase classname="{_xml(case.group)}" name="{_xml(case.name)}"{place} time="0"'
    if not case.outcome:
        yield f"{opened}/>"
        return
    kind = f' type="{_xml(case.kind)}"' if case.kind else ""
    told = f'<{case.outcome}{kind} message="{_xml(case.message)}"'
    body = f">{_text(case.body)}</{case.outcome}>" if case.body else "/>"
    yield f"{opened}>{told}{body}</testcase>"


def _text(lines: tuple[str, ...]) -> str:
    """Text of several lines; blanks stay, as code needs them."""
    return "\n".join(_xml(without_commands(line)) for line in lines)


def _xml(text: str) -> str:
    """Text for an attribute or an element: no markup, and no character that XML 1.0 forbids."""
    return _MARKUP.sub(lambda m: f"&#{ord(m[0])};", _FORBIDDEN.sub("\ufffd", text))
