"""Which inputs a unit is scanned with, and that inputs are taken by something."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from kmsiac.config.options import RootInputs, ScanOptions
from kmsiac.errors import ConfigError, UsageError, nearest
from kmsiac.findings.finding import Note
from kmsiac.frontends.unit import Discovery, Exporter, Exporters, Inputs, UnitSource
from kmsiac.reading.tree import STDIN, SourceTree
from kmsiac.stack import CLOUDFORMATION, TERRAFORM


class Run(NamedTuple):
    """One scan of a unit. `given` is its entry, None where the inputs of the whole scan hold."""

    unit: UnitSource
    inputs: Inputs
    given: RootInputs | None = None


class Taker(NamedTuple):
    """A unit that was read: its framework ("" where it takes no inputs) and what it declares."""

    framework: str
    declared: frozenset[str]
    given: RootInputs | None = None


def planned_runs(
    units: Iterable[UnitSource], tree: SourceTree, options: ScanOptions, paths: Sequence[Path]
) -> list[list[Run]]:
    """Each unit with the inputs that it is scanned with, one run for each.

    Raises `ConfigError` for a root under `paths` where no unit was found, `UsageError` for the
    code of a plan where no plan is.
    """
    here = options.working_directory.resolve()
    entries: dict[str, list[RootInputs]] = {}
    for entry in options.root_inputs:
        entries.setdefault(os.path.realpath(here / entry.root), []).append(entry)
    found: list[list[Run]] = []
    names: dict[str, str] = {}
    units = list(units)
    for unit in units:
        real = "" if unit.path == Path(STDIN) else os.path.realpath(tree.root / unit.path)
        names[real] = tree.report_path(unit.path)
        given = entries.get(real, ())
        found.append(
            [Run(unit, each.inputs, each) for each in given] or [Run(unit, options.inputs)]
        )
    source = options.inputs.source_folder
    if paths and source is not None and not any(unit.kind == "plan" for unit in units):
        hint = "name the plan: terraform show -json tfplan > plan.json"
        raise UsageError("--source-dir: no plan is among what is scanned", hint=hint)
    scanned = [Path(os.path.realpath(path)) for path in paths]
    for real, given in entries.items():
        if real not in names and any(Path(real).is_relative_to(path) for path in scanned):
            raise _nothing_at(tree.report_path(Path(real)), given[0], names.values())
    return _with_exporters(found)


def _with_exporters(planned: list[list[Run]]) -> list[list[Run]]:
    """The runs, those of templates with all templates of the scan: they may import from them."""
    templates = [
        Exporter(run.unit, run.inputs)
        for runs in planned
        for run in runs
        if run.unit.kind == CLOUDFORMATION
    ]
    if not templates:
        return planned
    exporters = Exporters(templates)
    return [
        [
            run._replace(inputs=replace(run.inputs, exporters=exporters))
            if run.unit.kind == CLOUDFORMATION
            else run
            for run in runs
        ]
        for runs in planned
    ]


def unreached_runs(
    found: Discovery, tree: SourceTree, options: ScanOptions, read: Collection[str]
) -> Iterator[list[Run]]:
    """Runs for modules that are called and that no unit has read, each as if nobody called it: who
    calls them makes no instance of them. The same for templates that others nest.

    `read` are the report paths of all files that were read; it is to grow with each run.
    """
    for folder, files in found.modules.items():
        if files.isdisjoint(read):
            yield from planned_runs([UnitSource("terraform", folder)], tree, options, ())
    for path, unit in found.nested.items():
        if tree.report_path(path) not in read:
            yield from planned_runs([unit], tree, options, ())


def _nothing_at(name: str, entry: RootInputs, units: Iterable[str]) -> ConfigError:
    near = nearest(name, units)
    hint = f'did you mean "{near}"?' if near else "a root module's folder, or a template"
    return ConfigError(f'nothing that takes inputs was found at "{name}"', entry.location, hint)


def check_taken(inputs: Inputs, takers: Sequence[Taker]) -> list[Note]:
    """A value for something that no unit declares is a slip of the pen: nothing would come of it.

    Raises `UsageError` for one of the command line, `ConfigError` for one of a root's own inputs.
    The values of a configuration are for all that it stands above, of which a scan may be a part:
    there it is a note.
    """
    notes: list[Note] = []
    for framework, key, given, configured in (
        (TERRAFORM, "var", inputs.variables, inputs.configured_variables),
        (CLOUDFORMATION, "parameters", inputs.parameters, inputs.configured_parameters),
    ):
        own = [taker for taker in takers if taker.framework == framework]
        declared = frozenset[str]().union(*(taker.declared for taker in own))
        for name in given if own else ():
            if name not in declared:
                message = f"--{key} {name}: nothing that is scanned takes it"
                raise UsageError(message, hint=_near(name, declared))
        for name in configured if own else ():
            if name not in declared:
                hint = _near(name, declared)
                told = f" ({hint})" if hint else ""
                notes.append(Note(f'"{name}" in {key}: nothing that is scanned takes it{told}'))
    for taker in takers:
        _check_own(taker)
    return notes


def _check_own(taker: Taker) -> None:
    if taker.given is None or taker.framework != CLOUDFORMATION:
        return
    for name in taker.given.inputs.configured_parameters:
        if name not in taker.declared:
            message = f'the template has no parameter "{name}"'
            raise ConfigError(message, taker.given.location, _near(name, taker.declared))


def _near(name: str, declared: Iterable[str]) -> str:
    near = nearest(name, declared)
    return f'did you mean "{near}"?' if near else ""
