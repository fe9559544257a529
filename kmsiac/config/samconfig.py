"""The parameters in a `samconfig.toml` (or `.yaml`), which holds them by environment and command.

[default.deploy.parameters]
parameter_overrides = "Env=dev Owner=\\"Team A\\""
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from kmsiac.config.parameter_texts import pairs_in
from kmsiac.config.plain_values import as_data
from kmsiac.errors import ConfigError, Span, did_you_mean, whole_file
from kmsiac.reading.nodes import Mapping as Node
from kmsiac.reading.source import SourceFile

_COMMANDS = ("deploy", "global", "sync", "build")
_KEY = "parameter_overrides"
_LONGEST_SHOWN = 60


def is_samconfig(node: Node) -> bool:
    """Whether a YAML file is a configuration of sam: commands by environment, and a version."""
    entries = [value for _, value in node.entries if isinstance(value, Node)]
    commands = [value.get(command) for value in entries for command in _COMMANDS]
    return node.get("version") is not None and any(
        isinstance(command, Node) and command.get("parameters") is not None for command in commands
    )


def from_toml(file: SourceFile, environment: str) -> dict[str, str]:
    """The parameters of an environment in a TOML file. Raises `ConfigError`."""
    try:
        data = tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        words = place.rstrip(")").replace(",", "").split()
        line, column = (int(words[1]), int(words[3])) if len(words) == 4 else (1, 1)
        where = Span(file.path, line, column, line, column)
        raise ConfigError(f"not TOML: {reason}", where) from None
    except (ValueError, RecursionError):
        raise ConfigError("not TOML that can be read", whole_file(file.path)) from None
    return _Overrides(file).of(data, environment)


def from_yaml(file: SourceFile, node: Node, environment: str) -> dict[str, str]:
    """The parameters of an environment in a YAML file. Raises `ConfigError`."""
    data = as_data(node)
    assert isinstance(data, dict)
    return _Overrides(file).of(data, environment)


class _Overrides:
    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def of(self, data: Mapping[str, Any], environment: str) -> dict[str, str]:
        found = dict(_by_environment(data))
        shown = ", ".join(found) or "none"
        if environment:
            if environment not in found:
                hint = did_you_mean(environment, tuple(found))
                raise self._wrong(f'no {_KEY} for "{environment}"', hint)
        elif "default" in found:
            environment = "default"
        elif len(found) == 1:
            environment = next(iter(found))
        elif found:
            example = f"{self._file.path}#{next(iter(found))}"
            raise self._wrong(f"parameters for several environments ({shown})", f"name {example}")
        else:
            raise self._wrong(f"no {_KEY} in it")
        return dict(self._pairs(found[environment]))

    def _pairs(self, given: object) -> Iterator[tuple[str, str]]:
        if isinstance(given, Mapping):
            for name, value in given.items():
                if isinstance(value, list | dict):
                    raise self._wrong(f"the value of {name} in {_KEY} is no text")
                yield name, str(value).lower() if isinstance(value, bool) else str(value)
            return
        for text in given if isinstance(given, list) else [given]:
            if not isinstance(text, str):
                raise self._wrong(f"{_KEY} is a text or a list of texts")
            for pair in pairs_in(text):
                if isinstance(pair, str):
                    hint = "name that file" if pair.startswith("file:") else "write NAME=VALUE"
                    raise self._wrong(f'"{pair[:_LONGEST_SHOWN]}" in {_KEY} is no parameter', hint)
                name, value = pair
                if value is not None:
                    yield name, value

    def _wrong(self, message: str, hint: str = "") -> ConfigError:
        return ConfigError(message, self._place(), hint)

    def _place(self) -> Span:
        for number, line in enumerate(self._file.text.splitlines(), 1):
            column = line.find(_KEY)
            if column >= 0:
                end = column + len(_KEY) + 1
                return Span(self._file.path, number, column + 1, number, end)
        return whole_file(self._file.path)


def _by_environment(data: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The overrides of each environment that has some: those of `deploy` before the global ones."""
    for name, commands in data.items():
        if not isinstance(commands, Mapping):
            continue
        for command in _COMMANDS:
            settings = commands.get(command)
            parameters = settings.get("parameters") if isinstance(settings, Mapping) else None
            if isinstance(parameters, Mapping) and _KEY in parameters:
                yield name, parameters[_KEY]
                break
