"""SAM: what the Serverless transform makes of functions, state machines, tables and APIs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.aws.sam import template_actions, template_names
from kmsiac.values import Text
from tests.frontends.cloudformation.conftest import Loaded
from tests.oracles.sam import compare, golden_of

Read = Callable[..., Loaded]

TEMPLATES = Path(__file__).parent / "sam"
SOURCES = sorted(path for path in TEMPLATES.iterdir() if not path.name.endswith(".sam.json"))
HEAD = "Transform: AWS::Serverless-2016-10-31\n"
ALLOW = "{Effect: Allow, Action: kms:Decrypt, Resource: '*'}"


def test_there_are_templates_with_what_the_transform_made_of_them() -> None:
    assert len(SOURCES) >= 25
    assert [path.name for path in SOURCES if not golden_of(path).exists()] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_roles_policies_and_uses_are_those_of_the_transform(path: Path) -> None:
    assert compare(path, golden_of(path)) == []


def test_every_policy_template_is_known() -> None:
    assert len(template_names()) == 81
    speak_of_kms = {name for name in template_names() if template_actions(name)}
    assert speak_of_kms == {"KMSDecryptPolicy", "KMSEncryptPolicy", "KMSEncryptPolicy_v2"}
    assert template_actions("S3ReadPolicy") == ()
    assert template_actions("S3ReadPolicyy") is None


def test_what_is_made_stands_where_the_function_does(read: Read) -> None:
    loaded = read(f"""{HEAD}Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Statement:
            - {ALLOW}
""")
    resources = loaded.stack.by_address()
    assert set(resources) == {"FnRole"}
    role = resources["FnRole"]
    assert loaded.line(role.position) == (3, 3)
    file = loaded.tree.file(role.position)
    assert file is not None
    assert file.text[: role.end].endswith("'*'}")
    document = loaded.value("FnRole.Policies.0.PolicyDocument")
    assert loaded.line(document.position) == (7, 11)
    trust = loaded.plain("FnRole.AssumeRolePolicyDocument")
    assert isinstance(trust, dict)
    assert trust["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]


def test_a_key_template_names_the_key_of_its_parameter(read: Read) -> None:
    loaded = read(f"""{HEAD}Resources:
  Key:
    Type: AWS::KMS::Key
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        KMSDecryptPolicy: {{KeyId: !Ref Key}}
""")
    statement = loaded.plain("FnRole.Policies.0.PolicyDocument.Statement.0")
    assert isinstance(statement, dict)
    assert statement["Action"] == ["kms:Decrypt"]
    assert str(statement["Resource"]).endswith(":key/${Key}")


def test_without_the_transform_it_is_reported_and_read(read: Read) -> None:
    loaded = read(f"""Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [{{Statement: {ALLOW}}}]
""")
    assert "FnRole" in loaded.stack.by_address()
    assert [error.message for error in loaded.stack.errors] == [
        "AWS::Serverless::Function needs the transform AWS::Serverless-2016-10-31"
    ]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("S3ReadPolicyy: {BucketName: b}", "S3ReadPolicyy is neither a policy nor"),
        ("{PolicyName: p, PolicyDocument: {}}", "this map is neither a policy nor"),
    ],
)
def test_what_is_no_policy_is_unknown_and_said(read: Read, policy: str, reason: str) -> None:
    loaded = read(f"""{HEAD}Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - {policy}
""")
    assert str(loaded.plain("FnRole.Policies.0.PolicyDocument")).startswith("?Fn::PolicyTemplate")
    assert [gap.reason[: len(reason)] for gap in loaded.stack.gaps] == [reason]


def test_a_key_template_without_its_key_is_an_error(read: Read) -> None:
    loaded = read(f"""{HEAD}Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties: {{Policies: [KMSDecryptPolicy: {{}}]}}
""")
    assert [error.message for error in loaded.stack.errors] == ["KMSDecryptPolicy needs a KeyId"]


def test_globals_that_sam_refuses_are_errors(read: Read) -> None:
    loaded = read(f"""{HEAD}Globals:
  Function:
    Policies: [AdministratorAccess]
  Api: nonsense
