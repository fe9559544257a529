"""From JSON paths back to places in a text that was loaded without positions.

One pass over the text builds nothing: it enters only what a wanted path leads through, and skips
the rest from bracket to bracket.
"""

from __future__ import annotations

import json
import re

from kmsiac.reading.source import Key

_SPACE = re.compile(r"[ \t\n\r]*+")
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_KEY = re.compile(rf"[ \t\n\r]*+({_STRING})[ \t\n\r]*+:[ \t\n\r]*+", re.DOTALL)
_ATOM = re.compile(rf'{_STRING}|[^][{{}}",: \t\n\r]++', re.DOTALL)
_TO_BRACKET = re.compile(rf'[^][{{}}"]*+(?:{_STRING}[^][{{}}"]*+)*+', re.DOTALL)

Path = tuple[Key, ...]


class _Step:
    """What is wanted below one value: the paths that end here, and the members to enter."""

    __slots__ = ("members", "path")

    def __init__(self) -> None:
        self.path: Path | None = None
        self.members: dict[Key, _Step] = {}


class _Level:
    """An array or object that the walk is inside of."""

    __slots__ = ("index", "is_array", "step", "want_item")

    def __init__(self, step: _Step, is_array: bool) -> None:
        self.step = step
        self.is_array = is_array
        self.index = 0
        self.want_item: tuple[Path, int] | None = None
        """The array item that is open now and its start, if its end is wanted."""


def locate(text: str, paths: list[Path]) -> dict[Path, tuple[int, int]]:
    """The start and (exclusive) end offsets of what each path leads to, in valid JSON text.

    A member of an object is found at its key, an item of an array and the root at the value.
    Paths that lead nowhere are left out. Of members with one name the last counts.
    """
    return _Walk(text, paths).found


def end_of_value(text: str, at: int) -> int | None:
    """The offset after the object or array that starts at `at`; None where it never ends."""
    depth = 0
    while True:
        stop = _TO_BRACKET.match(text, at)
        at = stop.end() if stop else at
        here = text[at : at + 1]
        at += 1
        if here in ("{", "["):
            depth += 1
        elif here in ("}", "]"):
            depth -= 1
            if depth == 0:
                return at
        else:
            return None


class _Walk:
    """One pass over the text."""

    def __init__(self, text: str, paths: list[Path]) -> None:
        self.text = text
        self.found: dict[Path, tuple[int, int]] = {}
        root = _plan(paths)
        space = _SPACE.match(text)
        start = space.end() if space else 0
        end = self._walk(root, start)
        if root.path is not None and end > start:
            self.found[()] = (start, end)

    def _walk(self, root: _Step, start: int) -> int:
        """Go through the value at `start`; the offset after it."""
        at, levels = self._enter(root, start, [])
        while levels:
            level = levels[-1]
            at = self._space(at)
            here = self.text[at : at + 1]
            if here == ",":
                at = self._space(at + 1)
            elif here in ("]", "}"):
                at += 1
                levels.pop()
                self._item_ends(levels, at)
                continue
            elif not here:
                break
            before = at
            at = self._item(level, at, levels) if level.is_array else self._member(at, levels)
            if at <= before:
                break
        return at

    def _member(self, at: int, levels: list[_Level]) -> int:
        key = _KEY.match(self.text, at)
        if key is None:
            return at
        step = None
        start, end = key.span(1)
        name = self.text[start + 1 : end - 1]
        if "\\" in name:
            name = str(json.loads(key[1], strict=False))
        step = levels[-1].step.members.get(name)
        if step is not None and step.path is not None:
            self.found[step.path] = (start, end)
        return self._enter(step, key.end(), levels)[0]

    def _item(self, level: _Level, at: int, levels: list[_Level]) -> int:
        step = level.step.members.get(level.index)
        level.index += 1
        level.want_item = (step.path, at) if step and step.path is not None else None
        depth = len(levels)
        at, levels = self._enter(step, at, levels)
        if len(levels) == depth:
            self._item_ends(levels, at)
        return at

    def _item_ends(self, levels: list[_Level], at: int) -> None:
        if levels and levels[-1].want_item is not None:
            path, start = levels[-1].want_item
            self.found[path] = (start, at)
            levels[-1].want_item = None

    def _enter(self, step: _Step | None, at: int, levels: list[_Level]) -> tuple[int, list[_Level]]:
        """Enter the value at `at` where something in it is wanted, else pass over it."""
        here = self.text[at : at + 1]
        if here not in ("{", "["):
            atom = _ATOM.match(self.text, at)
            return (atom.end() if atom else at), levels
        if step is None or not step.members:
            end = end_of_value(self.text, at)
            return (len(self.text) if end is None else end), levels
        levels.append(_Level(step, here == "["))
        return at + 1, levels

    def _space(self, at: int) -> int:
        space = _SPACE.match(self.text, at)
        return space.end() if space else at


def _plan(paths: list[Path]) -> _Step:
    root = _Step()
    for path in paths:
        step = root
        for key in path:
            step = step.members.setdefault(key, _Step())
        step.path = path
    return root
