"""Other spellings of examples."""

from __future__ import annotations

import json

from kmsiac.authoring.example import Example
from kmsiac.authoring.metamorphic import variants
from kmsiac.frontends.unit import Inputs

TEMPLATE = """\
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: "*"
            Action: [kms:Decrypt]
            Resource: "*"
            Condition: {StringEquals: {"kms:CallerAccount": !Ref AWS::AccountId}}
          - Effect: Deny
            Principal: {AWS: !GetAtt R.Arn}
            Action: kms:Encrypt
            Resource: ["*"]
"""


def example(framework: str = "cloudformation") -> Example:
    return Example("KP-20", False, "x", framework, TEMPLATE, (), False, Inputs(), frozenset())


def statements(spelling: str) -> list[dict[str, object]]:
    found = {words: json.loads(one.text) for words, one in variants(example())}
    properties = found[spelling]["Resources"]["K"]["Properties"]
    assert properties["EnableKeyRotation"] is True
    statements: list[dict[str, object]] = properties["KeyPolicy"]["Statement"]
    return statements


def test_terraform_has_none() -> None:
    assert list(variants(example("terraform"))) == []


def test_json_has_the_long_forms_of_intrinsics() -> None:
    first, second = statements("as JSON")
    assert first["Condition"] == {"StringEquals": {"kms:CallerAccount": {"Ref": "AWS::AccountId"}}}
    assert second["Principal"] == {"AWS": {"Fn::GetAtt": ["R", "Arn"]}}


def test_keys_reversed() -> None:
    first, _ = statements("with the keys the other way round")
    assert list(first) == ["Condition", "Resource", "Action", "Principal", "Effect"]


def test_lists_but_for_the_lone_asterisk_as_principal() -> None:
    first, second = statements("with lists for single values")
    assert (first["Principal"], first["Resource"]) == ("*", ["*"])
    assert (second["Action"], second["Principal"]) == (
        ["kms:Encrypt"],
        {"AWS": {"Fn::GetAtt": ["R", "Arn"]}},
    )


def test_single_values() -> None:
    first, second = statements("with single values for lists of one")
    assert (first["Action"], second["Resource"]) == ("kms:Decrypt", "*")


def test_upper_case_is_for_actions_only() -> None:
    first, second = statements("with actions in upper case")
    assert (first["Action"], second["Action"]) == (["KMS:DECRYPT"], "KMS:ENCRYPT")
    assert first["Effect"] == "Allow"


def test_statements_reversed() -> None:
    effects = [s["Effect"] for s in statements("with the statements the other way round")]
    assert effects == ["Deny", "Allow"]
