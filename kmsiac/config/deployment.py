"""The inputs of a scan: what the command line gives, over what the configuration gives."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from kmsiac.config.file import MAX_CONFIG_BYTES, ConfigValues
from kmsiac.config.options import RootInputs
from kmsiac.config.parameter_files import (
    ParameterFile,
    parameters_at,
    read_parameter_file,
    split_environment,
)
from kmsiac.config.parameter_texts import as_pair
from kmsiac.config.places import Places
from kmsiac.config.plain_values import as_parameter, as_variable
from kmsiac.config.problems import Placed, Problems
from kmsiac.errors import ConfigError, KmsiacError, Span, UsageError
from kmsiac.frontends.unit import Inputs
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import present


class GivenParameters(NamedTuple):
    """`--parameters`: values by name, which of them come from which file, and the files that hold
    values for one template (its path).
    """

    values: dict[str, str]
    files: dict[str, Path]
    templates: list[TemplateParameters]


class TemplateParameters(NamedTuple):
    """The values for one template, and the file that says so: its path, the name that it was
    given by, and the place where the template is named.
    """

    template: Path
    values: dict[str, str]
    file: Path
    name: str
    place: Span


def given_parameters(texts: Iterable[str], here: Path) -> GivenParameters:
    """What `--parameters` gives: names with values, and files; the last one wins.

    Raises `UsageError` for a file that cannot be read, `ConfigError` for what is wrong in it.
    """
    given = GivenParameters({}, {}, [])
    for text in texts:
        pair = as_pair(text)
        if pair is not None:
            _put(given, pair)
            continue
        if "=" in text and not present(here / text):
            hint = "give NAME=VALUE or a file"
            raise UsageError(f'--parameters does not take "{text}"', hint=hint)
        name, environment = (text, "") if present(here / text) else split_environment(text)
        data = _given_file(name, here)
        _take(given, read_parameter_file(SourceFile(1, name, data), environment), here / text)
    return given


def _put(given: GivenParameters, pair: tuple[str, str | None]) -> None:
    name, value = pair
    given.files.pop(name, None)
    if value is None:
        given.values.pop(name, None)
    else:
        given.values[name] = value


def _take(given: GivenParameters, read: ParameterFile, path: Path) -> None:
    if read.template is None:
        given.values.update(read.values)
        given.files.update(dict.fromkeys(read.values, path))
        return
    named, place = read.template.value, read.template.span
    for folder in (repository_of(path.parent), path.parent):
        template = Path(os.path.normpath(folder / named))
        if template.is_file():
            given.templates.append(
                TemplateParameters(template, read.values, path, place.path, place)
            )
            return
    raise ConfigError(f'there is no template "{named}"', place, "paths count from the repository")


def repository_of(folder: Path) -> Path:
    """The repository that a folder lies in; the folder itself where there is none."""
    return next((each for each in (folder, *folder.parents) if present(each / ".git")), folder)


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
        given = self._parameters(self._values.get("parameters"), None)
        return replace(
            flags,
            configured_variables={
                name.value: as_variable(value.value) for name, value in self._values.get("var", ())
            },
            configured_variable_files=self._files(files, None),
            configured_parameters=given.values,
            configured_parameter_files=given.files,
        )

    def _synced(self, flags: Inputs) -> list[RootInputs]:
        """The files under `parameters` that are for one template."""
        given = self._parameters(self._values.get("parameters"), None)
        inputs = replace(
            flags, configured_parameters=given.values, configured_parameter_files=given.files
        )
        return for_templates(given.templates, inputs)

    def by_root(self, flags: Inputs) -> tuple[RootInputs, ...]:
        """The inputs of single roots."""
        found = self._synced(flags)
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
        given = self._parameters(parameters, start)
        # A file that says which template it is for stands here with the one that it is given to.
        own = [(each.values, dict.fromkeys(each.values, each.file)) for each in given.templates]
        inputs = replace(
            flags,
            configured_variable_files=self._files(files, start),
            configured_parameters=dict(ChainMap(given.values, *(values for values, _ in own))),
            configured_parameter_files=dict(ChainMap(given.files, *(paths for _, paths in own))),
        )
        return RootInputs(root, inputs, name, entry[""])

    def _files(self, placed: Iterable[Placed[str]], start: Path | None) -> tuple[Path, ...]:
        if self._places is None:
            return ()
        found = [self._places.scanned(one, start) for one in placed]
        return tuple(path for path in found if path is not None)

    def _parameters(
        self, value: tuple[str, list[Any]] | None, start: Path | None
    ) -> GivenParameters:
        """The values by name, and which come from which file."""
        given = GivenParameters({}, {}, [])
        if value is None:
            return given
        kind, items = value
        if kind == "map":
            given.values.update({name.value: as_parameter(one.value) for name, one in items})
            return given
        for placed in items:
            pair = as_pair(placed.value)
            if pair is not None:
                _put(given, pair)
                continue
            name, environment = split_environment(placed.value)
            named = Placed(name, placed.span)
            path = self._places.scanned(named, start) if self._places else None
            if path is not None:
                self._read(given, path, placed.value, environment)
        return given

    def _read(self, given: GivenParameters, path: Path, written: str, environment: str) -> None:
        name, _ = split_environment(written)
        try:
            read = parameters_at(path, name, environment)
            _take(
                given, read, path.with_name(f"{path.name}#{environment}") if environment else path
            )
        except KmsiacError as error:
            if error not in self._problems.errors:
                self._problems.errors.append(error)


def for_templates(given: Iterable[TemplateParameters], inputs: Inputs) -> list[RootInputs]:
    """One scan of a template for each file that has values for it, over those of `inputs`."""
    return [
        RootInputs(
            root=each.template,
            inputs=replace(
                inputs,
                configured_parameters={**inputs.configured_parameters, **each.values},
                configured_parameter_files={
                    **inputs.configured_parameter_files,
                    **dict.fromkeys(each.values, each.file),
                },
            ),
            name=each.name,
            location=each.place,
        )
        for each in given
    ]


def _files_in(parameters: tuple[str, list[Any]] | None) -> list[str]:
    if parameters is None or parameters[0] == "map":
        return []
    return [placed.value for placed in parameters[1] if as_pair(placed.value) is None]
