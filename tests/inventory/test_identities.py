"""What belongs to an identity: groups, boundaries, AWS managed policies, attachments in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kmsiac.inventory.model import Entity, Related
from kmsiac.policy.document import PolicyDocument

if TYPE_CHECKING:
    from conftest import Planned, PlanReader, Reader

AWS_MANAGED = "an AWS managed policy, its text is not in the templates"
GROUPS_TF = """
variable "who" {}
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user" "bob" { name = "bob" }
resource "aws_iam_group" "devs" { name = "devs" }
resource "aws_iam_group" "ops" { name = "ops" }
resource "aws_iam_group_policy" "p" {
  group  = aws_iam_group.devs.name
  policy = jsonencode({ Statement = [] })
}
"""


def names(related: Related[Entity]) -> list[str]:
    return sorted(entity.address for entity in related.items)


def possible(related: Related[Entity]) -> list[str]:
    return sorted(entity.address for entity in related.maybe)


def reasons(related: Related[Entity]) -> list[str]:
    return sorted({blame.reason.partition(";")[0] for blame in related.open})


# -- groups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "membership",
    [
        """
resource "aws_iam_user_group_membership" "m" {
  user   = aws_iam_user.ann.name
  groups = [aws_iam_group.devs.name, "ops"]
}
""",
        """
resource "aws_iam_group_membership" "m" {
  name  = "m"
  users = ["ann"]
  group = aws_iam_group.devs.name
}
resource "aws_iam_group_membership" "n" {
  name  = "n"
  users = [aws_iam_user.ann.name]
  group = "ops"
}
""",
    ],
)
def test_the_groups_of_a_user(terraform: Reader, membership: str) -> None:
    read = terraform(GROUPS_TF + membership)
    ann = read.identity("aws_iam_user.ann")
    assert names(ann.groups) == ["aws_iam_group.devs", "aws_iam_group.ops"]
    assert not ann.groups.open
    assert names(ann.groups.items[0].policies) == ["aws_iam_group_policy.p"]
    assert names(ann.policies) == []
    assert names(read.identity("aws_iam_user.bob").groups) == []


def test_the_groups_of_a_user_in_cloudformation(cloudformation: Reader) -> None:
    read = cloudformation("""
Parameters: {Some: {Type: String}}
Resources:
  Devs: {Type: AWS::IAM::Group, Properties: {GroupName: devs}}
  Ops: {Type: AWS::IAM::Group}
  Ann: {Type: AWS::IAM::User, Properties: {Groups: [!Ref Devs]}}
  Bob: {Type: AWS::IAM::User, Properties: {Groups: [!Ref Some]}}
  Add:
    Type: AWS::IAM::UserToGroupAddition
    Properties: {GroupName: !Ref Ops, Users: [!Ref Ann]}
