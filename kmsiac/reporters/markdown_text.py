"""Text that stays text in Markdown, as GitHub renders it: no tag, link, mention or image of its own.

What comes from a template is code (`code`, `fenced`): nothing is read inside it. What comes from a
rule, which users may write, is `prose`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from kmsiac.findings.excerpt import one_line, printable

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_PLAIN = frozenset("\"',;?()./-+%")
_FIRST = re.compile(r"([0-9]*)([-+.)])")
_REFERENCE = re.compile(r"(?:(?<=[@#])|(?<=GH-))(?=\S)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_NO_WIDTH = "&#8203;"
_BACKTICKS = re.compile(r"`+")
_PIPE = re.compile(r"(\\*)\|")
_URL = re.compile(r"https?://[!-~]+")
_UNSAFE_IN_URL = re.compile(r"[^A-Za-z0-9:/?#@!$&'*+,;=%._~-]")
_SNIPPET = "    "


def prose(text: str, limit: int = 2000) -> str:
    """Text of one paragraph: every character means itself.

    Where GitHub would find a mention, an issue or an address in the finished text, a space without
    width stands in between.
    """
    parts = _REFERENCE.split(one_line(text, limit))
    safe = _NO_WIDTH.join(_PUNCTUATION.sub(_entity, part) for part in parts)
    # Some characters begin a list where they stand first.
    first = _FIRST.match(safe)
    return f"{first[1]}&#{ord(first[2])};{safe[first.end() :]}" if first else safe


def code(text: str, limit: int = 400) -> str:
    """Text as inline code; empty for empty text."""
    flat = one_line(text, limit)
    if not flat:
        return ""
    fence = _longer_than(flat, 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def cell(markdown: str) -> str:
    """Finished inline Markdown as it can stand in a table."""
    # A row is split before anything else: a bar counts unless an odd number of \ stands before it.
    return _PIPE.sub(lambda m: m[1] + ("\\" if len(m[1]) % 2 == 0 else "\\\\") + "|", markdown)


def html_code(text: str, limit: int = 400) -> str:
    """Text as code inside a line of HTML."""
    return f"<code>{html.escape(one_line(text, limit))}</code>"


def fenced(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a block of code, whatever they hold."""
    safe = [printable(line).replace("\n", "\\n") for line in lines]
    fence = _longer_than("\n".join(safe), 3)
    yield from (f"{fence}text", *safe, fence)


def link(markdown: str, url: str) -> str:
    """A link, where the URL is one; `markdown` is finished."""
    if _URL.fullmatch(url) is None:
        return markdown
    return f"[{markdown}](<{_UNSAFE_IN_URL.sub(_percent, url)}>)"


def paragraphs(text: str) -> Iterator[str]:
    """The lines of a rule's prose: paragraphs, and what is indented or fenced as code."""
    waiting: list[str] = []
    snippet: list[str] = []
    inside = False
    for line in [*text.strip("\n").splitlines(), ""]:
        fence = line.lstrip().startswith("```")
        if not fence and (inside or line.startswith(_SNIPPET) or (snippet and not line.strip())):
            snippet.append(line if inside else line.removeprefix(_SNIPPET))
            continue
        yield from _snippet(snippet)
        snippet = []
        inside ^= fence
        if line.strip() and not fence:
            waiting.append(line)
        if (fence or not line.strip()) and waiting:
            yield from (prose(" ".join(waiting)), "")
            waiting = []
    yield from _snippet(snippet)


def _snippet(lines: list[str]) -> Iterator[str]:
    while lines and not lines[-1].strip():
        lines.pop()
    if lines:
        yield from (*fenced(lines), "")


def _longer_than(text: str, least: int) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    return "`" * (longest + 1 if longest >= least else least)


def _entity(match: re.Match[str]) -> str:
    return match[0] if match[0] in _PLAIN else f"&#{ord(match[0])};"


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"
