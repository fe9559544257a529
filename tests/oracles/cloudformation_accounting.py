"""Counts the policies that stand in the text of templates, and where each of them went.

    python -m tests.oracles.cloudformation_accounting FOLDER [--list KIND]

The raw count knows nothing of the front end: `yaml.compose` (or `json`) and a walk over every map
with a `Statement` in which something has an `Effect`. Each is

* `known`: its statements are in policies of the inventory, and nothing in them is unknown;
* `partly`: they are, with unknowns that have a reason;
* `listed`: they are not, and an error or an unresolved entry names their file or resource;
* `never`: their resource has a condition, or they stand in a branch of one, that never holds;
* `elsewhere`: they are no part of what is deployed (`Metadata`, `Mappings`, a runbook, a script);
* `lost`: none of these. There must be none.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from kmsiac.aws.policy_sites import is_searched
from kmsiac.config import ScanOptions
from kmsiac.inventory.model import Inventory
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.reading.tree import SourceTree
from kmsiac.scan import UnitsRead, read_units
from kmsiac.values import List, Map, Text, Unknown, walk

_SUFFIXES = (".yaml", ".yml", ".json", ".template")
_TYPE = re.compile(r"\bType[\"']?\s*:\s*[\"']?(?:AWS|Custom|Alexa)::")
_SKIPPED = frozenset({".git", "node_modules"})
Place = tuple[str, int, int]
"""Path, line and column of a statement."""


class Raw(NamedTuple):
    """A policy in the text: its file and resource, where its statements are, and the way to it."""

    path: str
    resource: str
    statements: tuple[tuple[int, int], ...]
    way: tuple[str, ...]
    type: str
    conditional: bool


def raw_templates(folder: Path) -> set[str]:
    """The paths of all files that have resources with types of AWS, whatever else they are."""
    return {path for path, root in _documents(folder, "Resources") if _is_template(root)}


def raw_count(folder: Path) -> Iterator[Raw]:
    """The policies in the text of every template."""
    for path, root in _documents(folder, "Statement"):
        yield from _in_template(path, root)


def _documents(folder: Path, word: str) -> Iterator[tuple[str, yaml.Node | None]]:
    """The files that may be templates and hold a word, each with its document."""
    tree = SourceTree.holding(folder, folder)
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix not in _SUFFIXES or not path.is_file() or not _SKIPPED.isdisjoint(parts):
            continue
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        if path.is_symlink() or word not in text or not _TYPE.search(text):
            continue
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError, ValueError):
            continue
        yield tree.report_path(path), root


def _is_template(root: yaml.Node | None) -> bool:
    bodies = _members(dict(_members(root)).get("Resources"))
    return any(
        str(getattr(dict(_members(body)).get("Type"), "value", "")).startswith("AWS::")
        for _, body in bodies
    )


def _in_template(path: str, root: yaml.Node | None) -> Iterator[Raw]:
    sections = dict(_members(root))
    types = {name: str(getattr(dict(_members(body)).get("Type"), "value", ""))
             for name, body in _members(sections.get("Resources"))}  # fmt: skip
    conditions = {name for name, body in _members(sections.get("Resources"))
                  if "Condition" in dict(_members(body))}  # fmt: skip
    if not any(type_.startswith(("AWS::", "Custom::")) for type_ in types.values()):
        return
    seen: set[tuple[int, int]] = set()
    for way, node in _maps(root):
        statements = tuple(dict.fromkeys(_effects(dict(_members(node)).get("Statement"))))
        if not statements or statements[0] in seen:
            continue
        seen.update(statements)
        resource = way[1] if len(way) > 1 and way[0] == "Resources" else ""
        conditional = resource in conditions or "Fn::If" in way
        yield Raw(path, resource, statements, way, types.get(resource, ""), conditional)


def _members(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key.value, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def _maps(root: yaml.Node | None) -> Iterator[tuple[tuple[str, ...], yaml.MappingNode]]:
    stack: list[tuple[tuple[str, ...], yaml.Node | None]] = [((), root)]
    while stack:
        way, node = stack.pop()
        if isinstance(node, yaml.MappingNode):
            yield way, node
            stack += (((*way, name), member) for name, member in _members(node))
        elif isinstance(node, yaml.SequenceNode):
            stack += ((way, item) for item in node.value)


def _effects(node: yaml.Node | None) -> Iterator[tuple[int, int]]:
    """Where the statements in a node begin."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _effects(item)
    elif isinstance(node, yaml.MappingNode):
        members = dict(_members(node))
        if "Effect" in members:
            if members.keys() & {"Action", "NotAction", "Principal", "NotPrincipal", "Resource"}:
                yield node.start_mark.line + 1, node.start_mark.column + 1
        elif len(members) == 1 and next(iter(members)).startswith("Fn::"):
            yield from _effects(next(iter(members.values())))


