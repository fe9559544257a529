"""Where python-hcl2's compiled grammar is kept: a folder that only we or root can write, or nowhere.

The grammar takes over a second to build and a twentieth of one to load. The cache is a pickle, so
it must lie where nobody else can write, and never in a tree that is scanned: what lies there came
from somebody else, whoever owns the files. This is the one place that asks the process for the user's
cache folder. An image or an install step calls `prime`, and later runs only read what it left.
"""

from __future__ import annotations

import functools
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lark import Token, Tree

_FILE = "hcl2-grammar.bin"
_ROOT = 0
_scanned: set[Path] = set()


def keep_out_of(root: Path) -> None:
    """Use no cache below the root (links resolved) of a tree that is scanned. Comes before the first
    expression.
    """
    _scanned.add(root)


@functools.cache
def tree_parser() -> Callable[[str], Tree[Token]]:
    """python-hcl2's `parses_to_tree`, with its grammar cache set up."""
    import hcl2.api  # noqa: PLC0415 - slow, and not needed for CloudFormation
    import hcl2.parser  # noqa: PLC0415

    # Where no folder can be trusted, a path that can neither be read nor written: lark then builds
    # the grammar in memory.
    hcl2.parser.PARSER_FILE = cache_file() or Path(os.devnull) / _FILE
    return hcl2.api.parses_to_tree


def prime() -> Path | None:
    """Build or load the grammar now, so that the next process, or a copy of this one, has it; None
    where it cannot be kept.
    """
    tree_parser()("")
    file = cache_file()
    return file if file is not None and file.is_file() else None


def cache_file() -> Path | None:
    """The file of the grammar: in our own cache folder, made if need be, or in one that was primed
    and that we can only read; None where neither can be trusted, and in a scanned tree.
    """
    base = os.environ.get("XDG_CACHE_HOME") or ""
    try:
        parent = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
        folder = parent / "kmsiac"
        if any(folder.resolve().is_relative_to(root) for root in _scanned):
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / _FILE
        return file if _is_ours(folder) or _is_primed(folder, file) else None
    except (OSError, RuntimeError):
        return None


def _is_ours(folder: Path) -> bool:
    """Whether a folder is ours to write; it is closed to everybody else if it was not."""
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or not os.access(folder, os.W_OK | os.X_OK):
        return False
    if hasattr(os, "getuid"):
        if info.st_uid != os.getuid():
            return False
        if info.st_mode & 0o077:
            folder.chmod(0o700)
    return True


def _is_primed(folder: Path, file: Path) -> bool:
    """Whether the file is there, and it and its folder belong to us or to root and nobody else can
    write them. On Windows, where modes do not say so, never.
    """
    if not hasattr(os, "getuid"):
        return False
    owners = (_ROOT, os.getuid())
    folder_info, file_info = folder.lstat(), file.lstat()
    return (
        stat.S_ISDIR(folder_info.st_mode)
        and stat.S_ISREG(file_info.st_mode)
        and all(
            info.st_uid in owners and not info.st_mode & 0o022 for info in (folder_info, file_info)
        )
    )
