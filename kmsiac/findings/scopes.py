"""Where a comment counts: on its line, on what stands below it, or in the block that it stands in.

* Behind code: on its line and all that begins there, to its end (a block whose header this is).
* On lines of its own: on the next line of code in the same way, with only comments between.
* Before a blank line or a closing bracket: in the whole of the block that it stands directly in.
* In each case also for what is said of that block as such, at its header (something is missing).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from kmsiac.errors import SourceError
from kmsiac.reading.outline import Part
from kmsiac.reading.source import Comment, SourceFile, offset_of

_INLINE_COMMENT = re.compile(r"/\*(?:[^*]++|\*(?!/))*+\*/")
_NO_CODE = re.compile(r"[\s})\],;]*+")
_BLANKS = re.compile(r"[ \t\r]*+")


class Stretch(NamedTuple):
    """Offsets from `start` to `end` (exclusive). `header_only`: what is anchored there itself."""

    start: int
    end: int
    header_only: bool = False


class Scopes:
    """The scopes of the comments of one file."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._text = file.text
        self._parts = _parts(file)
        self._starts = [part.start for part in self._parts]
        self._around = _enclosing(self._parts)
        self._comments = {offset_of(comment.position): comment for comment in file.comments}
        self._below: dict[int, int | None] = {}
        self._lines: dict[int, Stretch] = {}

    def of(self, comment: Comment) -> tuple[Stretch, ...]:
        """Where a comment counts; empty where it stands in no block and above nothing."""
        offset = offset_of(comment.position)
        line = self._text.rfind("\n", 0, offset) + 1
        before = _INLINE_COMMENT.sub("", self._text[line:offset])
        if before.strip():
            if _NO_CODE.fullmatch(before):
                return ()  # behind a closing bracket: nothing begins here
            code: int | None = _end_of(_NO_CODE, self._text, line)
            block = self._block(code or 0, begun=True)
        else:
            code, block = self._code_below(offset), self._block(offset)
            if code is not None and block is not None and code >= block.end:
                code = None  # indented below the last entry of a map: not above what follows
        if code is None:
            return (Stretch(block.start, block.end),) if block else ()
        stretch = self._line(code)
        return (stretch, Stretch(block.start, block.head, True)) if block else (stretch,)

    def block(self, comment: Comment) -> Part | None:
        """The innermost block that a comment stands in."""
        return self._block(offset_of(comment.position))

    def _code_below(self, offset: int) -> int | None:
        """The first code behind a comment, with only comments between and no blank line."""
        passed: list[int] = []
        found: int | None = None
        while offset not in self._below:
            passed.append(offset)
            following = self._after(offset)
            if following in self._comments:
                offset = following
                continue
            character = self._text[following : following + 1]
            found = following if character.strip() and character not in "})]" else None
            break
        else:
            found = self._below[offset]
        for each in passed:
            self._below[each] = found
        return found

    def _after(self, offset: int) -> int:
        """The first character that is not blank behind a comment, on its line or the next."""
        end = self._file.end(self._comments[offset].position)
        if self._text.startswith("/*", offset):
            end += 2
        at = _end_of(_BLANKS, self._text, end)
        if self._text.startswith("\n", at):
            at = _end_of(_BLANKS, self._text, at + 1)
        return at

    def _line(self, offset: int) -> Stretch:
        """The line of an offset with all that begins on it."""
        line = self._text.rfind("\n", 0, offset) + 1
        known = self._lines.get(line)
        if known is None:
            stop = self._text.find("\n", line)
            stop = stop if stop >= 0 else len(self._text)
            start = _end_of(_NO_CODE, self._text, line)
            first, last = bisect_left(self._starts, start), bisect_left(self._starts, stop)
            end = max((part.end for part in self._parts[first:last]), default=stop)
            known = self._lines[line] = Stretch(start, max(end, stop))
        return known

    def _block(self, offset: int, begun: bool = False) -> Part | None:
        """The innermost part around an offset; with `begun` one that begins before it."""
        index = (bisect_left if begun else bisect_right)(self._starts, offset) - 1
        while index >= 0 and self._parts[index].end <= offset:
            index = self._around[index]
        return self._parts[index] if index >= 0 else None


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _parts(file: SourceFile) -> list[Part]:
    try:
        return file.outline(file) if file.outline else []
    except SourceError:
        return []


def _enclosing(parts: list[Part]) -> list[int]:
    """For each part the index of the next one around it, -1 for none."""
    around: list[int] = []
    open_parts: list[int] = []
    for index, part in enumerate(parts):
        while open_parts and parts[open_parts[-1]].end <= part.start:
            open_parts.pop()
        around.append(open_parts[-1] if open_parts else -1)
        open_parts.append(index)
    return around
