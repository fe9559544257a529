"""action.yml and what stands around it, without running it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kmsiac.cli.github_action.inputs import read_inputs
from tests.action.runner import ROOT
from tests.action.tables import PAGE, with_tables

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
FOR_OTHER_STEPS = {"python", "install"}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
_PINNED = re.compile(r"uses: (?!\./)\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


class _Asked(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return default


def _variable(name: str) -> str:
    return "INPUT_" + name.replace("-", "_").upper()


def test_every_input_reaches_the_scan_and_is_read() -> None:
    asked = _Asked()
    read_inputs(asked)
    (scan,) = [step for step in STEPS if step.get("id") == "scan"]
    (install,) = [step for step in STEPS if step.get("id") == "install"]
    wanted = {_variable(name): f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    assert {**scan["env"], **install["env"]}.items() >= wanted.items()
    assert asked.names == wanted.keys() - {_variable(name) for name in FOR_OTHER_STEPS}


def test_no_expression_is_part_of_a_script() -> None:
    assert [step["name"] for step in STEPS if "${{" in step.get("run", "")] == []


def test_inputs_and_outputs_say_what_they_are() -> None:
    for one in [*ACTION["inputs"].values(), *ACTION["outputs"].values()]:
        assert one["description"].endswith((".", "..."))
        assert "\n" not in one["description"]


def test_the_tables_of_the_page_are_those_of_the_action() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_tables(text) == text, "make docs writes them anew"


@pytest.mark.parametrize(
    "path", [ROOT / "action.yml", *WORKFLOWS, PAGE], ids=lambda path: path.name
)
def test_other_actions_are_pinned(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    used = [line.strip().removeprefix("- ") for line in lines if "uses: " in line]
    used = [line for line in used if "kmsiac@" not in line and "uses: ./ " not in line]
    assert [line for line in used if not _PINNED.fullmatch(line)] == []


def _run(*command: str | Path, stdin: str | None = None) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found is not None, f"{name} is among the dev dependencies"
    return found


def test_the_schema_of_actions() -> None:
    _run(_tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", "action.yml")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The workflows that docs/github-action.md shows, as files of a repository."""
    blocks = re.findall(
        r"^```yaml\n(name:.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) == 4
    folder = tmp_path_factory.mktemp("examples") / ".github" / "workflows"
    folder.mkdir(parents=True)
    for number, block in enumerate(blocks):
        text = block.replace("OWNER/kmsiac@COMMIT", f"OWNER/kmsiac@{'a' * 40}")
        (folder / f"example{number}.yml").write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


def test_the_schemas_of_workflows_and_updates(examples: list[Path]) -> None:
    tool = _tool("check-jsonschema")
    _run(tool, "--builtin-schema", "vendor.github-workflows", *WORKFLOWS, *examples)
    _run(tool, "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")


def test_zizmor(examples: list[Path]) -> None:
    _run(_tool("zizmor"), "--offline", "--no-progress", "action.yml", ".github", *examples)


def test_examples_use_inputs_that_exist(examples: list[Path]) -> None:
    for path in examples:
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            for step in job["steps"]:
                if "kmsiac@" in step.get("uses", ""):
                    assert step.get("with", {}).keys() <= ACTION["inputs"].keys()


def _scripts() -> list[Any]:
    found = [pytest.param(step["run"], id=step["name"]) for step in STEPS if "run" in step]
    for path in WORKFLOWS:
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            found += [
                pytest.param(step["run"], id=step.get("name", step["run"].splitlines()[0]))
                for step in job["steps"]
                if "run" in step
            ]
    return [*found, pytest.param((ROOT / ".ci" / "run").read_text(encoding="utf-8"), id=".ci/run")]


@pytest.mark.parametrize("script", _scripts())
def test_shellcheck(script: str) -> None:
    _run(_tool("shellcheck"), "--shell=bash", "-", stdin=script)
