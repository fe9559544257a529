from __future__ import annotations

from typing import Any

import pytest

from kmsiac.access import Trusted, public
from kmsiac.access.authorize import authorize
from kmsiac.access.model import Environment as Policies
from kmsiac.access.model import Request
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Provider
from kmsiac.values import Answer, List, Map, Unknown, text
from tests.access.written import (
    ARN,
    CALLER,
    KNOWN,
    ORG,
    OWN,
    allow,
    deny,
    document,
    unknown,
)

NOBODY = Trusted()


def ask(parsed: PolicyDocument, trusted: Trusted = NOBODY, provider: Provider = OWN) -> Answer:
    return public(parsed, parsed.statements[0], provider, trusted)


OPEN = [
    (allow(), "no condition"),
    (allow(Principal={"AWS": "*"}), "the star under AWS"),
    (allow(Principal={"AWS": ["arn:aws:iam::111122223333:root", "*"]}), "a star in a list"),
    (allow(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::111122223333:root"}), "all but one"),
    (allow(Action="kms:Create*"), "CreateGrant works across accounts"),
    (allow(Action="kms:deCRYPT"), "actions ignore case"),
    (allow(Action=None, NotAction="kms:Put*"), "NotAction leaves Decrypt"),
    (allow(Resource="arn:*:kms:*:*:key/*"), "every key"),
    (allow({"StringLike": {CALLER: "*"}}), "any account"),
    (allow({"StringLike": {CALLER: "1111*"}}), "an account may begin so"),
    (allow({"StringNotEquals": {CALLER: "111122223333"}}), "every account but one"),
    (allow({"StringNotLike": {CALLER: "1111*"}}), "accounts that begin otherwise"),
    (allow({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}), "S3 serves anyone"),
    (allow({"StringEqualsIfExists": {ORG: "o-abcdefghij"}}), "no organization at all"),
    (allow({"ForAllValues:StringEquals": {ORG: "o-abcdefghij"}}), "absent passes ForAllValues"),
    (allow({"StringLike": {ORG: "o-*"}}), "any organization"),
    (allow({"Null": {ORG: "true"}}), "outside organizations"),
    (allow({"Null": {ORG: "false"}}), "inside any organization"),
    (allow({"Null": {ORG: ["true", "false"]}}), "a tautology"),
    (allow({"StringNotEquals": {ORG: "o-abcdefghij"}}), "every other organization"),
    (allow({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab12/*"}}), "any org"),
    (allow({"ArnLike": {ARN: "arn:aws:iam::${aws:PrincipalAccount}:role/*"}}), "true of everyone"),
    (allow({"ArnLike": {ARN: "arn:aws:iam::*:role/admin-*"}}), "a stranger names its roles"),
    (allow({"ArnEquals": {ARN: "arn:aws:iam::*:root"}}), "a root user of any account"),
    (allow({"StringLike": {ARN: "*:user/deploy"}}), "a stranger names its users"),
    (allow({"ArnNotLike": {ARN: "arn:aws:iam::111122223333:*"}}), "everybody else"),
    (allow({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}), "two halves"),
    (allow({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), "every IPv4 address"),
    (
        allow({"IpAddress": {"aws:SourceIp": [f"{at}.0.0.0/8" for at in range(256)]}}),
        "every IPv4 address in pieces",
    ),
    (allow({"IpAddress": {"aws:SourceIp": "2000::/16"}}), "wider than /32"),
    (allow({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "every other address"),
    (allow({"StringLike": {"aws:SourceVpce": "vpce-*"}}), "anyone's endpoint"),
    (allow({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-0a"}}), "not through an endpoint"),
    (allow({"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}}), "through an endpoint"),
    (allow({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}), "not a service call"),
    (allow({"Bool": {"aws:PrincipalIsAWSService": "false"}}), "strangers are no services"),
    (allow({"Bool": {"aws:ViaAWSService": "true"}}), "through a service"),
    (allow({"Bool": {"aws:SecureTransport": "true"}}), "over TLS"),
    (allow({"StringEquals": {"aws:PrincipalTag/team": "red"}}), "strangers tag themselves"),
    (allow({"StringEquals": {"aws:ResourceTag/a": "${aws:PrincipalTag/a}"}}), "equal tags"),
    (allow({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalTag/a}"}}), "own tag"),
    (allow({"StringEquals": {"aws:username": "bob"}}), "anybody's bob"),
    (allow({"StringLike": {"aws:userid": "*:me"}}), "any session called me"),
    (allow({"StringEquals": {"aws:PrincipalType": "User"}}), "users of any account"),
    (allow({"StringEquals": {"kms:EncryptionContext:a": "b"}}), "the caller writes the context"),
    (allow({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/x"}}), "the key's alias"),
    (allow({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}), "own MFA"),
    (allow({"DateGreaterThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}}), "from a day on"),
    (allow({"StringEquals": {CALLER: "${aws:PrincipalAccount}"}}), "true of everyone"),
]

CLOSED = [
    (allow(Principal={"AWS": "arn:aws:iam::<own>:root"}), "the own account"),
    (allow(Principal={"AWS": "<role>"}), "a role"),
    (allow(Principal={"AWS": "arn:aws:iam::*:root"}), "no wildcards inside principals"),
    (allow(Principal={"Service": "s3.amazonaws.com"}), "a service is no stranger"),
    (allow(Principal={"AWS": "arn:aws:iam::<u>:root"}), "one account, whichever"),
    (allow(Principal={"Service": "<u>"}), "some service"),
    (allow(Principal=None, NotPrincipal="*"), "nobody is left"),
    (allow(Effect="Deny"), "a Deny allows nothing"),
    (allow(Action="kms:PutKeyPolicy"), "does not work across accounts"),
    (allow(Action="s3:*"), "no action of KMS"),
    (allow(Action="kms:ListKeys"), "no action on a key"),
    (allow(Action=None, NotAction="kms:*"), "nothing of KMS"),
    (allow(Resource=None, NotResource="*"), "no resource"),
    (allow({"StringEquals": {CALLER: "<own>"}}), "the own account by symbol"),
    (allow({"StringEquals": {CALLER: ["<own>", "<partner>"]}}), "two accounts"),
    (allow({"StringEquals": {"KMS:calleraccount": "111122223333"}}), "keys ignore case"),
    (allow({"StringLike": {CALLER: "111122223333"}}), "a pattern without a wildcard"),
    (allow({"StringEquals": {CALLER: "1111*"}}), "no wildcards under StringEquals"),
    (
        allow({"StringEquals": {CALLER: "<own>", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
        "the policy of an AWS managed key",
    ),
    (allow({"StringEquals": {ORG: "o-abcdefghij"}}), "one organization"),
    (allow({"StringEquals": {ORG: "${aws:ResourceOrgID}"}}), "the key's organization"),
    (allow({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}), "the key's own"),
    (
        allow({"Null": {ORG: "true"}, "StringEquals": {ORG: "o-abcdefghij"}}),
        "absent and present at once",
    ),
    (
        allow({"ForAllValues:StringEquals": {ORG: "o-abcdefghij"}, "Null": {ORG: "false"}}),
        "ForAllValues with its key required",
    ),
    (allow({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/*"}}), "one org"),
    (allow({"ArnLike": {ARN: "arn:aws:iam::111122223333:role/*"}}), "roles of one account"),
    (allow({"StringEquals": {ARN: "arn:aws:iam::*:role/admin"}}), "a literal star"),
    (allow({"ArnEquals": {ARN: "<role>"}}), "one role"),
    (allow({"ArnLike": {ARN: "arn:aws:iam::*"}}), "an ARN has six fields, the pattern fewer"),
    (allow({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "a range"),
    (allow({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "the widest range that pins"),
    (allow({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}), "the same for IPv6"),
    (allow({"StringEquals": {"aws:SourceVpce": "vpce-0a"}}), "one endpoint"),
    (allow({"StringEquals": {"aws:VpceAccount": "111122223333"}}), "endpoints of one account"),
    (
        allow({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}, "Null": {"aws:SourceVpce": "false"}}),
        "an endpoint hides the address",
    ),
    (allow({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}), "only on calls of services"),
    (allow({"Bool": {"aws:PrincipalIsAWSService": "true"}}), "services only"),
    (allow({"StringEquals": {"aws:userid": "AIDAABCDEFGHIJKLMNOPQ"}}), "one user"),
    (allow({"StringLike": {"aws:userid": "AROAABCDEFGHIJKLMNOPQ:*"}}), "sessions of one role"),
    (allow({"StringEquals": {"kms:NoSuchKey": "x"}}), "KMS has no such key"),
    (
        allow({"StringEquals": {"kms:EncryptionContext:a": "b"}}, Action="kms:DescribeKey"),
        "an action without an encryption context",
    ),
    (
        allow({"StringLike": {CALLER: "<u>"}, "StringEquals": {ORG: "o-abcdefghij"}}),
        "closed, whatever the unknown is",
    ),
]

DENIES = [
    ("no", [deny()], "everything"),
    ("yes", [deny(Action="kms:Decrypt")], "Encrypt is left"),
    ("no", [deny(Action=None, NotAction="iam:*")], "every action of KMS"),
    ("no", [deny({"StringNotEquals": {ORG: "o-abcdefghij"}})], "all other organizations"),
    ("yes", [deny({"StringEquals": {ORG: "o-abcdefghij"}})], "the wrong way round"),
    ("no", [deny({"StringNotEqualsIfExists": {ORG: "o-abcdefghij"}})], "absent is denied too"),
    ("yes", [deny({"ForAnyValue:StringNotEquals": {ORG: "o-abcdefghij"}})], "absent slips by"),
    ("no", [deny({"StringNotEquals": {ORG: "${aws:ResourceOrgID}"}})], "the key's organization"),
    ("no", [deny({"StringNotEquals": {CALLER: "<own>"}})], "all other accounts"),
    (
        "no",
        [
            deny(
                {
                    "StringNotEquals": {ORG: "o-abcdefghij"},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                }
            )
        ],
        "services are exempt, strangers are not",
    ),
    (
        "yes",
        [
            deny(
                {
                    "StringNotEquals": {ORG: "o-abcdefghij"},
                    "Bool": {"aws:PrincipalIsAWSService": "true"},
                }
            )
        ],
        "only services are denied",
    ),
    ("no", [deny({"StringNotEquals": {"aws:SourceVpce": "vpce-0a"}})], "no other way in"),
    (
        "yes",
        [
            deny(
                {
                    "StringNotEquals": {"aws:SourceVpce": "vpce-0a"},
                    "Bool": {"aws:ViaAWSService": "false"},
                }
            )
        ],
        "calls through services are exempt",
    ),
    (
        "no",
        [deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})],
        "an absent address is denied too",
    ),
    (
        "no",
        [
            deny({"Bool": {"aws:SecureTransport": "true"}}),
            deny({"Bool": {"aws:SecureTransport": "false"}}),
        ],
        "two halves",
    ),
    ("yes", [deny({"Bool": {"aws:SecureTransport": "false"}})], "TLS is left"),
    (
        "no",
        [deny(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::<own>:root"})],
        "all but one account",
    ),
    ("yes", [deny(Principal={"AWS": "arn:aws:iam::<own>:root"})], "one account"),
    ("yes", [deny(Principal={"Service": "<u>"})], "some service"),
    ("yes", [deny(Resource="arn:aws:sns:eu-west-1:444455556666:topic")], "no key"),
    ("cannot-tell", [deny({"StringNotEquals": {ORG: "<u>"}})], "which organization?"),
    ("cannot-tell", [deny(Action="<u>")], "which action?"),
    ("cannot-tell", [deny(Principal={"AWS": "<u>"})], "whom?"),
    ("cannot-tell", [allow(Effect="<u>")], "Allow or Deny?"),
    ("yes", [deny({"StringEquals": {ORG: "<u>"}, "Null": {ORG: "true"}})], "never applies"),
    ("no", [deny({"StringNotEquals": {ORG: "<u>"}}), deny()], "closed anyway"),
]

UNDECIDED = [
    (allow(Principal={"AWS": "<u>"}), {"var.u"}),
    (allow(Principal="<u>"), {"var.u"}),
    (allow(Action="<u>"), {"var.u"}),
    (allow(Resource="<u>"), {"var.u"}),
    (allow({"StringEquals": {CALLER: "<u>"}}), {"var.u"}),
    (allow({"StringLike": {CALLER: ["<own>", "<u>"], ORG: "<v>"}}), {"var.u", "var.v"}),
    (allow({"StringEqualsWith": {CALLER: "<own>"}}), {"StringEqualsWith"}),
    (allow({"StringEquals": {"kms:ResourceAliases": "alias/x"}}), {"StringEquals"}),
    (allow({"StringEquals": {"saml:aud": "x"}}), {"saml:aud"}),
    (allow({"Null": {"<u>": "true"}}), {"var.u"}),
    (allow(Resource="<key>"), {"${aws_kms_key.main.arn}"}),
    (allow(Resource=None), {"statement 1"}),
    (allow({"ArnLike": {ARN: "*"}}), {"*"}),
    (allow({"ArnLike": {ARN: "arn:*"}}), {"arn:*"}),
    (allow({"StringEquals": {"aws:FederatedProvider": "x"}}), {"aws:FederatedProvider"}),
]


@pytest.mark.parametrize(("statement", "why"), OPEN, ids=[why for _, why in OPEN])
def test_a_stranger_gets_in(statement: dict[str, Any], why: str) -> None:
    answer = ask(document(statement))
    assert answer.is_yes
    assert isinstance(answer.witness, Request)


@pytest.mark.parametrize(("statement", "why"), CLOSED, ids=[why for _, why in CLOSED])
def test_no_stranger_gets_in(statement: dict[str, Any], why: str) -> None:
    assert ask(document(statement)).is_no


@pytest.mark.parametrize(("verdict", "denies", "why"), DENIES, ids=[why for _, _, why in DENIES])
def test_denies_of_the_document_count(verdict: str, denies: list[dict[str, Any]], why: str) -> None:
    answer = ask(document(allow(), *denies))
    assert answer.verdict.value == verdict
    assert {blame.expression for blame in answer.blame} == (
        {"var.u"} if verdict == "cannot-tell" else set()
    )


@pytest.mark.parametrize(("statement", "blamed"), UNDECIDED, ids=range(len(UNDECIDED)))
def test_what_is_unknown_is_blamed(statement: dict[str, Any], blamed: set[str]) -> None:
    answer = ask(document(statement))
    assert answer.is_open
    assert {blame.expression for blame in answer.blame} == blamed
    assert "too complex to decide" not in {blame.reason for blame in answer.blame}


def test_the_witness_is_a_request_that_the_procedure_allows() -> None:
    parsed = document(allow({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}))
    witness = ask(parsed, provider=KNOWN).witness
    assert isinstance(witness, Request)
    assert witness.resource.startswith("arn:aws:kms:eu-west-1:111122223333:key/")
    assert witness.context["kms:viaservice"] == ("s3.eu-west-1.amazonaws.com",)
    assert witness.context["kms:calleraccount"] != ("111122223333",)
    everything = parse_document(
        text('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    )
    assert isinstance(everything, PolicyDocument)
    policies = Policies(parsed, (everything,), resource_account="111122223333")
    assert authorize(witness, policies).answer.is_yes
    assert authorize(witness, Policies(parsed, resource_account="111122223333")).answer.is_no


def test_trusted_accounts_and_organizations_are_no_strangers() -> None:
    accounts = frozenset(f"{number:012d}" for number in range(100000000000, 100000000010))
    by_account = document(allow({"StringLike": {CALLER: "10000000000?"}}))
    assert ask(by_account).is_yes
    assert ask(by_account, Trusted(accounts=accounts)).is_no
    by_organization = document(allow({"StringLike": {ORG: "o-abcdefghi?"}}))
    assert ask(by_organization).is_yes
    names = frozenset("o-abcdefghi" + end for end in "abcdefghijklmnopqrstuvwxyz0123456789")
    assert ask(by_organization, Trusted(organizations=names)).is_no


def test_before_version_2012_variables_are_plain_text() -> None:
    guarded = allow({"ArnLike": {ARN: "arn:aws:iam::${aws:PrincipalAccount}:role/*"}})
    assert ask(document(guarded)).is_yes
    assert ask(document(guarded, version="2008-10-17")).is_no
    assert ask(document(guarded, version=None)).is_no


def test_the_whole_document_is_public_if_one_statement_is() -> None:
    parsed = document(allow(Principal={"AWS": "arn:aws:iam::<own>:root"}), allow())
    assert public(parsed, parsed.statements[0], OWN, NOBODY).is_no
    assert public(parsed, parsed.statements[1], OWN, NOBODY).is_yes
    assert public(parsed, None, OWN, NOBODY).is_yes


def _with_more(statement: dict[str, Any]) -> PolicyDocument:
    known = document(statement)
    listed = known.value.get("Statement")
    assert isinstance(listed, List)
    more = List(listed.items, open=unknown("var.more"))
    parsed = parse_document(Map([(text("Statement"), more)]))
    assert isinstance(parsed, PolicyDocument)
    return parsed


def test_a_statement_that_may_exist_may_be_a_deny_or_an_allow() -> None:
    parsed = _with_more(allow())
    for statement in (parsed.statements[0], None):
        answer = public(parsed, statement, OWN, NOBODY)
        assert answer.is_open
        assert {blame.expression for blame in answer.blame} == {"var.more"}
    closed = _with_more(allow(Principal={"AWS": "arn:aws:iam::<own>:root"}))
    assert public(closed, closed.statements[0], OWN, NOBODY).is_no
    assert public(closed, None, OWN, NOBODY).is_open


def test_blame_stands_where_the_asked_document_has_it() -> None:
    def at(position: int) -> Answer:
        value = Unknown("var.u", "variable has no default", position, "main")
        body = {"Effect": text("Allow"), "Principal": value, "Action": text("kms:*")}
        statement = Map([(text(k), v) for k, v in {**body, "Resource": text("*")}.items()])
        parsed = parse_document(Map([(text("Statement"), List([statement]))]))
        assert isinstance(parsed, PolicyDocument)
        return ask(parsed)

    assert {blame.position for blame in at(30).blame} == {30}
    assert {blame.position for blame in at(90).blame} == {90}


def test_the_key_of_another_account_is_another_key() -> None:
    statement = allow(Resource="arn:aws:kms:eu-west-1:444455556666:key/x")
    assert ask(document(statement), provider=KNOWN).is_no


def test_a_literal_account_may_be_the_own_one_where_that_is_not_known() -> None:
    statement = allow(Resource="arn:aws:kms:eu-west-1:444455556666:key/x")
    answer = ask(document(statement))
    assert answer.is_open
    assert "--account-id" in " ".join(blame.reason for blame in answer.blame)
