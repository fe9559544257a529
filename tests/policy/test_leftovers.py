"""What looks like an expression that nothing worked out, and what only resembles one."""

from __future__ import annotations

import pytest

from kmsiac.policy.leftovers import PLACEHOLDER, expressions_in
from kmsiac.values import Owner, Symbol, Text, Unknown


@pytest.mark.parametrize(
    ("text", "expressions"),
    [
        ("arn:aws:iam::${AWS::AccountId}:role/${Name}", ["${AWS::AccountId}", "${Name}"]),
        ("${aws_iam_role.app.arn}", ["${aws_iam_role.app.arn}"]),
        ("${var.account}", ["${var.account}"]),
        ("${self:custom.account}", ["${self:custom.account}"]),
        ("!Ref Role", ["!Ref Role"]),
        ("!Ref AWS::Region", ["!Ref AWS::Region"]),
        ("!GetAtt Role.Arn", ["!GetAtt Role.Arn"]),
        ('!Sub "${Name}"', ['!Sub "${Name}"']),
        ("{{ account_id }}", ["{{ account_id }}"]),
        ("AWS::AccountId", ["AWS::AccountId"]),
        ("Fn::GetAtt", ["Fn::GetAtt"]),
        ("aws_iam_role.app.arn", ["aws_iam_role.app.arn"]),
        ("data.aws_iam_role.app.arn", ["data.aws_iam_role.app.arn"]),
        ("module.aws_key.x", []),
        ("local.account", ["local.account"]),
        ("${A} and ${A}", ["${A}"]),
        ("${aws:username}", []),
        ("${aws:PrincipalTag/team, 'none'}", []),
        ("${saml:sub}${*}${?}${$}", []),
        ("{{resolve:ssm:/keys/who}}", []),
        ("arn:aws:iam::111122223333:role/ops!Ref", []),
        ("logs.us-east-1.amazonaws.com", []),
        ("arn:aws:lambda:us-east-1:111122223333:function:var.x", []),
        ("*", []),
        ("", []),
    ],
)
def test_of_a_text(text: str, expressions: list[str]) -> None:
    assert list(expressions_in(Text((text,)))) == expressions


def test_what_the_deployment_fills_in_is_none() -> None:
    account = Symbol("account_id", "AWS::AccountId", Owner("u"), "environment")
    assert list(expressions_in(Text(("arn:aws:iam::", account, ":root")))) == []
    unknown = Unknown("var.x", "variable has no default")
    assert list(expressions_in(Text(("arn:aws:iam::", unknown, ":root")))) == []


def test_a_placeholder_in_a_principal_is_one_but_not_what_a_reader_is_to_fill_in() -> None:
    assert list(expressions_in(Text((Unknown("account", PLACEHOLDER),)))) == ["${account}"]
    assert list(expressions_in(Text((Unknown("<account>", PLACEHOLDER),)))) == []


def test_of_very_many_only_some_are_named() -> None:
    many = " ".join(f"!Ref X{i} ${{A{i}}} ${{aws:username}}" for i in range(100_000))
    found = list(expressions_in(Text((many,))))
    assert found == ["!Ref X0", "!Ref X1", "!Ref X2", "!Ref X3", "!Ref X4"]
