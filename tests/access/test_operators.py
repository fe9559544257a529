from __future__ import annotations

from typing import Any

import pytest

from kmsiac.access.operators import all_hold, holds
from kmsiac.policy.document import Condition
from kmsiac.values import Answer, Text, Unknown, text

A = "arn:aws:iam::111122223333:role/app"


def condition(operator: str, key: str, *values: Any, more: Unknown | None = None) -> Condition:
    texts = tuple(text(value) if isinstance(value, str) else value for value in values)
    return Condition(text(operator), text(key), texts, 0, 0, more)


def ask(operator: str, key: str, values: list[Any], found: list[str] | None, **rest: str) -> Answer:
    context: dict[str, tuple[str, ...]] = {}
    context |= {name.replace("__", ":").lower(): (value,) for name, value in rest.items()}
    if found is not None:
        context[key.lower()] = tuple(found)
    return holds(condition(operator, key, *values), context)


YES = [
    ("StringEquals", ["Red"], ["Red"]),
    ("stringequals", ["Red", "blue"], ["blue"]),
    ("StringNotEquals", ["Red"], ["red"]),
    ("StringNotEquals", ["Red"], None),
    ("StringNotEquals", ["a*"], ["ab"]),
    ("StringEqualsIgnoreCase", ["Red"], ["rED"]),
    ("StringLike", ["r?d*"], ["red:/\nx"]),
    ("StringLike", ["*"], [""]),
    ("StringLike", ["a${*}c"], ["a*c"]),
    ("StringLike", ["${$}{x}"], ["${x}"]),
    ("StringNotLike", ["*"], None),
    ("StringEqualsIfExists", ["x"], None),
    ("ArnLike", ["arn:aws:iam::*:role/*"], [A]),
    ("ArnEquals", ["arn:*:*:*:*:role/ap?"], [A]),
    ("ArnLike", ["arn:aws:sns:*:*:*"], ["arn:aws:sns:eu-west-1:111122223333:a:b"]),
    ("ArnNotEquals", ["arn:aws:iam::*"], [A]),
    ("ArnNotLike", ["arn:aws:iam::*:role/*"], ["not an arn"]),
    ("NumericEquals", ["7"], ["7.0"]),
    ("NumericLessThan", ["5", "10"], ["8"]),
    ("NumericGreaterThanEquals", ["-1"], ["-1"]),
    ("NumericNotEquals", ["7"], ["seven"]),
    ("DateEquals", ["2025-01-01T01:00:00+01:00"], ["2025-01-01"]),
    ("DateLessThan", ["1735689601"], ["2025-01-01T00:00:00Z"]),
    ("DateGreaterThan", ["2025-01-01T00:00:00Z"], ["2025-01-01T00:00:00.5Z"]),
    ("Bool", ["TRUE"], ["true"]),
    ("BoolIfExists", ["false"], None),
    ("BinaryEquals", ["QQ=="], ["QQ=="]),
    ("IpAddress", ["203.0.113.77/24"], ["203.0.113.1"]),
    ("IpAddress", ["2001:DB8::/32"], ["2001:db8::1"]),
    ("NotIpAddress", ["0.0.0.0/0"], ["2001:db8::1"]),
    ("Null", ["true"], None),
    ("Null", ["False"], ["x"]),
    ("Null", ["true", "false"], ["x"]),
    ("ForAllValues:StringEquals", ["a", "b"], ["b", "a"]),
    ("ForAllValues:StringEquals", ["a"], None),
    ("ForAllValues:StringNotEquals", ["c"], ["a", "b"]),
    ("ForAllValues:StringEquals", ["a"], [""]),
    ("ForAllValues:StringEquals", ["a"], []),
    ("DateEquals", ["2025-01"], ["2025-01-01T00:00:00Z"]),
    ("StringLike", ["a**?"], ["abc"]),
    ("ForAnyValue:StringLike", ["a*"], ["x", "ab"]),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"]),
    ("ForAnyValue:StringEqualsIfExists", ["a"], None),
]
NO = [
    ("StringEquals", ["Red"], ["red"]),
    ("StringEquals", ["*"], ["red"]),
    ("StringEquals", ["x"], None),
    ("StringEquals", [], ["x"]),
    ("StringLike", ["red"], ["redder"]),
    ("StringNotLike", ["r*", "b*"], ["blue"]),
    ("ArnLike", ["arn:aws:iam:*:role/*"], [A]),
    ("ArnLike", ["arn:aws:iam::*"], ["arn:aws:iam"]),
    ("ArnEquals", ["arn:aws:iam::111122223333:root"], [A]),
    ("NumericGreaterThan", ["9"], ["1e400000"]),
    ("NumericLessThan", ["x"], ["1"]),
    ("DateEquals", ["not-a-date"], ["2025-01-01"]),
    ("DateEquals", ["2025-13-01"], ["2025-13-01"]),
    ("Bool", ["false"], None),
    ("BinaryEquals", ["QQ=="], ["qq=="]),
    ("IpAddress", ["::/0"], ["198.51.100.9"]),
    ("IpAddress", ["203.0.113.0/33"], ["203.0.113.0"]),
    ("Null", ["true"], ["x"]),
    ("ForAnyValue:StringNotEquals", ["a"], None),
    ("ForAllValues:StringLike", ["a*"], ["ab", "x"]),
    ("ForAnyValue:StringEquals", ["a"], [""]),
    ("ForAnyValue:StringEquals", [""], []),
    ("StringLike", ["ab*"], ["a"]),
    ("DateEquals", ["2025-13"], ["2025-13"]),
]


