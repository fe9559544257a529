"""The sentences that several reports share, each safe to print on one line."""

from __future__ import annotations

from collections.abc import Sequence

from kmsiac.errors import KmsiacError, Span
from kmsiac.findings.excerpt import escaped, one_line
from kmsiac.findings.finding import (
    SEVERITIES,
    Finding,
    Note,
    ScanResult,
    Setting,
    Suppression,
    Unresolved,
)

NOTHING_TO_SCAN = "Nothing to scan: no Terraform, plan, CloudFormation or policy was found."
SETTINGS_TITLE = "settings that can hide findings:"
_MAX_CASES = 4


def summary_line(result: ScanResult) -> str:
    """What was found, in what, and what stayed open, on one line."""
    return f"{found(result)}; {looked_at(result)}"


def looked_at(result: ScanResult) -> str:
    """The second half of the summary: in what was looked, and what stayed open."""
    summary = result.summary
    parts = []
    if summary.files or not result.errors:
        looked = [
            many(summary.files, "file"), many(summary.keys, "key"),
            many(summary.policies, "policy", "policies"), many(summary.grants, "grant"),
            many(summary.endpoints, "endpoint"),
        ]  # fmt: skip
        parts.append(f"looked at {', '.join(looked)} with {many(summary.rules, 'rule')}")
    else:
        parts.append("nothing could be looked at")
    unread = unread_files(result.errors)
    open_ends = [
        (len(result.unresolved), f"{len(result.unresolved)} unresolved"),
        (unread, f"{many(unread, 'file')} not read"),
        (sum(result.suppressed_by().values()), suppressed(result)),
        (summary.excluded, f"{many(summary.excluded, 'template')} excluded"),
        (summary.skipped, f"{many(summary.skipped, 'other file')} passed over"),
    ]
    told = [text for count, text in open_ends if count]
    return "; ".join([*parts, ", ".join(told)] if told else parts)


def told_settings(result: ScanResult, *, verbose: bool) -> list[str]:
    """The settings as a report for the terminal lists them: who typed a flag knows of it."""
    return [
        setting_line(setting) for setting in result.settings if verbose or setting.origin != "flag"
    ]


def found(result: ScanResult) -> str:
    """How many findings there are, by severity: `3 findings (1 high, 2 low)`."""
    counts = [(severity, result.count(severity)) for severity in SEVERITIES]
    total = sum(count for _, count in counts)
    by_severity = ", ".join(f"{count} {severity}" for severity, count in counts if count)
    return f"{many(total, 'finding')} ({by_severity})" if total else "No findings"


def suppressed(result: ScanResult) -> str:
    """How many findings are suppressed and by what: `3 suppressed (1 baseline, 2 inline)`."""
    by = result.suppressed_by()
    told = ", ".join(f"{count} {one_line(name)}" for name, count in by.items())
    return f"{sum(by.values())} suppressed ({told})" if by else ""


def cut_line(result: ScanResult) -> str:
    """What `--max-findings` left out, and that it counts; empty for nothing."""
    if not result.cut:
        return ""
    shown = len(result.findings)
    return f"{many(result.cut, 'more finding')} left out, the least severe (--max-findings {shown})"


def setting_line(setting: Setting) -> str:
    """A setting that can hide findings, with where it came from."""
    place = f" at {where(setting.location)}" if setting.location else ""
    told = f"{one_line(setting.key)}: {one_line(setting.value)}"
    return f"{told} (from the {_origin(setting.origin)}{place})"


def note_line(note: Note) -> str:
    """A note, after its place."""
    place = f"{where(note.location)}: " if note.location else ""
    return f"{place}{one_line(note.message)}"


def error_text(error: KmsiacError) -> str:
    """What could not be read and what to do, without the place."""
    hint = f" ({one_line(error.hint)})" if error.hint else ""
    return f"{one_line(error.message)}{hint}"


def open_text(entry: Unresolved, rules: int | None = None) -> str:
    """What could not be decided, without the place: whose, why, and which rules it keeps open.

    `rules` is how many of them are named at most, where a line is to stay readable.
    """
    owner = one_line(entry.resource)
    if entry.attribute and owner:
        owner += f" ({one_line(entry.attribute)})"
    more = len(entry.addresses) - 1
    if more > 0:
        owner += f" and {more} more"
    named = entry.rules if rules is None or len(entry.rules) <= rules + 1 else entry.rules[:rules]
    told = ", ".join(map(one_line, named))
    if len(named) < len(entry.rules):
        told += f" and {len(entry.rules) - len(named)} more rules"
    kept_open = f" [{told}]" if told else ""
    never = " (this format can never tell)" if entry.never else ""
    return f"{owner}{': ' if owner else ''}{one_line(entry.reason)}{kept_open}{never}"


def whose(finding: Finding) -> str:
    """The resource that a finding is of, and how many more."""
    more = len(finding.addresses) - 1
    return one_line(finding.resource) + (f" and {more} more" if more > 0 else "")


def causes(finding: Finding) -> list[str]:
    """Where else than at its place a finding comes from: values written there, calls of modules."""
    notes = [f"{one_line(message)} at {where(span)}" for message, span in finding.related]
    calls = [
        f"called from {where(call) + ' ' if call else ''}{one_line(address)}"
        for address, call in finding.call_chain
    ]
    return [*notes, *calls]


def details(finding: Finding) -> list[str]:
    """The message of a finding, in which cases it holds, and what keeps it from being sure."""
    told = [one_line(finding.message)]
    if finding.verdict != "yes":
        told += [
            f"cannot tell: {one_line(blamed.expression)}: {one_line(blamed.reason)}"
            for blamed in finding.blame
        ]
    if finding.when:
        told.append(f"when: {cases(finding.when)}")
    return told


def cases(when: tuple[tuple[tuple[str, object], ...], ...]) -> str:
    """The cases in which a finding holds."""
    told = [" and ".join(_condition(name, value) for name, value in case) for case in when]
    more = len(told) - _MAX_CASES
    if more > 0:
        told = [*told[:_MAX_CASES], f"in {more} more cases"]
    return ", or ".join(told)


def suppression(suppressed: Suppression) -> str:
    """By what a finding is suppressed, until when, and why."""
    until = f", until {one_line(suppressed.until)}" if suppressed.until else ""
    reason = f": {one_line(suppressed.reason)}" if suppressed.reason else ""
    return f"{one_line(suppressed.by)}{until}{reason}"


def where(span: Span) -> str:
    """`path:line:column`; for plan JSON, which has no lines worth naming, `path#/pointer`."""
    text = f"{span.path}#{span.pointer}" if span.pointer else str(span)
    return escaped(text)


def unread_files(errors: Sequence[KmsiacError]) -> int:
    """How many files could not be read, or not in full."""
    return len({error.span.path if error.span else "" for error in errors})


def many(count: int, one: str, several: str = "") -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def _condition(name: str, value: object) -> str:
    if isinstance(value, bool):
        return one_line(name if value else f"not {name}")
    return one_line(f"{name} = {value}")


def _origin(origin: str) -> str:
    named = {"tree": "scanned tree", "flag": "command line"}
    return named.get(origin) or f"{one_line(origin)} configuration"
