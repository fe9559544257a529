"""Kinds of input that are known and not read: named once, with the command that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.frontends.discover import discover
from kmsiac.frontends.unit import Discovery, Inputs
from kmsiac.reading.tree import SourceTree

TEMPLATE = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n"
KEY = 'resource "aws_kms_key" "k" {}\n'


def found_in(root: Path, files: dict[str, str], *named: str) -> Discovery:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return discover(SourceTree(root), [root / n for n in named] or [root], None, Inputs())


@pytest.mark.parametrize(
    ("name", "content", "problem", "command"),
    [
        ("root.hcl", "remote_state {}", "Terragrunt configuration", "terragrunt show -json"),
        ("terragrunt.stack.hcl", "", "Terragrunt stacks", "terragrunt stack generate"),
        ("a.tfstack.hcl", "", "Terraform stacks", "terraform show -json"),
        ("a.tfdeploy.hcl", "", "Terraform stacks", "terraform show -json"),
        ("cdk.json", '{"app": "npx ts-node bin/app.ts"}', "a CDK app", "cdk synth"),
        ("cdktf.json", "{}", "a CDK for Terraform app", "cdktf synth"),
        ("serverless.yml", "service: x\n", "Serverless Framework", "serverless package"),
        ("serverless.ts", "", "Serverless Framework", "serverless package"),
        ("Pulumi.yaml", "name: x\n", "Pulumi programs", "aws kms get-key-policy"),
        (
            "t.yaml.j2",
            TEMPLATE,
            "another program makes a template of",
            "the template that it makes",
        ),
        ("T.TPL", "{% if x %}\n" + TEMPLATE, "another program makes", "the template that it makes"),
    ],
)
def test_alone_it_is_an_error_and_beside_others_it_is_mentioned(
    tmp_path: Path, name: str, content: str, problem: str, command: str
) -> None:
    for paths in ((), (name,)):
        alone = found_in(tmp_path, {name: content}, *paths)
        (error,) = alone.errors
        assert problem in error.message
        assert command in error.hint
        assert error.span is not None and error.span.path == name
    beside = found_in(tmp_path, {"other/main.tf": KEY})
    assert (len(beside.units), beside.errors) == (1, [])
    assert [problem in error.message for error in beside.unread] == [True]


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("app/cdk.json", "app/cdk.out/Stack.template.json"),
        ("app/serverless.yml", "app/.serverless/cloudformation-template-update-stack.json"),
        ("app/terragrunt.hcl", "app/main.tf"),
    ],
)
def test_what_it_makes_is_enough(tmp_path: Path, name: str, made: str) -> None:
    content = KEY if made.endswith(".tf") else '{"Resources": {"K": {"Type": "AWS::KMS::Key"}}}'
    found = found_in(tmp_path, {name: "", made: content})
    assert (len(found.units), found.errors, found.unread) == (1, [], [])
    (other,) = found_in(tmp_path, {f"b/{name}": ""}).unread
    assert other.span is not None and other.span.path == f"b/{name}"


def test_many_of_one_kind_are_one_entry(tmp_path: Path) -> None:
    files = {f"live/{region}/terragrunt.hcl": "" for region in ("a", "b", "c")}
    (error,) = found_in(tmp_path, files | {"root.hcl": ""}).errors
    assert error.message == "Terragrunt configuration is not read (and 3 more such files)"
    assert error.span is not None and error.span.path == "live/a/terragrunt.hcl"
    named = found_in(tmp_path, {}, "live/a/terragrunt.hcl", "live/b/terragrunt.hcl")
    assert [str(error.span) for error in named.errors] == [
        "live/a/terragrunt.hcl",
        "live/b/terragrunt.hcl",
    ]


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("infar", 'did you mean "infra"?'),
        ("infra/mian.tf", 'did you mean "main.tf"?'),
        ("infra/main.tf:3", "leave the line number out"),
        ("infra/main.tf:3:7", "leave the line number out"),
        ("infra/*.tf", "no file has a name like this"),
        ("https://example.com/t.yaml", "nothing is downloaded: pipe it in"),
        ("zzz", ""),
        ("infra/main.tf/x", ""),
    ],
)
def test_a_path_that_is_not_there(tmp_path: Path, named: str, hint: str) -> None:
    (error,) = found_in(tmp_path, {"infra/main.tf": KEY}, named).errors
    assert error.message == "no such file or directory"
    assert error.hint.startswith(hint) and bool(error.hint) is bool(hint)
