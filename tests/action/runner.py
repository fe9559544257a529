"""A runner for composite actions: does with action.yml what GitHub's does, as far as it goes.

Each step gets a minimal environment and files of its own; what it prints is searched for workflow
commands, on both streams. Steps that use another action are recorded, not run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.action.expressions import condition, interpolate

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which("bash") or "/bin/bash"
_COMMAND = re.compile(r"\s*::(?P<name>[A-Za-z0-9_-]+)(?:\s+(?P<properties>.*?))?::(?P<message>.*)")
_OLD_COMMAND = re.compile(r"##\[(?P<name>[^\]\s]+)\s*(?P<properties>[^\]]*)\](?P<message>.*)")
_HEREDOC = re.compile(r"(?P<name>[^=]+?)<<(?P<mark>.+)")


@dataclass(frozen=True)
class Command:
    """A workflow command that the runner has seen in the log."""

    name: str
    properties: Mapping[str, str]
    message: str


@dataclass
class Result:
    """How an action ended."""

    success: bool = True
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    commands: list[Command] = field(default_factory=list)
    summary: str = ""
    uses: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    steps: dict[str, str] = field(default_factory=dict)
    """What became of each step, by name: success, failure or skipped."""
    environment: dict[str, str] = field(default_factory=dict)
    """What steps have left in GITHUB_ENV."""

    def annotations(self, level: str) -> list[Command]:
        """The annotations of a level: error, warning or notice."""
        return [command for command in self.commands if command.name == level]


class Runner:
    """Runs an action on a workspace."""

    def __init__(self, folder: Path, workspace: Path, action: Path = ROOT) -> None:
        self.workspace, self.action = workspace, action
        self.temp, self.home, self.files = (folder / name for name in ("temp", "home", "files"))
        for path in (self.temp, self.home, self.files, workspace):
            path.mkdir(parents=True, exist_ok=True)
        self._number = 0

    def run(
        self, inputs: Mapping[str, str], environment: Mapping[str, str] | None = None
    ) -> Result:
        """Run every step with some inputs; `environment` is what earlier steps have set."""
        text = (self.action / "action.yml").read_text(encoding="utf-8")
        action = yaml.safe_load(text)
        declared = {name: one.get("default", "") for name, one in action["inputs"].items()}
        assert inputs.keys() <= declared.keys(), inputs.keys() - declared.keys()
        result = Result(environment=dict(environment or {}))
        context: dict[str, Any] = {
            "inputs": {**declared, **inputs},
            "steps": {},
            "github": {
                "action_path": str(self.action),
                "workspace": str(self.workspace),
            },
            "runner": {"temp": str(self.temp)},
            "functions": {
                "always": lambda: True,
                "success": lambda: result.success,
                "failure": lambda: not result.success,
                "cancelled": lambda: False,
            },
        }
        for step in action["runs"]["steps"]:
            self._step(step, context, result)
        for name, output in action["outputs"].items():
            result.outputs[name] = interpolate(output["value"], context)
        return result

    def _step(self, step: Mapping[str, Any], context: dict[str, Any], result: Result) -> None:
        outcome, outputs = "skipped", defaultdict[str, str](str)
        if condition(step.get("if", "success()"), context):
            if "uses" in step:
                given = {k: interpolate(str(v), context) for k, v in step.get("with", {}).items()}
                result.uses.append((step["uses"], given))
                outcome = "success"
            else:
                assert step["shell"] == "bash"
                outcome = self._script(step, context, result, outputs)
        result.steps[step["name"]] = outcome
        result.success &= outcome != "failure"
        if "id" in step:
            context["steps"][step["id"]] = {"outputs": _Outputs(outputs), "outcome": outcome}

    def _script(
        self,
        step: Mapping[str, Any],
        context: Mapping[str, Any],
        result: Result,
        outputs: dict[str, str],
    ) -> str:
        self._number += 1
        files = self.files / str(self._number)
        files.mkdir()
        script = files / "script.sh"
        script.write_text(interpolate(step["run"], context), encoding="utf-8")
        given = {k: interpolate(str(v), context) for k, v in step.get("env", {}).items()}
        told = {
            name: files / name
            for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        }
        for file in told.values():
            file.touch()
        process = subprocess.run(
            [BASH, "--noprofile", "--norc", "-e", "-o", "pipefail", script],
            cwd=self.workspace,
            env={**self._environment(), **result.environment, **given}
            | {name: str(file) for name, file in told.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        log = process.stdout.decode("utf-8", errors="replace")
        result.log += log
        result.commands += commands_in(log)
        outputs |= _assignments(told["GITHUB_OUTPUT"].read_text(encoding="utf-8"))
        result.environment |= _assignments(told["GITHUB_ENV"].read_text(encoding="utf-8"))
        assert not told["GITHUB_PATH"].read_text(encoding="utf-8")
        result.summary += told["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return "success" if process.returncode == 0 else "failure"

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            # The grammar of HCL is built once for all tests.
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_OS": "Linux",
        }


class _Outputs(dict[str, str]):
    """Outputs of a step: one that it did not set is empty."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return ""


def commands_in(log: str) -> list[Command]:
    """The workflow commands in what a step has printed; none while `stop-commands` is in force."""
    found: list[Command] = []
    stopped = ""
    for line in log.splitlines():
        match = _COMMAND.match(line) or _OLD_COMMAND.search(line)
        if match is None:
            continue
        if stopped:
            stopped = "" if match["name"] == stopped else stopped
        elif match["name"] == "stop-commands":
            stopped = match["message"]
        else:
            properties = dict(
                pair.split("=", 1) for pair in (match["properties"] or "").split(",") if "=" in pair
            )
            unescaped = {key.strip(): _unescaped(value) for key, value in properties.items()}
            found.append(Command(match["name"], unescaped, _unescaped(match["message"])))
    assert not stopped
    return found


def _unescaped(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def _assignments(text: str) -> dict[str, str]:
    """`name=value` lines and heredocs, as they stand in GITHUB_OUTPUT and GITHUB_ENV."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        heredoc = _HEREDOC.fullmatch(line)
        if heredoc is not None:
            values: list[str] = []
            for value in lines:
                if value == heredoc["mark"]:
                    break
                values.append(value)
            else:
                raise AssertionError(f"{heredoc['name']} never ends")
            found[heredoc["name"]] = "\n".join(values)
        elif line:
            name, equals, value = line.partition("=")
            assert equals, line
            found[name] = value
    return found
