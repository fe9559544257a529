"""The pipeline on one page, and the public Python API: `scan` and `take_inventory`.

    paths -> discover -> units -> load -> stack -> build -> inventory -> rules -> matches -> findings

A unit (Terraform root module, plan, CloudFormation stack, bare policy) is scanned by itself and
gives plain data, so that units can run in workers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from kmsiac.access.trust import Trusted
from kmsiac.config import ScanOptions
from kmsiac.config.roots import Run, Taker, check_taken, planned_runs, unreached_runs
from kmsiac.errors import KmsiacError, Span, whole_file
from kmsiac.findings.build import RuleFacts, build_findings, build_unresolved
from kmsiac.findings.excerpt import SourceLines
from kmsiac.findings.finding import ActiveRule, Note, ScanResult, Summary, Unresolved
from kmsiac.findings.twins import packaged_twins, twins_of
from kmsiac.frontends.discover import discover
from kmsiac.frontends.unit import Discovery
from kmsiac.inventory import bare
from kmsiac.inventory.export import export, place
from kmsiac.inventory.model import Inventory
from kmsiac.reading.tree import SourceTree, present
from kmsiac.rules.loader import builtin_rules_folder, load_rules
from kmsiac.rules.model import RuleSet
from kmsiac.rules.selection import RuleNames, selected
from kmsiac.sharing import scanned
from kmsiac.stack import CLOUDFORMATION, TERRAFORM
from kmsiac.suppression import Judged, suppress
from kmsiac.units import UnitScan, each_once, inventory_of, joined, scan_unit

__all__ = [
    "Progress",
    "ScanOptions",
    "UnitsRead",
    "judge",
    "read_units",
    "scan",
    "take_inventory",
]

_STRAYS = 5
"""What is written in vain: so much is told by file."""

Progress = Callable[[int, int, str], None]
"""Told how far a scan is: units done, units in all, and the path of the one that is next."""


@dataclass
class _Pass:
    """One go over all that the options name, up to the matches."""

    tree: SourceTree
    discovery: Discovery
    rules: RuleSet
    names: RuleNames
    units: list[UnitScan]
    takers: list[Taker]

    def judged(self) -> Judged:
        """The matches before ignores and baselines take something out."""
        units = self.units
        errors = [*self.discovery.errors, *(error for unit in units for error in unit.errors)]
        matches = [match for unit in units for match in unit.matches]
        plans = {unit.name for unit in units if unit.from_plan}
        roots = {unit.name for unit in units if unit.framework == TERRAFORM}
        templates = {unit.name for unit in units if unit.framework == CLOUDFORMATION}
        return Judged(
            self.tree,
            matches,
            list(dict.fromkeys(remark for unit in units for remark in unit.remarks)),
            units=frozenset(unit.name for unit in units),
            complete=frozenset(u.name for u in units if not u.errors and not u.only),
            unsure=frozenset(error.span.path for error in errors if error.span),
            only=frozenset[str]().union(*(unit.only for unit in units)),
            running=frozenset(self.rules.rules),
            names=self.names,
            twins=twins_of(matches, plans, roots) | packaged_twins(matches, templates),
        )


def scan(options: ScanOptions, progress: Progress | None = None) -> ScanResult:
    """Scan and judge. Raises `RuleError`s for rule files and `ConfigError`s for ignores and
    baselines; what cannot be read is in the result. `progress` is called before each unit.
    """

    done = _go_over(options, progress)
    tree, discovery, rules, units = done.tree, done.discovery, done.rules, done.units
    notes = check_taken(options.inputs, done.takers)
    judged = done.judged()
    out = suppress(judged, options, _judge_earlier, os.environ)
    gaps = [gap for unit in units for gap in unit.gaps]
    return ScanResult(
        findings=build_findings(
            judged.matches, _facts(rules), tree.span, SourceLines(tree.file), out.of, judged.twins
        ),
        unresolved=_unread(discovery)
        + build_unresolved(judged.matches, gaps, tree.span, judged.twins),
        errors=_sorted(discovery.errors + [error for unit in units for error in unit.errors]),
        settings=out.settings,
        summary=_summary(discovery, units, len(rules)),
        rules=_active(rules),
        prose=cache(rules.prose),
        notes=[*options.notes, *notes, *_stray_notes(units), *out.notes],
    )


def _stray_notes(units: Sequence[UnitScan]) -> Iterator[Note]:
    """What is written in vain. A file of variables may be for several units: what none takes."""
    given = [unit for unit in units if unit.framework == TERRAFORM]
    said = {stray.place: stray.message for unit in units for stray in unit.strays}
    vain: dict[str, set[Span]] = {}
    for where in sorted(said):
        vain.setdefault(where.path, set()).add(where)
    for path, places in vain.items():
        for unit in given:
            if path in unit.files:
                places &= {stray.place for stray in unit.strays}
        told = sorted(places)
        for at, where in enumerate(told[:_STRAYS]):
            last = at == _STRAYS - 1 and len(told) > _STRAYS
            more = f" (and {len(told) - _STRAYS:,} more)" if last else ""
            yield Note(f"{said[where]}{more}", where)


def judge(options: ScanOptions) -> Judged:
    """The matches of a scan, before ignores and baselines take something out."""

    done = _go_over(options)
    check_taken(options.inputs, done.takers)
    return done.judged()


def _judge_earlier(options: ScanOptions) -> Judged:
    """The same for an earlier commit, which need not have all that the options name."""

    return _go_over(options, earlier=True).judged()


def _go_over(
    options: ScanOptions, progress: Progress | None = None, *, earlier: bool = False
) -> _Pass:
    every = _rules(options)
    rules = selected(every, options.select, options.ignore, pedantic=options.pedantic)
    trusted = Trusted(frozenset(options.trusted_accounts), frozenset(options.trusted_organizations))
    tree, discovery, planned = _discover(options, earlier=earlier)
    read: set[str] = set()
    units: list[UnitScan] = []
    takers: list[Taker] = []

    def scans(runs: list[Run]) -> list[UnitScan]:
        return [scan_unit(run.unit, tree, run.inputs, rules, trusted) for run in runs]

    telling = _telling(progress, planned, tree)
    rest = ((runs, scans(runs)) for runs in unreached_runs(discovery, tree, options, read))
    for runs, found in chain(scanned(planned, scans, tree, telling), rest):
        takers += [
            Taker(unit.framework, unit.declared, run.given)
            for run, unit in zip(runs, found, strict=True)
        ]
        units.append(joined(runs, found))
        read |= units[-1].files
    return _Pass(tree, discovery, rules, RuleNames(every), each_once(units), takers)


def _telling(
    progress: Progress | None, planned: list[list[Run]], tree: SourceTree
) -> Callable[[int], None]:
    """What to call before the unit of a number is waited for."""

    def tell(number: int) -> None:
        if progress is not None and planned[number]:
            unit = planned[number][0].unit
            path = unit.file.path if unit.file else tree.report_path(unit.path)
            progress(number, len(planned), path)

    return tell


def _rules(options: ScanOptions) -> RuleSet:
    rules = options.rules
    if rules is None:
        rules = load_rules([builtin_rules_folder(), *options.rules_folders])
    return rules.with_parameters(options.parameters).with_severities(options.severity)


def _facts(rules: RuleSet) -> Callable[[str], RuleFacts]:
    """What findings say of their rule; its references are read only where it has fired."""

    @cache
    def facts(id: str) -> RuleFacts:
        rule = rules.rules[id]
        references = rules.prose(id).get("references")
        first = references[0] if isinstance(references, list) and references else ""
        return RuleFacts(rule.name, rule.title, rule.category, str(first))

    return facts


def _active(rules: RuleSet) -> tuple[ActiveRule, ...]:
    return tuple(
        ActiveRule(r.id, r.name, r.title, r.severity, r.category, builtin=r.builtin) for r in rules
    )


def take_inventory(options: ScanOptions) -> dict[str, Any]:
    """What was found, judged by nobody: the `inventory` JSON of version 1."""

    read = read_units(options)
    result = export(read.inventories, read.locate)
    result["errors"] += [
        {"message": error.message, "location": place(error.span)} for error in read.errors
    ]
    return result


@dataclass(frozen=True)
class UnitsRead:
    """Every unit of a scan as its inventory, judged by nobody.

    `errors` are the files and units that could not be read; those of an inventory it has itself.
    `unread` are kinds of files that are known and not read. `locate` gives the place of a position.
    A root with several inputs is there once for each, their name behind that of the unit.
    """

    inventories: tuple[Inventory, ...]
    errors: tuple[KmsiacError, ...]
    unread: tuple[Unresolved, ...]
    locate: Callable[[int], Span | None]
    notes: tuple[Note, ...] = ()


def read_units(options: ScanOptions, *, check_inputs: bool = False) -> UnitsRead:
    """Read all that the options name.

    With `check_inputs` an input that no unit takes is a `UsageError`.
    """

    tree, discovery, planned = _discover(options)
    found: list[Inventory] = []
    takers: list[Taker] = []
    errors = list(discovery.errors)
    read: set[str] = set()
    for runs in chain(planned, unreached_runs(discovery, tree, options, read)):
        for each in runs:
            inventory, error = inventory_of(each.unit, tree, each.inputs)
            if inventory is not None:
                framework = "" if inventory.from_plan else inventory.framework
                takers.append(Taker(framework, inventory.declared, each.given))
                if each.given is not None and len(runs) > 1:
                    inventory.unit += f"[{each.given.name}]"
                found.append(inventory)
                read |= inventory.files
            elif error is not None:
                errors.append(error)
    notes = list(options.notes)
    if check_inputs:
        notes += check_taken(options.inputs, takers)
    unread = tuple(_unread(discovery))
    seen = bare.seen_elsewhere(bare.statement_places(one, tree.file) for one in found)
    found = [one for one, again in zip(found, seen, strict=True) if not again]
    return UnitsRead(tuple(found), tuple(_sorted(errors)), unread, tree.span, tuple(notes))


def _discover(
    options: ScanOptions, *, earlier: bool = False
) -> tuple[SourceTree, Discovery, list[list[Run]]]:

    here = options.working_directory.resolve()
    paths = [here / path for path in options.paths]
    if not paths and options.stdin is None:
        paths = [here]
    tree = _tree_for(paths, here)
    for path in options.inputs.variable_files:
        tree.admit(here / path)
    found = discover(tree, paths, options.stdin, options.inputs, options.exclude)
    return tree, found, planned_runs(found.units, tree, options, () if earlier else paths)


def _tree_for(paths: list[Path], here: Path) -> SourceTree:
    """One tree that holds every path: their common repository, else their common folder."""
    trees = [SourceTree.holding(path, here) for path in paths if present(path)]
    if not trees:
        return SourceTree(here)
    roots = {tree.root for tree in trees}
    if len(roots) == 1:
        return trees[0]
    common = Path(os.path.commonpath([str(root) for root in roots]))
    return SourceTree(common, here if common.is_relative_to(here) else common)


def _unread(discovery: Discovery) -> list[Unresolved]:
    """Files of a kind that is known and not read: named, with what would make them readable."""
    return [
        Unresolved("", "", f"{error.message}; {error.hint}", (), error.span)
        for error in _sorted(discovery.unread)
    ]


def _summary(discovery: Discovery, units: Iterable[UnitScan], rules: int) -> Summary:
    found = list(units)
    files = set[str]().union(*(unit.files for unit in found))
    return Summary(
        files=len(files),
        skipped=discovery.skipped,
        excluded=len(discovery.excluded - files),
        keys=sum(unit.keys for unit in found),
        policies=sum(unit.policies for unit in found),
        grants=sum(unit.grants for unit in found),
        endpoints=sum(unit.endpoints for unit in found),
        rules=rules,
    )


def _sorted(errors: Iterable[KmsiacError]) -> list[KmsiacError]:
    unique = {(str(error), error.span): error for error in errors}
    nowhere = whole_file("")
    return sorted(unique.values(), key=lambda error: (error.span or nowhere, error.message))
