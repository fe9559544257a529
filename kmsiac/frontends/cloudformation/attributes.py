"""What `Ref` and `Fn::GetAtt` return for each resource type, as data.

Shapes are texts with holes: `{partition}`, `{region}`, `{account}` of the stack, `{Ref}` for what
`Ref` returns, and `{Name}` for a property, where `Path` is `/` by default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Attribute(NamedTuple):
    """The symbol type of what is returned and the shape of its text ("" where nothing is known)."""

    type: str
    shape: str = ""


class Returns(NamedTuple):
    """What a resource type returns: `Ref`, and the attributes of `Fn::GetAtt`.

    `name` is the property that gives the text of `Ref` where it is set. An attribute that is the
    same thing as `Ref` is `REF`.
    """

    ref: Attribute
    attributes: Mapping[str, Attribute]
    name: str = ""


REF = Attribute("", "{Ref}")
_KEY = "arn:{partition}:kms:{region}:{account}:key/{Ref}"


def _iam(noun: str) -> str:
    return f"arn:{{partition}}:iam::{{account}}:{noun}{{Path}}{{Ref}}"


def _regional(service: str, rest: str) -> str:
    return f"arn:{{partition}}:{service}:{{region}}:{{account}}:{rest}"


def _named(noun: str, name: str, attribute: str, service: str, rest: str) -> Returns:
    """A type whose `Ref` is a name, written in the property `name`, that its ARN ends with."""
    arn = Attribute(f"{noun}_arn", _regional(service, rest) if service else "")
    return Returns(Attribute(f"{noun}_name"), {attribute: arn}, name)


_NAMED = {
    "AWS::Backup::BackupVault": ("backup_vault", "BackupVaultName", "BackupVaultArn", "backup", "backup-vault:{Ref}"),
    "AWS::CloudWatch::Alarm": ("alarm", "AlarmName", "Arn", "cloudwatch", "alarm:{Ref}"),
    "AWS::CodeBuild::Project": ("project", "Name", "Arn", "codebuild", "project/{Ref}"),
    "AWS::CodePipeline::Pipeline": ("pipeline", "Name", "Arn", "", ""),
    "AWS::ECR::Repository": ("repository", "RepositoryName", "Arn", "ecr", "repository/{Ref}"),
    "AWS::ECS::Cluster": ("cluster", "ClusterName", "Arn", "ecs", "cluster/{Ref}"),
    "AWS::EKS::Cluster": ("cluster", "Name", "Arn", "eks", "cluster/{Ref}"),
    "AWS::Elasticsearch::Domain": ("domain", "DomainName", "Arn", "es", "domain/{Ref}"),
    "AWS::Events::ApiDestination": ("api_destination", "Name", "Arn", "", ""),
    "AWS::Events::Connection": ("connection", "Name", "Arn", "", ""),
    "AWS::Events::EventBus": ("event_bus", "Name", "Arn", "events", "event-bus/{Ref}"),
    "AWS::Kinesis::Stream": ("stream", "Name", "Arn", "kinesis", "stream/{Ref}"),
    "AWS::KinesisFirehose::DeliveryStream": ("delivery_stream", "DeliveryStreamName", "Arn", "firehose", "deliverystream/{Ref}"),
    "AWS::Logs::Destination": ("destination", "DestinationName", "Arn", "logs", "destination:{Ref}"),
    "AWS::OpenSearchService::Domain": ("domain", "DomainName", "Arn", "es", "domain/{Ref}"),
    "AWS::Pipes::Pipe": ("pipe", "Name", "Arn", "pipes", "pipe/{Ref}"),
    "AWS::QLDB::Ledger": ("ledger", "Name", "Arn", "", ""),
    "AWS::S3Express::DirectoryBucket": ("bucket", "BucketName", "Arn", "s3express", "bucket/{Ref}"),
    "AWS::SSM::Document": ("document", "Name", "Arn", "", ""),
    "AWS::SSM::Parameter": ("parameter", "Name", "Arn", "", ""),
}  # fmt: skip
"""Noun, the property with the name, the attribute with the ARN, and the service and end of the ARN
where they are known."""

_ARNS = {
    "AWS::ACMPCA::CertificateAuthority": ("certificate_authority_arn", "Arn"),
    "AWS::AppSync::GraphQLApi": ("graphql_api_arn", "Arn"),
    "AWS::Batch::ComputeEnvironment": ("compute_environment_arn", "ComputeEnvironmentArn"),
    "AWS::Batch::JobDefinition": ("job_definition_arn", "JobDefinitionArn"),
    "AWS::Batch::JobQueue": ("job_queue_arn", "JobQueueArn"),
    "AWS::CertificateManager::Certificate": ("certificate_arn", "Id"),
    "AWS::CloudTrail::EventDataStore": ("event_data_store_arn", "EventDataStoreArn"),
    "AWS::CodeArtifact::Domain": ("code_domain_arn", "Arn"),
    "AWS::CodeArtifact::Repository": ("code_repository_arn", "Arn"),
    "AWS::ECS::TaskDefinition": ("task_definition_arn", "TaskDefinitionArn"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("load_balancer_arn", "LoadBalancerArn"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("target_group_arn", "TargetGroupArn"),
    "AWS::Lambda::Alias": ("function_alias_arn", "AliasArn"),
    "AWS::Lambda::LayerVersion": ("layer_version_arn", "LayerVersionArn"),
    "AWS::Lambda::Version": ("function_version_arn", "FunctionArn"),
    "AWS::MSK::Cluster": ("msk_cluster_arn", "Arn"),
    "AWS::Transfer::Server": ("transfer_server_arn", "Arn"),
}
"""Types whose `Ref` is an ARN that ends in what the service makes up, and the attribute that is it."""

_IDS = {
    "AWS::ApiGateway::RestApi": ("rest_api_id", "RestApiId"),
    "AWS::ApiGatewayV2::Api": ("http_api_id", "ApiId"),
    "AWS::CloudFront::Distribution": ("distribution_id", "Id"),
    "AWS::Cognito::IdentityPool": ("identity_pool_id", "Id"),
    "AWS::EC2::Instance": ("instance_id", "InstanceId"),
    "AWS::EC2::Subnet": ("subnet_id", "SubnetId"),
    "AWS::GuardDuty::Detector": ("detector_id", "Id"),
}
"""Types whose `Ref` is an id that the service makes up, and the attribute that is it."""

RETURNS: Mapping[str, Returns] = {
    "AWS::KMS::Key": Returns(
        Attribute("key_id"), {"Arn": Attribute("key_arn", _KEY), "KeyId": REF}
    ),
    "AWS::KMS::ReplicaKey": Returns(
        Attribute("key_id"), {"Arn": Attribute("key_arn", _KEY), "KeyId": REF}
    ),
    "AWS::KMS::Alias": Returns(Attribute("alias_name"), {}, "AliasName"),
    "AWS::IAM::Role": Returns(
        Attribute("role_name"),
        {"Arn": Attribute("role_arn", _iam("role")), "RoleId": Attribute("role_id")},
        "RoleName",
    ),
    "AWS::IAM::User": Returns(
        Attribute("user_name"), {"Arn": Attribute("user_arn", _iam("user"))}, "UserName"
    ),
    "AWS::IAM::Group": Returns(
        Attribute("group_name"), {"Arn": Attribute("group_arn", _iam("group"))}, "GroupName"
    ),
    "AWS::IAM::ManagedPolicy": Returns(
        Attribute("policy_arn", "arn:{partition}:iam::{account}:policy{Path}{ManagedPolicyName}"),
        {"PolicyArn": REF, "PolicyId": Attribute("policy_id")},
    ),
    "AWS::IAM::InstanceProfile": Returns(
        Attribute("instance_profile_name"),
        {"Arn": Attribute("instance_profile_arn", _iam("instance-profile"))},
        "InstanceProfileName",
    ),
    "AWS::IAM::OIDCProvider": Returns(Attribute("oidc_provider_arn"), {"Arn": REF}),
    "AWS::IAM::SAMLProvider": Returns(Attribute("saml_provider_arn"), {"Arn": REF}),
    "AWS::EC2::VPC": Returns(Attribute("vpc_id"), {"VpcId": REF}),
    "AWS::EC2::VPCEndpoint": Returns(Attribute("endpoint_id"), {"Id": REF}),
    "AWS::S3::Bucket": Returns(
        Attribute("bucket_name"),
        {"Arn": Attribute("bucket_arn", "arn:{partition}:s3:::{Ref}")},
        "BucketName",
    ),
    "AWS::Lambda::Function": Returns(
        Attribute("function_name"),
        {"Arn": Attribute("function_arn", _regional("lambda", "function:{Ref}"))},
        "FunctionName",
    ),
    "AWS::SNS::Topic": Returns(
        Attribute("topic_arn", _regional("sns", "{TopicName}")),
        {"TopicArn": REF, "TopicName": Attribute("topic_name", "{TopicName}")},
    ),
    "AWS::SQS::Queue": Returns(
        Attribute("queue_url"),
        {
            "Arn": Attribute("queue_arn", _regional("sqs", "{QueueName}")),
            "QueueName": Attribute("queue_name", "{QueueName}"),
            "QueueUrl": REF,
        },
    ),
    "AWS::DynamoDB::Table": Returns(
        Attribute("table_name"),
        {
            "Arn": Attribute("table_arn", _regional("dynamodb", "table/{Ref}")),
            "StreamArn": Attribute("table_stream_arn"),
        },
        "TableName",
    ),
    "AWS::DynamoDB::GlobalTable": Returns(
        Attribute("table_name"),
        {
            "Arn": Attribute("table_arn", _regional("dynamodb", "table/{Ref}")),
            "StreamArn": Attribute("table_stream_arn"),
            "TableId": Attribute("table_id"),
        },
        "TableName",
    ),
    "AWS::Logs::LogGroup": Returns(Attribute("log_group_name"), {}, "LogGroupName"),
    "AWS::SecretsManager::Secret": Returns(Attribute("secret_arn"), {"Id": REF}),
    "AWS::CloudTrail::Trail": Returns(
        Attribute("trail_name"),
        {"Arn": Attribute("trail_arn", _regional("cloudtrail", "trail/{Ref}"))},
        "TrailName",
    ),
    "AWS::StepFunctions::StateMachine": Returns(
        Attribute("state_machine_arn", _regional("states", "stateMachine:{StateMachineName}")),
        {"Arn": REF, "Name": Attribute("state_machine_name", "{StateMachineName}")},
    ),
    "AWS::StepFunctions::Activity": Returns(
        Attribute("activity_arn", _regional("states", "activity:{Name}")),
        {"Arn": REF, "Name": Attribute("activity_name", "{Name}")},
    ),
    "AWS::EFS::FileSystem": Returns(
        Attribute("file_system_id"),
        {
            "Arn": Attribute(
                "file_system_arn", _regional("elasticfilesystem", "file-system/{Ref}")
            ),
            "FileSystemId": REF,
        },
    ),
    "AWS::Cognito::UserPool": Returns(
        Attribute("user_pool_id"),
        {
            "Arn": Attribute("user_pool_arn", _regional("cognito-idp", "userpool/{Ref}")),
            "UserPoolId": REF,
        },
    ),
    "AWS::RDS::DBInstance": Returns(
        Attribute("db_instance_name"),
        {"DBInstanceArn": Attribute("db_instance_arn", _regional("rds", "db:{Ref}"))},
    ),
    "AWS::RDS::DBCluster": Returns(
        Attribute("db_cluster_name"),
        {"DBClusterArn": Attribute("db_cluster_arn", _regional("rds", "cluster:{Ref}"))},
    ),
    "AWS::IAM::ServiceLinkedRole": Returns(Attribute("role_name"), {"RoleName": REF}),
    "AWS::Organizations::Organization": Returns(
        Attribute("organization_id"),
        {
            "Id": REF,
            "Arn": Attribute("organization_arn"),
            "ManagementAccountId": Attribute("management_account_id"),
        },
    ),
    "AWS::Organizations::OrganizationalUnit": Returns(
        Attribute("organizational_unit_id"),
        {"Id": REF, "Arn": Attribute("organizational_unit_arn")},
    ),
    "AWS::Organizations::Account": Returns(
        Attribute("member_account_id"), {"AccountId": REF, "Arn": Attribute("account_arn")}
    ),
    "AWS::CloudFront::CloudFrontOriginAccessIdentity": Returns(
        Attribute("origin_access_identity_id"),
        {"Id": REF, "S3CanonicalUserId": Attribute("canonical_user_id")},
    ),
    **{type_: _named(*row) for type_, row in _NAMED.items()},
    **{type_: Returns(Attribute(noun), {name: REF}) for type_, (noun, name) in _ARNS.items()},
    **{type_: Returns(Attribute(noun), {name: REF}) for type_, (noun, name) in _IDS.items()},
}

ANYTHING = re.compile(r"Custom::|AWS::CloudFormation::(CustomResource|Macro|WaitCondition)\b")
"""Types whose return values somebody's code makes up: they may be any text, wildcards included."""

NESTED = frozenset({"AWS::CloudFormation::Stack", "AWS::Serverless::Application"})
"""Types whose `Outputs.*` another template decides."""

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def attribute_of(type: str, name: str) -> Attribute:
    """What `Fn::GetAtt` of an attribute returns; an ARN by its name where the type is not listed."""
    known = RETURNS.get(type)
    if known is not None and name in known.attributes:
        return known.attributes[name]
    # A log group's ARN ends in `:*`, which makes it a pattern rather than one thing's name.
    if type == "AWS::Logs::LogGroup" and name == "Arn":
        return Attribute("log_group_arn", _regional("logs", "log-group:{Ref}:*"))
    if name == "Arn":
        noun = _WORD.sub("_", type.rsplit("::", 1)[-1]).lower()
        return Attribute(f"{noun}_arn")
    return Attribute("text")


def ref_of(type: str) -> Attribute:
    """What `Ref` of a resource returns."""
    known = RETURNS.get(type)
    return known.ref if known is not None else Attribute("text")
