"""What CDK's manifest says: account, Region, stack name, and where the program makes a resource."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Environment
from tests.frontends.cloudformation.conftest import Loaded, plain

TEMPLATE = {
    "Resources": {
        "Key": {
            "Type": "AWS::KMS::Key",
            "Properties": {"Description": {"Fn::Sub": "${AWS::AccountId}/${AWS::Region}/${AWS::StackName}"}},
        },
        "N": {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": "N.nested.template.json"},
        },
    }
}  # fmt: skip
NESTED = {"Resources": {"Key": {"Type": "AWS::KMS::Key"}}}
FRAMES = [
    "...new Key in aws-cdk-lib...",
    "new App (ROOT/src/app.ts:2:5)",
    "main (ROOT/src/app.ts:3:1)",
]
APP = "first\n    new Key()\nlast\n"

MODERN = {
    "/App": [{"type": "aws:cdk:templateFile", "data": "App.template.json"}],
    "/App/Key/Resource": [
        {"type": "aws:cdk:logicalId", "data": "Key"},
        {"type": "aws:cdk:creationStack", "data": FRAMES},
    ],
    "/App/N": [{"type": "aws:cdk:templateFile", "data": "N.nested.template.json"}],
    "/App/N/Key/Resource": [
        {"type": "aws:cdk:logicalId", "data": "Key"},
        {"type": "aws:cdk:creationStack", "data": ["main (ROOT/src/app.ts:3:1)"]},
    ],
}
OLD = {
    "/App/Key/Resource": [{"type": "aws:cdk:logicalId", "data": "Key", "trace": FRAMES}],
}


@pytest.fixture
def synthesized(tmp_path: Path) -> Callable[..., Loaded]:
    def synthesized(
        artifact: object = None, metadata: object = None, flags: Environment | None = None, **more
    ) -> Loaded:
        out = tmp_path / "cdk.out"
        out.mkdir()
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "app.ts").write_text(APP)
        (out / "App.template.json").write_text(json.dumps(more.get("template", TEMPLATE)))
        (out / "N.nested.template.json").write_text(json.dumps(NESTED))
        stack = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/eu-west-1",
            "properties": {"templateFile": "App.template.json"},
            **(artifact or {}),
        }
        manifest = {"version": "36.0.0", "artifacts": {"App": stack}}
        root = more.get("root", tmp_path.as_posix())
        written = more.get("manifest", json.dumps(manifest).replace("ROOT", root))
        (out / "manifest.json").write_text(written)
        if metadata is not None:
            text = json.dumps(metadata).replace("ROOT", root)
            (out / "App.metadata.json").write_text(text)
        tree = SourceTree(tmp_path)
        inputs = Inputs(flags or Environment())
        return Loaded(
            load(UnitSource("cloudformation", out / "App.template.json"), tree, inputs), tree
        )

    return synthesized


@pytest.mark.parametrize(
    ("artifact", "flags", "text"),
    [
        ({}, None, "111122223333/eu-west-1/App"),
        ({}, Environment("444455556666", "us-east-1"), "111122223333/eu-west-1/App"),
        ({"environment": "aws://unknown-account/unknown-region"}, None,
         "${AWS::AccountId}/${AWS::Region}/App"),
        ({"environment": "aws://unknown-account/us-gov-west-1"}, Environment("444455556666", "x"),
         "444455556666/us-gov-west-1/App"),
        ({"environment": 7}, None, "${AWS::AccountId}/${AWS::Region}/App"),
        ({"properties": {"templateFile": "App.template.json", "stackName": "prod"}}, None,
         "111122223333/eu-west-1/prod"),
        ({"properties": {"templateFile": "./App.template.json"}}, None, "111122223333/eu-west-1/App"),
        ({"properties": {"templateFile": "../App.template.json"}}, None,
         "${AWS::AccountId}/${AWS::Region}/${AWS::StackName}"),
        ({"type": "cdk:tree"}, None, "${AWS::AccountId}/${AWS::Region}/${AWS::StackName}"),
    ],
)  # fmt: skip
def test_where_a_stack_goes(synthesized, artifact, flags, text):
    loaded = synthesized(artifact, flags=flags)
    assert loaded.plain("Key.Description") == text
    assert loaded.errors == []


@pytest.mark.parametrize(
    ("artifact", "metadata", "root"),
    [
        ({"additionalMetadataFile": "App.metadata.json"}, MODERN, None),
        ({"additionalMetadataFile": "App.metadata.json"}, MODERN, "."),
        ({"metadata": OLD}, None, None),
        ({"metadata": OLD}, None, "."),
    ],
)
def test_where_the_program_makes_a_resource(synthesized, artifact, metadata, root):
    more = {} if root is None else {"root": root}
    loaded = synthesized(artifact, metadata, **more)
    origin = loaded.stack.by_address()["Key"].origin
    assert origin.construct == "App/Key/Resource"
    assert loaded.tree.span(origin.position)[:3] == ("src/app.ts", 2, 5)
    if metadata is MODERN:
        inner = loaded.stack.by_address()["N/Key"].origin
        assert inner.construct == "App/N/Key/Resource"
        assert loaded.tree.span(inner.position)[:3] == ("src/app.ts", 3, 1)


@pytest.mark.parametrize("root", ["/somewhere/else", "/etc", "C:/app", "../..", "node_modules/x"])
def test_a_program_outside_the_tree_is_not_named(synthesized, root):
    loaded = synthesized({"additionalMetadataFile": "App.metadata.json"}, MODERN, root=root)
    key = loaded.stack.by_address()["Key"]
    assert key.origin == ("App/Key/Resource", key.position)


def test_two_stacks_with_one_logical_id_and_nobody_says_whose_it_is(synthesized):
    metadata = {
        **OLD,
        "/App/N/Key/Resource": [{"type": "aws:cdk:logicalId", "data": "Key", "trace": FRAMES}],
    }
    loaded = synthesized({"metadata": metadata})
    assert [resource.origin for resource in loaded.stack.resources] == [None, None]


def test_the_path_that_stands_in_the_template(synthesized):
    key = {"Type": "AWS::KMS::Key", "Metadata": {"aws:cdk:path": "App/Key/Resource"}}
    template = {"Resources": {"Key": key, "Other": key | {"Metadata": {"aws:cdk:path": "x/y"}}}}
    loaded = synthesized({"metadata": OLD}, template=template)
    assert loaded.stack.by_address()["Key"].origin.construct == "App/Key/Resource"
    assert loaded.stack.by_address()["Other"].origin.construct == "x/y"


@pytest.mark.parametrize(
    ("manifest", "errors"),
    [
        ('{"artifacts": "aws:cloudformation:stack"}', 0),
        ('["aws:cloudformation:stack"]', 0),
        ('{"artifacts": {"a": {"type": "aws:cloudformation:stack", "properties": []}}}', 0),
        ('{"aws:cloudformation:stack"', 1),
        ("{", 0),
        ("[" * 100_000 + '"aws:cloudformation:stack"', 1),
    ],
)
def test_odd_manifests(synthesized, manifest, errors):
    loaded = synthesized(manifest=manifest)
    assert len(loaded.errors) == errors
    assert plain(loaded.value("Key.Description")).startswith("${AWS::AccountId}")


@pytest.mark.parametrize(
    "metadata",
    [[], {"/App": 7}, {"/App": [7, {"type": "aws:cdk:logicalId", "data": {}}]},
     {"/App": [{"type": "aws:cdk:creationStack", "data": [[], 7, "x (src/app.ts:99999:1)"]},
               {"type": "aws:cdk:logicalId", "data": "Key"}]}],
)  # fmt: skip
def test_odd_metadata(synthesized, metadata):
    loaded = synthesized({"additionalMetadataFile": "App.metadata.json"}, metadata)
    assert len(loaded.stack.resources) == 2
    assert loaded.errors == []


def test_a_huge_manifest_is_told_of(synthesized):
    padding = " " * (33 * 1024 * 1024)
    loaded = synthesized(manifest='{"a": "aws:cloudformation:stack"}' + padding)
    [error] = loaded.errors
    assert "over the limit of 33,554,432" in error
