"""What the attributes of Terraform resource types are as symbols: data, by resource type.

A rule is `(symbol type, shape)`. In a shape `{partition}`, `{account}`, `{region}` and
`{dns_suffix}` are the provider's, every other `{name}` is that attribute of the same resource
(written or symbolic). `{path}` is `/` where it is not written. A rule `("=", other)` means that the
attribute has the same value as another one.
"""

from __future__ import annotations

from collections.abc import Mapping

_KEY = {
    "arn": ("key_arn", "arn:{partition}:kms:{region}:{account}:key/{key_id}"),
    "key_id": ("key_id", ""),
    "id": ("=", "key_id"),
}
_ENDPOINT = {
    "id": ("endpoint_id", ""),
    "arn": ("endpoint_arn", "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id}"),
}
_ALIAS = {
    "arn": ("alias_arn", "arn:{partition}:kms:{region}:{account}:{name}"),
    "name": ("alias_name", ""),
    "id": ("=", "name"),
    "target_key_arn": ("key_arn", ""),
    "target_key_id": ("key_id", ""),
}
_PATHED = "arn:{partition}:iam::{account}:"

SYMBOLS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "aws_kms_key": _KEY,
    "aws_kms_external_key": _KEY,
    "aws_kms_replica_key": _KEY,
    "aws_kms_replica_external_key": _KEY,
    "aws_kms_alias": _ALIAS,
    "aws_kms_grant": {"grant_id": ("grant_id", ""), "grant_token": ("grant_token", "")},
    "aws_vpc_endpoint": _ENDPOINT,
    "aws_iam_role": {
        "arn": ("role_arn", _PATHED + "role{path}{name}"),
        "name": ("role_name", ""),
        "id": ("=", "name"),
        "unique_id": ("role_unique_id", ""),
    },
    "aws_iam_user": {
        "arn": ("user_arn", _PATHED + "user{path}{name}"),
        "name": ("user_name", ""),
        "id": ("=", "name"),
        "unique_id": ("user_unique_id", ""),
    },
    "aws_iam_group": {
        "arn": ("group_arn", _PATHED + "group{path}{name}"),
        "name": ("group_name", ""),
        "id": ("=", "name"),
        "unique_id": ("group_unique_id", ""),
    },
    "aws_iam_policy": {
        "arn": ("policy_arn", _PATHED + "policy{path}{name}"),
        "name": ("policy_name", ""),
        "id": ("=", "arn"),
        "policy_id": ("policy_id", ""),
    },
    "aws_iam_instance_profile": {
        "arn": ("instance_profile_arn", _PATHED + "instance-profile{path}{name}"),
        "name": ("instance_profile_name", ""),
        "id": ("=", "name"),
        "unique_id": ("instance_profile_unique_id", ""),
    },
    "aws_iam_openid_connect_provider": {
        "arn": ("oidc_provider_arn", ""),
        "id": ("=", "arn"),
    },
    "aws_iam_saml_provider": {
        "arn": ("saml_provider_arn", _PATHED + "saml-provider/{name}"),
        "id": ("=", "arn"),
    },
    "aws_cloudfront_origin_access_identity": {
        "iam_arn": ("origin_access_identity_arn", ""),
        "id": ("origin_access_identity_id", ""),
        "s3_canonical_user_id": ("canonical_user_id", ""),
    },
    "aws_s3_bucket": {
        "arn": ("bucket_arn", "arn:{partition}:s3:::{bucket}"),
        "bucket": ("bucket_name", ""),
        "id": ("=", "bucket"),
    },
    "aws_sns_topic": {
        "arn": ("topic_arn", "arn:{partition}:sns:{region}:{account}:{name}"),
        "name": ("topic_name", ""),
        "id": ("=", "arn"),
    },
    "aws_sqs_queue": {
        "arn": ("queue_arn", "arn:{partition}:sqs:{region}:{account}:{name}"),
        "name": ("queue_name", ""),
        "id": ("queue_url", ""),
        "url": ("=", "id"),
    },
    "aws_secretsmanager_secret": {"arn": ("secret_arn", ""), "id": ("=", "arn")},
    "aws_lambda_function": {
        "arn": (
            "function_arn",
            "arn:{partition}:lambda:{region}:{account}:function:{function_name}",
        ),
        "function_name": ("function_name", ""),
        "id": ("=", "function_name"),
    },
    "aws_dynamodb_table": {
        "arn": ("table_arn", "arn:{partition}:dynamodb:{region}:{account}:table/{name}"),
        "name": ("table_name", ""),
        "id": ("=", "name"),
    },
    "aws_cloudwatch_log_group": {
        "arn": ("log_group_arn", "arn:{partition}:logs:{region}:{account}:log-group:{name}"),
        "name": ("log_group_name", ""),
        "id": ("=", "name"),
    },
    "aws_s3_access_point": {
        "arn": ("access_point_arn", "arn:{partition}:s3:{region}:{account}:accesspoint/{name}"),
        "name": ("access_point_name", ""),
    },
    "aws_kinesis_stream": {
        "arn": ("stream_arn", "arn:{partition}:kinesis:{region}:{account}:stream/{name}"),
        "name": ("stream_name", ""),
        "id": ("=", "arn"),
    },
    "aws_kinesis_firehose_delivery_stream": {
        "arn": (
            "delivery_stream_arn",
            "arn:{partition}:firehose:{region}:{account}:deliverystream/{name}",
        ),
        "name": ("delivery_stream_name", ""),
        "id": ("=", "arn"),
    },
    "aws_ecr_repository": {
        "arn": ("repository_arn", "arn:{partition}:ecr:{region}:{account}:repository/{name}"),
        "name": ("repository_name", ""),
        "id": ("=", "name"),
    },
    "aws_ecs_cluster": {
        "arn": ("cluster_arn", "arn:{partition}:ecs:{region}:{account}:cluster/{name}"),
        "name": ("cluster_name", ""),
        "id": ("=", "arn"),
    },
    "aws_eks_cluster": {
        "arn": ("cluster_arn", "arn:{partition}:eks:{region}:{account}:cluster/{name}"),
        "name": ("cluster_name", ""),
        "id": ("=", "name"),
    },
    "aws_sfn_state_machine": {
        "arn": (
            "state_machine_arn",
            "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
        ),
        "name": ("state_machine_name", ""),
        "id": ("=", "arn"),
    },
    "aws_cloudtrail": {
        "arn": ("trail_arn", "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"),
        "name": ("trail_name", ""),
    },
    "aws_cloudwatch_event_bus": {
        "arn": ("event_bus_arn", "arn:{partition}:events:{region}:{account}:event-bus/{name}"),
        "name": ("event_bus_name", ""),
        "id": ("=", "name"),
    },
    "aws_cloudwatch_metric_alarm": {
        "arn": ("alarm_arn", "arn:{partition}:cloudwatch:{region}:{account}:alarm:{alarm_name}"),
        "alarm_name": ("alarm_name", ""),
        "id": ("=", "alarm_name"),
    },
    "aws_cloudfront_distribution": {
        "arn": ("distribution_arn", "arn:{partition}:cloudfront::{account}:distribution/{id}"),
        "id": ("distribution_id", ""),
    },
    "aws_backup_vault": {
        "arn": (
            "backup_vault_arn",
            "arn:{partition}:backup:{region}:{account}:backup-vault:{name}",
        ),
        "name": ("backup_vault_name", ""),
        "id": ("=", "name"),
    },
    "aws_opensearch_domain": {
        "arn": ("domain_arn", "arn:{partition}:es:{region}:{account}:domain/{domain_name}"),
        "domain_name": ("domain_name", ""),
        "id": ("=", "arn"),
    },
    "aws_efs_file_system": {
        "arn": (
            "file_system_arn",
            "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{id}",
        ),
        "id": ("file_system_id", ""),
    },
    "aws_codebuild_project": {
        "arn": ("project_arn", "arn:{partition}:codebuild:{region}:{account}:project/{name}"),
        "name": ("project_name", ""),
    },
    "aws_codecommit_repository": {
        "arn": (
            "codecommit_repository_arn",
            "arn:{partition}:codecommit:{region}:{account}:{repository_name}",
        ),
        "repository_name": ("codecommit_repository_name", ""),
        "id": ("=", "repository_name"),
    },
    "aws_guardduty_detector": {
        "arn": ("detector_arn", "arn:{partition}:guardduty:{region}:{account}:detector/{id}"),
        "id": ("detector_id", ""),
    },
    "aws_cognito_user_pool": {
        "arn": ("user_pool_arn", "arn:{partition}:cognito-idp:{region}:{account}:userpool/{id}"),
        "id": ("user_pool_id", ""),
    },
    "aws_instance": {
        "arn": ("instance_arn", "arn:{partition}:ec2:{region}:{account}:instance/{id}"),
        "id": ("instance_id", ""),
    },
    "aws_ebs_volume": {
        "arn": ("volume_arn", "arn:{partition}:ec2:{region}:{account}:volume/{id}"),
        "id": ("volume_id", ""),
    },
    "aws_vpc": {"id": ("vpc_id", ""), "arn": ("vpc_arn", "")},
    "aws_organizations_organization": {
        "id": ("organization_id", ""),
        "arn": ("organization_arn", ""),
        "master_account_id": ("management_account_id", ""),
    },
    "aws_caller_identity": {"arn": ("caller_identity_arn", "")},
    # Of a session its role. (Of a user the user: of the account all the same.)
    "aws_iam_session_context": {
        "issuer_arn": ("role_arn", _PATHED + "role/{issuer_name}"),
        "issuer_name": ("role_name", ""),
    },
    "aws_organizations_account": {"id": ("member_account_id", ""), "arn": ("account_arn", "")},
    "aws_organizations_organizational_unit": {
        "id": ("organizational_unit_id", ""),
        "arn": ("organizational_unit_arn", ""),
    },
}

