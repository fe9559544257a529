"""Settings: effective values under one name in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kmsiac.inventory.export import to_json
from kmsiac.inventory.model import Entity, Setting
from kmsiac.values import Guard, Unknown

if TYPE_CHECKING:
    from conftest import Read, Reader


def settings(entity: Entity) -> dict[str, Setting]:
    (case,) = entity.settings.cases
    assert case[1] is not None
    return dict(case[1])


def plain(entity: Entity) -> dict[str, object]:
    return {n: to_json(s.value) for n, s in settings(entity).items() if s.value is not None}


KEY_DEFAULTS = {
    "deletion_window": 30,
    "bypass_lockout_check": False,
    "spec": "SYMMETRIC_DEFAULT",
    "usage": "ENCRYPT_DECRYPT",
    "enabled": True,
    "multi_region": False,
    "rotation": False,
    "rotation_period": 365,
    "origin": "AWS_KMS",
    "replica": False,
}


def test_a_bare_key_has_the_defaults_of_the_service_in_both_frameworks(
    terraform: Reader, cloudformation: Reader
) -> None:
    assert plain(terraform('resource "aws_kms_key" "k" {}').key("aws_kms_key.k")) == KEY_DEFAULTS
    template = "Resources:\n  K:\n    Type: AWS::KMS::Key\n"
    assert plain(cloudformation(template).key("K")) == KEY_DEFAULTS


HCL = """
resource "aws_kms_key" "k" {
  description                        = "d"
  customer_master_key_spec           = "RSA_2048"
  key_usage                          = "SIGN_VERIFY"
  is_enabled                         = false
  multi_region                       = true
  enable_key_rotation                = true
  rotation_period_in_days            = 90
  deletion_window_in_days            = 7
  bypass_policy_lockout_safety_check = true
  tags                               = { team = "a", cost = 12, open = true }
}
resource "aws_kms_alias" "a" {
  name          = "alias/a"
  target_key_id = aws_kms_key.k.key_id
}
resource "aws_kms_replica_key" "r" {
  primary_key_arn = "arn:aws:kms:us-east-1:111122223333:key/mrk-1"
}
resource "aws_vpc_endpoint" "e" {
  vpc_id              = "vpc-1"
  service_name        = "com.amazonaws.eu-west-1.kms-fips"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
}
resource "aws_iam_role" "r" {
  name               = "app"
  path               = "/a/"
  assume_role_policy = "{}"
}
resource "aws_iam_user" "u" { name = "u" }
resource "aws_iam_group" "g" { name = "g" }
"""

CFN = """
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: d
      KeySpec: RSA_2048
      KeyUsage: SIGN_VERIFY
      Enabled: "false"
      MultiRegion: "true"
      EnableKeyRotation: true
      RotationPeriodInDays: "90"
      PendingWindowInDays: 7
      BypassPolicyLockoutSafetyCheck: true
      Tags: [{Key: team, Value: a}, {Key: cost, Value: 12}, {Key: open, Value: true}]
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: alias/a, TargetKeyId: !Ref Key}
  Replica:
    Type: AWS::KMS::ReplicaKey
    Properties: {PrimaryKeyArn: "arn:aws:kms:us-east-1:111122223333:key/mrk-1", KeyPolicy: {}}
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-1
      ServiceName: com.amazonaws.eu-west-1.kms-fips
      VpcEndpointType: Interface
      PrivateDnsEnabled: true
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: app, Path: /a/, AssumeRolePolicyDocument: {}}
  User:
    Type: AWS::IAM::User
    Properties: {UserName: u}
  Group:
    Type: AWS::IAM::Group
    Properties: {GroupName: g}
