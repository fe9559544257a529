"""`UnitAccess` where something that would decide is not certain, and what is blamed for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.access.units import (
    APP,
    BOUNDED,
    NAMED,
    ROOT,
    Statement,
    allow,
    blamed,
    boundary,
    can,
    deny,
    grant,
    key,
    policy,
    reasons,
    role,
    unit_of,
)

# -- a boundary outside the templates ----------------------------------------------------------------

BOB = """
variable "b" {}
resource "aws_iam_user" "bob" {
  name                 = "bob"
  permissions_boundary = %s
}
"""


@pytest.mark.parametrize(
    ("written", "blame"),
    [
        ("var.b", "var.b"),
        (
            '"arn:aws:iam::111122223333:policy/elsewhere"',
            "arn:aws:iam::111122223333:policy/elsewhere",
        ),
    ],
)
def test_a_boundary_that_is_not_known_may_deny(tmp_path: Path, written: str, blame: str) -> None:
    """A key policy that names a user is not limited by a boundary's Allows, but by its Denies."""
    statement = allow(Principal={"AWS": "<aws_iam_user.bob.arn>"})
    ruling = can(unit_of(tmp_path, BOB % written + key(statement)), "aws_iam_user.bob", "Decrypt")
    assert ruling.answer.is_open
    assert blamed(ruling) == {blame}


# -- resources that may not exist --------------------------------------------------------------------

COUNT = 'variable "n" {}\n'
MAYBE = "count = var.n"


def test_a_grant_that_may_not_exist_is_no_yes(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, COUNT + key(ROOT) + role() + grant(more=MAYBE))
    ruling = can(unit, APP, "Decrypt")
    assert ruling.answer.is_open
    assert "var.n" in blamed(ruling)


def attached(statement: Statement) -> str:
    return (
        f'resource "aws_iam_role_policy" "more" {{\n  {MAYBE}\n  role = aws_iam_role.app.id\n'
        f"  policy = {policy(statement)}\n}}\n"
    )


def test_a_policy_that_may_not_exist_is_no_yes(tmp_path: Path) -> None:
    ruling = can(unit_of(tmp_path, COUNT + key(ROOT) + role() + attached(allow())), APP, "Decrypt")
    assert ruling.answer.is_open
    assert "var.n" in blamed(ruling)


# -- what AWS does not document ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (
            role(more=BOUNDED) + boundary(allow(Action="s3:*")) + grant(),
            "whether boundaries and session policies limit grants is not documented",
        ),
        (
            role() + grant("arn:aws:iam::111122223333:root"),
            "what a grant to an account gives to its principals is not documented",
        ),
        (role() + grant("*"), "KMS takes no such grantee"),
        (role(allow(Principal="*")), "IAM refuses a Principal in such a policy"),
        (role(allow(), deny(Principal="*")), "IAM refuses a Principal in such a policy"),
    ],
)
def test_what_is_not_documented_is_blamed(tmp_path: Path, written: str, reason: str) -> None:
    ruling = can(unit_of(tmp_path, key(ROOT) + written), APP, "Decrypt")
    assert ruling.answer.is_open
    assert reasons(ruling) == {reason}


def test_a_sure_way_beside_a_doubtful_one_is_found(tmp_path: Path) -> None:
    doubtful = role(allow(Principal="*"), allow(Action="kms:Decrypt")) + grant("*")
    assert can(unit_of(tmp_path, key(ROOT) + doubtful), APP, "Decrypt").answer.is_yes


def test_a_grant_that_makes_grants_under_constraints(tmp_path: Path) -> None:
    constraints = 'constraints {\n    encryption_context_subset = { a = "b" }\n  }'
    made = grant(operations=("CreateGrant", "Decrypt"), more=constraints)
    unit = unit_of(tmp_path, key(ROOT) + role() + made)
    ruling = can(unit, APP, "CreateGrant")
    assert ruling.answer.is_open
    assert "constraints must be as strict" in " ".join(reasons(ruling))
    assert can(unit, APP, "Decrypt").answer.is_yes


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [("", "yes"), (BOUNDED, "no")],
    ids=["no boundary", "a boundary"],
)
def test_a_deny_with_not_principal_catches_whoever_has_a_boundary(
    tmp_path: Path, limits: str, verdict: str
) -> None:
    spared = {"AWS": ["<aws_iam_role.app.arn>", "arn:aws:iam::111122223333:root"]}
    statements = key(NAMED, deny(NotPrincipal=spared))
    unit = unit_of(tmp_path, statements + role(more=limits) + boundary(allow()))
    ruling = can(unit, APP, "Decrypt")
    assert ruling.answer.verdict.value == verdict
    assert ruling.blocked_by == ("explicit-deny" if verdict == "no" else None)
