"""Maps and texts shaped like a policy, where no list says that there is one."""

from __future__ import annotations

import time

import pytest

from kmsiac.policy.document import PolicyDocument
from tests.inventory.conftest import Reader

ALLOW = "{Effect: Allow, Action: 'kms:*', Resource: '*'}"
CONDITION = "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a]}\n"
PUBLIC = "{Effect: Allow, Principal: '*', Action: 'kms:*', Resource: '*'}"
JSON = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}'


def found(cloudformation: Reader, properties: str, type_: str = "Custom::Thing") -> list[list[str]]:
    """Attribute and kind of the policies of one resource."""
    text = f"Resources:\n  R:\n    Type: {type_}\n    Properties: {properties}\n"
    inventory = cloudformation(text + CONDITION)
    return [[policy.attribute, policy.kind] for policy in inventory.policies("R")]


@pytest.mark.parametrize(
    ("properties", "policies"),
    [
        (f"{{Policy: {{Statement: {ALLOW}}}}}", [["Policy", "identity"]]),
        (f"{{Policy: {{Statement: [{PUBLIC}]}}}}", [["Policy", "key"]]),
        (
            "{Policy: {Statement: {Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*'}}}",
            [["Policy", "unknown"]],
        ),
        (f"{{A: [{{B: {{Statement: {ALLOW}}}}}, {{B: 1}}]}}", [["A[0].B", "identity"]]),
        (f"{{A: !If [C, {{Statement: {ALLOW}}}, x]}}", [["A", "identity"]]),
        (f"!If [C, {{A: {{Statement: {ALLOW}}}}}, {{}}]", [["A", "identity"]]),
        (f"{{A: {{Statement: [!If [C, {ALLOW}, !Ref AWS::NoValue]]}}}}", [["A", "identity"]]),
        ("{A: {Version: 2012-10-17, Statement: !Foo x}}", [["A", "unknown"]]),
        (f"{{ServiceToken: t, Version: 2012-10-17, Statement: {ALLOW}}}", [["Statement", "identity"]]),
        (f"{{A: '{JSON}'}}", [["A", "identity"]]),
        (f"{{A: !Sub '{JSON}'}}", [["A", "identity"]]),
        (f"{{A: '{{\"call\": {{\"document\": {JSON}}}}}'}}", [["A.call.document", "identity"]]),
        # What only looks like one.
        ("{Rules: [{Statement: {ByteMatchStatement: {SearchString: x}}}]}", []),
        ("{A: {Statement: {Effect: Allow}}}", []),
        (f"{{UserData: '{JSON}'}}", []),
        (f"{{Code: {{ZipFile: '{JSON}'}}}}", []),
        ("{A: 'Statement and Effect in prose'}", []),
        ("{A: '{\"Statement\": [{\"Effect\": '}", []),
    ],
)  # fmt: skip
def test_what_is_found(cloudformation: Reader, properties: str, policies: list[list[str]]) -> None:
    assert found(cloudformation, properties) == policies


def test_a_site_is_not_found_twice(cloudformation: Reader) -> None:
    assert found(cloudformation, f"{{KeyPolicy: {{Statement: {PUBLIC}}}}}", "AWS::KMS::Key") == [
        ["KeyPolicy", "key"]
    ]
    inline = f"{{Policies: [{{PolicyName: p, PolicyDocument: {{Statement: {ALLOW}}}}}]}}"
    assert found(cloudformation, inline, "AWS::IAM::User") == [
        ["Policies[0].PolicyDocument", "identity"]
    ]
    bus = f"{{StatementId: s, EventBusName: b, Statement: {PUBLIC}}}"
    assert found(cloudformation, bus, "AWS::Events::EventBusPolicy") == [["Statement", "resource"]]
    body = f"{{Body: {{x-amazon-apigateway-policy: {{Statement: {PUBLIC}}}}}}}"
    assert found(cloudformation, body, "AWS::ApiGateway::RestApi") == [
        ["Body.x-amazon-apigateway-policy", "resource"]
    ]


def test_a_runbook_is_none(cloudformation: Reader) -> None:
    content = f"{{Content: {{mainSteps: [{{inputs: {{Statement: {ALLOW}}}}}]}}}}"
    assert found(cloudformation, content, "AWS::SSM::Document") == []
    assert found(cloudformation, content) == [["Content.mainSteps[0].inputs", "identity"]]


def test_it_may_be_one_in_some_cases_only(cloudformation: Reader) -> None:
    text = f"Resources:\n  R:\n    Type: Custom::T\n    Properties: {{A: !If [C, {{Statement: {ALLOW}}}, x]}}\n"
    inventory = cloudformation(text + CONDITION)
    (policy,) = inventory.policies("R")
    kinds = [type(document).__name__ for _, document in policy.document.cases]
    assert len(kinds) == 2
    assert "PolicyDocument" in kinds
    assert policy.alone


def test_what_is_not_told_is_said_once(cloudformation: Reader) -> None:
    text = """AWSTemplateFormatVersion: "2010-09-09"
Resources:
  R:
    Type: Third::Party::Policy
    Properties:
      Kind: identity
      kind: key
      Doc: {Statement: {Effect: Deny, Principal: '*', Action: 's3:*', Resource: '*'}}
"""
    read = cloudformation(text)
    (policy,) = read.policies("R")
    assert policy.kind == "unknown"
    assert isinstance(policy.document.cases[0][1], PolicyDocument)
    assert [(gap.resource, gap.attribute) for gap in read.inventory.gaps] == [("R", "Doc")]


def test_much_of_it_ends(cloudformation: Reader) -> None:
    many = ", ".join(f"{{a: {index}}}" for index in range(30_000))
    started = time.monotonic()
    text = f"Resources:\n  R:\n    Type: Custom::T\n    Properties: {{A: {{B: {{Statement: {ALLOW}}}, C: [{many}]}}}}\n"
    read = cloudformation(text)
    assert time.monotonic() - started < 60
    assert [policy.attribute for policy in read.policies("R")] == ["A.B"]
    reasons = [gap.reason for gap in read.inventory.gaps]
    assert reasons == ["too large to look for more policies in it"]
