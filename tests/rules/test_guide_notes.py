"""Each Note of five sections of the AWS KMS Developer Guide has a rule, or is named as coming."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from kmsiac.rules.loader import load_rules


class Note(NamedTuple):
    """What a Note of the guide warns of. `coming` are ids of rules that are not written yet."""

    section: str
    says: str
    rules: tuple[str, ...]
    coming: tuple[str, ...] = ()


NOTES = (
    Note(
        "Using IAM policies: enabling them in the key policy",
        "an IAM policy has no effect on a key whose key policy does not enable IAM policies",
        ("KP-01", "IAM-11", "IAM-12"),
    ),
    Note(
        "Using IAM policies",
        "who names no key in an IAM policy may give access to more keys than intended",
        ("IAM-01", "IAM-02", "IAM-03"),
    ),
    Note(
        "VPC endpoints",
        "aws:SourceIp is not effective when the request comes from a VPC endpoint",
        ("VPCE-10",),
    ),
    Note(
        "VPC endpoints",
        "policies that require an endpoint or VPC stop services that use the key for its users",
        ("VPCE-09",),
        ("IAM-15",),
    ),
    Note(
        "VPC endpoints: default endpoint policy",
        "without a policy of its own an endpoint allows everything",
        ("VPCE-01", "VPCE-02"),
    ),
    Note(
        "Condition keys: values",
        "the operator decides how values are compared: letter case, wildcards, whole values",
        ("COND-12", "COND-15", "COND-16", "COND-17"),
        ("COND-41",),
    ),
    Note(
        "Condition keys: operations",
        "a condition key is only in requests to some operations",
        ("COND-03", "COND-01"),
    ),
    Note(
        "Other accounts: both sides",
        "the key policy and an IAM policy of the other account must both allow the use",
        ("XACC-01", "XACC-02", "XACC-03"),
    ),
    Note(
        "The asterisk as principal",
        "an asterisk gives the key to every identity of every account unless conditions limit it",
        ("KP-20", "KP-21", "KP-22", "KP-23"),
    ),
)
EXISTING = load_rules()


@pytest.mark.parametrize("note", NOTES, ids=lambda note: f"{note.section}-{note.says}")
def test_note_has_a_rule_or_is_named_as_coming(note: Note) -> None:
    assert note.rules or note.coming
    assert [id for id in note.rules if id not in EXISTING.rules] == []
    # What is written is no longer coming: move the id over.
    assert [id for id in note.coming if EXISTING.get(id) is not None] == []


def test_remediation_of_cross_account_access_names_the_other_side() -> None:
    assert "other account needs an IAM policy" in str(EXISTING.prose("XACC-01")["remediation"])
