"""What must hold of every case: changes of spelling change nothing, a Deny never adds access."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases.runner import decide, read_cases

FILES = sorted((Path(__file__).parents[1] / "cases").glob("*.jsonl"))
CASES = [case for file in FILES for case in read_cases(file) if "request" in case]
POLICIES = ("key_policy", "permission_boundary", "session_policy", "vpce_policy")
LISTS = ("identity_policies", "scps", "rcps")


def changed(found: Any, change: Any) -> Any:
    """The case with every policy in it changed."""
    if isinstance(found, dict) and "Statement" in found:
        return change(found)
    if isinstance(found, list):
        return [changed(one, change) for one in found]
    return found


def variant(case: dict[str, Any], change: Any) -> dict[str, Any]:
    names = [name for name in (*POLICIES, *LISTS) if name in case]
    return {**case, **{name: changed(case[name], change) for name in names}}


def backwards(policy: dict[str, Any]) -> dict[str, Any]:
    return {**policy, "Statement": policy["Statement"][::-1]}


def one_by_one(policy: dict[str, Any]) -> dict[str, Any]:
    """Each statement split into one for each of its actions."""
    out = []
    for statement in policy["Statement"]:
        actions = statement.get("Action")
        if isinstance(actions, list):
            out += [{**statement, "Action": action} for action in actions]
        else:
            out.append(statement)
    return {**policy, "Statement": out}


def spelt(found: Any) -> Any:
    """Lists of one as scalars and scalars as lists, actions in capitals."""
    if isinstance(found, dict):
        return {key: spelt_value(key, value) for key, value in found.items()}
    return found


def spelt_value(name: str, value: Any) -> Any:
    if name == "Statement":
        return [spelt(one) for one in value]
    if name in ("Action", "NotAction"):
        return [one.upper() for one in ([value] if isinstance(value, str) else value)]
    if name in ("Resource", "NotResource") and isinstance(value, str):
        return [value]
    if name == "Condition":
        return {
            operator: {
                key: wanted[::-1] if isinstance(wanted, list) else [wanted]
                for key, wanted in reversed(block.items())
            }
            for operator, block in reversed(value.items())
        }
    return value


def with_capital_keys(case: dict[str, Any]) -> dict[str, Any]:
    context = {key.upper(): value for key, value in case["request"]["context"].items()}
    return {**case, "request": {**case["request"], "context": context}}


@pytest.mark.parametrize("change", [backwards, one_by_one, spelt])
def test_the_spelling_of_a_policy_changes_nothing(change: Any) -> None:
    for case in CASES:
        found = decide(variant(case, change))[0].verdict
        assert found is decide(case)[0].verdict, case["id"]


def test_names_of_condition_keys_have_no_case() -> None:
    for case in CASES:
        if "grants" not in case:  # the keys of a grant's encryption context have
            assert decide(with_capital_keys(case))[0].verdict is decide(case)[0].verdict, case["id"]


DENY = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def adding(case: dict[str, Any], layer: str, statement: dict[str, Any]) -> dict[str, Any]:
    added = {"Version": "2012-10-17", "Statement": [statement]}
    if layer == "key_policy":
        policy = json.loads(json.dumps(case["key_policy"]))
        policy["Statement"].append({**statement, "Principal": "*"})
        return {**case, "key_policy": policy}
    return {**case, layer: [*case[layer], added]}


@pytest.mark.parametrize("layer", ["key_policy", "identity_policies"])
def test_a_deny_never_adds_access_and_an_allow_never_takes_any(layer: str) -> None:
    for case in CASES:
        if not case[layer] and layer == "key_policy":
            continue
        before = decide(case)[0]
        after = decide(adding(case, layer, DENY))[0]
        assert not after.is_yes or before.is_yes, case["id"]
        wider = decide(adding(case, layer, ALLOW))[0]
        assert not before.is_yes or wider.is_yes, case["id"]


def test_a_deny_of_everything_stops_whom_it_reaches() -> None:
    for case in CASES:
        principal, action = case["request"]["principal"], case["request"]["action"]
        if principal.startswith("arn:") and not principal.endswith(":root"):
            stopped = adding(case, "identity_policies", {**DENY, "Action": "*"})
            assert decide(stopped)[0].is_no, case["id"]
        if case["key_policy"] and action != "kms:RetireGrant" and ":key/" in _resource(case):
            stopped = adding(case, "key_policy", {**DENY, "Action": "*"})
            assert decide(stopped)[0].is_no, case["id"]


def _resource(case: dict[str, Any]) -> str:
    return str(case["request"].get("resource"))
