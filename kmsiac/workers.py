"""Work on several processors: numbered tasks in processes that are copies of this one.

Only where the system makes such copies safely (Linux, and no second thread that holds anything). A worker takes
the next task from a pipe, and sends what came of it through one of its own. It ends by itself when
there are no tasks left or nobody listens any more.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import struct
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn, Self

_NUMBERS = struct.Struct("<ii")
_HEAD = struct.Struct("<iiq")
_STARTED, _DONE, _LOST = range(3)
_STOPS = (signal.SIGINT, signal.SIGTERM)
_MOST = 8
_MOST_STARTS = 50
HARMLESS = "kmsiac progress"
"""The name of a thread that holds nothing which a copy of this process would wait for."""
_ROOM = 4096
"""Pairs of numbers that a pipe holds in any case."""


def processors() -> int:
    """How many copies of this process may work at once; 1 where none should be made."""
    others = (
        thread.name for thread in threading.enumerate() if thread.ident != threading.get_ident()
    )
    if sys.platform != "linux" or any(name != HARMLESS for name in others):
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST)


class Died(Exception):  # noqa: N818 - what became of a task
    """The process that had a task ended before it was done: killed, or out of memory."""


class Workers:
    """Processes that do tasks 0, 1, 2, ... Use it as a context: what runs at its end is stopped.

    `work(task)` runs in a worker and gives what can be pickled. `begin()` runs first in each.
    """

    def __init__(
        self, tasks: int, count: int, work: Callable[[int], Any], begin: Callable[[], None]
    ) -> None:
        self._work, self._begin = work, begin
        self._tasks, write = os.pipe()
        step = -(-tasks // _ROOM)
        for first in range(0, tasks, step):
            os.write(write, _NUMBERS.pack(first, min(first + step, tasks)))
        os.close(write)
        self._open: dict[int, _Worker] = {}
        self._results: dict[int, tuple[int, int, Any]] = {}
        self._made = 0
        self._count = min(count, tasks)

    def __enter__(self) -> Self:
        gc.freeze()  # so that collecting in a worker copies no pages of this process
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._open.values():
            worker.stop()
        os.close(self._tasks)
        gc.unfreeze()

    def result(self, task: int) -> tuple[int, Any]:
        """The number of the worker that did a task, and what came of it: None where the work raised
        an error (whoever asks can do it again, and meets the error where it can be told).

        Raises `Died`.
        """
        while task not in self._results:
            self._receive()
        kind, worker, value = self._results.pop(task)
        if kind == _LOST:
            raise Died
        return worker, value

    def _start(self) -> None:
        self._made += 1
        read, write = os.pipe()
        # Stopped between making a process and noting it, nobody would end that process.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads
                process = os.fork()
            if process == 0:
                os.close(read)
                for other in self._open:
                    os.close(other)
                _run(self._tasks, write, self._work, self._begin)
            os.close(write)
            self._open[read] = _Worker(self._made, process, read)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _receive(self) -> None:
        """Wait until a worker says something, or has ended."""
        while self._made < self._count:
            self._start()
        if not self._open:
            if self._made > _MOST_STARTS:
                raise Died
            self._start()  # all have died: what they had is lost, the rest is not
        poll = select.poll()
        for channel in self._open:
            poll.register(channel, select.POLLIN)
        for channel, _ in poll.poll():
            worker = self._open[channel]
            for kind, task, value in worker.messages():
                self._results[task] = (kind, worker.number, value)
            if worker.ended:
                del self._open[channel]
                worker.stop()
                for task in worker.taken:
                    self._results[task] = (_LOST, worker.number, None)


class _Worker:
    """One process as its parent sees it."""

    def __init__(self, number: int, process: int, channel: int) -> None:
        self.number = number
        self.ended = False
        self._process = process
        self._channel = channel
        self._bytes = bytearray()
        self.taken = range(0)
        """The tasks that it has taken and not done."""

    def messages(self) -> Iterator[tuple[int, int, Any]]:
        """What it has said since: kind, task, result."""
        data = os.read(self._channel, 1 << 20)
        self.ended = not data
        self._bytes += data
        while len(self._bytes) >= _HEAD.size:
            kind, number, size = _HEAD.unpack_from(self._bytes)
            end = _HEAD.size + size
            if len(self._bytes) < end:
                return
            value = pickle.loads(self._bytes[_HEAD.size : end])  # noqa: S301 - a copy of us wrote it
            del self._bytes[:end]
            if kind == _STARTED:
                self.taken = range(number, value)
            else:
                self.taken = range(number + 1, self.taken.stop)
                yield kind, number, value

    def stop(self) -> None:
        """End it, if it has not ended, and wait until it has."""
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        os.close(self._channel)
        os.waitpid(self._process, 0)


def _run(
    tasks: int, channel: int, work: Callable[[int], Any], begin: Callable[[], None]
) -> NoReturn:
    """What a worker does. Nothing that the parent holds (open files, handlers) is run or flushed."""
    try:
        for number in _STOPS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        begin()
        while numbers := os.read(tasks, _NUMBERS.size):
            first, end = _NUMBERS.unpack(numbers)
            _send(channel, _STARTED, first, end)
            for task in range(first, end):
                result = None
                with suppress(Exception):
                    result = work(task)
                _send(channel, _DONE, task, result)
    finally:
        os._exit(0)


def _send(channel: int, kind: int, task: int, value: Any) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    left = memoryview(_HEAD.pack(kind, task, len(data)) + data)
    while left:
        left = left[os.write(channel, left) :]
