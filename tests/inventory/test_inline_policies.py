"""Every way to write a policy of an identity ends in `Identity.policies`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Planned, PlanReader, Read, Reader

DOCUMENT = "{ Statement = [] }"


def held(read: Read) -> dict[str, list[str]]:
    return {
        identity.address: sorted(
            f"{policy.address} {policy.attribute}" for policy in identity.policies.items
        )
        for identity in read.inventory.identities
    }


def test_terraform(terraform: Reader) -> None:
    read = terraform(f"""
resource "aws_iam_role" "r" {{
  name               = "r"
  assume_role_policy = jsonencode({DOCUMENT})
  inline_policy {{
    name   = "one"
    policy = jsonencode({DOCUMENT})
  }}
}}
resource "aws_iam_user" "u" {{ name = "u" }}
resource "aws_iam_group" "g" {{ name = "g" }}
resource "aws_iam_role_policy" "p" {{
  role   = aws_iam_role.r.id
  policy = jsonencode({DOCUMENT})
}}
resource "aws_iam_user_policy" "p" {{
  user   = aws_iam_user.u.name
  policy = jsonencode({DOCUMENT})
}}
resource "aws_iam_group_policy" "p" {{
  group  = "g"
  policy = jsonencode({DOCUMENT})
}}
""")
    assert held(read) == {
        "aws_iam_role.r": [
            "aws_iam_role.r inline_policy[0].policy",
            "aws_iam_role_policy.p policy",
        ],
        "aws_iam_user.u": ["aws_iam_user_policy.p policy"],
        "aws_iam_group.g": ["aws_iam_group_policy.p policy"],
    }
    assert not any(identity.policies.open for identity in read.inventory.identities)


def test_cloudformation(cloudformation: Reader) -> None:
    own = "Policies: [{PolicyName: own, PolicyDocument: {Statement: []}}]"
    read = cloudformation(f"""
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{}}
      {own}
  U: {{Type: AWS::IAM::User, Properties: {{UserName: u, {own}}}}}
  G: {{Type: AWS::IAM::Group, Properties: {{{own}}}}}
  RP:
    Type: AWS::IAM::RolePolicy
    Properties: {{PolicyName: p, RoleName: !Ref R, PolicyDocument: {{Statement: []}}}}
  UP:
    Type: AWS::IAM::UserPolicy
    Properties: {{PolicyName: p, UserName: u, PolicyDocument: {{Statement: []}}}}
  GP:
    Type: AWS::IAM::GroupPolicy
    Properties: {{PolicyName: p, GroupName: !Ref G, PolicyDocument: {{Statement: []}}}}
  P:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: p
      Roles: [!Ref R]
      Users: [!Ref U]
      Groups: [!Ref G]
      PolicyDocument: {{Statement: []}}
  M:
    Type: AWS::IAM::ManagedPolicy
    Properties: {{Roles: [!Ref R], Users: [u], Groups: [!Ref G], PolicyDocument: {{Statement: []}}}}
""")
    both = ["M PolicyDocument", "P PolicyDocument"]
    assert held(read) == {
        "R": [*both, "R Policies[0].PolicyDocument", "RP PolicyDocument"],
        "U": [*both, "U Policies[0].PolicyDocument", "UP PolicyDocument"],
        "G": ["G Policies[0].PolicyDocument", "GP PolicyDocument", *both],
    }
    assert not any(identity.policies.open for identity in read.inventory.identities)


def test_a_plan(plan: PlanReader, planned: Planned) -> None:
    inline = [{"name": "one", "policy": '{"Statement": []}'}]
    read = plan(
        planned(
            "aws_iam_role.r",
            {"name": "r", "path": "/", "assume_role_policy": "{}", "inline_policy": inline},
            {"id": None},
        ),
        planned(
            "aws_iam_role_policy.p",
            {"policy": '{"Statement": []}'},
            {"role": ["aws_iam_role.r.id", "aws_iam_role.r"]},
        ),
    )
    found = ["aws_iam_role.r inline_policy[0].policy", "aws_iam_role_policy.p policy"]
    assert held(read) == {"aws_iam_role.r": found}
