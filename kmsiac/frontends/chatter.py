"""Where a document begins and ends in what a pipe brings.

Beside a plan stands what others have printed into the same pipe: Terraform's word on the state
lock, the command line that a wrapper in CI echoes, npm's banner. It is blanked, so that lines and
columns stay those of what was piped.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kmsiac.reading.json_paths import end_of_value

_OPENING = re.compile(r'^\{(?=\s*+["}])', re.MULTILINE)
_LOG_LINE = re.compile(r'\{\s*"@level"')
_RUNNER = re.compile(r"(?:(?:> |\$ |yarn run )[^\n]*+\n|[ \t\r]*+\n)++")
_RUNNER_END = re.compile(r"(?:^(?:Done in |✨)[^\n]*+\n?|^[ \t\r]*+\n)++\Z", re.MULTILINE)
_HEREDOC = re.compile(r"<<[-~]?[\"']?\w+[\"']?[ \t\r]*\n\s*\Z|^```", re.MULTILINE)
_SPACE = b" \t\r\n"
_TAIL = 4096


class Extent(NamedTuple):
    """Offsets (the end exclusive) of the one document in a text."""

    start: int
    end: int


def is_plain_json(data: bytes) -> bool:
    """Whether nothing stands before the first bracket or after the last, as far as that shows."""
    head = data[:_TAIL].lstrip(_SPACE)
    if head[:1] != b"{" or head[:40].replace(b" ", b"").startswith(b'{"@level"'):
        return False
    return data[-_TAIL:].rstrip(_SPACE)[-1:] == b"}"


def json_extent(text: str) -> Extent | None:
    """The JSON object among other text; None where there is none.

    Lines of a log (`TF_LOG=json`) are passed over where an object that is no log line follows.
    Where several objects remain, or one that does not end, the extent goes to the end of the text:
    reading it says what is wrong.
    """
    starts = [match.start() for match in _OPENING.finditer(text)]
    documents = [start for start in starts if not _LOG_LINE.match(text, start)]
    if not starts:
        return None
    start = documents[0] if documents else starts[0]
    if _HEREDOC.search(text, 0, start):
        return None
    end = end_of_value(text, start)
    if end is None or _OPENING.search(text, end):
        end = len(text)
    return Extent(start, end)


def yaml_extent(text: str) -> Extent | None:
    """The text between the lines that npm and yarn print around a command's output."""
    banner = _RUNNER.match(text)
    if banner is None or not text[: banner.end()].strip():
        return None
    trailer = _RUNNER_END.search(text, banner.end())
    return Extent(banner.end(), trailer.start() if trailer else len(text))
