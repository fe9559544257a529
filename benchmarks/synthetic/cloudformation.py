"""CloudFormation templates: one stack a file, few of them with a key."""

from __future__ import annotations

from typing import Any

from benchmarks.synthetic.drawing import Draw
from benchmarks.synthetic.policies import Fault, key_policy, role_policy, trust_policy
from benchmarks.synthetic.yaml_text import Call, as_json, as_yaml, filled, logical

Resources = dict[str, dict[str, Any]]

_ROLES = ("api", "worker", "ingest", "export", "web", "cron")
_TEAMS = ("billing", "search", "identity", "ledger", "media", "platform", "reports", "shipping")


def template(draw: Draw, number: int, faults: float) -> tuple[str, str, list[Fault]]:
    """The path of a template, its text, and the faults in it."""
    body, rules, team = made_by(draw, faults)
    in_json = draw.chance(0.2)
    name = f"{body['Description'].split(' ')[0]}-{number:04d}.{'json' if in_json else 'yaml'}"
    path = f"stacks/{team}/{name}"
    text = as_json(body) if in_json else as_yaml(body)
    return path, text, [Fault(rule, path) for rule in rules]


def made_by(draw: Draw, faults: float) -> tuple[dict[str, Any], list[str], str]:
    """A template as a map, the rules that must find something in it, and the team that owns it."""
    made = _Template(draw, faults)
    kind = draw.weighted(_KINDS)
    resources = kind(made)
    body: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{kind.__name__.strip('_')} of {made.team}",
        "Parameters": _PARAMETERS,
        "Conditions": {"IsProd": {"Fn::Equals": [Call("Ref", "Environment"), "prod"]}},
        "Resources": resources,
        "Outputs": {"Stack": {"Value": Call("Ref", "AWS::StackName")}},
    }
    return body, made.rules, made.team


_PARAMETERS = {
    "Environment": {
        "Type": "String",
        "Default": "dev",
        "AllowedValues": ["dev", "test", "prod"],
    },
    "VpcId": {"Type": "AWS::EC2::VPC::Id"},
}


class _Template:
    def __init__(self, draw: Draw, faults: float) -> None:
        self.draw, self.faults = draw, faults
        self.team = draw.one(_TEAMS)
        self.roles = draw.some(_ROLES, 1, 4)
        self.rules: list[str] = []

    def planted(self, rule: str) -> None:
        if rule:
            self.rules.append(rule)

    def role(self, role: str, service: str, key: Any) -> Resources:
        policy, rule = role_policy(
            self.draw, f"{self.team}-{role}", key, self.draw.chance(self.faults)
        )
        self.planted(rule)
        body = {
            "AssumeRolePolicyDocument": trust_policy(service),
            "Policies": [{"PolicyName": "access", "PolicyDocument": filled(policy)}],
        }
        return {logical(role): {"Type": "AWS::IAM::Role", "Properties": body}}


def _key(made: _Template) -> Resources:
    found: Resources = {}
    for role in made.roles:
        found |= made.role(role, "lambda", "")
    policy, rule = key_policy(made.draw, made.roles, made.draw.chance(made.faults))
    made.planted(rule)
    rotates = not made.draw.chance(made.faults / 2)
    made.planted("" if rotates else "KEY-01")
    body = {
        "Description": f"Data of {made.team}",
        "EnableKeyRotation": rotates,
        "KeyPolicy": filled(policy),
    }
    alias = {"AliasName": f"alias/{made.team}", "TargetKeyId": Call("Ref", "Key")}
    found["Key"] = {"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain", "Properties": body}
    found["Alias"] = {"Type": "AWS::KMS::Alias", "Properties": alias}
    return found


