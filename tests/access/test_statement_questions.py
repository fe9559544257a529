"""`allows`, `shadowed`, `redundant`: what one Allow of a document gives."""

from __future__ import annotations

from typing import Any

import pytest

from kmsiac import access
from kmsiac.access import Trusted
from kmsiac.access.model import Request
from kmsiac.access.place import Ask, Callers, Place
from kmsiac.values import Answer, Symbol, Text
from tests.access.written import ARN, KNOWN, ORG, OWN, PARTS, ROOT, allow, deny, document

KEY = Place("key", KNOWN)
IDENTITY = Place("identity", KNOWN)
ENDPOINT = Place("endpoint", KNOWN)
USER = "arn:aws:iam::111122223333:user/ann"
ADMIN = "arn:aws:iam::111122223333:role/admin"
PARTNER = "arn:aws:iam::444455556666:root"
VPCE = "aws:SourceVpce"
CONTEXT = "kms:EncryptionContext:app"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def asked(
    statement: dict[str, Any],
    actions: str,
    to: Callers,
    *others: dict[str, Any],
    free: str = "",
    place: Place = KEY,
) -> Answer:
    parsed = document(statement, *others)
    names = frozenset(f"kms:{name}" for name in actions.split())
    ask = Ask(names, to, frozenset(free.split()))
    return access.allows(parsed, parsed.statements[0], place, ask)


@pytest.mark.parametrize(
    ("verdict", "statement", "to", "why"),
    [
        ("yes", ROOT, "local", "delegated, and IAM may give it"),
        ("no", ROOT, "external", "the own account only"),
        ("no", ROOT, "service", "no service is named"),
        ("yes", allow(Principal={"AWS": PARTNER}), "external", "another account"),
        ("no", allow(Principal={"AWS": PARTNER}), "anyone", "one that is named is no stranger"),
        ("no", allow(Principal={"AWS": PARTNER}), "local", "not the own one"),
        ("yes", allow(Principal={"Service": "s3.amazonaws.com"}), "service", "named"),
        ("no", allow(Principal={"Service": "s3.amazonaws.com"}), "local", "a service only"),
        ("yes", allow(), "service", "anyone is any service, too"),
        ("yes", allow({"StringEquals": {ORG: "o-abcdefghij"}}), "external", "of the organization"),
        ("no", allow({"StringEquals": {ORG: "o-abcdefghij"}}), "anyone", "a named organization"),
        ("no", allow({"StringEquals": {ORG: "o-abcdefghij"}}), "service", "services have none"),
        ("yes", allow({"ArnLike": {ARN: "arn:aws:iam::*:role/ops-*"}}), "anyone", "any account"),
        ("no", deny(), "local", "a Deny gives nothing"),
    ],
)
def test_whom_an_allow_lets_in(
    verdict: str, statement: dict[str, Any], to: Callers, why: str
) -> None:
    assert asked(statement, "Decrypt", to).verdict.value == verdict, why


def test_a_trusted_account_is_not_external() -> None:
    trusting = Place("key", KNOWN, Trusted(frozenset({"444455556666"})))
    statement = allow(Principal={"AWS": PARTNER})
    assert asked(statement, "Decrypt", "external", place=trusting).is_no


def test_only_operations_that_work_across_accounts_are_given_to_outsiders() -> None:
    statement = allow(Principal={"AWS": PARTNER})
    assert asked(statement, "PutKeyPolicy ScheduleKeyDeletion", "external").is_no
    assert asked(statement, "PutKeyPolicy DescribeKey", "external").is_yes


def test_a_literal_account_may_be_the_own_one() -> None:
    place = Place("key", OWN)
    answer = asked(allow(Principal={"AWS": PARTNER}), "Decrypt", "external", place=place)
    assert answer.is_open
    assert {blame.expression for blame in answer.blame} == {
        "data.aws_caller_identity.current.account_id"
    }


def test_the_denies_of_the_document_count() -> None:
    fence = deny({"StringNotEquals": {"aws:SourceVpce": "vpce-0a"}}, Action="kms:Decrypt")
    assert asked(ROOT, "Decrypt", "local", fence, free="aws:SourceVpce").is_no
    assert asked(ROOT, "Decrypt Encrypt", "local", fence, free="aws:SourceVpce").is_yes


