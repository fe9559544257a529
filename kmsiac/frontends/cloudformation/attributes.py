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
        {"Arn": Attribute("table_arn", _regional("dynamodb", "table/{Ref}"))},
        "TableName",
    ),
    "AWS::Logs::LogGroup": Returns(Attribute("log_group_name"), {}, "LogGroupName"),
    "AWS::SecretsManager::Secret": Returns(Attribute("secret_arn"), {"Id": REF}),
    "AWS::CloudTrail::Trail": Returns(
        Attribute("trail_name"),
        {"Arn": Attribute("trail_arn", _regional("cloudtrail", "trail/{Ref}"))},
        "TrailName",
    ),
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
