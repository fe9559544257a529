"""Small projects in Terraform, as a plan and in CloudFormation: the same findings, the same doubts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsiac.findings.finding import ScanResult
from kmsiac.frontends.unit import Inputs
from kmsiac.scan import ScanOptions, scan, take_inventory
from kmsiac.stack import Environment

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TWINS = FIXTURES / "twins"
PAIRS: dict[str, dict[str, str]] = json.loads((TWINS / "pairs.json").read_text())
PLACE = Inputs(Environment("123456789012", "us-east-1", "aws"))


def terraform(name: str) -> Path:
    own = TWINS / name / "main.tf"
    return own if own.exists() else FIXTURES / "recorded" / name / "main.tf"


def options(path: Path) -> ScanOptions:
    return ScanOptions(paths=(path,), working_directory=FIXTURES, inputs=PLACE)


def scanned(path: Path) -> ScanResult:
    result = scan(options(path))
    assert not result.errors, result.errors
    return result


def found(result: ScanResult, names: dict[str, str]) -> set[tuple[str, str, str]]:
    """Rule, severity and resource of the findings, for each resource that their code makes."""
    return {
        (finding.rule, finding.severity, names.get(one.address, one.address))
        for finding in result.findings
        for one in finding.addresses
    }


def doubted(result: ScanResult, names: dict[str, str]) -> set[tuple[str, str]]:
    """Rule and resource of what could not be decided."""
    return {
        (rule, names.get(address, address))
        for entry in result.unresolved
        for rule in entry.rules
        for address in (entry.addresses or (entry.resource,))
    }


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_terraform_and_cloudformation_have_the_same_findings(name: str) -> None:
    hcl, template = scanned(terraform(name)), scanned(TWINS / name / "template.yaml")
    assert found(hcl, PAIRS[name]) == found(template, {})
    assert doubted(hcl, PAIRS[name]) == doubted(template, {})


@pytest.mark.parametrize("name", [name for name in sorted(PAIRS) if name[0].isdigit()])
def test_the_plan_has_them_or_says_what_it_cannot_tell(name: str) -> None:
    plan = scanned(terraform(name).with_name("plan.json"))
    template = found(scanned(TWINS / name / "template.yaml"), {})
    told = found(plan, PAIRS[name])
    assert told <= template
    still_open = doubted(plan, PAIRS[name])
    assert {(rule, at) for rule, _, at in template - told} <= still_open


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_they_have_the_same_policies(name: str) -> None:
    def policies(path: Path, names: dict[str, str]) -> list[tuple[str, str]]:
        listed = take_inventory(options(path))["policies"]
        return sorted((names.get(one["resource"], one["resource"]), one["kind"]) for one in listed)

    assert policies(terraform(name), PAIRS[name]) == policies(TWINS / name / "template.yaml", {})


def test_every_twin_is_compared() -> None:
    assert {path.name for path in TWINS.iterdir() if path.is_dir()} == set(PAIRS)
