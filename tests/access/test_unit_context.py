"""`UnitAccess` asked about a request of which something is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.access.place import Given
from tests.access.units import (
    APP,
    NAMED,
    Statement,
    allow,
    can,
    carrying,
    endpoint,
    endpoint_of,
    key,
    role,
    unit_of,
)


def named(condition: Statement) -> Statement:
    return {**NAMED, "Condition": condition}


# -- endpoints -------------------------------------------------------------------------------------


def test_the_endpoint_of_the_request_is_the_one_given(tmp_path: Path) -> None:
    through = named({"StringEquals": {"aws:SourceVpce": "<aws_vpc_endpoint.e.id>"}})
    unit = unit_of(tmp_path, key(through) + role() + endpoint("e") + endpoint("f"))
    mine, other = (
        can(unit, APP, "Decrypt", given=Given(endpoint=endpoint_of(unit, f"aws_vpc_endpoint.{e}")))
        for e in "ef"
    )
    assert mine.answer.is_yes
    assert mine.needs == ()
    assert other.answer.is_no
    assert other.blocked_by == "condition"
    assert "aws:SourceVpce" in other.mend
    anywhere = can(unit, APP, "Decrypt")
    assert [(need.key, need.values) for need in anywhere.needs] == [
        ("aws:SourceVpce", ("${aws_vpc_endpoint.e.id}",))
    ]


# -- requests that cannot be made ------------------------------------------------------------------

S3 = "s3.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("context", "mend", "why"),
    [
        ({"aws:PrincipalAccount": "999988887777"}, "aws:PrincipalAccount", "the caller's own"),
        ({"kms:CallerAccount": "999988887777"}, "kms:CallerAccount", "the same"),
        (
            {"kms:ViaService": S3, "aws:SourceVpce": "vpce-1"},
            "No request carries both kms:ViaService and aws:SourceVpce: calls that a service",
            "a service comes through no endpoint of the caller",
        ),
    ],
)
@pytest.mark.parametrize("limited", [False, True])
def test_a_context_that_no_request_of_the_caller_has(
    tmp_path: Path, context: dict[str, str], mend: str, why: str, limited: bool
) -> None:
    statement = named({"StringEquals": context}) if limited else NAMED
    ruling = can(
        unit_of(tmp_path, key(statement) + role()), APP, "Decrypt", given=carrying(context)
    )
    assert ruling.answer.is_no, why
    assert ruling.blocked_by == "condition"
    assert mend in ruling.mend


def test_a_strict_request_still_has_what_every_request_has(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(named({"Bool": {"aws:SecureTransport": "true"}})) + role())
    assert can(unit, APP, "Decrypt", given=Given(strict=True)).answer.is_yes
    mfa = unit_of(tmp_path, key(named({"Bool": {"aws:MultiFactorAuthPresent": "true"}})) + role())
    assert can(mfa, APP, "Decrypt", given=Given(strict=True)).answer.is_no


# -- one question after another --------------------------------------------------------------------


def test_an_answer_does_not_hang_on_what_was_asked_before(tmp_path: Path) -> None:
    mine = "o-aaaaaaaaaa"
    open_to = allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": mine}})
    unit = unit_of(tmp_path, key(open_to) + role())
    for at in range(30):
        organization = f"o-b{at:09d}" if at % 2 else mine
        given = carrying(
            {"aws:RequestedRegion": f"eu-west-{at}", "aws:PrincipalOrgID": organization}
        )
        answer = can(unit, APP, "Decrypt", given=given).answer
        assert answer.is_yes == (organization == mine), at


def test_roles_of_one_name_and_two_paths_are_told_apart(tmp_path: Path) -> None:
    """Whichever is asked about first."""
    like = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/a/*"}}
    roles = "".join(
        f'resource "aws_iam_role" "{path}" {{\n  name = "app"\n  path = "/{path}/"\n'
        '  assume_role_policy = "{}"\n}\n'
        for path in "ab"
    )
    unit = unit_of(tmp_path, key(allow(Principal="*", Condition=like)) + roles)
    for path, verdict in (("b", "no"), ("a", "yes"), ("b", "no")):
        answer = can(unit, f"aws_iam_role.{path}", "Decrypt").answer
        assert answer.verdict.value == verdict
