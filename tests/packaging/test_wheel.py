"""What users install: the wheel, built as a release builds it and run outside the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.action.conftest import OPEN_KEY

ROOT = Path(__file__).resolve().parents[2]


pytestmark = [
    # One worker builds for all of them.
    pytest.mark.xdist_group("wheel"),
    pytest.mark.skipif(
        not (ROOT / "pyproject.toml").is_file(), reason="needs the checkout around the tests"
    ),
]


def _run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KMSIAC_", "PYTHON", "PIP_", "COV_"))
    }
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def _must(*command: str | Path, cwd: Path) -> str:
    run = _run(*command, cwd=cwd)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist, which is built from the checkout. Needs no network."""
    out = tmp_path_factory.mktemp("dist")
    _must(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new environment with the wheel in it.

    Dependencies are those of the environment that runs the tests, through a path file: a plain
    entry there does not run the path files beside it, so an editable kmsiac stays out.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    _must(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
        *("--no-deps", "--no-index", "--disable-pip-version-check", wheel),
        cwd=home,
    )
    site = Path(
        _must(
            python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home
        ).strip()
    )
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("\n".join(sorted(paths)) + "\n", encoding="utf-8")
    return scripts


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder outside the checkout with one key that anybody may use."""
    (tmp_path / "main.tf").write_text(OPEN_KEY, encoding="utf-8")
    return tmp_path


def _version() -> str:
    text = (ROOT / "kmsiac" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, flags=re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_wheel_holds_the_package_and_every_rule(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    rules = {
        path.relative_to(ROOT / "rules").as_posix() for path in (ROOT / "rules").rglob("*.yaml")
    }
    data = {path.relative_to(ROOT).as_posix() for path in (ROOT / "kmsiac").rglob("*.json")}
    assert rules
    assert {f"kmsiac/_rules/{name}" for name in rules} <= names
    assert data | {"kmsiac/__main__.py", "kmsiac/py.typed"} <= names
    assert f"kmsiac-{_version()}.dist-info/licenses/LICENSE" in names
    assert {name.partition("/")[0] for name in names} == {
        "kmsiac",
        f"kmsiac-{_version()}.dist-info",
    }


def test_the_installed_command_tells_its_version(installed: Path, tmp_path: Path) -> None:
    printed = _must(installed / "kmsiac", "--version", cwd=tmp_path)
    assert _version() in printed.split()


def test_the_installed_command_runs_the_installed_package(installed: Path, tmp_path: Path) -> None:
    printed = _must(
        installed / "python", "-c", "import kmsiac; print(kmsiac.__file__)", cwd=tmp_path
    )
    assert Path(printed.strip()).is_relative_to(installed.parent)


def test_the_installed_command_scans(installed: Path, project: Path) -> None:
    run = _run(installed / "kmsiac", "scan", "-f", "json", "main.tf", cwd=project)
    assert run.returncode == 1, run.stdout + run.stderr
    (finding,) = [one for one in json.loads(run.stdout)["findings"] if one["rule"] == "KP-20"]
    assert finding["resource"] == "aws_kms_key.open"
    assert finding["location"]["path"] == "main.tf"
    assert finding["location"]["line"] == 18


def test_the_installed_command_knows_its_rules(installed: Path, tmp_path: Path) -> None:
    assert "KP-20" in _must(installed / "kmsiac", "rules", "list", cwd=tmp_path)


def test_a_checkout_without_install_tells_its_version() -> None:
    printed = _must(sys.executable, "-m", "kmsiac", "--version", cwd=ROOT)
    assert _version() in printed.split()


def test_a_checkout_without_install_scans(project: Path) -> None:
    run = _run(sys.executable, "-m", "kmsiac", "scan", "-f", "json", project, cwd=ROOT)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "KP-20" in {finding["rule"] for finding in json.loads(run.stdout)["findings"]}
