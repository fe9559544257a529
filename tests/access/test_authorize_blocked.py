from __future__ import annotations

from typing import Any

import pytest

from kmsiac.access.authorize import authorize
from kmsiac.access.model import Decision, Environment, Grant, Request
from tests.access.policies import ADMIN, BOB, KEY, ROLE, ROOT, SESSION, allow, aws, deny, policy

ANY = policy(allow())
S3_ONLY = policy(allow(action="s3:*"))
DELEGATED = policy(allow(aws(ROOT), Sid="Account"))
NAMED = policy(allow(aws(BOB)))


def decide(principal: str, context: dict[str, str] | None = None, **policies: Any) -> Decision:
    given = {key: (value,) for key, value in (context or {}).items()}
    return authorize(Request(principal, "kms:Decrypt", KEY, given), Environment(**policies))


BLOCKED: list[tuple[str, str, dict[str, Any]]] = [
    ("explicit-deny", BOB, {"key_policy": policy(allow(aws(BOB)), deny("*"))}),
    ("explicit-deny", BOB, {"key_policy": NAMED, "scps": ((ANY, policy(deny())),)}),
    ("rcp", BOB, {"key_policy": NAMED, "rcps": ((policy(deny("*")),),)}),
    ("key-policy", BOB, {"key_policy": policy(allow(aws(ADMIN))), "identity": (ANY,)}),
    ("identity-policy", BOB, {"key_policy": DELEGATED, "identity": (S3_ONLY,)}),
    ("boundary", BOB, {"key_policy": DELEGATED, "identity": (ANY,), "boundary": S3_ONLY}),
    ("session-policy", SESSION, {"key_policy": policy(allow(aws(ROLE))), "session": S3_ONLY}),
    ("endpoint", BOB, {"key_policy": NAMED, "endpoint": policy(allow(aws(ADMIN)))}),
    ("scp", BOB, {"key_policy": NAMED, "scps": ((ANY,), (S3_ONLY,))}),
    (
        "condition",
        BOB,
        {"key_policy": policy(allow(aws(BOB), Condition={"Bool": {"aws:SecureTransport": "x"}}))},
    ),
    (
        "condition",
        BOB,
        {
            "key_policy": DELEGATED,
            "identity": (policy(allow(Condition={"Null": {"aws:SourceVpce": "false"}})),),
        },
    ),
]


@pytest.mark.parametrize(("word", "principal", "policies"), BLOCKED)
def test_what_stands_in_the_way(word: str, principal: str, policies: dict[str, Any]) -> None:
    decision = decide(principal, **policies)
    assert decision.answer.is_no
    assert decision.blocked == word


def test_an_allowed_request_is_not_blocked() -> None:
    decision = decide(BOB, key_policy=NAMED)
    assert (decision.blocked, decision.blocked_by, decision.missing) == (None, None, "")


