"""Annotations of GitHub Actions: workflow commands on standard output, and a short log.

GitHub shows ten errors, ten warnings and ten notices a step and drops the rest without a word, so
the worst come first and the last one says how many are not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TextIO

from kmsiac.errors import KmsiacError, Span
from kmsiac.findings.excerpt import escaped, one_line, without_commands
from kmsiac.findings.finding import Finding, ScanResult, worst_first
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.remedy import remedy_of
from kmsiac.reporters.wording import (
    NOTHING_TO_SCAN,
    SETTINGS_TITLE,
    causes,
    cut_line,
    details,
    error_text,
    many,
    note_line,
    open_text,
    setting_line,
    summary_line,
    suppressed,
    where,
    whose,
)

LIMIT = 10
"""Annotations of one kind that GitHub shows for a step."""

COMMANDS = {
    "critical": "error", "high": "error", "medium": "warning", "low": "notice", "info": "notice",
}  # fmt: skip
"""The workflow command for each severity."""
_MAX_UNREAD = 3
_MAX_TITLE = 200
_MAX_CAUSES = 5
_MAX_LOG = 50


class _Annotation(NamedTuple):
    """One annotation; `place` is where in the repository, if that can be said."""

    title: str
    message: str
    place: Span | None = None


def write(result: ScanResult, stream: TextIO, options: ReportOptions) -> None:
    """Write the annotations, then what every report says, as plain lines of the log."""
    del options
    for command, found in _annotations(result).items():
        stream.writelines(_command(command, one) + "\n" for one in found)
    stream.writelines(without_commands(line) + "\n" for line in _log(result))


def _annotations(result: ScanResult) -> dict[str, list[_Annotation]]:
    unread = [_unread(error) for error in result.errors]
    more = len(unread) - _MAX_UNREAD
    if more > 0:
        told = f"{many(more, 'more problem')} of files that could not be read: the log names them"
        unread = [*unread[:_MAX_UNREAD], _Annotation("Not read", told)]
    if not result.summary.files and not result.errors:
        unread = [_Annotation("Not read", NOTHING_TO_SCAN)]
    return {
        "error": [*unread, *_of(result, "error", LIMIT - len(unread))],
        "warning": _with_first(_unresolved(result), _of(result, "warning", LIMIT - 1)),
        "notice": _with_first(_hidden(result), _of(result, "notice", LIMIT - 1)),
    }


def _with_first(first: _Annotation | None, others: list[_Annotation]) -> list[_Annotation]:
    return [first, *others] if first is not None else others


def _of(result: ScanResult, command: str, most: int) -> list[_Annotation]:
    """The findings that one command annotates, the last place taken by how many are left."""
    findings = [
        finding
        for finding in worst_first(result.findings)
        if finding.suppressed is None and COMMANDS[finding.severity] == command
    ]
    if len(findings) <= most:
        return [_annotation(finding, result) for finding in findings]
    shown = [_annotation(finding, result) for finding in findings[: most - 1]]
    left = many(len(findings) - len(shown), "more finding")
    told = f"{left} of this kind: GitHub shows {LIMIT} a step, other reports have them all"
    return [*shown, _Annotation("Not all are shown", told)]


def _annotation(finding: Finding, result: ScanResult) -> _Annotation:
    lines = details(finding)
    if len(finding.addresses) > 1 or finding.resource not in finding.message:
        lines[0] = f"{whose(finding)}: {lines[0]}"
    # The line of a pull request that is to blame may be the call, not the module.
    lines += causes(finding)[:_MAX_CAUSES]
    fix = remedy_of(finding, result)
    if fix:
        lines.append(f"fix: {fix}")
    title = f"{finding.severity} {one_line(finding.rule)}: {one_line(finding.title)}"
    return _Annotation(title, "\n".join(lines), finding.location)


def _unread(error: KmsiacError) -> _Annotation:
    return _Annotation("Not read, or not in full", error_text(error), error.span)


def _unresolved(result: ScanResult) -> _Annotation | None:
    if not result.unresolved:
        return None
    first = result.unresolved[0]
    told = f"{len(result.unresolved)} could not be decided, the first: {open_text(first)}"
    return _Annotation("Not decided", told, first.location)


def _hidden(result: ScanResult) -> _Annotation | None:
    """What may hide findings, in one annotation."""
    told = [suppressed(result), cut_line(result), *map(setting_line, result.settings)]
    told = [line for line in told if line]
    if not told:
        return None
    more = [f"and {len(told) - LIMIT} more"] if len(told) > LIMIT else []
    return _Annotation("What hides findings", "\n".join([*told[:LIMIT], *more]))


def _log(result: ScanResult) -> Iterator[str]:
    for error in result.errors[_MAX_UNREAD:]:
        place = f"{where(error.span)}: " if error.span else ""
        yield f"error: {place}{error_text(error)}"
    yield from _listed(SETTINGS_TITLE, map(setting_line, result.settings))
    yield from _listed("notes:", map(note_line, result.notes))
    if result.cut:
        yield cut_line(result)
    yield summary_line(result)


def _listed(title: str, lines: Iterable[str]) -> Iterator[str]:
    told = [f"  {line}" for line in lines]
    if told:
        yield from (title, *told[:_MAX_LOG])
    if len(told) > _MAX_LOG:
        yield f"  ... and {len(told) - _MAX_LOG} more"


# -- workflow commands ---------------------------------------------------------------------------


def _command(name: str, annotation: _Annotation) -> str:
    properties = [*_place(annotation.place), ("title", one_line(annotation.title, _MAX_TITLE))]
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties)
    lines = [without_commands(line) for line in annotation.message.split("\n")]
    message = _data("\n".join(lines))
    return f"::{name} {shown}::{message}"


def _place(place: Span | None) -> Iterator[tuple[str, str]]:
    if place is None or not place.path or place.path == "<stdin>":
        return
    yield "file", escaped(place.path)
    if place.line:
        yield "line", str(place.line)
        yield "endLine", str(max(place.line, place.end_line))
    if place.line and place.end_line == place.line:  # GitHub knows columns of one line only
        yield "col", str(place.column)
        yield "endColumn", str(max(place.column, place.end_column))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(without_commands(text)).replace(":", "%3A").replace(",", "%2C")
