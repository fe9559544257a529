"""Of many principals of a statement each counts as it does alone."""

from __future__ import annotations

from typing import Any

import pytest

from kmsiac.access.model import Request
from kmsiac.access.statements import caller_of, principal_path
from tests.access.policies import ALIAS, BOB, EVE, ROLE, ROOT, SESSION, allow, policy

IN_TEAM = "arn:aws:iam::111122223333:role/team/app"
FEDERATED = "arn:aws:sts::111122223333:federated-user/bob"
UNIQUE = "AIDAABCDEFGHIJKLMNOPQ"
ELEMENTS: list[dict[str, Any]] = [
    *({"AWS": name} for name in (BOB, EVE, ROLE, IN_TEAM, SESSION, ROOT, FEDERATED, UNIQUE, "*")),
    *({"AWS": name} for name in ("111122223333", "444455556666", "bob", "arn:aws:iam::*:root")),
    {"Service": "sns.amazonaws.com"},
    {"Federated": "cognito-identity.amazonaws.com"},
]
OTHERS = [f"arn:aws:iam::999988887777:role/r{number}" for number in range(40)]
CALLERS = (BOB, EVE, ROLE, IN_TEAM, SESSION, ROOT, FEDERATED, "sns.amazonaws.com")


@pytest.mark.parametrize("element", ELEMENTS, ids=str)
def test_one_among_many_counts_as_alone(element: dict[str, Any]) -> None:
    alone = policy(allow(element)).statements[0]
    many = {"AWS": [*OTHERS, *([element["AWS"]] * 2 if "AWS" in element else [])]}
    among = policy(allow({**element, **many})).statements[0]
    for principal in CALLERS:
        caller = caller_of(Request(principal, "kms:Decrypt", ALIAS))
        assert caller is not None
        ways = {(path, answer.verdict) for path, answer in principal_path(among, caller)}
        assert ways == {(path, answer.verdict) for path, answer in principal_path(alone, caller)}
