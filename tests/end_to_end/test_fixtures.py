"""The fixtures: the faults on their lines, the same in every format, and silence where all is good."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kmsiac.findings.finding import Finding, ScanResult
from kmsiac.frontends.unit import Inputs
from kmsiac.scan import ScanOptions, scan, take_inventory
from kmsiac.stack import Environment

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
DEMO = FIXTURES / "demo"
EXPECTED: dict[str, Any] = json.loads((DEMO / "expected.json").read_text())
ACCOUNT = EXPECTED["account_id"]


def scanned(path: Path, account: str | None = None) -> ScanResult:
    inputs = Inputs(Environment(account_id=account))
    return scan(ScanOptions(paths=(path,), working_directory=FIXTURES, inputs=inputs))


def row(finding: Finding, folder: Path) -> list[object]:
    path = (FIXTURES.parent / finding.location.path).relative_to(folder).as_posix()
    return [finding.rule, path, finding.location.line, finding.resource]


def rows(result: ScanResult, folder: Path) -> list[list[object]]:
    return sorted(row(finding, folder) for finding in result.findings)


def pairs(result: ScanResult) -> set[tuple[str, str]]:
    return {(finding.rule, finding.resource) for finding in result.findings}


def test_the_demo_in_terraform_has_its_faults_on_their_lines() -> None:
    result = scanned(DEMO / "terraform")
    assert rows(result, DEMO / "terraform") == sorted(EXPECTED["terraform"])
    assert not result.errors and not result.unresolved


def test_the_demo_in_cloudformation_has_its_faults_on_their_lines() -> None:
    result = scanned(DEMO / "cloudformation", ACCOUNT)
    assert rows(result, DEMO / "cloudformation") == sorted(EXPECTED["cloudformation"])
    assert not result.errors and not result.unresolved


EXPECT = re.compile(r"// expect: ([A-Z]+-\d+(?:, [A-Z]+-\d+)*)$")


@pytest.mark.parametrize("app", sorted(path.parent.name for path in FIXTURES.glob("cdk/*/app.js")))
def test_findings_of_a_cdk_app_point_at_the_lines_that_make_the_resources(app: str) -> None:
    folder = FIXTURES / "cdk" / app
    expected = [
        (rule, number)
        for number, line in enumerate((folder / "app.js").read_text().splitlines(), 1)
        if (found := EXPECT.search(line))
        for rule in found[1].split(", ")
    ]
    result = scanned(folder)
    places = [
        (finding.rule, span.line)
        for finding in result.findings
        for message, span in finding.related
        if message.startswith("made by construct ") and span.path.endswith(f"{app}/app.js")
    ]
    assert sorted(places) == sorted(expected)
    assert len(result.findings) == len(expected)
    assert not result.errors


def test_terraform_and_cloudformation_give_the_same_findings() -> None:
    terraform = pairs(scanned(DEMO / "terraform"))
    renamed = {(rule, EXPECTED["pairs"].get(address, address)) for rule, address in terraform}
    assert renamed == pairs(scanned(DEMO / "cloudformation", ACCOUNT))


def test_the_plan_gives_a_subset_and_names_what_it_cannot_tell() -> None:
    plan = scanned(DEMO / "plan.json")
    terraform = pairs(scanned(DEMO / "terraform"))
    found = pairs(plan)
    assert found < terraform
    still_open = {(rule, entry.resource) for entry in plan.unresolved for rule in entry.rules}
    assert terraform - found <= still_open
    assert {tuple(missing) for missing in EXPECTED["plan_missing"]} == terraform - found


def test_a_minified_plan_from_standard_input_gives_the_same_findings() -> None:
    minified = json.dumps(json.loads((DEMO / "plan.json").read_text()), separators=(",", ":"))
    result = scan(ScanOptions(stdin=minified.encode(), working_directory=FIXTURES))
    assert pairs(result) == pairs(scanned(DEMO / "plan.json"))
    assert {finding.location.path for finding in result.findings} == {"<stdin>"}


def test_policies_of_services_have_the_same_findings_in_every_format() -> None:
    folder = FIXTURES / "services"
    expected = json.loads((folder / "expected.json").read_text())
    hcl = scanned(folder / "terraform")
    assert rows(hcl, folder / "terraform") == sorted(expected["terraform"])
    template = scanned(folder / "cloudformation", ACCOUNT)
    assert rows(template, folder / "cloudformation") == sorted(expected["cloudformation"])
    assert not hcl.errors + template.errors and not hcl.unresolved + template.unresolved
    assert {(rule, expected["pairs"][address]) for rule, address in pairs(hcl)} == pairs(template)

    plan = scanned(folder / "plan.json")
    missing = pairs(hcl) - pairs(plan)
    assert pairs(plan) < pairs(hcl)
    assert {tuple(row) for row in expected["plan_missing"]} == missing
    still_open = {(rule, entry.resource) for entry in plan.unresolved for rule in entry.rules}
    assert missing <= still_open


@pytest.mark.parametrize("section", ["policies", "consumers"])
def test_policies_of_services_are_the_same_in_every_format(section: str) -> None:
    folder = FIXTURES / "services"
    renamed = json.loads((folder / "expected.json").read_text())["pairs"]

    def listed(path: str) -> list[tuple[str, str]]:
        inputs = Inputs(Environment(account_id=ACCOUNT))
        options = ScanOptions(paths=(folder / path,), working_directory=FIXTURES, inputs=inputs)
        what = "kind" if section == "policies" else "type"
        found = take_inventory(options)[section]
        return sorted((renamed.get(one["resource"], one["resource"]), one[what]) for one in found)

    hcl = listed("terraform")
    assert len(hcl) == (12 if section == "policies" else 4)
    assert listed("plan.json") == hcl
    if section == "policies":
        assert listed("cloudformation") == hcl
    else:  # most consumers have one name in both frameworks
        assert [name for name, _ in listed("cloudformation")] == [name for name, _ in hcl]


def test_what_the_provider_would_refuse_is_found() -> None:
    folder = FIXTURES / "refused"
    expected = json.loads((folder / "expected.json").read_text())
    assert rows(scanned(folder), folder) == sorted(expected["terraform"])


GOOD = sorted(path for path in (FIXTURES / "good").glob("*/*") if path.name != "README.md")


@pytest.mark.parametrize("path", GOOD, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_good_practice_is_silent(path: Path) -> None:
    result = scanned(path, ACCOUNT)
    assert [f"{f.rule} {f.location}" for f in result.findings] == []
    assert not result.errors


def test_fingerprints_do_not_depend_on_the_format_of_the_scan() -> None:
    first = scanned(DEMO / "terraform")
    second = scanned(DEMO)
    known = {f.fingerprint for f in first.findings}
    assert known <= {f.fingerprint for f in second.findings}
    assert len(known) == len(first.findings)
