"""`can`, `who-can` and `principal-can` for people: the answer in one line, then why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TextIO

from kmsiac.findings.access_report import (
    CAPABILITIES,
    CanReport,
    DecidingStatement,
    Holding,
    NeededContext,
    PrincipalCanReport,
    Surroundings,
    Verdict,
    When,
    WhoCanReport,
)
from kmsiac.findings.excerpt import one_line, without_commands
from kmsiac.findings.finding import BlamedExpression
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.table import fitted, natural, row_lines, wrapped
from kmsiac.reporters.terminal import Style
from kmsiac.reporters.text import not_read
from kmsiac.reporters.unresolved import open_ends
from kmsiac.reporters.wording import where

Report = CanReport | WhoCanReport | PrincipalCanReport

_LAYERS = {
    "explicit-deny": "a Deny stops it",
    "key-policy": "the key policy does not allow it",
    "identity-policy": "no IAM policy of the principal allows it",
    "boundary": "the permissions boundary does not allow it",
    "session-policy": "the session policy does not allow it",
    "endpoint": "the VPC endpoint policy does not allow it",
    "condition": "the request, as given, does not meet the conditions",
    "cross-account-operation": "this operation does not work on a key of another account",
    "scp": "a service control policy does not allow it",
    "rcp": "a resource control policy does not allow it",
}
_PATHS = {
    "key-policy": "the key policy names it",
    "delegation": "IAM policies, to which the key policy leaves it",
    "grant": "a grant",
    "service": "as an AWS service",
}
_SHORT_PATHS = {
    "key-policy": "key policy",
    "delegation": "delegation to IAM",
    "grant": "grant",
    "service": "service",
}
_SYMBOLS = {
    "StringEquals": "=", "StringNotEquals": "is not", "StringLike": "like",
    "StringNotLike": "not like", "ArnEquals": "=", "ArnLike": "like", "ArnNotEquals": "is not",
    "ArnNotLike": "not like", "Bool": "=", "NumericEquals": "=", "NumericNotEquals": "is not",
    "NumericLessThan": "<", "NumericLessThanEquals": "<=", "NumericGreaterThan": ">",
    "NumericGreaterThanEquals": ">=", "DateLessThan": "before", "DateGreaterThan": "after",
    "IpAddress": "in", "NotIpAddress": "not in",
}  # fmt: skip
_ROOT = re.compile(r"arn:.*:iam::(.+):root")
_HIDDEN = "(sensitive)"
_MOST_BLAME = 5
_MOST_VALUES = 6
_LONGEST_ACTIONS = 6
_NARROWEST = 40


def write(
    report: Report,
    stream: TextIO,
    options: ReportOptions,
    width: int = 100,
    notes: bool = False,
) -> None:
    """Write a report; tables fit `width` cells. With `notes` the notes too, else only the rest."""
    style = Style(options.color)
    if isinstance(report, CanReport):
        lines = _can(report, options, style)
    elif isinstance(report, WhoCanReport):
        lines = _who_can(report, options, style, width)
    else:
        lines = _principal_can(report, options, style, width)
    stream.writelines(without_commands(line) + "\n" for line in lines)
    ends = _surroundings(report.surroundings, options, style, notes)
    stream.writelines(without_commands(line) + "\n" for line in ends)


# -- can ---------------------------------------------------------------------------------------------


def _can(report: CanReport, options: ReportOptions, style: Style) -> Iterator[str]:
    who, key = one_line(report.principal), one_line(report.key)
    what = f"call {report.action} on {key}"
    answer = report.verdict.answer
    cannot = "nobody outside can" if report.principal == "anyone" else f"{who} cannot"
    told = {
        "yes": f"{style.strong('yes:')} {who} can {what}",
        "no": f"{style.strong('no:')} {cannot} {what}",
    }.get(answer, f"{style.strong('cannot tell')} whether {who} can {what}")
    yield f"{told}: it depends" if _mixed(report) else told
    if options.quiet:
        return
    if report.key_location is not None:
        yield f"  {style.faint('-->')} {where(report.key_location)}  {key}"
    if not report.cases:
        yield from (f"   {style.faint('=')} {line}" for line in _why(report.verdict, options))
        return
    for case in report.cases:
        yield f"   {style.faint('=')} when {_when(case.when)}: {_answer(case.answer)}"
        yield from (f"       {line}" for line in _why(case, options))
    if _mixed(report):
        guards = [one for one in report.verdict.blame if one.location is None]
        yield from (f"   {style.faint('=')} {line}" for line in _blamed(guards, options))


def _mixed(report: CanReport) -> bool:
    return len({case.answer for case in report.cases}) > 1


def _why(verdict: Verdict, options: ReportOptions) -> Iterator[str]:
    if verdict.blocked_by is not None:
        yield f"{verdict.blocked_by}: {_LAYERS.get(verdict.blocked_by, 'it stands in the way')}"
    name = "stopped by" if verdict.blocked_by == "explicit-deny" else "allowed by"
    so_far = ", which is not enough" if name == "allowed by" and verdict.answer == "no" else ""
    yield from (f"{name} {_statement(one)}{so_far}" for one in verdict.deciding)
    if verdict.paths:
        paths = [_PATHS.get(path, path) for path in verdict.paths]
        yield f"path: {'; '.join(paths)}"
    yield from (f"only with {_need(need)}" for need in verdict.needs)
    if verdict.mend or verdict.mend_at:
        at = f" (at {where(verdict.mend_at)})" if verdict.mend_at else ""
        yield f"to mend: {one_line(verdict.mend) or 'look here'}{at}"
    if verdict.answer == "no" and not (verdict.blocked_by or verdict.mend):
        yield "no statement lets such a caller in, conditions and Denies counted"
    yield from _blamed(verdict.blame, options)
    if options.verbose and verdict.witness is not None:
        shown = json.dumps(verdict.witness, ensure_ascii=False, default=str)
        yield f"such as: {one_line(shown, 2000)}"


def _statement(one: DecidingStatement) -> str:
    owner = f" of {one_line(one.resource)}" if one.resource else ""
    at = f" at {where(one.location)}" if one.location else ""
    if one.layer == "grants":
        return f"{one_line(one.statement)}{at}"
    return f"{one_line(one.statement)}, {one_line(one.layer)}{owner}{at}"


def _blamed(blame: Sequence[BlamedExpression], options: ReportOptions) -> Iterator[str]:
    shown = blame if options.verbose else blame[:_MOST_BLAME]
    for one in shown:
        at = f" ({where(one.location)})" if one.location else ""
        expression = f"{one_line(one.expression)}: " if one.expression else ""
        yield f"open: {expression}{one_line(one.reason)}{at}"
    if len(shown) < len(blame):
        yield f"open: {len(blame) - len(shown)} more (-v shows all)"


def _need(need: NeededContext) -> str:
    """A condition, or several of which any will do."""
    return ", or ".join(_one_need(one) for one in (need, *need.others))


def _one_need(need: NeededContext) -> str:
    values = [one_line(value, 200) for value in need.values]
    if len(values) > _MOST_VALUES:
        values = [*values[:_MOST_VALUES], f"{len(values) - _MOST_VALUES} more"]
    key = one_line(need.key, 200)
    operator = _SYMBOLS.get(need.operator)
    if need.key == need.operator == _HIDDEN:
        return f"what a condition asks that is {_HIDDEN}"
    if need.operator == "Null":
        return f"{key} {'absent' if values == ['true'] else 'present'}"
    if operator is None and need.operator == "BoolIfExists":
        return f"{key} = {' or '.join(values)} or absent"
    if operator is None:
        return f"{key} {one_line(need.operator)} {' or '.join(values)}"
    return f"{key} {operator} {' or '.join(values)}"


def _when(when: When) -> str:
    cases = [
        " and ".join(f"{one_line(name, 160)} is {_value(value)}" for name, value in case)
        for case in when
    ]
    return " or ".join(cases) or "anything else"


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else one_line(str(value), 160)


def _answer(answer: str) -> str:
    return answer.replace("-", " ")


# -- who-can and principal-can -----------------------------------------------------------------------


def _who_can(
    report: WhoCanReport, options: ReportOptions, style: Style, width: int
) -> Iterator[str]:
    at = f" ({where(report.key_location)})" if report.key_location else ""
    what = f"call {one_line(report.action)} on {one_line(report.key)}"
    if not report.holdings:
        yield f"{style.strong('nobody')} that is known can {what}{at}"
        return
    many = any(len(holding.actions) > 1 for holding in report.holdings) or "*" in report.action
    yield f"{style.strong('who can')} {what}{at}"
    yield from _table(report.holdings, "PRINCIPAL", many, options, style, width)


def _principal_can(
    report: PrincipalCanReport, options: ReportOptions, style: Style, width: int
) -> Iterator[str]:
    who = one_line(report.principal)
    if not report.holdings:
        keys = f"the {report.keys} keys" if report.keys != 1 else "the only key"
        yield f"{style.strong(who)} can do nothing that is known with {keys} of this scan"
        return
    yield f"{style.strong('what')} {who} can do"
    for key in dict.fromkeys(holding.key for holding in report.holdings):
        yield ""
        yield style.strong(one_line(key))
        own = [holding for holding in report.holdings if holding.key == key]
        yield from _table(own, "", True, options, style, width)


def _table(
    holdings: Sequence[Holding],
    first: str,
    many: bool,
    options: ReportOptions,
    style: Style,
    width: int,
) -> Iterator[str]:
    head = [first, "ANSWER", "ACTIONS", "PATH", "WRITTEN AT"]
    rows = [_cells(holding, options) for holding in holdings]
    shown = [at for at, name in enumerate(head) if (name or at) and (many or name != "ACTIONS")]
    cut = [[row[at] for at in shown] for row in (head, *rows)]
    inside = max(width, _NARROWEST) - 2
    # Places are for clicking on: one that does not fit stands unbroken in a line of its own.
    aside = sum(natural(cut)) + 2 * len(shown) > inside
    if aside:
        cut = [row[:-1] for row in cut]
    widths = fitted(cut, inside)
    yield ""
    yield from (f"  {style.faint(line)}" for line in row_lines(cut[0], widths))
    for capability in CAPABILITIES:
        own = [at for at, holding in enumerate(holdings) if holding.capability == capability]
        if own:
            yield style.strong(capability)
        for at in own:
            yield from (f"  {line}".rstrip() for line in row_lines(cut[at + 1], widths))
            if aside and rows[at][-1]:
                yield f"      at {rows[at][-1]}"
            for line in _conditions(holdings[at], options):
                yield from wrapped(line, max(width, _NARROWEST), "      ")


def _cells(holding: Holding, options: ReportOptions) -> list[str]:
    return [
        _name(holding),
        _answer(holding.answer),
        _actions(holding, options),
        ", ".join(_SHORT_PATHS.get(path, path) for path in holding.paths),
        where(holding.location) if holding.location is not None else "",
    ]


def _name(holding: Holding) -> str:
    """How a row calls its principal: by address; an account and its root user by the account."""
    account = _ROOT.fullmatch(holding.principal)
    if account is not None and holding.kind in ("account", "root"):
        noun = "account" if holding.kind == "account" else "root user of"
        return one_line(f"{noun} {account[1]}")
    if holding.kind in ("account", "organization"):
        return one_line(f"{holding.kind} {holding.principal}")
    return one_line(holding.resource or holding.principal)


def _conditions(holding: Holding, options: ReportOptions) -> Iterator[str]:
    """What goes with a row: the conditions of the request and of the deployment, what is open."""
    yield from (f"only with {_need(need)}" for need in holding.needs)
    if holding.when:
        yield f"when {_when(holding.when)}"
    yield from _blamed(holding.blame, options)


def _actions(holding: Holding, options: ReportOptions) -> str:
    names = [action.removeprefix("kms:") for action in holding.actions]
    if options.verbose or len(names) <= _LONGEST_ACTIONS:
        return ", ".join(names)
    if holding.all_of_capability:
        return f"all {len(names)}"
    return ", ".join([*names[:_LONGEST_ACTIONS], f"{len(names) - _LONGEST_ACTIONS} more"])


# -- what else there is to know ----------------------------------------------------------------------


def _surroundings(
    around: Surroundings, options: ReportOptions, style: Style, notes: bool
) -> Iterator[str]:
    told = [f"note: {one_line(note)}" for note in around.notes] if notes else []
    unresolved = [] if options.quiet else list(around.unresolved)
    ends = [*open_ends(unresolved, options.verbose, style), *not_read(around.errors, style)]
    if told or ends:
        yield ""
    yield from told
    yield from ends[:-1]
