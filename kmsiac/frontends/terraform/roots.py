"""Which Terraform folders are root modules: those that no other folder calls as a local module, and
those that are plainly deployed by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.module_files import EXTENSIONS
from kmsiac.frontends.terraform.modules import literal_source, local_folder
from kmsiac.frontends.terraform.split import Block, split
from kmsiac.reading.tree import SourceTree, names_in

_LOADED_BY_ROOTS = (".auto.tfvars", ".auto.tfvars.json")
_OF_ROOTS = frozenset({"terraform.tfvars", "terraform.tfvars.json", ".terraform.lock.hcl"})


def find_roots(tree: SourceTree, folders: Iterable[Path]) -> list[Path]:
    """The root modules among folders with Terraform files, sorted.

    A folder that another one calls is evaluated through its callers only, unless it has what only
    root modules have (a backend, a lock file, variables that are loaded by themselves): a call with
    other arguments, which anybody can add, must not stand for what is deployed. Folders that only
    call each other in a circle have no root: the first of them by name stands for it.
    """
    names = sorted({folder.resolve() for folder in folders})
    read = {folder: _read(tree, folder) for folder in names}
    calls = {folder: found.calls for folder, found in read.items()}
    called = {target for folder in names for target in calls[folder] if target != folder}
    roots = [folder for folder in names if folder not in called or read[folder].deployed]
    reached: set[Path] = set()
    for root in roots:
        _reach(root, calls, reached)
    for folder in names:
        if folder not in reached:
            roots.append(folder)
            _reach(folder, calls, reached)
    return sorted(roots)


def _reach(start: Path, calls: dict[Path, set[Path]], reached: set[Path]) -> None:
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        if folder not in reached:
            reached.add(folder)
            waiting.extend(calls.get(folder, ()))


class _Folder(NamedTuple):
    """The folders that one calls, and whether it is plainly deployed by itself."""

    calls: set[Path]
    deployed: bool


def _read(tree: SourceTree, folder: Path) -> _Folder:
    calls: set[Path] = set()
    names = names_in(folder)
    deployed = any(name in _OF_ROOTS or name.endswith(_LOADED_BY_ROOTS) for name in names)
    for name in names:
        if not name.endswith(EXTENSIONS):
            continue
        try:
            blocks = split(tree.read(folder / name)).body.blocks
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
    if source is not None and source.startswith(("./", "../", ".\\", "..\\")):
        return local_folder(tree, folder, source)
    return None
