from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmsiac.access.authorize import authorize
from kmsiac.access.model import Decision, Environment, Grant, Request
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.values import text
from tests.access.policies import BOB, EVE, KEY, ROOT, SESSION, allow, aws, deny, policy

ANY = policy(allow())
SECONDS = 60.0
"""Far more than any of it takes: a wrong algorithm takes minutes."""


def decide(*statements: Any, **policies: Any) -> Decision:
    return authorize(
        Request(BOB, "kms:Decrypt", KEY, {"aws:PrincipalTag/a": ("x",)}),
        Environment(key_policy=policy(*statements), **policies),
    )


NAMED = allow(aws(BOB))


@pytest.mark.parametrize(
    ("verdict", "statement"),
    [
        ("cannot-tell", {**NAMED, "Condition": {"StringAlike": {"aws:PrincipalTag/a": "x"}}}),
        ("cannot-tell", {**NAMED, "Condition": ["StringEquals"]}),
        ("cannot-tell", {**NAMED, "Condition": {"StringEquals": "x"}}),
        ("cannot-tell", {**NAMED, "Condition": {"StringEquals": {"aws:PrincipalTag/a": {}}}}),
        ("cannot-tell", {**NAMED, "Effect": "allow"}),
        ("cannot-tell", {**NAMED, "Effect": ["Allow"]}),
        ("cannot-tell", {"Principal": aws(BOB), "Action": "*", "Resource": "*"}),
        ("cannot-tell", {**NAMED, "Principal": [BOB]}),
        ("cannot-tell", {**NAMED, "Principal": {"AWS": {"a": BOB}}}),
        ("cannot-tell", {**NAMED, "Action": {"a": "b"}}),
        ("cannot-tell", {**NAMED, "Resource": {"a": "b"}}),
        ("cannot-tell", {"Effect": "Allow", "Principal": aws(BOB), "Resource": "*"}),
        ("cannot-tell", {"Effect": "Allow", "Principal": aws(BOB), "Action": "kms:*"}),
        ("cannot-tell", {**NAMED, "Principal": None}),
        ("cannot-tell", {**NAMED, "Action": []}),
        ("cannot-tell", "not a statement"),
        ("no", {**NAMED, "Principal": BOB}),
        ("no", {**NAMED, "Principal": {"aws": BOB}}),
        ("no", {**NAMED, "Principal": {"Service": BOB}}),
        ("no", {**NAMED, "Action": "Decrypt"}),
        ("no", {**NAMED, "Resource": "arn:aws:s3:::bucket"}),
        ("yes", {**NAMED, "Condition": None}),
        ("yes", {**NAMED, "Conditions": {"StringEquals": {"a": "b"}}}),
        ("yes", {**NAMED, "Condition": {"StringEquals": {"aws:PrincipalTag/a": ["x", {}]}}}),
    ],
)
def test_a_statement_that_is_not_valid_iam(verdict: str, statement: Any) -> None:
    assert decide(statement).answer.verdict.value == verdict
    assert decide(NAMED, statement).answer.is_yes is (
        isinstance(statement, dict) and statement.get("Effect") == "Allow"
    )


def test_a_broken_deny_is_not_passed_over() -> None:
    broken = {**deny("*"), "Condition": {"StringAlike": {"aws:PrincipalTag/a": "x"}}}
    decision = decide(NAMED, broken)
    assert decision.answer.is_open
    assert decision.deciding[0].label == "statement 2"
    assert {one.expression for one in decision.answer.blame} == {"StringAlike"}


def test_every_open_part_that_matters_is_blamed() -> None:
    wanted = [{"StringAlike": {"aws:PrincipalTag/a": "x"}}, {"StringAbout": {"aws:username": "x"}}]
    broken = [{**deny("*"), "Condition": condition} for condition in wanted]
    allowed = {**NAMED, "Condition": {"StringLikely": {"aws:PrincipalTag/a": "x"}}}
    decision = decide(allowed, *broken)
    assert {one.expression for one in decision.answer.blame} == {
        "StringAlike",
        "StringAbout",
        "StringLikely",
    }
    assert decide(*broken).answer.is_no


def test_a_principal_in_an_identity_policy_is_refused_by_iam() -> None:
    identity = (policy(allow("*")),)
    assert decide(allow(aws(ROOT)), identity=identity).answer.is_open
    assert decide(allow(aws(ROOT)), identity=(*identity, ANY)).answer.is_yes


