from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kmsiac.access.authorize import authorize
from kmsiac.access.model import Decision, Environment, Grant, Request
from kmsiac.aws.actions import kms_actions
from tests.access.policies import (
    ALIAS,
    BOB,
    EVE,
    KEY,
    ROLE,
    ROOT,
    SESSION,
    allow,
    aws,
    deny,
    policy,
)

SERVICE = "logs.eu-west-1.amazonaws.com"


ANY = policy(allow())
S3_ONLY = policy(allow(action="s3:*"))
NOTHING = policy()
DELEGATED = policy(allow(aws(ROOT)))


def decide(
    principal: str,
    action: str = "kms:Decrypt",
    resource: str = KEY,
    context: dict[str, tuple[str, ...]] | None = None,
    **policies: Any,
) -> Decision:
    environment = Environment(resource_account="111122223333", **policies)
    return authorize(Request(principal, action, resource, context or {}), environment)


CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("yes", BOB, {"key_policy": DELEGATED, "identity": (ANY,)}),
    ("no", BOB, {"key_policy": DELEGATED}),
    ("no", BOB, {"key_policy": NOTHING, "identity": (ANY,)}),
    ("yes", ROOT, {"key_policy": DELEGATED}),
    ("no", ROOT, {"key_policy": policy(allow(aws(BOB)))}),
    ("yes", BOB, {"key_policy": policy(allow(aws(BOB)))}),
    ("yes", BOB, {"key_policy": policy(allow(aws(BOB))), "boundary": S3_ONLY}),
    ("yes", SESSION, {"key_policy": policy(allow(aws(ROLE)))}),
    ("no", SESSION, {"key_policy": policy(allow(aws(ROLE))), "boundary": S3_ONLY}),
    ("no", SESSION, {"key_policy": policy(allow(aws(ROLE))), "session": S3_ONLY}),
    ("yes", SESSION, {"key_policy": policy(allow(aws(SESSION))), "session": S3_ONLY}),
    ("no", SESSION, {"key_policy": policy(allow(aws(SESSION + "0")))}),
    ("yes", BOB, {"key_policy": policy(allow("*"))}),
    ("cannot-tell", BOB, {"key_policy": policy(allow("*")), "boundary": S3_ONLY}),
    ("yes", BOB, {"key_policy": policy(allow("*"), allow(aws(BOB))), "boundary": S3_ONLY}),
    ("no", BOB, {"key_policy": DELEGATED, "identity": (ANY,), "boundary": S3_ONLY}),
    ("no", EVE, {"key_policy": policy(allow("*"))}),
    ("yes", EVE, {"key_policy": policy(allow("*")), "identity": (ANY,)}),
    ("no", EVE, {"key_policy": policy(allow(aws(EVE))), "identity": (ANY,), "boundary": S3_ONLY}),
    ("no", EVE, {"key_policy": DELEGATED, "identity": (ANY,)}),
    ("yes", SERVICE, {"key_policy": policy(allow({"Service": SERVICE}))}),
    ("yes", SERVICE, {"key_policy": policy(allow({"Service": SERVICE})), "scps": ((S3_ONLY,),)}),
    ("no", SERVICE, {"key_policy": DELEGATED, "identity": (ANY,)}),
    ("no", BOB, {"key_policy": DELEGATED, "identity": (ANY,), "scps": ((ANY,), (S3_ONLY,))}),
    ("yes", BOB, {"key_policy": DELEGATED, "identity": (ANY,), "scps": ((ANY,), (S3_ONLY, ANY))}),
    ("no", BOB, {"key_policy": policy(allow(aws(BOB))), "endpoint": policy(allow(aws(EVE)))}),
    ("yes", BOB, {"key_policy": policy(allow(aws(BOB))), "endpoint": policy(allow("*"))}),
    ("cannot-tell", BOB, {"identity": (ANY,)}),
    ("yes", SESSION, {"key_policy": NOTHING, "grants": (Grant(ROLE, frozenset({"Decrypt"})),)}),
    ("no", SESSION, {"key_policy": NOTHING, "grants": (Grant(ROLE, frozenset({"Encrypt"})),)}),
    (
        "no",
        SESSION,
        {"key_policy": NOTHING, "grants": (Grant(ROLE, frozenset({"Decrypt"}), {"a": "b"}),)},
    ),
    ("cannot-tell", EVE, {"key_policy": NOTHING, "grants": (Grant(EVE, frozenset({"Decrypt"})),)}),
    ("cannot-tell", "someone", {"key_policy": DELEGATED}),
]


@pytest.mark.parametrize(("verdict", "principal", "policies"), CASES)
def test_who_may_decrypt(verdict: str, principal: str, policies: dict[str, Any]) -> None:
    assert decide(principal, **policies).answer.verdict.value == verdict


@pytest.mark.parametrize(
    ("listed", "principal", "verdict"),
    [
        ([BOB, ROOT], BOB, "yes"),
        ([BOB], BOB, "cannot-tell"),
        ([BOB, ROOT], "arn:aws:iam::111122223333:user/ann", "no"),
        ([ROLE, ROOT], SESSION, "yes"),
        ([SESSION, ROOT], SESSION, "cannot-tell"),
        ([ROLE, SESSION, ROOT], SESSION, "yes"),
        ([ROOT], ROOT, "yes"),
    ],
)
def test_a_deny_with_not_principal(listed: list[str], principal: str, verdict: str) -> None:
    everyone = allow(aws(ROOT, BOB, ROLE, "arn:aws:iam::111122223333:user/ann"))
    stated = policy(everyone, deny(NotPrincipal=aws(*listed)))
    assert decide(principal, key_policy=stated).answer.verdict.value == verdict


