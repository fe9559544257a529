"""Annotations of GitHub Actions: within its limits, and nothing else is a command."""

from __future__ import annotations

from dataclasses import replace

from kmsiac.errors import SourceError, Span, whole_file
from kmsiac.findings.finding import Finding, ScanResult, Summary
from tests.reporters.samples import IN_STDIN, PUBLIC, ROTATION, everything, written
from tests.reporters.workflow_commands import Command, command


def commands(result: ScanResult) -> list[Command]:
    found = [command(line) for line in written("github", result).splitlines()]
    return [one for one in found if one is not None]


def several(finding: Finding, number: int) -> list[Finding]:
    place = finding.location
    return [replace(finding, location=place._replace(line=at + 1, end_line=at + 1)) for at in range(number)]  # fmt: skip


def test_an_annotation_has_place_title_message_and_remedy() -> None:
    (found,) = commands(
        replace(everything(), findings=[PUBLIC], unresolved=[], errors=[], settings=[])
    )
    assert found.name == "error"
    assert found.properties == {
        "file": "infra/main.tf", "line": "14", "endLine": "14", "col": "7", "endColumn": "16",
        "title": "critical KP-20: Key policy lets any AWS account use the key",
    }  # fmt: skip
    assert found.message == (
        'module.a.aws_kms_key.payments and 1 more: statement "Share" lets any AWS account call '
        "kms:Decrypt\nwhen: IsProd\nvalue written at variables.tf:3:13\n"
        "called from main.tf:20:1 module.a\nfix: Mend KP-20: enable_key_rotation = true"
    )


def test_a_resource_that_the_message_names_is_not_named_twice() -> None:
    (found,) = commands(ScanResult([replace(ROTATION, blame=())], summary=Summary(files=1)))
    assert found.message == "aws_kms_key.k does not rotate"


def test_severities_are_errors_warnings_and_notices() -> None:
    for severity, name in (
        ("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "notice"), ("info", "notice"),
    ):  # fmt: skip
        result = ScanResult([replace(PUBLIC, severity=severity)], summary=Summary(files=1))
        assert [one.name for one in commands(result)] == [name]


def test_columns_only_where_the_place_is_on_one_line() -> None:
    result = ScanResult(
        [replace(PUBLIC, location=Span("a.tf", 3, 5, 9, 2))], summary=Summary(files=1)
    )
    (found,) = commands(result)
    assert {key: found.properties[key] for key in ("line", "endLine")} == {
        "line": "3",
        "endLine": "9",
    }
    assert "col" not in found.properties


def test_a_file_as_a_whole_has_no_line_and_standard_input_no_file() -> None:
    whole, piped = replace(ROTATION, location=whole_file("z.tf")), replace(IN_STDIN, severity="low")
    found = commands(ScanResult([whole, piped], summary=Summary(files=1)))
    assert [sorted(one.properties) for one in found] == [["file", "title"], ["title"]]


def test_suppressed_findings_are_counted_not_annotated() -> None:
    told = commands(everything())
    assert [one.name for one in told].count("error") == 2 + 3
    (notice,) = (one for one in told if one.name == "notice")
    assert notice.message == (
        "3 suppressed (1 baseline, 1 config, 1 inline)\n"
        "ignore: KP-01 (from the scanned tree at .kmsiac.yaml:3:1)"
    )


def test_what_could_not_be_decided_is_one_warning() -> None:
    warnings = [one for one in commands(everything()) if one.name == "warning"]
    assert [one.properties["title"] for one in warnings] == [
        "Not decided", "medium KEY-01: Automatic rotation is off",
    ]  # fmt: skip
    assert warnings[0].message.startswith("2 could not be decided, the first: aws_kms_key.x")


def test_github_shows_ten_of_a_kind_and_the_last_one_says_how_many_are_left() -> None:
    result = ScanResult(
        [*several(replace(PUBLIC, severity="high"), 30), PUBLIC, *several(ROTATION, 30),
         *several(replace(ROTATION, severity="low"), 9)],
        summary=Summary(files=1),
    )  # fmt: skip
    told = commands(result)
    for name in ("error", "warning"):
        same = [one for one in told if one.name == name]
        assert len(same) <= 10
        assert same[-1].properties == {"title": "Not all are shown"}
    errors = [one for one in told if one.name == "error"]
    assert errors[0].properties["title"].startswith("critical")
    assert errors[-1].message.startswith("22 more findings of this kind")
    assert sum(one.name == "notice" for one in told) == 9


def test_many_unread_files_leave_room_for_findings() -> None:
    errors = [SourceError("broken", Span(f"{at}.tf", 1, 1, 1, 2)) for at in range(40)]
    result = ScanResult(several(PUBLIC, 30), errors=list(errors), summary=Summary(files=1))
    told = [one for one in commands(result) if one.name == "error"]
    assert len(told) == 10
    assert told[3].message == "37 more problems of files that could not be read: the log names them"
    assert sum(one.properties["title"].startswith("critical") for one in told) == 5
    assert "\nerror: 39.tf:1:1: broken\n" in written("github", result)


def test_nothing_to_scan_is_an_error() -> None:
    (found,) = commands(ScanResult())
    assert (found.name, found.message.partition(":")[0]) == ("error", "Nothing to scan")


def test_the_log_ends_with_settings_notes_and_the_summary() -> None:
    lines = written("github", everything()).splitlines()
    assert lines[-5:-1] == [
        "settings that can hide findings:",
        "  ignore: KP-01 (from the scanned tree at .kmsiac.yaml:3:1)",
        "notes:",
        "  infra/main.tf:2:1: an ignore of KP-02 covers nothing",
    ]
    assert lines[-1].startswith("4 findings (1 critical, 2 high, 1 medium)")


def test_what_a_command_would_read_is_escaped() -> None:
    evil = replace(
        PUBLIC, title="a,line=9::b%0A", message="x%0A::error::y\r\nz", resource="r:,=",
        location=Span("a,b:c%d\n::error::.tf", 1, 1, 1, 2), when=(), addresses=(),
        related=(("v%0A::error::w\r\nv", PUBLIC.location),), call_chain=(("m\n::error::n", None),),
    )  # fmt: skip
    lines = written("github", ScanResult([evil], summary=Summary(files=1))).splitlines()
    found = [one for one in map(command, lines) if one is not None]
    assert len(found) == 1
    assert found[0].properties["file"] == "a,b:c%d\\n::error::.tf"
    assert found[0].properties["title"] == "critical KP-20: a,line=9::b%0A"
    assert found[0].properties["line"] == "1"
    assert found[0].message == (
        "r:,=: x%0A::error::y z\nv%0A::error::w v at infra/main.tf:14:7\ncalled from m ::error::n"
    )
