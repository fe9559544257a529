"""Text from templates made safe to print."""

from __future__ import annotations

import re

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)

_COMMAND = re.compile(r"##(?=\[|vso\[)")
_LEADING_COMMAND = re.compile(r"(\s*+)::")


def printable(text: str) -> str:
    """The text without control characters, which could move a terminal's cursor or its reader's
    eye (bidirectional overrides); each shows as its escape.
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
