"""Room for what refers to itself in a template, deeper than Python's own limit lets it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deep_recursion(frames: int) -> Iterator[None]:
    """At least so many frames of pure Python meanwhile; levels are counted by who recurses."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, frames))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
