"""Which Terraform folders are root modules: those that no other folder calls as a local module."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.module_files import EXTENSIONS
from kmsiac.frontends.terraform.modules import literal_source, local_folder
from kmsiac.frontends.terraform.split import split
from kmsiac.reading.tree import SourceTree


def find_roots(tree: SourceTree, folders: Iterable[Path]) -> list[Path]:
    """The root modules among folders with Terraform files, sorted.

    A folder that another one calls is evaluated through its callers only. Folders that only call
    each other in a circle have no root: the first of them by name stands for it.
    """
    names = sorted({folder.resolve() for folder in folders})
    calls = {folder: _called(tree, folder) for folder in names}
    called = {target for folder in names for target in calls[folder] if target != folder}
    roots = [folder for folder in names if folder not in called]
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


def _called(tree: SourceTree, folder: Path) -> set[Path]:
    found: set[Path] = set()
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return found
    for name in names:
        if not name.endswith(EXTENSIONS):
            continue
        try:
            blocks = split(tree.read(folder / name)).body.blocks
        except SourceError:
            continue
        for block in blocks:
            if block.type != "module":
                continue
            source = literal_source(block.body.attributes.get("source"))
            if source is not None and source.startswith(("./", "../", ".\\", "..\\")):
                target = local_folder(tree, folder, source)
                if target is not None:
                    found.add(target)
    return found
