"""What GitHub's runner makes of a line of a log: a reader of workflow commands, written anew."""

from __future__ import annotations

import re
from typing import NamedTuple

_COMMAND = re.compile(r"\s*::([^ :]+)(?: ([^:]*))?::(.*)", re.DOTALL)


class Command(NamedTuple):
    """A command with its properties and its message, both decoded."""

    name: str
    properties: dict[str, str]
    message: str


def command(line: str) -> Command | None:
    """The command that a line is; None for a plain line."""
    found = _COMMAND.fullmatch(line)
    if found is None:
        return None
    name, properties, message = found.groups()
    pairs = [pair.split("=", 1) for pair in (properties or "").split(",") if pair]
    return Command(name, {key: _decoded(value, True) for key, value in pairs}, _decoded(message))


def hidden_command(line: str) -> bool:
    """Whether a build server would find a command of the older kinds somewhere in a line."""
    return "##[" in line or "##vso[" in line


def _decoded(text: str, is_property: bool = False) -> str:
    text = text.replace("%0D", "\r").replace("%0A", "\n")
    if is_property:
        text = text.replace("%3A", ":").replace("%2C", ",")
    return text.replace("%25", "%")
