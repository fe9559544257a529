"""Which templates are deployed by themselves: those that no other one nests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from kmsiac.errors import SourceError
from kmsiac.frontends.cloudformation.detect import is_service
from kmsiac.frontends.cloudformation.locating import LOCATIONS, nested_in
from kmsiac.frontends.cloudformation.serverless import files_in
from kmsiac.frontends.cloudformation.templates import read_root
from kmsiac.frontends.unit import UnitSource
from kmsiac.reading.tree import SourceTree

_NAMES = (*(name.encode() for name in LOCATIONS), b"${file(")


def nested_units(tree: SourceTree, units: Iterable[UnitSource]) -> list[Path]:
    """The paths of templates among `units` that are scanned in the stacks that nest them.

    Templates that only nest each other in a circle have no root: the first of them by name stands
    for it. Those that nest come before those that are nested.
    """
    by_key = {str(unit.file.key): unit for unit in units if unit.file and unit.file.key}
    calls = {key: _nested(tree, by_key[key], by_key.keys()) for key in sorted(by_key)}
    called = {target for key, targets in calls.items() for target in targets if target != key}
    if not called:
        return []
    roots = [key for key in calls if key not in called]
    reached: dict[str, None] = {}
    for root in roots:
        _reach(root, calls, reached)
    for key in calls:
        if key not in reached:
            roots.append(key)
            _reach(key, calls, reached)
    known = set(roots)
    return [by_key[key].path for key in reached if key not in known]


def _nested(tree: SourceTree, unit: UnitSource, known: Collection[str]) -> list[str]:
    """The templates of the search that one nests; those that cannot be read nest nothing."""
    file = unit.file
    if file is None or not any(name in file.data for name in _NAMES):
        return []
    try:
        root = read_root(file)
    except SourceError:
        return []
    inner = files_in(file, tree) if is_service(root) else nested_in(root, file, tree)
    return sorted(key for each in inner if (key := str(each.key)) in known)


def _reach(start: str, calls: Mapping[str, Sequence[str]], reached: dict[str, None]) -> None:
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached[key] = None
            waiting.extend(reversed(calls[key]))
