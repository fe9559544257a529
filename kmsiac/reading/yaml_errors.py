"""What is said of text that is no YAML: the parser's problem in words, and what may have been meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RENDERED = re.compile(r"\{%|<%|\{\{(?!resolve:)")
"""Marks of Jinja, Go templates, Handlebars and ERB; `{{resolve:` is CloudFormation's own."""


def told(error: yaml.MarkedYAMLError, text: str, offset: int, context: int) -> tuple[str, str]:
    """Message and hint for an error of the scanner or parser at an offset of the text, met while
    it read what begins at `context`.
    """
    mark = _RENDERED.search(_line(text, offset)) or _RENDERED.search(_line(text, context))
    if mark:
        hint = "render it first, and scan the result"
        return f"not valid YAML: {mark[0]} is of a language that makes templates", hint
    where = f" {error.context}" if error.context else ""
    problem = sentence(error.problem or "syntax error")
    found = text[offset : offset + 1]
    return f"not valid YAML{where}: {problem}", _hint(where, problem, found)


def told_character(text: str) -> tuple[int, str, str]:
    """Offset, message and hint for the first character that YAML does not allow at all."""
    found = _UNPRINTABLE.search(text)
    if found is None:
        return 0, "not valid YAML: a character that YAML does not allow", ""
    name = f"U+{ord(found[0]):04X}"
    hint = f'write it as "\\u{name[2:]}" in quotes'
    return found.start(), f"the character {name} is not allowed in YAML", hint


def sentence(text: str) -> str:
    """The first line of a problem, without its full stop."""
    return text.splitlines()[0].strip().rstrip(".") if text.strip() else "syntax error"


def shortened(name: str | None) -> str:
    """A name for a message, which a hostile file may have made a megabyte long."""
    name = name or ""
    return name if len(name) <= 80 else name[:77] + "..."


def _line(text: str, offset: int) -> str:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return text[start : end if end >= 0 else len(text)]


def _hint(context: str, problem: str, found: str) -> str:
    if found == "\t" or "tab" in problem:
        return "indent with spaces: YAML allows no tabs there"
    if "alias" in context or "anchor" in context:
        return "quote values that start with * or &"
    if "cannot start any token" in problem:
        return "quote values that start with %, @ or `"
    if "mapping values are not allowed" in problem:
        return "check the indentation, and quote values that hold ': '"
    if "end of stream" in problem:
        return "a quote or bracket is not closed"
    if "flow" in context:
        return "quote values that start with * or { or hold one of { } [ ] ,"
    if "simple key" in context or "block" in context:
        return "check the indentation, and that each key ends in ':'"
    return ""
