"""Whatever the text is, Markdown shows it as it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsiac.reporters.markdown_text import cell, code, fenced, html_code, link, paragraphs, prose
from tests.reporters.rendered import EVIL, Page, references

ODD = re.compile(r"(?<!\\)((?:\\\\)*)\\\|")
TEXTS = st.text(alphabet=st.sampled_from("ab1 `|\\<>[]()!@#*_~-+.:/&;$=w\n\"'"), max_size=40)


def flat(text: str) -> str:
    return " ".join(text.split())


def shown(page: Page) -> str:
    return flat("".join(page.text)).replace("\u200b", "")


@pytest.mark.parametrize("text", EVIL)
def test_prose_is_text(text: str) -> None:
    page = Page(prose(text))
    assert page.tags == {"p"}
    assert shown(page) == flat(text)
    assert not list(references(page))


@given(TEXTS)
def test_any_prose_is_text(text: str) -> None:
    page = Page(prose(text))
    assert page.tags <= {"p"}
    assert shown(page) == flat(text)
    assert not list(references(page))


@given(TEXTS)
def test_any_code_is_code(text: str) -> None:
    page = Page(f"* x {code(text)} y")
    assert page.tags <= {"ul", "li", "code"}
    assert "".join(page.code).strip() == flat(text)


@given(st.lists(TEXTS, min_size=3, max_size=3))
def test_any_code_stays_in_its_cell(texts: list[str]) -> None:
    row = " | ".join(cell(code(text)) for text in texts)
    page = Page(f"| a | b | c |\n| --- | --- | --- |\n| {row} |\n")
    assert page.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.rows == [3, 3]
    # A bar after an odd number of \ gets one more of them: Markdown cannot say it otherwise.
    wanted = [ODD.sub(r"\1\\\\|", flat(text)) for text in texts if flat(text)]
    assert [one.strip() for one in page.code] == wanted


@given(st.lists(TEXTS, max_size=4))
def test_any_lines_are_one_block(lines: list[str]) -> None:
    page = Page("\n".join(fenced(lines)))
    assert page.tags <= {"pre", "code"}
    assert page.code[-1].splitlines() == [line.replace("\n", "\\n") for line in lines]


@given(TEXTS)
def test_any_code_in_html_is_code(text: str) -> None:
    page = Page(f"<details>\n<summary>{html_code(text)}</summary>\n\nx\n\n</details>\n")
    assert page.tags == {"details", "summary", "code", "p"}
    assert page.code == [flat(text)] or not flat(text)


def test_a_link_is_one_only_to_the_web() -> None:
    assert Page(link("x", "https://a.example/b(c)?d=<e>|`")).links == [
        "https://a.example/b%28c%29?d=%3Ce%3E%7C%60"
    ]
    for url in ("javascript:alert(1)", "", "https://a b", "//a", "https://a\n"):
        assert link("x", url) == "x"


def test_paragraphs_and_snippets_of_a_rule() -> None:
    text = "One\ntwo <b>.\n\n    a = 1\n\n      b = `2`\n\nThree:\n\n```\n<x>\n    y\n```\nFour"
    assert list(paragraphs(text)) == [
        "One two &#60;b&#62;.", "", "```text", "a = 1", "", "  b = `2`", "```", "",
        "Three&#58;", "", "```text", "<x>", "    y", "```", "", "Four", "",
    ]  # fmt: skip
    assert list(paragraphs("")) == []
