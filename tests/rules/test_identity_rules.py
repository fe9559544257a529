"""Rules about IAM policies, other accounts, grants and services, on projects as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.projects import ACCOUNT, Project, Said

OURS = (
    "IAM-01", "IAM-02", "IAM-11", "IAM-12", "XACC-03", "XACC-05", "XACC-06", "XACC-10",
    "PERM-04", "GRANT-01", "SVC-01", "KP-20", "KP-21", "KP-22", "KP-23",
)  # fmt: skip


def project(folder: Path, name: str, text: str, account: str | None = ACCOUNT) -> Project:
    return Project(folder, name, text, OURS, account)


def said(folder: Path, name: str, text: str, account: str | None = ACCOUNT) -> list[Said]:
    return project(folder, name, text, account).said


def left_open(folder: Path, name: str, text: str, account: str | None = ACCOUNT) -> set[str]:
    return project(folder, name, text, account).left_open


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
        Said("SVC-01", "medium", "principals { # findings"),
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


@pytest.mark.parametrize(("principal", "undecided"), [(ADMIN, {"IAM-11", "IAM-12"}), (OWN, set())])
def test_a_policy_of_nobody_is_open_where_the_key_policy_decides(
    tmp_path: Path, principal: str, undecided: set[str]
) -> None:
    unattached = key_for(principal).split('resource "aws_iam_role_policy_attachment"')[0]
    assert said(tmp_path, "main.tf", unattached) == []
    assert left_open(tmp_path, "main.tf", unattached) == undecided


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
