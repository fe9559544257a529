"""The services that call KMS with their caller's credentials (`kms:ViaService`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import cast

from kmsiac.aws.dataset import read


@cache
def _data() -> Mapping[str, object]:
    return read("via_services.json")


@cache
def via_service_prefixes() -> frozenset[str]:
    """The known first parts (`s3` of `s3.eu-west-1.amazonaws.com`). AWS adds services without
    notice, so the list is never complete."""
    return frozenset(cast("Mapping[str, list[str]]", _data()["prefixes"]))


@cache
def via_services() -> frozenset[str]:
    """The known values as globs over the Region: `s3.*.amazonaws.com`.

    The suffix is the same in all partitions, but for aws-eusc, where it is not known: both
    spellings are listed.
    """
    return _values(via_service_prefixes())


@cache
def mistaken_via_services() -> frozenset[str]:
    """Values that no request has, for a service is known there by another name, as such globs."""
    return _values(cast("Mapping[str, str]", _data()["often_mistaken"]))


def _values(prefixes: Iterable[str]) -> frozenset[str]:
    suffixes = ("amazonaws.com", "amazonaws.eu")
    return frozenset(f"{prefix}.*.{suffix}" for prefix in prefixes for suffix in suffixes)


def meant_prefix(prefix: str) -> str | None:
    """The right first part for one that is often written by mistake (`efs`), else None."""
    return cast("Mapping[str, str]", _data()["often_mistaken"]).get(prefix)
