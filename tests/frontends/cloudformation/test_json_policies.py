"""Policies that a template writes as JSON text."""

from __future__ import annotations

import json

import pytest

from kmsiac.config import ScanOptions
from kmsiac.scan import take_inventory

HEAD = """
Parameters:
  Stmt: {Type: String, Default: '[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]'}
  Open: {Type: String}
  Who: {Type: String, AllowedPattern: '\\d{12}'}
Conditions:
  C: !Equals [!Ref Open, x]
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: """
PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
WRITTEN = json.dumps(PUBLIC)


def policy(tmp_path, written: str):
    (tmp_path / "t.yaml").write_text(HEAD + written + "\n")
    (found,) = take_inventory(ScanOptions(paths=(tmp_path,), working_directory=tmp_path))[
        "policies"
    ]
    return found


@pytest.mark.parametrize(
    ("written", "statements"),
    [
        (f"'{{\"Statement\": [{WRITTEN}]}}'", [PUBLIC]),
        ("!Sub '{\"Statement\": ${Stmt}}'", [PUBLIC]),
        ("!Join ['', ['{\"Statement\": ', !Ref Stmt, '}']]", [PUBLIC]),
        (f"!Join ['', ['{{\"Statement\": [', !Select [0, ['{WRITTEN}']], ']}}']]", [PUBLIC]),
        ("!Sub '{\"Statement\": [{\"Principal\": {\"AWS\": \"arn:aws:iam::${Who}:root\"}}]}'",
         [{"Principal": {"AWS": "arn:aws:iam::${Who}:root"}}]),
        ("!Sub |\n        {\"Statement\": [\n          {\"Sid\": \"${!aws:username}\"}]}",
         [{"Sid": "${aws:username}"}]),
    ],
)  # fmt: skip
def test_what_is_known(tmp_path, written, statements):
    found = policy(tmp_path, written)
    assert found["document"]["Statement"] == statements
    assert found["unknown"] == []


def test_pieces_that_a_condition_chooses(tmp_path):
    pieces = f"['{{\"Statement\": [{WRITTEN}', !If [C, ',{WRITTEN}', ''], ']}}']"
    found = policy(tmp_path, f"!Join ['', {pieces}]")
    assert [(case["when"], len(case["document"]["Statement"])) for case in found["cases"]] == [
        ([[{"condition": "C", "value": True}]], 2),
        ([[{"condition": "C", "value": False}]], 1),
    ]


@pytest.mark.parametrize(
    ("written", "pointer", "expression", "reason"),
    [
        ("!Sub '{\"Statement\": ${Open}}'", "/Statement", "Open", "parameter has no default"),
        ("!Sub '{\"Statement\": [{\"Sid\": \"x\", \"Principal\": \"${Open}\"}]}'",
         "/Statement/0/Principal", "Open", "parameter has no default"),
        ("!Ref Open", "", "Open", "parameter has no default"),
        ("'{{resolve:ssm:/policy}}'", "", "{{resolve:ssm:/policy}}", "known only after deployment"),
        ("!ImportValue policy", "", "Fn::ImportValue(policy)", "known only after deployment"),
        ("!Sub '{\"Statement\": '", "", '{"Statement": ', "not valid JSON"),
    ],
)  # fmt: skip
def test_what_is_not(tmp_path, written, pointer, expression, reason):
    (unknown,) = policy(tmp_path, written)["unknown"]
    assert (unknown["pointer"], unknown["expression"]) == (pointer, expression)
    assert reason in unknown["reason"]
