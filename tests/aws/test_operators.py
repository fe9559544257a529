from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsiac.aws.operators import Operator, operators, parse_operator


def test_there_are_27_operators() -> None:
    assert len({operator.name for operator in operators()}) == 27


@given(
    st.sampled_from(operators()),
    st.sampled_from([None, "ForAllValues", "ForAnyValue"]),
    st.booleans(),
    st.sampled_from([str, str.lower, str.upper]),
)
def test_every_affix_is_read_back(
    operator: Operator, prefix: str | None, if_exists: bool, spelling: Callable[[str], str]
) -> None:
    if operator.family == "null":
        if_exists = False
    text = (f"{prefix}:" if prefix else "") + operator.name + ("IfExists" if if_exists else "")
    parsed = parse_operator(spelling(text))
    assert parsed is not None
    assert str(parsed) == text
    assert (parsed.name, parsed.set_operator, parsed.if_exists) == (
        operator.name,
        prefix,
        if_exists,
    )
    assert (parsed.family, parsed.negated, parsed.like) == (
        operator.family,
        operator.negated,
        operator.like,
    )


@pytest.mark.parametrize(
    ("text", "family", "negated", "like"),
    [
        ("StringEquals", "string", False, False),
        ("StringNotLike", "string", True, True),
        ("ArnEquals", "arn", False, True),
        ("ArnNotEquals", "arn", True, True),
        ("NumericNotEquals", "numeric", True, False),
        ("NumericLessThanEquals", "numeric", False, False),
        ("DateGreaterThan", "date", False, False),
        ("NotIpAddress", "ip", True, False),
        ("Bool", "bool", False, False),
        ("BinaryEquals", "binary", False, False),
        ("Null", "null", False, False),
    ],
)
def test_facts(text: str, family: str, negated: bool, like: bool) -> None:
    parsed = parse_operator(text)
    assert parsed is not None
    assert (parsed.family, parsed.negated, parsed.like) == (family, negated, like)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "StringEqual",
        "IfExists",
        "NullIfExists",
        "ForAllValues:",
        "ForAllValues:ForAnyValue:StringEquals",
        "ForSomeValues:StringEquals",
        ":StringEquals",
        "StringEqualsIfExistsIfExists",
        "IfExistsStringEquals",
        " StringEquals",
    ],
)
def test_what_is_no_operator(text: str) -> None:
    assert parse_operator(text) is None
