"""The rules about IAM policies, grants and services on policies of AWS's guides, and on wildcards."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.access.trust import Trusted
from kmsiac.config import ScanOptions
from kmsiac.rules.engine import run
from kmsiac.rules.loader import load_rules
from kmsiac.scan import read_units
from tests.rules.projects import ACCOUNT, Project, Said

OURS = (
    "IAM-01", "IAM-02", "IAM-11", "IAM-12", "XACC-03", "XACC-05", "XACC-06", "XACC-10",
    "PERM-04", "GRANT-01", "SVC-01", "KP-20", "KP-21", "KP-22", "KP-23",
    "KP-08", "KP-14", "KP-26", "KP-30", "KP-32",
    "IAM-06", "IAM-16", "COND-15", "COND-17", "XACC-02", "GRANT-03", "GRANT-04", "VPCE-02", "MRK-10",
)  # fmt: skip


def project(folder: Path, name: str, text: str, account: str | None = ACCOUNT) -> Project:
    return Project(folder, name, text, OURS, account)


def said(folder: Path, name: str, text: str, account: str | None = ACCOUNT) -> list[Said]:
    return project(folder, name, text, account).said


def left_open(folder: Path, name: str, text: str, account: str | None = ACCOUNT) -> set[str]:
    return project(folder, name, text, account).left_open


# -- policies of AWS's guides ---------------------------------------------------------------------

GUIDES = """
resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    {
      Sid       = "Enable IAM User Permissions"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = "kms:*"
      Resource  = "*"
    },
    {
      Sid       = "Allow access for Key Administrators"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/ExampleAdminRole" }
      Action = [
        "kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*",
        "kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource",
        "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
      ]
      Resource = "*"
    },
    {
      Sid       = "Allow attachment of persistent resources"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::111122223333:role/ExampleRole"] }
      Action    = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
      Resource  = "*"
      Condition = { Bool = { "kms:GrantIsForAWSResource" = true } }
    },
    {
      Sid       = "Allow access through Amazon DynamoDB for all principals of the account"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:user/db-lead" }
      Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant"]
      Resource  = "*"
      Condition = { StringLike = { "kms:ViaService" = "dynamodb.*.amazonaws.com" } }
    },
    {
      Sid       = "Allow CloudTrail to encrypt an event data store"
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = "*"
    },
    {
      Sid       = "Allow CloudFront to use the key to deliver logs"
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = "kms:GenerateDataKey*"
      Resource  = "*"
    },
    {
      Sid       = "Allow Route 53 DNSSEC to CreateGrant"
      Effect    = "Allow"
      Principal = { Service = "dnssec-route53.amazonaws.com" }
      Action    = ["kms:CreateGrant"]
      Resource  = "*"
      Condition = { Bool = { "kms:GrantIsForAWSResource" = true } }
    },
    {
      Sid       = "Allow Amazon S3 Storage Lens use of the KMS key"
      Effect    = "Allow"
      Principal = { Service = "storage-lens.s3.amazonaws.com" }
      Action    = "kms:GenerateDataKey"
      Resource  = "*"
      Condition = {
        StringEquals = {
          "aws:SourceArn"     = "arn:aws:s3:us-east-1:111122223333:storage-lens/all"
          "aws:SourceAccount" = "111122223333"
        }
      }
    },
  ] })
}

resource "aws_iam_policy" "by_tag" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    {
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:ResourceTag/project" = "$${aws:PrincipalTag/project}" } }
    },
    {
      Effect    = "Allow"
      Action    = "kms:Decrypt"
      Resource  = "arn:aws:kms:*:111122223333:key/*"
      Condition = { "ForAnyValue:StringLike" = { "kms:ResourceAliases" = "alias/project-*" } }
    },
    {
      Effect   = "Allow"
      Action   = ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"]
      Resource = ["arn:aws:kms:*:111122223333:alias/*", "arn:aws:kms:*:111122223333:key/*"]
    },
  ] })
}

resource "aws_kms_grant" "autoscaling" {
  key_id            = aws_kms_key.k.key_id
  grantee_principal = "arn:aws:iam::444455556666:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
  operations = [
    "Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext", "DescribeKey", "CreateGrant",
  ]
}

