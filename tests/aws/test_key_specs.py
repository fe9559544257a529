from __future__ import annotations

import pytest

from kmsiac.aws.key_specs import DEFAULT_KEY_SPEC, key_specs, key_type, usages_of
from kmsiac.aws.partitions import DNS_SUFFIXES, partition_of_region
from kmsiac.aws.via_services import meant_prefix, via_service_prefixes, via_services


@pytest.mark.parametrize(
    ("spec", "usage", "type"),
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "symmetric"),
        ("RSA_2048", "ENCRYPT_DECRYPT", "rsa_encryption"),
        ("SM2", "ENCRYPT_DECRYPT", "rsa_encryption"),
        ("RSA_4096", "SIGN_VERIFY", "signing"),
        ("ML_DSA_65", "SIGN_VERIFY", "signing"),
        ("HMAC_256", "GENERATE_VERIFY_MAC", "mac"),
        ("ECC_NIST_P256", "KEY_AGREEMENT", "agreement"),
        ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE", "kem"),
        ("ECC_NIST_P256", "ENCRYPT_DECRYPT", None),
        ("ECC_SECG_P256K1", "KEY_AGREEMENT", None),
        ("SYMMETRIC_DEFAULT", "SIGN_VERIFY", None),
        ("NO_SUCH_SPEC", "ENCRYPT_DECRYPT", None),
    ],
)
def test_key_type(spec: str, usage: str, type: str | None) -> None:
    assert key_type(spec, usage) == type


def test_specs() -> None:
    assert len(key_specs()) == 20
    assert usages_of("RSA_3072") == {"ENCRYPT_DECRYPT", "SIGN_VERIFY"}
    assert usages_of("rsa_3072") is None
    assert key_type(DEFAULT_KEY_SPEC) == "symmetric"


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("mx-central-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("xx-north-1", None),
        ("eu-west", None),
        ("us-other-west-1", None),
        ("", None),
    ],
)
def test_partition_of_region(region: str, partition: str | None) -> None:
    assert partition_of_region(region) == partition
    assert partition is None or partition in DNS_SUFFIXES


def test_via_services() -> None:
    assert {"s3", "rds", "ec2", "logs"} <= via_service_prefixes()
    assert "s3.*.amazonaws.com" in via_services()
    assert meant_prefix("efs") == "elasticfilesystem"
    assert meant_prefix("s3") is None
