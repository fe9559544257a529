"""Each operator on real elements: what fires, what does not, what cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kmsiac.rules.match import Match
from kmsiac.values import Owner, Symbol, Text, Unknown, Verdict

ROOT = "arn:aws:iam::111122223333:root"
SYMBOL = Text((Symbol("text", "aws_thing.x.out", Owner("root"), "resource"),), 5)
VARIABLE = Unknown("var.x", "variable has no default", 77, "root")
REGION = Text(
    (
        "s3.",
        Symbol("region", "data.aws_region.r.name", Owner("root"), "environment"),
        ".amazonaws.com",
    ),
    5,
)


def statement(**elements: Any) -> dict[str, Any]:
    base = {
        "Sid": "S",
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    return {**base, **elements}


def verdict(matches: list[Match]) -> str:
    """`yes`, `no` or `cannot-tell` for a rule with one target."""
    assert len(matches) <= 1
    return matches[0].verdict.value if matches else "no"


STATEMENTS = [
    ("{effect: Allow}", statement(), "yes"),
    ("{effect: [Deny, Allow]}", statement(), "yes"),
    ("{effect: Deny}", statement(), "no"),
    ("{effect: Deny}", statement(Effect=VARIABLE), "cannot-tell"),
    ("{not: {effect: Deny}}", statement(Effect=VARIABLE), "cannot-tell"),
    ("{effect: {not: Deny}}", statement(), "yes"),
    ("{sid: {written: true}}", statement(), "yes"),
    ("{sid: {written: false}}", statement(), "no"),
    ("{sid: {glob: '*S'}}", statement(), "yes"),
    ("{sid: {glob: ['x*', 's*']}}", statement(), "no"),
    ("{sid: {longer_than: 0}}", statement(), "yes"),
    ("{sid: {longer_than: 1}}", statement(), "no"),
    ("{sid: {longer_than: 1}}", statement(Sid=SYMBOL), "cannot-tell"),
    ("{sid: {format: sid}}", statement(Sid="a b"), "no"),
    ("{sid: {not: {format: sid}}}", statement(Sid="a b"), "yes"),
    ("{elements: {some: Sid}}", statement(), "yes"),
    ("{elements: {covers: [Sid, Effect]}}", statement(), "yes"),
    ("{elements: {covers: [Sid, Condition]}}", statement(), "no"),
    ("{elements: {none: [Condition, NotAction]}}", statement(), "yes"),
    ("{conditions: {count: {at_most: 0}}}", statement(), "yes"),
    ("{conditions: {count: {at_most: 0}}}", statement(Condition=VARIABLE), "cannot-tell"),
    ("{conditions: {count: {at_least: 1}}}", statement(Condition={"Bool": {"aws:x": "true"}}), "yes"),
    ("{actions: {some: decrypt}}", statement(), "yes"),
    ("{actions: {some: kms:DECRYPT}}", statement(Action="kms:*"), "yes"),
    ("{actions: {some: {duty: administer}}}", statement(), "no"),
    ("{actions: {some: {duty: administer}}}", statement(Action=VARIABLE), "cannot-tell"),
    ("{actions: {some: {duty: use}}}", statement(Action=["kms:Decrypt", VARIABLE]), "yes"),
    ("{actions: {covers: kms_actions}}", statement(Action="kms:*"), "yes"),
    ("{actions: {covers: kms_actions}}", statement(Action="kms:D*"), "no"),
    ("{actions: {every: {duty: use}}}", statement(), "yes"),
    ("{actions: {every: {duty: use}}}", statement(Action="s3:GetObject"), "no"),
    ("{actions: {none: {not: {duty: use}}}}", statement(Action="s3:GetObject"), "yes"),
    ("{explicit_actions: {some: Decrypt}}", statement(Action="kms:D*"), "no"),
    ("{actions: {some: {on: {some: alias}}}}", statement(Action="kms:CreateAlias"), "yes"),
    ("{principals: {some: {kind: account, external: false}}}", statement(), "yes"),
    ("{principals: {every: {external: true}}}", statement(Principal={"Service": "s3.amazonaws.com"}), "no"),
    ("{principals: {some: {kind: role}}}", statement(Principal=VARIABLE), "cannot-tell"),
    ("{any: [{effect: Deny}, {sid: S}]}", statement(), "yes"),
    ("{all: [{effect: Allow}, {sid: T}]}", statement(), "no"),
    ("{policy: {kind: key}}", statement(), "yes"),
    ("{policy.kind: [scp, rcp]}", statement(), "no"),
    ("{policy.key.type: symmetric}", statement(), "yes"),
    ("{siblings: {count: {at_least: 1}}}", statement(), "no"),
    ("{resources: {some: {text: '*'}}}", statement(), "yes"),
    ("{resources: {some: {text: {account: '111122223333'}}}}", statement(Resource="arn:aws:kms:us-east-1:111122223333:key/*"), "yes"),
    ("{resources: {some: {text: {account: {written: true}}}}}", statement(), "no"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "given", "expected"), STATEMENTS)
def test_terms_of_statements(
    world: Any, check: Any, rule: Callable[..., str], when: str, given: Any, expected: str
) -> None:
    world.policy(world.document(given), key=world.key())
    assert verdict(check(world, rule(when))) == expected


CONDITIONS = [
    ("{key: KMS:viaservice}", ("StringEquals", "kms:ViaService", "x"), "yes"),
    ("{written_key: KMS:viaservice}", ("StringEquals", "kms:ViaService", "x"), "no"),
    ("{operator: stringlike, set_operator: ForAnyValue, if_exists: true}", ("ForAnyValue:StringLikeIfExists", "aws:x", "x"), "yes"),
    ("{negated: true}", ("StringNotLike", "aws:x", "x"), "yes"),
    ("{values: {some: {has_wildcard: true}}}", ("StringLike", "aws:x", ["a", "b*"]), "yes"),
    ("{values: {some: {has_wildcard: true}}}", ("StringLike", "aws:x", "a${*}"), "no"),
    ("{values: {some: {has_wildcard: true}}}", ("StringLike", "aws:x", [VARIABLE]), "cannot-tell"),
    ("{values: {count: {at_least: 1}}}", ("Null", "aws:x", "true"), "no"),
    ("{not: {values: {some: x}}}", ("Null", "aws:x", "true"), "no"),
    ("{written_values: {some: 'true'}}", ("Null", "aws:x", "true"), "yes"),
    ("{values: {some: {not: {format: account_id}}}}", ("StringEquals", "kms:CallerAccount", "1234"), "yes"),
    ("{values: {some: {not: {format: via_service}}}}", ("StringEquals", "kms:ViaService", REGION), "no"),
    ("{values: {some: {not: {format: via_service}}}}", ("StringEquals", "kms:ViaService", SYMBOL), "cannot-tell"),
    ("{values: {some: {not: {format: account_id}}}}", ("StringLike", "kms:CallerAccount", "1111*"), "no"),
    ("{values: {some: {not: {in_table: values_of_condition_key, row: target.key}}}}", ("StringEquals", "kms:KeySpec", "nonsense"), "yes"),
    ("{values: {some: {not: {in_table: values_of_condition_key, row: target.key}}}}", ("StringEquals", "aws:PrincipalTag/x", "nonsense"), "no"),
    ("{values: {some: x}}", ("StringEqualsIgnoreCase", "aws:x", "X"), "yes"),
    ("{values: {some: x}}", ("StringEquals", "aws:x", "X"), "no"),
    ("{values: {some: {in_table: values_of_condition_key, row: target.key}}}", ("StringEqualsIgnoreCase", "kms:KeySpec", "rsa_2048"), "yes"),
    ("{values: {some: {in_table: values_of_condition_key, row: target.key}}}", ("StringEquals", "kms:KeySpec", "rsa_2048"), "no"),
    ("{key: {not: {in_table: condition_keys}}}", ("StringEquals", "kms:ViaServices", "x"), "yes"),
    ("{key: {not: {in_table: condition_keys}}}", ("StringEquals", "kms:ViaService", "x"), "no"),
    ("{holds_when_absent: true}", ("StringNotEquals", "aws:x", "x"), "yes"),
    ("{holds_when_absent: true}", ("StringEquals", "aws:x", "x"), "no"),
    ("{values: {some: {variables: {some: AWS:username}}}}", ("StringEquals", "aws:x", "${aws:username}"), "yes"),
    ("{class: [identity, network, source]}", ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"), "yes"),
    ("{class: [identity, network, source]}", ("StringEquals", "kms:ViaService", "x"), "no"),
    ("{class: [identity, network, source]}", ("StringEquals", "foo:Bar", "x"), "no"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "given", "expected"), CONDITIONS)
def test_terms_of_conditions(
    world: Any,
    check: Any,
    rule: Callable[..., str],
    when: str,
    given: tuple[str, str, Any],
    expected: str,
) -> None:
    operator, key, values = given
    world.policy(world.document(statement(Condition={operator: {key: values}})))
    assert verdict(check(world, rule(when, "condition"))) == expected


def test_same_as_compares_with_the_target(world: Any, check: Any, rule: Callable[..., str]) -> None:
    twins = [statement(Sid="A"), statement(Sid="B"), statement(Sid="A")]
    world.policy(world.document(*twins))
    found = check(world, rule("{siblings: {some: {sid: {same_as: target.sid}}}}"))
    assert [match.statement for match in found] == ["A", "A"]
    assert all("siblings: statement" in match.related[0][0] for match in found)


def test_same_as_this_is_rooted_in_the_innermost_thing(
    world: Any, check: Any, rule: Callable[..., str]
) -> None:
    world.key(tags={"a": "a", "b": "c"})
    when = "{tags: {some: {name: {same_as: this.value}}}}"
    (found,) = check(world, rule(when, "key", message='"{tags.value}"'))
    assert found.message == "a"


@pytest.mark.parametrize(
    ("when", "settings", "expected"),
    [
        ("{deletion_window: {less_than: 8}}", {"deletion_window": 7}, "yes"),
        ("{deletion_window: {less_than: 8}}", {"deletion_window": 8}, "no"),
        ("{deletion_window: {more_than: 30}}", {"deletion_window": "31"}, "yes"),
        ("{deletion_window: {more_than: 30}}", {"deletion_window": VARIABLE}, "cannot-tell"),
        ("{deletion_window: {more_than: 30}}", {}, "no"),
        ("{not: {deletion_window: {more_than: 30}}}", {}, "no"),
        ("{deletion_window: {written: false}}", {}, "yes"),
        ("{deletion_window: {more_than: 30}}", {"deletion_window": "9" * 5000}, "cannot-tell"),
        ("{enabled: false}", {"enabled": 0}, "cannot-tell"),
        ("{spec: x}", {"spec": ["x"]}, "cannot-tell"),
        ("{enabled: false}", {"enabled": "false"}, "yes"),
        ("{type: symmetric}", {"spec": "RSA_2048"}, "no"),
        ("{type: rsa_encryption}", {"spec": "RSA_2048"}, "yes"),
        ("{type: symmetric}", {"spec": "RSA_2048", "usage": "NONSENSE"}, "no"),
        ("{not: {type: symmetric}}", {"spec": "RSA_2048", "usage": "NONSENSE"}, "no"),
        ("{type: symmetric}", {"spec": VARIABLE}, "cannot-tell"),
        ("{usage: {not: {in_table: usages_of_key_spec, row: target.spec}}}", {"spec": "HMAC_256"}, "yes"),
        ("{region: us-east-1, account: '111122223333', partition: aws}", {}, "yes"),
        ("{tags: {count: {at_most: 0}}}", {}, "yes"),
        ("{tags: {count: {at_most: 0}}}", {"tags": VARIABLE}, "cannot-tell"),
    ],
)  # fmt: skip
def test_terms_of_keys(
    world: Any,
    check: Any,
    rule: Callable[..., str],
    when: str,
    settings: dict[str, Any],
    expected: str,
) -> None:
    world.key(**settings)
    assert verdict(check(world, rule(when, "key"))) == expected


def test_blame_names_the_expression(world: Any, check: Any, rule: Callable[..., str]) -> None:
    world.policy(world.document(statement(Effect=VARIABLE)))
    (found,) = check(world, rule("{effect: Deny}"))
    assert found.verdict is Verdict.CANNOT_TELL
    assert [(b.expression, b.position) for b in found.blame] == [("var.x", 77)]
    assert [(b.expression, b.reason) for b in found.blame] == [("var.x", "variable has no default")]
