"""`external`: whom outside the account a key policy lets in, and how each is printed."""

from __future__ import annotations

from typing import Any

import pytest

from kmsiac import access
from kmsiac.access import Trusted
from kmsiac.access.place import Place
from tests.access.written import ARN, CALLER, KNOWN, ORG, OWN, ROOT, allow, deny, document

KEY = Place("key", KNOWN)
PARTNER = "arn:aws:iam::444455556666:root"
ROLE = "arn:aws:iam::444455556666:role/partner"
IN_ORGANIZATION = {"StringEquals": {ORG: "o-abcdefghij"}}


def outsiders(*statements: dict[str, Any], place: Place = KEY) -> list[tuple[str, str, str]]:
    found = access.external(document(*statements), place)
    return [(one.kind, one.name, one.answer.verdict.value) for one in found]


@pytest.mark.parametrize(
    ("expected", "statements"),
    [
        ([], [ROOT]),
        ([("anyone", "*", "yes")], [ROOT, allow()]),
        ([("account", "444455556666", "yes")], [allow(Principal={"AWS": PARTNER})]),
        (
            # Whether services carry the key is not documented.
            [("account", "444455556666", "yes"), ("service", "*", "cannot-tell")],
            [allow({"StringEquals": {CALLER: "444455556666"}})],
        ),
        (
            [("role", "arn:aws:iam::444455556666:role/ci", "yes")],
            [allow(Principal={"AWS": "arn:aws:iam::444455556666:role/ci"})],
        ),
        ([("organization", "o-abcdefghij", "yes")], [allow({"StringEquals": {ORG: "o-abcdefghij"}})]),
        ([("service", "s3.amazonaws.com", "yes")], [allow(Principal={"Service": "s3.amazonaws.com"})]),
        ([], [allow(), deny({"StringNotEquals": {ORG: "o-abcdefghij"}}), deny({"Null": {"aws:SecureTransport": "false"}})]),
        ([("service", "*", "yes")], [allow({"Bool": {"aws:PrincipalIsAWSService": "true"}})]),
    ],
)  # fmt: skip
def test_outsiders(expected: list[tuple[str, str, str]], statements: list[dict[str, Any]]) -> None:
    assert outsiders(*statements) == expected


