"""Rules about set operators, IfExists, negation and networks, on policies as people write them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from kmsiac.config import ScanOptions
from kmsiac.findings.finding import ScanResult
from kmsiac.frontends.unit import Inputs
from kmsiac.scan import scan
from kmsiac.stack import Environment

OURS = (
    "COND-07", "COND-08", "COND-09", "COND-10", "COND-11", "COND-39", "COND-40",
    "VPCE-03", "VPCE-04", "VPCE-09",
)  # fmt: skip


class Said(NamedTuple):
    """A finding: the rule, its severity, and the line it stands on, without blanks."""

    rule: str
    severity: str
    line: str


def scanned(folder: Path, name: str, text: str) -> ScanResult:
    (folder / name).write_text(text)
    inputs = Inputs(environment=Environment("111122223333", "us-east-1", "aws"))
    return scan(ScanOptions(working_directory=folder, select=OURS, inputs=inputs))


def said(folder: Path, name: str, text: str) -> list[Said]:
    lines = text.splitlines()
    found = scanned(folder, name, text)
    assert not found.errors
    return [
        Said(f.rule, f.severity, lines[f.location.line - 1].strip())
        for f in found.findings
        if f.verdict == "yes"
    ]


EXPORTS = """
data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "exports" {
  statement {
    sid       = "Administration"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }

  statement {
    sid       = "ExportJobs"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.exports.arn]
    }
    condition {
      test     = "ForAllValues:StringLike"
      variable = "kms:viaservice"
      values   = ["s3.*.amazonaws.com", "dynamodb.*.amazonaws.com"]
    }
    condition {
      test     = "ForAllValues:StringEquals"
      variable = "kms:EncryptionContextKeys"
      values   = ["aws:s3:arn"]
    }
  }

  statement {
    sid       = "Volumes"
    actions   = ["kms:CreateGrant"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.exports.arn]
    }
    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:GrantOperations"
      values   = ["Decrypt", "Encrypt"]
    }
    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }
}

resource "aws_iam_role" "exports" {
  name               = "exports"
  assume_role_policy = "{}"
}

resource "aws_kms_key" "exports" {
  policy = data.aws_iam_policy_document.exports.json
}
"""


def test_set_operators_in_a_key_policy_of_several_statements(tmp_path: Path) -> None:
    assert said(tmp_path, "main.tf", EXPORTS) == [
        Said("COND-07", "high", 'variable = "kms:viaservice"'),
        Said("COND-10", "medium", 'variable = "kms:EncryptionContextKeys"'),
        Said("COND-11", "high", 'variable = "kms:GrantOperations"'),
    ]


PIPELINE = """
Parameters:
  Stage: {Type: String, AllowedValues: [test, prod]}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Root
            Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
            Action: kms:*
            Resource: "*"
          - Sid: Topic
            Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: ["kms:Decrypt", "kms:GenerateDataKey*"]
            Resource: "*"
            Condition:
              StringEqualsIfExists:
                aws:SourceAccount: !Ref AWS::AccountId
          - Sid: Build
            Effect: Allow
            Principal: {AWS: !GetAtt Role.Arn}
            Action: [kms:Decrypt, kms:DescribeKey]
            Resource: "*"
            Condition: !If
              - IsProd
              - ForAllValues:StringEquals:
                  kms:EncryptionContext:stage: prod
              - StringEquals:
                  kms:EncryptionContext:stage: test
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      Policies:
        - PolicyName: keys
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [kms:Decrypt, kms:Encrypt]
                Resource: !GetAtt Key.Arn
                Condition:
                  StringNotEquals:
                    kms:EncryptionContext:purpose: signing
              - Effect: Allow
                Action: kms:ListAliases
                Resource: "*"
              - Effect: Allow
                Action: kms:GenerateDataKey
                Resource: !Sub "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*"
                Condition:
                  StringLike:
                    kms:ResourceAliases: alias/build-*
