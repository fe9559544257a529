"""Which resources use which key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kmsiac.inventory.model import Consumer

if TYPE_CHECKING:
    from conftest import Planned, PlanReader, Reader

KEY_TF = """
variable "flag" { type = bool }
variable "unknown" {}
variable "nothing" { default = null }
resource "aws_kms_key" "k" {}
resource "aws_kms_key" "l" {}
resource "aws_kms_alias" "a" {
  name          = "alias/main"
  target_key_id = aws_kms_key.k.id
}
"""
AWS_KEY = "an AWS managed key: its policy is not in the templates"


def told(consumer: Consumer) -> tuple[str, str, list[str], list[str]]:
    certain = [key.address for key in consumer.key.items]
    possible = [key.address for key in consumer.key.maybe]
    return consumer.type, consumer.attribute, certain, possible


@pytest.mark.parametrize(
    ("written", "certain", "possible", "why"),
    [
        ("aws_kms_key.k.arn", ["k"], [], []),
        ("aws_kms_key.k.key_id", ["k"], [], []),
        ("aws_kms_alias.a.name", ["k"], [], []),
        ("aws_kms_alias.a.arn", ["k"], [], []),
        ("aws_kms_alias.a.target_key_arn", ["k"], [], []),
        ('"alias/main"', ["k"], [], []),
        ('"arn:aws:kms:eu-west-1:111122223333:alias/main"', ["k"], [], []),
        ('"alias/other"', [], [], ["not in the scanned templates"]),
        ('"alias/aws/sns"', [], [], [AWS_KEY]),
        ('"arn:aws:kms:eu-west-1:111122223333:alias/aws/sns"', [], [], [AWS_KEY]),
        ("var.flag ? aws_kms_key.k.arn : aws_kms_key.l.arn", [], ["k", "l"], []),
        ("var.flag ? aws_kms_key.k.arn : null", ["k"], [], []),
        ("var.unknown", [], [], ["variable has no default"]),
        ("aws_kms_key.k.description", [], [], ["does not name the key"]),
    ],
)
def test_the_key_of_a_topic(
    terraform: Reader, written: str, certain: list[str], possible: list[str], why: list[str]
) -> None:
    read = terraform(
        f'{KEY_TF}resource "aws_sns_topic" "t" {{\n  name = "t"\n'
        f"  kms_master_key_id = {written}\n}}\n"
    )
    (consumer,) = read.inventory.consumers
    keys = [f"aws_kms_key.{name}" for name in certain]
    maybe = [f"aws_kms_key.{name}" for name in possible]
    assert told(consumer) == ("topic", "kms_master_key_id", keys, maybe)
    assert sorted({blame.reason.partition(";")[0] for blame in consumer.key.open}) == why
    span = read.span(consumer.attribute_position)
    assert (span.line, span.column) == (13, 3)
    for key in consumer.key.items:
        assert key.consumers.items == (consumer,)
    for key in consumer.key.maybe:
        assert key.consumers.maybe == (consumer,)


@pytest.mark.parametrize("written", ["", "kms_master_key_id = null", 'kms_master_key_id = ""'])
def test_no_key_is_written(terraform: Reader, written: str) -> None:
    read = terraform(f'{KEY_TF}resource "aws_sns_topic" "t" {{\n  {written}\n}}\n')
    assert not read.inventory.consumers


NESTED = """
resource "aws_s3_bucket" "b" { bucket = "b" }
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.k.arn
    }
  }
}
resource "aws_launch_template" "l" {
  count = var.flag ? 1 : 0
  dynamic "block_device_mappings" {
    for_each = ["a", "b"]
    content {
      device_name = block_device_mappings.value
      ebs { kms_key_id = block_device_mappings.key == 0 ? aws_kms_key.k.arn : aws_kms_key.l.arn }
    }
  }
}
resource "aws_instance" "plain" { ami = file("missing") }
"""


def test_nested_blocks(terraform: Reader) -> None:
    read = terraform(KEY_TF + NESTED)
    assert [told(consumer) for consumer in read.inventory.consumers] == [
        (
            "bucket",
            "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id",
            ["aws_kms_key.k"],
            [],
        ),
        ("launch_template", "block_device_mappings[0].ebs[0].kms_key_id", ["aws_kms_key.k"], []),
        ("launch_template", "block_device_mappings[1].ebs[0].kms_key_id", ["aws_kms_key.l"], []),
    ]
    assert not read.inventory.errors
    assert not read.inventory.gaps
    (bucket, template, _) = read.inventory.consumers
    assert [case is None for _, case in bucket.settings.cases] == [False]
    assert sorted(case is None for _, case in template.settings.cases) == [False, True]


def test_cloudformation(cloudformation: Reader) -> None:
    read = cloudformation("""
