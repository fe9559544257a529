"""Completion in a shell: what is offered, by the protocol that the shells' scripts speak."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE = {"kmsiac.scan", "kmsiac.access", "hcl2", "yaml"}


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KMSIAC_", "_TYPER"))}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def offered(line: str) -> list[str]:
    """What bash would offer at the end of a line."""
    words = line.split(" ")
    run = subprocess.run(
        [sys.executable, "-m", "kmsiac"], capture_output=True, text=True, timeout=60, check=True,
        env=environment(
            _KMSIAC_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1)
        ),
    )  # fmt: skip
    assert run.stderr == ""
    return run.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("kmsiac ", ["scan", "inventory", "can", "who-can", "principal-can", "explain"]),
        ("kmsiac inv", ["inventory"]),
        ("kmsiac rules l", ["list", "lint"]),
        ("kmsiac explain KP-2", ["KP-20", "KP-21"]),
        ("kmsiac scan --select KP-20", ["KP-20"]),
        ("kmsiac scan --ignore KP-20,key-s", ["KP-20,key-settings"]),
        ("kmsiac scan -f sa", ["sarif"]),
        ("kmsiac explain --format j", ["json"]),
        ("kmsiac scan --fail-on h", ["high"]),
        ("kmsiac scan --policy-kind s", ["session", "scp"]),
        ("kmsiac scan --min", ["--min-severity"]),
        ("kmsiac who-can --qu", ["--quiet"]),
        ("kmsiac scan ", []),
    ],
)
def test_what_is_offered(line: str, words: list[str]) -> None:
    found = offered(line)
    assert found[: len(words)] == words
    assert not found or words


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_rules_are_offered_with_their_names(shell: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "kmsiac"], capture_output=True, text=True, timeout=60, check=True,
        env=environment(
            _KMSIAC_COMPLETE=f"complete_{shell}", _TYPER_COMPLETE_ARGS="kmsiac explain KP-2",
            _TYPER_COMPLETE_FISH_ACTION="get-args",
        ),
    )  # fmt: skip
    assert "KP-20" in run.stdout
    assert "public-key-policy" in run.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_shell_has_a_script(shell: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "kmsiac"], capture_output=True, text=True, timeout=60, check=True,
        env=environment(_KMSIAC_COMPLETE=f"source_{shell}"),
    )  # fmt: skip
    assert f"complete_{shell}" in run.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_script_of_bash_works_in_bash(tmp_path: Path) -> None:
    command = tmp_path / "kmsiac"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kmsiac "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    script = (
        'eval "$(_KMSIAC_COMPLETE=source_bash kmsiac)"; COMP_WORDS=(kmsiac explain KP-2); '
        'COMP_CWORD=2; _kmsiac_completion kmsiac; echo "${COMPREPLY[@]}"'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True, text=True, timeout=60, check=True, env=environment(PATH=path),
    )  # fmt: skip
    assert run.stdout.split()[:2] == ["KP-20", "KP-21"]


@pytest.mark.parametrize("line", ["kmsiac ", "kmsiac explain KP-", "kmsiac scan --sel"])
def test_completion_does_not_load_the_engine(line: str) -> None:
    code = (
        "import atexit, sys; from kmsiac.cli import run\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "run([])"
    )
    words = str(len(line.split(" ")) - 1)
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False,
        env=environment(_KMSIAC_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=words),
    )  # fmt: skip
    loaded = set(run.stderr.split())
    assert "kmsiac.cli" in loaded
    assert loaded & ENGINE == set()