"""

PAIRS = {
    "aws_kms_key.k": "Key",
    "aws_kms_alias.a": "Alias",
    "aws_kms_replica_key.r": "Replica",
    "aws_vpc_endpoint.e": "Endpoint",
    "aws_iam_role.r": "Role",
    "aws_iam_user.u": "User",
    "aws_iam_group.g": "Group",
}


def every(found: Read) -> dict[str, Entity]:
    inventory = found.inventory
    entities: list[Entity] = [*inventory.keys, *inventory.aliases]
    entities += [*inventory.endpoints, *inventory.identities]
    return {entity.address: entity for entity in entities}


def test_the_same_infrastructure_has_the_same_settings(
    terraform: Reader, cloudformation: Reader
) -> None:
    ours, theirs = every(terraform(HCL)), every(cloudformation(CFN))
    assert set(ours) == set(PAIRS)
    for address, logical_id in PAIRS.items():
        left, right = plain(ours[address]), plain(theirs[logical_id])
        for written in (left, right):
            written.pop("target", None)  # a reference, spelled as each framework has it
        assert left == right, address
    assert plain(ours["aws_kms_key.k"])["tags"] == {"cost": "12", "open": "true", "team": "a"}
    assert plain(ours["aws_vpc_endpoint.e"])["service"] == "kms"


def test_written_says_whether_the_template_has_it_and_where(terraform: Reader) -> None:
    found = terraform(
        'variable "n" { default = null }\n'
        'resource "aws_kms_key" "k" {\n'
        "  enable_key_rotation = false\n"
        "  is_enabled          = null\n"
        "  multi_region        = var.n\n"
        "}\n"
    )
    case = settings(found.key("aws_kms_key.k"))
    assert (case["rotation"].written, found.span(case["rotation"].position).line) == (True, 3)
    assert (case["enabled"].written, found.span(case["enabled"].position).line) == (False, 2)
    assert to_json(case["enabled"].value) is True
    assert not case["multi_region"].written
    assert not case["spec"].written


def test_an_unknown_is_written_and_no_default(terraform: Reader) -> None:
    found = terraform(
        'variable "v" {}\nresource "aws_kms_key" "k" {\n  enable_key_rotation = var.v\n}\n'
    )
    rotation = settings(found.key("aws_kms_key.k"))["rotation"]
    assert rotation.written
    assert isinstance(rotation.value, Unknown)


@pytest.mark.parametrize(
    ("arguments", "origin"),
    [
        ('custom_key_store_id = "cks-1"', "AWS_CLOUDHSM"),
        ('custom_key_store_id = "cks-1"\n xks_key_id = "x"', "EXTERNAL_KEY_STORE"),
        ("custom_key_store_id = var.v", "${var.v}"),
        ('custom_key_store_id = "cks-1"\n xks_key_id = var.v', "${var.v}"),
    ],
)
def test_the_origin_follows_from_the_key_store(
    terraform: Reader, arguments: str, origin: str
) -> None:
    found = terraform(f'variable "v" {{}}\nresource "aws_kms_key" "k" {{\n {arguments}\n}}\n')
    assert plain(found.key("aws_kms_key.k"))["origin"] == origin


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ('"com.amazonaws.${data.aws_region.r.name}.kms"', "kms"),
        ('"com.amazonaws.us-east-1.${var.v}"', "${var.v}"),
        ("var.v", "${var.v}"),
        ('"com.amazonaws.${var.v}.kms-fips"', "kms"),
    ],
)
def test_an_open_service_name_is_never_another_service(
    terraform: Reader, name: str, service: str
) -> None:
    found = terraform(
        f'variable "v" {{}}\ndata "aws_region" "r" {{}}\n'
        f'resource "aws_vpc_endpoint" "e" {{\n service_name = {name}\n}}\n'
    )
    assert plain(found.endpoint("aws_vpc_endpoint.e"))["service"] == service


def test_a_condition_splits_settings_and_written_stays_exact(cloudformation: Reader) -> None:
    found = cloudformation(
        "Parameters: {Env: {Type: String}}\n"
        "Conditions: {Prod: !Equals [!Ref Env, prod]}\n"
        "Resources:\n"
        "  K:\n"
        "    Type: AWS::KMS::Key\n"
        "    Properties:\n"
        "      EnableKeyRotation: !If [Prod, false, !Ref AWS::NoValue]\n"
        "      Description: !If [Prod, same, same]\n"
    )
    cases = found.key("K").settings.cases
    assert len(cases) == 2
    written = {case["rotation"].written for _, case in cases if case is not None}
    assert written == {True, False}
    assert {guard.name for when, _ in cases for guard in when} == {"Prod"}
    assert all(isinstance(guard, Guard) for when, _ in cases for guard in when)


def test_the_region_of_a_terraform_resource_is_its_own_argument(terraform: Reader) -> None:
    found = terraform('resource "aws_kms_key" "k" {\n  region = "us-east-2"\n}\n')
    assert found.key("aws_kms_key.k").resource.provider.region.literal == "us-east-2"


MATERIAL = "Wblj06fduthWggmsT0cLVoIMOkeLbc2kVfMud77i/JY="


@pytest.mark.parametrize(
    "written",
    [
        f'"{MATERIAL}"',
        "var.material",
        f'var.fixed ? "{MATERIAL}" : "other"',
        f'lookup(var.none, "a", "{MATERIAL}")',
    ],
)
def test_key_material_is_a_secret_however_it_is_written(terraform: Reader, written: str) -> None:
    found = terraform(
        f'resource "aws_kms_external_key" "k" {{\n  key_material_base64 = {written}\n}}\n'
        f'variable "material" {{\n  default = "{MATERIAL}"\n}}\n'
        'variable "fixed" {\n  type = bool\n}\nvariable "none" {}\n'
    )
    told = str(found.json())
    assert "(sensitive)" in told
    assert MATERIAL not in told