Parameters: {Env: {Type: String}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources:
  Key: {Type: AWS::KMS::Key}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/main, TargetKeyId: !Ref Key}}
  Topic: {Type: AWS::SNS::Topic, Properties: {KmsMasterKeyId: !Ref Alias}}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: q
      KmsMasterKeyId: !If [Prod, !GetAtt Key.Arn, !Ref "AWS::NoValue"]
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${AWS::AccountId}-b"
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              {SSEAlgorithm: aws:kms, KMSMasterKeyID: !GetAtt Key.Arn}
      WebsiteConfiguration: {IndexDocument: !Nonsense x}
  Volume: {Type: AWS::EC2::Volume, Properties: {KmsKeyId: alias/aws/ebs}}
  Plain: {Type: AWS::SNS::Topic, Properties: {TopicName: plain}}
""")
    found = {consumer.address: told(consumer) for consumer in read.inventory.consumers}
    path = "BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault."
    assert found == {
        "Topic": ("topic", "KmsMasterKeyId", ["Key"], []),
        "Queue": ("queue", "KmsMasterKeyId", ["Key"], []),
        "Bucket": ("bucket", path + "KMSMasterKeyID", ["Key"], []),
        "Volume": ("AWS::EC2::Volume", "KmsKeyId", [], []),
    }
    (queue,) = read.consumers("Queue")
    assert sorted(case is None for _, case in queue.settings.cases) == [False, True]
    (volume,) = read.consumers("Volume")
    assert {blame.reason for blame in volume.key.open} == {AWS_KEY}


def test_a_plan(plan: PlanReader, planned: Planned) -> None:
    read = plan(
        planned("aws_kms_key.k", {"description": "k"}, {"arn": None, "id": None}),
        planned(
            "aws_sns_topic.t",
            {"name": "t"},
            {"kms_master_key_id": ["aws_kms_key.k.arn", "aws_kms_key.k"]},
        ),
        planned("aws_ebs_volume.v", {"size": 1, "kms_key_id": "alias/aws/ebs"}),
        planned("aws_ebs_volume.none", {"size": 1}, {"kms_key_id": None}),
        planned(
            "aws_s3_bucket_server_side_encryption_configuration.b",
            {
                "bucket": "b",
                "rule": [
                    {
                        "apply_server_side_encryption_by_default": [
                            {"sse_algorithm": "aws:kms", "kms_master_key_id": "alias/x"}
                        ]
                    }
                ],
            },
        ),
    )
    found = {consumer.address: told(consumer) for consumer in read.inventory.consumers}
    path = "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id"
    assert found == {
        "aws_sns_topic.t": ("topic", "kms_master_key_id", ["aws_kms_key.k"], []),
        "aws_ebs_volume.v": ("aws_ebs_volume", "kms_key_id", [], []),
        "aws_s3_bucket_server_side_encryption_configuration.b": ("bucket", path, [], []),
    }


def test_an_alias_means_the_key_of_its_own_region(terraform: Reader) -> None:
    read = terraform(
        'provider "aws" {\n  alias = "us"\n  region = "us-east-1"\n}\n'
        + KEY_TF
        + 'resource "aws_sqs_queue" "q" {\n  provider = aws.us\n'
        + '  kms_master_key_id = "alias/main"\n}\n'
    )
    (consumer,) = read.inventory.consumers
    assert not consumer.key.items
    assert not consumer.key.maybe
    assert consumer.key.open


def test_the_json_shows_consumers(terraform: Reader) -> None:
    read = terraform(
        f'{KEY_TF}resource "aws_sns_topic" "t" {{\n  name = "t"\n'
        '  kms_master_key_id = "alias/aws/sns"\n}\n'
    )
    (shape,) = read.json()["consumers"]
    assert shape["location"]["line"] == 13
    del shape["location"]
    assert shape == {
        "resource": "aws_sns_topic.t",
        "type": "topic",
        "attribute": "kms_master_key_id",
        "maybe_absent": False,
        "settings": {"key_id": "alias/aws/sns", "name": "t"},
        "key": [],
        "key_open": [f"alias/aws/sns: {AWS_KEY}"],
    }


STATE = """
terraform {
  backend "s3" {
    bucket     = "b"
    key        = "k"
    region     = "eu-west-1"
    kms_key_id = "alias/state"%s
  }
  encryption {
    key_provider "aws_kms" "basic" {
      kms_key_id = aws_kms_key.s.arn
      key_spec   = "AES_256"
    }
  }
}
resource "aws_kms_key" "s" {}
resource "aws_kms_alias" "s" {
  name          = "alias/state"
  target_key_id = aws_kms_key.s.key_id
}
"""


def test_the_state_uses_keys(terraform: Reader) -> None:
    read = terraform(STATE % "")
    uses = {c.address: c for c in read.inventory.consumers}
    assert list(uses) == [
        "terraform.backend.s3",
        "terraform.encryption.key_provider.aws_kms.basic",
    ]
    assert {c.type for c in uses.values()} == {"state"}
    for use in uses.values():
        assert [key.address for key in use.key.items] == ["aws_kms_key.s"]
    assert read.span(uses["terraform.backend.s3"].attribute_position).line == 7


def test_the_state_may_be_in_another_account(terraform: Reader) -> None:
    read = terraform(STATE % '\n    profile = "state"')
    (use,) = read.consumers("terraform.backend.s3")
    assert not use.key.items
    assert use.key.open


def test_a_share_uses_a_key_only_where_it_names_one(
    terraform: Reader, cloudformation: Reader
) -> None:
    read = terraform(
        """
        resource "aws_kms_key" "k" {}
        resource "aws_subnet" "s" {}
        resource "aws_ram_resource_association" "k" { resource_arn = aws_kms_key.k.arn }
        resource "aws_ram_resource_association" "s" { resource_arn = aws_subnet.s.arn }
        resource "aws_ram_resource_association" "e" {
          resource_arn = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        }
        """
    )
    found = [
        (c.address, c.type, [k.address for k in c.key.items]) for c in read.inventory.consumers
    ]
    assert found == [
        ("aws_ram_resource_association.k", "resource_share", ["aws_kms_key.k"]),
        ("aws_ram_resource_association.e", "resource_share", []),
    ]
    twin = cloudformation(
        "Resources:\n"
        "  K: {Type: 'AWS::KMS::Key', Properties: {}}\n"
        "  S: {Type: 'AWS::RAM::ResourceShare', Properties: {Name: s, ResourceArns: [!Ref Net, !GetAtt K.Arn]}}\n"
        "  Net: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: v}}\n"
    )
    (share,) = twin.inventory.consumers
    assert (share.type, share.attribute) == ("resource_share", "ResourceArns[1]")
    assert [key.address for key in share.key.items] == ["K"]


def test_data_sources_that_use_a_key(terraform: Reader) -> None:
    read = terraform(
        """
        resource "aws_kms_key" "k" {}
        data "aws_kms_public_key" "k" { key_id = aws_kms_key.k.key_id }
        data "aws_kms_secrets" "s" {
          secret {
            name    = "a"
            payload = "b"
            key_id  = aws_kms_key.k.key_id
          }
        }
        """
    )
    assert [(c.address, c.attribute) for c in read.inventory.consumers] == [
        ("data.aws_kms_public_key.k", "key_id"),
        ("data.aws_kms_secrets.s", "secret[0].key_id"),
    ]


@pytest.mark.parametrize(
    ("written", "names_key"),
    [
        ("!Ref Key", True),
        ("!GetAtt Key.Arn", True),
        ("!GetAtt Key.KeyId", True),
        ("!Ref Alias", True),
        ("alias/app", True),
        ('!Sub "${Key.Arn}"', True),
        ('!Sub "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"', True),
        ('!Sub "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:alias/app"', True),
        ('!Join [":", [arn, !Ref AWS::Partition, kms, !Ref AWS::Region, !Ref AWS::AccountId, !Ref Alias]]', True),
        ("alias/aws/sns", False),
        ("alias/other", False),
        ('!Sub "alias/${AWS::StackName}"', False),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", False),
    ],
)  # fmt: skip
def test_every_spelling_of_a_key_in_a_template(
    cloudformation: Reader, written: str, names_key: bool
) -> None:
    read = cloudformation(f"""Resources:
  Key: {{Type: AWS::KMS::Key}}
  Alias: {{Type: AWS::KMS::Alias, Properties: {{AliasName: alias/app, TargetKeyId: !Ref Key}}}}
  Topic: {{Type: AWS::SNS::Topic, Properties: {{KmsMasterKeyId: {written}}}}}
""")
    (consumer,) = read.consumers("Topic")
    assert [key.address for key in consumer.key.items] == (["Key"] if names_key else [])
    assert bool(consumer.key.open) is not names_key
