"""Trees with a configuration, and the command line in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kmsiac.cli import run

ROTATION = (
    'variable "rotate" {\n  type    = bool\n  default = false\n}\n\n'
    'resource "aws_kms_key" "k" {\n  enable_key_rotation = var.rotate\n}\n'
)
"""A key with KEY-01, medium, at 7:3, unless `rotate` is true."""
Files = dict[str, str | bytes]


class Ran(NamedTuple):
    """The exit code of a run, its report, and what it said on standard error."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The report, where it is JSON."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def rules(self) -> list[str]:
        """The findings as `RULE path`."""
        return [f"{f['rule']} {f['location']['path']}" for f in self.report["findings"]]

    @property
    def settings(self) -> list[tuple[str, str, str]]:
        """The settings as (key, value, origin)."""
        return [(s["key"], s["value"], s["origin"]) for s in self.report["settings"]]


Kmsiac = Callable[..., Ran]


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder that is the root of a repository."""
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    return folder


@pytest.fixture
def kmsiac(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Kmsiac:
    """`kmsiac(files, *arguments, here="")`: write the files, run the command line in `here`."""

    def call(files: Files, *arguments: str, here: str = "") -> Ran:
        write(repository, files)
        monkeypatch.chdir(repository / here)
        capfd.readouterr()
        code = run(arguments)
        told = capfd.readouterr()
        assert "internal error" not in told.err, told.err
        return Ran(code, told.out, told.err)

    return call
