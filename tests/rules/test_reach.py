"""Which keys of a unit a statement names or covers, and which statements reach a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kmsiac.inventory.model import Consumer, Related
from kmsiac.values import Owner, Symbol, Text, Unknown, Verdict

Rule = Callable[..., str]

ROOT = "arn:aws:iam::111122223333:root"
VARIABLE = Unknown("var.key", "variable has no default", 77, "root")


def reference(address: str, type: str = "key_arn") -> Text:
    return Text((Symbol(type, f"{address}.x", Owner("root"), "resource", address=address),), 9)


def identity_policy(world: Any, resource: Any, **elements: Any) -> Any:
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": resource, **elements}
    statement = {key: value for key, value in statement.items() if value is not None}
    return world.policy(world.document(statement), "identity", "aws_iam_policy.p")


NAMED = "{named_keys: {some: {spec: SYMMETRIC_DEFAULT}}}"
COVERED = "{covered_keys: {some: {spec: SYMMETRIC_DEFAULT}}}"


def verdicts(found: list[Any]) -> list[Verdict]:
    return [match.verdict for match in found]


@pytest.mark.parametrize(
    ("resource", "named", "covered"),
    [
        (reference("aws_kms_key.k"), Verdict.YES, Verdict.YES),
        ([reference("aws_kms_key.k")], Verdict.YES, Verdict.YES),
        (reference("aws_kms_key.other"), None, None),
        ("*", None, Verdict.YES),
        ("arn:aws:kms:*:111122223333:key/*", None, Verdict.YES),
        ("arn:aws:kms:*:999988887777:key/*", None, None),
        ("arn:aws:kms:eu-west-1:111122223333:key/*", None, None),
        ("arn:aws:s3:::bucket", None, None),
        # A literal id may be this key's, once it is deployed.
        ("arn:aws:kms:us-east-1:111122223333:key/0aba", None, Verdict.CANNOT_TELL),
        (VARIABLE, Verdict.CANNOT_TELL, Verdict.CANNOT_TELL),
    ],
)
def test_keys_that_an_identity_statement_names_and_covers(
    world: Any,
    check: Any,
    rule: Rule,
    resource: Any,
    named: Verdict | None,
    covered: Verdict | None,
) -> None:
    world.key()
    identity_policy(world, resource)
    assert verdicts(check(world, rule(NAMED))) == ([named] if named else [])
    assert verdicts(check(world, rule(COVERED))) == ([covered] if covered else [])


def test_a_key_is_named_by_an_alias_that_stands_for_it(world: Any, check: Any, rule: Rule) -> None:
    world.alias("alias/app").key = Related((world.key(),))
    identity_policy(world, reference("aws_kms_alias.a", "alias_arn"))
    assert verdicts(check(world, rule(NAMED))) == [Verdict.YES]
    assert check(world, rule(COVERED)) == []


def test_not_resource_covers_the_other_keys(world: Any, check: Any, rule: Rule) -> None:
    world.key()
    identity_policy(world, None, NotResource=reference("aws_kms_key.k"))
    assert check(world, rule(COVERED)) == []
    world.key("aws_kms_key.other")
    assert verdicts(check(world, rule(COVERED))) == [Verdict.YES]


def test_a_key_policy_covers_its_own_key_alone(world: Any, check: Any, rule: Rule) -> None:
    own = world.key()
    world.key("aws_kms_key.other", rotation=True)
    statement = {"Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"}
    world.policy(world.document(statement), key=own)
    assert verdicts(check(world, rule("{covered_keys: {some: {rotation: false}}}"))) == [
        Verdict.YES
    ]
    assert check(world, rule("{covered_keys: {some: {rotation: true}}}")) == []


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, Verdict.YES),
        ({"Action": "kms:*"}, Verdict.YES),
        ({"Action": "s3:GetObject"}, None),
        ({"Action": "kms:ListKeys"}, None),
        ({"Effect": "Deny"}, None),
        ({"Resource": VARIABLE}, Verdict.CANNOT_TELL),
        ({"Resource": "arn:aws:kms:*:999988887777:key/*"}, None),
    ],
)
def test_statements_that_may_reach_a_key(
    world: Any, check: Any, rule: Rule, elements: Any, expected: Verdict | None
) -> None:
    world.key()
    identity_policy(world, **{"resource": elements.pop("Resource", "*"), **elements})
    found = check(
        world,
        rule("{covering_statements: {some: {effect: Allow}}}", "key", category="key-settings"),
    )
    assert verdicts(found) == ([expected] if expected else [])


def test_what_uses_a_key(world: Any, check: Any, rule: Rule) -> None:
    key = world.key()
    when = "{consumers: {some: {type: log_group}}}"
    assert check(world, rule(when, "key")) == []
    address = "aws_cloudwatch_log_group.l"
    consumer = Consumer(world.resource(address), key.settings, type="log_group")
    key.consumers = Related((consumer,))
    (found,) = check(world, rule(when, "key", message='"used by {consumers}"'))
    assert found.message == f"used by {address}"
