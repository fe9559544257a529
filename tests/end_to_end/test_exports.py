"""Templates that import from each other, scanned together and alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.scan import ScanOptions, scan, take_inventory

_KEY = """\
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
            Action: kms:*
            Resource: "*"
          - Effect: Allow
            Principal: {AWS: !ImportValue role-arn}
            Action: kms:Decrypt
            Resource: "*"
Outputs:
  Arn: {Value: !GetAtt Key.Arn, Export: {Name: key-arn}}
"""
_ROLE = """\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  Queue:
    Type: AWS::SQS::Queue
    Properties: {KmsMasterKeyId: !ImportValue key-arn}
Outputs:
  Role: {Value: %s, Export: {Name: role-arn}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "key.yaml").write_text(_KEY)
    (tmp_path / "role.yaml").write_text(_ROLE % "!GetAtt Role.Arn")
    return tmp_path


def test_who_is_imported_is_known_where_both_are_scanned(folder: Path) -> None:
    together = scan(ScanOptions((folder,), working_directory=folder))
    assert (together.findings, together.unresolved, together.errors) == ([], [], [])
    alone = scan(ScanOptions((folder / "key.yaml",), working_directory=folder))
    assert any("XACC-01" in entry.rules for entry in alone.unresolved)


def test_a_star_of_another_template_is_found(folder: Path) -> None:
    (folder / "role.yaml").write_text(_ROLE % '"*"')
    found = scan(ScanOptions((folder,), working_directory=folder)).findings
    assert [(one.rule, one.location.path, one.location.line) for one in found if one.location] == [
        ("KP-20", "key.yaml", 13)
    ]


def test_a_key_of_another_template_is_said_to_be_there(folder: Path) -> None:
    inventory = take_inventory(ScanOptions((folder,), working_directory=folder))
    consumers = [one for one in inventory["consumers"] if one["resource"] == "Queue"]
    assert "key.yaml" in str(consumers)
