"""Being written."""

from typing import Any
from kmsiac.values import Answer, cannot_tell


def allows(*_: Any) -> Answer:
    """Being written."""
    return cannot_tell()


def shadowed(*_: Any) -> Answer:
    """Being written."""
    return cannot_tell()


def redundant(*_: Any) -> Answer:
    """Being written."""
    return cannot_tell()