DATA_SYMBOLS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    # An alias or an ARN, of another account too, may be given as `key_id`.
    "aws_kms_key": {"id": ("key_id", "")},
    # Of a registry that may be another account's.
    "aws_ecr_repository": {"arn": ("repository_arn", "")},
    # AWS managed policies are looked up by name like one's own.
    "aws_iam_policy": {"arn": ("policy_arn", "")},
}
"""What data sources have otherwise than the resources of the same type."""

COMPUTED = frozenset({"arn", "id", "key_id", "unique_id", "policy_id", "url", "iam_arn"})
"""Attributes that the service makes, whatever a block has under the name.

`key_id` is written in a grant or a key policy: the table of the type decides first.
"""

PATH_DEFAULT = "/"

ENVIRONMENT: Mapping[str, Mapping[str, str]] = {
    "aws_caller_identity": {"account_id": "account_id", "id": "account_id"},
    "aws_partition": {"partition": "partition", "id": "partition", "dns_suffix": "dns_suffix"},
    "aws_region": {"name": "region", "region": "region", "id": "region"},
}
"""Data sources of the provider's environment: attribute to the symbol type it is."""


def symbol_rule(resource_type: str, attribute: str, *, data: bool = False) -> tuple[str, str]:
    """The rule of an attribute; types that are not in the table get `<noun>_<attribute>` or `text`."""
    if data and attribute in DATA_SYMBOLS.get(resource_type, {}):
        return DATA_SYMBOLS[resource_type][attribute]
    known = SYMBOLS.get(resource_type, {}).get(attribute)
    if known is not None:
        return known
    if resource_type.startswith("aws_") and attribute in ("arn", "id", "name"):
        return f"{resource_type.removeprefix('aws_')}_{attribute}", ""
    if attribute.endswith(("_arn", "_id")) and resource_type.startswith("aws_"):
        return attribute, ""
    return "text", ""