FREE = "kms:GranteePrincipal kms:GrantOperations kms:GrantIsForAWSResource kms:EncryptionContext:*"


@pytest.mark.parametrize(
    ("verdict", "condition", "why"),
    [
        ("yes", None, "nothing limits it"),
        ("no", {"Bool": {"kms:GrantIsForAWSResource": "true"}}, "pinned to AWS services"),
        (
            "cannot-tell",
            {"BoolIfExists": {"kms:GrantIsForAWSResource": "true"}},
            "whether direct calls carry the key is not documented",
        ),
        ("yes", {"StringEqualsIfExists": {"kms:GranteePrincipal": ADMIN}}, "absent passes"),
        ("no", {"StringEquals": {"kms:GranteePrincipal": ADMIN}}, "one grantee"),
        ("yes", {"StringNotEquals": {"kms:GranteePrincipal": ADMIN}}, "all but one grantee"),
        ("yes", {"StringLike": {"kms:GranteePrincipal": "*"}}, "a star is no limit"),
        (
            "no",
            {"ForAnyValue:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]}},
            "one of the operations must be listed",
        ),
        ("no", {"StringEquals": {CONTEXT: "a"}}, "a family of keys"),
        ("yes", {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, "not asked"),
    ],
)
def test_what_limits_a_request(verdict: str, condition: dict[str, Any] | None, why: str) -> None:
    statement = allow(condition, Principal={"AWS": ADMIN}, Action="kms:CreateGrant")
    assert asked(statement, "CreateGrant", "local", free=FREE).verdict.value == verdict, why


def test_a_number_that_is_asked_for_limits() -> None:
    days = "kms:ScheduleKeyDeletionPendingWindowInDays"
    least = allow({"NumericGreaterThanEquals": {days: "30"}}, Principal={"AWS": ADMIN})
    assert asked(least, "ScheduleKeyDeletion", "local").is_yes
    assert asked(least, "ScheduleKeyDeletion", "local", free=days).is_no


def test_a_yes_has_a_witness() -> None:
    statement = allow({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}})
    answer = asked(statement, "Decrypt", "external")
    assert isinstance(answer.witness, Request)
    assert answer.witness.context["kms:viaservice"] == ("s3.eu-west-1.amazonaws.com",)


# -- identity and endpoint policies --------------------------------------------------------------

BY_TAG = {"StringEquals": {"aws:ResourceTag/app": "x"}}
OWNED = {"StringEquals": {"aws:ResourceAccount": "111122223333"}}
RESOURCE = "aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/* kms:ResourceAliases"


def identity(condition: dict[str, Any] | None = None, **elements: Any) -> dict[str, Any]:
    return allow(condition, Principal=None, **elements)


@pytest.mark.parametrize(
    ("verdict", "statement", "actions", "why"),
    [
        ("yes", identity(Action="kms:Decrypt"), "Decrypt", "any key"),
        ("no", identity(BY_TAG), "Decrypt", "limited by a tag"),
        ("no", identity(OWNED), "Decrypt", "limited to an account"),
        ("yes", identity(MFA), "Decrypt", "a session, not the key"),
        ("no", identity(Resource="arn:aws:s3:::x/*"), "Decrypt", "no key"),
        ("no", identity(Resource="arn:aws:kms:*:*:key/*"), "ListKeys", "needs Resource *"),
        ("yes", identity(), "ListKeys", "has no resource"),
        ("yes", identity(Resource="arn:aws:kms:*:*:alias/x*"), "CreateAlias", "the alias side"),
        ("no", identity(Resource="arn:aws:kms:*:*:alias/x*"), "Decrypt", "an alias is no key"),
    ],
)
def test_identity_statements(
    verdict: str, statement: dict[str, Any], actions: str, why: str
) -> None:
    answer = asked(statement, actions, "any", free=RESOURCE, place=IDENTITY)
    assert answer.verdict.value == verdict, why


def test_an_endpoint_policy_for_anyone_lets_outsiders_through() -> None:
    assert asked(allow(), "Decrypt", "external", place=ENDPOINT).is_yes
    own = allow({"StringEquals": {"aws:PrincipalAccount": "111122223333"}})
    assert asked(own, "Decrypt", "external", place=ENDPOINT).is_no


# -- shadowed, redundant ---------------------------------------------------------------------------


def shadowed(*statements: dict[str, Any]) -> str:
    parsed = document(*statements)
    return access.shadowed(parsed, parsed.statements[0], KEY).verdict.value


@pytest.mark.parametrize(
    ("verdict", "statements", "why"),
    [
        ("yes", [allow(Action="kms:Decrypt"), deny()], "denied to all"),
        ("yes", [allow(MFA), deny(MFA)], "under the same condition"),
        ("no", [allow(), deny(MFA)], "without it something is left"),
        ("no", [allow(), deny(Action="kms:Decrypt")], "other actions are left"),
        ("yes", [allow(Principal={"AWS": USER}), deny(Principal={"AWS": USER})], "one user"),
        ("no", [ROOT, deny(Principal={"AWS": USER})], "others of the account are left"),
        (
            "yes",
            [
                allow(Action=["kms:Decrypt", "kms:Encrypt"]),
                deny(Action="kms:D*"),
                deny(Action="kms:E*"),
            ],
            "two Denies together",
        ),
        ("no", [deny(), deny()], "a Deny"),
        ("no", [allow(Action="s3:GetObject"), deny()], "empty by itself"),
        (
            "no",
            [allow({"Null": {"aws:SecureTransport": "true"}}), deny()],
            "no request meets it by itself",
        ),
        (
            "yes",
            [
                allow(Principal={"AWS": ADMIN}),
                deny({"ArnNotLike": {ARN: "arn:aws:iam::111122223333:role/break-glass"}}),
            ],
            "all but another role",
        ),
        (
            "no",
            [
                allow({"StringEquals": {VPCE: "vpce-1"}}),
                deny({"StringEquals": {"kms:CallerAccount": "111122223333"}}),
            ],
            "strangers may come through the endpoint, too",
        ),
    ],
)
def test_shadowed(verdict: str, statements: list[dict[str, Any]], why: str) -> None:
    assert shadowed(*statements) == verdict, why


def test_a_deny_that_is_not_known_leaves_it_open() -> None:
    answer = shadowed(allow(Action="kms:Decrypt"), deny(Action="<u>"))
    assert answer == "cannot-tell"


@pytest.mark.parametrize(
    ("verdict", "statements", "why"),
    [
        ("yes", [allow(Principal={"AWS": ADMIN}, Action="kms:Decrypt"), allow(Principal={"AWS": ADMIN})], "less of the same"),
        ("no", [allow(Principal={"AWS": ADMIN}), ROOT], "named is more than delegated"),
        ("yes", [ROOT, allow()], "anyone is more than the account"),
        ("no", [allow(), allow(MFA)], "the other one asks for more"),
        ("no", [allow(Principal={"AWS": ADMIN}), allow(Principal={"AWS": USER})], "somebody else"),
        (
            "no",
            [allow({"StringNotEquals": {"kms:CallerAccount": "111122223333"}}), allow({"StringNotEquals": {VPCE: "vpce-1"}})],
            "strangers may come through the endpoint, too",
        ),
    ],
)  # fmt: skip
def test_redundant(verdict: str, statements: list[dict[str, Any]], why: str) -> None:
    parsed = document(*statements)
    answer = access.redundant(parsed, parsed.statements[0], KEY)
    assert answer.verdict.value == verdict, why


# -- which key is meant ------------------------------------------------------------------------------


def test_the_own_key_by_reference_is_the_own_key_and_another_is_not() -> None:
    own = Text((PARTS["key"],))
    place = Place("key", KNOWN, key_arn=own)
    mine, yours = allow(Resource="<key>"), allow(Resource="<other>")
    other = PARTS["key"]
    assert isinstance(other, Symbol)
    PARTS["other"] = Symbol(
        "key_arn", "aws_kms_key.other.arn", other.owner, "resource", address="aws_kms_key.other"
    )
    assert asked(mine, "Decrypt", "anyone", place=place).is_yes
    assert asked(yours, "Decrypt", "anyone", place=place).is_no
    literal = allow(Resource="arn:aws:kms:eu-west-1:111122223333:key/x")
    assert asked(literal, "Decrypt", "anyone", place=place).is_open
