"""Markdown as GitHub renders it, and what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

VOID = {"br", "hr", "img", "input", "wbr"}
LITERAL = {"code", "pre"}
OURS = {
    "a", "code", "details", "h2", "h3", "li", "p", "pre", "strong", "summary", "table", "tbody", "td",
    "th", "thead", "tr", "ul", "em",
}  # fmt: skip
EVIL = [
    "<script>alert(1)</script>", "<!-- x", "</details>", "[a](https://e.example)", "![a](b.png)", "[a]: b",
    "@octocat", "a@b.example", "#1", "GH-12", "o/r#3", "www.e.example", "https://e.example/x", "ftp://e.example",
    "`", "``", "`a`", "``` a", "**b** _i_ ~~s~~ *x*", "a|b", "a\\|b", "a\\\\|b", "\\", "# h", "- l", "+ l",
    "1. l", "2) l", "> q", "---", "===", "***", "$x$", "&lt;", "&#64;x", "    code", ":tada:", "a  \nb",
]  # fmt: skip
"""Text that means something in Markdown."""
REFERENCE = re.compile(r"@\w|#\d|GH-\d|www\.|://", re.IGNORECASE)
"""What GitHub makes a link of in text that is not code."""


class Page(HTMLParser):
    """The tags of a page, its links, its text in and outside code, and whether all is closed."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.code: list[str] = []
        self.text: list[str] = []
        self.comments: list[str] = []
        self.rows: list[int] = []
        self._open: list[str] = []
        # GitHub allows some raw HTML and cleans it afterwards: here nothing is cleaned.
        options = Options.CMARK_OPT_UNSAFE
        self.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options=options))
        self.close()
        assert self._open == [], self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag in LITERAL:
            self.code.append("")
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, (tag, self._open)
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if LITERAL & set(self._open):
            self.code[-1] += data
        elif "a" not in self._open:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def references(page: Page) -> Iterator[str]:
    """What GitHub would make links of besides ours."""
    for text in page.text:
        yield from REFERENCE.findall(text)