SINKS = frozenset(
    {
        "aws_kms_key",
        "aws_kms_key_policy",
        "aws_kms_replica_key",
        "aws_kms_external_key",
        "aws_kms_replica_external_key",
        "aws_kms_grant",
        "aws_kms_alias",
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
        "aws_iam_role_policy_attachments_exclusive",
        "aws_iam_user_policy_attachments_exclusive",
        "aws_iam_group_policy_attachments_exclusive",
        "aws_iam_user_group_membership",
        "aws_iam_group_membership",
        "aws_vpc_endpoint",
        "aws_vpc_endpoint_policy",
        "aws_odb_network",
    }
)
"""Resource types that are evaluated whole and become resources of the stack."""

_NOT_COVERED = {
    "aws_cloudcontrolapi_resource": "what its desired_state describes is not looked at",
    "aws_cloudformation_stack": "the template that it deploys is not looked at",
    "aws_cloudformation_stack_set": "the template that it deploys is not looked at",
}
_OTHER_PROVIDER = ("awscc_iam_", "awscc_kms_")


def not_covered(resource_type: str) -> str:
    """Why a resource that may hold keys or policies is not looked at; empty for all others."""
    if resource_type.startswith(_OTHER_PROVIDER):
        return "resources of the provider awscc are not looked at"
    return _NOT_COVERED.get(resource_type, "")
