"""What a search is told to leave out: `exclude` of the configuration and `.kmsiacignore`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kmsiac.frontends.unit import PathPattern
from kmsiac.reading.globs import Glob
from kmsiac.reading.tree import SourceTree


class Exclusion:
    """Patterns over the files of one tree. The last pattern that means a path decides; in a folder
    that is left out nothing can be taken back.
    """

    def __init__(self, patterns: Iterable[PathPattern], tree: SourceTree) -> None:
        self._tree = tree
        self._rules = [
            (_lead(pattern.folder.resolve(), tree.base), Glob(pattern.pattern))
            for pattern in patterns
        ]
        self._folders: dict[tuple[Path, Path], bool] = {}

    def leaves_out(self, path: Path, start: Path) -> bool:
        """Whether the file at `path`, met on a walk from the folder `start`, is left out. The
        folder that was named is not asked about.
        """
        if not self._rules:
            return False
        return self._folder(path.parent, start) or self._taken(path, folder=False)

    def _folder(self, folder: Path, start: Path) -> bool:
        if folder == start or not folder.is_relative_to(start):
            return False
        known = self._folders.get((folder, start))
        if known is None:
            known = self._folder(folder.parent, start) or self._taken(folder, folder=True)
            self._folders[folder, start] = known
        return known

    def _taken(self, path: Path, *, folder: bool) -> bool:
        name = self._tree.report_path(path)
        taken = False
        for (above, below), glob in self._rules:
            if glob.takes_back == taken and (not below or name.startswith(below)):
                seen = above + name[len(below) :]
                if glob.matches(seen, folder=folder):
                    taken = not taken
        return taken


def _lead(folder: Path, base: Path) -> tuple[str, str]:
    """What to put before a report path, and what to take from its front, to see it from `folder`."""
    if folder == base:
        return "", ""
    if base.is_relative_to(folder):
        return f"{base.relative_to(folder).as_posix()}/", ""
    if folder.is_relative_to(base):
        return "", f"{folder.relative_to(base).as_posix()}/"
    return "", "\0"  # not in this tree: no path begins so
