"""`satisfiable`, `tautology`, `neutralised`, `stops`: what one condition does."""

from __future__ import annotations

from typing import Any

import pytest

from kmsiac import access
from kmsiac.access.place import Place
from kmsiac.access.trust import Trusted
from kmsiac.policy.document import PolicyDocument
from tests.access.written import ARN, CALLER, KNOWN, ORG, ROOT, allow, deny, document

KEY = Place("key", KNOWN)
USER = "arn:aws:iam::111122223333:user/ann"
VIA = "kms:ViaService"
S3 = "s3.eu-west-1.amazonaws.com"
LOGS = {"Service": "logs.eu-west-1.amazonaws.com"}
VPCE = "aws:SourceVpce"


def ask(question: str, parsed: PolicyDocument, at: int = 0) -> str:
    statement = parsed.statements[0]
    decide = getattr(access, question)
    answer = decide(parsed, statement, statement.conditions[at], KEY)
    return str(answer.verdict.value)


@pytest.mark.parametrize(
    ("verdict", "statement", "why"),
    [
        ("yes", allow({"StringEquals": {CALLER: "111122223333"}}), "an account"),
        ("no", allow({"StringEquals": {CALLER: "1111"}}), "no account id"),
        ("no", allow({"StringEquals": {ARN: "arn:aws:iam::111122223333:role/*"}}), "no wildcards"),
        ("yes", allow({"StringLike": {ARN: "arn:aws:iam::111122223333:role/*"}}), "wildcards"),
        ("yes", allow({"StringNotEquals": {ARN: "arn:aws:iam::1:role/*"}}), "always"),
        ("no", allow({"StringEquals": {"kms:KeySpec": "SYMETRIC"}}), "not one of its values"),
        (
            "yes",
            allow({"StringEquals": {VIA: "x"}}, Action="s3:*"),
            "nothing of KMS, nothing to judge",
        ),
        ("no", allow({"StringEquals": {VIA: S3}}, Principal=LOGS), "not by a service principal"),
        ("no", allow({"StringEquals": {ORG: "o-abcdefghij"}}, Principal=LOGS), "no organization"),
        (
            "no",
            allow({"StringEquals": {"kms:EncryptionContext:a": "b"}}, Action="kms:DescribeKey"),
            "the action has no encryption context",
        ),
        ("no", allow({"Null": {"aws:SecureTransport": "true"}}), "always there"),
        ("yes", allow({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}), "a number"),
        ("yes", allow({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "an address"),
        ("no", allow({"IpAddress": {"aws:SourceIp": "here"}}), "no address"),
        ("no", deny({"Bool": {"aws:PrincipalIsAWSService": "maybe"}}), "neither true nor false"),
    ],
)
def test_satisfiable(verdict: str, statement: dict[str, Any], why: str) -> None:
    assert ask("satisfiable", document(statement)) == verdict, why


@pytest.mark.parametrize(
    ("verdict", "principal", "condition", "why"),
    [
        ("no", LOGS, {"StringEquals": {VIA: S3}}, "a service principal goes through no service"),
        ("yes", {"AWS": USER}, {"StringEquals": {VIA: S3}}, "a user may"),
        ("no", {"AWS": USER}, {"StringEquals": {CALLER: "444455556666"}}, "another account"),
        ("no", {"AWS": USER}, {"ArnLike": {ARN: "arn:aws:iam::*:role/*"}}, "a user is no role"),
        (
            "no",
            {"AWS": USER},
            {"StringEquals": {CALLER: "111122223333", "aws:SourceAccount": "111122223333"}},
            "only services carry a source",
        ),
    ],
)
def test_a_principal_and_all_conditions(
    verdict: str, principal: Any, condition: dict[str, Any], why: str
) -> None:
    parsed = document(allow(condition, Principal=principal))
    statement = parsed.statements[0]
    answer = access.satisfiable(parsed, statement, statement.principals[0], KEY)
    assert answer.verdict.value == verdict, why


@pytest.mark.parametrize(
    ("verdict", "statement", "why"),
    [
        ("yes", deny({"StringNotEquals": {ARN: "arn:aws:iam::1:role/*"}}), "matches nobody"),
        ("no", deny({"StringNotEquals": {CALLER: "111122223333"}}), "spares an account"),
        ("yes", deny({"StringNotEquals": {"kms:KeySpec": "SYMETRIC"}}), "a typo spares nothing"),
        ("yes", allow({"StringLike": {CALLER: "*"}}, Principal={"AWS": USER}), "always there"),
        ("no", allow({"StringLike": {VIA: "*"}}), "only through a service"),
        (
            "yes",
            deny({"StringNotEquals": {"kms:EncryptionContext:a": "b"}}, Action="kms:DescribeKey"),
            "never carried",
        ),
        ("yes", allow({"Null": {VIA: ["true", "false"]}}), "absent or not"),
        ("no", deny({"Bool": {"aws:SecureTransport": "false"}}), "TLS"),
        (
            "no",
            allow(
                {"StringNotEquals": {VPCE: "vpce-0a"}},
                Principal=None,
                NotPrincipal={"AWS": ["arn:aws:iam::111122223333:root"]},
            ),
            "strangers may come through the endpoint",
        ),
    ],
)
def test_tautology(verdict: str, statement: dict[str, Any], why: str) -> None:
    assert ask("tautology", document(statement)) == verdict, why


@pytest.mark.parametrize("operator", ["StringNotEquals", "StringNotLike"])
def test_whom_the_user_trusts_counts_among_all_callers(operator: str) -> None:
    theirs = {"AWS": "arn:aws:iam::444455556666:root"}
    parsed = document(allow({operator: {ORG: "o-abcdefghij"}}, Principal=theirs))
    trusted = Trusted(frozenset({"444455556666"}), frozenset({"o-abcdefghij"}))
    (statement,) = parsed.statements
    place = Place("key", KNOWN, trusted)
    assert access.tautology(parsed, statement, statement.conditions[0], place).is_no
    assert access.external(parsed, place) == ()


@pytest.mark.parametrize(
    ("verdict", "condition", "others", "why"),
    [
        ("no", {"StringEquals": {ORG: "o-abcdefghij"}}, [], "absent fails"),
        ("yes", {"StringEqualsIfExists": {ORG: "o-abcdefghij"}}, [], "absent passes"),
        (
            "yes",
            {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-a/r-b/"}},
            [],
            "no list",
        ),
        (
            "cannot-tell",
            {"ForAllValues:StringEquals": {CALLER: "111122223333"}},
            [],
            "always there, but for services, of which it is not documented",
        ),
        ("no", {"ForAllValues:StringEquals": {"aws:SecureTransport": "true"}}, [], "always there"),
        ("yes", {"StringNotEquals": {VPCE: "vpce-0a"}}, [], "outside an endpoint"),
        (
            "no",
            {"StringEqualsIfExists": {ORG: "o-abcdefghij"}, "Null": {ORG: "false"}},
            [],
            "another condition wants it there",
        ),
        (
            "no",
            {"StringEqualsIfExists": {ORG: "o-abcdefghij"}},
            [deny({"StringNotEquals": {ORG: "o-abcdefghij"}})],
            "a Deny wants it there",
        ),
    ],
)
def test_neutralised(
    verdict: str, condition: dict[str, Any], others: list[dict[str, Any]], why: str
) -> None:
    statement = allow(condition, Principal={"AWS": "*"})
    assert ask("neutralised", document(statement, *others)) == verdict, why


OUTSIDE_ENDPOINT = {"StringNotEquals": {VPCE: "vpce-0a"}}
NOT_VIA = {"BoolIfExists": {"aws:ViaAWSService": "false"}}
NO_SERVICE = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}


@pytest.mark.parametrize(
    ("stopped", "statements", "why"),
    [
        ({"via_service", "service_principal"}, [deny(OUTSIDE_ENDPOINT)], "absent is denied"),
        (
            {"service_principal"},
            [deny({**OUTSIDE_ENDPOINT, **NOT_VIA})],
            "calls through services are exempt; service principals are not",
        ),
        (
            set[str](),
            [deny({"StringNotEqualsIfExists": {VPCE: "vpce-0a"}, "BoolIfExists": {
                "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}})],
            "both are exempt",
        ),
        ({"service_principal"}, [deny({"StringNotEquals": {ORG: "o-abcdefghij"}})], "no organization"),
        ({"via_service", "service_principal"}, [allow({"StringEquals": {VPCE: "vpce-0a"}})], "only through the endpoint"),
        ({"service_principal"}, [allow({"StringEquals": {VPCE: "vpce-0a"}}), ROOT], "another Allow"),
        (set[str](), [allow({"StringEquals": {"kms:KeySpec": "RSA_2048"}})], "of the key"),
    ],
)  # fmt: skip
def test_stops(stopped: set[str], statements: list[dict[str, Any]], why: str) -> None:
    parsed = document(*statements)
    statement = parsed.statements[0]
    found = access.stops(parsed, statement, statement.conditions[0], KEY)
    assert {kind for kind, answer in found.items() if answer.is_yes} == stopped, why


def test_the_address_of_a_call_through_a_service_is_not_known() -> None:
    """The user guides of IAM and KMS do not agree on whether it is that of the service."""
    parsed = document(ROOT, deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))
    statement = parsed.statements[1]
    found = access.stops(parsed, statement, statement.conditions[0], KEY)
    assert found["via_service"].is_open
    assert {blame.expression for blame in found["via_service"].blame} == {"aws:SourceIp"}


def test_what_services_carry_is_not_documented_and_blamed() -> None:
    parsed = document(allow({"StringEquals": {CALLER: "111122223333"}}, Principal=LOGS))
    statement = parsed.statements[0]
    answer = access.satisfiable(parsed, statement, statement.conditions[0], KEY)
    assert answer.is_open
    assert {(blame.expression, blame.reason) for blame in answer.blame} == {
        (CALLER, "whether AWS services carry it is not documented")
    }


def test_whether_an_unknown_principal_covers_anything_is_not_known() -> None:
    impossible = {"StringEquals": {CALLER: "????????????"}}
    assert ask("satisfiable", document(allow(impossible, Principal={"AWS": "*"}))) == "no"
    assert ask("satisfiable", document(allow(impossible, Principal={"AWS": "<u>"}))) == (
        "cannot-tell"
    )
