"""Carets under what is meant, whatever the line holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsiac.errors import Span
from kmsiac.reporters.code_frame import code_frame, underlined
from kmsiac.reporters.terminal import Style


@pytest.mark.parametrize(
    ("line", "column", "end", "shown", "carets"),
    [
        ('  Principal = "*"', 3, 12, '  Principal = "*"', "  ^^^^^^^^^"),
        ('\tPrincipal = "*"', 2, 11, '    Principal = "*"', "    ^^^^^^^^^"),
        ("a\tb", 3, 4, "a   b", "    ^"),
        ('名前 = "*"', 6, 9, '名前 = "*"', "       ^^^"),
        ("名前", 1, 3, "名前", "^^^^"),
        ("e\u0301x", 3, 4, "e\u0301x", " ^"),
        ("statement {", 1, None, "statement {", "^^^^^^^^^^^"),
        ("ab\r\n", 2, 3, "ab", " ^"),
        ("ab", 3, 3, "ab", "  ^"),
        ("", 1, 1, "", "^"),
        ("x\x1b[2Jy", 6, 7, "x\\x1b[2Jy", "        ^"),
    ],
)
def test_carets(line: str, column: int, end: int | None, shown: str, carets: str) -> None:
    assert underlined(line, column, end) == (shown, carets)


def test_a_long_line_is_cut_around_the_caret() -> None:
    line = "a" * 5000 + "HERE" + "b" * 5000
    shown, carets = underlined(line, 5001, 5005)
    assert shown == "…" + "a" * 60 + "HERE" + "b" * 56 + "…"
    assert shown[carets.index("^") : len(carets)] == "HERE"


@given(st.text(max_size=400), st.integers(0, 500), st.none() | st.integers(0, 500))
def test_any_line_gives_two_printable_lines(line: str, column: int, end: int | None) -> None:
    shown, carets = underlined(line, column, end)
    assert "\x1b" not in shown
    assert "\t" not in shown
    assert "\n" not in shown
    assert set(carets) <= {" ", "^"}
    assert "^" in carets


def test_a_statement_of_a_plan_has_no_line_and_no_caret() -> None:
    span = Span("plan.json", 1, 400, 1, 410, "/resource_changes/0")
    block = list(code_frame('{\n  "Effect": "Allow"\n}', span, Style()))
    assert block == ["  |", "  | {", '  |   "Effect": "Allow"', "  | }"]
