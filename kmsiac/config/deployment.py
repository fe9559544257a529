"""The inputs of a scan: what the command line gives, over what the configuration gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kmsiac.config.file import MAX_CONFIG_BYTES, ConfigValues
from kmsiac.config.options import RootInputs
from kmsiac.config.parameter_files import as_pair, parameters_at, read_parameter_file
from kmsiac.config.places import Places
from kmsiac.config.plain_values import as_parameter, as_variable
from kmsiac.config.problems import Placed, Problems
from kmsiac.errors import KmsiacError, UsageError
from kmsiac.frontends.unit import Inputs
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import present


def given_parameters(texts: Iterable[str], here: Path) -> tuple[dict[str, str], dict[str, Path]]:
    """`--parameters`: names with values, and files, the last one wins; and which come from which
    file.

    Raises `UsageError` for a file that cannot be read, `ConfigError` for what is wrong in it.
    """
    found: dict[str, str] = {}
    files: dict[str, Path] = {}
    for text in texts:
        pair = as_pair(text)
        if pair is not None:
            found[pair[0]] = pair[1]
            files.pop(pair[0], None)
            continue
        if "=" in text and not present(here / text):
            hint = "give NAME=VALUE or a file"
            raise UsageError(f'--parameters does not take "{text}"', hint=hint)
        data = _given_file(text, here)
        read = read_parameter_file(SourceFile(1, text, data))
        found.update(read)
        files.update(dict.fromkeys(read, here / text))
    return found, files


def _given_file(name: str, here: Path) -> bytes:
    """What is in a file that the user names: any file of theirs, a pipe too, up to a limit."""
    try:
        with (here / name).open("rb") as stream:
            data = stream.read(MAX_CONFIG_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable name"
        raise UsageError(f"--parameters {name}: {reason}") from None
    if len(data) > MAX_CONFIG_BYTES:
        raise UsageError(f"--parameters {name}: larger than {MAX_CONFIG_BYTES:,} bytes")
    return data


class Deployment:
    """The inputs that a configuration file gives; mistakes go to the file's problems."""

    def __init__(self, file: ConfigValues, places: Places | None) -> None:
        self._values: Any = file.values
        self._problems: Problems = file.problems
        self._places = places

    def over(self, flags: Inputs, *, variable_files: bool) -> Inputs:
        """The inputs of every root: `flags` over those of the file. `variable_files`: whether the
        file's own count, which `--var-file` replaces.
        """
        files = self._values.get("var_file", ()) if variable_files else ()
        parameters, parameter_files = self._parameters(self._values.get("parameters"), None)
        return replace(
            flags,
            configured_variables={
                name.value: as_variable(value.value) for name, value in self._values.get("var", ())
            },
            configured_variable_files=self._files(files, None),
            configured_parameters=parameters,
            configured_parameter_files=parameter_files,
        )

    def by_root(self, flags: Inputs) -> tuple[RootInputs, ...]:
        """The inputs of single roots."""
        found: list[RootInputs] = []
        taken: set[tuple[Path, str]] = set()
        for number, entry in enumerate(self._values.get("inputs", ()), 1):
            one = self._entry(entry, flags, number)
            if one is None:
                continue
            if (one.root, one.name) in taken:
                hint = "give them different names"
                self._problems.at(
                    entry[""], f'two inputs of one root are called "{one.name}"', hint
                )
            taken.add((one.root, one.name))
            found.append(one)
        return tuple(found)

    def _entry(self, entry: Mapping[str, Any], flags: Inputs, number: int) -> RootInputs | None:
        root = self._places.root(entry["root"]) if self._places else None
        if root is None:
            return None
        start = root if root.is_dir() else root.parent
        files = entry.get("var_files", ())
        parameters = entry.get("parameters")
        if (files and not root.is_dir()) or (parameters and root.is_dir()):
            kinds = "folders take var_files, templates take parameters"
            self._problems.at(entry[""], f'inputs of "{entry["root"].value}": {kinds}')
            return None
        named = [placed.value for placed in files] or _files_in(parameters)
        name = entry["name"].value if "name" in entry else ", ".join(named) or f"inputs {number}"
        values, from_files = self._parameters(parameters, start)
        inputs = replace(
            flags,
            configured_variable_files=self._files(files, start),
            configured_parameters=values,
            configured_parameter_files=from_files,
        )
        return RootInputs(root, inputs, name, entry[""])

    def _files(self, placed: Iterable[Placed[str]], start: Path | None) -> tuple[Path, ...]:
        if self._places is None:
            return ()
        found = [self._places.scanned(one, start) for one in placed]
        return tuple(path for path in found if path is not None)

    def _parameters(
        self, value: tuple[str, list[Any]] | None, start: Path | None
    ) -> tuple[dict[str, str], dict[str, Path]]:
        """The values by name, and which come from which file."""
        if value is None:
            return {}, {}
        kind, items = value
        if kind == "map":
            return {name.value: as_parameter(given.value) for name, given in items}, {}
        found: dict[str, str] = {}
        files: dict[str, Path] = {}
        for placed in items:
            pair = as_pair(placed.value)
            if pair is not None:
                found[pair[0]] = pair[1]
                files.pop(pair[0], None)
                continue
            path = self._places.scanned(placed, start) if self._places else None
            if path is not None:
                read = self._from_file(path, placed.value)
                found.update(read)
                files.update(dict.fromkeys(read, path))
        return found, files

    def _from_file(self, path: Path, shown: str) -> dict[str, str]:
        try:
            return parameters_at(path, shown)
        except KmsiacError as error:
            self._problems.errors.append(error)
        return {}


def _files_in(parameters: tuple[str, list[Any]] | None) -> list[str]:
    if parameters is None or parameters[0] == "map":
        return []
    return [placed.value for placed in parameters[1] if as_pair(placed.value) is None]
