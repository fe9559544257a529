"""JSON text with symbols in it: the values, their places, and what is wrong with it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsiac.policy.json_text import decode
from kmsiac.values import Bool, List, Map, Null, Number, Owner, Symbol, Text, Unknown, Value, walk

ACCOUNT = Symbol("account_id", "AWS::AccountId", Owner("u"), "environment")


def plain(value: Value) -> object:
    if isinstance(value, Map):
        return {str(key): plain(member) for key, member in value.entries}
    if isinstance(value, List):
        return [plain(item) for item in value.items]
    if isinstance(value, Number):
        return float(value.number)
    if isinstance(value, Bool):
        return value.value
    return None if isinstance(value, Null) else str(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6).map(float) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_reads_what_json_writes(data: object, ascii_only: bool) -> None:
    written = json.dumps(data, ensure_ascii=ascii_only)
    if any(0xD800 <= ord(character) < 0xE000 for character in written):
        return
    assert plain(decode(Text((written,)))) == data


def test_a_symbol_inside_a_string_is_part_of_it() -> None:
    value = decode(Text(('{"AWS": "arn:aws:iam::', ACCOUNT, ':root"}')))
    assert isinstance(value, Map)
    assert value.get("AWS").parts == ("arn:aws:iam::", ACCOUNT, ":root")  # type: ignore[union-attr]


def test_an_unknown_outside_of_a_string_is_a_value_of_its_own() -> None:
    unknown = Unknown("var.statements", "no default")
    value = decode(Text(('{"Statement": ', unknown, "}")))
    assert isinstance(value, Map)
    assert value.get("Statement") is unknown


def test_positions_follow_the_breakpoints_of_the_text() -> None:
    text = Text(('{"a":\n "b"}',), 1000, origin=((0, 1000), (6, 2000)))
    value = decode(text)
    assert isinstance(value, Map)
    key, member = value.entries[0]
    assert (value.position, key.position, member.position) == (1000, 1001, 2001)


def test_a_repeated_key_stays() -> None:
    value = decode(Text(('{"Effect": "Allow", "Effect": "Deny"}',)))
    assert isinstance(value, Map)
    assert [str(key) for key, _ in value.entries] == ["Effect", "Effect"]
    assert str(value.get("Effect")) == "Deny"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "a value was expected"),
        ("{", "a name in double quotes was expected"),
        ('{"a" 1}', "':' was expected"),
        ('{"a": 1,}', "a name in double quotes was expected"),
        ("[1 2]", "',' or ']' was expected"),
        ('"abc', "a string is not closed"),
        ('"\\q"', "an unknown escape in a string"),
        ("{} {}", "text after the end of the document"),
        ("[" * 5000, "more than 100 levels deep"),
        ("9" * 5000, "a value was expected"),
    ],
)
def test_broken_text_is_an_unknown_that_says_why(written: str, reason: str) -> None:
    value = decode(Text((written,)))
    assert isinstance(value, Unknown)
    assert value.reason == f"not valid JSON: {reason}"


def test_a_long_string_with_holes_and_escapes_takes_no_time() -> None:
    size = 300_000
    value = decode(Text(('"' + "\\n" * size, ACCOUNT, "x" * size, ACCOUNT, '"')))
    assert isinstance(value, Text)
    assert value.parts == ("\n" * size, ACCOUNT, "x" * size, ACCOUNT)


def test_the_character_that_marks_a_hole_is_read_as_itself() -> None:
    value = decode(Text(('"a\ufffcb', ACCOUNT, '"')))
    assert isinstance(value, Text)
    assert value.parts == ("a\ufffcb", ACCOUNT)


def test_everything_in_a_sensitive_text_is_sensitive() -> None:
    unknown = Unknown("var.x", "no default")
    value = decode(
        Text(('{"a": ["b", 1, 1.5, true, ', ACCOUNT, ", ", unknown, "]}"), sensitive=True)
    )
    assert all(inner.sensitive for inner in walk(value))
    assert sum(1 for _ in walk(value)) == 9
    broken = decode(Text(("{hunter2",), sensitive=True))
    assert isinstance(broken, Unknown)
    assert broken.sensitive
    assert "hunter2" not in broken.expression
