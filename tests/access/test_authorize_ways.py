from __future__ import annotations

from typing import Any

import pytest

from kmsiac.access.authorize import authorize, authorize_alias
from kmsiac.access.derive import completed
from kmsiac.access.model import Decision, Environment, Grant, Request
from tests.access.policies import (
    ADMIN,
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

ANY = policy(allow())
DELEGATED = policy(allow(aws(ROOT), Sid="Account"))
SERVICE = "sns.amazonaws.com"


def decide(principal: str, action: str, resource: str = KEY, **policies: Any) -> Decision:
    return authorize(Request(principal, action, resource), Environment(**policies))


# -- aliases ----------------------------------------------------------------------------------

ALIASES = policy(allow(action="kms:*Alias", Resource="arn:aws:kms:*:111122223333:alias/*"))
OTHER_KEY = KEY[:-1] + "c"


def test_an_alias_takes_a_decision_about_it_and_one_about_its_key() -> None:
    request = Request(BOB, "kms:CreateAlias", ALIAS)
    own_side = Environment(identity=(ALIASES,))
    named = Environment(key_policy=policy(allow(aws(BOB))), identity=(ALIASES,))
    unnamed = Environment(key_policy=policy(allow(aws(ADMIN))), identity=(ALIASES,))
    allowed = authorize_alias(request, own_side, {KEY: named})
    assert allowed.answer.is_yes
    assert [one.layer for one in allowed.deciding] == ["identity policies", "key policy"]
    assert authorize_alias(request, own_side, {KEY: unnamed}).blocked == "key-policy"
    assert authorize_alias(request, Environment(), {KEY: named}).blocked == "identity-policy"


def test_updating_an_alias_takes_both_keys() -> None:
    request = Request(BOB, "kms:UpdateAlias", ALIAS)
    own_side = Environment(identity=(ALIASES,))
    named = Environment(key_policy=policy(allow(aws(BOB))))
    keys = {KEY: named, OTHER_KEY: Environment(key_policy=policy(allow(aws(ADMIN))))}
    assert authorize_alias(request, own_side, keys).answer.is_no
    assert authorize_alias(request, own_side, {KEY: named, OTHER_KEY: named}).answer.is_yes
    unknown = authorize_alias(request, own_side, {KEY: named, OTHER_KEY: Environment()})
    assert unknown.answer.is_open


# -- kms:RetireGrant --------------------------------------------------------------------------


def test_without_a_known_grant_only_the_owning_account_can_give_retire_grant() -> None:
    assert decide(BOB, "kms:RetireGrant", key_policy=DELEGATED, identity=(ANY,)).answer.is_yes
    assert decide(BOB, "kms:RetireGrant", key_policy=DELEGATED).answer.is_open
    assert decide(EVE, "kms:RetireGrant", key_policy=DELEGATED, identity=(ANY,)).answer.is_open


def test_the_account_that_created_a_grant_may_retire_it() -> None:
    grant = Grant(ROLE, frozenset({"Decrypt"}), account="444455556666")
    assert decide(EVE, "kms:RetireGrant", grants=(grant,), identity=(ANY,)).answer.is_yes
    assert decide(EVE, "kms:RetireGrant", grants=(grant,)).answer.is_no
    third = "arn:aws:iam::777788889999:user/x"
    refused = decide(third, "kms:RetireGrant", grants=(grant,), identity=(ANY,))
    assert refused.answer.is_no
    assert refused.missing.startswith("No grant names the caller as retiring principal")


def test_a_retiring_principal_below_an_scp_that_is_silent() -> None:
    grant = Grant(ROLE, frozenset({"Decrypt"}), retiring=frozenset({BOB}))
    silent = ((policy(allow(action="s3:*")),),)
    assert decide(BOB, "kms:RetireGrant", grants=(grant,)).answer.is_yes
    assert decide(BOB, "kms:RetireGrant", grants=(grant,), scps=silent).answer.is_open
    other = Grant(ROLE, frozenset({"Decrypt"}))
    by_account = decide(BOB, "kms:RetireGrant", grants=(other,), identity=(ANY,), scps=silent)
    assert by_account.blocked == "scp"
    perhaps = ((policy({**allow(), "Effect": "Perhaps"}),),)
    unclear = decide(BOB, "kms:RetireGrant", grants=(other,), identity=(ANY,), scps=perhaps)
    assert unclear.answer.is_open
    stopped = decide(BOB, "kms:RetireGrant", grants=(grant,), scps=((policy(deny()),),))
    assert stopped.blocked == "explicit-deny"


# -- grants -----------------------------------------------------------------------------------


def test_a_grant_to_a_service_principal() -> None:
    grant = Grant(SERVICE, frozenset({"Decrypt"}), source_arn="arn:aws:sns:eu-west-1:1:t")
    request = Request(
        SERVICE, "kms:Decrypt", KEY, {"aws:SourceArn": ("arn:aws:sns:eu-west-1:1:t",)}
    )
    environment = Environment(key_policy=DELEGATED, grants=(grant,))
    decision = authorize(request, environment)
    assert decision.answer.is_yes
    assert [one.layer for one in decision.deciding] == ["grants"]
    assert authorize(Request(SERVICE, "kms:Decrypt", KEY), environment).answer.is_no


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("kms:EncryptionContext:App", "yes"),
        ("kms:EncryptionContext:app", "no"),
        ("kms:encryptioncontext:app", "yes"),  # in lower case: how it was spelt is lost
    ],
)
def test_the_keys_of_a_grants_encryption_context_have_case(key: str, verdict: str) -> None:
    grant = Grant(BOB, frozenset({"Decrypt"}), equals={"App": "x"})
    environment = Environment(key_policy=policy(allow(aws(ADMIN))), grants=(grant,))
    request = Request(BOB, "kms:Decrypt", KEY, {key: ("x",)})
    assert authorize(request, environment).answer.verdict.value == verdict


