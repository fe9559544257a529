"""One unit scanned by itself: plain data only, which can come from a worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from kmsiac.access.trust import Trusted
from kmsiac.config.roots import Run
from kmsiac.errors import KmsiacError, SourceError, UsageError, whole_file
from kmsiac.findings.inputs import with_inputs
from kmsiac.frontends.load import load_unit
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.inventory import bare
from kmsiac.inventory.build import build
from kmsiac.inventory.model import Inventory
from kmsiac.reading.tree import SourceTree
from kmsiac.rules.engine import run
from kmsiac.rules.match import Match
from kmsiac.rules.model import RuleSet
from kmsiac.stack import Call, Gap, Remark, Stray


@dataclass
class UnitScan:
    """What came out of one unit: plain data only."""

    name: str
    matches: list[Match] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    errors: list[KmsiacError] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    framework: str = ""
    from_plan: bool = False
    declared: frozenset[str] = frozenset()
    remarks: list[Remark] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    only: frozenset[str] = frozenset()
    keys: int = 0
    policies: int = 0
    grants: int = 0
    endpoints: int = 0
    statements: bare.StatementPlaces = bare.NO_PLACES

    def positions(self) -> Iterator[int]:
        """Every position in it."""
        for gap in self.gaps:
            yield gap.position
        for match in self.matches:
            yield match.position
            yield from match.places
            yield from (position for _, position in match.related)
            yield from (call.position for call in match.call_chain)
            yield from (blame.position for blame in match.blame)

    def moved(self, to: Callable[[int], int]) -> UnitScan:
        """The same with other positions."""
        gaps = [
            gap if to(p := gap.position) == p else replace(gap, position=to(p)) for gap in self.gaps
        ]
        return replace(self, gaps=gaps, matches=[_moved(match, to) for match in self.matches])


def _moved(match: Match, to: Callable[[int], int]) -> Match:
    return replace(
        match,
        position=to(match.position),
        places=tuple(to(place) for place in match.places),
        related=tuple((message, to(position)) for message, position in match.related),
        call_chain=tuple(Call(call.address, to(call.position)) for call in match.call_chain),
        blame=tuple(blame._replace(position=to(blame.position)) for blame in match.blame),
    )


def joined(runs: list[Run], scans: list[UnitScan]) -> UnitScan:
    """What a unit gave with all its inputs. What was looked at counts once."""
    if len(scans) == 1:
        return scans[0]
    names = [run.given.name if run.given is not None else "" for run in runs]
    return UnitScan(
        scans[0].name,
        matches=with_inputs(dict(zip(names, (scan.matches for scan in scans), strict=True))),
        gaps=[gap for scan in scans for gap in scan.gaps],
        errors=[error for scan in scans for error in scan.errors],
        files=set().union(*(scan.files for scan in scans)),
        framework=scans[0].framework,
        from_plan=scans[0].from_plan,
        declared=scans[0].declared,
        remarks=scans[0].remarks,
        strays=[stray for scan in scans for stray in scan.strays],
        only=scans[0].only,
        keys=max(scan.keys for scan in scans),
        policies=max(scan.policies for scan in scans),
        grants=max(scan.grants for scan in scans),
        endpoints=max(scan.endpoints for scan in scans),
        statements=bare.together(scan.statements for scan in scans),
    )


def each_once(units: list[UnitScan]) -> list[UnitScan]:
    """The units, without what a policy file says that a template makes its policies of."""
    seen = bare.seen_elsewhere(unit.statements for unit in units)
    return [
        replace(unit, matches=[], gaps=[], policies=0) if again else unit
        for unit, again in zip(units, seen, strict=True)
    ]


def scan_unit(
    unit: UnitSource, tree: SourceTree, inputs: Inputs, rules: RuleSet, trusted: Trusted
) -> UnitScan:
    """Scan one unit by itself."""
    inventory, error = inventory_of(unit, tree, inputs)
    if inventory is None:
        name = tree.report_path(unit.path)
        return UnitScan(name, errors=[error] if error else [], only=unit.only)
    matches = run(rules, inventory, trusted)
    if unit.only:
        matches = [match for match in matches if _concerns(match, unit.only, inventory, tree)]
    return UnitScan(
        inventory.unit,
        matches=matches,
        gaps=inventory.gaps,
        errors=inventory.errors,
        files=inventory.files,
        framework="" if inventory.from_plan else inventory.framework,
        from_plan=inventory.from_plan,
        declared=inventory.declared,
        remarks=inventory.remarks,
        strays=inventory.strays,
        only=unit.only,
        keys=len(inventory.keys),
        policies=sum(not policy.default for policy in inventory.policies),
        grants=len(inventory.grants),
        endpoints=len(inventory.endpoints),
        statements=bare.statement_places(inventory, tree.file),
    )


def _concerns(match: Match, paths: frozenset[str], inventory: Inventory, tree: SourceTree) -> bool:
    """Whether a match has to do with some files: its place, its resource, or a call on the way."""
    headers = [e.position for e in inventory.entities() if e.address == match.resource]
    calls = [call.position for call in match.call_chain]
    places = [match.position, *headers, *calls]
    return any((file := tree.file(place)) and file.path in paths for place in places)


def inventory_of(
    unit: UnitSource, tree: SourceTree, inputs: Inputs
) -> tuple[Inventory | None, KmsiacError | None]:
    """What a unit holds, or why it could not be read."""
    try:
        return build(load_unit(unit, tree, inputs)), None
    except UsageError:
        raise
    except KmsiacError as error:
        return None, error
    except RecursionError:
        place = whole_file(tree.report_path(unit.path))
        return None, SourceError("nested too deeply to be read", place)
