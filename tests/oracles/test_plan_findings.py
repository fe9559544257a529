"""The plan of each recorded project, judged: alone it says less than its code, with it the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from kmsiac.config import ScanOptions
from kmsiac.findings.finding import ScanResult
from kmsiac.frontends.unit import Inputs
from kmsiac.scan import scan, take_inventory
from kmsiac.stack import Environment
from tests.oracles.documents import corrected, differences

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "recorded"
PROJECTS = sorted(folder for folder in RECORDED.glob("*") if (folder / "plan.json").is_file())


def _judged(path: Path, environment: Any, source: Path | None = None) -> ScanResult:
    told = Environment(environment["account_id"], environment["region"], environment["partition"])
    inputs = Inputs(environment=told, source_folder=source)
    return scan(ScanOptions(paths=(path,), working_directory=path.parent, inputs=inputs))


def _told(result: ScanResult) -> set[tuple[str, str]]:
    return {
        (finding.rule, address.address)
        for finding in result.findings
        for address in finding.addresses
        if "/" not in address.address  # a policy of a file beside the code is no part of a plan
    }


def _open(result: ScanResult) -> set[tuple[str, str]]:
    return {(rule, entry.resource) for entry in result.unresolved for rule in entry.rules}


@pytest.mark.parametrize("project", PROJECTS, ids=lambda folder: folder.name)
def test_a_plan_finds_what_its_code_does_or_says_that_it_cannot(
    project: Path, tmp_path: Path
) -> None:
    environment = json.loads((project / "expected.json").read_text("utf-8"))["environment"]
    code = tmp_path / "code"
    shutil.copytree(project, code, ignore=shutil.ignore_patterns("plan.json", "expected.json"))
    plan = tmp_path / "plan.json"
    shutil.copy(project / "plan.json", plan)

    of_code = _judged(code, environment)
    of_plan = _judged(plan, environment)
    of_both = _judged(plan, environment, code)

    assert _told(of_plan) - _told(of_code) - _open(of_code) == set(), "the plan alone knows more"
    missing = _told(of_code) - _told(of_plan)
    assert missing - _open(of_plan) == set(), "the plan says nothing of a finding"
    assert _told(of_both) - _told(of_code) - _open(of_code) == set(), "both know more"
    assert _told(of_code) - _told(of_both) - _open(of_both) == set(), "both say nothing of it"


@pytest.mark.parametrize("project", PROJECTS, ids=lambda folder: folder.name)
def test_a_plan_with_its_code_has_every_document(project: Path, tmp_path: Path) -> None:
    text = (project / "plan.json").read_text("utf-8")
    recording = corrected(json.loads((project / "expected.json").read_text("utf-8")), text)
    told = recording["environment"]
    environment = Environment(told["account_id"], told["region"], told["partition"])
    code = tmp_path / project.name
    shutil.copytree(project, code, ignore=shutil.ignore_patterns("plan.json", "expected.json"))
    shutil.copy(project / "plan.json", tmp_path / "plan.json")
    inputs = Inputs(environment=environment, source_folder=code)

    inventory = take_inventory(ScanOptions(paths=(tmp_path / "plan.json",), inputs=inputs))

    found = [str(each) for each in differences(recording, inventory)]
    assert found == []
