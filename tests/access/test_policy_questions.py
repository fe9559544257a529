"""`administrable`, `delegated_actions`, `subset_of`: what a whole key policy does."""

from __future__ import annotations

from typing import Any

import pytest

from kmsiac import access
from kmsiac.access.authorize import authorize
from kmsiac.access.model import Environment, Request
from kmsiac.access.place import Place
from kmsiac.access.prepared import allow_all
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.values import List, Map, Text, Unknown
from tests.access.written import ARN, CALLER, KNOWN, OWN, ROOT, allow, deny, document

KEY = Place("key", KNOWN)
ADMIN = "arn:aws:iam::111122223333:role/admin"
PARTNER = "arn:aws:iam::444455556666:root"
NAMED = allow(Principal={"AWS": ADMIN})
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
PUT = "kms:PutKeyPolicy"
S3 = "s3.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("level", "statements", "why"),
    [
        ("delegated", [ROOT], "IAM can give it"),
        ("named", [NAMED], "one role"),
        ("none", [allow(Principal={"AWS": PARTNER})], "does not work across accounts"),
        ("none", [allow(Principal={"AWS": ADMIN}, Action="kms:Decrypt")], "another action"),
        ("none", [ROOT, deny(Action=PUT)], "denied to all"),
        ("named", [ROOT, deny({"ArnNotEquals": {ARN: ADMIN}}, Action=PUT)], "but one role"),
        ("conditional", [allow(MFA, Principal=ROOT["Principal"])], "with MFA only"),
        ("conditional", [ROOT, deny({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})], "same"),
        ("conditional", [ROOT, deny({"StringNotEquals": {"aws:SourceVpce": "vpce-0a"}})], "endpoint"),
        ("conditional", [ROOT, deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})], "address"),
        ("conditional", [{**ROOT, "Condition": {"StringEquals": {"kms:ViaService": S3}}}], "a service"),
        ("conditional", [{**ROOT, "Condition": {"Bool": {"aws:ViaAWSService": "true"}}}], "any service"),
        ("conditional", [{**ROOT, "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}}], "a network"),
        ("conditional", [{**ROOT, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}], "never TLS"),
        ("delegated", [ROOT, deny({"Bool": {"aws:SecureTransport": "false"}})], "TLS is no limit"),
        (
            "delegated",
            [ROOT, deny({"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}}, Action=PUT)],
            "a call need not bypass the check",
        ),
        ("named", [allow({"ArnEquals": {ARN: ADMIN}})], "anyone, but one role only"),
        ("named", [ROOT, deny(Action=PUT), allow(Principal={"AWS": ADMIN})], "a Deny wins"),
    ],
)  # fmt: skip
def test_how_an_account_keeps_its_key(
    level: str, statements: list[dict[str, Any]], why: str
) -> None:
    expected = "none" if why == "a Deny wins" else level
    assert access.administrable([document(*statements)], KEY)[0] == expected, why


def test_another_action_is_asked_for_by_name() -> None:
    parsed = document(ROOT, deny(Action="kms:ScheduleKeyDeletion"))
    assert access.administrable([parsed], KEY, "kms:ScheduleKeyDeletion")[0] == "none"
    assert access.administrable([parsed], KEY)[0] == "delegated"


def test_which_account_the_own_one_is_decides() -> None:
    level, blame = access.administrable([document(ROOT)], Place("key", OWN))
    assert level is None
    assert "--account-id" in " ".join(one.reason for one in blame)
    own = allow(Principal={"AWS": "arn:aws:iam::<own>:root"})
    assert access.administrable([document(own)], Place("key", OWN))[0] == "delegated"


def test_an_unknown_principal_keeps_it_open() -> None:
    level, blame = access.administrable([document(allow(Principal={"AWS": "<u>"}))], KEY)
    assert level is None
    assert {one.expression for one in blame} == {"var.u"}


def test_what_the_account_principal_delegates() -> None:
    parsed = document(
        allow(Principal=ROOT["Principal"], Action=["kms:De*", "kms:Get*"]),
        allow(Principal={"AWS": ADMIN}),
        deny(Action="kms:Decrypt"),
    )
    found = access.delegated_actions(parsed, KEY)
    assert "kms:DescribeKey" in found.certain
    assert "kms:Decrypt" not in found.possible  # denied
    assert "kms:PutKeyPolicy" not in found.possible  # the role only, and directly
    assert "kms:GetPublicKey" in found.certain


def test_a_star_delegates_nothing() -> None:
    assert not access.delegated_actions(document(allow()), KEY).possible


# -- nothing new -----------------------------------------------------------------------------------


def subset(new: list[dict[str, Any]], old: list[dict[str, Any]]) -> str:
    return access.subset_of(document(*new), document(*old), KEY).verdict.value


@pytest.mark.parametrize(
    ("verdict", "new", "old", "why"),
    [
        ("yes", [ROOT], [ROOT], "the same"),
        ("yes", [ROOT], [allow()], "narrower"),
        ("no", [allow()], [ROOT], "wider"),
        ("no", [ROOT], [ROOT, deny(Action="kms:Decrypt")], "a Deny is gone"),
        ("yes", [ROOT, deny(Action="kms:Decrypt")], [ROOT], "a Deny is new"),
        ("yes", [NAMED], [ROOT], "a role of the account, callers having all IAM permissions"),
        ("no", [allow(MFA)], [allow({"Bool": {"aws:SecureTransport": "true"}}, Action="kms:D*")], "other"),
        ("yes", [allow({"StringLike": {CALLER: "1111*"}})], [allow({"StringLike": {CALLER: "11*"}})], "globs"),
        ("no", [allow({"StringLike": {CALLER: "11*"}})], [allow({"StringLike": {CALLER: "1111*"}})], "globs"),
        ("yes", [allow(Action="kms:Decrypt"), allow(Action="kms:Encrypt")], [allow(Action="kms:*crypt")], "actions"),
    ],
)  # fmt: skip
def test_subset_of(
    verdict: str, new: list[dict[str, Any]], old: list[dict[str, Any]], why: str
) -> None:
    assert subset(new, old) == verdict, why


def test_a_counterexample_is_allowed_by_the_new_policy_alone() -> None:
    new, old = document(ROOT, allow(Principal={"AWS": PARTNER})), document(ROOT)
    request = access.subset_of(new, old, KEY).witness
    assert isinstance(request, Request)
    answers = [
        authorize(request, Environment(policy, (allow_all(),), resource_account="111122223333"))
        for policy in (new, old)
    ]
    assert [one.answer.verdict.value for one in answers] == ["yes", "no"]


def test_unknown_parts_keep_it_open() -> None:
    assert subset([allow(Action="<u>")], [ROOT]) == "cannot-tell"
    assert subset([ROOT], [allow(Action="<u>"), ROOT]) == "yes"


BY_NAME = {"StringEquals": {"aws:PrincipalTag/x": "${aws:username}"}}
DENIED = deny(BY_NAME)
GIVEN = allow(BY_NAME, Principal=ROOT["Principal"])


@pytest.mark.parametrize(
    ("new", "old", "why"),
    [
        (document(GIVEN), document(GIVEN, version=None), "the variable gives more than the text"),
        (document(ROOT, DENIED, version=None), document(ROOT, DENIED), "the text denies less"),
    ],
)
def test_one_statement_under_two_versions(
    new: PolicyDocument, old: PolicyDocument, why: str
) -> None:
    """Before 2012 a policy variable is plain text: equal statements are not the same."""
    assert access.subset_of(new, old, KEY).is_no, why
    assert access.subset_of(new, new, KEY).is_yes


def test_a_stranger_through_the_endpoint_of_the_policy() -> None:
    """To allow no more is said of all requests: a stranger may come through any endpoint."""
    outside = allow({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})
    stranger = allow({"StringNotEquals": {CALLER: "111122223333"}})
    assert subset([outside, stranger], [outside]) == "no"
    assert subset([outside], [outside, stranger]) == "yes"


def test_an_unknown_principal_beside_the_account_takes_nothing_from_it() -> None:
    admin = Unknown("var.admin", "variable has no default")
    principals = List([Text(("arn:aws:iam::111122223333:root",)), admin])
    statement = Map(
        [
            (Text(("Effect",)), Text(("Allow",))),
            (Text(("Principal",)), Map([(Text(("AWS",)), principals)])),
            (Text(("Action",)), Text(("kms:*",))),
            (Text(("Resource",)), Text(("*",))),
        ]
    )
    parsed = parse_document(Map([(Text(("Statement",)), List([statement]))]))
    assert isinstance(parsed, PolicyDocument)
    assert access.administrable([parsed], KEY) == ("delegated", frozenset())
    assert PUT in access.delegated_actions(parsed, KEY).certain
