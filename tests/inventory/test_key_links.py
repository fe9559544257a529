"""What belongs to a key or an endpoint: aliases, replicas, policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmsiac.inventory.model import Entity, Related

if TYPE_CHECKING:
    from conftest import Reader


def names(related: Related[Entity]) -> list[str]:
    return [entity.address for entity in related.items]


def test_endpoints_and_their_policies(terraform: Reader) -> None:
    read = terraform(
        'resource "aws_vpc_endpoint" "e" {\n  service_name = "x"\n}\n'
        'resource "aws_vpc_endpoint" "f" {\n  service_name = "x"\n  policy = "{}"\n}\n'
        'resource "aws_vpc_endpoint_policy" "p" {\n'
        '  vpc_endpoint_id = aws_vpc_endpoint.e.id\n  policy = "{}"\n}\n'
    )
    attached = read.policy("aws_vpc_endpoint_policy.p")
    assert attached.endpoint.items == (read.endpoint("aws_vpc_endpoint.e"),)
    assert names(read.endpoint("aws_vpc_endpoint.e").policies) == ["aws_vpc_endpoint_policy.p"]
    assert [p.default for p in read.inventory.policies] == [False, False]


def test_replicas_and_their_primary(terraform: Reader, cloudformation: Reader) -> None:
    read = terraform(
        'resource "aws_kms_key" "k" { multi_region = true }\n'
        'resource "aws_kms_replica_key" "r" { primary_key_arn = aws_kms_key.k.arn }\n'
    )
    replica = read.key("aws_kms_replica_key.r")
    assert replica.replica
    assert names(replica.primary) == ["aws_kms_key.k"]
    assert names(read.key("aws_kms_key.k").replicas) == ["aws_kms_replica_key.r"]
    other = cloudformation(
        "Resources:\n  K: {Type: AWS::KMS::Key}\n  R:\n    Type: AWS::KMS::ReplicaKey\n"
        "    Properties: {PrimaryKeyArn: !GetAtt K.Arn, KeyPolicy: {}}\n"
    )
    assert names(other.key("K").replicas) == ["R"]


def test_aliases_of_instances(terraform: Reader) -> None:
    read = terraform("""
resource "aws_kms_key" "k" { for_each = toset(["a", "b.c"]) }
resource "aws_kms_alias" "x" {
  for_each      = aws_kms_key.k
  name          = "alias/${each.key}"
  target_key_id = each.value.key_id
}
resource "aws_kms_alias" "gone" {
  name          = "alias/gone"
  target_key_id = aws_kms_key.k["nowhere"].key_id
}
""")
    assert names(read.alias('aws_kms_alias.x["b.c"]').key) == ['aws_kms_key.k["b.c"]']
    assert not read.alias("aws_kms_alias.gone").key.items


def test_an_endpoint_that_serves_kms_and_its_policies(
    terraform: Reader, cloudformation: Reader
) -> None:
    read = terraform(
        'resource "aws_vpc_endpoint" "kms" {\n'
        '  vpc_id = "vpc-1"\n  service_name = "com.amazonaws.eu-west-1.kms-fips"\n}\n'
        'resource "aws_vpc_endpoint_policy" "p" {\n'
        "  vpc_endpoint_id = aws_vpc_endpoint.kms.id\n  policy = jsonencode({ Statement = [] })\n}\n"
    )
    endpoint = read.endpoint("aws_vpc_endpoint.kms")
    assert names(endpoint.policies) == ["aws_vpc_endpoint_policy.p"]
    other = cloudformation("""
Resources:
  Vpc: {Type: AWS::EC2::VPC}
  Kms:
    Type: AWS::EC2::VPCEndpoint
    Properties: {VpcId: !Ref Vpc, ServiceName: !Sub "com.amazonaws.${AWS::Region}.kms"}
""")
    (policy,) = other.endpoint("Kms").policies.items
    assert policy.default
    for found, vpc in ((endpoint, "vpc-1"), (other.endpoint("Kms"), "${Vpc}")):
        settings = found.settings.pick({})
        assert settings is not None
        assert str(settings["service"].value) == "kms"
        assert str(settings["vpc_id"].value) == vpc


def test_an_arn_of_another_account_is_no_key_of_this_one(terraform: Reader) -> None:
    read = terraform(
        'resource "aws_kms_key" "k" {}\n'
        'resource "aws_kms_key_policy" "p" {\n  policy = "{}"\n'
        '  key_id = "arn:aws:kms:eu-west-1:444455556666:key/${aws_kms_key.k.key_id}"\n}\n'
    )
    assert not read.policy("aws_kms_key_policy.p").key.items
    assert not read.key("aws_kms_key.k").policies.items