@pytest.mark.parametrize(
    "principal",
    ["", "*", "bob", "arn:", "arn:aws:iam::1:", "arn:aws:iam::111122223333:group/ops", ":" * 9],
)
def test_a_caller_of_no_known_form(principal: str) -> None:
    environment = Environment(key_policy=policy(allow("*")), identity=(ANY,))
    assert authorize(Request(principal, "kms:Decrypt", KEY), environment).answer.is_open


@pytest.mark.parametrize("resource", ["", "*", "key", "arn:aws:s3:::bucket", "alias/app", ":" * 9])
def test_a_resource_that_is_no_key(resource: str) -> None:
    environment = Environment(key_policy=policy(allow("*")), identity=(ANY,))
    assert authorize(Request(BOB, "kms:Decrypt", resource), environment).answer.is_open


LONG = "*" * 10_000


@pytest.mark.parametrize(
    "statements",
    [
        [{**NAMED, "Action": LONG}],
        [{**NAMED, "Resource": "*a" * 5_000}],
        [{**NAMED, "Condition": {"StringLike": {"aws:PrincipalTag/a": LONG}}}],
        [{**NAMED, "Condition": {"StringLike": {"aws:PrincipalTag/a": "*x?" * 3_000}}}],
        [{**NAMED, "Condition": {"ArnLike": {"aws:PrincipalTag/a": ":".join([LONG] * 7)}}}],
        [{**NAMED, "Condition": {"StringEquals": {"aws:PrincipalTag/a": "${" * 5_000}}}],
        [{**NAMED, "Action": [f"kms:A{number}" for number in range(19_000)]}],
        [allow(aws(f"arn:aws:iam::111122223333:user/u{number}")) for number in range(800)],
        [{**NAMED, "Condition": {"StringLike": {f"k:{n}": "*" for n in range(10_000)}}}],
    ],
)
def test_a_huge_policy_ends_quickly(statements: list[Any]) -> None:
    document = policy(*statements)
    request = Request(BOB, "kms:Decrypt", KEY, {"aws:PrincipalTag/a": ("xy" * 500,)})
    start = time.monotonic()
    authorize(request, Environment(key_policy=document, identity=(document,), scps=((document,),)))
    assert time.monotonic() - start < SECONDS


_ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(["*", "Allow", "Deny", BOB, ROOT, EVE, "kms:*", "${aws:username}", "", "x:y"]),
)
_NAMES = st.sampled_from(
    [
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "AWS",
        "Service",
        "StringLike",
        "Null",
        "ForAllValues:ArnLike",
        "IpAddress",
        "aws:PrincipalArn",
        "aws:TagKeys",
        "Statement",
        "Version",
        "Sid",
        "DateLessThan",
    ]
)
_ANYTHING = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=5)
    ),
    max_leaves=25,
)
_STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny", "Maybe", 1])},
    optional={
        "Principal": _ANYTHING,
        "NotPrincipal": _ANYTHING,
        "Action": st.one_of(st.just("*"), _ANYTHING),
        "Resource": st.one_of(st.just("*"), _ANYTHING),
        "NotResource": _ANYTHING,
        "Condition": _ANYTHING,
    },
)


def read(found: Any) -> PolicyDocument | None:
    parsed = parse_document(text(json.dumps(found)))
    return parsed if isinstance(parsed, PolicyDocument) else None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"Statement": st.lists(st.one_of(_STATEMENTS, _ANYTHING))})),
    st.sampled_from([BOB, SESSION, ROOT, EVE, "sns.amazonaws.com", "x"]),
    st.sampled_from(["kms:Decrypt", "kms:CreateKey", "kms:CreateAlias", "kms:RetireGrant", "x"]),
)
def test_no_exception_leaves(found: list[Any], principal: str, action: str) -> None:
    documents = tuple(one for one in map(read, found) if one is not None)
    first = documents[0] if documents else None
    environment = Environment(
        first,
        documents,
        first,
        first,
        (documents,),
        (documents,),
        first,
        (Grant(BOB, frozenset()),),
    )
    context = {"aws:PrincipalArn": (BOB,), "aws:TagKeys": ("a", "")}
    decision = authorize(Request(principal, action, KEY, context), environment)
    assert decision.answer.is_yes or decision.missing
