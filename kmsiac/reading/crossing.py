"""Files and positions on their way from a worker process to the one that started it.

Both have the files that were read before they parted, under the same ids. What a worker reads
later gets ids of its own; the other process reads it in under the id that it would have had there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.reading.source import (
    NOWHERE,
    Comment,
    SourceFile,
    at_offset,
    file_of,
    offset_of,
)
from kmsiac.reading.tree import SourceTree

if TYPE_CHECKING:
    from kmsiac.reading.outline import Part


class _NewFile(NamedTuple):
    id: int
    key: str | None
    path: str
    data: bytes
    comments: tuple[tuple[int, int, str], ...]
    outline: Callable[[SourceFile], list[Part]] | None


class Crossing(NamedTuple):
    """Files that the other process may not have, and where what starts at a position ends."""

    files: tuple[_NewFile, ...]
    ends: tuple[tuple[int, int], ...]


class Sender:
    """The side of the worker. Made as soon as the processes have parted."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._before = [_state(file) for file in tree.files]
        self._told = len(self._before)

    def pack(self, positions: Iterable[int]) -> Crossing | None:
        """What the other process needs to print positions; None where it cannot be handed over
        (files whose positions are not simply offsets of their text).
        """
        wanted = set(positions) - {NOWHERE}
        files = [file for position in wanted if (file := self._tree.file(position)) is not None]
        new = self._tree.files[self._told :]
        for file in (*files, *new):
            known = file.id <= len(self._before)
            before = self._before[file.id - 1] if known else (len(file.comments), True)
            if file.has_paths or _state(file) != before:
                return None
        self._told += len(new)
        ends = []
        for position in sorted(wanted):
            source = self._tree.file(position)
            if source is not None:
                ends.append((position, source.end(position)))
        return Crossing(tuple(_noted(file) for file in new), tuple(ends))


def _state(file: SourceFile) -> tuple[int, bool]:
    return len(file.comments), file.is_as_written


def _noted(file: SourceFile) -> _NewFile:
    comments = tuple(
        (offset_of(comment.position), file.end(comment.position), comment.text)
        for comment in file.comments
    )
    return _NewFile(file.id, file.key, file.path, file.data, comments, file.outline)


class Receiver:
    """The side of the process that started a worker. One for each worker."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._ids: dict[int, int] = {}

    def take(self, crossing: Crossing) -> Callable[[int], int]:
        """Read in what came, in the order in which it was sent. Gives what makes a position of the
        worker one of this process.
        """
        for new in crossing.files:
            file, met = self._tree.adopt(new.key, new.path, new.data)
            self._ids[new.id] = file.id
            if not met or not file.comments:
                file.comments = [
                    Comment(file.position(start, end), text) for start, end, text in new.comments
                ]
                file.outline = file.outline or new.outline
        for position, end in crossing.ends:
            here = self._tree.file(self.here(position))
            if here is not None:
                here.position(offset_of(position), end)
        return self.here

    def here(self, position: int) -> int:
        """A position of the worker as one of this process."""
        known = self._ids.get(file_of(position))
        return position if known is None else at_offset(known, offset_of(position))
