"""Questions over a whole unit, asked of real templates: who can what with a key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmsiac.authoring.example import Example
from kmsiac.authoring.sandbox import Prepared
from kmsiac.frontends.unit import Inputs
from kmsiac.rules.loader import load_rules
from kmsiac.stack import Environment
from kmsiac.values import Verdict

Rule = Callable[..., str]

ROOT = "arn:aws:iam::111122223333:root"
TRUST = (
    'assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow",'
    f' Action = "sts:AssumeRole", Principal = {{ AWS = "{ROOT}" }} }}] }})'
)


def key(*statements: str) -> str:
    inner = ",\n".join(statements)
    return (
        'resource "aws_kms_key" "k" {\n  policy = jsonencode({ Version = "2012-10-17", '
        f"Statement = [\n{inner}\n] }})\n}}\n"
    )


def allow(principal: str, actions: str, more: str = "") -> str:
    who = f'Principal = {{ AWS = {principal} }}, Action = {actions}, Resource = "*"'
    return f'{{ Effect = "Allow", {who}{more} }}'


ACCOUNT = allow(f'"{ROOT}"', '"kms:*"')
DECRYPT_ONLY = allow(f'"{ROOT}"', '"kms:Decrypt"')


def role(name: str, actions: str = "", resource: str = "aws_kms_key.k.arn", more: str = "") -> str:
    text = f'resource "aws_iam_role" "{name}" {{\n  name = "{name}"\n  {TRUST}\n  {more}\n}}\n'
    if not actions:
        return text
    statement = f'{{ Effect = "Allow", Action = {actions}, Resource = {resource} }}'
    return text + (
        f'resource "aws_iam_role_policy" "{name}" {{\n  role = aws_iam_role.{name}.name\n'
        f'  policy = jsonencode({{ Version = "2012-10-17", Statement = [{statement}] }})\n}}\n'
    )


def grant(name: str, operations: str) -> str:
    return (
        'resource "aws_kms_grant" "g" {\n  key_id = aws_kms_key.k.key_id\n'
        f"  grantee_principal = aws_iam_role.{name}.arn\n  operations = {operations}\n}}\n"
    )


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., list[Any]]:
    """What one rule says of a Terraform text, in account 111122223333."""

    def matches(template: str, text: str) -> list[Any]:
        (tmp_path / "r.yaml").write_text(text)
        inputs = Inputs(environment=Environment("111122223333", "us-east-1", "aws"))
        example = Example(
            "TEST-01", False, "x", "terraform", template, (), False, inputs, frozenset()
        )
        prepared = Prepared(example)
        assert prepared.errors == []
        return prepared.matches(load_rules([tmp_path]))

    return matches


# -- grantees -------------------------------------------------------------------------------------

WHO = '"{kind} {via}: {allowed_actions}"'


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            key(ACCOUNT, allow('"arn:aws:iam::111122223333:role/x"', '"kms:Decrypt"')),
            "role key_policy: kms:Decrypt",
        ),
        (key(ACCOUNT) + role("app", '"kms:Decrypt"'), "role delegation: kms:Decrypt"),
        (key(ACCOUNT) + role("app") + grant("app", '["Decrypt"]'), "role grant: kms:Decrypt"),
        (key(DECRYPT_ONLY) + role("app", '"kms:*"'), "role delegation: kms:Decrypt"),
        (key(ACCOUNT) + role("app", '"s3:*"'), None),
        (
            key(allow('"*"', '"kms:Decrypt"')) + role("app", '"kms:Decrypt"'),
            "role everyone: kms:Decrypt",
        ),
        (
            key(
                ACCOUNT,
                '{ Effect = "Allow", Principal = { Service = "logs.us-east-1.amazonaws.com" },'
                ' Action = ["kms:Encrypt"], Resource = "*" }',
            ),
            "service service: kms:Encrypt",
        ),
    ],
    ids=[
        "named",
        "by IAM",
        "by grant",
        "delegated in part",
        "no permission",
        "everyone",
        "service",
    ],
)
def test_grantees_of_a_key(ask: Any, rule: Rule, template: str, expected: str | None) -> None:
    found = ask(template, rule("{kind: [role, service]}", "grantee", message=WHO))
    assert [match.message for match in found] == ([expected] if expected else [])


# -- many that are alike ----------------------------------------------------------------------------

MANY = [f"app{number}" for number in range(12)]
BLUE = '"kms:Decrypt", Condition = { Bool = { "aws:MultiFactorAuthPresent" = var.x } }'


def many(actions: str, resource: str = '"*"') -> str:
    return key(ACCOUNT) + "".join(role(name, actions, resource) for name in MANY)


def test_what_many_hold_for_certain_is_found_of_each(ask: Any, rule: Rule) -> None:
    when = "{kind: role, allowed_actions: {some: Decrypt}}"
    found = ask(many('"kms:Decrypt"'), rule(when, "grantee", message=WHO))
    assert {match.message for match in found} == {"role delegation: kms:Decrypt"}
    assert [match.element for match in found] == [f"${{aws_iam_role.{n}.arn}}" for n in MANY]
    assert {match.like for match in found} == {0}


def test_what_stays_open_of_many_that_are_alike_is_one_match(ask: Any, rule: Rule) -> None:
    text = rule("{kind: role, allowed_actions: {some: Decrypt}}", "grantee")
    (found,) = ask('variable "x" {}\n' + many(BLUE), text)
    assert (found.verdict, found.like) == (Verdict.CANNOT_TELL, len(MANY) - 1)
    few = key(ACCOUNT) + "".join(role(name, BLUE, '"*"') for name in MANY[:8])
    assert [match.like for match in ask('variable "x" {}\n' + few, text)] == [0] * 8


def test_what_only_some_of_many_are_is_asked_of_each(ask: Any, rule: Rule) -> None:
    by_name = "{identity: {name: app7}, allowed_actions: {some: Decrypt}}"
    (found,) = ask('variable "x" {}\n' + many(BLUE), rule(by_name, "grantee"))
    assert (found.element, found.like) == ("${aws_iam_role.app7.arn}", 0)


@pytest.mark.parametrize("limit", [("_MOST_ASKED", 20), ("_MOST_LOOKED", 29)])
def test_past_so_many_questions_no_further_key_is_asked_about(
    ask: Any, rule: Rule, monkeypatch: pytest.MonkeyPatch, limit: tuple[str, int]
) -> None:
    budget, most = limit
    monkeypatch.setattr(f"kmsiac.rules.fields.grantee.{budget}", most)
    template = key(ACCOUNT).replace("{\n", "{\n  count = 6\n", 1)
    template += "".join(role(name, '"kms:Decrypt"', '"*"') for name in MANY[:5])
    found = ask(template, rule("{kind: role, allowed_actions: {some: Decrypt}}", "grantee"))
    assert [match.verdict for match in found].count(Verdict.YES) == 5 * len(MANY[:5])
    (unasked,) = (match for match in found if match.verdict is Verdict.CANNOT_TELL)
    assert unasked.resource == "aws_kms_key.k[5]"
    assert "too many keys and principals" in unasked.message


def test_a_grantee_is_at_what_names_it_and_is_the_element(ask: Any, rule: Rule) -> None:
    template = key(ACCOUNT, allow("aws_iam_role.app.arn", '"kms:Decrypt"')) + role("app")
    text = rule("{identity: {name: app}}", "grantee", message='"{grantee} {key}"')
    (found,) = ask(template, text)
    assert found.message == "${aws_iam_role.app.arn} aws_kms_key.k"
    assert (found.resource, found.element) == ("aws_kms_key.k", "${aws_iam_role.app.arn}")


def test_grantees_as_a_relation(ask: Any, rule: Rule) -> None:
    template = key(ACCOUNT) + role("app", '"kms:Decrypt"')
    when = "{grantees: {some: {kind: role, allowed_actions: {some: Decrypt}}}}"
    assert ask(template, rule(when, "key"))
    assert not ask(template, rule(when.replace("Decrypt", "Encrypt"), "key"))


@pytest.mark.parametrize(
    ("policy", "expression"),
    [
        ("policy = var.policy", "var.policy"),
        (
            f"policy = jsonencode({{ Statement = [{allow('var.who', '[]')}] }})",
            "var.who",
        ),
    ],
)
def test_grantees_that_are_not_known_are_not_passed_over(
    ask: Any, rule: Rule, policy: str, expression: str
) -> None:
    template = f'variable "policy" {{}}\nvariable "who" {{}}\nresource "aws_kms_key" "k" {{\n  {policy}\n}}\n'
    (found,) = ask(template, rule("{kind: role}", "grantee"))
    assert found.verdict is Verdict.CANNOT_TELL
    assert [blame.expression for blame in found.blame] == [expression]


# -- what identities may --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", "kms:Decrypt, kms:Encrypt"),
        ("permissions_boundary = aws_iam_policy.edge.arn", "kms:Decrypt"),
    ],
)
def test_allowed_actions_of_an_identity(ask: Any, rule: Rule, more: str, expected: str) -> None:
    boundary = (
        'resource "aws_iam_policy" "edge" {\n  policy = jsonencode({ Version = "2012-10-17", '
        'Statement = [{ Effect = "Allow", Action = ["kms:Decrypt", "s3:*"], Resource = "*" }] })\n}\n'
    )
    template = boundary + role("app", '["kms:Decrypt", "kms:Encrypt"]', '"*"', more)
    text = rule(
        "{allowed_actions: {count: {at_least: 1}}}", "identity", message='"{allowed_actions}"'
    )
    (found,) = ask(template, text)
    assert found.message == expected


# -- can ------------------------------------------------------------------------------------------

NAMED = "{named_keys: {some: {can: {principal: target.policy.identities, %s}}}}"


@pytest.mark.parametrize(
    ("statement", "arguments", "expected"),
    [
        (ACCOUNT, "any_of: target.actions", Verdict.YES),
        (ACCOUNT, "all_of: target.actions, side: key", Verdict.YES),
        (DECRYPT_ONLY, "any_of: target.actions", Verdict.YES),
        (DECRYPT_ONLY, "all_of: target.actions", None),
        (DECRYPT_ONLY, "all_of: target.actions, side: identity", Verdict.YES),
        (DECRYPT_ONLY, "any_of: Encrypt, side: key", None),
        (ACCOUNT, "any_of: Sign", None),
    ],
)
def test_can(
    ask: Any, rule: Rule, statement: str, arguments: str, expected: Verdict | None
) -> None:
    template = key(statement) + role("app", '["kms:Decrypt", "kms:Encrypt"]')
    text = rule(NAMED % arguments, "statement", in_="[identity]")
    found = ask(template, text)
    assert [match.verdict for match in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ("kms:EncryptionContext:app: pay", True),
        ("kms:EncryptionContext:app: other", False),
        ("kms:EncryptionContext:app: null", False),
        ("aws:SourceArn: null", True),
    ],
)
def test_can_with_a_context(ask: Any, rule: Rule, context: str, expected: bool) -> None:
    condition = ', Condition = { StringEquals = { "kms:EncryptionContext:app" = "pay" } }'
    template = key(allow(f'"{ROOT}"', '["kms:Decrypt", "kms:DescribeKey"]', condition))
    template += role("app", '"kms:Decrypt"')
    when = NAMED % f"any_of: Decrypt, context: {{{context}}}"
    assert bool(ask(template, rule(when, in_="[identity]"))) is expected


def test_somebody_in_the_account_can(ask: Any, rule: Rule) -> None:
    when = "{can: {any_of: PutKeyPolicy, side: key}}"
    assert ask(key(ACCOUNT), rule(when, "key"))
    assert not ask(key(DECRYPT_ONLY), rule(when, "key"))


def test_can_by_the_principal_of_a_statement(ask: Any, rule: Rule) -> None:
    template = key(ACCOUNT, allow("aws_iam_role.app.arn", '"kms:Decrypt"')) + role("app")
    when = "{kind: role, statement.policy.key.can: {principal: this.identity, any_of: Decrypt}}"
    assert ask(template, rule(when, "principal"))
    assert not ask(template, rule(when.replace("any_of: Decrypt", "any_of: Sign"), "principal"))
