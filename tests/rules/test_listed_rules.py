"""The terms that the first shipped rules use, each rule in its shorthand's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kmsiac.values import Owner, Symbol, Text, Verdict

Rule = Callable[..., str]

ROOT = "arn:aws:iam::111122223333:root"
OUTSIDE = "arn:aws:iam::999988887777:root"


def statement(**elements: Any) -> dict[str, Any]:
    base = {"Sid": "S", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:Decrypt", "Resource": "*"}  # fmt: skip
    return {k: v for k, v in {**base, **elements}.items() if v is not None}


def key_arn(address: str) -> Text:
    symbol = Symbol("key_arn", f"{address}.arn", Owner("root"), "resource", address=address)
    return Text((symbol,), 7)


KP_12 = ("{negated: false, covers_own_key: false}", "resource")
KP_15 = ("{kind: pattern}", "principal")
IAM_02 = (
    (
        "{effect: Allow, actions: {covers: kms_actions}, conditions: {count: {at_most: 0}},"
        " resources: {some: {breadth: all}}}"
    ),
    "statement",
)
COND_01 = ("{key: {glob: 'kms:*', not: {in_table: condition_keys}}}", "condition")
COND_03 = (
    (
        "{statement.effect: Allow, holds_when_absent: false, statement.explicit_actions:"
        " {some: {not: {in_table: actions_of_condition_key, row: target.key}}}}"
    ),
    "condition",
)
COND_16 = ("{key: kms:CallerAccount, values: {some: {not: {format: account_id}}}}", "condition")
VPCE_10 = (
    (
        "{key: aws:SourceIp, any: [{statement.policy.kind: endpoint}, {siblings: {some:"
        " {key: [aws:SourceVpce, aws:SourceVpc], negated: false}}},"
        " {values: {some: {format: private_cidr}}}]}"
    ),
    "condition",
)
XACC_01 = ("{statement.effect: Allow, negated: false, external: true}", "principal")
ESCALATE = (
    "[{when: {statement.actions: {covers: kms_actions}}, severity: critical},"
    " {when: {statement.actions: {some: [kms:Decrypt, kms:CreateGrant]}}, severity: high}]"
)


@pytest.mark.parametrize(
    ("when", "given", "kind", "expected"),
    [
        (KP_12, statement(Resource="arn:aws:s3:::b"), "key", "yes"),
        (KP_12, statement(Resource=key_arn("aws_kms_key.other")), "key", "yes"),
        (KP_12, statement(Resource=key_arn("aws_kms_key.k")), "key", "no"),
        (KP_12, statement(Resource="arn:aws:kms:us-east-1:111122223333:key/1234"), "key", "cannot-tell"),
        (KP_12, statement(Resource="arn:aws:kms:eu-west-1:111122223333:key/1234"), "key", "yes"),
        (KP_12, statement(), "key", "no"),
        (KP_15, statement(Principal={"AWS": "arn:aws:iam::111122223333:role/*"}), "key", "yes"),
        (KP_15, statement(Principal="*"), "key", "no"),
        (IAM_02, statement(Principal=None, Action="*"), "identity", "yes"),
        (IAM_02, statement(Principal=None, Action=["kms:*"]), "identity", "yes"),
        (IAM_02, statement(Principal=None, NotAction="s3:*", Action=None), "identity", "yes"),
        (IAM_02, statement(Principal=None), "identity", "no"),
        (IAM_02, statement(Principal=None, Action="kms:*", Resource=key_arn("aws_kms_key.k")), "identity", "no"),
        (COND_01, statement(Condition={"StringEquals": {"kms:ViaServce": "x"}}), "key", "yes"),
        (COND_01, statement(Condition={"StringEquals": {"kms:EncryptionContext:x": "x"}}), "key", "no"),
        (COND_01, statement(Condition={"StringEquals": {"aws:Foo": "x"}}), "key", "no"),
        (COND_03, statement(Action="kms:DescribeKey", Condition={"StringEquals": {"kms:EncryptionContext:x": "x"}}), "key", "yes"),
        (COND_03, statement(Condition={"StringEquals": {"kms:EncryptionContext:x": "x"}}), "key", "no"),
        (COND_03, statement(Action="kms:*", Condition={"StringEquals": {"kms:GranteePrincipal": "x"}}), "key", "no"),
        (COND_03, statement(Condition={"StringEquals": {"aws:SourceVpce": "x"}}), "key", "no"),
        (COND_16, statement(Condition={"StringEquals": {"kms:CallerAccount": ROOT}}), "key", "yes"),
        (COND_16, statement(Condition={"StringEquals": {"kms:CallerAccount": "111122223333"}}), "key", "no"),
        (VPCE_10, statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "key", "yes"),
        (VPCE_10, statement(Condition={"IpAddress": {"aws:SourceIp": "8.8.8.0/24"}}), "key", "no"),
        (VPCE_10, statement(Condition={"IpAddress": {"aws:SourceIp": "8.8.8.0/24"}}), "endpoint", "yes"),
        (VPCE_10, statement(Condition={"IpAddress": {"aws:SourceIp": "8.8.8.0/24"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}), "key", "yes"),
        (XACC_01, statement(Principal={"AWS": OUTSIDE}), "key", "yes"),
        (XACC_01, statement(Principal={"AWS": "444455556666"}), "key", "no"),
        (XACC_01, statement(Principal={"Service": "s3.amazonaws.com"}), "key", "no"),
    ],
)  # fmt: skip
def test_listed_rules(
    world: Any,
    check: Any,
    rule: Rule,
    when: tuple[str, str],
    given: Any,
    kind: str,
    expected: str,
) -> None:
    key = world.key()
    world.key("aws_kms_key.other")
    world.policy(world.document(given), kind, key=key if kind == "key" else None)
    found = check(world, rule(*when))
    assert [match.verdict.value for match in found] == ([] if expected == "no" else [expected])


@pytest.mark.parametrize(
    ("action", "severity"),
    [("kms:DescribeKey", "medium"), ("kms:Decrypt", "high"), ("kms:*", "critical")],
)
def test_xacc_01_escalates(world: Any, check: Any, rule: Rule, action: str, severity: str) -> None:
    world.policy(world.document(statement(Principal={"AWS": OUTSIDE}, Action=action)))
    (found,) = check(world, rule(*XACC_01, escalate=ESCALATE))
    assert found.severity == severity


def test_whether_an_account_is_foreign_needs_our_own(
    open_world: Any, check: Any, rule: Rule
) -> None:
    open_world.policy(open_world.document(statement(Principal={"AWS": OUTSIDE})))
    (found,) = check(open_world, rule(*XACC_01))
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.blame[0].expression == "data.aws_caller_identity.current.account_id"


@pytest.mark.parametrize(
    ("name", "fires"), [("alias/app", False), ("app", True), ("alias/aws/s3", True)]
)
def test_key_08(world: Any, check: Any, rule: Rule, name: str, fires: bool) -> None:
    world.alias(name)
    found = check(world, rule("{name: {not: {format: alias_name}}}", "alias", point_at="name"))
    assert bool(found) is fires


@pytest.mark.parametrize(
    ("service", "given", "fires"),
    [
        ("com.amazonaws.us-east-1.kms", False, True),
        ("com.amazonaws.us-east-1.kms-fips", False, True),
        ("com.amazonaws.us-east-1.s3", False, False),
        ("com.amazonaws.us-east-1.kms", True, False),
    ],
)
def test_vpce_01(
    world: Any, check: Any, rule: Rule, service: str, given: bool, fires: bool
) -> None:
    policies = (world.policy(world.document(statement()), "endpoint"),) if given else ()
    default = world.policy(world.document(statement()), "endpoint")
    default.default = True
    world.endpoint((*policies, default), service=service)
    found = check(world, rule("{service: kms, policies: {count: {at_most: 0}}}", "endpoint"))
    assert bool(found) is fires


@pytest.mark.parametrize(
    ("operations", "fires"), [(["Decrypt"], False), (["kms:Decrypt"], True), (["ReEncrypt"], True)]
)
def test_grant_02(world: Any, check: Any, rule: Rule, operations: list[str], fires: bool) -> None:
    world.grant(operations=operations)
    when = "{operations: {some: {not: {in_table: grant_operations}}}}"
    found = check(world, rule(when, "grant", message='"{operations}"'))
    assert [match.message for match in found] == (operations if fires else [])


Y = "{class: [identity, network, source]}"
PUBLIC = {
    "KP-20": "{effect: Allow, public: true, conditions: {count: {at_most: 0}}}",
    "KP-21": f"{{effect: Allow, public: true, conditions: {{count: {{at_least: 1}}, none: {Y}}}}}",
    "KP-22": f"{{effect: Allow, public: true, conditions: {{some: {Y}}}}}",
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, "KP-20"),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, "KP-21"),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, "KP-22"),
        ({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}, None),
    ],
)
def test_public_rules_are_disjoint(
    world: Any, check: Any, rule: Rule, condition: Any, expected: str | None
) -> None:
    world.policy(world.document(statement(Principal="*", Condition=condition)), key=world.key())
    texts = [
        rule(when, id=id.replace("KP", "TEST"), message='"{witness.action}"')
        for id, when in PUBLIC.items()
    ]
    found = check(world, *texts)
    assert [match.rule.replace("TEST", "KP") for match in found] == ([expected] if expected else [])
    assert all(match.message == "kms:Decrypt" and match.witness for match in found)
