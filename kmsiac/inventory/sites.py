"""Where entities and policies live in a template, as data: one row per resource type.

Terraform attributes: hashicorp/aws 5.100 and 6.25 schemas. CloudFormation properties: the
registry schemas of us-east-1. A path is a name, or `blocks[].name` for each member of a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from kmsiac.aws.policy_sites import KindAttribute, kind_attribute, policy_attributes


class Field(NamedTuple):
    """Where a setting is written, the type it has, and its default where nothing is written.

    `type` is text, bool, number, list, map or tags (a list of `Key` and `Value`). `default` is the provider's or the service's.
    `secret`: whatever is written there is sensitive, a literal too.
    """

    path: str
    type: str = "text"
    default: str | bool | int | None = None
    secret: bool = False


class EntitySite(NamedTuple):
    """A resource type that describes an entity. `constants` are settings that it always has."""

    kind: str
    fields: Mapping[str, Field]
    constants: Mapping[str, str | bool] = {}


class PolicySite(NamedTuple):
    """A place that holds policy documents. `owner`: whether the resource is itself the entity
    that the policy belongs to; else `target` names the attributes that refer to it. `kind_of`
    says the kind where it is not always the same. `statement`: one statement stands there.
    """

    path: str
    kind: str
    owner: bool
    target: tuple[str, ...] = ()
    kind_of: KindAttribute | None = None
    statement: bool = False


_KEY_TF = {
    "description": Field("description"),
    "deletion_window": Field("deletion_window_in_days", "number", 30),
    "bypass_lockout_check": Field("bypass_policy_lockout_safety_check", "bool", False),
    "tags": Field("tags", "map"),
}
_REPLICA_TF = {
    **_KEY_TF,
    "enabled": Field("enabled", "bool", True),
    "primary_arn": Field("primary_key_arn"),
}
_MATERIAL = Field("key_material_base64", secret=True)

_KEYS = {
    "aws_kms_key": EntitySite(
        "key",
        {
            **_KEY_TF,
            "spec": Field("customer_master_key_spec", default="SYMMETRIC_DEFAULT"),
            "usage": Field("key_usage", default="ENCRYPT_DECRYPT"),
            "enabled": Field("is_enabled", "bool", True),
            "multi_region": Field("multi_region", "bool", False),
            "rotation": Field("enable_key_rotation", "bool", False),
            "rotation_period": Field("rotation_period_in_days", "number", 365),
            "custom_key_store": Field("custom_key_store_id"),
            "external_key": Field("xks_key_id"),
        },
        {"origin": "AWS_KMS", "replica": False},
    ),
    "aws_kms_external_key": EntitySite(
        "key",
        {
            **_KEY_TF,
            "spec": Field("key_spec", default="SYMMETRIC_DEFAULT"),
            "usage": Field("key_usage", default="ENCRYPT_DECRYPT"),
            "enabled": Field("enabled", "bool", True),
            "multi_region": Field("multi_region", "bool", False),
            "material": _MATERIAL,
        },
        {"origin": "EXTERNAL", "replica": False, "rotation": False},
    ),
    "aws_kms_replica_key": EntitySite("key", _REPLICA_TF, {"replica": True, "multi_region": True}),
    "aws_kms_replica_external_key": EntitySite(
        "key",
        {**_REPLICA_TF, "material": _MATERIAL},
        {"replica": True, "multi_region": True, "origin": "EXTERNAL"},
    ),
    "AWS::KMS::Key": EntitySite(
        "key",
        {
            "description": Field("Description"),
            "deletion_window": Field("PendingWindowInDays", "number", 30),
            "bypass_lockout_check": Field("BypassPolicyLockoutSafetyCheck", "bool", False),
            "tags": Field("Tags", "tags"),
            "spec": Field("KeySpec", default="SYMMETRIC_DEFAULT"),
            "usage": Field("KeyUsage", default="ENCRYPT_DECRYPT"),
            "origin": Field("Origin", default="AWS_KMS"),
            "enabled": Field("Enabled", "bool", True),
            "multi_region": Field("MultiRegion", "bool", False),
            "rotation": Field("EnableKeyRotation", "bool", False),
            "rotation_period": Field("RotationPeriodInDays", "number", 365),
        },
        {"replica": False},
    ),
    "AWS::KMS::ReplicaKey": EntitySite(
        "key",
        {
            "description": Field("Description"),
            "deletion_window": Field("PendingWindowInDays", "number", 30),
            "enabled": Field("Enabled", "bool", True),
            "tags": Field("Tags", "tags"),
            "primary_arn": Field("PrimaryKeyArn"),
        },
        {"replica": True, "multi_region": True, "bypass_lockout_check": False},
    ),
}

_IDENTITY_TF = {
    "name": Field("name"),
    "path": Field("path", default="/"),
    "boundary": Field("permissions_boundary"),
    "managed_policies": Field("managed_policy_arns", "list"),
}

ENTITIES: Mapping[str, EntitySite] = {
    **_KEYS,
    "aws_kms_alias": EntitySite("alias", {"name": Field("name"), "target": Field("target_key_id")}),
    "AWS::KMS::Alias": EntitySite(
        "alias", {"name": Field("AliasName"), "target": Field("TargetKeyId")}
    ),
    "aws_kms_grant": EntitySite(
        "grant",
        {
            "name": Field("name"),
            "key_id": Field("key_id"),
            "grantee": Field("grantee_principal"),
            "operations": Field("operations", "list"),
            "retiring_principal": Field("retiring_principal"),
            "retire_on_delete": Field("retire_on_delete", "bool", False),
            "context_equals": Field("constraints[].encryption_context_equals", "map"),
            "context_subset": Field("constraints[].encryption_context_subset", "map"),
        },
    ),
    "aws_vpc_endpoint": EntitySite(
        "endpoint",
        {
            "service_name": Field("service_name"),
            "type": Field("vpc_endpoint_type", default="Gateway"),
            "private_dns": Field("private_dns_enabled", "bool", False),
            "vpc_id": Field("vpc_id"),
        },
    ),
    "AWS::EC2::VPCEndpoint": EntitySite(
        "endpoint",
        {
            "service_name": Field("ServiceName"),
            "type": Field("VpcEndpointType", default="Gateway"),
            "private_dns": Field("PrivateDnsEnabled", "bool", False),
            "vpc_id": Field("VpcId"),
        },
    ),
    "aws_iam_role": EntitySite("role", _IDENTITY_TF),
    "aws_iam_user": EntitySite("user", _IDENTITY_TF),
    "aws_iam_group": EntitySite(
        "group", {"name": Field("name"), "path": Field("path", default="/")}
    ),
    "AWS::IAM::Role": EntitySite(
        "role",
        {
            "name": Field("RoleName"),
            "path": Field("Path", default="/"),
            "boundary": Field("PermissionsBoundary"),
            "managed_policies": Field("ManagedPolicyArns", "list"),
        },
    ),
    "AWS::IAM::User": EntitySite(
        "user",
        {
            "name": Field("UserName"),
            "path": Field("Path", default="/"),
            "boundary": Field("PermissionsBoundary"),
            "managed_policies": Field("ManagedPolicyArns", "list"),
            "groups": Field("Groups", "list"),
        },
    ),
    "AWS::IAM::Group": EntitySite(
        "group",
        {
            "name": Field("GroupName"),
            "path": Field("Path", default="/"),
            "managed_policies": Field("ManagedPolicyArns", "list"),
        },
    ),
}
"""Resource type to the entity that it describes."""

SHARED_WITH_POLICY: Mapping[str, Mapping[str, Field]] = {
    "aws_kms_key_policy": {
        "bypass_lockout_check": Field("bypass_policy_lockout_safety_check", "bool", False),
    },
}
"""Settings of a key that a resource with its policy can give it, too: where they are written."""

_ATTACHED = ("Roles", "Users", "Groups")

POLICIES: Mapping[str, tuple[PolicySite, ...]] = {
    "aws_kms_key": (PolicySite("policy", "key", True),),
    "aws_kms_external_key": (PolicySite("policy", "key", True),),
    "aws_kms_replica_key": (PolicySite("policy", "key", True),),
    "aws_kms_replica_external_key": (PolicySite("policy", "key", True),),
    "aws_kms_key_policy": (PolicySite("policy", "key", False, ("key_id",)),),
    "AWS::KMS::Key": (PolicySite("KeyPolicy", "key", True),),
    "AWS::KMS::ReplicaKey": (PolicySite("KeyPolicy", "key", True),),
    "aws_iam_policy": (PolicySite("policy", "identity", False),),
    "aws_iam_role_policy": (PolicySite("policy", "identity", False, ("role",)),),
    "aws_iam_user_policy": (PolicySite("policy", "identity", False, ("user",)),),
    "aws_iam_group_policy": (PolicySite("policy", "identity", False, ("group",)),),
    "aws_iam_role": (
        PolicySite("assume_role_policy", "trust", True),
        PolicySite("inline_policy[].policy", "identity", True),
    ),
    "AWS::IAM::Role": (
        PolicySite("AssumeRolePolicyDocument", "trust", True),
        PolicySite("Policies[].PolicyDocument", "identity", True),
    ),
    "AWS::IAM::User": (PolicySite("Policies[].PolicyDocument", "identity", True),),
    "AWS::IAM::Group": (PolicySite("Policies[].PolicyDocument", "identity", True),),
    "AWS::IAM::Policy": (PolicySite("PolicyDocument", "identity", False, _ATTACHED),),
    "AWS::IAM::ManagedPolicy": (PolicySite("PolicyDocument", "identity", False, _ATTACHED),),
    "AWS::IAM::RolePolicy": (PolicySite("PolicyDocument", "identity", False, ("RoleName",)),),
    "AWS::IAM::UserPolicy": (PolicySite("PolicyDocument", "identity", False, ("UserName",)),),
    "AWS::IAM::GroupPolicy": (PolicySite("PolicyDocument", "identity", False, ("GroupName",)),),
    "aws_vpc_endpoint": (PolicySite("policy", "endpoint", True),),
    "aws_vpc_endpoint_policy": (PolicySite("policy", "endpoint", False, ("vpc_endpoint_id",)),),
    "AWS::EC2::VPCEndpoint": (PolicySite("PolicyDocument", "endpoint", True),),
    "aws_odb_network": (PolicySite("kms_policy_document", "endpoint", False),),
    "AWS::ODB::OdbNetwork": (PolicySite("KmsPolicyDocument", "endpoint", False),),
    "policy_document": (PolicySite("document", "unknown", False),),
}
"""Resource type to the policy documents that stand in it and belong to a key, an identity or an
endpoint. `policy_sites` has the others, too."""


@cache
def policy_sites(resource_type: str) -> tuple[PolicySite, ...]:
    """The places of policy documents in a resource of a type."""
    kind_of = kind_attribute(resource_type)
    return POLICIES.get(resource_type, ()) + tuple(
        PolicySite(
            place.path,
            place.kind or "unknown",
            owner=False,
            kind_of=None if place.kind else kind_of,
            statement=place.statement,
        )
        for place in policy_attributes(resource_type)
    )


class NameSite(NamedTuple):
    """Where the name and the IAM path of a thing with an ARN are written."""

    name: str
    path: str


MANAGED_POLICIES: Mapping[str, NameSite] = {
    "aws_iam_policy": NameSite("name", "path"),
    "AWS::IAM::ManagedPolicy": NameSite("ManagedPolicyName", "Path"),
}
"""Managed policies, which have an ARN and can be attached."""


class Attachment(NamedTuple):
    """A resource that attaches managed policies (`policy`) to identities (`targets`)."""

    policy: str
    targets: tuple[str, ...]


ATTACHMENTS: Mapping[str, Attachment] = {
    "aws_iam_role_policy_attachment": Attachment("policy_arn", ("role",)),
    "aws_iam_user_policy_attachment": Attachment("policy_arn", ("user",)),
    "aws_iam_group_policy_attachment": Attachment("policy_arn", ("group",)),
    "aws_iam_policy_attachment": Attachment("policy_arn", ("roles", "users", "groups")),
    "aws_iam_role_policy_attachments_exclusive": Attachment("policy_arns", ("role_name",)),
    "aws_iam_user_policy_attachments_exclusive": Attachment("policy_arns", ("user_name",)),
    "aws_iam_group_policy_attachments_exclusive": Attachment("policy_arns", ("group_name",)),
}
"""Resource types that attach managed policies."""


class Membership(NamedTuple):
    """A resource that puts users into groups: where both are named."""

    users: str
    groups: str


MEMBERSHIPS: Mapping[str, Membership] = {
    "aws_iam_user_group_membership": Membership("user", "groups"),
    "aws_iam_group_membership": Membership("users", "group"),
    "AWS::IAM::UserToGroupAddition": Membership("Users", "GroupName"),
}
"""Resource types that make users members of groups."""
