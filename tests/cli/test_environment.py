"""Every option can be set in the environment, and every option of `scan` in a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from typing import Any

import pytest
import typer

from kmsiac.cli import _Commands
from kmsiac.cli.options import Color, FailOn, Level, PolicyKind, variable
from kmsiac.config.keys import COLORS, KEYS, NOT_HERE
from kmsiac.findings.finding import SEVERITIES
from kmsiac.policy import POLICY_KINDS

COMMANDS = ("scan", "inventory", "can", "who-can", "principal-can", "explain")


def options(command: str) -> Iterator[Any]:
    built: Any = typer.main.get_command(import_module(_Commands.table[command][0]).app)
    for parameter in built.params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            yield parameter


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_can_be_set_in_the_environment(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for option in options(command):
        name = next(name for name in option.opts if name.startswith("--"))
        if option.multiple:
            monkeypatch.setenv(variable(name), "one\ntwo")
            assert [str(value) for value in option.callback(None, option, None)] == ["one", "two"]
        else:
            assert option.envvar == variable(name)


def test_every_option_of_scan_is_a_key_or_says_why_not() -> None:
    known = {key.option for key in KEYS.values()} | {"--ignore"}
    for option in options("scan"):
        name = next(name for name in option.opts if name.startswith("--"))
        assert name in known or name.removeprefix("--").replace("-", "_") in NOT_HERE


@pytest.mark.parametrize(
    ("choices", "known"),
    [
        (Level, SEVERITIES),
        (FailOn, (*SEVERITIES, "never")),
        (PolicyKind, POLICY_KINDS),
        (Color, COLORS),
    ],
)
def test_options_take_the_words_that_everything_else_takes(
    choices: type[StrEnum], known: tuple[str, ...]
) -> None:
    assert tuple(choices) == known
