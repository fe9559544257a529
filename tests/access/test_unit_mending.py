"""What a no over a unit is blamed on, and everything that it lacks."""

from __future__ import annotations

from pathlib import Path

from kmsiac.reading.source import NOWHERE
from tests.access import units
from tests.access.units import APP, ROOT, can, carrying, key, role, unit_of

NO_MFA = units.deny(
    Sid="NoMfa",
    Principal="*",
    Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
)
NEVER = units.deny(Sid="Never", Principal="*")


def test_a_deny_that_some_request_passes_is_not_to_blame(tmp_path: Path) -> None:
    ruling = can(unit_of(tmp_path, key(ROOT, NO_MFA) + role()), APP, "Decrypt")
    assert (ruling.answer.is_no, ruling.blocked_by) == (True, "identity-policy")
    assert "NoMfa" not in ruling.mend
    assert "has no identity policy" in ruling.mend
    assert ruling.position == NOWHERE


def test_a_deny_that_nothing_given_passes_is(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(ROOT, NO_MFA) + role(units.allow()))
    given = carrying({"aws:MultiFactorAuthPresent": "false"})
    ruling = can(unit, APP, "Decrypt", given=given)
    assert ruling.blocked_by == "explicit-deny"
    assert ruling.mend == (
        'Statement "NoMfa" of the key policy denies it, but not a request with '
        "Bool aws:MultiFactorAuthPresent [true]: send that, or exempt the request there."
    )
    assert ruling.position != NOWHERE


def test_what_else_is_missing_is_told_at_once(tmp_path: Path) -> None:
    ruling = can(unit_of(tmp_path, key(ROOT, NO_MFA, NEVER) + role()), APP, "Decrypt")
    assert ruling.blocked_by == "explicit-deny"
    assert ruling.mend.startswith('Statement "Never" of the key policy denies it')
    assert "Also missing: ${aws_iam_role.app.arn} has no identity policy" in ruling.mend


def test_a_deny_that_takes_all_that_is_allowed_is_to_blame(tmp_path: Path) -> None:
    via = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
    allowed = {**units.NAMED, "Condition": {"StringEquals": via}}
    denied = {**NEVER, "Condition": {"StringEquals": via}}
    ruling = can(unit_of(tmp_path, key(allowed, denied) + role()), APP, "Decrypt")
    assert ruling.answer.is_no
    assert ruling.blocked_by is not None
    assert ruling.mend
