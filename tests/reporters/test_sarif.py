"""SARIF: valid by OASIS's schema, and within what GitHub code scanning takes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from kmsiac.errors import Span, whole_file
from kmsiac.findings.finding import Finding, ScanResult, Summary, Unresolved
from kmsiac.reporters.base import ReportOptions
from tests.reporters.rendered import EVIL, Page
from tests.reporters.samples import IN_PLAN, PUBLIC, ROTATION, RULES, everything, prose, written
from tests.reporters.sarif_schema import official_schema

SEVERITIES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.5"}
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}


def run_of(result: ScanResult, category: str = "") -> dict[str, Any]:
    log = json.loads(written("sarif", result, ReportOptions(category=category)))
    (run,) = log["runs"]
    return run


def one(finding: Finding) -> dict[str, Any]:
    (found,) = run_of(ScanResult([finding], summary=Summary(files=1)))["results"]
    return found


def test_it_is_valid_by_the_schema_of_oasis() -> None:
    log = json.loads(written("sarif", everything(), ReportOptions(category="kms")))
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    jsonschema.Draft7Validator(official_schema(), format_checker=checker).validate(log)
    empty = json.loads(written("sarif", ScanResult()))
    jsonschema.Draft7Validator(official_schema(), format_checker=checker).validate(empty)


def test_the_driver_names_every_rule_that_ran_with_what_its_page_says() -> None:
    rules = run_of(everything())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    for rule, active in zip(rules, RULES, strict=True):
        assert rule["name"] == active.name
        assert rule["shortDescription"]["text"] == active.title
        assert rule["defaultConfiguration"]["level"] == LEVELS[active.severity]
        assert rule["properties"]["security-severity"] == SEVERITIES[active.severity]
        assert rule["properties"]["tags"] == ["security", "aws-kms", active.category]
        assert rule["helpUri"].startswith("https://docs.aws.amazon.com/")
        told = rule["help"]
        assert f"Why {active.id} matters." in told["text"]
        assert "```text\nenable_key_rotation = true\n```" in told["markdown"]
        assert "### When it is no fault" in told["markdown"]


def test_each_result_points_at_its_rule_with_the_level_of_its_severity() -> None:
    run = run_of(everything())
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == LEVELS[result["properties"]["severity"]]


def test_the_worst_come_first_and_what_is_suppressed_last() -> None:
    results = run_of(everything())["results"]
    told = [(result["properties"]["severity"], "suppressions" in result) for result in results]
    assert told == [
        ("critical", False), ("high", False), ("high", False), ("medium", False),
        ("critical", True), ("medium", True), ("medium", True),
    ]  # fmt: skip


def test_suppressed_findings_are_there_and_say_by_what() -> None:
    results = run_of(everything())["results"][-3:]
    (inline,), (config,), (baseline,) = (result["suppressions"] for result in results)
    assert (inline["kind"], inline["justification"]) == ("inSource", "agreed with X")
    assert inline["properties"] == {"by": "inline", "until": "2027-01-31"}
    assert (config["kind"], config["justification"]) == ("external", "legacy")
    assert (baseline["kind"], "justification" in baseline) == ("external", False)


# -- places --------------------------------------------------------------------------------------


def places(value: object) -> list[dict[str, Any]]:
    """Every physicalLocation of a log."""
    if isinstance(value, list):
        return [place for inner in value for place in places(inner)]
    if not isinstance(value, dict):
        return []
    here = [value["physicalLocation"]] if "physicalLocation" in value else []
    return here + [place for inner in value.values() for place in places(inner)]


def test_every_place_is_relative_and_has_a_line() -> None:
    found = places(run_of(everything()))
    assert len(found) > 10
    for place in found:
        artifact, region = place["artifactLocation"], place["region"]
        assert artifact["uriBaseId"] == "%SRCROOT%"
        assert not artifact["uri"].startswith(("/", "./", "file:"))
        assert ":" not in artifact["uri"]
        assert region["startLine"] >= 1
        assert region.get("startColumn", 1) >= 1
        assert region.get("endLine", region["startLine"]) >= region["startLine"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("infra/main.tf", "infra/main.tf"),
        ("a b/ü%20#?.tf", "a%20b/%C3%BC%2520%23%3F.tf"),
        ("a:b.tf", "a%3Ab.tf"),
        ("a\nb.tf", "a%0Ab.tf"),
        ("<stdin>", "stdin"),
        ("./a.tf", "a.tf"),
    ],
)
def test_paths_are_percent_encoded(path: str, uri: str) -> None:
    (place,) = one(replace(ROTATION, location=Span(path, 3, 1, 3, 4)))["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert path == "<stdin>" or unquote(uri) == path.removeprefix("./")


def test_columns_count_characters_and_a_region_ends_after_its_last() -> None:
    assert run_of(everything())["columnKind"] == "unicodeCodePoints"
    (place,) = one(PUBLIC)["locations"]
    assert place["physicalLocation"]["region"] == {
        "startLine": 14, "startColumn": 7, "endLine": 14, "endColumn": 16,
    }  # fmt: skip
    assert place["logicalLocations"] == [
        {"fullyQualifiedName": "module.a.aws_kms_key.payments", "kind": "resource"}
    ]
    (whole,) = one(replace(ROTATION, location=whole_file("z.tf")))["locations"]
    assert whole["physicalLocation"]["region"] == {"startLine": 1}


def test_the_calls_of_modules_are_a_flow_from_the_outermost_one() -> None:
    chain = (("module.a", Span("main.tf", 20, 1, 20, 9)), ("module.b", Span("a/m.tf", 4, 1, 4, 9)))
    (flow,) = one(replace(PUBLIC, call_chain=chain))["codeFlows"]
    steps = flow["threadFlows"][0]["locations"]
    uris = [step["location"]["physicalLocation"]["artifactLocation"]["uri"] for step in steps]
    assert uris == ["main.tf", "a/m.tf", "infra/main.tf"]
    assert "codeFlows" not in one(replace(PUBLIC, call_chain=(("module.a", None),)))


def test_related_places_have_ids_of_their_own() -> None:
    related = one(PUBLIC)["relatedLocations"]
    assert [(place["id"], place["message"]["text"]) for place in related] == [(1, "value written")]


# -- fingerprints ----------------------------------------------------------------------------------


def test_fingerprints_are_ours_and_unique_in_the_run() -> None:
    copy = replace(PUBLIC, location=PUBLIC.location._replace(path="other/main.tf"))
    results = run_of(ScanResult([PUBLIC, copy, copy], summary=Summary(files=1)))["results"]
    marks = [result["partialFingerprints"]["kmsiac/v1"] for result in results]
    assert marks[0] == PUBLIC.fingerprint
    assert len(set(marks)) == 3
    alone = run_of(ScanResult([copy]))["results"][0]["partialFingerprints"]["kmsiac/v1"]
    assert alone == PUBLIC.fingerprint


def test_github_gets_a_line_hash_only_where_its_own_would_not_tell_results_apart() -> None:
    hash = "primaryLocationLineHash"
    assert hash not in one(PUBLIC)["partialFingerprints"]
    assert one(IN_PLAN)["partialFingerprints"][hash] == f"{IN_PLAN.fingerprint}:1"
    twin = replace(PUBLIC, fingerprint="9" * 32)
    other = replace(ROTATION, location=PUBLIC.location)
    results = run_of(ScanResult([PUBLIC, twin, other]))["results"]
    assert [result["partialFingerprints"].get(hash) for result in results] == [
        f"{PUBLIC.fingerprint}:1", f"{twin.fingerprint}:1", None,
    ]  # fmt: skip


# -- what is no finding ------------------------------------------------------------------------------


def notifications(result: ScanResult) -> list[tuple[str, str, str]]:
    run = run_of(result)
    ids = [one["id"] for one in run["tool"]["driver"]["notifications"]]
    (invocation,) = run["invocations"]
    told = invocation["toolExecutionNotifications"]
    assert all(ids[one["descriptor"]["index"]] == one["descriptor"]["id"] for one in told)
    return [(one["descriptor"]["id"], one["level"], one["message"]["text"]) for one in told]


def test_what_is_no_finding_is_a_notification() -> None:
    result = everything()
    result.keep_worst(6)
    assert notifications(result)[:-1] == [
        ("unread", "error", "not closed (close the brace)"),
        ("unread", "error", "empty"),
        ("left-out", "warning", "1 more finding left out, the least severe (--max-findings 6)"),
        ("suppressed", "note", "3 suppressed (1 baseline, 1 config, 1 inline)"),
        ("setting", "warning", "ignore: KP-01 (from the scanned tree at .kmsiac.yaml:3:1)"),
        ("note", "note", "infra/main.tf:2:1: an ignore of KP-02 covers nothing"),
        ("unresolved", "warning",
         "aws_kms_key.x (policy): local.p: not evaluated [COND-01, KP-20]"),
        ("unresolved", "note",
         "aws_kms_key.y (policy): known after apply [KP-20] (this format can never tell)"),
    ]  # fmt: skip
    assert notifications(result)[-1][0] == "summary"


def test_a_scan_that_could_not_read_all_did_not_succeed() -> None:
    def succeeded(result: ScanResult) -> bool:
        return bool(run_of(result)["invocations"][0]["executionSuccessful"])

    assert not succeeded(everything())
    assert not succeeded(ScanResult())
    assert succeeded(ScanResult([PUBLIC], summary=Summary(files=1)))


def test_the_category_is_all_up_to_the_last_slash() -> None:
    assert run_of(everything(), "infra/prod")["automationDetails"] == {"id": "infra/prod/"}
    assert run_of(everything(), "infra/")["automationDetails"] == {"id": "infra/"}
    assert "automationDetails" not in run_of(everything())


# -- limits of GitHub ------------------------------------------------------------------------------


def test_no_more_results_than_github_takes_and_it_says_what_was_cut() -> None:
    many = [
        replace(ROTATION, fingerprint=f"{at:032x}", location=Span("z.tf", at + 1, 1, at + 1, 9))
        for at in range(25_003)
    ]
    result = ScanResult([*many, PUBLIC], summary=Summary(files=1))
    run = run_of(result)
    assert len(run["results"]) == 25_000
    assert run["results"][0]["ruleId"] == "KP-20"
    told = [text for id, _, text in notifications(result) if id == "left-out"]
    assert told == [
        "4 findings are not in this file: GitHub takes 25000 a run",
        "GitHub shows the worst 5000 of 25004 findings",
    ]


def test_notifications_related_places_and_steps_have_limits_too() -> None:
    place = Span("a.tf", 1, 1, 1, 2)
    opened = [Unresolved(f"k{at}", "policy", "unknown", (), place) for at in range(1_500)]
    told = notifications(ScanResult(unresolved=opened, summary=Summary(files=1)))
    assert sum(id == "unresolved" for id, _, _ in told) == 1_001
    assert ("unresolved", "warning", "500 more entries could not be decided") in told
    found = one(replace(PUBLIC, related=(("r", place),) * 300, call_chain=(("m", place),) * 2000))
    assert len(found["relatedLocations"]) == 100
    assert len(found["codeFlows"][0]["threadFlows"][0]["locations"]) == 1_000


def test_texts_are_as_long_as_github_shows_them() -> None:
    rule = replace(RULES[0], title="t" * 3000)
    long = ScanResult(rules=(rule,), prose=lambda rule: {**prose(rule), "rationale": "r " * 3000})
    (found,) = run_of(long)["tool"]["driver"]["rules"]
    assert len(found["shortDescription"]["text"]) <= 1024
    assert len(found["fullDescription"]["text"]) <= 1024
    assert len(found["properties"]["tags"]) <= 10


def test_text_of_a_template_makes_no_link() -> None:
    evil = "see [here](https://evil.example)"
    found = one(replace(PUBLIC, message=evil, related=((evil, PUBLIC.location),)))
    for message in (found["message"], found["relatedLocations"][0]["message"]):
        assert "](" not in message["text"]


def test_prose_of_a_rule_makes_no_markup_but_ours() -> None:
    evil = "\n\n".join([*EVIL, *(f"    {text}" for text in EVIL), "```", *EVIL])
    references = ["javascript:alert(1)", "https://e.example/)](x) <b>"]
    rules = (replace(RULES[0], title=" ".join(EVIL)),)
    words = {"rationale": evil, "remediation": evil, "references": references}
    (rule,) = run_of(ScanResult(rules=rules, prose=lambda _: words))["tool"]["driver"]["rules"]
    page = Page(rule["help"]["markdown"])
    assert page.tags <= {"p", "strong", "h3", "pre", "code"}
    assert not page.links and not page.comments and "helpUri" not in rule


def test_each_result_is_on_a_line_of_its_own() -> None:
    lines = written("sarif", everything()).splitlines()
    assert sum('"ruleId"' in line for line in lines) == len(everything().findings)
