"""Paths that a configuration names: where they lead, and that they stay where they may.

What stands in the scanned tree must not reach beyond its root, by `..` or by a link.
"""

from __future__ import annotations

import os
from pathlib import Path

from kmsiac.config.find import TREE, Located, Sources
from kmsiac.config.problems import Placed, Problems
from kmsiac.errors import nearest
from kmsiac.reading.tree import relative


class Places:
    """The places that a configuration file may name."""

    def __init__(self, sources: Sources, located: Located, problems: Problems) -> None:
        self._sources = sources
        self._located = located
        self._problems = problems

    def beside(self, placed: Placed[str], *, folder: bool = False) -> Path | None:
        """What belongs to the configuration (a baseline, a folder of rules): relative to it."""
        path = _joined(self._located.folder, placed.value)
        inside = self._located.origin == TREE
        return self._checked(placed, path, folder=folder, inside=inside)

    def scanned(self, placed: Placed[str], start: Path | None = None) -> Path | None:
        """What belongs to the scanned tree (variable files): relative to `start`, else to the
        place of the configuration in the tree.
        """
        path = _joined(start or self._located.place, placed.value)
        return self._checked(placed, path, folder=False, inside=True)

    def root(self, placed: Placed[str]) -> Path | None:
        """A root module or a template: a folder or a file of the scanned tree."""
        path = _joined(self._located.place, placed.value)
        return self._checked(placed, path, folder=path.is_dir(), inside=True, kind="folder or file")

    def _checked(
        self, placed: Placed[str], path: Path, *, folder: bool, inside: bool, kind: str = ""
    ) -> Path | None:
        text, root = placed.value, self._sources.root
        if inside and not _stays(path, root):
            hint = "name it on the command line"
            self._problems.at(placed.span, f'"{text}" leads outside the scanned tree', hint)
        elif not (path.is_dir() if folder else path.is_file()):
            kind = kind or ("folder" if folder else "file")
            self._problems.at(placed.span, f'there is no {kind} "{text}"', _near(path, text))
        else:
            return path
        return None

    def links_stay(self, placed: Placed[str], folder: Path) -> bool:
        """Whether nothing in a folder of rules is a link that leads outside the scanned tree."""
        if self._located.origin != TREE:
            return True
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() and not _stays(path, self._sources.root):
                name = relative(path, folder)
                message = f'"{placed.value}": the link {name} leads outside the scanned tree'
                self._problems.at(placed.span, message)
                return False
        return True


def _joined(folder: Path, text: str) -> Path:
    return Path(os.path.normpath(folder / text))


def _stays(path: Path, root: Path) -> bool:
    try:
        return path.is_relative_to(root) and path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):
        return False


def _near(path: Path, text: str) -> str:
    """What stands in the same folder under a name like it."""
    try:
        names = sorted(each.name for each in path.parent.iterdir())
    except OSError:
        names = []
    near = nearest(path.name, names)
    if near in ("", path.name) or not text.endswith(path.name):
        return ""
    return f'did you mean "{text.removesuffix(path.name)}{near}"?'
