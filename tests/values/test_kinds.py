"""Texts are joined in linear time; a secret is found wherever it lies."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsiac.values import List, Map, Part, Text, Unknown, Value, holds_secret, text

UNKNOWN = Unknown("var.x", "no default")
SECRET = Unknown("var.s", "no default", sensitive=True)


@given(st.lists(st.one_of(st.text("ab", max_size=2), st.just(UNKNOWN))))
def test_neighbouring_literals_are_joined(parts: list[Part]) -> None:
    joined = Text(parts).parts
    assert all(joined)
    assert not any(isinstance(a, str) and isinstance(b, str) for a, b in pairwise(joined))
    assert "".join(map(str, joined)) == "".join(map(str, parts))


def test_a_million_small_literals() -> None:
    parts = ["ab", UNKNOWN, *["x"] * 1_000_000]
    assert Text(parts).parts == ("ab", UNKNOWN, "x" * 1_000_000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (text("a"), False),
        (Text(("a", UNKNOWN)), False),
        (Text(("a", SECRET)), True),
        (Text(("a",), document=List((Text(("b",), sensitive=True),))), True),
        (Map(((Text(("k",), sensitive=True), text("v")),)), True),
        (List((), open=SECRET), True),
        (List((text("a"), Map(((text("k"), text("v")),)))), False),
    ],
)
def test_a_secret_is_found_wherever_it_lies(value: Value, expected: bool) -> None:
    assert holds_secret(value) is expected


def test_a_value_that_recurs_is_looked_at_once() -> None:
    value: Value = text("a")
    for _ in range(200):
        value = List((value, value))
    assert not holds_secret(value)