def _encrypted_bucket(made: _Template) -> Resources:
    found = _key(made)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": Call("GetAtt", "Key.Arn")}
    rule = {"ServerSideEncryptionByDefault": default}
    body = {"BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]}}
    found["Bucket"] = {"Type": "AWS::S3::Bucket", "Properties": body}
    return found


def _network(made: _Template) -> Resources:
    base = f"10.{made.draw.below(200)}"
    found: Resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": f"{base}.0.0/16"}},
        "Routes": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": Call("Ref", "Vpc")}},
    }
    for at in range(made.draw.below(5) + 2):
        subnet = {
            "VpcId": Call("Ref", "Vpc"),
            "CidrBlock": f"{base}.{at}.0/24",
            "Tags": [{"Key": "Name", "Value": Call("Sub", f"${{AWS::StackName}}-{at}")}],
        }
        link = {"SubnetId": Call("Ref", f"Subnet{at}"), "RouteTableId": Call("Ref", "Routes")}
        found[f"Subnet{at}"] = {"Type": "AWS::EC2::Subnet", "Properties": subnet}
        found[f"Link{at}"] = {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": link,
        }
    return found


def _functions(made: _Template) -> Resources:
    found: Resources = {}
    for role in made.roles:
        found |= made.role(role, "lambda", "")
        body = {
            "Handler": "index.handler",
            "Runtime": made.draw.one(("python3.13", "nodejs22.x")),
            "Role": Call("GetAtt", f"{logical(role)}.Arn"),
            "MemorySize": {"Fn::If": ["IsProd", 1024, 256]},
            "Code": {"S3Bucket": f"{made.team}-code", "S3Key": f"{role}.zip"},
            "Environment": {"Variables": {"STACK": Call("Ref", "AWS::StackName")}},
        }
        found[f"{role.title()}Function"] = {"Type": "AWS::Lambda::Function", "Properties": body}
    return found


def _service(made: _Template) -> Resources:
    found: Resources = {"Cluster": {"Type": "AWS::ECS::Cluster"}}
    for role in made.roles:
        found |= made.role(role, "ecs-tasks", "")
        image = f"registry.example.com/{made.team}/{role}:1.{made.draw.below(40)}"
        task = {
            "Cpu": "256",
            "Memory": "512",
            "TaskRoleArn": Call("GetAtt", f"{logical(role)}.Arn"),
            "ContainerDefinitions": [
                {"Name": role, "Image": image, "PortMappings": [{"ContainerPort": 8080}]}
            ],
        }
        service = {
            "Cluster": Call("Ref", "Cluster"),
            "DesiredCount": {"Fn::If": ["IsProd", 3, 1]},
            "TaskDefinition": Call("Ref", f"{role.title()}Task"),
        }
        found[f"{role.title()}Task"] = {"Type": "AWS::ECS::TaskDefinition", "Properties": task}
        found[f"{role.title()}Service"] = {"Type": "AWS::ECS::Service", "Properties": service}
    return found


def _storage(made: _Template) -> Resources:
    found: Resources = {}
    for role in made.roles:
        rule = {"Id": "expire", "Status": "Enabled", "ExpirationInDays": 90}
        bucket = {"LifecycleConfiguration": {"Rules": [rule]}}
        found[f"{role.title()}Bucket"] = {"Type": "AWS::S3::Bucket", "Properties": bucket}
        table = {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }
        found[f"{role.title()}Table"] = {"Type": "AWS::DynamoDB::Table", "Properties": table}
    return found


def _queues(made: _Template) -> Resources:
    found: Resources = {}
    for role in made.roles:
        name = role.title()
        dead = {"deadLetterTargetArn": Call("GetAtt", f"{name}Dead.Arn"), "maxReceiveCount": 5}
        found[f"{name}Dead"] = {"Type": "AWS::SQS::Queue"}
        found[f"{name}Queue"] = {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": dead}}
        alarm = {
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateAgeOfOldestMessage",
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": made.draw.one((300, 600, 900)),
            "EvaluationPeriods": 3,
            "Period": 60,
            "Statistic": "Maximum",
            "Dimensions": [
                {"Name": "QueueName", "Value": Call("GetAtt", f"{name}Queue.QueueName")}
            ],
        }
        found[f"{name}Alarm"] = {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm}
    return found


_KINDS = (
    (_network, 16),
    (_functions, 22),
    (_service, 18),
    (_storage, 18),
    (_queues, 16),
    (_key, 6),
    (_encrypted_bucket, 4),
)
