"""A plan together with the code it was made of: what the plan does not know, and whose lines."""

from __future__ import annotations

import json
from pathlib import Path

from kmsiac.frontends.terraform import plan
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.inventory.build import build
from kmsiac.inventory.export import export
from kmsiac.reading.tree import SourceTree
from kmsiac.scan import ScanOptions, scan
from kmsiac.stack import Environment, Stack

CODE = """\
variable "actions" {
  type = list(string)
}

variable "token" {
  sensitive = true
  default   = ""
}

resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({ Statement = [] })
}

resource "aws_kms_key" "k" {
  description         = "of ${var.token}"
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = var.actions
        Principal = { AWS = aws_iam_role.app.arn }
        Resource  = "*"
      },
    ]
  })
}

resource "aws_kms_key_policy" "known" {
  key_id = aws_kms_key.k.key_id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "kms:*", Principal = { AWS = "*" }, Resource = "*" },
    ]
  })
}
"""
KNOWN = (
    '{"Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"*"},"Resource":"*"}],'
    '"Version":"2012-10-17"}'
)


def entry(address: str, after: dict[str, object], unknown: dict[str, object]) -> dict[str, object]:
    type_, name = address.split(".")
    change = {"actions": ["create"], "after": after, "after_unknown": unknown}
    return {"address": address, "mode": "managed", "type": type_, "name": name, "change": change}


def a_plan(known: str = KNOWN, **more: object) -> dict[str, object]:
    role = {"name": "app", "assume_role_policy": '{"Statement":[]}'}
    key = {"enable_key_rotation": True}
    policy = {"references": ["var.actions", "aws_iam_role.app.arn", "aws_iam_role.app"]}
    names = {"aws_iam_role.app": {"assume_role_policy": {}, "name": {"constant_value": "app"}}}
    configured = {
        **names,
        "aws_kms_key.k": {"policy": policy, "enable_key_rotation": {"constant_value": True}},
        "aws_kms_key_policy.known": {"policy": {}, "key_id": {"references": ["aws_kms_key.k"]}},
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {"actions": {"value": ["kms:Decrypt"]}, "token": {"value": "hunter2"}},
        "resource_changes": [
            entry("aws_iam_role.app", role, {"arn": True}),
            entry("aws_kms_key.k", key, {"policy": True, "arn": True}),
            entry("aws_kms_key_policy.known", {"policy": known}, {"key_id": True}),
        ],
        "configuration": {
            "root_module": {
                "variables": {"actions": {}, "token": {"sensitive": True}},
                "resources": [
                    {"address": address, "expressions": expressions}
                    for address, expressions in configured.items()
                ],
            }
        },
        **more,
    }


def write(folder: Path, document: dict[str, object], code: str = CODE) -> tuple[Path, Path]:
    source = folder / "code"
    source.mkdir()
    (source / "main.tf").write_text(code)
    file = folder / "plan.json"
    file.write_text(json.dumps(document))
    return file, source


def load(folder: Path, document: dict[str, object], code: str = CODE) -> tuple[Stack, SourceTree]:
    file, source = write(folder, document, code)
    tree = SourceTree(folder)
    inputs = Inputs(environment=Environment("111122223333"), source_folder=source)
    return plan.load(UnitSource("plan", file), tree, inputs), tree


def policies(stack: Stack, tree: SourceTree) -> dict[str, dict[str, object]]:
    return {policy["resource"]: policy for policy in export([build(stack)], tree.span)["policies"]}


def test_an_unknown_policy_is_the_one_of_the_code(tmp_path: Path) -> None:
    stack, tree = load(tmp_path, a_plan())
    policy = policies(stack, tree)["aws_kms_key.k"]
    assert policy["document"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": ["kms:Decrypt"],  # as the plan's variables say
                "Effect": "Allow",
                "Principal": {"AWS": "${aws_iam_role.app.arn}"},
                "Resource": "*",
            }
        ],
    }
    assert stack.gaps == [] and stack.errors == []


def test_what_both_know_is_shown_at_its_line(tmp_path: Path) -> None:
    stack, tree = load(tmp_path, a_plan())
    resource = stack.by_address()["aws_kms_key_policy.known"]
    span = tree.span(resource.position)
    assert span is not None
    assert (span.path, span.line) == ("code/main.tf", 31)
    planned = tree.span(resource.planned)
    assert planned is not None
    assert planned.pointer == "/resource_changes/2"


def test_another_policy_in_the_code_does_not_count_and_is_told(tmp_path: Path) -> None:
    other = KNOWN.replace("kms:*", "kms:Sign")
    stack, tree = load(tmp_path, a_plan(other))
    document = policies(stack, tree)["aws_kms_key_policy.known"]["document"]
    assert document["Statement"][0]["Action"] == "kms:Sign"  # type: ignore[index]
    (gap,) = stack.gaps
    assert (gap.resource, gap.attribute) == ("aws_kms_key_policy.known", "policy")
    assert gap.reason == "the plan does not say what code says here: the plan counts"


