"""What the templates of a whole company look like: ten kilobytes each, most of it about other things.

In public templates a policy document comes on every six resources; the rest are instances with
their start-up text, groups of rules, alarms and maps from Regions to images.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.synthetic.cloudformation import Resources, made_by
from benchmarks.synthetic.drawing import Draw
from benchmarks.synthetic.policies import Fault
from benchmarks.synthetic.yaml_text import Call, as_json, as_yaml

_REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-central-1",
    "eu-north-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1",
)  # fmt: skip
_START = """\
#!/bin/bash -xe
yum update -y aws-cfn-bootstrap amazon-cloudwatch-agent
/opt/aws/bin/cfn-init --stack ${AWS::StackName} --resource %s --region ${AWS::Region}
cat > /etc/app/%s.conf <<CONF
region = ${AWS::Region}
account = ${AWS::AccountId}
bucket = ${AWS::StackName}-data
CONF
systemctl enable --now %s
/opt/aws/bin/cfn-signal -e $? --stack ${AWS::StackName} --resource %s --region ${AWS::Region}
"""


def stacks(seed: int, files: int, faults: float) -> Iterator[tuple[str, str, list[Fault]]]:
    """Templates until nobody asks for more, one in five JSON."""
    del files
    number = 0
    while True:
        number += 1
        yield _stack(Draw(f"{seed} stacks {number}"), number, faults)


def _stack(draw: Draw, number: int, faults: float) -> tuple[str, str, list[Fault]]:
    body, rules, team = made_by(draw, faults)
    resources: Resources = body["Resources"]
    for at in range(draw.below(6) + 2):
        resources |= _instance(draw, f"App{at}")
    body["Mappings"] = {"Images": {region: _images(draw) for region in _REGIONS}}
    groups = [
        {"Label": {"default": label}, "Parameters": list(body["Parameters"])}
        for label in ("Network", "Deployment")
    ]
    body["Metadata"] = {"AWS::CloudFormation::Interface": {"ParameterGroups": groups}}
    in_json = draw.chance(0.2)
    path = f"stacks/{team}/stack-{number:04d}.{'json' if in_json else 'yaml'}"
    text = as_json(body) if in_json else as_yaml(body)
    return path, text, [Fault(rule, path) for rule in rules]


def _images(draw: Draw) -> dict[str, str]:
    return {kind: f"ami-{draw.below(16**8):08x}" for kind in ("x86", "arm")}


def _instance(draw: Draw, name: str) -> Resources:
    service = name.lower()
    start = _START % (f"{name}Template", service, service, f"{name}Group")
    ports = (80, 443, 8080, 9090)[: draw.below(4) + 1]
    rules: list[dict[str, Any]] = [
        {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "CidrIp": f"10.{draw.below(200)}.0.0/16",
        }
        for port in ports
    ]
    image = {"Fn::FindInMap": ["Images", Call("Ref", "AWS::Region"), draw.one(("x86", "arm"))]}
    data = {
        "ImageId": image,
        "InstanceType": {"Fn::If": ["IsProd", "m6i.large", "t3.small"]},
        "UserData": {"Fn::Base64": Call("Sub", start)},
        "SecurityGroupIds": [Call("GetAtt", f"{name}Rules.GroupId")],
    }
    group = {
        "MinSize": 1,
        "MaxSize": draw.below(9) + 1,
        "VPCZoneIdentifier": {
            "Fn::Split": [",", {"Fn::ImportValue": Call("Sub", "${AWS::StackName}-subnets")}]
        },
        "LaunchTemplate": {"LaunchTemplateId": Call("Ref", f"{name}Template"), "Version": "1"},
        "Tags": [
            {"Key": key, "Value": value, "PropagateAtLaunch": True}
            for key, value in (("Name", service), ("Environment", Call("Ref", "Environment")))
        ],
    }
    alarm = {
        "AlarmDescription": f"{service} is busy",
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Statistic": "Average",
        "Period": 300,
        "EvaluationPeriods": 2,
        "Threshold": draw.one((70, 80, 90)),
        "ComparisonOperator": "GreaterThanThreshold",
        "Dimensions": [{"Name": "AutoScalingGroupName", "Value": Call("Ref", f"{name}Group")}],
    }
    return {
        f"{name}Rules": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {
                "GroupDescription": service,
                "VpcId": Call("Ref", "VpcId"),
                "SecurityGroupIngress": rules,
            },
        },
        f"{name}Template": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {"LaunchTemplateData": data},
        },
        f"{name}Group": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": group},
        f"{name}Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
    }