Resources:
  Fn:
    Type: AWS::Serverless::Function
""")
    assert [error.message for error in loaded.stack.errors] == [
        "Globals cannot give the Policies of a function",
        "Globals.Api is not a map",
    ]


@pytest.mark.parametrize(
    ("body", "attribute"),
    [
        ("Type: AWS::Serverless::Nonsense", ""),
        ("{Type: AWS::Serverless::Function, Properties: !If [C, {}, {}]}", "Properties"),
    ],
)
def test_what_cannot_be_expanded_is_a_gap(read: Read, body: str, attribute: str) -> None:
    loaded = read(f"{HEAD}Resources:\n  Fn:\n    {body}\n")
    assert [(gap.resource, gap.attribute) for gap in loaded.stack.gaps] == [("Fn", attribute)]


def test_a_written_role_of_the_name_that_sam_makes_stays(read: Read) -> None:
    loaded = read(f"""{HEAD}Resources:
  Fn: {{Type: AWS::Serverless::Function}}
  FnRole:
    Type: AWS::IAM::Role
    Properties: {{RoleName: mine}}
""")
    assert loaded.plain("FnRole.RoleName") == "mine"
    assert [gap.reason for gap in loaded.stack.gaps] == ["SAM makes a resource of this name, too"]


def test_an_application_is_a_nested_stack(read: Read) -> None:
    loaded = read(f"""{HEAD}Resources:
  App:
    Type: AWS::Serverless::Application
    Properties:
      Location: {{ApplicationId: arn, SemanticVersion: 1.0.0}}
""")
    assert [gap.resource for gap in loaded.stack.gaps] == ["App"]


def test_large_globals_are_not_merged_into_each_of_many(read: Read) -> None:
    statements = ", ".join([ALLOW] * 500)
    trust = f"{{Statement: [{statements}]}}"
    function = (
        "{Type: AWS::Serverless::Function, Properties: {AssumeRolePolicyDocument: {Statement: []}}}"
    )
    functions = "".join(f"  F{index}: {function}\n" for index in range(200))
    text = f"Globals: {{Function: {{AssumeRolePolicyDocument: {trust}}}}}\nResources:\n{functions}"
    started = time.monotonic()
    loaded = read(HEAD + text)
    assert time.monotonic() - started < 60
    assert "too much to merge" in "".join(loaded.errors)


def test_json_and_yaml_alike(read: Read) -> None:
    body = {"Type": "AWS::Serverless::Function", "Properties": {"Policies": ["SecurityAudit"]}}
    text = json.dumps({"Transform": ["AWS::Serverless-2016-10-31"], "Resources": {"Fn": body}})
    loaded = read(text, "t.json")
    arns = loaded.plain("FnRole.ManagedPolicyArns")
    assert isinstance(arns, list)
    assert [arn.rpartition("/")[2] for arn in arns] == [
        "AWSLambdaBasicExecutionRole",
        "SecurityAudit",
    ]


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("!Ref Fn.Alias", "function_alias_arn"),
        ("!Ref FnAliaslive", "function_alias_arn"),
        ("!Ref Fn.Version", "function_version_arn"),
        ("!GetAtt FnUrl.FunctionUrl", "text"),
        ("!Ref ServerlessRestApi", "rest_api_id"),
    ],
)
def test_what_is_made_may_be_referred_to(read: Read, expression: str, type_: str) -> None:
    loaded = read(f"""{HEAD}Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      FunctionUrlConfig: {{AuthType: AWS_IAM}}
      Events: {{Get: {{Type: Api, Properties: {{Path: /, Method: get}}}}}}
  K: {{Type: AWS::KMS::Key, Properties: {{Description: {expression}}}}}
""")
    value = loaded.value("K.Description")
    assert isinstance(value, Text)
    assert value.symbol is not None
    assert value.symbol.type == type_
