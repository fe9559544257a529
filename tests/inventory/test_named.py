"""Which entity a text names: what policies say, and what people type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kmsiac.inventory.named import endpoint_named, identity_named, key_named
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import Text, text

if TYPE_CHECKING:
    from conftest import Read, Reader

UNIT = """
data "aws_caller_identity" "me" {}
resource "aws_iam_role" "app" {
  name               = "app"
  path               = "/service/"
  assume_role_policy = "{}"
}
resource "aws_iam_role" "generated" { assume_role_policy = "{}" }
resource "aws_iam_user" "app" { name = "app" }
resource "aws_kms_key" "k" {}
resource "aws_kms_alias" "a" {
  name          = "alias/main"
  target_key_id = aws_kms_key.k.id
}
resource "aws_vpc_endpoint" "kms" {
  vpc_id       = "vpc-1"
  service_name = "com.amazonaws.eu-west-1.kms"
}
resource "aws_iam_policy" "p" {
  name   = "p"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = %s }] })
}
"""


def named_by(read: Read) -> Text:
    """The one resource of the policy: any text with the symbols of the unit."""
    document = read.policy("aws_iam_policy.p").document.pick({})
    assert isinstance(document, PolicyDocument)
    value = document.statements[0].resources[0].value
    assert isinstance(value, Text)
    return value


ME = "${data.aws_caller_identity.me.account_id}"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("aws_iam_role.app.arn", ["aws_iam_role.app"]),
        ("aws_iam_role.app.unique_id", ["aws_iam_role.app"]),
        ("aws_iam_role.generated.arn", ["aws_iam_role.generated"]),
        (f'"arn:aws:iam::{ME}:role/service/app"', ["aws_iam_role.app"]),
        (f'"arn:aws:iam::{ME}:user/app"', ["aws_iam_user.app"]),
        (f'"arn:aws:iam::{ME}:role/app"', []),
        (f'"arn:aws:iam::{ME}:role/${{aws_iam_role.generated.name}}"', ["aws_iam_role.generated"]),
        ('"arn:aws:iam::444455556666:role/service/app"', []),
        ('"arn:aws:iam::444455556666:role/${aws_iam_role.generated.name}"', []),
        (f'"arn:aws:sts::{ME}:assumed-role/app/session"', []),
        ("aws_iam_role.app.create_date", []),
        ("aws_kms_key.k.arn", []),
    ],
)
def test_identities(terraform: Reader, written: str, found: list[str]) -> None:
    read = terraform(UNIT % written)
    related = identity_named(read.inventory, named_by(read))
    assert [identity.address for identity in related.items] == found
    assert not related.maybe
    assert bool(related.open) == (not found)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("aws_kms_key.k.arn", True),
        ("aws_kms_key.k.key_id", True),
        ("aws_kms_alias.a.arn", True),
        ("aws_kms_alias.a.target_key_arn", True),
        (f'"arn:aws:kms:eu-west-1:{ME}:key/${{aws_kms_key.k.key_id}}"', True),
        (f'"arn:aws:kms:us-east-1:{ME}:key/${{aws_kms_key.k.key_id}}"', False),
        ('"arn:aws:kms:eu-west-1:444455556666:key/${aws_kms_key.k.key_id}"', False),
        ('"alias/main"', True),
        ('"alias/aws/s3"', False),
        (f'"arn:aws:kms:eu-west-1:{ME}:alias/main"', True),
        (f'"arn:aws:kms:us-east-1:{ME}:alias/main"', False),
        ('"1234abcd-12ab-34cd-56ef-1234567890ab"', False),
        ('"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"', False),
        ("aws_kms_key.k.tags_all", False),
        ("aws_kms_key.k.description", False),
        ('"*"', False),
    ],
)
def test_keys(terraform: Reader, written: str, found: bool) -> None:
    read = terraform(UNIT % written)
    related = key_named(read.inventory, named_by(read))
    assert [key.address for key in related.items] == (["aws_kms_key.k"] if found else [])
    assert not related.maybe
    assert bool(related.open) == (not found)


def test_endpoints(terraform: Reader) -> None:
    read = terraform(UNIT % "aws_vpc_endpoint.kms.id")
    related = endpoint_named(read.inventory, named_by(read))
    assert [endpoint.address for endpoint in related.items] == ["aws_vpc_endpoint.kms"]
    settings = related.items[0].settings.pick({})
    assert settings is not None
    assert str(settings["vpc_id"].value) == "vpc-1"
    assert str(settings["service"].value) == "kms"
    assert endpoint_named(read.inventory, text("vpce-0123456789abcdef0")).open
    other = terraform(UNIT % "aws_vpc_endpoint.kms.vpc_endpoint_type")
    assert not endpoint_named(other.inventory, named_by(other)).items


def test_cloudformation(cloudformation: Reader) -> None:
    read = cloudformation("""
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}, RoleName: app}}
  Key: {Type: AWS::KMS::Key}
  Door:
    Type: AWS::EC2::VPCEndpoint
    Properties: {VpcId: vpc-1, ServiceName: !Sub "com.amazonaws.${AWS::Region}.kms"}
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          - Effect: Allow
            Action: "*"
            Resource:
              - !GetAtt Role.Arn
              - !Sub "arn:aws:iam::${AWS::AccountId}:role/app"
              - !GetAtt Role.RoleId
              - !GetAtt Key.Arn
              - !Sub "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"
              - !Ref Door
""")
    document = read.policy("P").document.pick({})
    assert isinstance(document, PolicyDocument)
    values = [pattern.value for pattern in document.statements[0].resources]
    texts = [value for value in values if isinstance(value, Text)]
    roles = [identity_named(read.inventory, value).items for value in texts[:3]]
    assert roles == [(read.identity("Role"),)] * 3
    assert [key_named(read.inventory, v).items for v in texts[3:5]] == [(read.key("Key"),)] * 2
    assert endpoint_named(read.inventory, texts[5]).items == (read.endpoint("Door"),)
