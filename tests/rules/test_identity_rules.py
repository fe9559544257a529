"""Rules about IAM policies, other accounts, grants and services, on projects as people write them."""

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
    "IAM-01", "IAM-02", "IAM-11", "IAM-12", "XACC-03", "XACC-05", "XACC-06", "XACC-10",
    "PERM-04", "GRANT-01", "SVC-01", "KP-20", "KP-21", "KP-22", "KP-23",
)  # fmt: skip
ACCOUNT = "111122223333"


class Said(NamedTuple):
    """A finding: the rule, its severity, and the line it stands on, without blanks."""

    rule: str
    severity: str
    line: str


def scanned(folder: Path, name: str, text: str, account: str | None = ACCOUNT) -> ScanResult:
    (folder / name).write_text(text)
    inputs = Inputs(environment=Environment(account, "us-east-1", "aws"))
    found = scan(ScanOptions(working_directory=folder, select=OURS, inputs=inputs, pedantic=True))
    assert not found.errors
    return found


def said(folder: Path, name: str, text: str, account: str | None = ACCOUNT) -> list[Said]:
    lines = text.splitlines()
    found = scanned(folder, name, text, account)
    return [
        Said(f.rule, f.severity, lines[f.location.line - 1].strip())
        for f in found.findings
        if f.verdict == "yes"
    ]


def left_open(folder: Path, name: str, text: str, account: str | None = ACCOUNT) -> set[str]:
    found = scanned(folder, name, text, account)
    return {rule for entry in found.unresolved for rule in entry.rules}


# -- a platform in Terraform ----------------------------------------------------------------------

PLATFORM = """
data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "events_key" {
  statement {
    sid       = "EnableIAMUserPermissions"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }

  statement {
    sid       = "Topic"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals { # alarms
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    }
  }

  statement {
    sid       = "Findings"
    actions   = ["kms:GenerateDataKey"]
    resources = ["*"]
    principals { # findings
      type        = "Service"
      identifiers = ["guardduty.amazonaws.com"]
    }
  }

  statement {
    sid       = "Distribution"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudfront_distribution.site.arn]
    }
  }

  statement {
    sid       = "Volumes"
    actions   = ["kms:Decrypt", "kms:CreateGrant"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.worker.arn]
    }
  }
}

resource "aws_kms_key" "events" {
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.events_key.json
}

resource "aws_cloudfront_distribution" "site" {}

resource "aws_iam_role" "worker" {
  name               = "worker"
  assume_role_policy = "{}"
}

resource "aws_iam_role_policy" "worker" {
  name = "worker"
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = aws_kms_key.events.arn
      },
      {
        Effect   = "Allow"
        Action   = ["kms:ListKeys", "kms:ListAliases", "kms:DescribeKey"]
        Resource = "*" # look
      },
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "kms:Decrypt"]
        Resource = "*" # secrets
      },
    ]
  })
}
"""


def test_platform(tmp_path: Path) -> None:
    assert said(tmp_path, "main.tf", PLATFORM) == [
        Said("SVC-01", "low", "principals { # alarms"),
        Said("SVC-01", "high", "principals { # findings"),
        Said("GRANT-01", "high", 'actions   = ["kms:Decrypt", "kms:CreateGrant"]'),
        Said("IAM-01", "low", 'Resource = "*" # look'),
        Said("IAM-01", "high", 'Resource = "*" # secrets'),
    ]


def test_platform_says_the_same_without_knowing_its_account(tmp_path: Path) -> None:
    known = said(tmp_path, "main.tf", PLATFORM)
    assert said(tmp_path, "main.tf", PLATFORM, account=None) == known


# -- keys of this project, and who may use them ---------------------------------------------------

ROLE = """
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = "{}"
}

resource "aws_iam_policy" "app" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource = aws_kms_key.k.arn
  }] })
}

resource "aws_iam_role_policy_attachment" "app" {
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.app.arn
}
"""


def key_for(principal: str, actions: str = '"kms:*"', more: str = "") -> str:
    """A project: a role with an IAM policy, and a key whose policy allows a principal actions."""
    return f"""
data "aws_caller_identity" "current" {{}}

resource "aws_kms_key" "k" {{
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
    Effect    = "Allow"
    Principal = {{ AWS = {principal} }}
    Action    = [{actions}]
    Resource  = "*"
  }}] }})
}}
{ROLE}{more}"""


OWN = '"arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"'
ADMIN = f'"arn:aws:iam::{ACCOUNT}:role/admin"'
GRANT = """
resource "aws_kms_grant" "app" {
  key_id            = aws_kms_key.k.key_id
  grantee_principal = aws_iam_role.app.arn
  operations        = [OPERATIONS]
}
"""
DEAD = Said("IAM-11", "high", "Resource = aws_kms_key.k.arn")
MORE = Said("IAM-12", "medium", 'Action   = ["kms:Decrypt", "kms:GenerateDataKey"]')


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        (key_for(OWN), []),
        (key_for("aws_iam_role.app.arn", '"kms:Decrypt", "kms:GenerateDataKey*"'), []),
        (key_for(ADMIN), [DEAD]),
        (key_for(ADMIN, more=GRANT.replace("OPERATIONS", '"Decrypt", "GenerateDataKey"')), []),
        (key_for(ADMIN, more=GRANT.replace("OPERATIONS", '"Decrypt"')), [MORE]),
        (key_for(OWN, '"kms:Decrypt", "kms:PutKeyPolicy"'), [MORE]),
        (key_for(OWN, '"kms:Sign", "kms:PutKeyPolicy"'), [DEAD]),
    ],
    ids=["account", "role", "somebody else", "a grant", "half a grant", "half", "something else"],
)
def test_what_the_key_policy_lets_the_role_do(
    tmp_path: Path, project: str, expected: list[Said]
) -> None:
    assert said(tmp_path, "main.tf", project) == expected


