"""Key specs and usages of KMS keys, and the type of key that the two make."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, cast

from kmsiac.aws.dataset import read

KeyType = Literal["symmetric", "rsa_encryption", "signing", "mac", "agreement", "kem"]

KEY_TYPES: tuple[KeyType, ...] = (
    "symmetric",
    "rsa_encryption",
    "signing",
    "mac",
    "agreement",
    "kem",
)
"""What a key is for. `rsa_encryption` is asymmetric encryption: RSA, and SM2 in China."""

DEFAULT_KEY_SPEC = "SYMMETRIC_DEFAULT"
DEFAULT_KEY_USAGE = "ENCRYPT_DECRYPT"

_USAGE_OF_TYPE: Mapping[KeyType, str] = {
    "symmetric": "ENCRYPT_DECRYPT",
    "rsa_encryption": "ENCRYPT_DECRYPT",
    "signing": "SIGN_VERIFY",
    "mac": "GENERATE_VERIFY_MAC",
    "agreement": "KEY_AGREEMENT",
    "kem": "ENCAPSULATE_DECAPSULATE",
}


@cache
def key_specs() -> Mapping[str, frozenset[str]]:
    """Every key spec with the usages that a key of it can have."""
    rows = cast("Mapping[str, list[str]]", read("key_specs.json")["key_usages"])
    return {spec: frozenset(usages) for spec, usages in rows.items()}


def usages_of(spec: str) -> frozenset[str] | None:
    """The usages of a key spec; None if there is no such spec."""
    return key_specs().get(spec)


def usage_of_type(type: KeyType) -> str:
    """The key usage that keys of a type have."""
    return _USAGE_OF_TYPE[type]


def key_type(spec: str, usage: str = DEFAULT_KEY_USAGE) -> KeyType | None:
    """The type of a key; None if the spec is unknown or cannot have that usage."""
    if usage not in (usages_of(spec) or ()):
        return None
    if spec == DEFAULT_KEY_SPEC:
        return "symmetric"
    return next(type for type in KEY_TYPES if type != "symmetric" and _USAGE_OF_TYPE[type] == usage)
