"""What symbols may turn out to be: each guess, and what questions make of them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from kmsiac import access
from kmsiac.access.guesses import MOST, guesses
from kmsiac.access.patterns_met import met
from kmsiac.access.place import Place
from kmsiac.access.trust import NOBODY, Trusted
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Provider
from kmsiac.values import Part, Symbol, Text, Unknown
from tests.access.written import ARN, KNOWN, OWN, OWNER, PARTS, allow, deny, document, symbol

HERE, PLACE = Place("key", OWN), Place("key", KNOWN)
PARTNER = PARTS["partner"]
ACCOUNTS = [f"5000000000{at:02d}" for at in range(30)]


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def role(name: Part, reference: str, origin: str = "resource") -> Symbol:
    shape = Text(["arn:aws:iam::111122223333:role/", name])
    return Symbol("role_arn", reference, OWNER, origin, shape, address=reference[:-4])


def written(*statements: dict[str, Any], **parts: Part) -> PolicyDocument:
    """A document in which `@name@` stands for a part."""
    pieces = re.split(r"@(\w+)@", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    text = Text([parts[one] if at % 2 else one for at, one in enumerate(pieces)])
    parsed = parse_document(text)
    assert isinstance(parsed, PolicyDocument)
    return parsed


def of(parsed: PolicyDocument, provider: Provider = OWN, **how: Any) -> list[dict[str, str]]:
    how = {"accounts": True, "trusted": NOBODY, **how}
    trusted = how.pop("trusted")
    found = guesses([parsed], provider, trusted, **how)
    return [{one.reference: str(what) for one, what in guess.equal} for guess in found.found]


OWN_ACCOUNT = "data.aws_caller_identity.current.account_id"
OWN_REGION = "data.aws_region.current.name"


# -- the own account and Region --------------------------------------------------------------------


def test_nothing_spelt_leaves_nothing_to_guess() -> None:
    assert of(document(allow())) == [{}]


def test_accounts_come_first_then_regions_then_both() -> None:
    parsed = document(allow(Resource="arn:aws:kms:eu-west-1:444455556666:key/*"))
    assert of(parsed) == [
        {},
        {OWN_ACCOUNT: "444455556666"},
        {OWN_REGION: "eu-west-1"},
        {OWN_ACCOUNT: "444455556666", OWN_REGION: "eu-west-1"},
    ]


def test_a_trusted_account_is_not_the_own_one() -> None:
    trusted = Trusted(frozenset({"444455556666"}), frozenset())
    assert of(document(allow(Principal={"AWS": root("444455556666")})), trusted=trusted) == [{}]


def test_many_are_cut() -> None:
    parsed = document(allow(Principal={"AWS": [root(one) for one in ACCOUNTS]}))
    found = guesses([parsed], OWN, NOBODY, accounts=True)
    assert (len(found.found), found.cut) == (MOST, True)
    few = guesses([parsed], KNOWN, NOBODY, accounts=True)
    assert (len(few.found), few.cut) == (1, False)


# -- a cut list settles nothing --------------------------------------------------------------------


def test_who_administers_is_open_where_the_last_of_many_may_be_the_own_account() -> None:
    parsed = document(
        allow(Principal={"AWS": [root(one) for one in ACCOUNTS[:-1]]}, Action="kms:Decrypt"),
        allow(Principal={"AWS": root(ACCOUNTS[-1])}),
    )
    level, blame = access.administrable([parsed], HERE)
    assert level is None
    assert "--account-id" in " ".join(one.reason for one in blame)
    assert access.administrable([parsed], PLACE)[0] == "none"
    assert access.delegated_actions(parsed, HERE).certain == frozenset()
    assert "kms:PutKeyPolicy" in access.delegated_actions(parsed, HERE).possible


def test_all_of_many_accounts_may_be_the_own_one() -> None:
    parsed = document(
        allow(Principal={"AWS": [root(one) for one in ACCOUNTS]}, Action="kms:Decrypt")
    )
    found = [one.answer.verdict.value for one in access.external(parsed, HERE)]
    assert found == ["cannot-tell"] * 30
    found = [one.answer.verdict.value for one in access.external(parsed, PLACE)]
    assert found == ["yes"] * 30


def test_public_hangs_on_no_caller() -> None:
    parsed = document(*(allow(Principal={"AWS": root(one)}) for one in ACCOUNTS), allow())
    assert access.public(parsed, None, OWN, NOBODY).is_yes


# -- symbols that may be the own account -----------------------------------------------------------

CLOSED = deny({"StringNotEquals": {"aws:PrincipalAccount": "<partner>"}})


def test_a_parameter_may_be_the_own_account() -> None:
    parsed = document(allow(Principal={"AWS": root("<own>")}), CLOSED)
    answer = access.shadowed(parsed, parsed.statements[0], HERE)
    assert {one.expression for one in answer.blame} == {"var.partner"}
    level, blame = access.administrable([parsed], HERE)
    assert level is None
    assert {one.expression for one in blame} == {"var.partner"}


@pytest.mark.parametrize("place", [HERE, PLACE])
def test_a_parameter_outside_may_be_inside(place: Place) -> None:
    (one,) = access.external(document(allow(Principal={"AWS": root("<partner>")})), place)
    assert one.answer.is_open
    assert {blame.expression for blame in one.answer.blame} == {"var.partner"}


def test_a_parameter_may_be_an_account_that_is_spelt() -> None:
    parsed = document(allow(Principal={"AWS": root("444455556666")}), CLOSED)
    assert access.shadowed(parsed, parsed.statements[0], PLACE).is_open


def test_what_no_parameter_decides_stays_decided() -> None:
    parsed = document(
        allow(Principal={"AWS": root("<own>")}),
        allow(Principal={"AWS": root("<partner>")}, Action="kms:Decrypt"),
    )
    assert access.administrable([parsed], HERE) == ("delegated", frozenset())
    assert access.shadowed(parsed, parsed.statements[1], HERE).is_no


def test_two_parameters_may_be_one_account() -> None:
    other = symbol("account_id", "var.other", "parameter")
    parsed = written(
        allow(Principal={"AWS": root("@a@")}),
        deny({"StringNotEquals": {"aws:PrincipalAccount": "@b@"}}),
        a=PARTNER, b=other,
    )  # fmt: skip
    assert access.shadowed(parsed, parsed.statements[0], PLACE).is_open
    assert {OWN_ACCOUNT} not in [set(one) for one in of(parsed)]
    assert {"var.other": "${var.partner}"} in of(parsed)


def test_public_asks_about_symbols_of_the_resource_only() -> None:
    parsed = document(allow(), CLOSED)
    assert of(parsed, accounts=False) == [{}]
    owner = deny({"StringNotEquals": {"aws:ResourceAccount": "<partner>"}})
    assert len(of(document(allow(), owner), accounts=False)) == 2
    assert access.public(document(allow(), owner), None, KNOWN, NOBODY).is_open


# -- symbols that may be another role --------------------------------------------------------------

APP = role("app", "aws_iam_role.app.arn")
LOOKED_UP = role(symbol("role_name", "data.aws_iam_role.x.name", "data"), "data.aws_iam_role.x.arn", "data")  # fmt: skip


def test_a_role_that_is_looked_up_may_be_one_that_is_made() -> None:
    parsed = written(
        allow(Principal={"AWS": "@app@"}),
        deny({"ArnNotEquals": {ARN: "@other@"}}),
        app=APP, other=LOOKED_UP,
    )  # fmt: skip
    answer = access.shadowed(parsed, parsed.statements[0], PLACE)
    assert answer.is_open
    assert {one.expression for one in answer.blame} == {"data.aws_iam_role.x.name"}


def test_two_roles_that_are_made_differ() -> None:
    parsed = written(
        allow(Principal={"AWS": "@app@"}),
        deny({"ArnNotEquals": {ARN: "@other@"}}),
        app=APP, other=role("ops", "aws_iam_role.ops.arn"),
    )  # fmt: skip
    assert access.shadowed(parsed, parsed.statements[0], PLACE).is_yes


UNNAMED = role(Unknown("var.p", "variable has no default"), "aws_iam_role.app.arn")


@pytest.mark.parametrize(
    ("spelt", "verdict"),
    [
        ("role/app", "cannot-tell"),
        ("role/team-*", "cannot-tell"),
        ("role/*", "no"),
        ("role/aws-reserved/sso.amazonaws.com/*", "yes"),
        ("user/*", "yes"),
    ],
)
def test_a_name_that_is_not_known_may_be_one_that_is_spelt(spelt: str, verdict: str) -> None:
    parsed = written(
        allow(Principal={"AWS": "@app@"}),
        deny({"ArnNotLike": {ARN: f"arn:aws:iam::111122223333:{spelt}"}}),
        app=UNNAMED,
    )
    answer = access.shadowed(parsed, parsed.statements[0], PLACE)
    assert answer.verdict.value == verdict


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        ("a", "a", "a"),
        ("a", "b", None),
        ("a*", "*b", "ab"),
        ("key/*", "key/mrk-*", "key/mrk-"),
        ("a?c", "ab*", "abc"),
        ("role/*-app", "role/prod-*", "role/prod-app"),
        ("a*", "b*", None),
        ("", "*", ""),
        ("?", "", None),
    ],
)
def test_what_two_patterns_match(left: str, right: str, both: str | None) -> None:
    assert met(left, right) == both
    assert met(right, left) == both
