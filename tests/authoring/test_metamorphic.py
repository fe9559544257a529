"""Other spellings of examples, and how they are compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsiac.authoring.cloudformation_spellings import spellings
from kmsiac.authoring.example import Example
from kmsiac.authoring.metamorphic import Comparing, compare, differing
from kmsiac.authoring.sandbox import Prepared
from kmsiac.authoring.spelling import Spelling
from kmsiac.frontends.unit import Inputs
from kmsiac.rules.loader import load_rules

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


def example(text: str = TEMPLATE, framework: str = "cloudformation") -> Example:
    return Example("KP-20", False, "x", framework, text, (), False, Inputs(), frozenset())


def texts() -> dict[str, str]:
    found = list(spellings(example()))
    return {
        one.words: one.example.text
        for spelling in found
        for one in (spelling, *spelling.apart)
        if one.example is not None
    }


def statements(words: str) -> list[dict[str, object]]:
    properties = json.loads(texts()[words])["Resources"]["K"]["Properties"]
    assert properties["EnableKeyRotation"] is True
    statements: list[dict[str, object]] = properties["KeyPolicy"]["Statement"]
    return statements


def test_json_has_the_long_forms_of_intrinsics() -> None:
    first, second = statements("as JSON")
    assert first["Condition"] == {"StringEquals": {"kms:CallerAccount": {"Ref": "AWS::AccountId"}}}
    assert second["Principal"] == {"AWS": {"Fn::GetAtt": ["R", "Arn"]}}


def test_yaml_keeps_what_looks_like_a_date_a_text() -> None:
    assert "Version: '2012-10-17'" in texts()["as YAML"]


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


def test_all_of_it_together() -> None:
    _, allow = statements("in another order and case, with lists")
    assert list(allow) == ["Condition", "Resource", "Action", "Principal", "Effect"]
    assert (allow["Action"], allow["Resource"]) == (["KMS:DECRYPT"], ["*"])


RULE = """\
id: MY-01
name: mine
title: Something about actions
severity: low
category: key-policies
target: statement
in: [key]
when:
{when}
message: "{{statement}} is not as it should be"
"""


def differences(tmp_path: Path, when: str, one: Example) -> list[str]:
    (tmp_path / "rule.yaml").write_text(RULE.format(when=when))
    failures = differing(load_rules([tmp_path]), Prepared(one._replace(rule="MY-01")))
    return [failure.message for failure in failures]


HCL = """\
resource "aws_kms_key" "k" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Use"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/app" }
      Action    = "kms:Decrypt"
      Resource  = "*"
    }]
  })
}
"""


@pytest.mark.parametrize("one", [example(), example(HCL, "terraform")], ids=lambda e: e.framework)
def test_rule_about_meaning_says_the_same_of_all(tmp_path: Path, one: Example) -> None:
    assert differences(tmp_path, "  actions: {some: Decrypt}", one) == []


def said_of(other: str, **more: object) -> list[str]:
    """What is said where a spelling of a public statement turns out to be another template."""
    comparing = Comparing(load_rules(), Prepared(example(PUBLIC, "terraform")))
    changed = example(other, "terraform")
    comparing.take(Spelling("backwards", changed)._replace(**more))  # type: ignore[arg-type]
    return [failure.message.partition(": ")[0] for failure in comparing.failures]


PUBLIC = HCL.replace('{ AWS = "arn:aws:iam::111122223333:role/app" }', '"*"')


@pytest.mark.parametrize(
    "other",
    [
        HCL,
        PUBLIC.replace('"k"', '"l"'),
        PUBLIC.replace('"Use"', '"Other"'),
        PUBLIC.replace('"*"\n      Action', '{ AWS = ["*", "444455556666"] }\n      Action'),
        PUBLIC + PUBLIC.replace('"k"', '"l"'),
        PUBLIC.replace("policy =", "count = var.n\n policy = var.n > 1 ? null :"),
    ],
    ids=["silent", "resource", "statement", "element", "one more", "condition"],
)
def test_a_difference_is_told(other: str) -> None:
    assert said_of(other) == ["something else is said backwards"]
    parts = (Spelling("upside down", example(other, "terraform")),)
    assert said_of(other, apart=parts) == ["something else is said upside down"]


def test_what_the_difference_is() -> None:
    comparing = Comparing(load_rules(), Prepared(example(PUBLIC, "terraform")))
    other = example(PUBLIC.replace('"k"', '"l"'), "terraform")
    comparing.take(Spelling("backwards", other))
    assert [failure.message for failure in comparing.failures] == [
        (
            "something else is said backwards: missing: critical at aws_kms_key.k Use (yes) *;"
            " new: critical at aws_kms_key.l Use (yes) *"
        )
    ]


def test_no_difference() -> None:
    assert said_of(PUBLIC.replace("kms:Decrypt", "KMS:DECRYPT")) == []


def test_spelling_that_cannot_be_read() -> None:
    assert said_of(PUBLIC.replace("jsonencode(", "jsonencode((")) == ["cannot be read backwards"]


def test_in_a_plan_a_finding_may_stay_open_but_not_get_lost() -> None:
    unknown = PUBLIC.replace('"*"\n      Action', "var.who\n      Action") + 'variable "who" {}\n'
    assert said_of(unknown) == ["something else is said backwards"]
    assert said_of(unknown, partial=True) == []
    assert said_of(HCL, partial=True) == ["something else is said backwards"]


def test_what_is_compared_is_counted() -> None:
    compared = compare(load_rules(), Prepared(example(HCL, "terraform")))
    assert (compared.failures, compared.number, compared.unwritten) == ([], 6, [])
