"""What is piped in: read where it is asked for, pointed out where it is not, never waited for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = 'resource "aws_kms_key" "k" {}\n'
TEMPLATE = b"Resources: {Piped: {Type: AWS::KMS::Key}}\n"
NOTE = "kmsiac: note: what is piped in was not read: `kmsiac {} -` reads it\n"
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.tf").write_text(KEY, encoding="utf-8")
    return tmp_path


def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KMSIAC_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def kmsiac(
    folder: Path, *arguments: str, stdin: bytes | int = TEMPLATE
) -> subprocess.CompletedProcess[bytes]:
    given = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    return subprocess.run(
        [sys.executable, "-m", "kmsiac", *arguments],
        capture_output=True, cwd=folder, timeout=60, check=False, env=environment(), **given,
    )  # type: ignore[call-overload,no-any-return]  # fmt: skip


def resources(report: bytes) -> set[str]:
    return {finding["resource"] for finding in json.loads(report)["findings"]}


def test_beside_paths_and_twice(folder: Path) -> None:
    run = kmsiac(folder, "scan", "-f", "json", "-", "main.tf", "-")
    assert (run.returncode, run.stderr) == (1, b"")
    assert resources(run.stdout) == {"aws_kms_key.k", "Piped"}


@POSIX
@pytest.mark.parametrize("name", ["/dev/stdin", "/dev/fd/0"])
def test_the_name_of_standard_input_means_it(folder: Path, name: str) -> None:
    run = kmsiac(folder, "scan", "-f", "json", name)
    assert resources(run.stdout) == {"Piped"}
    assert json.loads(run.stdout)["findings"][0]["location"]["path"] == "<stdin>"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_what_a_shell_substitutes_is_a_pipe(folder: Path) -> None:
    (folder / "t").write_bytes(TEMPLATE)
    for line, code in (("<(cat t)", 1), ("<(cat t) <(cat t)", 2), ("<(cat t) -", 2)):
        run = subprocess.run(
            ["bash", "-c", f'"$0" -m kmsiac scan {line}', sys.executable],
            input=b"", capture_output=True, cwd=folder, timeout=60, check=False, env=environment(),
        )  # fmt: skip
        assert run.returncode == code, run.stderr
        assert (b"only one pipe can be read" in run.stderr) is (code == 2)


@POSIX
def test_what_nobody_reads_is_pointed_out(folder: Path) -> None:
    run = kmsiac(folder, "scan", "-f", "json")
    assert resources(run.stdout) == {"aws_kms_key.k"}
    assert run.stderr.decode() == NOTE.format("scan")
    assert kmsiac(folder, "inventory").stderr.decode() == NOTE.format("inventory")
    assert b"kmsiac who-can ACTION KEY -" in kmsiac(folder, "who-can", "*", "aws_kms_key.k").stderr
    for arguments in (("scan", "."), ("scan", "-q"), ("scan", "-")):
        assert b"note: what is piped in" not in kmsiac(folder, *arguments).stderr


@POSIX
def test_an_open_pipe_with_nothing_in_it_is_not_waited_for(folder: Path) -> None:
    reader, writer = os.pipe()
    run = kmsiac(folder, "scan", stdin=reader)
    os.close(writer)
    os.close(reader)
    assert (run.returncode, run.stderr) == (1, b"")
    assert kmsiac(folder, "scan", stdin=subprocess.DEVNULL).stderr == b""
    assert kmsiac(folder, "scan", stdin=b"").stderr == b""
