"""The rules about who keeps, shares and loses a key, on key policies beyond their own examples."""

from __future__ import annotations

import pytest

from kmsiac.authoring.example import Example
from kmsiac.authoring.sandbox import Prepared
from kmsiac.frontends.unit import Inputs
from kmsiac.rules.loader import load_rules
from kmsiac.rules.match import Match
from kmsiac.stack import Environment
from kmsiac.values import Verdict

RULES = load_rules()
IDS = frozenset(f"KP-{number:02d}" for number in (1, 2, 3, 4, 5, 24, 25, 27, 28, 37, 38))
ACCOUNT = "111122223333"
ROOT = f'{{ AWS = "arn:aws:iam::{ACCOUNT}:root" }}'
ADMIN = f'{{ AWS = "arn:aws:iam::{ACCOUNT}:role/Admin" }}'
ORG = "o-a1b2c3d4e5"
LOGS = '{ Service = "logs.us-east-1.amazonaws.com" }'


def statement(effect: str, principal: str, actions: str, condition: str = "") -> str:
    more = f", Condition = {condition}" if condition else ""
    return (
        f'{{ Effect = "{effect}", Principal = {principal}, Action = {actions},'
        f' Resource = "*"{more} }},'
    )


ENABLED = statement("Allow", ROOT, '"kms:*"')
SERVICE = statement("Allow", LOGS, '["kms:Encrypt*", "kms:Decrypt*"]')


def said(*statements: str, known: bool = True) -> list[Match]:
    """What the rules say of a key policy; each statement is on a line of its own, from line 3."""
    inner = "\n".join(statements)
    text = (
        'resource "aws_kms_key" "k" {\n  policy = jsonencode({ Version = "2012-10-17", '
        f"Statement = [\n{inner}\n  ] }})\n}}\n"
    )
    inputs = Inputs(environment=Environment(ACCOUNT if known else None, None, None))
    example = Example("KP-01", False, "x", "terraform", text, (), False, inputs, frozenset())
    prepared = Prepared(example)
    assert prepared.errors == []
    return [match for match in prepared.matches(RULES) if match.rule in IDS]


def fired(matches: list[Match]) -> set[tuple[str, str]]:
    return {(match.rule, match.severity) for match in matches if match.verdict is Verdict.YES}


CONSOLE_ADMINISTRATION = (
    '["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*",'
    ' "kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource",'
    ' "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"]'
)
USER = f'{{ AWS = "arn:aws:iam::{ACCOUNT}:role/App" }}'
CONSOLE = (
    ENABLED,
    statement("Allow", ADMIN, CONSOLE_ADMINISTRATION),
    statement(
        "Allow",
        USER,
        '["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]',
    ),
    statement(
        "Allow",
        USER,
        '["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]',
        '{ Bool = { "kms:GrantIsForAWSResource" = "true" } }',
    ),
)


def network_perimeter(exemption: str) -> str:
    condition = f'{{ StringNotEqualsIfExists = {{ "aws:VpceOrgID" = "{ORG}" }}, {exemption} }}'
    return statement("Deny", '"*"', '"kms:*"', condition)


SOURCE_PERIMETER = statement(
    "Deny",
    '"*"',
    '"kms:*"',
    f'{{ StringNotEqualsIfExists = {{ "aws:SourceOrgID" = "{ORG}" }},'
    ' Null = { "aws:SourceAccount" = "false" }, Bool = { "aws:PrincipalIsAWSService" = "true" } }',
)
NO_SERVICES = (
    'BoolIfExists = { "aws:PrincipalIsAWSService" = "false", "aws:ViaAWSService" = "false" }'
)


@pytest.mark.parametrize(
    "statements",
    [
        (ENABLED,),
        CONSOLE,
        (ENABLED, SERVICE, SOURCE_PERIMETER),
    ],
    ids=["default", "console", "source perimeter"],
)
def test_good_practice_of_aws_is_silent(statements: tuple[str, ...]) -> None:
    assert said(*statements) == []


def test_a_network_perimeter_keeps_the_policy_for_who_is_inside() -> None:
    assert fired(said(ENABLED, SERVICE, network_perimeter(NO_SERVICES))) == {("KP-03", "low")}
    tagged = NO_SERVICES + ', StringNotEquals = { "aws:PrincipalTag/exempt" = "true" }'
    assert said(ENABLED, SERVICE, network_perimeter(tagged)) == []


@pytest.mark.parametrize("known", [True, False])
def test_a_literal_account_is_never_taken_for_a_foreign_one(known: bool) -> None:
    assert fired(said(*CONSOLE, known=known)) == set()


VPCE = statement("Deny", '"*"', '"kms:*"', '{ StringNotEquals = { "aws:SourceVpce" = "vpce-1" } }')


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        # The Deny leaves the service nothing, and the account only what comes by the endpoint.
        (
            (ENABLED, SERVICE, VPCE),
            {("KP-03", "low"), ("KP-37", "high"), ("KP-38", "medium")},
        ),
        # Administrators by their ARN are named, not delegated to.
        (
            (
                statement("Allow", ROOT, '["kms:Decrypt", "kms:Describe*"]'),
                statement(
                    "Allow",
                    '"*"',
                    '"kms:*"',
                    f'{{ ArnLike = {{ "aws:PrincipalArn" = "arn:aws:iam::{ACCOUNT}:role/Adm*" }} }}',
                ),
            ),
            {("KP-02", "low"), ("KP-05", "medium")},
        ),
        # A Deny of the cryptography leaves an administrator.
        (
            (
                ENABLED,
                statement("Allow", ADMIN, '"kms:*"'),
                statement(
                    "Deny",
                    ADMIN,
                    '["kms:*crypt*", "kms:Generate*", "kms:Sign", "kms:Verify*",'
                    ' "kms:DeriveSharedSecret", "kms:*capsulate"]',
                ),
            ),
            set(),
        ),
        ((ENABLED, statement("Allow", ADMIN, '"kms:*"')), {("KP-25", "medium")}),
        # What strangers meet is no lockout.
        (
            (
                ENABLED,
                statement(
                    "Deny",
                    '"*"',
                    '"kms:*"',
                    f'{{ StringNotEquals = {{ "aws:PrincipalOrgID" = "{ORG}" }} }}',
                ),
            ),
            set(),
        ),
    ],
)
def test_key_policies(statements: tuple[str, ...], expected: set[tuple[str, str]]) -> None:
    assert fired(said(*statements)) == expected


def test_places() -> None:
    lines = {match.rule: match.message for match in said(ENABLED, SERVICE, VPCE)}
    assert "StringNotEquals aws:SourceVpce" in lines["KP-37"]
    assert lines["KP-38"].startswith("statement 2 ")
