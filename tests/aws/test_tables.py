from __future__ import annotations

import pytest

from kmsiac.aws.grants import grant_operations
from kmsiac.aws.key_specs import key_specs
from kmsiac.aws.tables import TABLES, in_table


def test_the_tables_of_the_vocabulary() -> None:
    assert set(TABLES) == {
        "asymmetric_consumers",
        "kms_actions",
        "actions_of_condition_key",
        "condition_keys",
        "condition_operators",
        "values_of_condition_key",
        "operators_of_condition_key",
        "grant_operations",
        "actions_of_key_type",
        "usages_of_key_spec",
        "via_services",
        "mistaken_via_services",
    }
    assert len(TABLES["kms_actions"].rows(None) or ()) == 58


@pytest.mark.parametrize(
    ("table", "row", "member", "answer"),
    [
        ("kms_actions", None, "kms:Decrypt", True),
        ("kms_actions", None, "KMS:decrypt", True),
        ("kms_actions", None, "kms:Dec*", True),
        ("kms_actions", None, "kms:Foo", False),
        ("actions_of_condition_key", "kms:ViaService", "kms:CreateKey", True),
        ("actions_of_condition_key", "kms:viaservice", "kms:ListKeys", False),
        ("actions_of_condition_key", "kms:EncryptionContext:a", "kms:DescribeKey", False),
        ("actions_of_condition_key", "aws:SourceIp", "kms:Decrypt", None),
        ("actions_of_condition_key", "aws:RequestTag/a", "kms:Decrypt", False),
        ("actions_of_condition_key", "kms:NoSuchKey", "kms:Decrypt", None),
        ("actions_of_condition_key", None, "kms:Decrypt", None),
        ("condition_keys", None, "KMS:ViaService", True),
        ("condition_keys", None, "kms:RecipientAttestation:PCR8", True),
        ("condition_keys", None, "kms:RecipientAttestation:PCR99", False),
        ("condition_keys", None, "kms:EncryptionContext:a", True),
        ("condition_keys", None, "kms:EncryptionContext:", False),
        ("condition_keys", None, "kms:ViaServices", False),
        ("condition_operators", None, "stringequals", True),
        ("condition_operators", None, "StringEqual", False),
        ("values_of_condition_key", "kms:KeySpec", "RSA_2048", True),
        ("values_of_condition_key", "kms:KeySpec", "rsa_2048", False),
        ("values_of_condition_key", "kms:KeySpec", "RSA_*", True),
        ("values_of_condition_key", "kms:KeySpec", "AES_*", False),
        ("values_of_condition_key", "kms:KeySpec", "${aws:PrincipalTag/spec}", True),
        ("values_of_condition_key", "kms:GrantOperations", "ReEncrypt", False),
        ("values_of_condition_key", "kms:MultiRegion", "True", True),
        ("values_of_condition_key", "kms:MultiRegion", "yes", False),
        ("values_of_condition_key", "kms:EncryptionContext:a", "b", None),
        ("values_of_condition_key", "aws:PrincipalOrgID", "o-a1b2c3d4e5", True),
        ("values_of_condition_key", "aws:PrincipalOrgID", "a1b2c3d4e5", False),
        ("values_of_condition_key", "aws:SourceAccount", "1234", False),
        ("values_of_condition_key", "kms:CallerAccount", "1234", None),
        ("values_of_condition_key", "kms:GranteeServicePrincipal", "logs", False),
        ("values_of_condition_key", "kms:ViaService", "s3", None),
        ("operators_of_condition_key", "kms:MultiRegion", "Bool", True),
        ("operators_of_condition_key", "kms:MultiRegion", "StringEquals", False),
        ("operators_of_condition_key", "kms:GrantOperations", "stringlike", True),
        ("operators_of_condition_key", "aws:NoSuchKey", "Bool", None),
        ("grant_operations", None, "Decrypt", True),
        ("grant_operations", None, "ReEncrypt", False),
        ("grant_operations", None, "kms:Decrypt", False),
        ("actions_of_key_type", "rsa_encryption", "kms:GenerateDataKey", False),
        ("actions_of_key_type", "rsa_encryption", "Encrypt", True),
        ("actions_of_key_type", "symmetric", "kms:Sign", False),
        ("actions_of_key_type", "mac", "kms:PutKeyPolicy", True),
        ("actions_of_key_type", "no such type", "kms:Sign", None),
        ("usages_of_key_spec", "HMAC_256", "GENERATE_VERIFY_MAC", True),
        ("usages_of_key_spec", "HMAC_256", "ENCRYPT_DECRYPT", False),
        ("usages_of_key_spec", "AES_256", "ENCRYPT_DECRYPT", None),
        ("via_services", None, "s3.eu-west-1.amazonaws.com", True),
        ("via_services", None, "s3.*.amazonaws.com", True),
        ("via_services", None, "*.eu-west-1.amazonaws.com", True),
        ("via_services", None, "efs.eu-west-1.amazonaws.com", False),
        ("via_services", None, "s3.amazonaws.com", False),
        ("mistaken_via_services", None, "efs.eu-west-1.amazonaws.com", True),
        ("mistaken_via_services", None, "e*.eu-west-1.amazonaws.com", True),
        ("mistaken_via_services", None, "efs.amazonaws.com", False),
        ("mistaken_via_services", None, "ec2.eu-west-1.amazonaws.com", False),
        ("via_services", None, "s3.some where.amazonaws.com", False),
        ("via_services", None, "*a" * 16_000, False),
    ],
)
def test_in_table(table: str, row: str | None, member: str, answer: bool | None) -> None:
    assert in_table(table, row, member) is answer


def test_values_under_an_operator_without_case() -> None:
    assert in_table("values_of_condition_key", "kms:KeySpec", "rsa_2048", ignore_case=True)


def test_a_table_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        in_table("no_such_table", None, "x")


def test_the_data_files_agree_with_each_other() -> None:
    values = TABLES["values_of_condition_key"].rows
    assert values("kms:GrantOperations") == grant_operations()
    assert values("kms:KeySpec") == set(key_specs())
    assert values("kms:KeyUsage") == frozenset().union(*key_specs().values())
