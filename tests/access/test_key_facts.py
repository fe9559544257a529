"""What the template says of a key decides conditions on it: no caller chooses that."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.access.place import Given
from tests.access.units import APP, ROOT, allow, can, carrying, key, key_of, role, unit_at, unit_of

TEAM = {"StringEquals": {"aws:ResourceTag/team": "x"}}
SPEC = "customer_master_key_spec"


@pytest.mark.parametrize(
    ("verdict", "condition", "setting", "why"),
    [
        ("yes", TEAM, 'tags = { team = "x" }', "it has the tag"),
        ("no", TEAM, 'tags = { team = "y" }', "another value"),
        ("no", TEAM, 'tags = { Team = "y" }', "names of tags ignore case in condition keys"),
        ("yes", TEAM, 'tags = { other = "y" }', "the tag may come from elsewhere"),
        ("yes", TEAM, "", "the same"),
        ("no", {"StringEquals": {"kms:KeySpec": "RSA_2048"}}, "", "symmetric, as nothing is said"),
        ("yes", {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}, "", "the same"),
        ("yes", {"StringEquals": {"kms:KeySpec": "RSA_2048"}}, f'{SPEC} = "RSA_2048"', "RSA"),
        ("no", {"StringEquals": {"kms:KeySpec": "RSA_4096"}}, f'{SPEC} = "RSA_2048"', "shorter"),
        ("yes", {"StringLike": {"kms:KeySpec": "RSA_*"}}, f'{SPEC} = "RSA_2048"', "a pattern"),
        ("no", {"StringNotEquals": {"kms:KeySpec": "RSA_2048"}}, f'{SPEC} = "RSA_2048"', "negated"),
        ("yes", {"StringEquals": {"kms:KeyUsage": "ENCRYPT_DECRYPT"}}, "", "what a key is for"),
        ("no", {"StringEquals": {"kms:KeyUsage": "SIGN_VERIFY"}}, "", "not to sign"),
        ("yes", {"StringEquals": {"kms:KeyOrigin": "AWS_KMS"}}, "", "made by KMS"),
        ("no", {"StringEquals": {"kms:KeyOrigin": "EXTERNAL"}}, "", "not imported"),
        ("yes", {"Bool": {"kms:MultiRegion": "true"}}, "multi_region = true", "multi-Region"),
        ("no", {"Bool": {"kms:MultiRegion": "true"}}, "", "single-Region, as nothing is said"),
        ("no", {"Bool": {"kms:MultiRegion": "false"}}, "multi_region = true", "the wrong way"),
        (
            "yes",
            {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/x"}},
            "",
            "an alias may be made elsewhere",
        ),
    ],
)
def test_settings_of_the_key_decide(
    tmp_path: Path, verdict: str, condition: dict[str, dict[str, str]], setting: str, why: str
) -> None:
    own = role(allow(Condition=condition))
    ruling = can(unit_of(tmp_path, key(ROOT, more=setting) + own), APP, "Decrypt")
    assert ruling.answer.verdict.value == verdict, why
    assert ruling.blocked_by == ("condition" if verdict == "no" else None)


def test_they_decide_in_the_key_policy_too(tmp_path: Path) -> None:
    statement = {**ROOT, "Condition": TEAM}
    for team, verdict in (("x", "yes"), ("y", "no")):
        setting = f'tags = {{ team = "{team}" }}'
        unit = unit_of(tmp_path, key(statement, more=setting) + role(allow()))
        assert can(unit, APP, "Decrypt").answer.verdict.value == verdict


def test_who_can_use_it_hangs_on_them(tmp_path: Path) -> None:
    own = role(allow(Condition=TEAM))
    for team, held in (("x", True), ("y", False)):
        unit = unit_of(tmp_path, key(ROOT, more=f'tags = {{ team = "{team}" }}') + own)
        found = {one.id for one in unit.holders(["kms:Decrypt"], key_of(unit))}
        assert ("${aws_iam_role.app.arn}" in found) is held


TEMPLATE = """
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Tags: [{Key: team, Value: %s}]
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: "arn:aws:iam::111122223333:role/app"}
            Action: kms:*
            Resource: "*"
            Condition: {StringEquals: {"aws:ResourceTag/team": x}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      AssumeRolePolicyDocument: {}
"""


@pytest.mark.parametrize(("team", "verdict"), [("x", "yes"), ("y", "no")])
def test_tags_of_cloudformation(tmp_path: Path, team: str, verdict: str) -> None:
    (tmp_path / "stack.yaml").write_text(TEMPLATE % team, encoding="utf-8")
    ruling = can(unit_at(tmp_path, "111122223333"), "Role", "Decrypt", "Key")
    assert ruling.answer.verdict.value == verdict


def test_a_fact_that_is_given_is_taken(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(ROOT) + role(allow(Condition=TEAM)))
    assert can(unit, APP, "Decrypt", given=carrying({"aws:ResourceTag/team": "x"})).answer.is_yes
    assert can(unit, APP, "Decrypt", given=carrying({"aws:ResourceTag/team": "z"})).answer.is_no
    assert can(unit, APP, "Decrypt", given=Given(strict=True)).answer.is_no
