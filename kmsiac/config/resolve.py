"""Flags over environment over `.kmsiac.yaml` over defaults: one frozen `Settings`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from kmsiac.config.deployment import (
    Deployment,
    GivenParameters,
    for_templates,
    given_parameters,
)
from kmsiac.config.file import MAX_CONFIG_BYTES, ConfigValues, read_values
from kmsiac.config.find import TREE, Located, Sources, find_sources
from kmsiac.config.ignore_file import read_ignore_file
from kmsiac.config.options import ScanOptions
from kmsiac.config.parameter_files import split_environment
from kmsiac.config.places import Places
from kmsiac.config.problems import Problems
from kmsiac.config.rule_settings import RuleSettings, rule_settings
from kmsiac.config.weakening import FLAG, file_settings, flag_settings
from kmsiac.errors import UsageError
from kmsiac.findings.finding import Setting
from kmsiac.frontends.unit import Inputs, PathPattern
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import left_repository, present, relative
from kmsiac.stack import Environment

_BY_NAME = frozenset({"var", "parameters"})
"""Keys that the command line adds to, name by name; it replaces the others whole."""


@dataclass(frozen=True)
class Request:
    """What the command line and the environment ask for.

    `flags` are the options that were given, by key of the configuration (`ignored_rules` for
    `--ignore`), already of the right form; what was not given is absent or None. `every_key`
    says whether keys count that only `scan` has.
    """

    paths: tuple[Path, ...] = ()
    stdin: bytes | None = None
    working_directory: Path = field(default_factory=Path.cwd)
    flags: Mapping[str, Any] = field(default_factory=dict)
    process_environment: Mapping[str, str] = field(default_factory=dict)
    config: Path | None = None
    use_config: bool = True
    today: date | None = None
    every_key: bool = True


@dataclass(frozen=True)
class Settings:
    """What decides a run: the scan, its reports and its exit code."""

    scan: ScanOptions
    format: tuple[str, ...] = ("text",)
    fail_on: str = "medium"
    min_severity: str = "info"
    strict: bool = False
    max_findings: int | None = None
    category: str = ""
    color: str = "auto"
    quiet: bool = False
    verbose: bool = False


def resolve(request: Request) -> Settings:
    """The settings of a run.

    Raises `UsageError` for what the command line cannot mean, `ConfigError` for configuration
    that cannot be read, `ErrorGroup` with all that is wrong in it.
    """
    here = request.working_directory.resolve()
    places = [here / path for path in request.paths]
    if not places or request.stdin is not None:
        places.append(here)
    _refuse_strays(request, here)
    sources = find_sources(
        places, here, request.config, wanted=request.use_config, max_bytes=MAX_CONFIG_BYTES
    )
    located = sources.config
    nothing = ConfigValues(Problems(SourceFile(1, "", b"")))
    file = read_values(located.file) if located is not None else nothing
    settings = _Resolver(request, here, sources, file).settings()
    options = replace(settings.scan, configured_at=partial(_configured_at, request))
    return replace(settings, scan=options)


def _configured_at(request: Request, paths: tuple[Path, ...], here: Path) -> ScanOptions:
    """The options of the same request for another tree, in which files that it names may lack."""
    flags = dict(request.flags)
    flags["var_file"] = tuple(p for p in flags.get("var_file") or () if present(here / p))
    source = flags.get("source_dir")
    flags["source_dir"] = source if source is not None and present(here / source) else None
    flags["parameters"] = tuple(
        given
        for given in flags.get("parameters") or ()
        if "=" in given or present(here / given) or present(here / split_environment(given)[0])
    )
    return resolve(replace(request, paths=paths, working_directory=here, flags=flags)).scan


def _refuse_strays(request: Request, here: Path) -> None:
    """Whoever writes the repository can make a link of a file that the command line names."""
    flags = request.flags
    one = {
        "config": request.config,
        "baseline": flags.get("baseline"),
        "source-dir": flags.get("source_dir"),
    }
    named = [(option, path) for option, path in one.items() if path is not None]
    named += [("rules", path) for path in flags.get("rules") or ()]
    named += [
        ("parameters", Path(name))
        for given in flags.get("parameters") or ()
        if "=" not in given
        for name in {given, split_environment(given)[0]}
    ]
    for option, path in named:
        if left_repository(here / path) is not None:
            told = f"--{option} {path}: a link leads out of the repository that it lies in"
            raise UsageError(told, hint="name what it leads to")


class _Resolver:
    def __init__(self, request: Request, here: Path, sources: Sources, file: ConfigValues) -> None:
        self._request = request
        self._here = here
        self._sources = sources
        self._file = file
        self._located: Located | None = sources.config
        self._places = (
            Places(sources, self._located, file.problems) if self._located is not None else None
        )

    def settings(self) -> Settings:
        scan = self._scan()
        self._file.problems.stop()
        formats = self._given("format") or tuple(
            [text] if (text := self._from_file("format")) else ["text"]
        )
        return Settings(
            scan=scan,
            format=tuple(formats),
            fail_on=self._one("fail_on", "medium"),
            min_severity=self._one("min_severity", "info"),
            strict=self._one("strict", False),
            max_findings=self._one("max_findings", None),
            category=self._one("category", ""),
            color=self._one("color", "auto"),
            quiet=self._one("quiet", False),
            verbose=self._one("verbose", False),
        )

    # -- one key -----------------------------------------------------------------------------------

    def _given(self, name: str) -> Any:
        return self._request.flags.get(name)

    def _from_file(self, name: str) -> Any:
        placed: Any = self._file.values.get(name)
        return None if placed is None else placed.value

    def _one(self, name: str, default: Any) -> Any:
        given = self._given(name)
        if given is not None:
            return given
        found = self._from_file(name)
        return default if found is None else found

    def _several(self, name: str) -> tuple[str, ...]:
        given = self._given(name)
        if given:
            return tuple(given)
        placed: Any = self._file.values.get(name, ())
        return tuple(each.value for each in placed)

    # -- the scan ----------------------------------------------------------------------------------

    def _scan(self) -> ScanOptions:
        request = self._request
        given = given_parameters(self._request.flags.get("parameters") or (), self._here)
        inputs = self._flag_inputs(given)
        deployment = Deployment(self._file, self._places)
        over = deployment.over(inputs, variable_files=not self._given("var_file"))
        folders = self._rules_folders()
        rules = self._rule_settings(folders)
        exclude, excluded = self._exclude()
        return ScanOptions(
            paths=request.paths,
            stdin=request.stdin,
            working_directory=request.working_directory,
            inputs=over,
            root_inputs=(*for_templates(given.templates, over), *deployment.by_root(inputs)),
            trusted_accounts=self._several("trusted_accounts"),
            trusted_organizations=self._several("trusted_orgs"),
            rules_folders=folders,
            rules=rules.rules,
            select=self._several("select"),
            ignore=tuple(self._given("ignored_rules") or ()),
            pedantic=self._one("pedantic", False),
            severity=rules.severity,
            parameters=rules.parameters,
            exclude=exclude,
            today=request.today,
            use_ignores=not self._one("no_ignores", False),
            ignores=rules.ignores,
            require_reason=self._one("require_reason", False),
            baseline=self._baseline(),
            since=self._one("since", None),
            settings=(*self._settings(), *excluded),
            notes=tuple(self._sources.notes),
        )

    def _flag_inputs(self, given: GivenParameters) -> Inputs:
        flags = self._request.flags
        files = tuple(self._here / path for path in flags.get("var_file") or ())
        for path, written in zip(files, flags.get("var_file") or (), strict=True):
            if not present(path) or path.is_dir():
                raise UsageError(f"--var-file {written}: there is no such file")
        source = flags.get("source_dir")
        if source is not None and not (self._here / source).is_dir():
            raise UsageError(f"--source-dir {source}: there is no such folder")
        return Inputs(
            environment=Environment(
                account_id=self._one("account_id", None),
                region=self._one("region", None),
                partition=self._one("partition", None),
            ),
            variables=flags.get("var") or {},
            variable_files=files,
            parameters=given.values,
            parameter_files=given.files,
            process_environment=self._request.process_environment,
            policy_kind=self._one("policy_kind", None),
            source_folder=self._here / source if source is not None else None,
        )

    def _rules_folders(self) -> tuple[Path, ...]:
        given = self._given("rules")
        if given:
            return tuple(given)
        found: list[Path] = []
        values: Any = self._file.values.get("rules", ())
        for placed in values:
            folder = self._places.beside(placed, folder=True) if self._places else None
            if folder is not None and self._places and self._places.links_stay(placed, folder):
                found.append(self._short(folder))
        return tuple(found)

    def _rule_settings(self, folders: tuple[Path, ...]) -> RuleSettings:
        if self._located is None or not self._request.every_key:
            return RuleSettings()
        prefix = relative(self._located.place, self._sources.base)
        if self._here != Path.cwd():
            folders = tuple(self._here / folder for folder in folders)
        return rule_settings(self._file, folders, self._located, "" if prefix == "." else prefix)

    def _baseline(self) -> Path | None:
        given: Path | None = self._given("baseline")
        placed: Any = self._file.values.get("baseline")
        if given is not None or placed is None or self._places is None:
            return given
        found = self._places.beside(placed)
        return None if found is None else self._short(found)

    def _short(self, path: Path) -> Path:
        """The path as messages show it: seen from the working directory where that holds it."""
        return path.relative_to(self._here) if path.is_relative_to(self._here) else path

    def _exclude(self) -> tuple[tuple[PathPattern, ...], list[Setting]]:
        patterns: list[PathPattern] = []
        settings: list[Setting] = []
        values: Any = self._file.values.get("exclude", ())
        if self._located is not None:
            patterns += [PathPattern(placed.value, self._located.place) for placed in values]
        for located in self._sources.ignore_files:
            for placed in read_ignore_file(located, self._file.problems.errors):
                patterns.append(PathPattern(placed.value, located.place))
                settings.append(Setting("exclude", placed.value, located.origin, placed.span))
        return tuple(patterns), settings

    # -- what weakens ------------------------------------------------------------------------------

    def _settings(self) -> tuple[Setting, ...]:
        flags, whole = self._request.flags, self._request.every_key
        given = {name for name, value in flags.items() if value not in (None, (), [])}
        origins = {name: self._origin_of(flags.get(name)) for name in ("baseline", "rules")}
        shown = {**flags, **{name: self._shown(flags.get(name)) for name in (*origins, "var_file")}}
        found = [*flag_settings(shown, origins, all_keys=whole)]
        if self._located is not None:
            origin = self._located.origin
            found += file_settings(self._file, origin, given - _BY_NAME, all_keys=whole)
        return tuple(found)

    def _origin_of(self, given: Any) -> str:
        """`tree` where a flag names what lies in the scanned tree: a pull request writes it."""
        for path in [given] if isinstance(given, Path) else given or ():
            try:
                if (self._here / path).resolve().is_relative_to(self._sources.root):
                    return TREE
            except (OSError, RuntimeError, ValueError):
                return TREE
        return FLAG

    def _shown(self, given: Any) -> Any:
        """Paths of flags as reports name them: the same from every folder of the repository."""
        if isinstance(given, Path):
            place = Path(os.path.normpath(self._here / given))
            base = self._sources.base
            return relative(place, base) if place.is_relative_to(base) else given.as_posix()
        return given and [self._shown(path) for path in given]
