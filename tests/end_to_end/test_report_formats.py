"""Reports of real scans: valid by their schemas, the same bytes from anywhere, several in one run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kmsiac.cli import run
from kmsiac.reporters import MODULES
from tests.reporters.sarif_schema import official_schema

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PROJECTS = sorted(
    str(path.relative_to(FIXTURES))
    for path in (
        *FIXTURES.glob("demo/*"), *FIXTURES.glob("access/*"), *FIXTURES.glob("good/*"),
        *FIXTURES.glob("hostile/*"), FIXTURES / "refused",
    )
    if path.is_dir() or path.name == "plan.json"
)  # fmt: skip
MODULE = """\
variable "policy" { default = "x" }
resource "aws_kms_key" "k" {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "kms:Decrypt", Resource = "*" }] })
}
resource "aws_kms_key" "open" { policy = var.policy }
"""
TREE = {
    "main.tf": 'module "a" {\n  source = "./m"\n}\nmodule "gone" {\n  source = "./gone"\n}\n',
    "m/k.tf": MODULE,
    "broken.tf": 'resource "x" {\n',
    "one.json": '{"Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": {}}}}',
}


def schema(name: str) -> dict[str, Any]:
    text = (files("kmsiac") / "schemas" / f"{name}-1.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def validate(name: str, told: str) -> None:
    jsonschema.Draft202012Validator(schema(name)).validate(json.loads(told))


@pytest.mark.parametrize("project", PROJECTS)
def test_scan_and_inventory_are_what_their_schemas_say(
    project: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(FIXTURES / project)
    assert run(["scan", "-f", "json", path]) in (0, 1, 3)
    validate("scan", capfd.readouterr().out)
    assert run(["inventory", "-f", "json", path]) in (0, 3)
    validate("inventory", capfd.readouterr().out)


@pytest.mark.parametrize("project", PROJECTS)
def test_sarif_of_real_scans_is_valid(project: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["scan", "-f", "sarif", str(FIXTURES / project)]) in (0, 1, 3)
    log = json.loads(capfd.readouterr().out)
    jsonschema.Draft7Validator(official_schema()).validate(log)


@pytest.mark.parametrize("name", ["scan", "inventory"])
def test_a_schema_catches_a_member_that_is_not_promised(name: str) -> None:
    assert schema(name)["additionalProperties"] is False
    with pytest.raises(jsonschema.ValidationError, match="extra"):
        validate(name, '{"schema_version": 1, "extra": 1}')


@pytest.mark.parametrize("format", MODULES)
def test_the_same_bytes_twice_and_from_anywhere_in_the_repository(
    kmsiac: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    ran = kmsiac(TREE, "scan", "-f", format)
    assert ran.code == 1 and ran.err == ""
    assert kmsiac({}, "scan", "-f", format).out == ran.out
    assert str(tmp_path) not in ran.out
    monkeypatch.chdir(tmp_path / "m")
    out = tmp_path.parent / f"{tmp_path.name}.out"
    assert run(["scan", "-f", f"{format}={out}", ".."]) == 1
    assert out.read_bytes() == ran.out.encode()


def test_all_formats_in_one_run(kmsiac: Callable[..., Any], tmp_path: Path) -> None:
    wanted = [
        part for format in MODULES if format != "text" for part in ("-f", f"{format}={format}.out")
    ]
    ran = kmsiac(TREE, "scan", "-f", "text", *wanted)
    assert ran.out == kmsiac(TREE, "scan").out
    for format in MODULES:
        if format != "text":
            written = (tmp_path / f"{format}.out").read_text(encoding="utf-8")
            assert written == kmsiac(TREE, "scan", "-f", format).out


def test_max_findings_keeps_the_worst_and_the_exit_code(kmsiac: Callable[..., Any]) -> None:
    whole = json.loads(kmsiac(TREE, "scan", "-f", "json").out)
    ran = kmsiac(TREE, "scan", "-f", "json", "--max-findings", "1")
    cut = json.loads(ran.out)
    assert [one["severity"] for one in cut["findings"]] == ["critical"]
    assert cut["cut"] == len(whole["findings"]) - 1 > 0
    assert cut["summary"] == whole["summary"]
    low = kmsiac(TREE, "scan", "--max-findings", "1", "--fail-on", "medium")
    assert (low.code, "more findings left out" in low.out) == (1, True)
    assert kmsiac(TREE, "scan", "--max-findings", "0").code == 2


def test_the_category_reaches_sarif(kmsiac: Callable[..., Any]) -> None:
    log = json.loads(kmsiac(TREE, "scan", "-f", "sarif", "--category", "infra").out)
    assert log["runs"][0]["automationDetails"] == {"id": "infra/"}


def test_what_stands_on_one_line_has_a_line_hash_for_each_result(
    kmsiac: Callable[..., Any],
) -> None:
    plan = json.loads((FIXTURES / "demo" / "plan.json").read_text())
    log = json.loads(
        kmsiac({"plan.json": json.dumps(plan)}, "scan", "-f", "sarif", "plan.json").out
    )
    results = log["runs"][0]["results"]
    marks = {
        (one["ruleId"], one["partialFingerprints"]["primaryLocationLineHash"]) for one in results
    }
    assert len(marks) == len(results) > 10
    for one in results:
        place = one["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "plan.json"
        assert place["region"]["startLine"] == 1


def test_a_plan_from_standard_input_has_a_place(process: Callable[..., Any]) -> None:
    plan = (FIXTURES / "demo" / "plan.json").read_bytes()
    ran = process({}, "scan", "-f", "sarif", "-", stdin=plan)
    uris = {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for one in json.loads(ran.out)["runs"][0]["results"]
    }
    assert uris == {"stdin"}
