"""What a no advises: nothing that gives away more than was asked, nothing that cannot be done."""

from __future__ import annotations

from typing import Any

import pytest

from kmsiac.access.authorize import authorize
from kmsiac.access.model import Environment, Grant, Request
from tests.access.policies import ADMIN, BOB, EVE, KEY, ROLE, ROOT, SESSION, allow, aws, policy

LOGS = "logs.amazonaws.com"


def advice(
    principal: str, *statements: Any, context: dict[str, str] | None = None, **more: Any
) -> str:
    given = {key: (value,) for key, value in (context or {}).items()}
    environment = Environment(key_policy=policy(*statements), **more)
    return authorize(Request(principal, "kms:Decrypt", KEY, given), environment).missing


@pytest.mark.parametrize("action", ["kms:*", "kms:Decrypt*", ["kms:Decrypt", "*"]])
@pytest.mark.parametrize("principal", [LOGS, EVE, BOB])
def test_no_principal_is_added_to_what_allows_more(principal: str, action: Any) -> None:
    told = advice(principal, allow(aws(ADMIN), action, Sid="Wide"))
    assert "Wide" not in told
    assert "add" in told
    assert "Principal" not in told


def test_a_service_is_let_in_bound() -> None:
    assert advice(LOGS, allow(aws(ROOT))) == (
        f"No statement of the key policy allows kms:Decrypt to {LOGS}: add an Allow of kms:Decrypt "
        f"for {LOGS} to the key policy, bound with aws:SourceArn or aws:SourceAccount."
    )
    narrow = advice(LOGS, allow(aws(ADMIN), "kms:Decrypt", Sid="Narrow"))
    assert 'Statement "Narrow"' in narrow
    assert "Principal" not in narrow


def test_a_caller_of_another_account_needs_its_own_policy_too() -> None:
    told = advice(EVE, allow(aws(ROOT)))
    assert f"add an Allow of kms:Decrypt for {EVE} to the key policy; its own IAM policy" in told


def test_what_is_for_everybody_gets_no_further_action() -> None:
    assert "Open" not in advice(BOB, allow("*", "kms:Encrypt", Sid="Open"))


def test_a_wildcard_in_not_action_is_not_taken_out() -> None:
    told = advice(BOB, allow(aws(BOB), None, NotAction="kms:De*", Sid="Use"))
    assert "NotAction" not in told


def test_no_resource_is_added_to_what_allows_more() -> None:
    wide = policy(allow(Resource=KEY + "0"))
    assert "Statement 1" not in advice(BOB, allow(aws(ROOT)), identity=(wide,))


VIA = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


@pytest.mark.parametrize(
    ("principal", "wanted", "context", "why"),
    [
        (LOGS, VIA, {}, "a service that calls under its own name never carries kms:ViaService"),
        (
            BOB,
            VIA,
            {"aws:SourceVpce": "vpce-1"},
            "no request with aws:SourceVpce carries it: calls",
        ),
        (
            BOB,
            {"StringEquals": {"kms:MessageType": "RAW"}},
            {},
            "no request of kms:Decrypt carries kms:MessageType",
        ),
        (
            BOB,
            {"StringEquals": {"aws:PrincipalAccount": "444455556666"}},
            {"aws:PrincipalAccount": "111122223333"},
            "the request carries 111122223333",
        ),
    ],
)
def test_nobody_is_told_to_send_what_cannot_be_sent(
    principal: str, wanted: Any, context: dict[str, str], why: str
) -> None:
    named = {"Service": LOGS} if principal == LOGS else aws(BOB)
    told = advice(principal, allow(named, Condition=wanted), context=context)
    assert why in told
    assert "Send" not in told
    assert "Change the condition" in told


def test_what_can_be_sent_is_still_to_be_sent() -> None:
    assert "Send a request that has it" in advice(BOB, allow(aws(BOB), Condition=VIA))


@pytest.mark.parametrize(
    ("grant", "told"),
    [
        (
            Grant(ROLE, frozenset({"Decrypt"}), equals={"b": "y", "a": "x"}),
            "only with the encryption context a = x, b = y and no more.",
        ),
        (
            Grant(ROLE, frozenset({"Decrypt"}), source_arn="arn:aws:s3:::b"),
            "only with aws:SourceArn arn:aws:s3:::b.",
        ),
    ],
)
def test_the_constraints_of_a_grant_are_named(grant: Grant, told: str) -> None:
    assert told in advice(SESSION, grants=(grant,))