""")
    assert names(read.identity("Ann").groups) == ["Devs", "Ops"]
    assert not read.identity("Ann").groups.open
    bob = read.identity("Bob").groups
    assert (names(bob), reasons(bob)) == ([], ["parameter has no default"])


def test_the_groups_of_a_user_in_a_plan(plan: PlanReader, planned: Planned) -> None:
    read = plan(
        planned("aws_iam_user.ann", {"name": "ann"}),
        planned("aws_iam_group.devs", {"name": "devs"}),
        planned(
            "aws_iam_user_group_membership.m",
            {"user": "ann", "groups": ["devs"]},
        ),
    )
    assert names(read.identity("aws_iam_user.ann").groups) == ["aws_iam_group.devs"]


def test_a_member_that_is_not_known_may_be_any_user(terraform: Reader) -> None:
    read = terraform(
        GROUPS_TF
        + 'resource "aws_iam_user_group_membership" "m" {\n'
        + "  user   = var.who\n  groups = [aws_iam_group.devs.name]\n}\n"
    )
    groups = read.identity("aws_iam_user.bob").groups
    assert (names(groups), reasons(groups)) == ([], ["variable has no default"])
    assert read.identity("aws_iam_group.devs").groups == Related()


# -- policies of AWS, and attachments in doubt ----------------------------------------------------

ROLE = 'resource "aws_iam_role" "r" {\n  name = "r"\n  assume_role_policy = "{}"\n%s}\n'


@pytest.mark.parametrize(
    "arn",
    [
        '"arn:aws:iam::aws:policy/AdministratorAccess"',
        '"arn:${data.aws_partition.here.partition}:iam::aws:policy/AdministratorAccess"',
    ],
)
def test_administrator_access_is_a_policy_like_the_others(terraform: Reader, arn: str) -> None:
    read = terraform(
        'data "aws_partition" "here" {}\n'
        + ROLE % f"  managed_policy_arns = [{arn}]\n"
        + 'resource "aws_iam_user" "u" { name = "u" }\n'
        + 'resource "aws_iam_user_policy_attachment" "a" {\n'
        + f"  user = aws_iam_user.u.name\n  policy_arn = {arn}\n}}\n"
    )
    (policy,) = read.identity("aws_iam_role.r").policies.items
    assert read.identity("aws_iam_user.u").policies.items == (policy,)
    assert names(policy.identities) == ["aws_iam_role.r", "aws_iam_user.u"]
    assert (policy.kind, policy.aws_managed) == ("identity", "AdministratorAccess")
    assert policy.default
    assert policy in read.inventory.policies
    document = policy.document.pick({})
    assert isinstance(document, PolicyDocument)
    (statement,) = document.statements
    assert statement.effect_text == "Allow"
    assert [str(action.value) for action in statement.actions] == ["*"]
    assert [str(resource.value) for resource in statement.resources] == ["*"]
    assert not read.identity("aws_iam_role.r").policies.open
    assert read.span(policy.attribute_position).path == "main.tf"


def test_administrator_access_in_cloudformation_and_a_plan(
    cloudformation: Reader, plan: PlanReader, planned: Planned
) -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    template = cloudformation(f"""
Resources:
  R:
    Type: AWS::IAM::Role
    Properties: {{AssumeRolePolicyDocument: {{}}, ManagedPolicyArns: ["{arn}"]}}
""")
    assert [p.aws_managed for p in template.identity("R").policies.items] == ["AdministratorAccess"]
    read = plan(
        planned("aws_iam_role.r", {"name": "r", "assume_role_policy": "{}"}),
        planned("aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": arn}),
    )
    found = read.identity("aws_iam_role.r").policies
    assert [p.aws_managed for p in found.items] == ["AdministratorAccess"]


def test_other_policies_of_aws_leave_it_open(terraform: Reader, cloudformation: Reader) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AWSConfigRole"
    read = terraform(ROLE % f'  managed_policy_arns = ["{arn}"]\n')
    found = read.identity("aws_iam_role.r").policies
    assert (names(found), reasons(found)) == ([], [AWS_MANAGED])
    other = cloudformation(f"""
Resources:
  R:
    Type: AWS::IAM::Role
    Properties: {{AssumeRolePolicyDocument: {{}}, ManagedPolicyArns: ["{arn}"]}}
""")
    assert reasons(other.identity("R").policies) == [AWS_MANAGED]


def test_a_policy_of_aws_that_says_nothing_of_kms_leaves_nothing_open(terraform: Reader) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    read = terraform(ROLE % f'  managed_policy_arns = ["{arn}"]\n')
    found = read.identity("aws_iam_role.r").policies
    assert [policy.aws_managed for policy in found.items] == ["AWSLambdaBasicExecutionRole"]
    assert not found.open


def test_a_policy_of_the_unit_with_the_name_of_one_of_aws(terraform: Reader) -> None:
    read = terraform(
        'resource "aws_iam_policy" "p" {\n  name = "ReadOnlyAccess"\n  policy = "{}"\n}\n'
        + ROLE % '  managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]\n'
    )
    found = read.identity("aws_iam_role.r").policies
    assert (names(found), reasons(found)) == ([], [AWS_MANAGED])


@pytest.mark.parametrize(
    ("target", "in_doubt"),
    [
        ("var.unknown", True),
        ("data.aws_ssm_parameter.seen.value", True),
        ('"${var.unknown}-x"', True),
        ('"other"', False),
        ("aws_iam_role.other.name", False),
    ],
)
@pytest.mark.parametrize("policy", ["aws_iam_policy.p.arn", "var.policy"])
def test_an_attachment_whose_target_is_not_known(
    terraform: Reader, target: str, in_doubt: bool, policy: str
) -> None:
    read = terraform(
        'variable "unknown" {}\nvariable "policy" {}\n'
        'data "aws_ssm_parameter" "seen" { name = "seen" }\n'
        'resource "aws_iam_policy" "p" {\n  name = "p"\n  policy = "{}"\n}\n'
        'resource "aws_iam_role" "other" { assume_role_policy = "{}" }\n'
        'resource "aws_iam_user" "u" { name = "u" }\n'
        + ROLE % ""
        + 'resource "aws_iam_role_policy_attachment" "a" {\n'
        + f"  role = {target}\n  policy_arn = {policy}\n}}\n"
    )
    assert bool(read.identity("aws_iam_role.r").policies.open) == in_doubt
    assert not read.identity("aws_iam_user.u").policies.open


def test_an_inline_policy_whose_role_is_not_known(cloudformation: Reader) -> None:
    read = cloudformation("""
