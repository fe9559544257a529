from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kmsiac.aws.actions import expand, kms_action, kms_actions
from kmsiac.aws.grants import grant_operations


def names(pattern: str) -> list[str]:
    return [action.name for action in expand(pattern)]


def test_there_are_58_actions_sorted_and_named_once() -> None:
    found = [action.name for action in kms_actions()]
    assert len(found) == 58
    assert found == sorted(set(found))
    assert all(name.startswith("kms:") for name in found)


def test_22_actions_work_across_accounts() -> None:
    assert sum(action.cross_account is True for action in kms_actions()) == 22


def test_grants_can_give_what_the_api_lists() -> None:
    given_by_grants = {a.name.removeprefix("kms:") for a in kms_actions() if a.grant_operation}
    assert given_by_grants == grant_operations()
    assert len(given_by_grants) == 19


@pytest.mark.parametrize(
    ("name", "duty", "cross_account", "in_key_policy", "on"),
    [
        ("kms:Decrypt", "use", True, True, {"key"}),
        ("kms:GenerateRandom", "use", None, False, set()),
        ("kms:CreateGrant", "grant", True, True, {"key"}),
        ("kms:RetireGrant", "grant", True, False, {"key"}),
        ("kms:RevokeGrant", "grant", True, True, {"key"}),
        ("kms:ListGrants", "view", True, True, {"key"}),
        ("kms:DescribeKey", "view", True, True, {"key"}),
        ("kms:ListKeys", "view", False, False, set()),
        ("kms:CreateKey", "administer", False, False, set()),
        ("kms:PutKeyPolicy", "administer", False, True, {"key"}),
        ("kms:TagResource", "administer", False, True, {"key"}),
        ("kms:CreateAlias", "administer", False, True, {"key", "alias"}),
        ("kms:SynchronizeMultiRegionKey", "administer", None, True, {"key"}),
        ("kms:Encapsulate", "use", True, True, {"key"}),
    ],
)
def test_facts(
    name: str, duty: str, cross_account: bool | None, in_key_policy: bool, on: set[str]
) -> None:
    action = kms_action(name)
    assert action is not None
    assert (action.duty, action.cross_account, action.in_key_policy, action.on) == (
        duty,
        cross_account,
        in_key_policy,
        on,
    )
    assert action.needs_star == (not on)


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("kms:GenerateDataKey", {"symmetric"}),
        ("kms:Encrypt", {"symmetric", "rsa_encryption"}),
        ("kms:Sign", {"signing"}),
        ("kms:GetPublicKey", {"rsa_encryption", "signing", "agreement", "kem"}),
        ("kms:EnableKeyRotation", {"symmetric"}),
        ("kms:VerifyMac", {"mac"}),
    ],
)
def test_key_types(name: str, types: set[str]) -> None:
    action = kms_action(name)
    assert action is not None
    assert action.key_types == types


@pytest.mark.parametrize("name", ["kms:Decrypt", "KMS:DECRYPT", "decrypt", "Decrypt"])
def test_an_action_is_found_without_case_and_prefix(name: str) -> None:
    action = kms_action(name)
    assert action is not None
    assert action.name == "kms:Decrypt"


@pytest.mark.parametrize("name", ["s3:GetObject", "kms:Decrypts", "", "kms:", "\u212ams:Decrypt"])
def test_what_kms_does_not_have(name: str) -> None:
    assert kms_action(name) is None
    assert expand(name) == ()


@pytest.mark.parametrize("pattern", ["*", "**", "kms:*", "KMS:*", "*:*", "k?s:**", "?*:*"])
def test_patterns_that_cover_everything(pattern: str) -> None:
    assert expand(pattern) == kms_actions()


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("kms:de*y", ["kms:DescribeKey"]),
        ("k*:dec*", ["kms:Decapsulate", "kms:Decrypt"]),
        ("kms:ReEncrypt*", ["kms:ReEncryptFrom", "kms:ReEncryptTo"]),
        ("kms:??gn", ["kms:Sign"]),
        ("kms:Generate*Mac", ["kms:GenerateMac"]),
        ("kms:Decrypt", ["kms:Decrypt"]),
        ("kms:DECRYPT", ["kms:Decrypt"]),
        ("kms*", []),
        ("s3:*", []),
        ("kms:*:*", []),
        ("kms:${*}", []),
    ],
)
def test_expansion(pattern: str, covered: list[str]) -> None:
    assert names(pattern) == covered


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    assert names("kms:" + "*a" * 20_000) == []
    assert names("kms:" + "*" * 100_000 + "Decrypt") == ["kms:Decrypt"]


def reference(pattern: str, text: str) -> bool:
    """The meaning of a glob, letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(reference(pattern[1:], text[skip:]) for skip in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and reference(pattern[1:], text[1:])


@given(st.text("*?gnsiamceyrt", max_size=9), st.sampled_from(["kms", "k*", "?ms", "*", "s3"]))
@example("*?n*", "kms")
def test_expansion_means_what_globs_mean(name: str, service: str) -> None:
    expected = [
        action.name
        for action in kms_actions()
        if reference(service, "kms") and reference(name, action.name[4:].lower())
    ]
    assert names(f"{service}:{name}") == expected
    assert names(f"{service}:{name}".upper()) == expected


def test_nothing_is_read_before_it_is_asked_for() -> None:
    code = """
import sys
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
import kmsiac.aws.actions, kmsiac.aws.condition_keys, kmsiac.aws.operators, kmsiac.aws.formats
import kmsiac.aws.grants, kmsiac.aws.key_specs, kmsiac.aws.partitions, kmsiac.aws.tables
import kmsiac.aws.via_services
assert not [path for path in opened if path.endswith(".json")], opened
kmsiac.aws.actions.kms_actions()
assert [path for path in opened if path.endswith("actions.json")]
"""
    subprocess.run([sys.executable, "-c", code], check=True)
