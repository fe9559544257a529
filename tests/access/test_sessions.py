"""Sessions of roles: their ARN does not show the path of the role."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac import access
from kmsiac.access.place import Ask, Place
from tests.access import units, written
from tests.access.units import APP, NAMED, can, key, named, role, unit_of

SESSION = "arn:aws:sts::111122223333:assumed-role/app/s1"
SSO = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_abc/jo"
RESERVED = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*"
TEAM = 'path = "/team/"'


def like(arn: str) -> units.Statement:
    condition = {"ArnLike": {"aws:PrincipalArn": arn}}
    return units.allow(Principal="*", Condition=condition)


@pytest.mark.parametrize(
    ("session", "verdict"),
    [
        (SESSION, "yes"),
        ("arn:aws:sts::111122223333:assumed-role/other/s1", "no"),
        ("arn:aws:sts::444455556666:assumed-role/app/s1", "no"),
    ],
)
def test_a_role_that_is_named_is_named_in_all_its_sessions(
    tmp_path: Path, session: str, verdict: str
) -> None:
    unit = unit_of(tmp_path, key(NAMED) + role())
    assert can(unit, named("session", session), "Decrypt").answer.verdict.value == verdict


def test_a_session_that_is_named_is_one_session(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(units.allow(Principal={"AWS": SESSION})) + role())
    assert can(unit, named("session", SESSION), "Decrypt").answer.is_yes
    another = can(unit, named("session", SESSION[:-1] + "2"), "Decrypt")
    assert another.answer.is_no
    assert another.blocked_by == "key-policy"


def test_the_path_of_a_session_is_not_known(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(like(RESERVED)))
    assert can(unit, named("session", SSO), "Decrypt").answer.is_open


@pytest.mark.parametrize(
    "pattern",
    [
        "arn:aws:iam::111122223333:role/aws-reserved/*/other",
        "arn:aws:iam::444455556666:role/aws-reserved/*",
        "arn:aws:iam::111122223333:user/*",
    ],
)
def test_what_no_path_makes_true_is_a_no(tmp_path: Path, pattern: str) -> None:
    ruling = can(unit_of(tmp_path, key(like(pattern))), named("session", SSO), "Decrypt")
    assert ruling.answer.is_no
    assert ruling.blocked_by == "condition"


@pytest.mark.parametrize("tail", ["role/*", "role/*AWSReservedSSO_Admin_abc"])
def test_what_no_path_changes_is_a_yes(tmp_path: Path, tail: str) -> None:
    unit = unit_of(tmp_path, key(like(f"arn:aws:iam::111122223333:{tail}")))
    assert can(unit, named("session", SSO), "Decrypt").answer.is_yes


def test_a_session_and_the_path_of_its_role_in_one_statement() -> None:
    condition = {"ArnLike": {written.ARN: RESERVED}}
    parsed = written.document(written.allow(condition, Principal={"AWS": SSO}))
    ask = Ask(frozenset({"kms:Decrypt"}))
    answer = access.allows(parsed, parsed.statements[0], Place("key", written.KNOWN), ask)
    assert not answer.is_no


def test_the_path_of_a_role_of_the_unit_is_known(tmp_path: Path) -> None:
    pattern = like("arn:aws:iam::111122223333:role/team/*")
    unit = unit_of(tmp_path, key(pattern) + role(more=TEAM))
    assert can(unit, APP, "Decrypt").answer.is_yes
    other = can(unit_of(tmp_path, key(pattern) + role(more='path = "/x/"')), APP, "Decrypt")
    assert other.answer.is_no
    assert other.blocked_by == "condition"


def test_a_role_by_its_arn_with_and_without_its_path(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(NAMED) + role(more=TEAM))
    assert can(unit, APP, "Decrypt").answer.is_yes
    spelt = named("role", "arn:aws:iam::111122223333:role/team/app")
    assert can(unit, spelt, "Decrypt").answer.is_yes


@pytest.mark.parametrize("tail", ["assumed-role", "assumed-role/", "assumed-role/app", "x/y/z"])
def test_what_is_no_arn_of_a_session_is_open(tmp_path: Path, tail: str) -> None:
    unit = unit_of(tmp_path, key(units.ROOT) + role())
    who = named("session", f"arn:aws:sts::111122223333:{tail}")
    ruling = can(unit, who, "Decrypt")
    assert ruling.answer.is_open
    assert ruling.answer.blame
