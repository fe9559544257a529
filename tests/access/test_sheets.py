"""Which documents speak about a key: of several that replace each other, one is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kmsiac.access.place import Given
from kmsiac.access.sheets import ENDPOINT, KEY, Layers, layers_for
from kmsiac.access.unit import UnitAccess
from tests.access.units import (
    APP,
    NAMED,
    ROOT,
    Statement,
    allow,
    blamed,
    can,
    endpoint,
    endpoint_of,
    endpoint_policy,
    key,
    key_of,
    key_policy,
    named,
    reasons,
    role,
    unit_of,
    who_of,
)

OTHER = allow(Principal={"AWS": "arn:aws:iam::111122223333:user/x"})
ONE, TWO = "aws_kms_key.k", "aws_kms_key_policy.p"
SEVERAL = "another resource sets this policy, too; which one is in force is not known"


def in_force(unit: UnitAccess, *layers: str, **more: Any) -> list[tuple[str, ...]]:
    """The addresses of the documents in these layers, for each way that they may be in force."""
    found: Layers = layers_for(unit.reader, None, key_of(unit), **more)
    return [
        tuple(sheet.address for layer in layers for sheet in one.of(layer))
        for one in found.in_force()
    ]


def test_one_policy_is_in_force(tmp_path: Path) -> None:
    assert in_force(unit_of(tmp_path, key(ROOT)), KEY) == [(ONE,)]


def test_of_two_key_policies_either_is_in_force(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(ROOT) + key_policy("p", OTHER))
    assert in_force(unit, KEY) == [(ONE,), (TWO,)]


def test_key_and_endpoint_policies_are_combined(tmp_path: Path) -> None:
    endpoints = endpoint("e", allow(Principal="*")) + endpoint_policy("q", allow(Principal="*"))
    unit = unit_of(tmp_path, key(ROOT) + key_policy("p", OTHER) + endpoints)
    found = in_force(unit, KEY, ENDPOINT, endpoint=endpoint_of(unit, "aws_vpc_endpoint.e"))
    policies = ("aws_vpc_endpoint.e", "aws_vpc_endpoint_policy.q")
    assert found == [(of_key, of_endpoint) for of_key in (ONE, TWO) for of_endpoint in policies]


def test_nothing_is_in_force_together(tmp_path: Path) -> None:
    """A principal that one of them names and the other does not: the union would be a yes."""
    unit = unit_of(tmp_path, key(ROOT) + key_policy("p", OTHER) + role(allow()))
    ruling = can(unit, APP, "Decrypt")
    assert ruling.answer.is_open
    assert blamed(ruling) == {ONE, TWO}
    assert reasons(ruling) == {SEVERAL}


@pytest.mark.parametrize(
    ("one", "two", "verdict", "why"),
    [
        ([NAMED], [NAMED, OTHER], "yes", "both name it"),
        ([OTHER], [OTHER], "no", "neither does"),
        ([NAMED], [OTHER], "cannot-tell", "one does"),
        ([NAMED], [NAMED, allow(Effect="Deny", Principal="*")], "cannot-tell", "one denies it"),
    ],
)
def test_two_key_policies_that_agree_decide(
    tmp_path: Path, one: list[Statement], two: list[Statement], verdict: str, why: str
) -> None:
    unit = unit_of(tmp_path, key(*one) + key_policy("p", *two) + role())
    assert can(unit, APP, "Decrypt").answer.verdict.value == verdict, why


def test_who_can_use_a_key_with_two_policies(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(NAMED) + key_policy("p", OTHER) + role())
    found = {one.id: one for one in unit.holders(["kms:Decrypt"], key_of(unit))}
    holder = found["${aws_iam_role.app.arn}"]
    assert holder.answer.is_open
    assert not holder.actions.certain
    assert {blame.expression for blame in holder.answer.blame} == {ONE, TWO}


def test_a_second_policy_that_may_not_exist(tmp_path: Path) -> None:
    maybe = 'variable "n" {}\n' + key_policy("p", NAMED, more="count = var.n")
    ruling = can(unit_of(tmp_path, key(OTHER) + maybe + role()), APP, "Decrypt")
    assert ruling.answer.is_open


def test_of_two_endpoint_policies_either_is_in_force(tmp_path: Path) -> None:
    one = endpoint("e", allow(Principal="*", Action=["kms:Encrypt", "kms:DescribeKey"]))
    two = endpoint_policy("q", allow(Principal="*", Action=["kms:Decrypt", "kms:DescribeKey"]))
    unit = unit_of(tmp_path, key(ROOT) + role(allow()) + one + two)
    given = Given(endpoint=endpoint_of(unit, "aws_vpc_endpoint.e"))
    expected = {"Encrypt": "cannot-tell", "Decrypt": "cannot-tell", "DescribeKey": "yes"}
    expected["Sign"] = "no"
    for action, verdict in expected.items():
        assert can(unit, APP, action, given=given).answer.verdict.value == verdict, action


def test_somebody_whom_neither_policy_lets_in(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(ROOT) + key_policy("p", OTHER))
    ruling = can(unit, named("role", "arn:aws:iam::444455556666:role/x"), "Decrypt")
    assert ruling.answer.is_no
    assert ruling.blocked_by == "key-policy"


def test_the_own_side_is_known_for_identities_of_the_unit(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, key(ROOT) + role(allow()))
    inside = layers_for(unit.reader, who_of(unit, APP), key_of(unit))
    outside = layers_for(
        unit.reader, named("role", "arn:aws:iam::111122223333:role/x"), key_of(unit)
    )
    assert (inside.known_identity, outside.known_identity) == (True, False)
    assert [sheet.address for sheet in inside.of("identity")] == [APP]
