"""Which keys, Regions and accounts the statements of identity and endpoint policies are asked about."""

from __future__ import annotations

import string
from typing import Any

import pytest

from kmsiac import access
from kmsiac.access.place import Ask, Place
from kmsiac.policy.document import Condition
from kmsiac.values import Answer
from tests.access.written import ARN, KNOWN, OWN, allow, deny, document

IDENTITY = Place("identity", KNOWN)
SYMBOLIC = Place("identity", OWN)
ENDPOINT = Place("endpoint", KNOWN)
REGION = "aws:RequestedRegion"
OWNER = "aws:ResourceAccount"
MINE = "arn:aws:kms:eu-west-1:111122223333"
Written = dict[str, Any]


def may(condition: Written | None = None, **elements: Any) -> Written:
    return allow(condition, **{"Principal": None, "Action": "kms:Decrypt", **elements})


def never(condition: Written | None = None, **elements: Any) -> Written:
    resource = None if "NotResource" in elements else "*"
    return deny(condition, **{"Principal": None, "Resource": resource, **elements})


def allows(
    statements: list[Written],
    place: Place = IDENTITY,
    action: str = "Decrypt",
    to: Any = "any",
    free: tuple[str, ...] = (),
) -> Answer:
    written = document(*statements)
    ask = Ask(frozenset({f"kms:{action}"}), to=to, free=frozenset(free))
    return access.allows(written, written.statements[0], place, ask)


def shadowed(statements: list[Written], place: Place = IDENTITY) -> Answer:
    written = document(*statements)
    return access.shadowed(written, written.statements[0], place)


def satisfiable(statement: Written, place: Place = IDENTITY) -> Answer:
    written = document(statement)
    condition = written.statements[0].conditions[0]
    assert isinstance(condition, Condition)
    return access.satisfiable(written, written.statements[0], condition, place)


# -- Regions -----------------------------------------------------------------------------------------

GUARD = never({"StringNotEquals": {REGION: "us-east-1"}})


@pytest.mark.parametrize("place", [IDENTITY, SYMBOLIC], ids=["known", "symbolic"])
@pytest.mark.parametrize(
    "statements",
    [
        [may(), GUARD],
        [may(), never({"StringNotLike": {REGION: "us-*"}})],
        [may(), never(Resource="arn:aws:kms:eu-west-1:*:*")],
        [may(Resource="arn:aws:kms:*:*:key/*"), never(NotResource="arn:aws:kms:us-*:*:key/mrk-*")],
        [may({"StringEquals": {REGION: "ap-south-1"}}), never(Resource="arn:aws:kms:eu-*")],
        [may({"StringEquals": {REGION: ["eu-west-1", "us-east-1"]}}), GUARD],
    ],
)
def test_an_identity_calls_in_every_region(statements: list[Written], place: Place) -> None:
    assert allows(statements, place).is_yes
    assert shadowed(statements, place).is_no


def test_a_region_that_no_statement_leaves() -> None:
    both = [GUARD, never({"StringEquals": {REGION: "us-east-1"}})]
    assert allows([may(), *both]).is_no
    assert shadowed([may(), *both]).is_yes
    assert allows([may(Resource=f"{MINE}:key/a"), GUARD]).is_no


def test_actions_without_a_resource_have_a_region() -> None:
    lists = may(Action="kms:ListKeys")
    assert allows([lists, GUARD], action="ListKeys").is_yes
    assert allows([lists, GUARD, never(Resource="*")], action="ListKeys").is_no


@pytest.mark.parametrize("place", [IDENTITY, SYMBOLIC], ids=["known", "symbolic"])
def test_a_condition_on_another_region_can_be_met(place: Place) -> None:
    assert satisfiable(may({"StringEquals": {REGION: "us-east-1"}}), place).is_yes


def test_an_endpoint_is_in_one_region() -> None:
    assert allows([allow(), deny({"StringNotEquals": {REGION: "us-east-1"}})], ENDPOINT).is_no
    assert allows([allow(), deny({"StringNotEquals": {REGION: "eu-west-1"}})], ENDPOINT).is_yes


def test_an_endpoint_reaches_keys_of_other_accounts() -> None:
    theirs = deny({"StringNotEquals": {OWNER: "444455556666"}})
    assert allows([allow(), theirs], ENDPOINT).is_yes
    assert allows([allow(), theirs, deny(Resource="arn:aws:kms:*:444455556666:*")], ENDPOINT).is_no
    own = deny({"StringNotEquals": {OWNER: "${aws:PrincipalAccount}"}})
    stranger = allows([allow(), own], ENDPOINT, to="external", free=(OWNER,))
    assert stranger.is_yes  # with a key of the stranger's own
    assert allows([allow(), own], ENDPOINT, to="local", free=(OWNER,)).is_no
    assert allows([allow(), own, deny({"StringEquals": {OWNER: "111122223333"}})], ENDPOINT).is_yes


# -- accounts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [IDENTITY, SYMBOLIC], ids=["known", "symbolic"])
def test_keys_of_an_account_that_is_spelt(place: Place) -> None:
    theirs = {"StringEquals": {OWNER: "444455556666"}}
    assert allows([may(theirs)], place).is_yes
    assert satisfiable(may(theirs), place).is_yes
    others = never({"StringNotEquals": {OWNER: ["444455556666", "777788889999"]}})
    assert allows([may(), others], place).is_yes
    assert allows([may(), never(NotResource="arn:aws:kms:*:444455556666:*")], place).is_yes


def test_keys_of_the_callers_account() -> None:
    own = {"StringEquals": {OWNER: "${aws:PrincipalAccount}"}}
    assert allows([may(own)]).is_yes
    assert allows([may(own)], free=(OWNER,)).is_no
    assert allows([may(), never(own)]).is_yes
    assert allows([may(own), never({"StringNotEquals": {OWNER: "444455556666"}})]).is_no


