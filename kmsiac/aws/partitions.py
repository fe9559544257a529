"""The partitions of AWS, their DNS suffixes and Regions (botocore 1.44.8, 2026-11-24)."""

from __future__ import annotations

from collections.abc import Mapping

DNS_SUFFIXES: Mapping[str, str] = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-us-gov": "amazonaws.com",
}
"""Partition to DNS suffix. Service principals are not built from it."""

_PARTITION_OF_AREA: Mapping[str, str] = {
    "us-gov": "aws-us-gov",
    "us-iso": "aws-iso",
    "us-isob": "aws-iso-b",
    "us-isof": "aws-iso-f",
    "eu-isoe": "aws-iso-e",
    "eusc-de": "aws-eusc",
    "cn": "aws-cn",
}

_COMMERCIAL_AREAS = frozenset(("us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"))


def partition_of_region(region: str) -> str | None:
    """The partition that a Region lies in, by its name; None for a name of no known form."""
    words = region.split("-")
    if not words[-1].isdecimal() or not words[-1].isascii():
        return None
    special = _PARTITION_OF_AREA.get("-".join(words[:-2]))
    if special:
        return special
    return "aws" if len(words) == 3 and words[0] in _COMMERCIAL_AREAS else None
