"""The `scan` JSON is exactly what is promised."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from kmsiac import __version__
from kmsiac.errors import SourceError, Span, whole_file
from kmsiac.findings.finding import (
    Address,
    BlamedExpression,
    Finding,
    Note,
    ScanResult,
    Setting,
    Summary,
    Suppression,
    Unresolved,
)
from kmsiac.reporters import json_report
from kmsiac.reporters.base import ReportOptions

PLACE = Span("main.tf", 14, 7, 14, 16)
PLACE_JSON = {"path": "main.tf", "line": 14, "column": 7, "end_line": 14, "end_column": 16}
FINDING = Finding(
    rule="KP-20", name="public-key-policy", severity="critical", category="key-policies",
    title="t", message="m\x1b[2J\u202e", verdict="yes", resource="aws_kms_key.k[0]",
    location=PLACE, fingerprint="f", url="https://u", addresses=(Address("aws_kms_key.k[0]", "f"),),
    related=(("r", PLACE),), call_chain=(("module.a", None),), when=((("IsProd", True),),),
    evidence=("e",), witness={"principal": "*"}, blame=(BlamedExpression("x", "y", None),),
)  # fmt: skip


def test_the_shape() -> None:
    result = ScanResult(
        findings=[FINDING],
        unresolved=[Unresolved("k", "policy", "r", ("KP-20",), PLACE)],
        errors=[SourceError("broken", whole_file("b.tf"), "mend it")],
        settings=[
            Setting("ignore", "v", "tree"),
            Setting("baseline", "b.json", "trusted", PLACE),
        ],
        notes=[Note("an ignore covers nothing", PLACE)],
        summary=Summary(1, 2, 3, 4, 5, 6, 7, 8),
    )
    found = json_report.report(result)
    assert found == {
        "schema_version": 1,
        "tool": {"name": "kmsiac", "version": __version__},
        "summary": {
            "findings": {"critical": 1, "high": 0, "medium": 0, "low": 0, "info": 0},
            "suppressed": 0, "suppressed_by": {}, "files": 1, "skipped": 2, "excluded": 3, "keys": 4, "policies": 5,
            "grants": 6, "endpoints": 7, "unresolved": 1, "errors": 1, "rules": 8,
        },
        "findings": [
            {
                "rule": "KP-20", "name": "public-key-policy", "severity": "critical",
                "category": "key-policies", "title": "t", "message": "m\x1b[2J\u202e",
                "verdict": "yes", "resource": "aws_kms_key.k[0]",
                "addresses": [
                    {"address": "aws_kms_key.k[0]", "unit": "", "fingerprint": "f", "suppressed": None}
                ],
                "location": PLACE_JSON, "related": [{"message": "r", "location": PLACE_JSON}],
                "call_chain": [{"address": "module.a", "location": None}],
                "when": [[{"condition": "IsProd", "value": True}]], "evidence": ["e"],
                "witness": {"principal": "*"},
                "blame": [{"expression": "x", "reason": "y", "location": None}],
                "fingerprint": "f", "suppressed": None, "url": "https://u",
            }
        ],
        "unresolved": [
            {"resource": "k", "addresses": [], "attribute": "policy", "reason": "r", "rules": ["KP-20"],
             "location": PLACE_JSON}
        ],
        "errors": [
            {"message": "broken (mend it)", "location": {"path": "b.tf", "line": 0, "column": 0,
                                                         "end_line": 0, "end_column": 0}}
        ],
        "settings": [
            {"key": "ignore", "value": "v", "origin": "tree", "location": None},
            {"key": "baseline", "value": "b.json", "origin": "trusted", "location": PLACE_JSON},
        ],
        "notes": [{"message": "an ignore covers nothing", "location": PLACE_JSON}],
        "cut": 0,
    }  # fmt: skip


def test_a_suppressed_finding_stays_but_does_not_count() -> None:
    quiet = replace(FINDING, suppressed=Suppression("inline", "why", "2027-01-31"))
    found = json.loads(written(ScanResult([quiet])))
    assert found["summary"]["findings"]["critical"] == 0
    assert found["summary"]["suppressed"] == 1
    assert found["findings"][0]["suppressed"] == {
        "by": "inline", "reason": "why", "until": "2027-01-31",
    }  # fmt: skip


def test_what_is_cut_off_the_list_still_counts() -> None:
    low = replace(FINDING, severity="low")
    quiet = replace(FINDING, suppressed=Suppression("baseline"))
    result = ScanResult([low, quiet, FINDING])
    result.keep_worst(1)
    found = json.loads(written(result))
    assert [one["severity"] for one in found["findings"]] == ["critical"]
    assert found["cut"] == 2
    assert found["summary"]["findings"] == {
        "critical": 1, "high": 0, "medium": 0, "low": 1, "info": 0,
    }  # fmt: skip
    assert found["summary"]["suppressed_by"] == {"baseline": 1}


def test_a_pointer_is_there_for_plans() -> None:
    assert json_report.place(Span("plan.json", 1, 2, 1, 3, "/a/0")) == {
        "path": "plan.json", "line": 1, "column": 2, "end_line": 1, "end_column": 3,
        "pointer": "/a/0",
    }  # fmt: skip


def test_the_text_is_ascii_and_the_same_every_time() -> None:
    result = ScanResult([FINDING])
    told = written(result)
    assert told.isascii()
    assert "\x1b" not in told
    assert told == written(result)
    assert json.loads(told)["findings"][0]["message"] == FINDING.message


def written(result: ScanResult) -> str:
    stream = io.StringIO()
    json_report.write(result, stream, ReportOptions())
    return stream.getvalue()
