"""The actions of AWS KMS, and which of them an IAM action pattern covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NotRequired, TypedDict, cast

from kmsiac.aws.dataset import read
from kmsiac.aws.key_specs import KEY_TYPES, KeyType, usage_of_type
from kmsiac.aws.shapes import fold, glob, glob_matches

Duty = Literal["use", "grant", "view", "administer"]


@dataclass(frozen=True, slots=True)
class KmsAction:
    """One KMS permission as policies name it."""

    name: str
    """With service and in AWS's spelling: `kms:Decrypt`."""
    duty: Duty
    """`use`: cryptographic operations; `grant`: Create-, Retire-, RevokeGrant; `view`: access
    levels Read and List; `administer`: the rest."""
    cross_account: bool | None
    """Whether it works on a key of another account; None where there is no such question."""
    in_key_policy: bool
    """False where AWS documents that a key policy cannot give it."""
    needs_star: bool
    """It has no resource: in an IAM policy only Resource `*` allows it."""
    on: frozenset[str]
    """What it acts on: `key`, `alias` or both; empty if `needs_star`."""
    condition_keys: frozenset[str]
    """Keys that its requests can carry, lower case: all `kms:` keys and those about tags. A name
    that ends in `:` or `/` is a prefix (`kms:encryptioncontext:`)."""
    grant_operation: bool
    """A grant can give it."""
    key_usage: str | None
    """The one key usage it works with (`SIGN_VERIFY`); None: any, or no key."""
    key_types: frozenset[KeyType]
    """The types of key it works on; every type where it is not about the material of one key."""
    encryption_context: bool
    """Its requests can carry an encryption context."""


class _Row(TypedDict):
    duty: Duty
    cross_account: bool | None
    on: list[str]
    in_key_policy: NotRequired[bool]
    grant_operation: NotRequired[bool]
    encryption_context: NotRequired[bool]
    key_usage: NotRequired[str]
    only: NotRequired[Literal["symmetric", "asymmetric", "multi_region", "imported"]]
    carries: NotRequired[list[str]]


@cache
def kms_actions() -> tuple[KmsAction, ...]:
    """All KMS actions, sorted by name."""
    data = read("actions.json")
    common = cast("list[str]", data["@key"])
    rows = cast("Mapping[str, _Row]", data["actions"])
    return tuple(_action(f"kms:{name}", row, common) for name, row in rows.items())


def _action(name: str, row: _Row, common: list[str]) -> KmsAction:
    carries: set[str] = set()
    for key in row.get("carries", []):
        carries.update(common if key == "@key" else (key,))
    return KmsAction(
        name=name,
        duty=row["duty"],
        cross_account=row["cross_account"],
        in_key_policy=row.get("in_key_policy", True),
        needs_star=not row["on"],
        on=frozenset(row["on"]),
        condition_keys=frozenset(fold(key).removesuffix("*") for key in carries),
        grant_operation=row.get("grant_operation", False),
        key_usage=row.get("key_usage"),
        key_types=_key_types(row.get("key_usage"), row.get("only")),
        encryption_context=row.get("encryption_context", False),
    )


def _key_types(usage: str | None, only: str | None) -> frozenset[KeyType]:
    fits = (type for type in KEY_TYPES if usage is None or usage_of_type(type) == usage)
    if only == "symmetric":
        return frozenset(type for type in fits if type == "symmetric")
    if only == "asymmetric":
        return frozenset(type for type in fits if type not in ("symmetric", "mac"))
    return frozenset(fits)


@cache
def _by_folded_name() -> Mapping[str, KmsAction]:
    return {fold(action.name): action for action in kms_actions()}


@cache
def _all_folded_names() -> str:
    return " ".join(name.removeprefix("kms:") for name in _by_folded_name())


def kms_action(name: str) -> KmsAction | None:
    """The action of that name, with or without `kms:`, case aside; None if KMS has none such."""
    folded = fold(name)
    return _by_folded_name().get(folded if ":" in folded else f"kms:{folded}")


@lru_cache(maxsize=2048)
def expand(pattern: str) -> tuple[KmsAction, ...]:
    """The KMS actions that an IAM action pattern covers, sorted by name.

    `*` and `?` are wildcards in the service and in the name, case aside. A pattern without a colon
    covers nothing, but for `*` alone: IAM refuses it.
    """
    service, colon, name = fold(pattern).partition(":")
    if not colon:
        return kms_actions() if service and not service.strip("*") else ()
    if not glob(service).matches("kms"):
        return ()
    if "*" not in name and "?" not in name:
        exact = _by_folded_name().get(f"kms:{name}")
        return (exact,) if exact else ()
    everything = _all_folded_names()
    if any(part not in everything for part in name.replace("?", "*").split("*")):
        return ()  # soon said, for a policy may list ten thousands of patterns
    return tuple(
        action
        for folded, action in _by_folded_name().items()
        if glob_matches(name, folded.removeprefix("kms:"))
    )
