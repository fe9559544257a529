"""The line that says how far a scan is: on a terminal, after a second, and gone at the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kmsiac.cli.progress import Progress, wanted
from kmsiac.config import ScanOptions
from kmsiac.scan import scan

ROOT = Path(__file__).resolve().parents[2]
SLOW = """\
import sys, time
from kmsiac.cli.progress import Progress
with Progress(quiet={quiet}) as progress:
    time.sleep(1.3)
    progress(3, 9, "infra/\\x1b[2J" + "x" * 200)
    time.sleep(0.7)
print("report")
"""


@pytest.mark.parametrize(
    ("quiet", "terminal", "environment", "shown"),
    [
        (False, True, {}, True),
        (True, True, {}, False),
        (False, False, {}, False),
        (False, True, {"CI": "true"}, False),
        (False, True, {"TERM": "dumb"}, False),
    ],
)
def test_who_sees_it(quiet: bool, terminal: bool, environment: dict[str, str], shown: bool) -> None:
    assert wanted(quiet, terminal, environment) is shown


def on_a_terminal(quiet: bool) -> str:
    ours, theirs = os.openpty()
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "TERM")}
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW.format(quiet=quiet)],
        stderr=theirs, stdout=theirs, cwd=ROOT, env={**kept, "TERM": "xterm", "COLUMNS": "60"},
    )  # fmt: skip
    os.close(theirs)
    told = b""
    try:
        while part := os.read(ours, 10_000):
            told += part
    except OSError:  # Linux: the other end is closed
        pass
    process.wait(60)
    os.close(ours)
    return told.decode()


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_one_line_is_rewritten_and_wiped() -> None:
    told = on_a_terminal(quiet=False)
    line, end, report = told.rpartition("\r \r".replace(" ", " " * 59))
    assert end, repr(told)
    assert report == "report\r\n"
    assert "\rkmsiac: looking for templates" in line
    assert "\rkmsiac: 3 of 9 scanned, now infra/\\x1b[2Jxxx" in line
    assert "\n" not in line
    assert all(len(shown.rstrip()) < 60 for shown in line.split("\r"))


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_quiet_is_quiet() -> None:
    assert on_a_terminal(quiet=True) == "report\r\n"


def test_nothing_goes_to_a_pipe(capfd: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=False) as progress:
        progress(1, 2, "x")
    assert capfd.readouterr().err == ""


def test_a_scan_tells_each_unit_before_it(tmp_path: Path) -> None:
    for name in ("a/main.tf", "b/main.tf"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text('resource "aws_kms_key" "k" {}\n', encoding="utf-8")
    (tmp_path / "c.yaml").write_text("Resources: {K: {Type: AWS::KMS::Key}}\n", encoding="utf-8")
    told: list[tuple[int, int, str]] = []
    scan(ScanOptions(working_directory=tmp_path), lambda *now: told.append(now))
    assert told == [(0, 3, "a"), (1, 3, "b"), (2, 3, "c.yaml")]
