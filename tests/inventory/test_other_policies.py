"""Policies beside those of keys, identities and endpoints: where they stand, and of which kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Planned, PlanReader, Read, Reader

ALLOW = '{ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "kms:Decrypt", Resource = "*" }] }'
STATEMENT = '{Effect: Allow, Principal: "*", Action: "kms:Decrypt", Resource: "*"}'
DOCUMENT = f'{{Version: "2012-10-17", Statement: [{STATEMENT}]}}'


def found(read: Read) -> list[tuple[str, str, str]]:
    return [(p.address, p.attribute, p.kind) for p in read.inventory.policies]


@pytest.mark.parametrize(
    ("type_", "body", "attribute", "kind"),
    [
        ("aws_sns_topic_policy", "policy = jsonencode({})", "policy", "resource"),
        ("aws_s3_bucket", "policy = jsonencode({})", "policy", "resource"),
        ("aws_cloudwatch_log_resource_policy", "policy_document = jsonencode({})", "policy_document", "resource"),
        ("aws_opensearch_domain", "access_policies = jsonencode({})", "access_policies", "resource"),
        ("aws_iot_policy", "policy = jsonencode({})", "policy", "resource"),
        ("aws_sns_topic_data_protection_policy", "policy = jsonencode({})", "policy", "resource"),
        (
            "aws_s3control_multi_region_access_point_policy",
            'details {\n name = "m"\n policy = jsonencode({})\n }',
            "details[0].policy",
            "resource",
        ),
        ("aws_ssoadmin_permission_set_inline_policy", "inline_policy = jsonencode({})", "inline_policy", "identity"),
        ("aws_rolesanywhere_profile", "session_policy = jsonencode({})", "session_policy", "session"),
        ("aws_transfer_user", "policy = jsonencode({})", "policy", "session"),
        ("aws_odb_network", "s3_policy_document = jsonencode({})", "s3_policy_document", "endpoint"),
        ("aws_organizations_policy", "content = jsonencode({})", "content", "scp"),
        (
            "aws_organizations_policy",
            'type = "RESOURCE_CONTROL_POLICY"\ncontent = jsonencode({})',
            "content",
            "rcp",
        ),
        (
            "aws_cloudwatch_log_account_policy",
            'policy_type = "DATA_PROTECTION_POLICY"\npolicy_document = jsonencode({})',
            "policy_document",
            "resource",
        ),
    ],
)  # fmt: skip
def test_terraform(terraform: Reader, type_: str, body: str, attribute: str, kind: str) -> None:
    written = body.replace("jsonencode({})", f"jsonencode({ALLOW})")
    read = terraform(f'resource "{type_}" "p" {{\n{written}\n}}\n')
    assert found(read) == [(f"{type_}.p", attribute, kind)]
    assert read.json()["policies"][0]["document"]["Statement"][0]["Action"] == "kms:Decrypt"


@pytest.mark.parametrize(
    ("type_", "properties", "attribute", "kind"),
    [
        ("AWS::SNS::TopicPolicy", f"PolicyDocument: {DOCUMENT}", "PolicyDocument", "resource"),
        ("AWS::SSO::PermissionSet", f"InlinePolicy: {DOCUMENT}", "InlinePolicy", "identity"),
        (
            "AWS::Organizations::Policy",
            f"Type: RESOURCE_CONTROL_POLICY, Content: {DOCUMENT}",
            "Content",
            "rcp",
        ),
        ("AWS::RolesAnywhere::Profile", f"SessionPolicy: {DOCUMENT}", "SessionPolicy", "session"),
        (
            "AWS::DynamoDB::Table",
            f"ResourcePolicy: {{PolicyDocument: {DOCUMENT}}}",
            "ResourcePolicy.PolicyDocument",
            "resource",
        ),
        (
            "AWS::DynamoDB::GlobalTable",
            f"Replicas: [{{ResourcePolicy: {{PolicyDocument: {DOCUMENT}}}}}, {{Region: eu-west-1}}]",
            "Replicas[0].ResourcePolicy.PolicyDocument",
            "resource",
        ),
        ("AWS::Events::EventBusPolicy", f"Statement: {STATEMENT}", "Statement", "resource"),
        (
            "AWS::ApiGateway::RestApi",
            f'Body: {{paths: {{}}, "x-amazon-apigateway-policy": {DOCUMENT}}}',
            "Body.x-amazon-apigateway-policy",
            "resource",
        ),
    ],
)
def test_cloudformation(
    cloudformation: Reader, type_: str, properties: str, attribute: str, kind: str
) -> None:
    read = cloudformation(
        f"Resources:\n  P:\n    Type: {type_}\n    Properties: {{{properties}}}\n"
    )
    assert found(read) == [("P", attribute, kind)]
    assert read.json()["policies"][0]["document"]["Statement"][0]["Action"] == "kms:Decrypt"


def test_a_policy_of_another_language_is_none_of_ours(terraform: Reader) -> None:
    read = terraform(
        'resource "aws_organizations_policy" "t" {\n type = "TAG_POLICY"\n content = jsonencode({ tags = {} })\n}\n'
    )
    assert found(read) == []
    assert read.inventory.gaps == []


def test_an_organization_policy_of_a_type_that_is_open(terraform: Reader) -> None:
    read = terraform(
        'variable "type" { type = string }\n'
        f'resource "aws_organizations_policy" "o" {{\n type = var.type\n content = jsonencode({ALLOW})\n}}\n'
    )
    assert found(read) == [("aws_organizations_policy.o", "content", "unknown")]
    assert [gap.resource for gap in read.inventory.gaps] == ["aws_organizations_policy.o"]


def test_a_topic_whose_policy_argument_gives_none_has_that_of_the_service(
    terraform: Reader,
) -> None:
    read = terraform(
        'variable "policy" {\n type = string\n default = null\n}\n'
        'resource "aws_sns_topic" "t" {\n name = "t"\n policy = var.policy\n}\n'
        'resource "aws_sns_topic" "u" { name = "u" }\n'
    )
    (policy,) = read.inventory.policies
    assert (policy.address, policy.kind, policy.default) == ("aws_sns_topic.t", "resource", True)
    (statement,) = read.json()["policies"][0]["document"]["Statement"]
    assert statement["Resource"] == "${aws_sns_topic.t.arn}"
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": "111122223333"}}


def test_a_policy_that_the_provider_makes_is_not_told_by_a_plan(
    planned: Planned, plan: PlanReader
) -> None:
    read = plan(
        planned("aws_sns_topic.given", {"name": "g"}, {"policy": ["aws_sns_topic.made.arn"]}),
        planned("aws_sns_topic.made", {"name": "m"}, {"policy": None, "arn": None}),
    )
    (policy,) = read.json()["policies"]
    assert (policy["resource"], policy["document"]) == ("aws_sns_topic.given", None)
    assert [unknown["reason"] for unknown in policy["unknown"]] == [
        "known after apply: it depends on aws_sns_topic.made.arn"
    ]


@pytest.mark.parametrize(
    "type_",
    ["aws_cloudformation_stack", "awscc_kms_key", "awscc_iam_role", "aws_cloudcontrolapi_resource"],
)
def test_what_may_hold_a_policy_and_is_not_read_is_listed(
    terraform: Reader, planned: Planned, plan: PlanReader, type_: str
) -> None:
    address = f"{type_}.a"
    made = terraform(f'resource "{type_}" "a" {{\n  count = 0\n}}\n')
    assert made.inventory.gaps == []
    hcl = terraform(f'resource "{type_}" "a" {{\n  count = 1\n}}\n')
    for read in (hcl, plan(planned(address, {}))):
        assert [gap.resource.removesuffix("[0]") for gap in read.inventory.gaps] == [address]
        assert read.inventory.gaps[0].reason.endswith("not looked at")
