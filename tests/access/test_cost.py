"""Questions about huge documents end, within a few seconds and with an answer where one is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from kmsiac import access
from kmsiac.access.place import Ask, Place
from kmsiac.access.statements import covers_action
from kmsiac.access.trust import NOBODY
from kmsiac.aws.actions import expand, kms_actions
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import Answer
from tests.access.written import ARN, CALLER, KNOWN, OWN, allow, deny, document

KEY = Place("key", KNOWN)


def ask(parsed: PolicyDocument) -> Answer:
    return access.public(parsed, parsed.statements[0], OWN, NOBODY)


def test_a_way_past_many_denies_is_found() -> None:
    denies = [
        deny(
            {
                "StringLike": {
                    f"aws:PrincipalTag/t{(at * step) % 24}": f"*{chr(97 + (at + step) % 20)}*"
                    for step in range(1, 6)
                }
            }
        )
        for at in range(60)
    ]
    condition = {"StringLike": {f"aws:PrincipalTag/t{n}": "*a*" for n in range(24)}}
    assert ask(document(allow(condition), *denies)).is_yes


@pytest.mark.parametrize("pattern", ["*" * 10_000, "a" * 10_000 + "*", "*a" * 2_000])
def test_huge_patterns_end(pattern: str) -> None:
    answer = ask(document(allow({"StringLike": {"aws:PrincipalTag/a": pattern}})))
    assert not answer.is_no


@pytest.mark.parametrize(
    ("verdict", "statements"),
    [
        ("no", [allow({"StringEquals": {CALLER: f"{at:012d}"}}) for at in range(800)]),
        (
            "no",
            [
                allow(
                    {
                        "IpAddress": {
                            "aws:SourceIp": [
                                f"10.{at % 256}.{at // 256}.0/24" for at in range(2_000)
                            ]
                        }
                    }
                )
            ],
        ),
        ("yes", [allow(Action=["kms:Decrypt"] * 15_000), *[deny(Action="kms:Encrypt")] * 500]),
        (
            "yes",
            [allow({"ArnLike": {ARN: [f"arn:aws:iam::*:role/team{at}-*" for at in range(300)]}})],
        ),
    ],
    ids=["accounts", "ranges", "actions", "patterns"],
)
def test_large_documents_are_decided(verdict: str, statements: list[dict[str, Any]]) -> None:
    answer = access.public(document(*statements), None, OWN, NOBODY)
    assert answer.verdict.value == verdict


ROLES = [
    allow(Principal={"AWS": f"arn:aws:iam::111122223333:role/r{at}"}, Action="kms:Decrypt")
    for at in range(800)
]
ROOTS = [
    allow(
        {"StringLike": {"kms:ViaService": f"*{at}*.amazonaws.com"}},
        Principal={"AWS": f"arn:aws:iam::3{at:011d}:root"},
        Action="kms:Decrypt",
    )
    for at in range(50)
]
CONTEXTS = [
    allow({"StringEquals": {f"kms:EncryptionContext:k{at}": "v"}}, Action="kms:Decrypt")
    for at in range(800)
]
ONE = Ask(frozenset({"kms:Decrypt"}), "external")


@pytest.mark.parametrize(
    ("question", "statements"),
    [
        (lambda parsed: access.administrable([parsed], KEY, "kms:Decrypt"), ROLES),
        (lambda parsed: access.administrable([parsed], KEY), ROLES),
        (lambda parsed: access.external(parsed, KEY), ROOTS),
        (lambda parsed: access.public(parsed, None, KNOWN, NOBODY), CONTEXTS),
        (lambda parsed: access.allows(parsed, parsed.statements[-1], KEY, ONE), CONTEXTS),
    ],
    ids=["administrable", "administrable by nobody", "external", "public", "allows"],
)
def test_a_question_about_many_statements_ends(
    question: Callable[[PolicyDocument], object], statements: list[dict[str, Any]]
) -> None:
    """As many statements as are read."""
    parsed = document(*statements)
    began = time.process_time()
    question(parsed)
    assert time.process_time() - began < 60


@pytest.mark.parametrize("covered", [True, False], ids=["allowed", "not allowed"])
def test_a_request_against_very_many_action_patterns_is_decided(covered: bool) -> None:
    """A list of patterns is read once, not for each action and each layer that asks."""
    patterns = [f"kms:*{at}*?e*" for at in range(15_000)]
    parsed = document(allow(Action=[*patterns, *(["kms:De*t"] if covered else [])]))
    began = time.process_time()
    answers = [covers_action(parsed.statements[0], one.name) for one in kms_actions()]
    assert time.process_time() - began < 60
    assert any(answer.is_yes for answer in answers) == covered


def test_an_action_pattern_is_expanded_fast() -> None:
    began = time.process_time()
    assert not any(expand(f"kms:*{at}*?e*") for at in range(20_000))
    assert time.process_time() - began < 60
    assert [one.name for one in expand("KMS:d?cr*t")] == ["kms:Decrypt"]


@pytest.mark.parametrize("piece", ["*a*b", "*?"])
def test_patterns_longer_than_any_policy_are_too_complex(piece: str) -> None:
    values = [piece * 500 + str(at) for at in range(100)]
    parsed = document(allow({"StringLike": {"aws:PrincipalArn": values}}))
    began = time.process_time()
    answer = ask(parsed)
    assert time.process_time() - began < 60
    assert answer.is_open
    assert any("too complex" in one.reason for one in answer.blame)