def test_what_only_one_of_them_has_is_told(tmp_path: Path) -> None:
    code = CODE.replace('"aws_kms_key_policy" "known"', '"aws_kms_key_policy" "renamed"')
    stack, _ = load(tmp_path, a_plan(), code)
    told = {gap.resource: gap.reason for gap in stack.gaps}
    assert told == {
        "aws_kms_key_policy.known": "it is not in code, so only the plan tells of it",
        "aws_kms_key_policy.renamed": "it stands in code and not in the plan: an older plan, or one"
        " of a part",
    }


def test_code_of_something_else_is_told_once(tmp_path: Path) -> None:
    stack, _ = load(tmp_path, a_plan(), 'resource "aws_kms_key" "other" {}\n')
    (gap,) = stack.gaps
    assert gap.reason == "nothing of the plan is in code: is it the folder that was planned?"


def test_a_policy_that_is_null_in_the_code_is_not_given(tmp_path: Path) -> None:
    code = CODE.replace("policy = jsonencode({\n    Version", "policy = true ? null : ({\n    V", 1)
    stack, _ = load(tmp_path, a_plan(), code)
    assert stack.by_address()["aws_kms_key.k"].attributes.get("policy") is None


def test_code_that_cannot_be_read_leaves_what_the_plan_knows(tmp_path: Path) -> None:
    stack, tree = load(tmp_path, a_plan(), 'resource "aws_kms_key" {{{ "')
    assert stack.errors
    assert policies(stack, tree)["aws_kms_key_policy.known"]["document"]
    assert {gap.resource for gap in stack.gaps} >= {"aws_kms_key.k", "aws_kms_key_policy.known"}


def test_a_secret_variable_of_the_plan_is_printed_nowhere(tmp_path: Path) -> None:
    stack, tree = load(tmp_path, a_plan())
    assert "hunter2" not in json.dumps(export([build(stack)], tree.span))


def test_findings_have_the_lines_of_the_code_and_the_place_in_the_plan(tmp_path: Path) -> None:
    file, source = write(tmp_path, a_plan())
    options = ScanOptions(
        paths=(file,), working_directory=tmp_path, inputs=Inputs(source_folder=source)
    )
    found = [
        finding for finding in scan(options).findings if finding.resource.endswith("policy.known")
    ]
    assert found
    for finding in found:
        assert finding.location.path == "code/main.tf"
        assert any(
            what == "in the plan" and span.path == "plan.json" for what, span in finding.related
        )


def test_what_the_code_does_not_give_is_shown_at_its_resource(tmp_path: Path) -> None:
    document = json.loads(
        json.dumps(a_plan()).replace('"enable_key_rotation": true', '"enable_key_rotation": false')
    )
    file, source = write(tmp_path, document, CODE.replace("  enable_key_rotation = true\n", ""))
    options = ScanOptions(
        paths=(file,), working_directory=tmp_path, inputs=Inputs(source_folder=source)
    )
    (rotation,) = (found for found in scan(options).findings if found.rule == "KEY-01")
    header = CODE[: CODE.index('resource "aws_kms_key" "k"')].count("\n") + 1
    assert (rotation.location.path, rotation.location.line) == ("code/main.tf", header)


def test_code_outside_of_the_tree_of_the_plan(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / ".git").mkdir(parents=True)
    file, source = write(tmp_path / "b", a_plan())
    moved = tmp_path / "a" / "plan.json"
    file.rename(moved)
    options = ScanOptions(
        paths=(moved,), working_directory=tmp_path / "a", inputs=Inputs(source_folder=source)
    )
    result = scan(options)
    assert not result.errors
    assert {finding.location.path for finding in result.findings} >= {"code/main.tf"}


def test_what_is_secret_in_the_code_stays_secret(tmp_path: Path) -> None:
    code = CODE.replace("= var.actions", '= concat(var.actions, ["kms:${var.token}"])')
    stack, tree = load(tmp_path, a_plan(), code)
    assert stack.by_address()["aws_kms_key.k"].attributes.get("policy") is not None
    assert "hunter2" not in json.dumps(export([build(stack)], tree.span))


def test_code_that_says_all_of_what_the_plan_does_not_know_is_told(tmp_path: Path) -> None:
    """Code that was mended after the plan was made does not make the plan good."""
    head, _, rest = CODE.partition('resource "aws_kms_key" "k" {')
    mended = "\n  enable_key_rotation = true\n  policy = jsonencode({ Statement = [] })\n}\n"
    code = head + 'resource "aws_kms_key" "k" {' + mended + rest[rest.index("\n}\n") + 3 :]
    stack, _ = load(tmp_path, a_plan(), code)
    told = {(gap.resource, gap.attribute): gap.reason for gap in stack.gaps}
    assert told["aws_kms_key.k", "policy"] == (
        "the plan knows it after apply only, and code says all of it: do they belong together?"
    )
