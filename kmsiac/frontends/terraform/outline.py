"""The brackets and heredocs of an HCL file, for comments that ask what they stand in or above."""

from __future__ import annotations

import re

from kmsiac.frontends.terraform.lexer import Unterminated, comment_end, template_end
from kmsiac.reading.outline import Part
from kmsiac.reading.source import SourceFile

_RUN = re.compile(r'[^"#/<{}()\[\]]*+')
_MAX_HEADER = 300


def outline(file: SourceFile) -> list[Part]:
    """Every pair of brackets and every string or heredoc over several lines, in order of start.

    A part's header is what leads to its bracket: `resource "type" "name" {`, `policy = f(`. What
    follows something that is never closed is left out: it was not read either.
    """
    text, parts = file.text, list[Part]()
    open_brackets: list[int] = []
    position, end = 0, len(text)
    try:
        while True:
            found = _RUN.match(text, position)
            position = found.end() if found else position
            if position >= end:
                break
            character, start = text[position], position
            if character in "{([":
                open_brackets.append(position)
            elif character in "})]" and open_brackets:
                opening = open_brackets.pop()
                parts.append(Part(_header(text, opening), opening + 1, position + 1))
            elif character in "#/":
                position = comment_end(file, position, end) - 1
            elif character in '"<':
                position = max(template_end(file, position, end), position + 1) - 1
                if text.find("\n", start, position) >= 0:
                    parts.append(Part(_header(text, start), start + 1, position + 1))
            position += 1
    except Unterminated:
        pass
    return sorted(parts, key=lambda part: (part.start, -part.end))


def _header(text: str, bracket: int) -> int:
    """Where what leads to a bracket begins, on its line."""
    limit = max(0, bracket - _MAX_HEADER)
    line = max(limit, text.rfind("\n", limit, bracket) + 1)
    start = max(text.rfind(mark, line, bracket) for mark in "{}[](),")
    start = max(line, start + 1)
    return start + len(text[start:bracket]) - len(text[start:bracket].lstrip())
