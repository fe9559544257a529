"""What `terraform init` recorded of the modules that it fetched."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from kmsiac.errors import SourceError
from kmsiac.reading.tree import RECORDED_MODULES, SourceTree

_REGISTRIES = re.compile(r"^registry\.(?:terraform\.io|opentofu\.org)/")
_WAY = re.compile(r"^(?:\w+::)?(?:\w+://)?(?:[\w.-]+@)?")
"""How a source is fetched, before the host: `git::ssh://git@`."""
_CONSTRAINT = re.compile(r"(=|!=|>=|<=|>|<|~>)?\s*v?([0-9]+(?:\.[0-9]+){0,2})")
_ANEW = "run `terraform init` before the scan"


class Recorded(NamedTuple):
    """One module: its folder, seen from the root module, and what was fetched into it."""

    folder: str
    source: str = ""
    version: str = ""

    def differs(self, source: str | None, version: str | None) -> str:
        """What is wrong with taking this for a call's source and version (None: not known); empty
        where nothing is, as far as can be told.
        """
        if self.source and source is not None and _plain(source) != _plain(self.source):
            return (
                f"module source {source[:200]!r} is recorded as {self.source[:200]!r},"
                f" which was looked at: {_ANEW}"
            )
        if self.version and version is not None and not _fits(self.version, version):
            return (
                f"module version {version[:80]!r} is recorded as {self.version[:80]!r},"
                f" which was looked at: {_ANEW}"
            )
        return ""


def read_recorded(tree: SourceTree, root: Path) -> dict[str, Recorded]:
    """`.terraform/modules/modules.json` by dotted call path. Empty where it cannot be read."""
    path = root / RECORDED_MODULES
    if not tree.exists(path):
        return {}
    try:
        rows = json.loads(tree.read(path).text)["Modules"]
        return {str(row["Key"]): _recorded(row) for row in rows if row.get("Key")}
    except (SourceError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _recorded(row: dict[str, object]) -> Recorded:
    source, version = (str(row.get(name) or "") for name in ("Source", "Version"))
    return Recorded(str(row["Dir"]), source, version)


def _plain(source: str) -> str:
    """A source without what `terraform init` adds to it or people leave out."""
    short = _WAY.sub("", _REGISTRIES.sub("", source.strip()))
    host, colon, rest = short.partition(":")
    if colon and "/" not in host and not rest[:1].isdigit():
        short = f"{host}/{rest}"
    return re.sub(r"\.git(?=$|//|\?)", "", short)


def _fits(version: str, constraints: str) -> bool:
    """Whether a version meets constraints; true for those of a form not known here."""
    found = _CONSTRAINT.fullmatch(version)
    if found is None:
        return True
    has = _numbers(found[2])
    for each in constraints.split(","):
        wanted = _CONSTRAINT.fullmatch(each.strip())
        if wanted is not None and not _meets(has, wanted[1] or "=", wanted[2]):
            return False
    return True


def _meets(has: tuple[int, ...], operator: str, written: str) -> bool:
    wanted = _numbers(written)
    if operator == "~>":
        same = written.count(".")
        return has >= wanted and has[:same] == wanted[:same]
    return {
        "=": has == wanted,
        "!=": has != wanted,
        ">": has > wanted,
        ">=": has >= wanted,
        "<": has < wanted,
        "<=": has <= wanted,
    }[operator]


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(each[:9]) for each in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))
