"""What discovery hands to a front end: one deployment unit to load, and the inputs given for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from kmsiac.errors import KmsiacError
from kmsiac.reading.source import SourceFile
from kmsiac.stack import Environment

T = TypeVar("T")


class Exporter(NamedTuple):
    """A CloudFormation template that may export something, and what it is given."""

    source: UnitSource
    inputs: Inputs


class Exporters:
    """The templates of a scan, for those that import what others export.

    `shared` is what the front end works out of them, once for all units of a process.
    """

    def __init__(self, templates: Iterable[Exporter]) -> None:
        self.templates = tuple(templates)
        self._known: Any = None

    def shared(self, make: Callable[[Exporters], T]) -> T:
        """What `make` gives, made once. Every call asks for the same."""
        if self._known is None:
            self._known = make(self)
        known: T = self._known
        return known


@dataclass(frozen=True)
class Inputs:
    """What the user says about a deployment: flags, variable files, parameters, environment."""

    environment: Environment = field(default_factory=Environment)
    variables: Mapping[str, str] = field(default_factory=dict)
    """Terraform `--var K=V`, as text."""
    variable_files: tuple[Path, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    """CloudFormation parameters by name."""
    configured_variables: Mapping[str, str] = field(default_factory=dict)
    """Terraform variables of a configuration: what the fields above say wins."""
    configured_variable_files: tuple[Path, ...] = ()
    configured_parameters: Mapping[str, str] = field(default_factory=dict)
    parameter_files: Mapping[str, Path] = field(default_factory=dict)
    """The files that `parameters` and `configured_parameters` were read from, by name."""
    configured_parameter_files: Mapping[str, Path] = field(default_factory=dict)
    process_environment: Mapping[str, str] = field(default_factory=dict)
    """`TF_VAR_*` and `TF_WORKSPACE` of the environment; nothing else is handed in."""
    policy_kind: str | None = None
    source_folder: Path | None = None
    exporters: Exporters | None = field(default=None, compare=False, repr=False)
    """The templates of the scan, this one included; None where it is read by itself."""
    """The root module that a plan was made of (`--source-dir`)."""

    @property
    def all_parameters(self) -> Mapping[str, str]:
        """CloudFormation parameters by name, wherever they were given."""
        return {**self.configured_parameters, **self.parameters}


@dataclass(frozen=True)
class PathPattern:
    """A pattern over paths as .gitignore has them, and the folder that it counts from."""

    pattern: str
    folder: Path


@dataclass(frozen=True)
class UnitSource:
    """One deployment unit, found but not read: it can be scanned by itself, in any process.

    `kind` is `terraform` (path: the root module's folder), `plan`, `cloudformation` or `policy`
    (path: the file). `file` is the file already read to tell what it is, `None` for a folder.
    """

    kind: str
    path: Path
    file: SourceFile | None = None
    only: frozenset[str] = frozenset()
    """Report paths of the files whose findings are wanted; empty for all (a named `.tf`)."""


@dataclass
class Discovery:
    """Everything that was found under the scanned paths."""

    units: list[UnitSource] = field(default_factory=list)
    errors: list[KmsiacError] = field(default_factory=list)
    unread: list[KmsiacError] = field(default_factory=list)
    """Kinds known and not read (state files, binary plans) beside others that were: not errors."""
    skipped: int = 0
    """YAML and JSON files that are no templates."""
    excluded: frozenset[str] = frozenset()
    """Report paths of templates that `.kmsiacignore` or `exclude` leaves out of the search; a module
    or a nested stack may lead to them all the same."""
    files: int = 0
    """Templates found."""
    modules: dict[Path, frozenset[str]] = field(default_factory=dict)
    """Terraform folders that are no units, since others call them: the report paths of their files.
    Those that call come before those that are called."""
    nested: dict[Path, UnitSource] = field(default_factory=dict)
    """Templates that are no units, since others nest them, in the same order."""