@pytest.mark.parametrize(("operator", "values", "found"), YES)
def test_it_holds(operator: str, values: list[str], found: list[str] | None) -> None:
    assert ask(operator, "aws:PrincipalTag/a", values, found).is_yes


@pytest.mark.parametrize(("operator", "values", "found"), NO)
def test_it_does_not_hold(operator: str, values: list[str], found: list[str] | None) -> None:
    assert ask(operator, "aws:PrincipalTag/a", values, found).is_no


@pytest.mark.parametrize(
    ("operator", "value", "holds_with", "holds_without"),
    [
        ("StringEquals", "${aws:username}", True, False),
        ("StringEquals", "${AWS:UserName}", True, False),
        ("StringNotEquals", "${aws:username}", False, True),
        ("StringEquals", "${aws:username, 'bob'}", True, True),
        ("StringLike", "${aws:username}*", True, False),
        ("StringEquals", "${aws:username}${nothing}", False, False),
    ],
)
def test_policy_variables(operator: str, value: str, holds_with: bool, holds_without: bool) -> None:
    with_name = ask(operator, "aws:PrincipalTag/a", [value], ["bob"], aws__username="bob")
    without = ask(operator, "aws:PrincipalTag/a", [value], ["bob"])
    assert (with_name.is_yes, without.is_yes) == (holds_with, holds_without)


def test_a_variable_is_text_before_it_is_a_pattern() -> None:
    assert ask(
        "StringLike", "aws:PrincipalTag/a", ["${aws:username}"], ["bob"], aws__username="*"
    ).is_no
    own = condition("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:role/*")
    context = {"aws:principalarn": (A,), "aws:principalaccount": ("111122223333",)}
    assert holds(own, context).is_yes
    assert holds(own, context, variables=False).is_no


UNKNOWN = Unknown("var.a", "variable has no default", 3)


@pytest.mark.parametrize(
    ("operator", "values", "found", "verdict"),
    [
        ("StringEquals", ["x", UNKNOWN], ["x"], "yes"),
        ("StringEquals", ["x", UNKNOWN], ["y"], "cannot-tell"),
        ("StringNotEquals", ["x", UNKNOWN], ["x"], "no"),
        ("StringNotEquals", [UNKNOWN], ["x"], "cannot-tell"),
        ("StringEquals", [UNKNOWN], None, "no"),
        ("StringEqualsIfExists", [UNKNOWN], None, "yes"),
        ("StringEquals", [Text(["a", UNKNOWN])], ["x"], "cannot-tell"),
        ("ForAllValues:StringEquals", ["x", UNKNOWN], ["x"], "yes"),
        ("ForAnyValue:StringEquals", ["x", UNKNOWN], ["y", "x"], "yes"),
        ("Null", [UNKNOWN], ["x"], "cannot-tell"),
    ],
)
def test_an_unknown_value_counts_only_where_no_known_one_decides(
    operator: str, values: list[Any], found: list[str] | None, verdict: str
) -> None:
    answer = ask(operator, "aws:PrincipalTag/a", values, found)
    assert answer.verdict.value == verdict
    expected = {"var.a"} if verdict == "cannot-tell" else set()
    assert {blame.expression for blame in answer.blame} == expected


def test_what_is_not_documented_is_cannot_tell() -> None:
    assert ask("StringEquals", "aws:TagKeys", ["a"], ["a"]).is_open
    assert ask("StringEquals", "aws:PrincipalTag/a", ["a"], ["a", "b"]).is_open
    assert ask("Null", "kms:EncryptionContext:a", ["false"], [""]).is_open
    assert ask("ForAnyValue:StringEquals", "aws:TagKeys", [""], [""]).is_open
    assert ask("NullIfExists", "aws:PrincipalTag/a", ["false"], ["x"]).is_open
    assert ask("StringAlike", "aws:PrincipalTag/a", ["a"], ["a"]).is_open


def test_all_conditions_of_a_statement_must_hold() -> None:
    both = [
        condition("StringLike", "kms:ViaService", "s3.*"),
        condition("StringEquals", "kms:CallerAccount", "111122223333"),
    ]
    caller = {"kms:calleraccount": ("111122223333",)}
    assert all_hold(both, caller).is_no
    assert all_hold(both, {**caller, "kms:viaservice": ("s3.eu-west-1.amazonaws.com",)}).is_yes


def test_further_values_may_decide() -> None:
    more = Unknown("var.more", "variable has no default", 5)
    wanted = condition("StringEquals", "aws:PrincipalTag/a", "x", more=more)
    assert holds(wanted, {"aws:principaltag/a": ("x",)}).is_yes
    assert holds(wanted, {"aws:principaltag/a": ("y",)}).is_open