SENTENCES: list[tuple[str, dict[str, Any]]] = [
    (
        (
            f"No statement of the key policy allows kms:Decrypt to {BOB} or its account: "
            "add one that names it, or one for the account beside an IAM policy."
        ),
        {"key_policy": policy()},
    ),
    (
        (
            'Statement "Use" of the key policy nearly fits, but it does not cover kms:Decrypt: '
            "add it to Action, or add an Allow."
        ),
        {"key_policy": policy(allow(aws(BOB), "kms:Encrypt", Sid="Use"))},
    ),
    (
        (
            'Statement "Use" of the key policy nearly fits, but it does not cover kms:Decrypt: '
            "take it out of NotAction, or add an Allow."
        ),
        {"key_policy": policy(allow(aws(BOB), None, NotAction="kms:Decrypt", Sid="Use"))},
    ),
    (
        (
            f'Statement "Use" of the key policy nearly fits, but it does not name {BOB}: '
            "add it to Principal, or add an Allow."
        ),
        {"key_policy": policy(allow(aws(ADMIN), "kms:Decrypt", Sid="Use"))},
    ),
    (
        (
            f'Statement "Use" of the key policy nearly fits, but it leaves {BOB} out: '
            "take it out of NotPrincipal, or add an Allow."
        ),
        {"key_policy": policy(allow(NotPrincipal=aws(BOB), action="kms:Decrypt", Sid="Use"))},
    ),
    (
        (
            f"Statement 1 of the caller's identity policies nearly fits, but its resources do not "
            f"cover {KEY}: add that, or add an Allow."
        ),
        {
            "key_policy": DELEGATED,
            "identity": (policy(allow(action="kms:Decrypt", Resource=KEY + "0")),),
        },
    ),
    (
        (
            "Statement 1 of the permissions boundary nearly fits, but it does not cover kms:Decrypt: "
            "add it to Action, or add an Allow."
        ),
        {"key_policy": DELEGATED, "identity": (ANY,), "boundary": S3_ONLY},
    ),
    (
        (
            f"No statement of the permissions boundary allows kms:Decrypt on {KEY}: add one, "
            "it limits what others allow."
        ),
        {"key_policy": DELEGATED, "identity": (ANY,), "boundary": policy()},
    ),
    (
        (
            'Statement "Use" of the key policy fits but for its conditions: it wants '
            "StringEquals kms:ViaService [s3.x, ec2.x] (the request carries no kms:ViaService). "
            "Send a request that has it, or change the condition."
        ),
        {
            "key_policy": policy(
                allow(
                    aws(BOB),
                    Condition={"StringEquals": {"kms:ViaService": ["s3.x", "ec2.x"]}},
                    Sid="Use",
                )
            )
        },
    ),
    (
        'Statement "Not" of the key policy denies it: exempt the request there.',
        {"key_policy": policy(allow(aws(BOB)), deny("*", Sid="Not"))},
    ),
]


@pytest.mark.parametrize(("sentence", "policies"), SENTENCES)
def test_what_would_mend_it(sentence: str, policies: dict[str, Any]) -> None:
    assert decide(BOB, **policies).missing == sentence


def test_a_value_of_the_request_is_shown_unless_it_is_hidden() -> None:
    wanted = {"StringEquals": {"aws:PrincipalTag/team": "data"}}
    environment = Environment(key_policy=policy(allow(aws(BOB), Condition=wanted)))
    context = {"aws:PrincipalTag/team": ("s3cret",)}
    request = Request(BOB, "kms:Decrypt", KEY, context)
    assert "(the request carries s3cret)" in authorize(request, environment).missing
    hidden = Request(BOB, "kms:Decrypt", KEY, context, frozenset({"aws:principaltag/team"}))
    assert "s3cret" not in authorize(hidden, environment).missing


def test_a_role_is_named_where_its_session_is_missing() -> None:
    assert f"to {ROLE} or its account" in decide(SESSION, key_policy=policy()).missing


def test_what_names_the_caller_is_nearer_than_what_iam_could_give() -> None:
    wanted = {"StringEquals": {"kms:ViaService": "s3.x"}}
    stated = policy(allow(aws(ROOT)), allow(aws(ROLE), Condition=wanted, Sid="App"))
    decision = decide(SESSION, key_policy=stated)
    assert decision.blocked == "condition"
    assert decision.missing.startswith('Statement "App" of the key policy fits but for its')
    assert f"Or: {ROLE} has no identity policy" in decision.missing
    account_only = policy(allow(aws(ROOT)), allow(aws(ROOT), Condition=wanted))
    assert decide(SESSION, key_policy=account_only).blocked == "identity-policy"


def test_a_grant_whose_constraints_are_not_met() -> None:
    grant = Grant(ROLE, frozenset({"Decrypt"}), {"app": "x"})
    for stated in (DELEGATED, policy()):
        decision = decide(SESSION, key_policy=stated, grants=(grant,))
        assert decision.blocked == "condition"
        told = "A grant lists it for the caller, but only with app = x in the encryption context."
        assert decision.missing.startswith(told)
