"""The container image: its steps, run without a container, and what its files say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.action.conftest import OPEN_KEY

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.xdist_group("image"),
    pytest.mark.skipif(not (ROOT / "Dockerfile").is_file(), reason="needs the checkout"),
    pytest.mark.skipif(os.name == "nt", reason="images are Linux"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image has in /opt/kmsiac; the dependencies are those of these tests."""
    home = tmp_path_factory.mktemp("image") / "kmsiac"
    venv.create(home, with_pip=False, symlinks=True)
    (site,) = home.glob("lib/python*/site-packages")
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("\n".join(sorted(paths)) + "\n", encoding="utf-8")
    for name in ("kmsiac", "rules"):
        shutil.copytree(
            ROOT / name, home / "src" / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    step = [home / "bin" / "python", "-I", ROOT / "action" / "image.py", home]
    subprocess.run(step, check=True, capture_output=True)
    return home


def _state(folder: Path) -> dict[Path, tuple[int, int]]:
    states = ((path, path.lstat()) for path in folder.rglob("*"))
    return {path: (info.st_mtime_ns, info.st_size) for path, info in states}


def test_nothing_is_written_at_run_time(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (source / "main.tf").write_text(OPEN_KEY, encoding="utf-8")
    (source / "json.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    before = {**_state(home), **_state(source)}
    assert home / "cache" / "kmsiac" / "hcl2-grammar.bin" in before
    nowhere = "/nonexistent"
    done = subprocess.run(
        ["kmsiac", "scan"],
        cwd=source, capture_output=True, text=True, check=False,
        executable=home / "bin" / "kmsiac",
        env={
            "PATH": str(home / "bin"), "HOME": nowhere, "TMPDIR": nowhere,
            "XDG_CACHE_HOME": str(home / "cache"), "PYTHONDONTWRITEBYTECODE": "1",
        },
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "main.tf:18" in done.stdout
    assert {**_state(home), **_state(source)} == before


def test_the_command_runs_the_copy(home: Path) -> None:
    code = "import kmsiac; print(kmsiac.__file__)"
    python = home / "bin" / "python"
    done = subprocess.run(
        [python, "-c", code], cwd=home, env={}, capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()).is_relative_to(home / "src")


def _instructions() -> list[str]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [line for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]


def test_the_image_is_made_from_what_is_pinned_and_runs_as_nobody() -> None:
    lines = _instructions()
    assert [line for line in lines if line.startswith("USER")] == ["USER 65532:65532"]
    for line in lines:
        if line.startswith("FROM"):
            assert re.match(r"FROM python:3\.\d+-slim-[a-z]+( AS build)?$", line)
        if "pip install" in line:
            assert "--require-hashes" in line
            assert "--only-binary :all:" in line


def test_what_is_copied_is_there_and_not_left_out() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in _instructions():
        if line.startswith("COPY") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in ignored


def test_the_version_of_python_is_one_that_we_support() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    supported = set(re.findall(r"Python :: (3\.\d+)", text))
    used = {found for line in _instructions() for found in re.findall(r"python:(3\.\d+)", line)}
    assert used <= supported
