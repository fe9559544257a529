"""`public` against the concrete procedure, on random documents and random requests of strangers."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kmsiac.access import Trusted, public
from kmsiac.access.authorize import authorize
from kmsiac.access.model import Environment as Policies
from kmsiac.access.model import Request
from kmsiac.access.statements import applies, folded_context, variables_of
from kmsiac.access.views import names_strangers
from kmsiac.aws.condition_keys import actions_carrying
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Environment, Provider
from kmsiac.values import Owner, text

OWN = Provider.symbolic(Owner("u"), Environment("111122223333", "eu-west-1", "aws"), {})
KEY = "arn:aws:kms:eu-west-1:111122223333:key/77777777-0000-4000-8000-000000000000"
ALL = parse_document(text('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'))
assert isinstance(ALL, PolicyDocument)

VALUES = {
    "kms:CallerAccount": ["111122223333", "444455556666", "9*", "*", "????????????"],
    "aws:PrincipalAccount": ["111122223333", "${aws:ResourceAccount}", "9*9"],
    "aws:PrincipalOrgID": ["o-abcdefghij", "o-*", "*z*", "${aws:ResourceOrgID}"],
    "aws:PrincipalArn": [
        "arn:aws:iam::111122223333:role/app",
        "arn:aws:iam::*:role/a*",
        "arn:aws:iam::${aws:PrincipalAccount}:user/*",
        "arn:*:root",
        "*bob",
    ],
    "aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8", "0.0.0.0/1", "0.0.0.0/0", "2000::/3"],
    "aws:SourceVpce": ["vpce-0123456789abcdef0", "vpce-*", "*a"],
    "aws:SourceArn": ["arn:aws:s3:::b", "*"],
    "aws:PrincipalIsAWSService": ["true", "false"],
    "aws:ViaAWSService": ["true", "false"],
    "aws:PrincipalTag/a": ["x", "y", "x*", "*y", "?"],
    "aws:ResourceTag/a": ["x", "${aws:PrincipalTag/a}"],
    "aws:username": ["bob", "b*", "${aws:PrincipalTag/a}"],
    "kms:ViaService": ["s3.eu-west-1.amazonaws.com", "s3.*", "ec2.*"],
    "kms:EncryptionContext:a": ["x", "*y"],
    "kms:ResourceAliases": ["alias/a", "alias/*", "*b"],
    "kms:GrantOperations": ["Decrypt", "Encrypt", "*crypt"],
    "aws:MultiFactorAuthAge": ["5", "10"],
}
FAMILIES = {
    "aws:SourceIp": ["IpAddress", "NotIpAddress"],
    "aws:MultiFactorAuthAge": ["NumericEquals", "NumericLessThan", "NumericGreaterThanEquals"],
    "aws:PrincipalIsAWSService": ["Bool"],
    "aws:ViaAWSService": ["Bool"],
    "aws:PrincipalArn": ["ArnLike", "ArnNotLike", "StringLike", "StringEquals", "StringNotLike"],
}
STRINGS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for key in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=3, unique=True)):
        if draw(st.integers(0, 7)) == 0:
            block.setdefault("Null", {})[key] = draw(st.sampled_from(["true", "false"]))
            continue
        operator = draw(st.sampled_from(FAMILIES.get(key, STRINGS)))
        several = key in ("kms:ResourceAliases", "kms:GrantOperations")
        prefixes = ["ForAnyValue:", "ForAllValues:"] if several else ["", "", "", "ForAllValues:"]
        operator = (
            draw(st.sampled_from(prefixes)) + operator + draw(st.sampled_from(["", "", "IfExists"]))
        )
        values = draw(st.lists(st.sampled_from(VALUES[key]), min_size=1, max_size=2))
        block.setdefault(operator, {})[key] = values
    return block


@st.composite
def statements(draw: st.DrawFn, effect: str) -> dict[str, Any]:
    actions = st.sampled_from(["kms:*", "kms:Decrypt", "kms:*Grant*", "kms:De*", "kms:Put*"])
    everybody: Any = "*"
    return {
        "Effect": effect,
        "Principal": draw(st.sampled_from([everybody, {"AWS": "*"}])),
        "Action": draw(actions),
        "Resource": "*",
        "Condition": draw(conditions()),
    }


@st.composite
def documents(draw: st.DrawFn) -> PolicyDocument:
    body = [draw(statements("Allow"))]
    body += draw(st.lists(statements("Deny"), max_size=3))
    parsed = parse_document(text(json.dumps({"Version": "2012-10-17", "Statement": body})))
    assert isinstance(parsed, PolicyDocument)
    return parsed


@st.composite
def stranger_requests(draw: st.DrawFn) -> Request:
    """A request that a stranger can really make."""
    account = draw(st.sampled_from(["900000000001", "999999999999", "123456789012"]))
    context: dict[str, tuple[str, ...]] = {
        "aws:PrincipalAccount": (account,),
        "kms:CallerAccount": (account,),
        "aws:ResourceAccount": ("111122223333",),
        "aws:PrincipalIsAWSService": ("false",),
    }
    name = draw(st.sampled_from(["app", "bob", "zed"]))
    kind = draw(st.sampled_from(["role", "user", "root"]))
    principal = (
        f"arn:aws:iam::{account}:{kind}/{name}"
        if kind != "root"
        else f"arn:aws:iam::{account}:root"
    )
    context["aws:PrincipalArn"] = (principal,)
    if kind == "role":
        principal = f"arn:aws:sts::{account}:assumed-role/{name}/s"
    if kind == "user":
        context["aws:username"] = (name,)
    mode = draw(st.sampled_from(["direct", "endpoint", "service"]))
    context["aws:ViaAWSService"] = ("true" if mode == "service" else "false",)
    addresses = ["198.51.100.7", "77.1.1.1", "200.1.1.1", "2001:db8::1", "4000::1"]
    if mode == "direct":
        context["aws:SourceIp"] = (draw(st.sampled_from(addresses)),)
    if mode == "endpoint":
        context["aws:SourceVpce"] = ("vpce-" + draw(st.sampled_from(["0" * 17, "a" * 17])),)
    if mode == "service":
        services = ["s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"]
        context["kms:ViaService"] = (draw(st.sampled_from(services)),)
    action = draw(st.sampled_from(["kms:Decrypt", "kms:CreateGrant", "kms:DescribeKey"]))
    optional: dict[str, list[tuple[str, ...]]] = {
        "aws:PrincipalOrgID": [("o-zzzzzzzzzz",), ("o-freshfresh",)],
        "aws:ResourceOrgID": [("o-ownownowno",), ("o-abcdefghij",)],
        "aws:PrincipalTag/a": [("x",), ("y",), ("xy",), (account,), (name,)],
        "aws:ResourceTag/a": [("x",), ("y",)],
        "kms:EncryptionContext:a": [("x",), ("yy",)],
        "kms:ResourceAliases": [("alias/a",), ("alias/ab", "alias/c"), ("alias/b", "alias/a")],
        "aws:MultiFactorAuthAge": [("4",), ("5",), ("7",), ("11",)],
    }
    for key, choices in optional.items():
        carrying = actions_carrying(key)
        if (carrying is None or action in carrying) and draw(st.booleans()):
            context[key] = draw(st.sampled_from(choices))
    if action == "kms:CreateGrant":
        lists: list[tuple[str, ...]] = [("Decrypt",), ("Encrypt", "Decrypt"), ("Sign",)]
        context["kms:GrantOperations"] = draw(st.sampled_from(lists))
    return Request(principal, action, KEY, context)


def allowed(document: PolicyDocument, request: Request) -> bool:
    assert isinstance(ALL, PolicyDocument)
    policies = Policies(document, (ALL,), resource_account="111122223333")
    return authorize(request, policies).answer.is_yes


@settings(max_examples=400, deadline=None)
@given(documents(), st.lists(stranger_requests(), min_size=25, max_size=25))
def test_public_agrees_with_the_concrete_procedure(
    document: PolicyDocument, requests: list[Request]
) -> None:
    statement = document.statements[0]
    answer = public(document, statement, OWN, Trusted())
    if answer.is_yes:
        witness = answer.witness
        assert isinstance(witness, Request)
        assert allowed(document, witness)
        context = folded_context(witness)
        assert applies(statement, witness, context, variables_of(document)).is_yes
        assert names_strangers(statement).is_yes
    if answer.is_no:
        assert not [request.as_json() for request in requests if allowed(document, request)]


@settings(max_examples=150, deadline=None)
@given(documents(), statements("Deny"))
def test_a_further_deny_never_opens(document: PolicyDocument, deny: dict[str, Any]) -> None:
    value = document.value.get("Statement")
    assert value is not None
    before = public(document, document.statements[0], OWN, Trusted())
    listed = [*_plain(document), deny]
    body = json.dumps({"Version": "2012-10-17", "Statement": listed})
    wider = parse_document(text(body))
    assert isinstance(wider, PolicyDocument)
    after = public(wider, wider.statements[0], OWN, Trusted())
    assert not (before.is_no and after.is_yes)


def _plain(document: PolicyDocument) -> list[dict[str, Any]]:
    found = []
    for statement in document:
        block: dict[str, Any] = {}
        for condition in statement.conditions:
            values = [str(value) for value in condition.values]
            block.setdefault(str(condition.operator), {})[str(condition.key)] = values
        found.append(
            {
                "Effect": statement.effect_text,
                "Principal": "*",
                "Action": [str(pattern.value) for pattern in statement.actions],
                "Resource": "*",
                "Condition": block,
            }
        )
    return found
