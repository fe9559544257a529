"""Which Terraform folders are root modules: those that no other folder calls as a local module, and
those that are plainly deployed by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.module_files import code_files, split_file
from kmsiac.frontends.terraform.modules import is_local, literal_source, local_folder
from kmsiac.frontends.terraform.split import Block
from kmsiac.reading.tree import SourceTree, names_in

_LOADED_BY_ROOTS = (".auto.tfvars", ".auto.tfvars.json")
_OF_ROOTS = frozenset({"terraform.tfvars", "terraform.tfvars.json", ".terraform.lock.hcl"})


class Modules(NamedTuple):
    """Folders with Terraform files: the root modules, sorted, and the others, those that call
    before those that are called.
    """

    roots: list[Path]
    others: list[Path]


def find_roots(tree: SourceTree, folders: Iterable[Path]) -> Modules:
    """The root modules among folders with Terraform files.

    A folder that another one calls is evaluated through its callers only, unless it has what only
    root modules have (a backend, a lock file, variables that are loaded by themselves): a call with
    other arguments, which anybody can add, must not stand for what is deployed. Folders that only
    call each other in a circle have no root: the first of them by name stands for it.
    """
    names = sorted({folder.resolve() for folder in folders})
    read = {folder: _read(tree, folder) for folder in names}
    calls = {folder: sorted(found.calls & read.keys()) for folder, found in read.items()}
    called = {target for folder in names for target in calls[folder] if target != folder}
    roots = [folder for folder in names if folder not in called or read[folder].deployed]
    reached: dict[Path, None] = {}
    for root in roots:
        _reach(root, calls, reached)
    for folder in names:
        if folder not in reached:
            roots.append(folder)
            _reach(folder, calls, reached)
    known = set(roots)
    return Modules(sorted(roots), [f for f in reversed(reached) if f not in known])


def _reach(start: Path, calls: Mapping[Path, Sequence[Path]], reached: dict[Path, None]) -> None:
    """Add what a folder leads to, what is called before those that call it."""
    open_ = {start}
    waiting = [(start, iter(calls[start]))]
    while waiting:
        folder, rest = waiting[-1]
        target = next((t for t in rest if t not in reached and t not in open_), None)
        if target is None:
            reached[folder] = None
            open_.discard(folder)
            waiting.pop()
        else:
            open_.add(target)
            waiting.append((target, iter(calls[target])))


class _Folder(NamedTuple):
    """The folders that one calls, and whether it is plainly deployed by itself."""

    calls: set[Path]
    deployed: bool


def _read(tree: SourceTree, folder: Path) -> _Folder:
    calls: set[Path] = set()
    names = names_in(folder)
    deployed = any(name in _OF_ROOTS or name.endswith(_LOADED_BY_ROOTS) for name in names)
    for file in code_files(names):
        if file.shadowed:
            continue
        try:
            blocks = split_file(tree, folder / file.name).body.blocks
        except SourceError:
            continue
        for block in blocks:
            if block.type == "terraform":
                deployed |= any(each.type in ("backend", "cloud") for each in block.body.blocks)
            elif block.type == "module" and (target := _target(tree, folder, block)) is not None:
                calls.add(target)
    return _Folder(calls, deployed)


def _target(tree: SourceTree, folder: Path, block: Block) -> Path | None:
    source = literal_source(block.body.attributes.get("source"))
    if source is not None and is_local(source):
        return local_folder(tree, folder, source)
    return None