def test_the_owner_of_a_foreign_key_may_be_in_another_organization() -> None:
    key = "aws:ResourceOrgID"
    other = {"StringNotEquals": {key: "${aws:PrincipalOrgID}"}, "Null": {key: "false"}}
    assert satisfiable(may(other)).is_yes
    assert allows([may({**other, "StringEquals": {OWNER: "${aws:PrincipalAccount}"}})]).is_no


# -- many, and what patterns tell apart ----------------------------------------------------------------

KEYS = [f"{MINE}:key/{n}" for n in range(30)]


def test_buckets_do_not_count() -> None:
    buckets = [f"arn:aws:s3:::bucket-{n}" for n in range(100)]
    assert allows([may(Resource=[*buckets, f"{MINE}:key/abc"])]).is_yes


def test_each_key_that_a_deny_tells_apart_is_asked_about() -> None:
    assert shadowed([may(Resource=KEYS), never(Resource=KEYS[:24])]).is_no
    assert shadowed([may(Resource=KEYS), never(Resource=KEYS)]).is_yes
    one_by_one = [never(Resource=key) for key in KEYS[:-1]]
    assert shadowed([may(Resource=KEYS), *one_by_one]).is_no


@pytest.mark.parametrize(
    "allowed, denied",
    [
        ("key/a*", "key/ax*"),
        ("key/?", "key/x"),
        ("key/*", "key/x"),
        ("key/*", "key/00000000-*"),
        ("alias/app-*", "alias/*-x"),
    ],
)
def test_a_deny_of_some_of_what_a_wildcard_means(allowed: str, denied: str) -> None:
    action = "kms:CreateAlias"
    statements = [
        may(Action=action, Resource=f"{MINE}:{allowed}"),
        never(Resource=f"{MINE}:{denied}"),
    ]
    assert allows(statements, action="CreateAlias").is_yes


def test_what_two_patterns_share() -> None:
    both = [
        may(Action="kms:CreateAlias", Resource=f"{MINE}:alias/prod-*"),
        never(NotResource="*-app"),
    ]
    assert allows(both, action="CreateAlias").is_yes
    assert allows([*both, never(Resource="*prod-*app")], action="CreateAlias").is_no


def test_more_kinds_of_keys_than_are_tried_stay_open() -> None:
    letters = string.ascii_letters + string.digits + "_-/"
    many = [may(Resource=f"{MINE}:key/{n}-*") for n in range(100)]
    ends = [f"*{letter}" for letter in letters]
    assert allows([may(), never(Resource=ends)]).is_no
    answer = allows([may(), *many, never(Resource=ends)])
    assert answer.is_open
    assert {blame.reason for blame in answer.blame} == {"too complex to decide"}
    assert allows([may(), *many, never(Resource=ends[1:])]).is_yes


def test_keys_that_are_spelt_stand_for_themselves_only() -> None:
    letters = string.ascii_letters + string.digits + "-_"
    short = [f"arn:aws:kms:*:*:key/{letter}" for letter in letters]
    spelt = [f"{MINE}:key/{letter}{letter}" for letter in letters]
    assert allows([may(Resource=f"{MINE}:key/*"), never(Resource=[*short, *spelt])]).is_yes


def test_more_partitions_than_there_are_stay_open() -> None:
    nowhere = [f"arn:aws-{n}:kms:*:*:key/*" for n in range(20)]
    answer = allows([may(Resource="arn:aws-19:kms:*:*:*"), never(Resource=nowhere)])
    assert answer.is_open


# -- policy variables ----------------------------------------------------------------------------------

TAGGED = "key/${aws:PrincipalTag/k}"


def test_a_variable_in_resource_may_be_anything() -> None:
    answer = allows([may(Resource=f"arn:aws:kms:*:*:{TAGGED}")])
    assert answer.is_open
    (blame,) = answer.blame
    assert blame.expression == f"arn:aws:kms:*:*:{TAGGED}"
    assert "PrincipalTag" in blame.expression
    assert allows([may(Resource=f"arn:aws:s3:::{TAGGED}")]).is_no


@pytest.mark.parametrize("spelt", [TAGGED, "key/${aws:PrincipalTag/k, 'abc'}"])
def test_a_variable_in_the_resource_of_a_deny(spelt: str) -> None:
    key = may(Resource=f"{MINE}:key/abc")
    assert allows([key, never(Resource=f"{MINE}:{spelt}")]).is_open
    assert allows([key, never(Resource=f"arn:aws:kms:us-east-1:*:{spelt}")]).is_yes
    assert allows([key, never(NotResource=f"{MINE}:{spelt}")]).is_open


def test_the_callers_account_as_a_variable() -> None:
    own = "arn:aws:kms:*:${aws:PrincipalAccount}:key/*"
    assert allows([may(Resource=own)]).is_yes
    assert allows([may(Resource=own), never({"StringNotEquals": {OWNER: "444455556666"}})]).is_no
    assert allows([may(), never(NotResource=own)]).is_yes
    assert allows([may(), never(NotResource=own), never(Resource=own)]).is_no


def test_a_variable_is_plain_text_before_2012() -> None:
    written = document(may(Resource=f"arn:aws:kms:*:*:{TAGGED}"), version="2008-10-17")
    ask = Ask(frozenset({"kms:Decrypt"}))
    assert access.allows(written, written.statements[0], IDENTITY, ask).is_no


def test_a_principal_arn_beside() -> None:
    """Callers are told apart as before: a Region decides nothing about them."""
    only = {"ArnNotEquals": {ARN: "arn:aws:iam::111122223333:role/admin"}}
    assert allows([may(), never(only), GUARD]).is_yes
