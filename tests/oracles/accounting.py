"""Counts the sinks that stand in the text of a Terraform tree, and where each of them went.

    python -m tests.oracles.accounting FOLDER [--list KIND]

The raw count knows nothing of the front end: `resource` headers and argument names by regular
expressions, `.tf.json` by `json`. A sink is the resource of an entity (a key, a role), or an
argument that holds a policy. Each is

* `known`: in the inventory, all of it a document;
* `partly`: in the inventory, with unknowns that have a reason;
* `null`: evaluated, and the argument gives nothing;
* `not made`: the resource, or each call of its module, has a count, a for_each or the like, and
  there is no instance;
* `listed`: not evaluated, and an error or an unresolved entry names its file, resource or module;
* `lost`: none of these. There must be none.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kmsiac.config import ScanOptions
from kmsiac.frontends.discover import discover
from kmsiac.frontends.load import load_unit
from kmsiac.frontends.unit import Inputs
from kmsiac.inventory.sites import ENTITIES, policy_sites
from kmsiac.reading.tree import SourceTree
from kmsiac.scan import take_inventory
from kmsiac.values import Null

Json = Any

_HEADER = re.compile(r'^[ \t]*resource[ \t]+"(\w+)"[ \t]+"([\w-]+)"[ \t]*\{', re.MULTILINE)
_NEXT = re.compile(
    r"^(?:resource|data|module|variable|output|locals|provider|terraform)\b", re.MULTILINE
)
_CONDITIONAL = re.compile(r"^[ \t]{0,3}(?:count|for_each|enabled)[ \t]*=", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:#|//)[^\n]*$|^[ \t]*/\*.*?\*/", re.MULTILINE | re.DOTALL)
_PLAIN = re.compile(r"\[[^\]]*\]")
_LAST = re.compile(r"(?:^|\.)((?:aws_)\w+\.[\w-]+)$")
_SKIPPED = frozenset({".git", ".terraform", "node_modules"})


class Sink(NamedTuple):
    """A resource (`argument` empty) or one of its arguments, in the file where it is written."""

    path: str
    resource: str
    argument: str


def raw_count(folder: Path) -> dict[Sink, bool]:
    """The sinks in the text of every Terraform file, and whether each may be made or not."""
    found: dict[Sink, bool] = {}
    tree = SourceTree.holding(folder, folder)
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if not path.is_file() or path.is_symlink() or not _SKIPPED.isdisjoint(parts):
            continue
        name = tree.report_path(path)
        if path.name.endswith((".tf", ".tofu")):
            for type_, label, body in _blocks(
                path.read_text(encoding="utf-8-sig", errors="replace")
            ):
                conditional = _CONDITIONAL.search(body) is not None
                for argument in _arguments(type_):
                    if not argument or re.search(_written(argument), body, re.MULTILINE):
                        found[Sink(name, f"{type_}.{label}", argument)] = conditional
        elif path.name.endswith((".tf.json", ".tofu.json")):
            for type_, label, members in _json_blocks(path):
                for argument in _arguments(type_):
                    if not argument or argument in members:
                        conditional = not {"count", "for_each"}.isdisjoint(members)
                        found[Sink(name, f"{type_}.{label}", argument)] = conditional
    return found


def _arguments(type_: str) -> list[str]:
    """The arguments of a type that hold a policy, and the resource itself for an entity."""
    whole = [""] if type_ in ENTITIES else []
    return whole + sorted({site.path.partition("[")[0] for site in policy_sites(type_)})


def _written(argument: str) -> str:
    return rf'^[ \t]*(?:{argument}[ \t]*(?:=|\{{)|dynamic[ \t]+"{argument}")'


def _blocks(text: str) -> Iterator[tuple[str, str, str]]:
    text = _COMMENT.sub("", text)
    headers = list(_HEADER.finditer(text))
    for header in headers:
        after = _NEXT.search(text, header.end())
        yield header[1], header[2], text[header.end() : after.start() if after else len(text)]


def _json_blocks(path: Path) -> Iterator[tuple[str, str, dict[str, Json]]]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return
    for types in _listed(document.get("resource") if isinstance(document, dict) else None):
        for type_, names in types.items():
            for labels in _listed(names):
                for label, bodies in labels.items():
                    for body in _listed(bodies):
                        yield type_, label, body


def _listed(value: Json) -> list[dict[str, Json]]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def account(folder: Path) -> dict[Sink, str]:
    """Where each sink of a tree went."""
    raw = raw_count(folder)
    inventory = take_inventory(ScanOptions(paths=(folder,), working_directory=folder))
    known, partly = _evaluated(inventory)
    null, made = _stacks(folder)
    listed = {entry["location"]["path"] for entry in inventory["errors"] if entry["location"]}
    unsure = {_plain(entry["resource"]) for entry in inventory["unresolved"]}
    called = _conditional_calls(folder)
    result = {}
    for sink, conditional in raw.items():
        if sink in partly:
            result[sink] = "partly"
        elif sink in known:
            result[sink] = "known"
        elif sink in null:
            result[sink] = "null"
        elif sink.path in listed or sink.resource in unsure:
            result[sink] = "listed"
        elif (sink.path, sink.resource) not in made and (conditional or _folder(sink) in called):
            result[sink] = "not made"
        else:
            result[sink] = "lost"
    return result


def _folder(sink: Sink) -> str:
    return sink.path.rpartition("/")[0]


def _evaluated(inventory: Json) -> tuple[set[Sink], set[Sink]]:
    known: set[Sink] = set()
    partly: set[Sink] = set()
    for policy in inventory["policies"]:
        sink = Sink(
            policy["location"]["path"],
            _plain(policy["resource"]),
            re.split(r"[\[.]", policy["attribute"])[0],
        )
        documents = [policy["document"], *(case["document"] for case in policy["cases"])]
        if policy["unknown"] or not any(document is not None for document in documents):
            partly.add(sink)
        else:
            known.add(sink)
    for name in ("keys", "aliases", "grants", "endpoints", "identities"):
        for entity in inventory[name]:
            known.add(Sink(entity["location"]["path"], _plain(entity["resource"]), ""))
    return known, partly


def _plain(address: str) -> str:
    """`module.a["x"].aws_kms_key.k[0]` as `aws_kms_key.k`."""
    found = _LAST.search(_PLAIN.sub("", address))
    return found[1] if found else address


def _stacks(folder: Path) -> tuple[set[Sink], set[tuple[str, str]]]:
    """The arguments that give null in every instance, and the resources that have instances."""
    tree = SourceTree.holding(folder, folder)
    given: set[Sink] = set()
    null: set[Sink] = set()
    made: set[tuple[str, str]] = set()
    for unit in discover(tree, [folder], None, Inputs()).units:
        if unit.kind != "terraform":
            continue
        for resource in load_unit(unit, tree, Inputs()).resources:
            file = tree.file(resource.position)
            assert file is not None
            name = (
                resource.address if resource.type.startswith("data.") else _plain(resource.address)
            )
            made.add((file.path, name))
            for argument in filter(None, _arguments(resource.type)):
                value = resource.attributes.get(argument)
                sink = Sink(file.path, name, argument)
                (null if value is None or isinstance(value, Null) else given).add(sink)
    return null - given, made


def _conditional_calls(folder: Path) -> set[str]:
    """Folders of modules that are only called with a count or a for_each, or from such a module."""
    calls: dict[str, list[tuple[str, bool]]] = {}
    tree = SourceTree.holding(folder, folder)
    for path in sorted(folder.rglob("*.tf")):
        if not _SKIPPED.isdisjoint(path.relative_to(folder).parts) or not path.is_file():
            continue
        text = _COMMENT.sub("", path.read_text(encoding="utf-8", errors="replace"))
        for header in re.finditer(r'^[ \t]*module[ \t]+"[\w-]+"[ \t]*\{', text, re.MULTILINE):
            after = _NEXT.search(text, header.end())
            body = text[header.end() : after.start() if after else len(text)]
            source = re.search(r'^[ \t]*source[ \t]*=[ \t]*"(\.[^"]*)"', body, re.MULTILINE)
            if source:
                name = tree.report_path((path.parent / source[1]).resolve())
                conditional = _CONDITIONAL.search(body) is not None
                calls.setdefault(name, []).append((tree.report_path(path.parent), conditional))
    found: set[str] = set()
    while True:
        new = {
            name
            for name, callers in calls.items()
            if name not in found and all(c or caller in found for caller, c in callers)
        }
        if not new:
            return found
        found |= new


def main(arguments: list[str]) -> int:
    """Print the counts for a folder; with `--list KIND` each sink of that kind, too."""
    folder = Path(arguments[0]).resolve()
    result = account(folder)
    counts = Counter(result.values())
    told = ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items()))
    sys.stdout.write(f"{len(result)} sinks: {told}\n")
    wanted = arguments[2] if arguments[1:2] == ["--list"] else "lost"
    for sink, kind in result.items():
        if kind == wanted:
            name = ".".join(filter(None, (sink.resource, sink.argument)))
            sys.stdout.write(f"  {sink.path}: {name}\n")
    return 1 if counts["lost"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
