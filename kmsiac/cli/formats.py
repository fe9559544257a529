"""`-f FORMAT` and `-f FORMAT=FILE`: which reports go where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kmsiac.errors import UsageError, nearest
from kmsiac.reporters import COMING, MODULES

AVAILABLE = tuple(MODULES)

_OF_OTHER_COMMANDS = ("text", "json")
"""What every command but `scan` writes."""


@dataclass(frozen=True)
class Target:
    """One report: its format, and the file it goes to (None: standard output)."""

    format: str
    file: Path | None = None


def targets(wanted: Sequence[str] | None) -> list[Target]:
    """The reports that `-f` asks for; without any, text on standard output.

    Raises `UsageError` for unknown formats, and where two would go to one place.
    """
    found = [_target(text) for text in wanted or ("text",)]
    places = [target.file for target in found]
    for target in found:
        if places.count(target.file) > 1:
            place = target.file or "standard output"
            raise UsageError(f"two reports would go to {place}", hint="write one as FORMAT=FILE")
    return found


def _target(text: str) -> Target:
    format, equals, file = text.partition("=")
    if format in COMING:
        raise UsageError(
            f'the format "{format}" is not available yet', hint=f"now: {', '.join(AVAILABLE)}"
        )
    if format not in AVAILABLE:
        near = nearest(format, AVAILABLE)
        hint = f'did you mean "{near}"?' if near else f"known: {', '.join(AVAILABLE)}"
        raise UsageError(f'there is no format "{format}"', hint=hint)
    if equals and not file:
        raise UsageError(f'"{text}" names no file')
    return Target(format, Path(file) if file else None)


def only_stdout(wanted: str) -> str:
    """The format of a command that writes one report to standard output."""
    target = _target(wanted)
    if target.format not in _OF_OTHER_COMMANDS:
        hint = " or ".join(f"-f {format}" for format in _OF_OTHER_COMMANDS)
        raise UsageError(f'this command does not write "{target.format}"', hint=hint)
    if target.file is not None:
        raise UsageError("this command writes to standard output", hint=f"-f {target.format}")
    return target.format
