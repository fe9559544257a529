"""A configuration file: its text to the values of its keys, each with its place.

Only the form is judged here, the same as the published schema judges it.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field

from kmsiac.config.keys import KEYS, NOT_HERE
from kmsiac.config.problems import Problems
from kmsiac.config.shapes import unique_entries
from kmsiac.errors import SourceError, Span, did_you_mean
from kmsiac.reading.budget import RULE_BUDGET
from kmsiac.reading.nodes import Mapping
from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml

MAX_CONFIG_BYTES = 1024 * 1024


@dataclass(frozen=True)
class ConfigValues:
    """The values of a file by key, as the shapes read them, the places of the keys, and mistakes."""

    problems: Problems
    values: MappingType[str, object] = field(default_factory=dict)
    places: MappingType[str, Span] = field(default_factory=dict)


def read_values(file: SourceFile) -> ConfigValues:
    """The values of a configuration file. Nothing is raised: what is wrong is in `problems`."""
    problems = Problems(file)
    values: dict[str, object] = {}
    places: dict[str, Span] = {}
    try:
        if _says_nothing(file.text):
            return ConfigValues(problems)
        root = read_yaml(file, RULE_BUDGET)
    except SourceError as error:
        problems.at(error.span or Span(file.path, 1, 1, 1, 1), error.message, error.hint)
        return ConfigValues(problems)
    if not isinstance(root, Mapping) or root.tag:
        problems.add(root, "a configuration is a mapping of keys")
        return ConfigValues(problems)
    for key, node in unique_entries(root, problems):
        name = key.text
        if name not in KEYS:
            hint = NOT_HERE.get(name) or did_you_mean(name, KEYS)
            problems.add(key, f'unknown key "{name}"', hint)
            continue
        places[name] = problems.span(key)
        value = KEYS[name].shape.read(name, node, problems)
        if value is not None:
            values[name] = value
    return ConfigValues(problems, values, places)


def _says_nothing(text: str) -> bool:
    """Whether a file holds comments only, as one does whose settings are all switched off."""
    lines = (line.strip() for line in text.splitlines())
    return all(not line or line.startswith("#") or line == "---" for line in lines)
