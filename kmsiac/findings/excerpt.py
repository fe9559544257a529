"""Text from templates made safe to print."""

from __future__ import annotations

import re
from collections.abc import Callable

from kmsiac.reading.source import SourceFile

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)

_COMMAND = re.compile(r"##(?=\[|vso\[)")
_LEADING_COMMAND = re.compile(r"(\s*+)::")

_MATERIAL = re.compile(r"""(key_material_base64["']?\s*[=:]\s*)([^\s#;}][^#;}\n]*+)""")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)("?)')
_HIDDEN = "(sensitive)"


def without_key_material(line: str) -> str:
    """A source line with the key material that is written in it masked, as wide as it was, so
    that columns still fit.
    """
    return _MATERIAL.sub(_hidden, line)


class SourceLines:
    """The source line of a position; None for plan JSON, whose lines may hold secrets.

    `file_at` gives the file of a position.
    """

    def __init__(self, file_at: Callable[[int], SourceFile | None]) -> None:
        self._file_at = file_at

    def __call__(self, position: int) -> str | None:
        """The line that a position lies in."""
        file = self._file_at(position)
        if file is None or file.has_paths:
            return None
        return without_key_material(file.line(file.span(position).line))


def _hidden(match: re.Match[str]) -> str:
    whole = 1 if ":" in match[1] else 0  # JSON has one text there, HCL an expression
    return match[1] + _QUOTED.sub(_masked, match[2], count=whole)


def _masked(match: re.Match[str]) -> str:
    width = len(match[1])
    return f'"{_HIDDEN.ljust(width, "*") if width >= len(_HIDDEN) else "*" * width}{match[2]}'


def printable(text: str) -> str:
    """The text without control characters, which could move a terminal's cursor or its reader's
    eye (bidirectional overrides, characters without width); each shows as its escape.
    """
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def one_line(text: str, limit: int = 400) -> str:
    """The text printable, on one line, shortened."""
    flat = printable(" ".join(text.split()))
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def escaped(text: str) -> str:
    """The text printable on one line, each line break shown: for names that must stay exact."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def without_commands(line: str) -> str:
    """A printed line that no build server takes for one of its commands.

    GitHub reads `::name::` at a line's start, blanks ignored, and `##[name]` anywhere; Azure
    `##vso[...]` anywhere.
    """
    leading = _LEADING_COMMAND.match(line)
    if leading:
        line = f"{leading[1]}\\{line[leading.end(1) :]}"
    return _COMMAND.sub(r"#\\#", line)