resource "aws_kms_key" "primary" {
  multi_region = true
}

resource "aws_kms_replica_key" "replica" {
  region          = "us-west-2"
  primary_key_arn = aws_kms_key.primary.arn
}
"""


def test_policies_of_the_guides_are_quiet_at_medium_and_above(tmp_path: Path) -> None:
    found = said(tmp_path, "main.tf", GUIDES)
    assert [one for one in found if one.severity in ("medium", "high", "critical")] == []
    assert left_open(tmp_path, "main.tf", GUIDES) == set()


# -- modules and wildcards ------------------------------------------------------------------------

MODULE = """
variable "key_arns" {
  type    = list(string)
  default = ["arn:aws:kms:*:*:key/*"]
}

data "aws_iam_policy_document" "secrets" {
  statement {
    actions   = ["kms:Decrypt"]
    resources = var.key_arns
  }
}

resource "aws_iam_policy" "secrets" {
  policy = data.aws_iam_policy_document.secrets.json
}
"""


def test_the_default_of_a_module_is_told_where_it_is_used(tmp_path: Path) -> None:
    assert said(tmp_path, "main.tf", MODULE) == [Said("IAM-01", "high", "resources = var.key_arns")]


def test_key_arns_that_are_given_are_quiet(tmp_path: Path) -> None:
    given = MODULE.replace("arn:aws:kms:*:*:key/*", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234")
    assert said(tmp_path, "main.tf", given) == []


OPERATOR = """
Resources:
  Operator:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}
      Policies:
        - PolicyName: keys
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
                  - kms:Decrypt
                  - kms:*Grant* # grants
                Resource: !Sub "arn:aws:kms:*:${AWS::AccountId}:key/*"
              - Effect: Allow
                Action: [kms:Create*, kms:Put*, kms:Get*]
                Resource: !Sub "arn:aws:kms:*:${AWS::AccountId}:key/*"
              - Effect: Allow
                Action: [kms:Encrypt, kms:Retire*]
                Resource: !Sub "arn:aws:kms:*:${AWS::AccountId}:key/*"
"""


def test_wildcards_of_an_operator(tmp_path: Path) -> None:
    found = said(tmp_path, "stack.yaml", OPERATOR)
    assert [(one.rule, one.severity) for one in found] == [
        ("GRANT-01", "high"),
        ("PERM-04", "high"),
    ]
    assert found[1].line == "Action:"


# -- services -------------------------------------------------------------------------------------

SERVICE = """
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Service
            Effect: Allow
            Principal: {Service: SERVICE}
            Action: [ACTIONS]
            Resource: "*"
            Condition: {CONDITION}
"""


def of_service(service: str, actions: str = "kms:Decrypt", condition: str = "") -> str:
    text = SERVICE.replace("SERVICE", service).replace("ACTIONS", actions)
    line = f"            Condition: {{{condition}}}\n" if condition else ""
    return text.replace("            Condition: {CONDITION}\n", line)


LOGS = '!Sub "logs.${AWS::Region}.${AWS::URLSuffix}"'
CONTEXT = (
    'ArnLike: {"kms:EncryptionContext:aws:logs:arn": '
    '!Sub "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*"}'
)


@pytest.mark.parametrize(
    ("template", "severity"),
    [
        (of_service("s3.amazonaws.com"), "low"),
        (of_service("storage-lens.s3.amazonaws.com"), "high"),
        (of_service("lambda.amazonaws.com", "kms:Decrypt, kms:CreateGrant"), "high"),
        (of_service("events.amazonaws.com"), None),
        (of_service("macie.amazonaws.com", "kms:DescribeKey"), None),
        (of_service(LOGS), "low"),
        (of_service(LOGS, condition=CONTEXT), None),
        (
            of_service(
                "s3.amazonaws.com", condition='ArnLike: {"aws:SourceArn": "arn:aws:s3:::logs"}'
            ),
            None,
        ),
        (
            of_service(
                "backup.amazonaws.com",
                condition='StringLike: {"aws:SourceAccount": "*"}',
            ),
            "high",
        ),
        (
            of_service(
                "macie.amazonaws.com",
                condition='"ForAllValues:StringEquals": {"aws:SourceAccount": "111122223333"}',
            ),
            "high",
        ),
    ],
)
def test_service_principals(tmp_path: Path, template: str, severity: str | None) -> None:
    found = [one for one in said(tmp_path, "stack.yaml", template) if one.rule == "SVC-01"]
    assert [one.severity for one in found] == ([severity] if severity else [])
    assert all(one.line.startswith("Principal:") for one in found)


def test_exempt_services_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text(of_service("macie.amazonaws.com"))
    (inventory,) = read_units(ScanOptions(working_directory=tmp_path)).inventories
    exempt = {"SVC-01": {"exempt": ["macie.amazonaws.com"]}}
    for parameters, expected in ((None, 1), (exempt, 0)):
        matches = run(load_rules(), inventory, Trusted(), parameters)
        assert len([match for match in matches if match.rule == "SVC-01"]) == expected


# -- replicas -------------------------------------------------------------------------------------

REPLICAS = """
variable "primary" {
  default = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
}

