"""Patterns over paths, as .gitignore has them: `legacy/`, `*.generated.json`, `envs/**/tmp`, `!keep`.

The time that a match takes grows with pattern times path, never faster: patterns come from those
who write the scanned tree.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from functools import cache

MAX_PATTERN = 500
"""Characters that one pattern may have."""

_ANY = "**"
_SPECIAL = re.compile(r"[*?\[\\]")
_ESCAPED = re.compile(r"\\(.)")


class Glob:
    """One pattern.

    Without a `/` but at its end it means a name at any depth; with one it counts from the folder
    that the pattern belongs to. A `/` at the end: folders only. `*`, `?` and `[...]` stay within
    a name, `**` crosses them. `!` at the start takes back what an earlier pattern took.
    """

    __slots__ = ("_segments", "folders_only", "takes_back")

    def __init__(self, pattern: str) -> None:
        self.takes_back = pattern.startswith("!")
        rest = pattern[1:] if self.takes_back else pattern
        self.folders_only = rest.endswith("/")
        anchored = "/" in rest.rstrip("/")
        segments = [segment for segment in rest.split("/") if segment not in ("", ".")]
        if segments and not anchored:
            segments.insert(0, _ANY)
        if segments[-1:] == [_ANY]:
            segments.append("*")  # what is inside, not the folder itself
        self._segments = segments

    def matches(self, path: str, *, folder: bool = False) -> bool:
        """Whether the pattern means a path: relative to the pattern's folder, with `/`."""
        if self.folders_only and not folder:
            return False
        return _match(self._segments, path.split("/"))

    def covers(self, path: str) -> bool:
        """Whether the pattern means the file at `path`, or a folder that it lies in."""
        if self.matches(path):
            return True
        names = path.split("/")
        return any(self.matches("/".join(names[:n]), folder=True) for n in range(1, len(names)))


def _match(segments: list[str], names: list[str]) -> bool:
    """Segments against names. Only the last `**` is ever tried again: what it takes more of, an
    earlier one need not.
    """
    at = name = 0
    again: tuple[int, int] | None = None
    while name < len(names):
        if at < len(segments) and segments[at] == _ANY:
            again = (at + 1, name)
            at += 1
        elif at < len(segments) and _segment(segments[at])(names[name]):
            at += 1
            name += 1
        elif again is not None:
            again = (again[0], again[1] + 1)
            at, name = again
        else:
            return False
    return all(segment == _ANY for segment in segments[at:])


@cache
def _segment(segment: str) -> Callable[[str], re.Match[str] | None]:
    """The test of one name. `fnmatch` translates each `*` to a group that is not tried again."""
    plain = _ESCAPED.sub(_as_it_is, segment.replace("[^", "[!"))
    return re.compile(fnmatch.translate(plain)).match


def _as_it_is(escape: re.Match[str]) -> str:
    return f"[{escape[1]}]" if escape[1] in "*?[" else escape[1]


def literally(path: str) -> str:
    """The pattern that means a path and nothing else."""
    return _SPECIAL.sub(r"\\\g<0>", path)