def test_a_grant_to_the_whole_account_is_open_for_its_users() -> None:
    grant = Grant(ROOT, frozenset({"Decrypt"}))
    nobody = policy(allow(aws(ADMIN)))
    assert decide(ROOT, "kms:Decrypt", key_policy=nobody, grants=(grant,)).answer.is_yes
    assert decide(BOB, "kms:Decrypt", key_policy=nobody, grants=(grant,)).answer.is_open


# -- callers ----------------------------------------------------------------------------------


def test_the_root_user_has_no_policies_of_its_own() -> None:
    own: dict[str, Any] = {"identity": (policy(deny()),), "boundary": policy(deny())}
    assert decide(ROOT, "kms:Decrypt", key_policy=DELEGATED, **own).answer.is_yes
    assert decide(BOB, "kms:Decrypt", key_policy=DELEGATED, **own).blocked == "explicit-deny"


def test_a_role_stands_for_any_session_of_it() -> None:
    assert decide(ROLE, "kms:Decrypt", key_policy=policy(allow(aws(ROLE)))).answer.is_yes
    assert decide(ROLE, "kms:Decrypt", key_policy=policy(allow(aws(SESSION)))).answer.is_no


def test_the_path_of_a_role_is_known_from_its_arn_alone() -> None:
    # IAM: names of roles are unique in an account, whatever their path.
    pathed = policy(allow(aws("arn:aws:iam::111122223333:role/team/app")))
    assert decide(SESSION, "kms:Decrypt", key_policy=pathed).answer.is_yes
    context = {"aws:PrincipalArn": (ROLE,)}
    plain = Request(SESSION, "kms:Decrypt", KEY, context)
    assert authorize(plain, Environment(key_policy=pathed)).answer.is_no
    others = policy(
        allow(aws("arn:aws:iam::111122223333:role/team/apps", "arn:aws:iam::444455556666:role/app"))
    )
    assert decide(SESSION, "kms:Decrypt", key_policy=others).answer.is_no


def test_an_alias_of_another_account() -> None:
    decision = decide(EVE, "kms:CreateAlias", ALIAS, identity=(ANY,))
    assert decision.blocked == "cross-account-operation"


def test_operations_without_a_key_never_look_at_one() -> None:
    nobody = policy(deny("*"))
    assert decide(BOB, "kms:ListKeys", KEY, key_policy=nobody, identity=(ANY,)).answer.is_yes


def test_whether_an_rcp_reaches_requests_without_a_key_is_open() -> None:
    rcps = ((policy(deny("*")),),)
    assert decide(BOB, "kms:ListKeys", "*", identity=(ANY,), rcps=rcps).answer.is_open
    assert decide(BOB, "kms:ListKeys", "*", rcps=rcps).answer.is_no


# -- derived keys -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (
            BOB,
            {
                "aws:PrincipalArn": BOB,
                "aws:PrincipalAccount": "111122223333",
                "kms:CallerAccount": "111122223333",
                "aws:PrincipalType": "User",
                "aws:PrincipalIsAWSService": "false",
                "aws:username": "bob",
                "aws:ResourceAccount": "111122223333",
                "aws:RequestedRegion": "eu-west-1",
            },
        ),
        (
            SERVICE,
            {
                "aws:PrincipalIsAWSService": "true",
                "aws:PrincipalServiceName": SERVICE,
                "aws:ResourceAccount": "111122223333",
                "aws:RequestedRegion": "eu-west-1",
            },
        ),
    ],
)
def test_keys_that_follow_from_caller_and_key(principal: str, expected: dict[str, str]) -> None:
    found = completed(Request(principal, "kms:Decrypt", KEY))
    assert {key: values[0] for key, values in found.context.items()} == expected


def test_a_session_carries_the_arn_of_its_role() -> None:
    found = completed(Request(SESSION, "kms:Decrypt", KEY)).context
    assert found["aws:PrincipalArn"] == (ROLE,)
    assert found["aws:PrincipalType"] == ("AssumedRole",)
    assert "aws:username" not in found


def test_given_keys_stay_and_unknown_callers_add_nothing() -> None:
    given = {"AWS:principalarn": ("x",), "aws:username": ()}
    found = completed(Request(BOB, "kms:Decrypt", KEY, given)).context
    assert found["AWS:principalarn"] == ("x",)
    assert found["aws:username"] == ()
    assert "aws:PrincipalArn" not in found
    nobody = Request("nobody", "kms:Decrypt", KEY)
    assert completed(nobody) == nobody


def test_authorize_takes_the_context_as_it_is() -> None:
    pinned = policy(
        allow("*", Condition={"ForAllValues:StringEquals": {"kms:CallerAccount": "111122223333"}})
    )
    environment = Environment(key_policy=pinned, identity=(ANY,))
    request = Request(EVE, "kms:Decrypt", KEY)
    assert authorize(request, environment).answer.is_yes
    assert authorize(completed(request), environment).answer.is_no
