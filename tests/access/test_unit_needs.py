"""What a yes asks of the request: the conditions of the Allow, and what keeps every Deny away."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.access.place import Who
from kmsiac.access.results import Need
from kmsiac.values import text
from tests.access.units import APP, NAMED, Statement, can, key, role, unit_of

MFA = "aws:MultiFactorAuthPresent"
VPCE = "aws:SourceVpce"


def deny(*conditions: tuple[str, str, str], **more: object) -> Statement:
    condition: dict[str, dict[str, str]] = {}
    for operator, name, value in conditions:
        condition.setdefault(operator, {})[name] = value
    return {
        "Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
        "Condition": condition, **more,
    }  # fmt: skip


def needs(tmp_path: Path, *denies: Statement) -> list[Need]:
    ruling = can(unit_of(tmp_path, key(NAMED, *denies) + role()), APP, "Decrypt")
    assert ruling.answer.is_yes
    return list(ruling.needs)


@pytest.mark.parametrize(
    ("written", "needed"),
    [
        (("BoolIfExists", MFA, "false"), ("Bool", MFA, "true")),
        (("Bool", MFA, "false"), ("BoolIfExists", MFA, "true")),
        (("Null", MFA, "true"), ("Null", MFA, "false")),
        (("StringNotEquals", VPCE, "vpce-1"), ("StringEquals", VPCE, "vpce-1")),
        (("StringNotEqualsIfExists", VPCE, "vpce-1"), ("StringEquals", VPCE, "vpce-1")),
        (("StringNotLike", VPCE, "vpce-1*"), ("StringLike", VPCE, "vpce-1*")),
        (("StringEquals", VPCE, "vpce-1"), ("StringNotEquals", VPCE, "vpce-1")),
        (("StringEqualsIfExists", VPCE, "vpce-1"), ("ForAnyValue:StringNotEquals", VPCE, "vpce-1")),
        (
            ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"),
            ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        ),
        (
            ("NumericGreaterThan", "aws:MultiFactorAuthAge", "60"),
            ("NumericLessThanEqualsIfExists", "aws:MultiFactorAuthAge", "60"),
        ),
        (
            ("NumericGreaterThanIfExists", "aws:MultiFactorAuthAge", "60"),
            ("NumericLessThanEquals", "aws:MultiFactorAuthAge", "60"),
        ),
        (
            ("StringNotEquals", "aws:PrincipalOrgID", "o-aaaaaaaaaa"),
            ("StringEquals", "aws:PrincipalOrgID", "o-aaaaaaaaaa"),
        ),
    ],
)
def test_a_deny_asks_for_the_opposite(
    tmp_path: Path, written: tuple[str, str, str], needed: tuple[str, str, str]
) -> None:
    operator, name, value = needed
    assert needs(tmp_path, deny(written)) == [Need(name, operator, (value,))]


def test_of_several_conditions_one_must_fail(tmp_path: Path) -> None:
    perimeter = deny(
        ("StringNotEqualsIfExists", VPCE, "vpce-1"),
        ("BoolIfExists", "aws:ViaAWSService", "false"),
    )
    (need,) = needs(tmp_path, perimeter)
    either = {(one.key, one.operator, one.values) for one in (need, *need.others)}
    assert either == {
        (VPCE, "StringEquals", ("vpce-1",)),
        ("aws:ViaAWSService", "Bool", ("true",)),
    }


@pytest.mark.parametrize(
    "written",
    [
        deny(("Bool", "aws:SecureTransport", "false")),
        deny(("StringEquals", "kms:EncryptionAlgorithm", "RSAES_OAEP_SHA_1"), Action="kms:Sign"),
        deny(("Bool", "kms:BypassPolicyLockoutSafetyCheck", "true")),
        deny(("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/other"), ("Bool", MFA, "false")),
        deny(("Bool", MFA, "false"), Principal={"AWS": "arn:aws:iam::444455556666:root"}),
        deny(("Bool", MFA, "false"), Principal={"Service": "logs.amazonaws.com"}),
    ],
    ids=["always TLS", "another action", "another action's key", "others", "account", "service"],
)
def test_a_deny_of_other_requests_asks_for_nothing(tmp_path: Path, written: Statement) -> None:
    assert needs(tmp_path, written) == []


# -- whose organization the key is in ----------------------------------------------------------------

SAME = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
OURS = {"StringEquals": {"aws:ResourceOrgID": "o-aaaaaaaaaa", "aws:PrincipalOrgID": "o-aaaaaaaaaa"}}
APART = {
    "StringEquals": {"aws:ResourceOrgID": "o-aaaaaaaaaa", "aws:PrincipalOrgID": "o-bbbbbbbbbb"}
}


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [(SAME, True), (OURS, True), (APART, False)],
    ids=["var", "text", "two"],
)
def test_caller_and_key_of_one_account_are_in_one_organization(
    tmp_path: Path, condition: Statement, allowed: bool
) -> None:
    unit = unit_of(tmp_path, key({**NAMED, "Condition": condition}) + role())
    answer = can(unit, APP, "Decrypt").answer
    assert (answer.is_yes, answer.is_no) == (allowed, not allowed)


def test_a_caller_elsewhere_may_be_in_another_organization(tmp_path: Path) -> None:
    theirs = {**NAMED, "Principal": {"AWS": "444455556666"}, "Condition": APART}
    unit = unit_of(tmp_path, key(theirs))
    root = Who("root", text("arn:aws:iam::444455556666:root"))
    assert unit.can(root, ["kms:Decrypt"], unit.inventory.keys[0]).answer.is_yes
