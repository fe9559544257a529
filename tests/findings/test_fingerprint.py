"""What makes two findings the same, and what does not."""

from __future__ import annotations

import pytest

from kmsiac.findings.fingerprint import fingerprint, without_indexes

BASE = ("KP-20", "module.a[0].aws_kms_key.k", "Share", "*")


@pytest.mark.parametrize(
    ("address", "without"),
    [
        ("aws_kms_key.k", "aws_kms_key.k"),
        ("aws_kms_key.k[0]", "aws_kms_key.k"),
        ('module.a["x.y"].aws_kms_key.k["a\\"]b"]', "module.a.aws_kms_key.k"),
    ],
)
def test_indexes_are_left_out(address: str, without: str) -> None:
    assert without_indexes(address) == without


def test_it_is_the_same_in_every_run_and_for_every_instance() -> None:
    assert fingerprint(*BASE) == fingerprint("KP-20", "module.a[1].aws_kms_key.k", "Share", "*")
    assert len(fingerprint(*BASE)) == 32


@pytest.mark.parametrize("part", range(4))
def test_every_part_counts(part: int) -> None:
    other = list(BASE)
    other[part] += "x"
    assert fingerprint(*other) != fingerprint(*BASE)


def test_parts_do_not_run_into_each_other() -> None:
    assert fingerprint("a", "b", "cd", "") != fingerprint("a", "b", "c", "d")


def test_lone_surrogates_are_no_crash() -> None:
    assert fingerprint("a", "\udce9", "", "") != fingerprint("a", "", "", "")
