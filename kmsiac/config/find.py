"""Where the configuration of a scan is: `.kmsiac.yaml` and `.kmsiacignore`, from the PATH upward."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kmsiac.config.keys import FILE_NAME, IGNORE_FILE_NAME, MISSPELT
from kmsiac.errors import ConfigError, KmsiacError, Span, whole_file
from kmsiac.findings.finding import Note
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree, present, relative

TREE = "tree"
TRUSTED = "trusted"


@dataclass(frozen=True)
class Located:
    """One file of settings, read.

    `folder` is the one that it lies in; `place` the one in the scanned tree that its patterns and
    roots count from: the same, but for a file that is given from another checkout.
    """

    file: SourceFile
    folder: Path
    place: Path
    origin: str


@dataclass
class Sources:
    """What a scan is configured by, and what was found beside it."""

    root: Path
    """The folder that nothing named in the scanned tree may lead out of."""
    base: Path
    config: Located | None = None
    ignore_files: list[Located] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def find_sources(
    paths: Sequence[Path], here: Path, given: Path | None, *, wanted: bool, max_bytes: int
) -> Sources:
    """The files of settings for a scan of `paths` (absolute; `here` for standard input).

    They are searched from each PATH upward to the root of its repository; without a repository,
    to the working directory where it holds the PATH, else in the PATH alone. `given` (`--config`)
    replaces the search; without `wanted` (`--no-config`) nothing is read at all.

    Raises `ConfigError` for a file that cannot be read, or where PATHs have different ones.
    """
    trees = [(path, SourceTree.holding(path, here)) for path in paths if present(path)]
    if not trees:
        trees = [(here, SourceTree.holding(here, here))]
    first = trees[0][1]
    roots = [str(tree.root) for _, tree in trees]
    root = first.root if len(set(roots)) == 1 else Path(os.path.commonpath(roots))
    sources = Sources(root, first.base if root == first.root else root)
    if given is not None:
        _take_given(sources, given, here, max_bytes)
    elif wanted:
        _search(sources, trees, max_bytes)
    return sources


def _search(sources: Sources, trees: list[tuple[Path, SourceTree]], max_bytes: int) -> None:
    found: dict[Path | None, tuple[Path, SourceTree]] = {}
    ignore_files: dict[Path, SourceTree] = {}
    for path, tree in trees:
        folders = list(_upward(path, tree.base))
        config = next((f / FILE_NAME for f in folders if os.path.lexists(f / FILE_NAME)), None)
        found.setdefault(config, (path, tree))
        for folder in folders:
            if os.path.lexists(folder / IGNORE_FILE_NAME):
                ignore_files.setdefault(folder / IGNORE_FILE_NAME, tree)
                break
        sources.notes += [
            Note(f"{name} is not read: the name is {FILE_NAME}", _named(tree, folder / name))
            for folder in folders
            for name in MISSPELT
            if present(folder / name)
        ]
    sources.notes = list(dict.fromkeys(sources.notes))
    if len(found) > 1:
        raise _different(found)
    for config, (_, tree) in found.items():
        if config is not None:
            sources.config = _read(config, tree, max_bytes)
    sources.ignore_files = [
        _read(path, tree, max_bytes) for path, tree in sorted(ignore_files.items())
    ]


def _upward(path: Path, base: Path) -> Iterator[Path]:
    resolved = path.resolve()
    start = resolved if resolved.is_dir() else resolved.parent
    if not start.is_relative_to(base):  # a link that leads out: nothing is read there
        start = base
    for folder in (start, *start.parents):
        yield folder
        if folder == base:
            return


def _different(found: dict[Path | None, tuple[Path, SourceTree]]) -> KmsiacError:
    told = [
        f"{_printed(tree, path)} has "
        + (_printed(tree, config) if config is not None else f"no {FILE_NAME}")
        for config, (path, tree) in found.items()
    ]
    return ConfigError(
        f"the PATHs have different configurations: {', '.join(told)}",
        hint="scan them one by one, or choose with --config or --no-config",
    )


def _read(path: Path, tree: SourceTree, max_bytes: int) -> Located:
    # The search may have gone above the root, up to the working directory.
    try:
        file = SourceTree(tree.base).read(path, max_bytes)
    except KmsiacError as error:
        raise ConfigError(error.message, error.span, error.hint) from None
    return Located(file, path.parent, path.parent, TREE)


def _take_given(sources: Sources, given: Path, here: Path, max_bytes: int) -> None:
    """The file that `--config` names, and the `.kmsiacignore` beside it."""
    path = here / given
    shown = _shown(given, Path(os.path.normpath(path)), sources)
    try:
        real = path.resolve(strict=True)
        data = _bytes(path, max_bytes)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable name"
        raise ConfigError(f"cannot be read: {reason}", whole_file(shown)) from None
    if data is None:
        raise ConfigError(f"larger than {max_bytes:,} bytes", whole_file(shown))
    folder = path.parent.resolve()
    ours = folder.is_relative_to(sources.root)
    origin = TREE if ours or real.is_relative_to(sources.root) else TRUSTED
    place = folder if ours else _counterpart(folder, sources.root)
    sources.config = Located(SourceFile(1, shown, data), folder, place, origin)
    beside = folder / IGNORE_FILE_NAME
    if os.path.lexists(beside):
        try:
            file = SourceTree(folder).read(beside, max_bytes)
        except KmsiacError as error:
            raise ConfigError(error.message, error.span, error.hint) from None
        sources.ignore_files = [Located(file, folder, place, origin)]


def _bytes(path: Path, max_bytes: int) -> bytes | None:
    """What the user names may be a pipe too. None for too much."""
    with path.open("rb") as stream:
        data = stream.read(max_bytes + 1)
    return data if len(data) <= max_bytes else None


def _counterpart(folder: Path, root: Path) -> Path:
    """The folder of the scanned tree that a folder of another checkout stands for."""
    top = next((d for d in (folder, *folder.parents) if present(d / ".git")), folder)
    place = root / folder.relative_to(top)
    return place if place.is_dir() else root


def _shown(given: Path, path: Path, sources: Sources) -> str:
    """How reports name a file that the user gave: like all others where it is one of the scanned
    tree, and never by an absolute path.
    """
    if path.is_relative_to(sources.base):
        return relative(path, sources.base)
    return given.name if given.is_absolute() else given.as_posix()


def _named(tree: SourceTree, path: Path) -> Span:
    return whole_file(_printed(tree, path))


def _printed(tree: SourceTree, path: Path) -> str:
    return tree.report_path(path) if path != tree.base else "."
