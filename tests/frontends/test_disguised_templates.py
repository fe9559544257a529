"""A template stays one however it is spelled: who writes it may want it passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsiac.frontends.discover import discover
from kmsiac.frontends.unit import Inputs
from kmsiac.reading.tree import SourceTree

BODY = {"Resources": {"Key": {"Type": "AWS::KMS::Key"}}}
YAML = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n"
JSON = json.dumps(BODY)
HARMLESS = '{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}'
STATE_WORDS = '{"terraform_version": "1", "lineage": "x"}'
PLAN_WORDS = '{"terraform_version": "1", "planned_values": {}}'


def kinds(root: Path, name: str, content: str) -> list[str]:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return [unit.kind for unit in discover(SourceTree(root), [root], None, Inputs()).units]


@pytest.mark.parametrize(
    "content",
    [
        YAML.replace("Type: ", "Type: !!str "),
        YAML.replace("Type: ", "Type: &type "),
        YAML.replace("Type: ", "Type: # of a key\n      "),
        YAML.replace("Type: ", "Type: >-\n      "),
        YAML.replace("Type: AWS::KMS::Key", r'Type: "AWS\x3a\u003aKMS::Key"'),
        YAML.replace("Resources", r'"Res\x6furces"'),
        "{Resources: {Key: {Type: !!str AWS::KMS::Key}}}",
        f"Metadata: {STATE_WORDS}\n{YAML}",
        f"Metadata: {PLAN_WORDS}\n{YAML}",
        f"Description: '\n{HARMLESS}\n'\n{YAML}",
        YAML.replace("Type: ", "Type: !!str ") + "  Broken: [\n",
        "Resources:\n  Key: {Type: Acme::Keys::Key::MODULE}\n",
        "Resources:\n  Policy: {Type: Community::Organizations::Policy}\n",
        "Resources:\n  Policy: {Type: Acme::Security::Policy}\n",
        "Resources:\n  Policies: {Type: Acme::Security::Policies::MODULE}\n",
        "Resources: !Transform {Name: AWS::Include, Parameters: {Location: s3://b/k}}\n",
        "Resources:\n  Fn::Transform: {Name: Keys}\n",
        YAML.replace("Resources", '"Resour\\\n  ces"'),
        YAML.replace("Type: AWS::KMS::Key", 'Type: "AW\\\n      S::KMS::Key"'),
        "Resources:\n  Fn::ForEach::Keys: [X, [a], {'K${X}': {Type: AWS::KMS::Key}}]\n",
        "Resources:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}\n",
    ],
)
def test_yaml(tmp_path, content):
    assert kinds(tmp_path, "t.yaml", content) == ["cloudformation"]


@pytest.mark.parametrize(
    "content",
    [
        JSON.replace("Resources", r"\u0052esources"),
        JSON.replace("::", r"\u003a\u003A"),
        JSON[:-1] + ', "Resources": {}}',
        json.dumps(
            {"Resources": {"Fn::ForEach::Keys": ["X", ["a"], {"K${X}": BODY["Resources"]["Key"]}]}}
        ),
        json.dumps({"Resources": {"Policy": {"Type": "Community::Organizations::Policy"}}}),
        json.dumps({"Metadata": json.loads(STATE_WORDS), **BODY}),
        json.dumps({"Metadata": json.loads(PLAN_WORDS), **BODY}),
    ],
)
def test_json(tmp_path, content):
    assert kinds(tmp_path, "t.json", content) == ["cloudformation"]


@pytest.mark.parametrize("name", ["serverless.yml", "Pulumi.yaml", "cdk.json", "T.YAML", "t.Json"])
def test_by_whatever_name(tmp_path, name):
    # Beside what the tool is said to have made of it there would not even be a word about it.
    for made in (".serverless/a.json", "cdk.out/a.json"):
        kinds(tmp_path, made, HARMLESS)
    content = JSON if name.lower().endswith(".json") else YAML
    assert kinds(tmp_path, name, content) == ["cloudformation"] * 3


@pytest.mark.parametrize(
    "suffix", ["template", "cfn", "cform", "cft", "cloudformation", "Template"]
)
@pytest.mark.parametrize("content", [YAML, JSON])
def test_by_the_endings_that_people_give_templates(tmp_path, suffix, content):
    assert kinds(tmp_path, f"t.{suffix}", content) == ["cloudformation"]
    assert kinds(tmp_path, f"other/t.{suffix}", "a: b\n") == ["cloudformation"]


def test_words_of_a_template_in_a_plan_make_it_none(tmp_path):
    plan = {"format_version": "1.2", "terraform_version": "1.9", "planned_values": {}}
    plan["variables"] = {"body": {"value": JSON}, "more": BODY}
    assert kinds(tmp_path, "plan.json", json.dumps(plan)) == ["plan"]
    assert kinds(tmp_path, "plan.json", json.dumps(plan)[:-1]) == ["plan"]