def test_a_policy_of_nobody_is_not_judged(tmp_path: Path) -> None:
    project = key_for(ADMIN).split('resource "aws_iam_role_policy_attachment"')[0]
    assert said(tmp_path, "main.tf", project) == []


GROUP = """
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Administration
            Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/admin"}
            Action: kms:*
            Resource: "*"
          - Sid: Ann
            Effect: Allow
            Principal: {AWS: !GetAtt Ann.Arn}
            Action: kms:Decrypt
            Resource: "*"
  Ann:
    Type: AWS::IAM::User
    Properties:
      Groups: [!Ref Analysts]
  Bob:
    Type: AWS::IAM::User
  Analysts:
    Type: AWS::IAM::Group
  Reading:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: reading
      Users: [HOLDER]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: kms:Decrypt
            Resource: !GetAtt Key.Arn
"""


@pytest.mark.parametrize(
    ("holder", "expected"),
    [("!Ref Ann", []), ("!Ref Bob", [Said("IAM-11", "high", "Resource: !GetAtt Key.Arn")])],
)
def test_users_of_a_stack(tmp_path: Path, holder: str, expected: list[Said]) -> None:
    assert said(tmp_path, "stack.yaml", GROUP.replace("HOLDER", holder)) == expected


# -- other accounts -------------------------------------------------------------------------------

SHARED = """
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Administration
            Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
            Action: kms:*
            Resource: "*"
          - Sid: Use
            Effect: Allow
            Principal: {AWS: "arn:aws:iam::444455556666:role/reader"}
            Action: [kms:Decrypt, kms:DescribeKey]
            Resource: "*"
          - Sid: Attach
            Effect: Allow
            Principal: {AWS: "arn:aws:iam::444455556666:root"} # attach
            Action: [kms:CreateGrant, kms:ListGrants, kms:RevokeGrant]
            Resource: "*"
            Condition: {Bool: {"kms:GrantIsForAWSResource": "true"}}
          - Sid: Scale
            Effect: Allow
            Principal: {AWS: "arn:aws:iam::444455556666:root"} # scale
            Action: kms:CreateGrant
            Resource: "*"
          - Sid: Logs
            Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com} # logs
            Action: kms:GenerateDataKey*
            Resource: "*"
            Condition: {StringEquals: {"aws:PrincipalOrgID": o-a1b2c3d4e5}}
  Remote:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Theirs
            Effect: Allow
            Action: [kms:Decrypt, kms:EnableKeyRotation] # theirs
            Resource: arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab
          - Sid: Ours
            Effect: Allow
            Action: kms:EnableKeyRotation
            Resource: !Sub "arn:aws:kms:us-east-1:${AWS::AccountId}:key/*"
"""


def test_a_shared_key(tmp_path: Path) -> None:
    attach = 'Principal: {AWS: "arn:aws:iam::444455556666:root"} # attach'
    scale = 'Principal: {AWS: "arn:aws:iam::444455556666:root"} # scale'
    assert said(tmp_path, "stack.yaml", SHARED) == [
        Said("XACC-06", "low", attach),
        Said("XACC-05", "high", scale),
        Said("XACC-06", "low", scale),
        Said("XACC-10", "medium", "Principal: {Service: cloudtrail.amazonaws.com} # logs"),
        Said("XACC-03", "medium", "Action: [kms:Decrypt, kms:EnableKeyRotation] # theirs"),
    ]


def test_whose_account_it_is_must_be_known(tmp_path: Path) -> None:
    found = {one.rule for one in said(tmp_path, "stack.yaml", SHARED, account=None)}
    assert found == {"XACC-10"}
    assert left_open(tmp_path, "stack.yaml", SHARED, account=None) == {
        "XACC-03",
        "XACC-05",
        "XACC-06",
        "GRANT-01",
    }


UNKNOWN_OWNER = """
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: "arn:aws:iam::444455556666:role/app"}
            Action: kms:CreateGrant
            Resource: "*"
"""


@pytest.mark.parametrize(
    ("account", "rule"),
    [(None, "GRANT-01"), (ACCOUNT, "XACC-05"), ("444455556666", "GRANT-01")],
)
def test_unlimited_grants_are_told_whosever_role_it_is(
    tmp_path: Path, account: str | None, rule: str
) -> None:
    (one,) = said(tmp_path, "stack.yaml", UNKNOWN_OWNER, account)
    assert (one.rule, one.severity) == (rule, "high")


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
  ] })
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
