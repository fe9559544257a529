"""What decides the result of a scan, frozen; nothing below knows where a setting came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from kmsiac.config.parameter_files import parameters_before
from kmsiac.errors import Span
from kmsiac.findings.finding import Note, Setting
from kmsiac.findings.ignores import Ignore
from kmsiac.frontends.unit import Inputs, PathPattern
from kmsiac.reading.tree import present
from kmsiac.rules.model import RuleSet


@dataclass(frozen=True)
class RootInputs:
    """The inputs of one root: a Terraform root module by its folder, or a template by its file.

    A root with several of them is scanned once for each; `name` tells them apart in reports.
    `inputs` are all that it is given: those of the scan do not count beside them.
    """

    root: Path
    inputs: Inputs
    name: str
    location: Span | None = None


ConfiguredAt = Callable[[tuple[Path, ...], Path], "ScanOptions"]
"""From the paths and the working directory in a tree to the options there. Raises what reading a
configuration does."""


@dataclass(frozen=True)
class ScanOptions:
    """What to scan and with which rules: everything that decides the result of a scan.

    `paths` are folders and files (empty: the working directory); `stdin` are the bytes of
    standard input where `-` was given. `select` and `ignore` take rule ids and categories.
    Relative paths count from the working directory.
    """

    paths: tuple[Path, ...] = ()
    stdin: bytes | None = None
    working_directory: Path = Path()
    inputs: Inputs = field(default_factory=Inputs)
    root_inputs: tuple[RootInputs, ...] = ()
    trusted_accounts: tuple[str, ...] = ()
    trusted_organizations: tuple[str, ...] = ()
    rules_folders: tuple[Path, ...] = ()
    rules: RuleSet | None = None
    """The rules of those folders and those that ship, where they are loaded already."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    pedantic: bool = False
    severity: Mapping[str, str] = field(default_factory=dict)
    """Severities by rule id, in place of a rule's own and of its escalations."""
    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Values for the parameters of rules, by rule id and name."""
    exclude: tuple[PathPattern, ...] = ()
    """What a search does not find; what is named or referred to is read all the same."""
    today: date | None = None
    """The date that `until` of an ignore is checked against; None: no ignore has run out."""
    use_ignores: bool = True
    """Whether ignores that stand in the scanned tree count (`--no-ignores` switches them off)."""
    ignores: tuple[Ignore, ...] = ()
    """Ignores of the configuration."""
    require_reason: bool = False
    """Whether an ignore without a reason is an error."""
    baseline: Path | None = None
    since: str | None = None
    settings: tuple[Setting, ...] = ()
    """What can remove or lower findings and where it came from, for the reports."""
    notes: tuple[Note, ...] = ()
    """What the reports should say beside."""
    configured_at: ConfiguredAt | None = field(default=None, compare=False, repr=False)
    """What the same request comes to with the configuration of another version of the tree."""

    def moved(self, move: Callable[[Path], Path]) -> ScanOptions:
        """The same with what is named in the scanned tree at another place (an earlier version of
        the tree, say). Files of variables and parameters are those of that place; what is not
        there falls away.
        """
        entries = [
            replace(each, root=move(each.root), inputs=_moved(each.inputs, move))
            for each in self.root_inputs
        ]
        return replace(
            self,
            paths=tuple(map(move, self.paths)),
            inputs=_moved(self.inputs, move),
            root_inputs=tuple(entries),
            exclude=tuple(replace(each, folder=move(each.folder)) for each in self.exclude),
        )


def _moved(inputs: Inputs, move: Callable[[Path], Path]) -> Inputs:
    parameters, parameter_files = _moved_parameters(inputs.parameters, inputs.parameter_files, move)
    configured, configured_files = _moved_parameters(
        inputs.configured_parameters, inputs.configured_parameter_files, move
    )
    source = move(inputs.source_folder) if inputs.source_folder is not None else None
    return replace(
        inputs,
        source_folder=source if source is not None and present(source) else None,
        variable_files=tuple(filter(present, map(move, inputs.variable_files))),
        configured_variable_files=tuple(
            filter(present, map(move, inputs.configured_variable_files))
        ),
        parameters=parameters,
        parameter_files=parameter_files,
        configured_parameters=configured,
        configured_parameter_files=configured_files,
    )


def _moved_parameters(
    values: Mapping[str, str], files: Mapping[str, Path], move: Callable[[Path], Path]
) -> tuple[dict[str, str], dict[str, Path]]:
    """Parameters with what stands in the files at their other place."""
    found = {name: value for name, value in values.items() if name not in files}
    moved: dict[str, Path] = {}
    for path in dict.fromkeys(files.values()):
        there = move(path)
        read = (
            parameters_before(there)
            if there != path
            else {n: values[n] for n in files if files[n] == path}
        )
        for name, value in read.items():
            if name not in values or files.get(name) == path:
                found[name] = value
                moved[name] = there
    return found, moved
