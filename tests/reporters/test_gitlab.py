"""GitLab's code quality report."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from kmsiac.findings.finding import ScanResult, Setting, Summary
from tests.reporters.samples import IN_STDIN, PUBLIC, everything, written


def entries(result: ScanResult) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(written("gitlab", result))
    return found


def test_an_entry() -> None:
    assert entries(ScanResult([PUBLIC], summary=Summary(files=1))) == [
        {
            "check_name": "KP-20",
            "description": "Key policy lets any AWS account use the key: "
            'statement "Share" lets any AWS account call kms:Decrypt; when: IsProd',
            "severity": "blocker",
            "fingerprint": "1" * 32,
            "location": {"path": "infra/main.tf", "lines": {"begin": 14}},
        }
    ]


def test_severities_are_those_of_gitlab() -> None:
    ours = ("critical", "high", "medium", "low", "info")
    result = ScanResult([replace(PUBLIC, severity=one) for one in ours], summary=Summary(files=1))
    assert [one["severity"] for one in entries(result)] == [
        "blocker", "critical", "major", "minor", "info",
    ]  # fmt: skip


def test_no_two_entries_have_one_fingerprint() -> None:
    result = ScanResult([PUBLIC, PUBLIC, replace(PUBLIC, severity="low")], summary=Summary(files=1))
    marks = [one["fingerprint"] for one in entries(result)]
    assert len(set(marks)) == len(marks) == 3
    told = entries(replace(everything(), errors=everything().errors * 2))
    assert len({one["fingerprint"] for one in told}) == len(told)


def test_paths_are_relative_and_lines_from_one() -> None:
    for entry in entries(everything()):
        path = entry["location"]["path"]
        assert not path.startswith(("./", "/")) and path
        assert entry["location"]["lines"]["begin"] >= 1
    (piped,) = entries(ScanResult([IN_STDIN], summary=Summary(files=1)))
    assert piped["location"]["path"] == "stdin"


def test_what_is_no_finding_has_an_entry() -> None:
    result = everything()
    result.keep_worst(6)
    told = {one["check_name"]: (one["severity"], one["description"]) for one in entries(result)}
    assert told["kmsiac-unread"] == ("blocker", "not read, or not in full: empty")
    assert told["kmsiac-suppressed"] == ("info", "3 suppressed (1 baseline, 1 config, 1 inline)")
    assert told["kmsiac-settings"][1].startswith("can hide findings: ignore: KP-01")
    assert told["kmsiac-unresolved"][1].endswith("[COND-01, KP-20] (and 1 more)")
    assert told["kmsiac-notes"][1].endswith("an ignore of KP-02 covers nothing")
    assert told["kmsiac-cut"][1].startswith("1 more finding left out")


def test_every_setting_has_an_entry_with_a_fingerprint_of_its_own() -> None:
    listed = [Setting("exclude", f"old-{n}/**", "tree") for n in range(12)]
    settings = [*listed, Setting("severity", "KP-20: low", "tree")]
    told = entries(ScanResult(settings=settings, summary=Summary(files=1)))
    assert len({one["fingerprint"] for one in told}) == len(told) == len(settings)
    assert "severity: KP-20: low" in told[-1]["description"]


def test_nothing_is_an_empty_list_and_nothing_scanned_is_not() -> None:
    assert entries(ScanResult(summary=Summary(files=1))) == []
    assert [one["severity"] for one in entries(ScanResult())] == ["blocker"]