def test_a_deny_of_any_layer_stops_and_is_named() -> None:
    stopped: dict[str, dict[str, Any]] = {
        "key policy": {"key_policy": policy(allow(aws(BOB)), deny("*", Sid="Stop"))},
        "identity policies": {"key_policy": DELEGATED, "identity": (ANY, policy(deny(Sid="Stop")))},
        "permissions boundary": {
            "key_policy": policy(allow(aws(BOB))),
            "boundary": policy(deny(Sid="Stop")),
        },
        "session policy": {
            "key_policy": policy(allow(aws(BOB))),
            "session": policy(deny(Sid="Stop")),
        },
        "service control policies": {
            "key_policy": policy(allow(aws(BOB))),
            "scps": ((ANY, policy(deny(Sid="Stop"))),),
        },
        "resource control policies": {
            "key_policy": policy(allow(aws(BOB))),
            "rcps": ((policy(deny("*", Sid="Stop")),),),
        },
        "endpoint policy": {
            "key_policy": policy(allow(aws(BOB))),
            "endpoint": policy(allow("*"), deny("*", Sid="Stop")),
        },
    }
    for layer, policies in stopped.items():
        decision = decide(BOB, **policies)
        assert decision.answer.is_no
        assert decision.blocked_by == layer
        assert [one.label for one in decision.deciding] == ['statement "Stop"']


def test_a_decision_names_what_allows_or_what_is_missing() -> None:
    allowed = decide(BOB, key_policy=policy(allow(aws(ROOT), Sid="Admin")), identity=(ANY,))
    assert [(one.layer, one.label) for one in allowed.deciding] == [
        ("key policy", 'statement "Admin"'),
        ("identity policies", "statement 1"),
    ]
    assert allowed.blocked_by is None
    denied = decide(BOB, key_policy=DELEGATED)
    assert denied.blocked_by == "identity policies"
    assert denied.missing == (
        f"{BOB} has no identity policy: add one that allows kms:Decrypt on {KEY}."
    )


ACROSS_ACCOUNTS = """
    CreateGrant Decapsulate Decrypt DeriveSharedSecret DescribeKey Encapsulate Encrypt
    GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext
    GenerateDataKeyWithoutPlaintext GenerateMac GetKeyRotationStatus GetPublicKey ListGrants
    ReEncryptFrom ReEncryptTo RetireGrant RevokeGrant Sign Verify VerifyMac
"""


def test_only_22_operations_work_across_accounts() -> None:
    # KMS Developer Guide, "Permissions reference", column "Cross-account use".
    stated = policy(allow(aws(EVE)))
    found = {
        action.name.removeprefix("kms:")
        for action in kms_actions()
        if decide(EVE, action.name, key_policy=stated, identity=(ANY,)).answer.is_yes
        and not action.needs_star
    }
    assert len(ACROSS_ACCOUNTS.split()) == 22
    # Who retires a grant, the grant says: without one it is open.
    assert found == set(ACROSS_ACCOUNTS.split()) - {"RetireGrant"}
    assert [a.name for a in kms_actions() if a.cross_account] == [
        f"kms:{name}" for name in sorted(ACROSS_ACCOUNTS.split())
    ]


def test_the_page_on_semantics_lists_the_same_operations() -> None:
    page = (Path(__file__).parents[2] / "docs" / "semantics.md").read_text(encoding="utf-8")
    listed = page.partition("Only 22 operations")[2].partition("##")[0]
    names = listed.rpartition("whatever the policies say: ")[2]
    assert names.replace(".", "").replace(",", "").split() == ACROSS_ACCOUNTS.split()


@pytest.mark.parametrize("action", ["kms:PutKeyPolicy", "kms:TagResource"])
def test_other_operations_are_denied_across_accounts(action: str) -> None:
    decision = decide(EVE, action, key_policy=policy(allow(aws(EVE))), identity=(ANY,))
    assert decision.blocked == "cross-account-operation"
    assert decision.missing == (
        f"{action} works only within the account that owns the key: call it from there."
    )


def test_requests_without_a_key_ask_iam_alone() -> None:
    on_key = policy(allow(action="kms:*", Resource=KEY))
    assert decide(BOB, "kms:ListKeys", "*", identity=(ANY,)).answer.is_yes
    assert decide(BOB, "kms:ListKeys", "*", identity=(on_key,)).answer.is_no
    assert decide(BOB, "kms:CreateAlias", ALIAS, identity=(ANY,)).answer.is_yes
    assert decide(BOB, "kms:CreateAlias", ALIAS, identity=(on_key,)).answer.is_no
    assert decide(BOB, "kms:Decrypt", ALIAS, identity=(ANY,)).answer.is_open


def test_an_action_that_kms_does_not_have_is_denied() -> None:
    assert decide(BOB, "kms:Decipher", key_policy=DELEGATED, identity=(ANY,)).answer.is_no


def test_a_request_as_json() -> None:
    request = Request(BOB, "kms:Decrypt", KEY, {"b": ("1", "2"), "a": ("x",)})
    assert request.as_json() == {
        "principal": BOB,
        "action": "kms:Decrypt",
        "resource": KEY,
        "context": {"a": "x", "b": ["1", "2"]},
    }
