"""`--since REF`: the same scan of an earlier commit, whose findings are no news."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from kmsiac.config import ScanOptions
from kmsiac.errors import KmsiacError, UsageError
from kmsiac.findings.finding import Note
from kmsiac.reading.git_objects import extract
from kmsiac.reading.tree import present


@contextmanager
def earlier(
    options: ScanOptions, root: Path, environment: Mapping[str, str]
) -> Iterator[tuple[ScanOptions | None, list[Note]]]:
    """The options for the same scan of the files at `options.since`, and what to say about them.

    `root` is the repository. None for the options: nothing of what is scanned was there. The files
    lie in a temporary folder until the context ends. Raises `UsageError`.
    """
    ref = options.since or ""
    if options.stdin is not None:
        raise UsageError("--since compares files, and standard input has no earlier version")
    with tempfile.TemporaryDirectory(prefix="kmsiac-", ignore_cleanup_errors=True) as folder:
        there = Path(folder).resolve()
        extracted = extract(root, ref, there, environment)
        # What makes the folder a repository: paths are then reported as those of `root` are.
        (there / ".git").mkdir()
        notes = [
            Note(f"--since {ref}: the submodule {name} is not compared with")
            for name in extracted.submodules
        ]
        yield _moved(options, root, there, notes), notes


def _moved(options: ScanOptions, root: Path, there: Path, notes: list[Note]) -> ScanOptions | None:
    here = options.working_directory.resolve()

    def move(path: Path) -> Path:
        # Not by its real place: a link is looked for where it was.
        absolute = Path(here / path)
        for known in (absolute, absolute.resolve()):
            if known.is_relative_to(root):
                return there / known.relative_to(root)
        return absolute

    moved = replace(options, paths=options.paths or (here,)).moved(move)
    paths = tuple(path for path in moved.paths if present(path))
    if not paths:
        return None
    then = _configured_then(options, paths, move(here), notes)
    given = moved if then is None else then.moved(move)
    return replace(
        moved,
        paths=paths,
        working_directory=there,
        inputs=given.inputs,
        root_inputs=tuple(each for each in given.root_inputs if present(each.root)),
        rules_folders=tuple(here / folder for folder in options.rules_folders),
        baseline=here / options.baseline if options.baseline else None,
        since=None,
    )


def _configured_then(
    options: ScanOptions, paths: tuple[Path, ...], here: Path, notes: list[Note]
) -> ScanOptions | None:
    """The options by the configuration of that time: what is deployed hangs on its inputs.

    Which rules run, and how much their findings weigh, is of now.
    """
    if options.configured_at is None:
        return None
    try:
        return options.configured_at(paths, here if present(here) else paths[0].parent)
    except KmsiacError as error:
        told = str(error).splitlines()[0]
        reason = f"--since {options.since}: the configuration of that commit is not used: {told}"
        notes.append(Note(reason))
        return None
