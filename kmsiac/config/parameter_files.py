"""Files with CloudFormation parameters, in every form that AWS's tools take.

[{"ParameterKey": "Env", "ParameterValue": "prod"}]      aws cloudformation create-stack
{"Parameters": [...]}                                    the same with --cli-input-json or -yaml
{"Parameters": {"Env": "prod"}}                          CodePipeline, and with Tags beside it; Rain
{"Env": "prod"}                                          the same as a plain map, or as YAML
["Env=prod"]                                             aws cloudformation deploy
template-file-path: t.yaml                               Git sync: for that template alone
parameters: {Env: prod}
[prod.deploy.parameters]                                 samconfig.toml (or .yaml), by environment:
parameter_overrides = "Env=prod"                         named as samconfig.toml#prod
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from kmsiac.config.file import MAX_CONFIG_BYTES
from kmsiac.config.parameter_texts import as_pair
from kmsiac.config.plain_values import as_parameter
from kmsiac.config.problems import Placed
from kmsiac.config.samconfig import from_toml, from_yaml, is_samconfig
from kmsiac.errors import ConfigError, KmsiacError, SourceError, did_you_mean, whole_file
from kmsiac.reading.budget import RULE_BUDGET
from kmsiac.reading.json_reader import read_json
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml

_NAME = re.compile("[A-Za-z0-9]{1,255}")
_BESIDE = ("Tags", "StackPolicy")
_ENTRY = ("ParameterKey", "ParameterValue", "UsePreviousValue", "ResolvedValue")
_SYNC = ("template-file-path", "parameters", "tags")
_WITH_ENVIRONMENT = re.compile(r"(.+\.(?:toml|ya?ml))#([\w.-]+)", re.DOTALL)


class ParameterFile(NamedTuple):
    """The parameters in a file by name, and the template that they are for, where the file says."""

    values: dict[str, str]
    template: Placed[str] | None = None


def split_environment(text: str) -> tuple[str, str]:
    """A file and the environment in it that is meant, from `FILE#ENVIRONMENT`; else the file."""
    found = _WITH_ENVIRONMENT.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


def read_parameter_file(file: SourceFile, environment: str = "") -> ParameterFile:
    """What is in a file. Raises `ConfigError` for what is in none of the forms.

    A parameter that keeps its previous value (`UsePreviousValue`) is left out: it stays open.
    `environment` says which one of a samconfig is meant ("" for the default).
    """
    if file.path.endswith(".toml"):
        return ParameterFile(from_toml(file, environment))
    try:
        text = file.text.lstrip()
        node = (
            read_json(file, RULE_BUDGET) if _is_json(file, text) else read_yaml(file, RULE_BUDGET)
        )
    except SourceError as error:
        raise ConfigError(error.message, error.span, error.hint) from None
    if isinstance(node, Mapping) and is_samconfig(node):
        return ParameterFile(from_yaml(file, node, environment))
    if environment:
        raise ConfigError(
            "has no environments", whole_file(file.path), f'leave out "#{environment}"'
        )
    reader = _Parameters(file)
    if isinstance(node, Mapping) and node.get(_SYNC[0]) is not None:
        return reader.synced(node)
    return ParameterFile(reader.read(node))


def parameters_at(path: Path, shown: str, environment: str = "") -> ParameterFile:
    """The same for the file at `path`, which messages call `shown`. Raises `KmsiacError`s."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", whole_file(shown)) from None
    if len(data) > MAX_CONFIG_BYTES:
        raise SourceError(f"larger than {MAX_CONFIG_BYTES:,} bytes", whole_file(shown))
    return read_parameter_file(SourceFile(1, shown, data), environment)


def parameters_before(path: Path) -> dict[str, str]:
    """The parameters of another version of a file; none where it is missing or broken.

    The name may end in the environment that is meant (`samconfig.toml#prod`).
    """
    name, environment = split_environment(path.name)
    try:
        return parameters_at(path.with_name(name), name, environment).values
    except KmsiacError:
        return {}


def _is_json(file: SourceFile, text: str) -> bool:
    return file.path.endswith(".json") and text.startswith(("{", "["))


class _Parameters:
    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._found: dict[str, str] = {}

    def read(self, node: Node) -> dict[str, str]:
        if isinstance(node, Sequence):
            for item in node.items:
                self._item(item)
        elif isinstance(node, Mapping):
            inner = node.get("Parameters")
            if isinstance(inner, Sequence):
                return self.read(inner)
            if isinstance(inner, Mapping):
                self._known_keys(node, ("Parameters", *_BESIDE))
            self._map(inner if isinstance(inner, Mapping) else node)
        else:
            raise self._wrong(node, "a file of parameters is a list or a mapping")
        return self._found

    def synced(self, node: Mapping) -> ParameterFile:
        """A deployment file of Git sync: parameters for one template."""
        self._known_keys(node, _SYNC)
        path, inner = node.get(_SYNC[0]), node.get("parameters")
        if not isinstance(path, Scalar) or path.kind != "text":
            raise self._wrong(path or node, f"{_SYNC[0]} is no path")
        if isinstance(inner, Mapping):
            self._map(inner)
        elif inner is not None and not (isinstance(inner, Scalar) and inner.kind == "null"):
            raise self._wrong(inner, "parameters are a mapping")
        return ParameterFile(self._found, Placed(path.text, self._file.span(path.position)))

    def _known_keys(self, node: Mapping, known: tuple[str, ...]) -> None:
        for key, _ in node.entries:
            name = key.text if isinstance(key, Scalar) else ""
            if name not in known:
                raise self._wrong(key, f'unknown key "{name}"', did_you_mean(name, known))

    def _map(self, node: Mapping) -> None:
        for key, value in node.entries:
            self._add(key, value)

    def _item(self, item: Node) -> None:
        if isinstance(item, Scalar):
            pair = as_pair(item.text)
            if pair is None:
                raise self._wrong(item, f'"{item.text}" is no parameter', "write NAME=VALUE")
            if pair[1] is not None:
                self._put(item, pair[0], pair[1])
            return
        if not isinstance(item, Mapping):
            raise self._wrong(item, "an entry has ParameterKey and ParameterValue")
        self._known_keys(item, _ENTRY)
        name_node, value = item.get("ParameterKey"), item.get("ParameterValue")
        previous = item.get("UsePreviousValue")
        if name_node is None:
            raise self._wrong(item, "an entry has no ParameterKey")
        if isinstance(previous, Scalar) and previous.text.lower() == "true":
            return
        if value is None:
            raise self._wrong(item, "an entry has no ParameterValue")
        self._add(name_node, value)

    def _add(self, key: Node, value: Node) -> None:
        name = key.text if isinstance(key, Scalar) and not key.tag else ""
        if not _NAME.fullmatch(name):
            raise self._wrong(key, f'"{name}" is no name of a parameter', "letters and digits only")
        items = value.items if isinstance(value, Sequence) else [value]
        for item in items:
            if not isinstance(item, Scalar) or item.tag or item.kind == "null":
                raise self._wrong(item, f"the value of {name} must be text, or a list of text")
        self._put(key, name, as_parameter(value))

    def _put(self, node: Node, name: str, value: str) -> None:
        if name in self._found:
            raise self._wrong(node, f'"{name}" stands here twice')
        self._found[name] = value

    def _wrong(self, node: Node, message: str, hint: str = "") -> ConfigError:
        span = self._file.span(node.position) if node.position else whole_file(self._file.path)
        return ConfigError(message, span, hint)
