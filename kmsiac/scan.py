"""The pipeline on one page, and the public Python API: `scan` and `take_inventory`.

    paths -> discover -> units -> load -> stack -> build -> inventory -> rules -> matches -> findings

A unit (Terraform root module, plan, CloudFormation stack, bare policy) is scanned by itself and
gives plain data, so that units can run in workers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from kmsiac.access.trust import Trusted
from kmsiac.config import ScanOptions
from kmsiac.errors import KmsiacError, SourceError, Span, UsageError, whole_file
from kmsiac.findings.build import RuleFacts, build_findings, build_unresolved
from kmsiac.findings.excerpt import without_key_material
from kmsiac.findings.finding import ActiveRule, ScanResult, Summary, Unresolved
from kmsiac.frontends.discover import discover
from kmsiac.frontends.load import load_unit
from kmsiac.frontends.unit import Discovery, Inputs, UnitSource
from kmsiac.inventory.build import build
from kmsiac.inventory.export import export, place
from kmsiac.inventory.model import Inventory
from kmsiac.reading.tree import SourceTree, present
from kmsiac.rules.engine import run
from kmsiac.rules.loader import builtin_rules_folder, load_rules
from kmsiac.rules.match import Match
from kmsiac.rules.model import RuleSet
from kmsiac.rules.selection import selected
from kmsiac.stack import CLOUDFORMATION, TERRAFORM, Gap

__all__ = [
    "Progress",
    "ScanOptions",
    "UnitsRead",
    "read_units",
    "scan",
    "scan_unit",
    "take_inventory",
]

Progress = Callable[[int, int, str], None]
"""Told how far a scan is: units done, units in all, and the path of the one that is next."""


@dataclass
class UnitScan:
    """What came out of one unit: plain data only."""

    matches: list[Match] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    errors: list[KmsiacError] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    framework: str = ""
    declared: frozenset[str] = frozenset()
    keys: int = 0
    policies: int = 0
    grants: int = 0
    endpoints: int = 0


def scan(options: ScanOptions, progress: Progress | None = None) -> ScanResult:
    """Scan and judge. Raises `RuleError`s for rule files; what cannot be read is in the result.

    `progress(done, total, path)` is called before each unit that is scanned.
    """

    rules = selected(_rules(options), options.select, options.ignore, pedantic=options.pedantic)
    trusted = Trusted(frozenset(options.trusted_accounts), frozenset(options.trusted_organizations))
    tree, discovery = _discover(options)
    told = _telling(progress, discovery.units, tree)
    units = [scan_unit(unit, tree, options.inputs, rules, trusted) for unit in told]
    _check_inputs(options.inputs, [(unit.framework, unit.declared) for unit in units])
    matches = [match for unit in units for match in unit.matches]
    gaps = [gap for unit in units for gap in unit.gaps]
    return ScanResult(
        findings=build_findings(matches, _facts(rules), tree.span, _source_of(tree)),
        unresolved=_unread(discovery) + build_unresolved(matches, gaps, tree.span),
        errors=_sorted(discovery.errors + [error for unit in units for error in unit.errors]),
        summary=_summary(discovery, units, len(rules)),
        rules=_active(rules),
        prose=cache(rules.prose),
    )


def _telling(
    progress: Progress | None, units: list[UnitSource], tree: SourceTree
) -> Iterator[UnitSource]:
    for done, unit in enumerate(units):
        if progress is not None:
            progress(done, len(units), unit.file.path if unit.file else tree.report_path(unit.path))
        yield unit


def _check_inputs(inputs: Inputs, units: list[tuple[str, frozenset[str]]]) -> None:
    """A value for something that no unit declares is a slip of the pen: nothing would come of it.

    `units` are their frameworks ("" for one that takes no inputs) and the names that they declare.
    """
    for framework, option, names in (
        (TERRAFORM, "--var", inputs.variables),
        (CLOUDFORMATION, "--parameters", inputs.parameters),
    ):
        takers = [names for of, names in units if of == framework]
        declared = frozenset[str]().union(*takers)
        for name in names if takers else ():
            if name not in declared:
                near = get_close_matches(name, declared, 1)
                hint = f"did you mean {near[0]}?" if near else ""
                raise UsageError(f"{option} {name}: nothing that is scanned takes it", hint=hint)


def _rules(options: ScanOptions) -> RuleSet:
    return load_rules([builtin_rules_folder(), *options.rules_folders])


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


def scan_unit(
    unit: UnitSource, tree: SourceTree, inputs: Inputs, rules: RuleSet, trusted: Trusted
) -> UnitScan:
    """Scan one unit by itself."""

    inventory, error = _inventory_of(unit, tree, inputs)
    if inventory is None:
        return UnitScan(errors=[error] if error else [])
    matches = run(rules, inventory, trusted)
    if unit.only:
        matches = [match for match in matches if _concerns(match, unit.only, inventory, tree)]
    return UnitScan(
        matches=matches,
        gaps=inventory.gaps,
        errors=inventory.errors,
        files=inventory.files,
        framework="" if inventory.from_plan else inventory.framework,
        declared=inventory.declared,
        keys=len(inventory.keys),
        policies=sum(not policy.default for policy in inventory.policies),
        grants=len(inventory.grants),
        endpoints=len(inventory.endpoints),
    )


def _concerns(match: Match, paths: frozenset[str], inventory: Inventory, tree: SourceTree) -> bool:
    """Whether a match has to do with some files: its place, its resource, or a call on the way."""
    headers = [e.position for e in inventory.entities() if e.address == match.resource]
    calls = [call.position for call in match.call_chain]
    places = [match.position, *headers, *calls]
    return any((file := tree.file(place)) and file.path in paths for place in places)


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
    """

    inventories: tuple[Inventory, ...]
    errors: tuple[KmsiacError, ...]
    unread: tuple[Unresolved, ...]
    locate: Callable[[int], Span | None]


