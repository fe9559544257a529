"""Policies where they are written, their cases, and the service's own where none is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kmsiac.inventory.export import to_json
from kmsiac.inventory.model import Policy
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import Unknown

if TYPE_CHECKING:
    from conftest import Reader

ALLOW = (
    '{Version: "2012-10-17", Statement: '
    '[{Sid: S, Effect: Allow, Action: "kms:Decrypt", Resource: "*"}]}'
)


def sids(policy: Policy) -> list[Any]:
    out: list[Any] = []
    for _, document in policy.document.cases:
        if isinstance(document, PolicyDocument):
            out.append([str(statement.sid) for statement in document])
        else:
            out.append(document.reason if isinstance(document, Unknown) else None)
    return out


def test_the_default_key_policy_is_the_accounts(terraform: Reader, cloudformation: Reader) -> None:
    read = terraform('resource "aws_kms_key" "k" {\n}\n')
    policy = read.policy("aws_kms_key.k")
    assert policy.default
    assert policy.attribute == "policy"
    assert policy.key.items == (read.key("aws_kms_key.k"),)
    assert read.key("aws_kms_key.k").policies.items == (policy,)
    assert read.span(policy.attribute_position).line == 1
    document = policy.document.pick({})
    assert isinstance(document, PolicyDocument)
    (statement,) = to_json(document.value)["Statement"]
    assert statement["Principal"] == {"AWS": "arn:${provider.aws.partition}:iam::111122223333:root"}
    other = cloudformation("Resources:\n  K:\n    Type: AWS::KMS::Key\n")
    assert other.policy("K").default
    assert other.policy("K").attribute == "KeyPolicy"


def test_the_default_endpoint_policy_lets_everything_through(terraform: Reader) -> None:
    read = terraform('resource "aws_vpc_endpoint" "e" {\n  service_name = "x"\n}\n')
    policy = read.policy("aws_vpc_endpoint.e")
    assert (policy.kind, policy.default) == ("endpoint", True)
    assert policy.endpoint.items == (read.endpoint("aws_vpc_endpoint.e"),)


def test_policy_unknown_is_not_no_policy_given(terraform: Reader) -> None:
    read = terraform(
        'variable "p" {}\nresource "aws_kms_key" "k" {\n  policy = var.p\n}\n'
        'resource "aws_vpc_endpoint" "e" {\n  policy = var.p\n}\n'
    )
    for address in ("aws_kms_key.k", "aws_vpc_endpoint.e"):
        policy = read.policy(address)
        assert not policy.default
        assert isinstance(policy.document.pick({}), Unknown)


@pytest.mark.parametrize(
    ("key_id", "default"),
    [
        ("aws_kms_key.k.id", False),
        ("var.unknown", False),
        ('"11111111-2222-3333-4444-555555555555"', False),
        ("aws_kms_key.other.id", True),
    ],
)
def test_no_default_where_a_separate_policy_may_be_its_own(
    terraform: Reader, key_id: str, default: bool
) -> None:
    read = terraform(
        'variable "unknown" {}\nresource "aws_kms_key" "k" {}\n'
        'resource "aws_kms_key" "other" {\n  policy = "{}"\n}\n'
        f'resource "aws_kms_key_policy" "p" {{\n  key_id = {key_id}\n  policy = "{{}}"\n}}\n'
    )
    key = read.key("aws_kms_key.k")
    assert [p.default for p in read.policies("aws_kms_key.k")] == ([True] if default else [])
    assert bool(key.policies.open) == (key_id == "var.unknown" or key_id.startswith('"'))


def test_the_default_holds_in_the_cases_without_a_policy(cloudformation: Reader) -> None:
    read = cloudformation(
        "Parameters: {Env: {Type: String}}\n"
        "Conditions: {Prod: !Equals [!Ref Env, prod]}\n"
        "Resources:\n"
        "  K:\n"
        "    Type: AWS::KMS::Key\n"
        "    Properties:\n"
        f"      KeyPolicy: !If [Prod, {ALLOW}, !Ref AWS::NoValue]\n"
    )
    written, default = read.policies("K")
    assert (written.default, default.default) == (False, True)
    cases = {bool(next(iter(when.values()))): doc for when, doc in written.document.cases}
    assert isinstance(cases[True], PolicyDocument)
    assert cases[False] is None
    for when, _ in written.document.cases:
        assert (written.document.pick(when) is None) != (default.document.pick(when) is None)


def test_an_absent_member_is_left_out_in_its_case(cloudformation: Reader) -> None:
    read = cloudformation(
        "Parameters: {Env: {Type: String}}\n"
        "Conditions:\n"
        "  Prod: !Equals [!Ref Env, prod]\n"
        "  Idle: !Equals [!Ref Env, x]\n"
        "Resources:\n"
        "  K:\n"
        "    Type: AWS::KMS::Key\n"
        "    Properties:\n"
        "      Description: !If [Idle, a, b]\n"
        "      KeyPolicy:\n"
        "        Statement:\n"
        "          - {Sid: One, Effect: Allow}\n"
        "          - !If [Prod, {Sid: Two, Effect: Allow}, !Ref AWS::NoValue]\n"
        "          - !If [Prod, {Sid: Three, Effect: Allow}, !Ref AWS::NoValue]\n"
    )
    policy = read.policy("K")
    assert sorted(sids(policy), key=len) == [["One"], ["One", "Two", "Three"]]
    assert {guard.name for when, _ in policy.document.cases for guard in when} == {"Prod"}


def test_a_resource_under_a_condition(cloudformation: Reader) -> None:
    read = cloudformation(
        "Parameters: {Env: {Type: String}}\n"
        "Conditions: {Prod: !Equals [!Ref Env, prod]}\n"
        "Resources:\n"
        "  K:\n"
        "    Type: AWS::KMS::Key\n"
        "    Condition: Prod\n"
        "    Properties:\n"
        f"      KeyPolicy: {ALLOW}\n"
        "  D:\n"
        "    Type: AWS::KMS::Key\n"
        "    Condition: Prod\n"
    )
    assert sorted(sids(read.policy("K")), key=str) == [None, ["S"]]
    for address in ("K", "D"):
        policy, key = read.policy(address), read.key(address)
        for when, settings in key.settings.cases:
            assert (policy.document.pick(when) is None) == (settings is None)


def test_broken_json_is_unknown_at_its_place(terraform: Reader) -> None:
    read = terraform(
        'resource "aws_kms_key" "k" {\n  policy = <<EOT\n{"Statement":\n  [,]}\nEOT\n}\n'
    )
    document = read.policy("aws_kms_key.k").document.pick({})
    assert isinstance(document, Unknown)
    assert document.reason.startswith("not valid JSON")
    assert (read.span(document.position).line, read.span(document.position).column) == (4, 4)


def test_a_key_policy_as_json_text(cloudformation: Reader) -> None:
    read = cloudformation(
        "Resources:\n  K:\n    Type: AWS::KMS::Key\n    Properties:\n"
        '      KeyPolicy: \'{"Statement": {"Sid": "A", "Effect": "Deny"}}\'\n'
    )
    assert sids(read.policy("K")) == [["A"]]


def test_the_last_of_two_statement_keys_wins(terraform: Reader) -> None:
    read = terraform(
        'resource "aws_kms_key" "k" {\n'
        '  policy = "{\\"Statement\\": {\\"Sid\\": \\"A\\"}, \\"Statement\\": {\\"Sid\\": \\"B\\"}}"\n'
        "}\n"
    )
    assert sids(read.policy("aws_kms_key.k")) == [["B"]]


def test_inline_policies_are_counted_as_written(cloudformation: Reader) -> None:
    read = cloudformation(
        "Parameters: {Env: {Type: String}, More: {Type: CommaDelimitedList}}\n"
        "Conditions: {Prod: !Equals [!Ref Env, prod]}\n"
        "Resources:\n"
        "  R:\n"
        "    Type: AWS::IAM::Role\n"
        "    Properties:\n"
        "      AssumeRolePolicyDocument: {Statement: []}\n"
        "      Policies:\n"
        f"        - !If [Prod, {{PolicyName: a, PolicyDocument: {ALLOW}}}, !Ref AWS::NoValue]\n"
        f"        - {{PolicyName: b, PolicyDocument: {ALLOW}}}\n"
        "  Q:\n"
        "    Type: AWS::IAM::Role\n"
        "    Properties:\n"
        "      AssumeRolePolicyDocument: {Statement: []}\n"
        "      Policies: !If [Prod, [{PolicyName: c, PolicyDocument: {}}], !Ref AWS::NoValue]\n"
    )
    trust, first, second = read.policies("R")
    assert (trust.kind, trust.attribute) == ("trust", "AssumeRolePolicyDocument")
    assert first.attribute == "Policies[0].PolicyDocument"
    assert len(first.document.cases) == 2
    assert second.attribute == "Policies[1].PolicyDocument"
    assert len(second.document.cases) == 1
    assert read.span(second.attribute_position).line == 10
    assert read.identity("R").policies.items == (first, second)
    _, only = read.policies("Q")
    assert sorted(document is None for _, document in only.document.cases) == [False, True]


def test_unknown_inline_policies_are_one_unknown_policy(terraform: Reader) -> None:
    read = terraform(
        'variable "v" {}\n'
        'resource "aws_iam_role" "r" {\n'
        '  assume_role_policy = "{}"\n'
        '  inline_policy {\n    name   = "a"\n    policy = "{}"\n  }\n'
        '  dynamic "inline_policy" {\n'
        "    for_each = var.v\n"
        "    content {\n      name = inline_policy.key\n      policy = inline_policy.value\n    }\n"
        "  }\n"
        "}\n"
    )
    inline = [p for p in read.policies("aws_iam_role.r") if p.kind == "identity"]
    assert inline[0].attribute == "inline_policy[0].policy"
    assert any(isinstance(doc, Unknown) for p in inline for _, doc in p.document.cases)


def test_too_many_cases_are_unknown_and_say_so(cloudformation: Reader) -> None:
    names = [f"C{n}" for n in range(7)]
    conditions = "".join(f"  {n}: !Equals [!Ref P{n}, a]\n" for n in names)
    parameters = "".join(f"  P{n}: {{Type: String}}\n" for n in names)
    statements = "".join(
        f"          - !If [{n}, {{Sid: {n}, Effect: Deny}}, !Ref AWS::NoValue]\n" for n in names
    )
    read = cloudformation(
        f"Parameters:\n{parameters}Conditions:\n{conditions}Resources:\n  K:\n"
        "    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n"
        f"        Statement:\n{statements}"
    )
    policy = read.policy("K")
    assert sids(policy) == ["depends on too many combinations of conditions"]
    assert policy.attribute_position != policy.resource.position
