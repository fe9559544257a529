"""Installing as the action and pre-commit do, from a folder of wheels and without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.action.conftest import CLOSED_KEY, OPEN_KEY
from tests.action.runner import Runner
from tests.packaging.wheelhouse import ROOT, fill

HOSTILE = "open('pwned', 'w').close(); raise SystemExit('pwned')\n"

pytestmark = [
    # One worker downloads for all of them.
    pytest.mark.xdist_group("wheelhouse"),
    pytest.mark.skipif(not (ROOT / "action.yml").is_file(), reason="needs the checkout"),
    pytest.mark.skipif(os.name == "nt", reason="needs the bash that runners use"),
]


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which pip has the wheels and nothing else."""
    return fill(tmp_path_factory.mktemp("wheels"))


def test_the_action_installs_without_a_network(tmp_path: Path, offline: dict[str, str]) -> None:
    runner = Runner(tmp_path / "a runner", tmp_path / "work space")
    (runner.workspace / "main.tf").write_text(OPEN_KEY, encoding="utf-8")
    for name in ("pip.py", "venv.py", "ensurepip.py", "hashlib.py", "sitecustomize.py"):
        (runner.workspace / name).write_text(HOSTILE, encoding="utf-8")
    (runner.workspace / "uv.toml").write_text("index-url = 'https://example.invalid'\n")
    first = runner.run({"python": sys.executable}, offline)
    assert first.outputs["exit-code"] == "1", first.log
    assert "with pip" in first.log
    assert not list(runner.workspace.rglob("pwned"))

    again = runner.run({"python": sys.executable}, offline)
    assert again.outputs["exit-code"] == "1", again.log
    assert "installed what" not in again.log

    (python,) = runner.temp.glob("kmsiac-*/bin/python")
    used = subprocess.run(
        [python, "-c", "import hcl2, typer; print(hcl2.__file__)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(used.stdout.strip()).is_relative_to(python.parents[1])


def test_what_cannot_be_installed_is_told(tmp_path: Path, offline: dict[str, str]) -> None:
    runner = Runner(tmp_path / "runner", tmp_path / "workspace")
    empty = tmp_path / "empty"
    empty.mkdir()
    result = runner.run({"python": sys.executable}, {**offline, "PIP_FIND_LINKS": str(empty)})
    assert not result.success
    (annotation,) = result.annotations("error")
    assert "could not be installed" in annotation.message


def _git(folder: Path, *words: str) -> None:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the hooks in it, as one gets it from us."""
    folder = tmp_path_factory.mktemp("hooks") / "kmsiac"
    folder.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("kmsiac", "rules"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    _git(folder, "init", "--quiet")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "--message", "kmsiac")
    return folder


def test_pre_commit_runs_the_hooks(tmp_path: Path, offline: dict[str, str], hooks: Path) -> None:
    project = tmp_path / "project"
    (project / "rules").mkdir(parents=True)
    (project / "key.yaml").write_text(CLOSED_KEY, encoding="utf-8")
    _git(project, "init", "--quiet")
    rules = [sys.executable, "-m", "kmsiac", "rules", "new", "ACME-01", str(project / "rules")]
    subprocess.run(rules, cwd=ROOT, check=True, capture_output=True)
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: HEAD\n  hooks:\n  - id: kmsiac\n"
        "  - id: kmsiac-rules-test\n    args: [rules]\n",
        encoding="utf-8",
    )
    _git(project, "add", ".")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**kept, **offline, "PRE_COMMIT_HOME": str(tmp_path / "cache")}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--color", "never"],
            cwd=project, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    clean = run()
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert clean.stdout.count("Passed") == 2, clean.stdout
    (project / "main.tf").write_text(OPEN_KEY, encoding="utf-8")
    _git(project, "add", ".")
    found = run()
    assert found.returncode == 1, found.stdout + found.stderr
    assert "KP-20" in found.stdout
    assert "main.tf:18" in found.stdout
