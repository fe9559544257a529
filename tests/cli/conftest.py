"""The command line in this process, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.access_project import CommandLine


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> CommandLine:
    """`command(*arguments)` beside a main.tf with keys, a role, a user and endpoints."""
    monkeypatch.chdir(tmp_path)
    return CommandLine(capfd, tmp_path)
