"""Settings that depend on conditions, and those that a replica has from its primary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmsiac.inventory.cases import World, in_every_world
from kmsiac.inventory.export import to_json
from kmsiac.inventory.model import Entity, Key, Setting
from kmsiac.values import Unknown

if TYPE_CHECKING:
    from conftest import Reader


def settings(entity: Entity) -> dict[str, Setting]:
    (case,) = entity.settings.cases
    assert case[1] is not None
    return dict(case[1])


def plain(entity: Entity) -> dict[str, object]:
    return {n: to_json(s.value) for n, s in settings(entity).items() if s.value is not None}


# -- settings that depend on different conditions --------------------------------------------------

MANY = ["description", "deletion_window_in_days", "is_enabled", "multi_region",
        "enable_key_rotation", "rotation_period_in_days", "customer_master_key_spec",
        "key_usage"]  # fmt: skip


def test_settings_on_different_conditions_do_not_multiply(terraform: Reader) -> None:
    flags = "".join(f'variable "f{n}" {{ type = bool }}\n' for n in range(len(MANY)))
    values = {"is_enabled": ("true", "false"), "multi_region": ("true", "false")}
    values |= {"enable_key_rotation": ("true", "false")}
    arguments = ""
    for n, name in enumerate(MANY):
        left, right = values.get(name, ('"8"', '"9"'))
        arguments += f"  {name} = var.f{n} ? {left} : {right}\n"
    found = terraform(
        f'{flags}resource "aws_kms_key" "k" {{\n{arguments}  tags = {{a = "b"}}\n}}\n'
    )
    key = found.key("aws_kms_key.k")
    seen = set()
    for world, enabled in in_every_world(lambda world: enabled_in(key, world)):
        assert len(world) == 1
        seen.add(enabled)
    assert seen == {"true", "false"}
    # Joined they are too many cases: what varies is unknown there, the rest is not.
    ((_, case),) = key.settings.cases
    assert case is not None
    assert isinstance(case["enabled"].value, Unknown)
    assert to_json(case["tags"].value) == {"a": "b"}
    assert to_json(case["origin"].value) == "AWS_KMS"


def enabled_in(key: Key, world: World) -> str:
    picked = key.settings.pick(world)
    assert picked is not None
    assert str(picked["origin"].value) == "AWS_KMS"
    return str(picked["enabled"].value)


def test_settings_on_the_same_condition_go_together(cloudformation: Reader) -> None:
    found = cloudformation(
        "Parameters: {Env: {Type: String}}\n"
        "Conditions: {Prod: !Equals [!Ref Env, prod]}\n"
        "Resources:\n"
        "  K:\n"
        "    Type: AWS::KMS::Key\n"
        "    Condition: Prod\n"
        "    Properties:\n"
        "      EnableKeyRotation: !If [Prod, true, false]\n"
        "      MultiRegion: !If [Prod, true, false]\n"
    )
    cases = [case for _, case in found.key("K").settings.cases]
    assert cases.count(None) == 1
    (case,) = [case for case in cases if case is not None]
    assert (to_json(case["rotation"].value), to_json(case["multi_region"].value)) == (True, True)


# -- replicas -------------------------------------------------------------------------------------


def test_a_replica_has_spec_usage_and_origin_of_its_primary(
    terraform: Reader, cloudformation: Reader
) -> None:
    found = terraform(
        'variable "flag" { type = bool }\n'
        'resource "aws_kms_key" "k" {\n'
        "  multi_region = true\n"
        '  customer_master_key_spec = var.flag ? "RSA_2048" : "RSA_4096"\n'
        '  key_usage = "SIGN_VERIFY"\n}\n'
        'resource "aws_kms_replica_key" "r" { primary_key_arn = aws_kms_key.k.arn }\n'
        'resource "aws_kms_external_key" "e" { multi_region = true }\n'
        'resource "aws_kms_replica_external_key" "s" { primary_key_arn = aws_kms_external_key.e.arn }\n'
        'resource "aws_kms_replica_key" "t" { primary_key_arn = aws_kms_replica_key.t.arn }\n'
    )
    cases = [case for _, case in found.key("aws_kms_replica_key.r").settings.cases]
    told = {
        tuple(str(case[name].value) for name in ("spec", "usage", "origin"))
        for case in cases
        if case is not None
    }
    assert told == {("RSA_2048", "SIGN_VERIFY", "AWS_KMS"), ("RSA_4096", "SIGN_VERIFY", "AWS_KMS")}
    assert not any(case["spec"].written for case in cases if case is not None)
    external = plain(found.key("aws_kms_replica_external_key.s"))
    assert (external["spec"], external["origin"]) == ("SYMMETRIC_DEFAULT", "EXTERNAL")
    assert "rotation" not in external
    assert isinstance(settings(found.key("aws_kms_replica_key.t"))["spec"].value, Unknown)
    other = cloudformation(
        "Resources:\n  K: {Type: AWS::KMS::Key, Properties: {KeySpec: HMAC_256, "
        "KeyUsage: GENERATE_VERIFY_MAC, Origin: EXTERNAL}}\n  R:\n    Type: AWS::KMS::ReplicaKey\n"
        "    Properties: {PrimaryKeyArn: !GetAtt K.Arn, KeyPolicy: {}}\n"
    )
    replica = plain(other.key("R"))
    assert [replica[name] for name in ("spec", "usage", "origin")] == [
        "HMAC_256", "GENERATE_VERIFY_MAC", "EXTERNAL",
    ]  # fmt: skip


def test_the_primary_of_a_replica_is_not_in_the_unit(terraform: Reader) -> None:
    found = terraform(
        'resource "aws_kms_replica_key" "r" {\n'
        '  primary_key_arn = "arn:aws:kms:us-east-1:111122223333:key/mrk-1"\n}\n'
    )
    spec = settings(found.key("aws_kms_replica_key.r"))["spec"].value
    assert isinstance(spec, Unknown)
    assert spec.reason.endswith("its primary key, which is not in the scanned templates")
    assert found.policies("aws_kms_replica_key.r")[0].default
