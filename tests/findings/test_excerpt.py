"""Text from templates is safe to print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsiac.findings.excerpt import one_line, printable


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain ünï 名前", "plain ünï 名前"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("\x07\x00\x7f\x9b", "\\x07\\x00\\x7f\\x9b"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("a\tb\nc", "a\tb\nc"),
    ],
)
def test_control_characters_show_as_escapes(text: str, safe: str) -> None:
    assert printable(text) == safe


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\n  b\tc\r\nd", "a b c d"), ("a\u2028b", "a b"), ("x" * 500, "x" * 399 + "…")],
)
def test_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.text())
def test_one_line_is_one_line_and_short(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 400
    assert "\x1b" not in line
