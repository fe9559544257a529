"""The Terraform resource types that decide access to KMS keys, or say which keys there are.

Evaluation starts from these and reaches nothing that they do not refer to.
"""

from __future__ import annotations

KMS = frozenset(
    {
        "aws_kms_key",
        "aws_kms_key_policy",
        "aws_kms_replica_key",
        "aws_kms_external_key",
        "aws_kms_replica_external_key",
        "aws_kms_grant",
        "aws_kms_alias",
    }
)
"""Keys, their policies, grants and aliases."""

IAM = frozenset(
    {
        "aws_iam_policy",
        "aws_iam_role_policy",
        "aws_iam_user_policy",
        "aws_iam_group_policy",
        "aws_iam_role",
        "aws_iam_user",
        "aws_iam_group",
        "aws_iam_role_policy_attachment",
        "aws_iam_user_policy_attachment",
        "aws_iam_group_policy_attachment",
        "aws_iam_policy_attachment",
        "aws_iam_user_group_membership",
    }
)
"""Identities, their policies, and what attaches one to the other."""

ENDPOINTS = frozenset({"aws_vpc_endpoint", "aws_vpc_endpoint_policy"})
"""VPC endpoints and their policies."""

SINKS = KMS | IAM | ENDPOINTS
"""Every resource type that a Terraform front end evaluates."""

DOCUMENT_TYPE = "aws_iam_policy_document"
"""The data source that makes policy documents."""