variable "spare" {
  type = bool
}

resource "aws_kms_replica_key" "one" {
  primary_key_arn = var.primary # one
}

resource "aws_kms_replica_key" "two" {
  count           = 1
  region          = "us-east-1"
  primary_key_arn = var.primary # two
}

resource "aws_kms_replica_key" "three" {
  region          = "us-east-2"
  primary_key_arn = var.primary
}
"""


def test_replicas_of_a_primary_elsewhere_know_each_other(tmp_path: Path) -> None:
    found = said(tmp_path, "main.tf", REPLICAS)
    assert [(one.rule, one.line) for one in found] == [
        ("MRK-10", "primary_key_arn = var.primary # one"),
        ("MRK-10", "primary_key_arn = var.primary # two"),
    ]


def test_beside_a_replica_that_may_not_be_made_it_stays_open(tmp_path: Path) -> None:
    text = REPLICAS.replace("count           = 1", "count = var.spare ? length(var.spares) : 0")
    text += 'variable "spares" {}\n'
    assert [one.line for one in said(tmp_path, "main.tf", text)] == [
        "primary_key_arn = var.primary # two"
    ]
    assert "MRK-10" in left_open(tmp_path, "main.tf", text)


# -- values of condition keys ---------------------------------------------------------------------


def in_condition(condition: str) -> str:
    return of_service("s3.amazonaws.com", condition=condition)


@pytest.mark.parametrize(
    ("condition", "rules"),
    [
        ('StringEquals: {"aws:SourceAccount": !Ref AWS::AccountId}', []),
        ('StringEquals: {"aws:SourceAccount": "1111-2222-3333"}', ["COND-15"]),
        ('StringEquals: {"kms:ViaService": !Sub "s3.${AWS::Region}.${AWS::URLSuffix}"}', []),
        ('StringEquals: {"kms:ViaService": "kms.amazonaws.com"}', ["COND-17"]),
        ('StringEquals: {"kms:ViaService": "S3.us-east-1.amazonaws.com"}', ["COND-17"]),
        ('StringLike: {"kms:ViaService": "*"}', []),
        ('StringNotEqualsIfExists: {"aws:SourceOrgID": "my-organization"}', ["COND-15"]),
        ('Bool: {"aws:SecureTransport": yes please}', ["COND-15"]),
    ],
)
def test_values_of_condition_keys(tmp_path: Path, condition: str, rules: list[str]) -> None:
    found = said(tmp_path, "stack.yaml", in_condition(condition))
    assert [one.rule for one in found if one.rule in ("COND-15", "COND-17")] == rules


def test_an_unknown_value_of_a_key_that_takes_any_is_no_question(tmp_path: Path) -> None:
    text = in_condition(
        'StringEquals: {"kms:EncryptionContext:a": !Ref A, "kms:ViaService": !Ref B}'
    )
    text = "Parameters: {A: {Type: String}, B: {Type: String}}\n" + text.lstrip()
    assert left_open(tmp_path, "stack.yaml", text) & {"COND-15", "COND-17"} == {"COND-17"}
