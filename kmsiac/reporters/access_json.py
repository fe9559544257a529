"""The JSON of `can`, `who-can` and `principal-can`, version 1."""

from __future__ import annotations

from typing import TextIO

from kmsiac import __version__
from kmsiac.findings.access_report import (
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
from kmsiac.findings.finding import BlamedExpression
from kmsiac.reporters.json_report import Shape, dumps, error_shape, place, unresolved_shape

Report = CanReport | WhoCanReport | PrincipalCanReport


def write(report: Report, stream: TextIO) -> None:
    """Write the whole report."""
    stream.write(dumps(shape(report)))


def shape(report: Report) -> Shape:
    """The report as plain data in the promised shape."""
    head: Shape = {"schema_version": 1, "tool": {"name": "kmsiac", "version": __version__}}
    if isinstance(report, CanReport):
        body = _can(report)
    elif isinstance(report, WhoCanReport):
        body = {
            "action": report.action,
            "key": report.key,
            "location": place(report.key_location),
            "principals": [_principal(holding) for holding in report.holdings],
        }
    else:
        body = {
            "principal": report.principal,
            "keys": [_key(holding) for holding in report.holdings],
        }
    return {**head, **body, **_surroundings(report.surroundings)}


def _can(report: CanReport) -> Shape:
    verdict = _verdict(report.verdict)
    answer = {"answer": verdict.pop("answer")}
    about = {"principal": report.principal, "action": report.action, "key": report.key}
    cases = [_verdict(case) for case in report.cases]
    return {**answer, **about, "location": place(report.key_location), **verdict, "cases": cases}


def _verdict(verdict: Verdict) -> Shape:
    return {
        "answer": verdict.answer,
        "deciding": [_deciding(one) for one in verdict.deciding],
        "blocked_by": verdict.blocked_by,
        "mend": verdict.mend,
        "mend_at": place(verdict.mend_at),
        "path": list(verdict.paths),
        "needs": [_need(need) for need in verdict.needs],
        "witness": verdict.witness,
        "blame": [_blame(one) for one in verdict.blame],
        "when": _when(verdict.when),
    }


def _principal(holding: Holding) -> Shape:
    return {
        "id": holding.principal,
        "kind": holding.kind,
        "resource": holding.resource or None,
        **_held(holding),
    }


def _key(holding: Holding) -> Shape:
    return {"key": holding.key, **_held(holding)}


def _held(holding: Holding) -> Shape:
    return {
        "answer": holding.answer,
        "capability": holding.capability,
        "actions": list(holding.actions),
        "path": list(holding.paths),
        "needs": [_need(need) for need in holding.needs],
        "when": _when(holding.when),
        "location": place(holding.location),
        "deciding": [_deciding(one) for one in holding.deciding],
        "blame": [_blame(one) for one in holding.blame],
    }


def _deciding(one: DecidingStatement) -> Shape:
    return {
        "resource": one.resource,
        "layer": one.layer,
        "statement": one.statement,
        "location": place(one.location),
    }


def _need(need: NeededContext) -> Shape:
    told: Shape = {"key": need.key, "operator": need.operator, "values": list(need.values)}
    if need.others:
        told["or"] = [_need(one) for one in need.others]
    return told


def _blame(one: BlamedExpression) -> Shape:
    return {"expression": one.expression, "reason": one.reason, "location": place(one.location)}


def _when(when: When) -> list[list[Shape]]:
    return [[{"condition": name, "value": value} for name, value in case] for case in when]


def _surroundings(around: Surroundings) -> Shape:
    return {
        "notes": list(around.notes),
        "unresolved": [unresolved_shape(entry) for entry in around.unresolved],
        "errors": [error_shape(error) for error in around.errors],
    }