def account(folder: Path) -> dict[Raw, str]:
    """Where each policy of a tree went."""
    read = read_units(ScanOptions(paths=(folder,), working_directory=folder))
    known: set[Place] = set()
    partly: set[Place] = set()
    for inventory in read.inventories:
        _evaluated(inventory, read, known, partly)
    files, resources = _listed(read)
    result: dict[Raw, str] = {}
    for raw in raw_count(folder):
        places = {(raw.path, *place) for place in raw.statements}
        if places <= known:
            result[raw] = "known"
        elif places <= known | partly:
            result[raw] = "partly"
        elif _is_elsewhere(raw):
            result[raw] = "elsewhere"
        elif raw.path in files or (raw.path, raw.resource) in resources:
            result[raw] = "listed"
        elif places & (known | partly) or raw.conditional:
            result[raw] = "never"
        else:
            result[raw] = "lost"
    return result


def _is_elsewhere(raw: Raw) -> bool:
    if raw.way[:1] != ("Resources",) or raw.way[2:3] == ("Metadata",):
        return True
    return not all(is_searched(raw.type, name) for name in raw.way[3:])


def _evaluated(
    inventory: Inventory, read: UnitsRead, known: set[Place], partly: set[Place]
) -> None:
    for policy in inventory.policies:
        for _, document in policy.document.cases:
            if not isinstance(document, PolicyDocument):
                continue
            for statement in document.statements:
                span = read.locate(statement.position)
                if span is not None:
                    place = (span.path, span.line, span.column)
                    (partly if _has_unknown(statement) else known).add(place)


def _has_unknown(statement: Statement) -> bool:
    return any(
        isinstance(inner, Unknown)
        or (isinstance(inner, Text) and inner.has_unknown)
        or (isinstance(inner, Map | List) and inner.open is not None)
        for inner in walk(statement.value)
    )


def _listed(read: UnitsRead) -> tuple[set[str], set[tuple[str, str]]]:
    """The files, and the resources of files, that something is said of."""
    files = {error.span.path for error in read.errors if error.span is not None}
    resources: set[tuple[str, str]] = set()
    for inventory in read.inventories:
        files |= {error.span.path for error in inventory.errors if error.span is not None}
        for gap in inventory.gaps:
            span = read.locate(gap.position)
            if span is not None:
                resources.add((span.path, gap.resource.rpartition("/")[2]))
    return files, resources


def main(arguments: list[str]) -> int:
    """Print the counts for a folder; with `--list KIND` each policy of that kind, too."""
    folder = Path(arguments[0]).resolve()
    result = account(folder)
    counts = Counter(result.values())
    told = ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items()))
    sys.stdout.write(f"{len(result)} policies: {told}\n")
    wanted = arguments[2] if arguments[1:2] == ["--list"] else "lost"
    for raw, kind in result.items():
        if kind == wanted:
            line = raw.statements[0][0]
            sys.stdout.write(f"  {raw.path}:{line}: {raw.resource} {'.'.join(raw.way[2:])}\n")
    return 1 if counts["lost"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
