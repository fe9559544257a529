"""Which attributes name a key, in both frameworks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kmsiac.aws.consumers import (
    asymmetric_consumers,
    key_attributes,
    key_heads,
    left_out,
    name_attribute,
    wanted_attributes,
)
from kmsiac.aws.dataset import read

KINDS = read("consumers.json")["kinds"]


@pytest.mark.parametrize(
    ("type", "path", "kind"),
    [
        ("aws_sns_topic", "kms_master_key_id", "topic"),
        ("AWS::SNS::Topic", "KmsMasterKeyId", "topic"),
        ("aws_cloudwatch_log_group", "kms_key_id", "log_group"),
        ("AWS::Logs::LogGroup", "KmsKeyId", "log_group"),
        ("aws_route53_key_signing_key", "key_management_service_arn", "dnssec"),
        ("aws_ebs_volume", "kms_key_id", "aws_ebs_volume"),
        ("AWS::EKS::Cluster", "EncryptionConfig.Provider.KeyArn", "eks_cluster"),
    ],
)
def test_key_attributes(type: str, path: str, kind: str) -> None:
    assert [(".".join(a.path), a.type) for a in key_attributes(type)] == [(path, kind)]


def test_a_bucket_is_one_by_its_own_encryption_only() -> None:
    kinds = {".".join(a.path): a.type for a in key_attributes("AWS::S3::Bucket")}
    buckets = [path for path, kind in kinds.items() if kind == "bucket"]
    rule = "BucketEncryption.ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault"
    assert buckets == [f"{rule}.KMSMasterKeyID"]
    assert len(kinds) > 1


def test_what_is_wanted_of_a_resource() -> None:
    assert wanted_attributes("AWS::SES::ReceiptRule") == {"Rule"}
    assert wanted_attributes("aws_sqs_queue") == {"kms_master_key_id", "name"}
    assert key_heads("aws_sqs_queue") == {"kms_master_key_id"}
    assert name_attribute("aws_sqs_queue") == "name"
    for type in ("aws_vpc", "aws_kms_key", "AWS::KMS::Alias", "nonsense"):
        assert not wanted_attributes(type)
        assert not key_attributes(type)


def test_every_kind_has_both_frameworks_and_attributes_that_exist() -> None:
    assert isinstance(KINDS, dict)
    for kind, places in KINDS.items():
        if kind != "state":  # only Terraform and OpenTofu keep one
            assert {type.startswith("AWS::") for type in places} == {True, False}, kind
        for type, path in places.items():
            assert any(".".join(a.path) == path for a in key_attributes(type)), kind


def test_paths_name_keys_and_not_switches() -> None:
    table = read("consumers.json")["attributes"]
    assert isinstance(table, dict)
    assert len(table) > 450
    last = {path.rpartition(".")[2].lower() for paths in table.values() for path in paths}
    assert not any(name.endswith(("seconds", "context", "encrypted")) for name in last)
    assert "[]" not in json.dumps(table)


def test_nothing_is_read_at_import() -> None:
    code = "import kmsiac.aws.consumers as c; assert not c._data.cache_info().currsize"
    subprocess.run([sys.executable, "-c", code], check=True)


PROPERTIES: list[str] = json.loads(
    (Path(__file__).parent / "key_properties.json").read_text(encoding="utf-8")
)["properties"]


def test_every_property_of_cloudformation_that_is_named_after_a_key_is_accounted_for() -> None:
    assert len(PROPERTIES) == 371
    out = left_out()
    for property_ in PROPERTIES:
        type_, _, path = property_.partition(".")
        known = any(".".join(a.path) == path for a in key_attributes(type_))
        assert known != (property_ in out), property_
    assert [place for place in out if place not in PROPERTIES] == []


def test_what_takes_arns_only_names_a_key() -> None:
    table = read("consumers.json")
    attributes = table["attributes"]
    assert [
        (t, p) for t, ps in table["arn_only"].items() for p in ps if p not in attributes[t]
    ] == []
    arn_only = {
        ".".join(a.path): a.arn_only for a in key_attributes("aws_glue_security_configuration")
    }
    assert set(arn_only.values()) == {True, False}
    assert not any(a.arn_only for a in key_attributes("AWS::SQS::Queue"))


def test_what_takes_asymmetric_keys_is_a_consumer() -> None:
    table = read("consumers.json")
    kinds = {a.type for type in table["attributes"] for a in key_attributes(type)}
    assert asymmetric_consumers() <= kinds
