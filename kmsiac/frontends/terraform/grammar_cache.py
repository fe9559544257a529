"""Where python-hcl2's compiled grammar is kept: a folder of the user's own, or nowhere.

The grammar takes over a second to build and a twentieth of one to load. The cache is a pickle, so
it must lie where nobody else can write. This is the one place that asks the process for the user's
cache folder.
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


@functools.cache
def tree_parser() -> Callable[[str], Tree[Token]]:
    """python-hcl2's `parses_to_tree`, with its grammar cache set up."""
    import hcl2.api  # noqa: PLC0415 - slow, and not needed for CloudFormation
    import hcl2.parser  # noqa: PLC0415

    folder = cache_folder()
    # Where no folder can be trusted, a path that can neither be read nor written: lark then builds
    # the grammar in memory.
    hcl2.parser.PARSER_FILE = (folder or Path(os.devnull)) / "hcl2-grammar.bin"
    return hcl2.api.parses_to_tree


def cache_folder() -> Path | None:
    """The user's own cache folder with mode 0700, made if need be; None where there is none."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    try:
        parent = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
        folder = parent / "kmsiac"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = folder.lstat()
        if not stat.S_ISDIR(info.st_mode) or not os.access(folder, os.W_OK | os.X_OK):
            return None
        if hasattr(os, "getuid"):
            if info.st_uid != os.getuid():
                return None
            if info.st_mode & 0o077:
                folder.chmod(0o700)
    except (OSError, RuntimeError):
        return None
    return folder
