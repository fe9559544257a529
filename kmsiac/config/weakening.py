"""The settings that can remove, lower or hide a finding, as every report lists them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kmsiac.config.file import ConfigValues
from kmsiac.config.keys import KEYS
from kmsiac.config.parameter_texts import as_pair
from kmsiac.config.plain_values import as_data
from kmsiac.config.problems import Placed
from kmsiac.errors import Span
from kmsiac.findings.excerpt import one_line
from kmsiac.findings.finding import Setting

_NAMES_ONLY = frozenset({"var", "parameters"})
"""Keys whose values may be secrets."""
FLAG = "flag"


def flag_settings(
    flags: Mapping[str, object], origins: Mapping[str, str], *, all_keys: bool
) -> Iterator[Setting]:
    """Those of the command line and the environment.

    `origins` are those of flags that name files of the scanned tree: what is in them is the tree's.
    """
    for name, value in flags.items():
        key = KEYS.get("ignore" if name == "ignored_rules" else name)
        if value is None or key is None or not key.weakens or not (all_keys or key.any_command):
            continue
        for text in _flag_texts(name, value):
            yield Setting(key.name, one_line(text), origins.get(name, FLAG))


def _flag_texts(name: str, value: object) -> Iterator[str]:
    if isinstance(value, bool):
        if value:
            yield "true"
    elif isinstance(value, Mapping):
        yield from (str(each) for each in value)
    elif isinstance(value, list | tuple):
        for each in value:
            yield str(each).partition("=")[0] if name in _NAMES_ONLY else str(each)
    else:
        yield str(value)


def file_settings(
    file: ConfigValues, origin: str, overridden: Iterable[str], *, all_keys: bool
) -> Iterator[Setting]:
    """Those of a configuration file, each entry by itself; not what the command line overrides.

    Entries of `ignore` are listed where they suppress something.
    """
    for name, value in file.values.items():
        key = KEYS[name]
        if (
            name == "ignore"
            or name in overridden
            or not key.weakens
            or not (all_keys or key.any_command)
        ):
            continue
        for text, span in _entries(name, value, file.places[name]):
            yield Setting(name, one_line(text), origin, span)


def _entries(name: str, value: Any, place: Span) -> Iterator[tuple[str, Span]]:
    if isinstance(value, Placed):
        if value.value is not False:
            yield str(value.value), value.span
        return
    if name == "parameters":
        yield from _parameters(value, place)
        return
    for entry in value:
        if isinstance(entry, Placed):
            yield str(entry.value), entry.span
        elif isinstance(entry, dict):
            yield _input(entry), entry[""]
        elif name in _NAMES_ONLY:
            yield entry[0].value, entry[0].span
        elif isinstance(entry[1], Placed):
            yield f"{entry[0].value}: {entry[1].value}", entry[0].span
        else:
            told = ", ".join(f"{n.value}={_plain(v.value)}" for n, v in entry[1])
            yield f"{entry[0].value}: {told}", entry[0].span


def _plain(node: Any) -> str:
    data = as_data(node)
    return ", ".join(str(each) for each in data) if isinstance(data, list) else str(data)


def _parameters(value: tuple[str, list[Any]], place: Span) -> Iterator[tuple[str, Span]]:
    for each in value[1]:
        placed = each[0] if value[0] == "map" else each
        pair = as_pair(placed.value)
        yield pair[0] if pair else placed.value.partition("=")[0], placed.span or place


def _input(entry: dict[str, Any]) -> str:
    told = str(entry["root"].value)
    if "name" in entry:
        told += f" ({entry['name'].value})"
    given = [placed.value for placed in entry.get("var_files", ())]
    if "parameters" in entry:
        given += [text for text, _ in _parameters(entry["parameters"], entry[""])]
    return f"{told}: {', '.join(given)}" if given else told
