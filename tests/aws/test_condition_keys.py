from __future__ import annotations

import pytest

from kmsiac.aws.condition_keys import actions_carrying, condition_key, condition_keys, nearest


def test_there_are_42_kms_keys_and_every_one_is_carried() -> None:
    kms = [key for key in condition_keys() if key.name.startswith("kms:")]
    assert len(kms) == 42
    for key in kms:
        assert actions_carrying(key.name.replace("PCR*", "PCR0")), key.name


def test_the_global_keys() -> None:
    assert len(condition_keys()) == 42 + 62


@pytest.mark.parametrize(
    ("name", "type", "klass", "multivalued", "pins", "sensitive"),
    [
        ("kms:CallerAccount", "string", "identity", False, "yes", False),
        ("kms:ViaService", "string", "service-call", False, "no", False),
        ("kms:GrantIsForAWSResource", "bool", "service-call", False, "no", False),
        ("kms:GrantOperations", "string", "request", True, "no", False),
        ("kms:RotationPeriodInDays", "numeric", "request", False, "no", False),
        ("kms:ResourceAliases", "string", "resource", True, "no", False),
        ("aws:PrincipalOrgID", "string", "identity", False, "yes", True),
        ("aws:PrincipalOrgPaths", "string", "identity", True, "yes", False),
        ("aws:PrincipalArn", "arn", "identity", False, "yes", False),
        ("aws:userid", "string", "identity", False, "sometimes", False),
        ("aws:username", "string", "identity", False, "no", False),
        ("aws:SourceIp", "ip", "network", False, "sometimes", False),
        ("aws:SourceVpce", "string", "network", False, "yes", True),
        ("aws:SourceArn", "arn", "source", False, "yes", False),
        ("aws:CurrentTime", "date", "request", False, "no", False),
    ],
)
def test_facts(
    name: str, type: str, klass: str, multivalued: bool, pins: str, sensitive: bool
) -> None:
    for spelling in (name, name.upper(), name.lower()):
        key = condition_key(spelling)
        assert key is not None
        assert (key.name, key.type, key.klass) == (name, type, klass)
        assert (key.multivalued, key.pins_stranger, key.sensitive) == (multivalued, pins, sensitive)


def test_when_a_key_is_there() -> None:
    key = condition_key("aws:SourceVpce")
    assert key is not None
    assert key.present_direct == "no"
    assert key.present_endpoint == "yes"
    assert key.present_via_service == "no"
    assert key.present_service_principal == "no"
    assert not key.always_present


@pytest.mark.parametrize(
    ("asked", "name", "prefix"),
    [
        ("KMS:encryptioncontext:aws:s3:arn", "kms:EncryptionContext:aws:s3:arn", True),
        ("kms:RecipientAttestation:PCR31", "kms:RecipientAttestation:PCR31", True),
        ("kms:recipientattestation:imagesha384", "kms:RecipientAttestation:ImageSha384", False),
        ("kms:RecipientAttestation:NitroTPMPCR4", "kms:RecipientAttestation:NitroTPMPCR4", True),
        ("aws:principaltag/Team", "aws:PrincipalTag/Team", True),
        ("aws:RequestTag/Team", "aws:RequestTag/Team", True),
        ("aws:ResourceTag/a/b", "aws:ResourceTag/a/b", True),
    ],
)
def test_families(asked: str, name: str, prefix: bool) -> None:
    key = condition_key(asked)
    assert key is not None
    assert key.name == name
    assert bool(key.prefix) is prefix


@pytest.mark.parametrize(
    "name",
    [
        "",
        "kms:",
        "kms:ViaServices",
        "kms:EncryptionContext",
        "kms:EncryptionContext:",
        "kms:RecipientAttestation:PCR32",
        "kms:RecipientAttestation:PCR01",
        "kms:RecipientAttestation:PCR\u0661",
        "kms:RecipientAttestation:NitroTPMPCR24",
        "aws:PrincipalTag/",
        "saml:aud",
    ],
)
def test_unknown_keys(name: str) -> None:
    assert condition_key(name) is None
    assert actions_carrying(name) is None


@pytest.mark.parametrize("name", ["kms:ViaService", "kms:CallerAccount"])
def test_errata_36(name: str) -> None:
    carrying = actions_carrying(name)
    assert carrying is not None
    assert {"kms:CreateKey", "kms:Decrypt", "kms:CreateGrant", "kms:Encapsulate"} <= carrying
    without = {"ListKeys", "ListAliases", "ListRetirableGrants", "GenerateRandom"}
    assert carrying.isdisjoint(f"kms:{action}" for action in without)


def test_what_carries_a_key() -> None:
    assert actions_carrying("kms:GrantIsForAWSResource") == {
        "kms:CreateGrant",
        "kms:ListGrants",
        "kms:RevokeGrant",
    }
    context = actions_carrying("kms:EncryptionContext:aws:s3:arn")
    assert context is not None
    assert "kms:Decrypt" in context
    assert "kms:DescribeKey" not in context
    attestation = actions_carrying("kms:RecipientAttestation:PCR3")
    assert attestation == {
        "kms:Decrypt",
        "kms:DeriveSharedSecret",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyPair",
        "kms:GenerateRandom",
    }
    assert actions_carrying("aws:TagKeys") == {
        "kms:CreateKey",
        "kms:TagResource",
        "kms:UntagResource",
    }
    assert actions_carrying("aws:RequestTag/Team") == actions_carrying("aws:TagKeys")
    assert actions_carrying("kms:CustomerMasterKeySpec") == actions_carrying("kms:KeySpec")


@pytest.mark.parametrize("name", ["aws:SourceIp", "aws:PrincipalOrgID", "aws:PrincipalTag/Team"])
def test_keys_of_every_request_have_no_row(name: str) -> None:
    assert actions_carrying(name) is None


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("kms:ViaServices", "kms:ViaService"),
        ("kms:CalerAccount", "kms:CallerAccount"),
        ("aws:PrincipalOrgId", "aws:PrincipalOrgID"),
        ("kms:EncryptionContxt:aws:s3:arn", "kms:EncryptionContext:aws:s3:arn"),
        ("kms:EncryptionContext", "kms:EncryptionContextKeys"),
        ("aws:PrincipleTag/Team", "aws:PrincipalTag/Team"),
        ("nothing like it", None),
        ("k" * 100_000, None),
    ],
)
def test_did_you_mean(wrong: str, meant: str | None) -> None:
    assert nearest(wrong) == meant


def test_operators_that_suit() -> None:
    def suits(name: str, operator: str) -> bool:
        key = condition_key(name)
        assert key is not None
        return operator in key.operators

    assert suits("kms:ViaService", "StringLike")
    assert not suits("kms:ViaService", "ArnLike")
    assert suits("kms:EncryptionContext:x", "ArnLike")
    assert suits("aws:SourceArn", "ArnLike")
    assert suits("aws:SourceArn", "StringLike")
    assert not suits("kms:MultiRegion", "StringEquals")
    assert suits("kms:ValidTo", "NumericLessThan")
    assert suits("kms:ValidTo", "DateLessThan")
    assert suits("aws:SourceIp", "NotIpAddress")
    assert all("Null" in key.operators for key in condition_keys())
