"""The steps of the action, run as GitHub's runner runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.action.conftest import CLOSED_KEY, OPEN_KEY, OPEN_LINE, copy_action
from tests.action.runner import ROOT, Result, Runner

Act = Callable[..., Result]
GATE = "Fail on what was found"


def test_a_clean_workspace_passes(act: Act) -> None:
    result = act({"key.yaml": CLOSED_KEY})
    assert result.success, result.log
    counts = {k: v for k, v in result.outputs.items() if not k.endswith("-file")}
    assert counts == {
        "exit-code": "0", "findings": "0", "critical": "0", "high": "0", "medium": "0",
        "low": "0", "info": "0", "unresolved": "0", "suppressed": "0",
    }  # fmt: skip
    assert result.annotations("error") == []


def test_a_finding_is_on_its_line_and_fails_the_last_step(act: Act) -> None:
    result = act({"main.tf": OPEN_KEY})
    assert result.steps[GATE] == "failure"
    assert [name for name, how in result.steps.items() if how == "failure"] == [GATE]
    assert result.outputs["exit-code"] == "1"
    assert result.outputs["critical"] == "1"
    (annotation,) = [a for a in result.annotations("error") if "KP-20" in str(a)]
    assert annotation.properties["file"] == "main.tf"
    assert annotation.properties["line"] == str(OPEN_LINE)
    assert "KP-20" in result.summary
    assert "aws_kms_key.open" in result.summary


def test_the_files_of_the_outputs_hold_the_reports(act: Act) -> None:
    result = act({"main.tf": OPEN_KEY})
    report = json.loads(Path(result.outputs["json-file"]).read_text(encoding="utf-8"))
    assert sum(report["summary"]["findings"].values()) == int(result.outputs["findings"])
    sarif = json.loads(Path(result.outputs["sarif-file"]).read_text(encoding="utf-8"))
    assert "KP-20" in {one["ruleId"] for one in sarif["runs"][0]["results"]}


def test_reports_go_where_the_workflow_says(act: Act, runner: Runner) -> None:
    result = act(
        {"key.yaml": CLOSED_KEY}, sarif_file="reports/kms.sarif", json_file="reports/kms.json"
    )
    assert result.success, result.log
    assert Path(result.outputs["sarif-file"]) == runner.workspace / "reports" / "kms.sarif"
    assert json.loads(Path(result.outputs["json-file"]).read_text(encoding="utf-8"))["tool"]


def test_nothing_is_written_into_the_workspace_without_being_asked(
    act: Act, runner: Runner
) -> None:
    act({"main.tf": OPEN_KEY})
    assert [path.name for path in runner.workspace.iterdir()] == ["main.tf"]


def test_sarif_is_uploaded_only_when_asked_and_before_the_gate(act: Act) -> None:
    assert act({"main.tf": OPEN_KEY}).uses == []
    result = act({"main.tf": OPEN_KEY}, upload_sarif="true", category="kms")
    ((action, given),) = result.uses
    assert action.startswith("github/codeql-action/upload-sarif@")
    assert given == {"sarif_file": result.outputs["sarif-file"]}
    sarif = json.loads(Path(given["sarif_file"]).read_text(encoding="utf-8"))
    assert sarif["runs"][0]["automationDetails"]["id"].startswith("kms")
    assert result.steps[GATE] == "failure"


def test_fail_on_never_passes_and_still_tells(act: Act) -> None:
    result = act({"main.tf": OPEN_KEY}, fail_on="never")
    assert result.success
    assert result.outputs["critical"] == "1"
    assert result.annotations("error")


def test_annotations_and_summary_can_be_switched_off(act: Act) -> None:
    result = act({"main.tf": OPEN_KEY}, annotations="false", summary="false")
    assert result.commands == []
    assert result.summary == ""
    assert "KP-20" in result.log


def test_an_unreadable_template_fails_and_is_told(act: Act) -> None:
    result = act({"main.tf": 'resource "aws_kms_key" {{{'})
    assert not result.success
    assert result.outputs["exit-code"] == "3"
    assert "main.tf" in result.log
    assert "main.tf" in result.summary


def test_nothing_to_scan_fails(act: Act) -> None:
    result = act({"README.md": "no template here"})
    assert not result.success
    assert result.outputs["exit-code"] == "3"


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"fail_on": "hgih"}, "hgih"),
        ({"strict": "yes"}, 'the input "strict" is "yes" (write true or false)'),
        ({"upload_sarif": "True"}, 'the input "upload-sarif" is "True"'),
        ({"region": "a\nb"}, 'the input "region" has several lines'),
        ({"extra_args": "--no-such-option"}, "--no-such-option"),
        ({"select": "KP-999"}, "KP-999"),
    ],
)
def test_wrong_use_is_told_on_the_pull_request(act: Act, inputs: dict[str, str], told: str) -> None:
    result = act({"key.yaml": CLOSED_KEY}, **inputs)
    assert not result.success
    assert result.outputs["exit-code"] == "2"
    assert result.outputs["sarif-file"] == ""
    (annotation,) = result.annotations("error")
    assert told in annotation.message
    assert told in result.summary


def test_install_takes_true_or_false(act: Act) -> None:
    result = act({"key.yaml": CLOSED_KEY}, install="no")
    assert not result.success
    (annotation,) = result.annotations("error")
    assert annotation.message == 'the input "install" is "no": write true or false'
    assert result.outputs["exit-code"] == ""


def test_a_python_that_is_not_there_is_told(act: Act) -> None:
    result = act({"key.yaml": CLOSED_KEY}, python="/no/such/python")
    (annotation,) = result.annotations("error")
    assert "No Python 3.11 or later" in annotation.message


def test_several_paths_and_a_plan_make_one_scan(act: Act) -> None:
    result = act(
        {"a b/main.tf": OPEN_KEY, "c,d.yaml": CLOSED_KEY, "unseen/main.tf": OPEN_KEY},
        paths="a b\n\n  c,d.yaml\n",
    )
    report = json.loads(Path(result.outputs["json-file"]).read_text(encoding="utf-8"))
    assert report["summary"]["files"] == 2
    assert {one["location"]["path"] for one in report["findings"]} == {"a b/main.tf"}


def test_arguments_of_ones_own_are_handed_on(act: Act) -> None:
    files = {"main.tf": OPEN_KEY.replace('"kms:Decrypt"', "var.action")}
    files["main.tf"] += 'variable "action" {}\n'
    result = act(files, extra_args="--var\naction=kms:Decrypt\n\n--pedantic\n", fail_on="never")
    report = json.loads(Path(result.outputs["json-file"]).read_text(encoding="utf-8"))
    assert "KP-20" in {one["rule"] for one in report["findings"]}


def test_select_and_ignore_take_lists(act: Act) -> None:
    assert act({"main.tf": OPEN_KEY}, ignore="KP-20, key-policies\n iam-policies").success
    assert not act({}, select="COND-01\nKP-20").success


def test_a_debugged_run_says_more(act: Act) -> None:
    files = {"main.tf": OPEN_KEY}
    quiet = act(files)
    loud = act(files, environment={"RUNNER_DEBUG": "1"})
    assert len(loud.log) > len(quiet.log)


def test_folders_may_have_blanks(tmp_path: Path) -> None:
    action = tmp_path / "an action's folder"
    copy_action(action)
    runner = Runner(tmp_path / "a runner", tmp_path / "a work space; here", action)
    (runner.workspace / "main.tf").write_text(OPEN_KEY, encoding="utf-8")
    result = runner.run({"install": "false", "python": sys.executable})
    assert result.outputs["exit-code"] == "1", result.log


def test_the_configuration_of_the_base_branch_counts_alone(act: Act, runner: Runner) -> None:
    for name in ("head", "base"):
        (runner.workspace / name / ".git").mkdir(parents=True)
    files = {
        "base/.kmsiac.yaml": "severity: {KP-20: low}\n",
        "head/.kmsiac.yaml": "fail_on: never\nexclude: ['**']\n",
        "head/infra/main.tf": OPEN_KEY,
    }
    result = act(files, paths="head", config="base/.kmsiac.yaml", select="KP-20", fail_on="low")
    assert result.outputs["exit-code"] == "1", result.log
    assert result.outputs["low"] == "1"
    (annotation,) = [one for one in result.annotations("notice") if "file" in one.properties]
    assert annotation.properties["file"] == "infra/main.tf"


@pytest.mark.skipif(
    find_spec("kmsiac.cli.baseline") is None, reason="ignores and baselines are not there yet"
)
def test_ignores_and_baseline_of_the_base_branch(act: Act, runner: Runner) -> None:
    for name in ("head", "base"):
        (runner.workspace / name / ".git").mkdir(parents=True)
    inputs = {"paths": "head", "config": "base/.kmsiac.yaml", "select": "KP-20"}
    entry = "{rule: KP-20, path: infra/**, reason: is taken down in March}"
    files = {
        "base/.kmsiac.yaml": f"ignore:\n  - {entry}\n",
        "head/infra/main.tf": OPEN_KEY.replace('"open"', '"known"'),
        "head/new/main.tf": OPEN_KEY,
    }
    result = act(files, **inputs)
    assert result.outputs["exit-code"] == "1", result.log
    assert result.outputs["suppressed"] == "1"
    (annotation,) = result.annotations("error")
    assert annotation.properties["file"] == "new/main.tf"

    (runner.workspace / "base" / "new").mkdir()
    (runner.workspace / "base" / "new" / "main.tf").write_text(OPEN_KEY, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "kmsiac", "baseline", "create"],
        cwd=runner.workspace / "base", check=True, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    result = act({}, **inputs, baseline="base/.kmsiac-baseline.json")
    assert result.success, result.log
    assert result.outputs["suppressed"] == "2"
