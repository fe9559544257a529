"""One source file: its bytes, its text, and the way from a position back to line and column.

A position is one int, `file.id << 40 | offset`, so that a value carries where it was written for
the price of an int. What the offset counts depends on the file: characters of `text`, or, for
files read without positions (plan JSON), the index of a JSON path in the file's path table; such a
file is read again, once, when the first of its positions is printed.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.errors import SourceError, Span, whole_file
from kmsiac.reading.sniff import encoding_of

if TYPE_CHECKING:
    from kmsiac.reading.outline import Part

NOWHERE = 0
"""The position of a value that stands in no file (a provider default, a flag)."""

_SHIFT = 40
_OFFSET = (1 << _SHIFT) - 1

_INK = re.compile(r"[^\n]")

Key = str | int
"""A step of a JSON path: the name of a member, or an index."""


def file_of(position: int) -> int:
    """The id of the file that a position lies in; 0 for `NOWHERE`."""
    return position >> _SHIFT


def offset_of(position: int) -> int:
    """The offset within the file."""
    return position & _OFFSET


def at_offset(file_id: int, offset: int) -> int:
    """The position of an offset in the file with an id."""
    return file_id << _SHIFT | offset


class Comment(NamedTuple):
    """A comment in a source file: its position (of the `#` or `//`) and its text without the marker."""

    position: int
    text: str


class SourceFile:
    """A file of what is scanned. Made by `SourceTree`, which gives it its id.

    `path` is what reports print. Line and column are worked out on demand.
    """

    def __init__(self, file_id: int, path: str, data: bytes) -> None:
        self.id = file_id
        self.path = path
        self.data = data
        self.forgotten = False
        self.key: str | None = None
        """The path that the tree knows it by; None for what stands in no file."""
        self.comments: list[Comment] = []
        """Comments that the reader of this file has met, in order of position."""
        self.outline: Callable[[SourceFile], list[Part]] | None = None
        """What gives the parts of this file, in order of start, where its language has comments."""
        self._text: str | None = None
        self._written: str | None = None
        self._moved: tuple[array[int], array[int]] | None = None
        self._line_starts: list[int] | None = None
        self._ends: dict[int, int] = {}
        self._paths: list[tuple[int, Key]] | None = None
        self._locate: (
            Callable[[list[tuple[Key, ...]]], dict[tuple[Key, ...], tuple[int, int]]] | None
        ) = None
        self._located: dict[int, tuple[int, int] | None] = {}

    @property
    def text(self) -> str:
        """The decoded text, without a byte order mark: UTF-8 or UTF-16.

        Raises `SourceError` for bytes that are neither.
        """
        if self._text is None:
            self._text = _decode(self.data, self.path)
        return self._text

    def forget(self) -> None:
        """Let the bytes go: nothing of this file will be printed but its path and JSON pointers.

        A tree that is asked for it again reads it again.
        """
        self.data = b""
        self.forgotten = True

    @property
    def as_read(self) -> bool:
        """Whether nothing has decoded or changed the text yet: then it is all of `data`."""
        return self._text is None

    def keep_only(self, start: int, end: int) -> None:
        """Blank the text before `start` and from `end` on: what is there is not of the document.

        What stays keeps its lines and columns. Comes before any reader.
        """
        text = self.text
        self._text = _INK.sub(" ", text[:start]) + text[start:end] + _INK.sub(" ", text[end:])

    def replace(self, parts: Iterable[tuple[int, int, str]]) -> None:
        """Let other text stand for stretches `(start, end, text)` of this one: decoded escapes.

        The stretches are in order and apart. From here on offsets count the new text; lines,
        columns and `line` stay those of the file. Comes before anything asks for a position.
        """
        assert self._moved is None, "once is all that is needed"
        written = self.text
        pieces: list[str] = []
        new, old = array("I", [0]), array("I", [0])
        length = last = 0
        for start, end, text in parts:
            if start > last:
                pieces.append(written[last:start])
            pieces.append(text)
            length += start - last
            # Every character of a part is where the part begins, what follows is behind it.
            new.append(length)
            old.append(start)
            length += len(text)
            new.append(length)
            old.append(end)
            last = end
        pieces.append(written[last:])
        self._text, self._written, self._moved = "".join(pieces), written, (new, old)
        self._ends = {}

    def replaced(self, offset: int) -> int:
        """The offset in the new text of what was at `offset` before `replace`."""
        if self._moved is None:
            return offset
        new, old = self._moved
        at = bisect_right(old, offset) - 1
        return new[at] + offset - old[at]

    # -- positions that count characters ---------------------------------------------------------

    def position(self, offset: int, end: int | None = None) -> int:
        """The position of the character at `offset`; `end` (exclusive) is remembered for printing.

        Where several nodes start at one offset the first end given stays: give inner ones first.
        """
        if end is not None:
            self._ends.setdefault(offset, end)
        return self.id << _SHIFT | offset

    def remember_ends(self, ends: dict[int, int], start: int = 0) -> None:
        """The same for many at once: ends by offset, both counted from the offset `start`."""
        if start:
            ends = {start + offset: start + end for offset, end in ends.items()}
        if not self._ends:
            self._ends = ends
            return
        for offset, end in ends.items():
            self._ends.setdefault(offset, end)

    def end(self, position: int) -> int:
        """The offset (exclusive) where what starts at a position ends: the first end given for it."""
        offset = offset_of(position)
        return self._ends.get(offset, offset + 1)

    def comments_between(self, start: int, end: int) -> list[Comment]:
        """The comments from the position `start` to the offset `end` (exclusive)."""
        first = bisect_left(self.comments, start, key=lambda comment: comment.position)
        last = self.id << _SHIFT | end
        return [comment for comment in self.comments[first:] if comment.position < last]

    # -- positions that count JSON paths -----------------------------------------------------------

    def use_paths(
        self,
        locate: Callable[[list[tuple[Key, ...]]], dict[tuple[Key, ...], tuple[int, int]]],
    ) -> int:
        """Switch this file to JSON-path positions and return the position of its root value.

        `locate(paths)` reads the text again and gives the (start, end) offsets of each path it finds.
        """
        self._paths = [(0, "")]
        self._locate = locate
        return self.id << _SHIFT

    def member(self, parent: int, key: Key) -> int:
        """The position of the member `key` of the JSON value at `parent` (JSON-path files only)."""
        assert self._paths is not None, "use_paths() comes first"
        self._paths.append((offset_of(parent), key))
        return self.id << _SHIFT | (len(self._paths) - 1)

    def json_path(self, position: int) -> tuple[Key, ...]:
        """The keys from the root to a JSON-path position."""
        assert self._paths is not None
        keys: list[Key] = []
        index = offset_of(position)
        while index:
            index, key = self._paths[index]
            keys.append(key)
        return tuple(reversed(keys))

    # -- from positions to people ------------------------------------------------------------------

    def span(self, position: int) -> Span:
        """Line and column of a position, for printing."""
        if self._paths is None:
            offset = offset_of(position)
            return self._span(offset, self._ends.get(offset, offset + 1), "")
        path = self.json_path(position)
        index = offset_of(position)
        if index not in self._located and self._locate is not None:
            self._locate_all()
        pointer = "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)
        located = self._located.get(index)
        if located is None:
            return whole_file(self.path)._replace(pointer=pointer)
        return self._span(*located, pointer)

    def _locate_all(self) -> None:
        assert self._paths is not None and self._locate is not None
        paths = [self.json_path(index) for index in range(len(self._paths))]
        found = self._locate(paths)
        for index, path in enumerate(paths):
            # What the text does not spell (a value known only after apply) is in its parent.
            above = self._located.get(self._paths[index][0]) if index else None
            self._located[index] = found.get(path, above)

    def _span(self, start: int, end: int, pointer: str) -> Span:
        line, column = self.line_column(start)
        end_line, end_column = self.line_column(max(end, start))
        return Span(self.path, line, column, end_line, end_column, pointer)

    def line_column(self, offset: int) -> tuple[int, int]:
        """1-based line and column of a character offset."""
        if self._line_starts is None:
            self._line_starts = _line_starts(self._written or self.text)
        if self._moved is not None:
            new, old = self._moved
            at = bisect_right(new, offset) - 1
            after = old[at + 1] if at + 1 < len(old) else len(self._written or "")
            offset = min(old[at] + offset - new[at], after)
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of the 1-based line, without its end; empty past the end of the file."""
        text = self._written or self.text
        if self._line_starts is None:
            self._line_starts = _line_starts(text)
        if not 1 <= number <= len(self._line_starts):
            return ""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(text)
        return text[start:end].rstrip("\r\n")

    @property
    def is_as_written(self) -> bool:
        """Whether offsets count the characters of the file: no paths, nothing replaced."""
        return self._paths is None and self._moved is None

    @property
    def has_paths(self) -> bool:
        """Whether positions are JSON paths: then a raw line must not be printed (it may hold secrets)."""
        return self._paths is not None


def _line_starts(text: str) -> list[int]:
    starts = [0]
    find = text.find
    at = find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = find("\n", at + 1)
    return starts


def _decode(data: bytes, path: str) -> str:
    encoding, mark = encoding_of(data)
    data = data[mark:] if mark else data
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        problem = f"byte 0x{data[error.start]:02x} is not valid {encoding[:6].rstrip('-').upper()}"
        raise SourceError(problem, _end_of(before, path), "save the file as UTF-8") from None
    zero = text.find("\0")
    if zero >= 0:
        problem = "this is a binary file: it holds a NUL character"
        raise SourceError(problem, _end_of(text[:zero], path), "save the file as UTF-8")
    return text


def _end_of(before: str, path: str) -> Span:
    """The span of the character that follows the text `before`."""
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return Span(path, line, column, line, column + 1)
