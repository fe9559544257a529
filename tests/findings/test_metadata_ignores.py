"""Ignores in CloudFormation Metadata, in YAML and in JSON, which has no comments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsiac.errors import KmsiacError
from kmsiac.findings.finding import Suppression
from tests.findings.ignoring import counting, ignored, mistakes, said, scanned

YAML = """Resources:
  A:
    Type: AWS::KMS::Key
    Metadata:
      kmsiac:
        ignore:
          - rule: {}
            reason: rotated by hand
            until: 2027-01-31
    Properties:
      KeyPolicy: {{Statement: [{{Effect: Allow, Principal: "*", Action: kms:Sign, Resource: "*"}}]}}
  B:
    Type: AWS::KMS::Key
"""


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        ("KEY-01", [("KEY-01", 2)]),
        ("rotation-off", [("KEY-01", 2)]),
        ("[kp-20, KEY-01]", [("KEY-01", 2), ("KP-20", 11)]),
    ],
)
def test_on_a_resource(tmp_path: Path, rule: str, covered: list[tuple[str, int]]) -> None:
    result = scanned(tmp_path, {"t.yaml": YAML.format(rule)})
    assert ignored(result) == covered
    assert ("KEY-01", 12) in counting(result)
    found = {f.suppressed for f in result.findings} - {None}
    assert found == {Suppression("inline", "rotated by hand", "2027-01-31")}
    assert result.settings[0].origin == "tree"
    assert str(result.settings[0].location) == "t.yaml:7:13"


def test_in_json_and_for_a_whole_template(tmp_path: Path) -> None:
    ignore = {"kmsiac": {"ignore": {"rule": "KEY-01", "reason": "all of them"}}}
    keys = {"A": {"Type": "AWS::KMS::Key"}, "B": {"Type": "AWS::KMS::Key", "Metadata": ignore}}
    one = scanned(tmp_path, {"t.json": json.dumps({"Resources": keys}, indent=1)})
    assert [(f.resource, f.suppressed is None) for f in one.findings] == [("A", True), ("B", False)]
    whole = {"Metadata": ignore, "Resources": {"A": keys["A"]}}
    result = scanned(tmp_path, {"t.json": json.dumps(whole, indent=1)})
    assert [f.suppressed for f in result.findings] == [Suppression("inline", "all of them")]
    assert [s.value for s in result.settings] == ["KEY-01: all of them"]


def test_unused_and_in_a_type_that_is_not_looked_at(tmp_path: Path) -> None:
    text = (
        "Resources:\n  T:\n    Type: AWS::SNS::Topic\n"
        "    Metadata: {kmsiac: {ignore: [{rule: KP-20}]}}\n"
    )
    result = scanned(tmp_path, {"t.yaml": text})
    assert said(result) == ["t.yaml:4:34: the ignore of KP-20 covers no finding"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("{ignores: []}", '4:25: an ignore has no "ignores" (did you mean "ignore"?)'),
        ("{ignore: [{rule: KPP-20}]}", '4:41: no rule or category is called "KPP-20" (did you mean "KP-20"?)'),
        ("{ignore: [{rules: KP-20}]}", '4:35: an ignore has no "rules" (did you mean "rule"?)'),
        ("{ignore: [{rule: KP-20, until: 2027-13-01}]}", '4:55: "2027-13-01" is no date (write it like until=2027-01-31)'),
        ("{ignore: [KP-20]}", "4:34: this is no map of an ignore (write it like Metadata: {kmsiac: {ignore: [{rule: KP-20, reason: ...}]}})"),
        ("{ignore: [{reason: x}]}", "4:34: this ignore names no rule (write it like Metadata: {kmsiac: {ignore: [{rule: KP-20, reason: ...}]}})"),
        ("{ignore: [{rule: !Ref P}]}", "4:41: a text was expected here, written plainly (write it like Metadata: {kmsiac: {ignore: [{rule: KP-20, reason: ...}]}})"),
        ("KP-20", "4:24: this is no map of an ignore (write it like Metadata: {kmsiac: {ignore: [{rule: KP-20, reason: ...}]}})"),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, value: str, told: str) -> None:
    text = f"Resources:\n  T:\n    Type: AWS::KMS::Key\n    Metadata: {{kmsiac: {value}}}\n"
    with pytest.raises(KmsiacError) as caught:
        scanned(tmp_path, {"t.yaml": text})
    assert mistakes(caught.value) == [f"t.yaml:{told}"]


def test_an_empty_list_says_nothing(tmp_path: Path) -> None:
    text = "Resources:\n  T:\n    Type: AWS::KMS::Key\n    Metadata: {kmsiac: {ignore: []}}\n"
    result = scanned(tmp_path, {"t.yaml": text})
    assert counting(result) == [("KEY-01", 2)]
    assert said(result) == []


def test_the_comment_of_a_block_in_terraform_json_holds_the_same(tmp_path: Path) -> None:
    ignore = {"kmsiac": {"ignore": [{"rule": "KEY-01", "reason": "rotated by hand"}]}}
    blocks = {
        "resource": {"aws_kms_key": {"a": {"//": ignore}, "b": {"//": "a text"}}},
        "module": {"c": {"source": "./m", "//": ignore}},
    }
    module = 'resource "aws_kms_key" "k" {}\n'
    files = {"main.tf.json": json.dumps(blocks, indent=1), "m/main.tf": module}
    found = {f.resource: f.suppressed is None for f in scanned(tmp_path, files).findings}
    assert found == {"aws_kms_key.a": False, "aws_kms_key.b": True, "module.c.aws_kms_key.k": False}
