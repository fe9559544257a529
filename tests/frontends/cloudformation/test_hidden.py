"""Spellings and detours that could hide a policy, a loop or a transform from a search for words."""

from __future__ import annotations

import pytest

from kmsiac.values import unknowns

POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",'
    ' "Action": "kms:*", "Resource": "*"}]}'
)
CUSTOM = """\
Parameters:
  Given: {Type: String, Default: '%s'}
Mappings:
  Texts: {of: {key: '%s'}}
Resources:
  Policy:
    Type: Custom::KeyPolicy
    Properties: {ServiceToken: t, Text: %s}
"""


@pytest.mark.parametrize(
    ("given", "mapped", "text"),
    [
        ("x", "x", f"'{POLICY}'"),
        ("x", "x", "'" + POLICY.replace("Sta", r"\u0053ta").replace("Eff", r"\u0045ff") + "'"),
        (POLICY, "x", "!Ref Given"),
        (POLICY, "x", "!Sub '${Given}'"),
        (POLICY, "x", "!Sub ['${P}', {P: !Ref Given}]"),
        ("x", POLICY, "!FindInMap [Texts, of, key]"),
        ("x", "x", f"!Join ['', ['{POLICY[:40]}', '{POLICY[40:]}']]"),
        ("x", "x", f"!Join ['', [!Sub '{POLICY[:40]}', '{POLICY[40:]}']]"),
    ],
)
def test_a_text_of_a_custom_resource_is_evaluated(read, given, mapped, text):
    loaded = read(CUSTOM % (given, mapped, text))
    assert '"kms:*"' in str(loaded.value("Policy.Text"))


def test_a_text_that_is_no_policy_is_not(read):
    loaded = read(CUSTOM % (POLICY, POLICY, "!Ref AWS::Region"))
    assert loaded.stack.resources == []


@pytest.mark.parametrize(
    "spelled", [r"F\x6frEach", r"F\u006frEach", r"F\U0000006frEach", "ForE\\\n    ach"]
)
def test_a_loop_is_written_out_however_it_is_spelled(read, spelled):
    loaded = read(f"""\
Transform: AWS::LanguageExtensions
Resources:
  ? "Fn::{spelled}::Keys"
  : - X
    - [a, b]
    - Key${{X}}: {{Type: AWS::KMS::Key}}
""")
    assert sorted(loaded.stack.by_address()) == ["Keya", "Keyb"]


@pytest.mark.parametrize(
    "spelled", [r"S\x65rverless", r"S\U00000065rverless", "S\\\n      erverless"]
)
def test_sam_is_written_out_however_it_is_spelled(read, spelled):
    loaded = read(f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: "AWS::{spelled}::Function"
    Properties: {{Handler: a, Runtime: python3.13, Policies: [KMSDecryptPolicy: {{KeyId: k}}]}}
""")
    assert "FRole" in loaded.stack.by_address()


def test_what_is_coded_in_base64_is_not_the_text_as_written(read):
    loaded = read("""\
Resources:
  K:
    Type: AWS::KMS::Key
    Properties: {Description: !!binary Kg==}
""")
    [unknown] = unknowns(loaded.stack.resources[0].attributes)
    assert unknown.reason == "Fn::binary is not evaluated yet"


@pytest.mark.parametrize("key", ["? [K]\n  ", "? {a: b}\n  ", "!Sub K"])
def test_a_name_that_is_no_text_is_told(read, key):
    loaded = read(f"Resources:\n  {key}: {{Type: AWS::KMS::Key}}\n")
    assert "Resources has a name that is no text" in loaded.errors[0]


def test_a_key_of_a_resource_that_is_no_text_is_told(read):
    loaded = read("Resources:\n  K:\n    Type: AWS::KMS::Key\n    ? [Properties]\n    : {}\n")
    assert "resource K has a key that is no text" in loaded.errors[0]