"""


def test_conditions_of_a_cloudformation_stack(tmp_path: Path) -> None:
    assert said(tmp_path, "template.yaml", PIPELINE) == [
        Said("COND-40", "medium", "aws:SourceAccount: !Ref AWS::AccountId"),
        Said("COND-08", "critical", "kms:EncryptionContext:stage: prod"),
        Said("COND-39", "medium", "kms:EncryptionContext:purpose: signing"),
        Said("COND-09", "high", "kms:ResourceAliases: alias/build-*"),
    ]


def test_a_finding_of_one_branch_says_when(tmp_path: Path) -> None:
    found = scanned(tmp_path, "template.yaml", PIPELINE).findings
    (refused,) = [finding for finding in found if finding.rule == "COND-08"]
    assert refused.when == ((("Stage", "prod"),),)


@pytest.mark.parametrize(
    ("operator", "rules"),
    [
        ("StringEquals", []),
        ("StringEqualsIfExists", ["COND-40"]),
        ("stringequalsifexists", ["COND-40"]),
        ("ForAllValues:StringEquals", ["COND-07"]),
        ("ForAllValues:StringEqualsIfExists", ["COND-07"]),
        ("ForAnyValue:StringEquals", ["COND-07"]),
        ("ForAnyValue:StringEqualsIfExists", ["COND-07", "COND-40"]),
        ("StringNotEquals", ["COND-39"]),
        ("StringNotEqualsIfExists", ["COND-39"]),
        ("ForAllValues:StringNotEquals", ["COND-07"]),
        ("ForAnyValue:StringNotEquals", ["COND-07"]),
        ("Null", []),
        ("StringSame", []),
    ],
)
def test_every_affix_on_a_key_with_one_value(
    tmp_path: Path, operator: str, rules: list[str]
) -> None:
    policy = f"""{{
  "Version": "2012-10-17",
  "Statement": {{
    "Effect": "Allow",
    "Principal": {{"AWS": "arn:aws:iam::111122223333:role/app"}},
    "Action": "kms:Decrypt",
    "Resource": "*",
    "Condition": {{"{operator}": {{"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}}
  }}
}}"""
    found = said(tmp_path, "key-policy.json", policy)
    assert [one.rule for one in found] == rules
    assert all("kms:ViaService" in one.line for one in found)


@pytest.mark.parametrize(
    ("operator", "rules"),
    [
        ("StringEquals", ["COND-09"]),
        ("StringNotLikeIfExists", ["COND-09", "COND-39"]),
        ("ForAnyValue:StringLike", []),
        ("ForAllValues:StringLike", ["COND-10"]),
        ("ForAllValues:StringNotLike", ["COND-10"]),
        ("Null", []),
    ],
)
def test_every_affix_on_a_key_with_several_values(
    tmp_path: Path, operator: str, rules: list[str]
) -> None:
    policy = f"""{{
  "Version": "2012-10-17",
  "Statement": [{{
    "Effect": "Allow",
    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
    "Resource": "arn:aws:kms:*:111122223333:key/*",
    "Condition": {{"{operator}": {{"kms:ResourceAliases": ["alias/orders", "alias/bills"]}}}}
  }}]
}}"""
    assert [one.rule for one in said(tmp_path, "policy.json", policy)] == rules


def test_what_another_account_gets_from_a_public_statement_is_said_once(tmp_path: Path) -> None:
    """KP-22 says of the whole statement that strangers pass; the condition alone adds nothing."""
    text = """resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow"
    Principal = { AWS = "*" }
    Action    = "kms:Decrypt"
    Resource  = "*"
    Condition = { StringEqualsIfExists = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" } }
  }] })
}
"""
    (tmp_path / "main.tf").write_text(text)
    found = scan(ScanOptions(working_directory=tmp_path, select=(*OURS, "KP-22"))).findings
    assert [(finding.rule, finding.location.line) for finding in found] == [("KP-22", 4)]


def test_an_operator_that_is_not_known_stays_open(tmp_path: Path) -> None:
    text = """variable "operator" {}

resource "aws_iam_policy" "p" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow"
    Action    = "kms:Decrypt"
    Resource  = "arn:aws:kms:us-east-1:111122223333:key/*"
    Condition = { (var.operator) = { "kms:ViaService" = "s3.us-east-1.amazonaws.com" } }
  }] })
}
"""
    found = scanned(tmp_path, "main.tf", text)
    assert not found.findings
    open_rules = {rule for entry in found.unresolved for rule in entry.rules}
    assert {"COND-07", "COND-39", "COND-40"} <= open_rules
    assert any("var.operator" in entry.reason for entry in found.unresolved)


PERIMETER = """
resource "aws_kms_key" "data" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "EnableIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111122223333:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "OnlyOurNetworks"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = {
          StringNotEqualsIfExists = {
            "aws:SourceVpc" = ["vpc-0123456789abcdef0", "vpc-0fedcba9876543210"]
          }
          NotIpAddressIfExists = {
            "aws:SourceIp" = ["203.0.113.0/24"]
          }%s
        }
      },
    ]
  })
}

resource "aws_db_instance" "orders" {
  allocated_storage = 100
  engine            = "postgres"
  instance_class    = "db.m6g.large"
  storage_encrypted = true
  kms_key_id        = aws_kms_key.data.arn
}
"""


def test_a_perimeter_that_forgets_the_services_of_its_database(tmp_path: Path) -> None:
    found = said(tmp_path, "main.tf", PERIMETER % "")
    line = '"aws:SourceVpc" = ["vpc-0123456789abcdef0", "vpc-0fedcba9876543210"]'
    assert found == [Said("VPCE-09", "high", line)]


@pytest.mark.parametrize("operator", ["Bool", "BoolIfExists"])
def test_a_perimeter_that_excepts_services(tmp_path: Path, operator: str) -> None:
    exception = f'\n          {operator} = {{ "aws:ViaAWSService" = "false" }}'
    assert said(tmp_path, "main.tf", PERIMETER % exception) == []
