"""The tree of files that a scan may read: rooted, size-capped, and never beyond its root.

Only this module opens files of what is scanned. Front ends ask it for every file: templates, and
what templates refer to (`file()`, local modules, nested stacks).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from kmsiac.errors import SourceError, Span, whole_file
from kmsiac.reading.source import NOWHERE, SourceFile, file_of

MAX_TEMPLATE_BYTES = 8 * 1024 * 1024
"""The largest hand-written file we read; the largest real template seen has 465 KB."""

MAX_PLAN_BYTES = 1024 * 1024 * 1024
"""The largest plan JSON we read; real ones reach 128 MB."""

PRUNED = frozenset(
    {".git", "node_modules", ".terraform", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache"}
)
"""Folders that discovery never walks. References may still reach into them."""

STDIN = "<stdin>"

RECORDED_MODULES = ".terraform/modules/modules.json"
"""Where `terraform init` says what it has put where."""

SELECTED_WORKSPACE = ".terraform/environment"
"""Where `terraform workspace select` leaves the name of the workspace."""

_OUTSIDE = "this path leads outside the scanned tree"
_NOT_READ = "it was not read"


class SourceTree:
    """The files under one root, each read at most once, with ids for positions.

    `root` is the folder nothing may leave: the repository that holds the scanned path (nearest
    `.git` above), else the path itself (for a file: its folder). `base` is the folder that report
    paths are relative to: the repository root, else the working directory when it holds the root.
    """

    def __init__(self, root: Path, base: Path | None = None) -> None:
        self.root = root.resolve()
        self.base = (base or root).resolve()
        self._by_path: dict[str, SourceFile] = {}
        self._folders: dict[str, Path | None] = {}
        self._admitted: set[str] = set()
        self._real_folders: dict[Path, str] = {}
        self._files: list[SourceFile] = []

    @classmethod
    def holding(cls, path: Path, working_directory: Path) -> SourceTree:
        """The tree for a scan of `path`, a file or a folder that exists.

        Where a link of a repository leads out of it, it is that of the repository: what the link
        leads to is then outside, whoever named the link.
        """
        left = left_repository(path)
        if left is not None:
            return cls(left)
        resolved = path.resolve()
        start = resolved if resolved.is_dir() else resolved.parent
        repository = next((d for d in (start, *start.parents) if present(d / ".git")), None)
        if repository is not None:
            return cls(repository)
        here = working_directory.resolve()
        return cls(start, here if start.is_relative_to(here) else start)

    def beside(self, folder: Path) -> SourceTree:
        """The tree that holds `folder`: this one, or, for a folder that the user named elsewhere,
        one with a root of its own. Its files have positions that this tree can print, too.
        """
        if folder.resolve().is_relative_to(self.root):
            return self
        other = SourceTree.holding(folder, self.base)
        other._files = self._files  # noqa: SLF001 - another tree of this class
        return other

    # -- reading --------------------------------------------------------------------------------

    def report_path(self, path: Path) -> str:
        """How reports name `path`: relative to `base`, with `/`."""
        name = self._below_base(path)
        if name is None:
            name = self._below_base(Path(self.real_folder(path.parent)) / path.name)
        return _printable(path.name if name is None else name)

    def _below_base(self, path: Path) -> str | None:
        if ".." not in path.parts and path.is_relative_to(self.base):
            return path.relative_to(self.base).as_posix()
        return None

    def real_folder(self, folder: Path) -> str:
        """A folder with its links resolved, asked of the system once."""
        known = self._real_folders.get(folder)
        if known is None:
            known = self._real_folders[folder] = os.path.realpath(folder)
        return known

    def _real(self, path: Path) -> Path:
        """A path with its links resolved. Raises as `Path.resolve` does."""
        if path.is_symlink() or path.name in ("", ".", ".."):
            return path.resolve()
        return Path(self.real_folder(path.parent)) / path.name

    def named_path(self, path: Path) -> str:
        """How messages name a path that the user gave and that leads to nothing: so that they find
        what they wrote, also outside `base`.
        """
        if path.is_relative_to(self.base) or Path(os.path.commonpath([path, self.base])).name:
            return _printable(relative(path, self.base))
        return _printable(path.as_posix())

    def admit(self, path: Path) -> None:
        """Let a file be read wherever it lies and whatever it is: the user has named it. Not so a
        link that leads out of the repository that it lies in, which the user may not know of.
        """
        if left_repository(path) is None:
            self._admitted.add(os.path.normpath(path))

    def read(self, path: Path, max_bytes: int = MAX_TEMPLATE_BYTES) -> SourceFile:
        """Read the file at `path` (absolute, or relative to the root), once.

        Raises `SourceError` for a missing file, something that is no regular file, one over
        `max_bytes`, or one whose real place is outside the root.
        """
        absolute = path if path.is_absolute() else self.root / path
        key = os.path.normpath(absolute)
        known = self._by_path.get(key)
        if known is not None and not known.forgotten:
            return known
        name = self.report_path(Path(key))
        data = self._read_bytes(Path(key), name, max_bytes)
        return self._keep(key, name, data)

    def _keep(self, key: str, name: str, data: bytes) -> SourceFile:
        file = self.add(name, data)
        file.key = key
        self._by_path[key] = file
        return file

    def adopt(self, key: str | None, name: str, data: bytes) -> tuple[SourceFile, bool]:
        """A file that a worker has read from this tree (`SourceFile.key`), and whether it was here."""
        known = self._by_path.get(key) if key is not None else None
        if known is not None and not known.forgotten:
            return known, True
        return (self.add(name, data) if key is None else self._keep(key, name, data)), False

    def _read_bytes(self, path: Path, name: str, max_bytes: int) -> bytes:
        admitted = str(path) in self._admitted
        try:
            if not admitted and not self._real(path).is_relative_to(self.root):
                raise SourceError(_OUTSIDE, whole_file(name), _NOT_READ)
            # Non-blocking, so that a named pipe in the tree cannot hang the scan.
            wait = 0 if admitted else getattr(os, "O_NONBLOCK", 0)
            descriptor = os.open(path, os.O_RDONLY | wait)
        except FileNotFoundError:
            raise SourceError("no such file or directory", whole_file(name)) from None
        except (OSError, RuntimeError, ValueError) as error:
            raise SourceError(f"cannot be read: {_reason(error)}", whole_file(name)) from None
        try:
            info = os.fstat(descriptor)
            if not stat.S_ISREG(info.st_mode) and not admitted:
                raise SourceError("not a regular file", whole_file(name), _NOT_READ)
            size = info.st_size
            data = b""
            if size <= max_bytes:
                data = _read_all(descriptor, size, max_bytes + 1)
                size = len(data)
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror}", whole_file(name)) from None
        finally:
            os.close(descriptor)
        if size > max_bytes:
            problem = f"file of {size:,} bytes, over the limit of {max_bytes:,}"
            raise SourceError(problem, whole_file(name))
        return data

    def add(self, name: str, data: bytes) -> SourceFile:
        """Register bytes that stand in no file of the tree (standard input, decoded text)."""
        file = SourceFile(len(self._files) + 1, name, data)
        self._files.append(file)
        return file

    def exists(self, path: Path) -> bool:
        """Whether `path` is a regular file whose real place is inside the root."""
        try:
            real = self._real(self.root / path)
            return real.is_relative_to(self.root) and real.is_file()
        except (OSError, RuntimeError, ValueError):
            return False

    def is_folder(self, path: Path) -> bool:
        """Whether `path` is a folder whose real place is inside the root."""
        try:
            resolved = (self.root / path).resolve()
            return resolved.is_relative_to(self.root) and resolved.is_dir()
        except (OSError, RuntimeError, ValueError):
            return False

    def folder(self, path: str) -> Path | None:
        """The real path of the folder at an absolute path without `..`; None if it is none or not
        inside the root. Looked up once.
        """
        if path not in self._folders:
            found = Path(path)
            self._folders[path] = found.resolve() if self.is_folder(found) else None
        return self._folders[path]

    # -- walking --------------------------------------------------------------------------------

    def walk(
        self, start: Path, pruned: frozenset[str] = PRUNED
    ) -> Iterator[tuple[Path, SourceError | None]]:
        """The files under the folder `start`, sorted, folders with a pruned name left out.

        A link is followed if its target lies under the root (a folder met before is not walked
        again); otherwise the link comes with the error that says why it was not read.
        """
        seen: set[str] = set()
        yield from self._walk(start, seen, pruned, depth=0)

    def _walk(
        self, folder: Path, seen: set[str], pruned: frozenset[str], depth: int
    ) -> Iterator[tuple[Path, SourceError | None]]:
        real = self.real_folder(folder)
        if real in seen:
            return
        seen.add(real)
        name = self.report_path(folder)
        if depth > 100:
            yield folder, SourceError("more than 100 folders deep", whole_file(name))
            return
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield folder, SourceError(f"cannot be read: {error.strerror}", whole_file(name))
            return
        for entry in entries:
            path = folder / entry.name
            if entry.is_symlink() and (problem := self._misled(path)):
                hint = _NOT_READ if problem == _OUTSIDE else ""
                yield path, SourceError(problem, whole_file(self.report_path(path)), hint)
            elif _is_folder(entry):
                if entry.name not in pruned:
                    yield from self._walk(path, seen, pruned, depth + 1)
            else:
                yield path, None

    def _misled(self, link: Path) -> str:
        """What is wrong with where a link leads; empty where it leads to a place in the tree."""
        try:
            return "" if link.resolve().is_relative_to(self.root) else _OUTSIDE
        except (OSError, RuntimeError) as error:
            return f"cannot be read: {_reason(error)}"

    # -- positions ------------------------------------------------------------------------------

    def file(self, position: int) -> SourceFile | None:
        """The file that a position lies in; None for `NOWHERE`."""
        return self._files[file_of(position) - 1] if file_of(position) else None

    def span(self, position: int) -> Span | None:
        """The place of a position, for printing; None for `NOWHERE`."""
        file = self.file(position) if position != NOWHERE else None
        return file.span(position) if file else None

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """Every file read so far."""
        return tuple(self._files)


def left_repository(path: Path) -> Path | None:
    """The repository that `path` (absolute) lies in as it is written, where a link on its way leads
    out of it; None where nothing does. Never raises.
    """
    try:
        real = path.resolve()
        for folder in Path(os.path.normpath(path)).parents:
            if present(folder / ".git") and not real.is_relative_to(folder.resolve()):
                return folder.resolve()
    except (OSError, RuntimeError, ValueError):
        return None
    return None


def missing(path: Path) -> bool:
    """Whether there is certainly nothing at `path`, not even a link; never raises."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def present(path: Path) -> bool:
    """Whether something is at `path`, as far as we may look; never raises."""
    try:
        return path.exists()
    except (OSError, RuntimeError, ValueError):
        return False


def names_in(folder: Path) -> list[str]:
    """What a folder holds, sorted; empty for one that cannot be looked into."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []


def _read_all(descriptor: int, size: int, most: int) -> bytes:
    """What can be read, at most so many bytes: `size` at once, and what there is behind them."""
    pieces: list[bytes] = []
    while most > 0 and (piece := os.read(descriptor, min(most, max(size + 1, 1 << 16)))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def _printable(name: str) -> str:
    """A file name whose bytes are no text, with a mark in their place."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _reason(error: Exception) -> str:
    """Why the system refused, without the absolute path that some of its messages hold."""
    # Up to Python 3.12 pathlib makes a RuntimeError of links that lead in a circle.
    if isinstance(error, RuntimeError) or getattr(error, "errno", None) == errno.ELOOP:
        return "its links lead in a circle"
    return getattr(error, "strerror", None) or "not a usable name"


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def relative(path: Path, start: Path) -> str:
    """`path` seen from the folder `start`, with `/`."""
    return Path(os.path.relpath(path, start)).as_posix()
