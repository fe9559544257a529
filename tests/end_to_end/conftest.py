"""Running the command line on trees that a test writes: in this process, or as a real one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from kmsiac.cli import run

ROOT = Path(__file__).resolve().parents[2]
Files = dict[str, str | bytes]


class Ran(NamedTuple):
    """The exit code of a run, its report, and what it said on standard error."""

    code: int
    out: str
    err: str


def write_files(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def kmsiac(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """`kmsiac(files, *arguments)`: write the files and run the command line beside them."""

    def call(files: Files, *arguments: str) -> Ran:
        write_files(tmp_path, files)
        monkeypatch.chdir(tmp_path)
        capfd.readouterr()
        code = run(arguments)
        told = capfd.readouterr()
        assert "internal error" not in told.err, told.err
        return Ran(code, told.out, told.err)

    return call


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., Ran]:
    """`process(files, *arguments, stdin=b"")`: the same in a real process, with a time limit."""

    def call(files: Files, *arguments: str, stdin: bytes = b"", seconds: float = 60) -> Ran:
        write_files(tmp_path, files)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KMSIAC_", "TF_VAR_"))}
        done = subprocess.run(
            [sys.executable, "-m", "kmsiac", *arguments],
            input=stdin, capture_output=True, cwd=tmp_path, timeout=seconds, check=False,
            env={**kept, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call
