"""Texts with symbols compared: equal, different, or not to be told."""

from __future__ import annotations

import pytest

from kmsiac.policy.matching import glob, has_wildcard, same, split_arn, variables
from kmsiac.values import Owner, Symbol, Text, Unknown, Verdict

OWNER = Owner("prod")
ACCOUNT = Symbol("account_id", "data.aws_caller_identity.a.account_id", OWNER, "environment")
AGAIN = Symbol("account_id", "data.aws_caller_identity.b.account_id", OWNER, "environment")
OTHERS = Symbol("account_id", "AWS::AccountId", Owner("stage"), "environment")
UNKNOWN = Unknown("var.x", "no default", unit="prod")


def role(name: str, shape: Text | None = None) -> Symbol:
    address = f"aws_iam_role.{name}"
    return Symbol("role_arn", f"{address}.arn", OWNER, "resource", shape, address=address)


APP = role("app", Text(("arn:aws:iam::", ACCOUNT, ":role/app")))


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (("a",), ("a",), Verdict.YES),
        (("a",), ("b",), Verdict.NO),
        ((ACCOUNT,), (AGAIN,), Verdict.YES),
        ((ACCOUNT,), (OTHERS,), Verdict.CANNOT_TELL),
        ((ACCOUNT,), ("111122223333",), Verdict.CANNOT_TELL),
        ((ACCOUNT,), ("*",), Verdict.NO),
        ((ACCOUNT,), ("1111",), Verdict.NO),
        ((role("a"),), (role("a"),), Verdict.YES),
        ((role("a"),), (role("b"),), Verdict.NO),
        ((APP,), ("arn:aws:iam::", ACCOUNT, ":role/app"), Verdict.YES),
        ((APP,), ("arn:aws:iam::", ACCOUNT, ":role/other"), Verdict.NO),
        ((APP,), ("arn:aws:iam::111122223333:role/app",), Verdict.CANNOT_TELL),
        ((APP,), ("*",), Verdict.NO),
        (("arn:aws:iam::", UNKNOWN, ":root"), ("*",), Verdict.NO),
        ((UNKNOWN,), ("*",), Verdict.CANNOT_TELL),
        ((UNKNOWN,), (UNKNOWN,), Verdict.YES),
        ((UNKNOWN, "-a"), ("x-b",), Verdict.NO),
    ],
)
def test_same(left: tuple[object, ...], right: tuple[object, ...], verdict: Verdict) -> None:
    one, other = Text(left), Text(right)  # type: ignore[arg-type]
    assert same(one, other).verdict is verdict
    assert same(other, one).verdict is verdict


def test_what_cannot_be_told_names_the_expressions() -> None:
    blame = same(Text((ACCOUNT,)), Text(("111122223333",))).blame
    assert {b.expression for b in blame} == {"data.aws_caller_identity.a.account_id"}


def test_an_arn_of_a_symbol_with_a_shape_splits() -> None:
    arn = split_arn(Text((APP,)))
    assert arn is not None
    assert (arn.service.literal, arn.account.parts, arn.resource.literal) == (
        "iam",
        (ACCOUNT,),
        "role/app",
    )
    assert split_arn(Text(("alias/x",))) is None


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        (("s3.*.amazonaws.com",), Verdict.YES),
        (("a?",), Verdict.YES),
        (("${*}",), Verdict.NO),
        (("${aws:PrincipalTag/team}/x",), Verdict.NO),
        (("${aws:username}*",), Verdict.YES),
        ((ACCOUNT,), Verdict.NO),
        ((UNKNOWN,), Verdict.CANNOT_TELL),
    ],
)
def test_has_wildcard(parts: tuple[object, ...], verdict: Verdict) -> None:
    assert has_wildcard(Text(parts)).verdict is verdict  # type: ignore[arg-type]


def test_policy_variables_are_listed_but_not_escapes() -> None:
    assert variables(Text(("${aws:username}/${*}/", ACCOUNT, "${$}"))) == ["aws:username"]


@pytest.mark.parametrize(
    ("pattern", "parts", "verdict"),
    [
        ("kms:*", ("kms:Decrypt",), Verdict.YES),
        ("KMS:*", ("kms:Decrypt",), Verdict.NO),
        ("kms:*", ("kms:", UNKNOWN), Verdict.YES),
        ("kms:*", ("aws:", UNKNOWN), Verdict.NO),
        ("kms:*", (UNKNOWN,), Verdict.CANNOT_TELL),
        ("*-east-1", (UNKNOWN, "-west-1"), Verdict.NO),
        ("*", (UNKNOWN,), Verdict.YES),
        ("logs.*.amazonaws.com", ("logs.", UNKNOWN, ".amazonaws.com"), Verdict.YES),
        ("logs.*.amazonaws.com", ("logs.", UNKNOWN), Verdict.CANNOT_TELL),
        ("*:role/svc/*", ("arn:aws:iam::", ACCOUNT, ":role/svc/", UNKNOWN), Verdict.YES),
        ("*:role/svc/*", ("arn:aws:iam::", ACCOUNT, ":role/", UNKNOWN), Verdict.CANNOT_TELL),
        ("logs.?.amazonaws.com", ("logs.", UNKNOWN, ".amazonaws.com"), Verdict.CANNOT_TELL),
    ],
)
def test_glob(pattern: str, parts: tuple[object, ...], verdict: Verdict) -> None:
    assert glob(pattern, Text(parts)).verdict is verdict  # type: ignore[arg-type]


def test_comparing_a_text_of_unknowns_takes_no_time() -> None:
    parts = (Unknown("a", ""), "a", Unknown("b", ""), "a", role("x"), "b")
    assert same(Text(parts), Text(("a" * 2000 + "*ab",))).verdict is Verdict.CANNOT_TELL


def test_a_glob_that_ignores_case_folds_letters_of_ascii_only() -> None:
    assert glob("KMS:dec*", Text(("kms:Decrypt",)), ignore_case=True).is_yes
    assert glob("kms:*", Text(("\u212ams:Decrypt",)), ignore_case=True).is_no