Parameters: {Which: {Type: String}}
Resources:
  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
  P:
    Type: AWS::IAM::RolePolicy
    Properties: {PolicyName: p, PolicyDocument: {Statement: []}, RoleName: !Ref Which}
""")
    assert read.policy("P").identities.open
    assert reasons(read.identity("R").policies) == ["parameter has no default"]


def test_exclusive_attachments_attach(terraform: Reader) -> None:
    read = terraform(
        'resource "aws_iam_policy" "p" {\n  name = "p"\n  policy = "{}"\n}\n'
        + ROLE % ""
        + 'resource "aws_iam_role_policy_attachments_exclusive" "a" {\n'
        + "  role_name = aws_iam_role.r.name\n  policy_arns = [aws_iam_policy.p.arn]\n}\n"
    )
    assert names(read.identity("aws_iam_role.r").policies) == ["aws_iam_policy.p"]


# -- boundaries -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "found", "why"),
    [
        ("aws_iam_policy.edge.arn", ["aws_iam_policy.edge"], []),
        ("aws_iam_policy.edge.id", ["aws_iam_policy.edge"], []),
        ('"arn:aws:iam::111122223333:policy/team/edge"', ["aws_iam_policy.edge"], []),
        ('"arn:aws:iam::111122223333:policy/edge"', [], ["not in the scanned templates"]),
        ('"arn:aws:iam::444455556666:policy/team/edge"', [], ["not in the scanned templates"]),
        ('"arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"', [], [AWS_MANAGED]),
        (
            '"arn:aws:iam::aws:policy/PowerUserAccess"',
            ["arn:aws:iam::aws:policy/PowerUserAccess"],
            [],
        ),
        ("var.edge", [], ["variable has no default"]),
        ("null", [], []),
    ],
)
def test_the_boundary_of_a_role(
    terraform: Reader, written: str, found: list[str], why: list[str]
) -> None:
    read = terraform(
        'variable "edge" {}\nresource "aws_iam_policy" "edge" {\n'
        '  name = "edge"\n  path = "/team/"\n  policy = "{}"\n}\n'
        + ROLE
        % f"  permissions_boundary = {written}\n"
    )
    role = read.identity("aws_iam_role.r")
    assert (names(role.boundary), reasons(role.boundary)) == (found, why)
    assert not role.policies.items
    assert all(policy.kind == "boundary" for policy in role.boundary.items)


def test_boundaries_in_cloudformation_and_a_plan(
    cloudformation: Reader, plan: PlanReader, planned: Planned
) -> None:
    read = cloudformation("""
Conditions: {Strict: !Equals [!Ref "AWS::Region", eu-west-1]}
Resources:
  Edge: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: []}}}
  A:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {}, PermissionsBoundary: !Ref Edge}
  B:
    Type: AWS::IAM::User
    Properties:
      PermissionsBoundary: arn:aws:iam::aws:policy/job-function/ViewOnlyAccess
""")
    assert names(read.identity("A").boundary) == ["Edge"]
    assert reasons(read.identity("B").boundary) == [AWS_MANAGED]
    found = plan(
        planned(
            "aws_iam_policy.edge", {"name": "edge", "path": "/", "policy": "{}"}, {"arn": None}
        ),
        planned(
            "aws_iam_role.r",
            {"name": "r", "assume_role_policy": "{}"},
            unknown={"permissions_boundary": ["aws_iam_policy.edge.arn", "aws_iam_policy.edge"]},
        ),
    )
    assert names(found.identity("aws_iam_role.r").boundary) == ["aws_iam_policy.edge"]