def read_units(options: ScanOptions, *, check_inputs: bool = False) -> UnitsRead:
    """Read all that the options name.

    With `check_inputs` an input that no unit takes is a `UsageError`.
    """

    tree, discovery = _discover(options)
    found: list[Inventory] = []
    errors = list(discovery.errors)
    for unit in discovery.units:
        inventory, error = _inventory_of(unit, tree, options.inputs)
        if inventory is not None:
            found.append(inventory)
        elif error is not None:
            errors.append(error)
    if check_inputs:
        declared = [("" if i.from_plan else i.framework, i.declared) for i in found]
        _check_inputs(options.inputs, declared)
    unread = tuple(_unread(discovery))
    return UnitsRead(tuple(found), tuple(_sorted(errors)), unread, tree.span)


def _inventory_of(
    unit: UnitSource, tree: SourceTree, inputs: Inputs
) -> tuple[Inventory | None, KmsiacError | None]:

    try:
        return build(load_unit(unit, tree, inputs)), None
    except UsageError:
        raise
    except KmsiacError as error:
        return None, error
    except RecursionError:
        place = whole_file(tree.report_path(unit.path))
        return None, SourceError("nested too deeply to be read", place)


def _discover(options: ScanOptions) -> tuple[SourceTree, Discovery]:

    here = options.working_directory.resolve()
    paths = [here / path for path in options.paths]
    if not paths and options.stdin is None:
        paths = [here]
    tree = _tree_for(paths, here)
    return tree, discover(tree, paths, options.stdin, options.inputs)


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


def _source_of(tree: SourceTree) -> _Source:
    return _Source(tree)


class _Source:
    """The source line of a position; None for plan JSON, whose lines may hold secrets."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree

    def __call__(self, position: int) -> str | None:
        file = self._tree.file(position)
        if file is None or file.has_paths:
            return None
        return without_key_material(file.line(file.span(position).line))


def _unread(discovery: Discovery) -> list[Unresolved]:
    """Files of a kind that is known and not read: named, with what would make them readable."""
    return [
        Unresolved("", "", f"{error.message}; {error.hint}", (), error.span)
        for error in _sorted(discovery.unread)
    ]


def _summary(discovery: Discovery, units: Iterable[UnitScan], rules: int) -> Summary:
    found = list(units)
    return Summary(
        files=len(set().union(*(unit.files for unit in found))) if found else 0,
        skipped=discovery.skipped,
        excluded=discovery.excluded,
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