def test_anyone_through_a_fixed_endpoint_needs_that_endpoint() -> None:
    parsed = document(ROOT, allow({"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}))
    (one,) = access.external(parsed, KEY)
    assert one.kind == "anyone"
    assert [(need.key, need.values) for need in one.needs] == [
        ("aws:SourceVpce", ("vpce-0123456789abcdef0",))
    ]


def test_trusted_ones_are_not_outside() -> None:
    trusted = Trusted(frozenset({"444455556666"}), frozenset({"o-abcdefghij"}))
    statements = [
        allow(Principal={"AWS": PARTNER}),
        allow({"StringEquals": {ORG: "o-abcdefghij"}}),
    ]
    assert outsiders(*statements, place=Place("key", KNOWN, trusted)) == []


def test_an_account_that_may_be_the_own_one_is_open() -> None:
    found = outsiders(allow(Principal={"AWS": PARTNER}), place=Place("key", OWN))
    assert found == [("account", "444455556666", "cannot-tell")]


# -- principals and what else must hold of them ------------------------------------------------------


@pytest.mark.parametrize("principal", ["*", {"AWS": PARTNER}])
@pytest.mark.parametrize(
    ("condition", "kind", "name"),
    [
        ({"ArnEquals": {ARN: ROLE}}, "role", ROLE),
        ({"StringEquals": {ARN: ROLE}}, "role", ROLE),
        ({"ArnLike": {ARN: ROLE}}, "role", ROLE),
        (
            {"StringEquals": {ARN: "arn:aws:iam::444455556666:user/bob"}},
            "user",
            "arn:aws:iam::444455556666:user/bob",
        ),
        (
            {"ArnEquals": {ARN: "arn:aws:iam::444455556666:role/team/ci"}},
            "role",
            "arn:aws:iam::444455556666:role/team/ci",
        ),
    ],
)
def test_a_principal_that_only_a_condition_names(
    principal: Any, condition: dict[str, Any], kind: str, name: str
) -> None:
    """The way to trust a role that does not exist yet: as a principal KMS would refuse it."""
    found = outsiders(allow(condition, Principal=principal))
    assert (kind, name, "yes") in found
    assert not [one for one in found if one[0] in ("anyone", "account")]


@pytest.mark.parametrize("principal", ["*", {"AWS": PARTNER}])
def test_a_pattern_of_roles_is_their_account(principal: Any) -> None:
    condition = {"ArnLike": {ARN: "arn:aws:iam::444455556666:role/team/*"}}
    assert ("account", "444455556666", "yes") in outsiders(allow(condition, Principal=principal))


def test_a_condition_on_a_role_of_the_own_account_lets_nobody_in() -> None:
    condition = {"ArnEquals": {ARN: "arn:aws:iam::111122223333:role/app"}}
    assert not [one for one in outsiders(allow(condition)) if one[0] != "service"]


@pytest.mark.parametrize(
    "statements",
    [
        [allow(IN_ORGANIZATION, Principal={"AWS": ROLE})],
        [allow(Principal={"AWS": ROLE}), deny({"StringNotEquals": {ORG: "o-abcdefghij"}})],
        [allow({"Null": {ORG: "true"}}, Principal={"AWS": ROLE})],
        [allow({"Null": {ORG: "false"}}, Principal={"AWS": ROLE})],
    ],
    ids=["of it", "not outside it", "of none", "of any"],
)
def test_a_named_principal_may_be_of_any_organization(statements: list[dict[str, Any]]) -> None:
    assert outsiders(*statements) == [("role", ROLE, "yes")]


def test_a_named_principal_that_every_organization_is_denied() -> None:
    both = [deny({"Null": {ORG: "true"}}), deny({"StringLike": {ORG: "*"}})]
    assert outsiders(allow(Principal={"AWS": ROLE}), *both) == []


@pytest.mark.parametrize("tail", ["assumed-role/ci/s", "federated-user/bob"])
def test_sessions_by_their_arn(tail: str) -> None:
    session = f"arn:aws:sts::444455556666:{tail}"
    assert outsiders(allow(Principal={"AWS": session})) == [("session", session, "yes")]


# -- names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [KEY, Place("key", OWN)], ids=["known", "symbolic"])
@pytest.mark.parametrize(
    ("statement", "kind", "name"),
    [
        (allow(Principal={"AWS": "arn:aws:iam::<partner>:root"}), "account", "${var.partner}"),
        (allow(Principal={"AWS": "<partner>"}), "account", "${var.partner}"),
        (allow({"StringEquals": {CALLER: "<partner>"}}), "account", "${var.partner}"),
        (
            allow(Principal={"AWS": "arn:aws:iam::<partner>:role/ci"}),
            "role",
            "arn:aws:iam::${var.partner}:role/ci",
        ),
        (
            allow(Principal={"AWS": "arn:aws:iam::<partner>:user/team/bob"}),
            "user",
            "arn:aws:iam::${var.partner}:user/team/bob",
        ),
    ],
)
def test_parameters_are_printed_by_reference(
    statement: dict[str, Any], kind: str, name: str, place: Place
) -> None:
    """It may be the own account, so it is open; and its made-up digits are shown to nobody."""
    found = outsiders(statement, place=place)
    assert (kind, name, "cannot-tell") in found
    assert not [one for one in found if one[0] in ("account", "role", "user") and one[1] != name]


def test_needs_and_blame_speak_in_references() -> None:
    statement = allow({"StringEquals": {ORG: "<u>"}}, Principal={"AWS": ROLE})
    (one,) = access.external(document(statement), KEY)
    assert one.answer.is_open
    assert {blame.expression for blame in one.answer.blame} == {"var.u"}


def test_the_order_of_statements_does_not_count() -> None:
    one = allow({"StringNotLike": {"aws:username": "b*"}}, Action="kms:Decrypt")
    two = allow(
        {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-abcdefghij"}}, Action="kms:*Grant*"
    )
    place = Place("key", KNOWN)
    found = [
        {(outsider.kind, outsider.name) for outsider in access.external(document(*order), place)}
        for order in ((one, two), (two, one))
    ]
    assert found[0] == found[1] == {("anyone", "*")}
