"""Three policies that every tool we compared answers wrongly: by the look, not by the meaning."""

from __future__ import annotations

from typing import Any

import pytest

from kmsiac.access import Trusted, public
from tests.access.written import KNOWN, ROOT, allow, deny, document

ORGANIZATION = "o-a1b2c3d4e5"
ANYONE = {"AWS": "*"}


def verdict(*statements: dict[str, Any]) -> str:
    return public(document(ROOT, *statements), None, KNOWN, Trusted()).verdict.value


def test_a_service_that_everybody_can_go_through_is_no_limit() -> None:
    """Taken for safe because there is a condition; any account can call through S3."""
    via = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    assert verdict(allow(via, Principal="*", Action="kms:Decrypt")) == "yes"
    held = {
        "StringEquals": {
            "kms:ViaService": "s3.eu-west-1.amazonaws.com",
            "kms:CallerAccount": "111122223333",
        }
    }
    assert verdict(allow(held, Principal="*", Action="kms:Decrypt")) == "no"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}},
        {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/r-ab12/"}},
        {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-0123456789abcdef0"}},
        {"ForAllValues:StringLike": {"aws:PrincipalOrgID": ORGANIZATION}},
    ],
    ids=["IfExists", "ForAllValues", "IfExists of an endpoint", "ForAllValues of one value"],
)
def test_a_guard_that_is_true_without_its_key_guards_nothing(condition: dict[str, Any]) -> None:
    """Taken for safe because the key is there; who is in no organization passes."""
    assert verdict(allow(condition, Principal=ANYONE, Action="kms:Decrypt")) == "yes"


@pytest.mark.parametrize("operator", ["StringNotEquals", "StringNotEqualsIfExists"])
def test_a_public_allow_that_a_deny_closes_is_not_public(operator: str) -> None:
    """Taken for public because of the Allow; the Deny holds for everybody else, absent key included."""
    fence = deny({operator: {"aws:PrincipalOrgID": ORGANIZATION}}, Principal="*", Action="kms:*")
    assert verdict(allow(Principal=ANYONE, Action="kms:Decrypt"), fence) == "no"
    hole = deny(
        {"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
        Principal="*",
        Action="kms:Encrypt",
    )
    assert verdict(allow(Principal=ANYONE, Action="kms:Decrypt"), hole) == "yes"
