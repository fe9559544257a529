"""`aws_iam_policy_document` as the provider merges it, what it refuses, and where things stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.config import ScanOptions
from kmsiac.frontends.terraform.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.scan import take_inventory
from kmsiac.stack import Stack
from kmsiac.values import List, Map, Text, Value


def _statement(sid: str, action: str) -> str:
    return (
        f'  statement {{\n    sid       = "{sid}"\n    actions   = ["{action}"]\n'
        '    resources = ["*"]\n  }\n'
    )


def _inventory(folder: Path, text: str) -> dict[str, object]:
    (folder / "main.tf").write_text(text, encoding="utf-8")
    return take_inventory(ScanOptions(paths=(folder,)))


def _documents(folder: Path, text: str) -> dict[str, object]:
    inventory = _inventory(folder, text)
    assert inventory["errors"] == []
    return {each["address"]: each["document"] for each in inventory["data"]}  # type: ignore[attr-defined]


REFUSED = {
    "own": (
        'data "aws_iam_policy_document" "d" {\n'
        + _statement("Twice", "kms:Sign")
        + _statement("Twice", "kms:Verify")
        + "}\n",
        "main.tf:7:3: the Sid 'Twice' comes twice in this document",
    ),
    "sources": (
        'data "aws_iam_policy_document" "a" {\n' + _statement("Same", "kms:Sign") + "}\n"
        'data "aws_iam_policy_document" "d" {\n'
        "  source_policy_documents = [\n"
        "    data.aws_iam_policy_document.a.json, data.aws_iam_policy_document.a.json,\n  ]\n}\n",
        "main.tf:2:3: the Sid 'Same' comes twice among the source documents",
    ),
    "not JSON": (
        'data "aws_iam_policy_document" "d" {\n  override_policy_documents = ["{"]\n}\n',
        "main.tf:2:32: a merged document is no JSON object",
    ),
    "one statement": (
        (
            'data "aws_iam_policy_document" "d" {\n'
            "  source_policy_documents = [\n"
            '    jsonencode({ Statement = { Effect = "Deny" } }),\n  ]\n}\n'
        ),
        "main.tf:3:30: the Statement of a merged document is no list",
    ),
    "variables": (
        (
            'data "aws_iam_policy_document" "d" {\n  version = "2008-10-17"\n'
            '  statement {\n    actions   = ["kms:Sign"]\n    resources = ["a/&{aws:username}"]\n'
            "  }\n}\n"
        ),
        "main.tf:5:18: &{ is no policy variable in version 2008-10-17",
    ),
    "no type": (
        (
            'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["kms:Sign"]\n'
            '    principals {\n      identifiers = ["*"]\n    }\n  }\n}\n'
        ),
        "main.tf:4:5: a principals block without the principal type",
    ),
    "no values": (
        (
            'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["kms:Sign"]\n'
            '    condition {\n      test     = "Bool"\n      variable = "aws:x"\n    }\n  }\n}\n'
        ),
        "main.tf:4:5: a condition block without values",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_provider_refuses_is_an_error(tmp_path: Path, name: str) -> None:
    text, message = REFUSED[name]
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    stack, _ = _load(tmp_path)
    assert [str(error) for error in stack.errors] == [f"{message} (terraform refuses it)"]


def _load(folder: Path) -> tuple[Stack, SourceTree]:
    tree = SourceTree(folder)
    return load(UnitSource("terraform", folder), tree, Inputs()), tree


def test_arguments_of_older_providers_merge_too(tmp_path: Path) -> None:
    text = (
        'data "aws_iam_policy_document" "a" {\n' + _statement("A", "kms:Sign") + "}\n"
        'data "aws_iam_policy_document" "b" {\n' + _statement("B", "kms:Verify") + "}\n"
        'data "aws_iam_policy_document" "d" {\n'
        "  override_json = data.aws_iam_policy_document.b.json\n"
        "  source_json   = data.aws_iam_policy_document.a.json\n" + _statement("B", "kms:*") + "}\n"
    )
    documents = _documents(tmp_path, text)
    merged = documents["data.aws_iam_policy_document.d"]
    assert [(s["Sid"], s["Action"]) for s in merged["Statement"]] == [  # type: ignore[index]
        ("A", "kms:Sign"),
        ("B", "kms:Verify"),
    ]


def test_a_source_in_a_heredoc_keeps_its_symbols_and_its_lines(tmp_path: Path) -> None:
    text = (
        'resource "aws_iam_role" "r" {\n  name = "r"\n}\n'
        'data "aws_iam_policy_document" "d" {\n'
        "  source_policy_documents = [<<-JSON\n"
        '    {"Statement": [\n'
        '      {"Sid": "A", "Effect": "Allow", "Action": "kms:Sign",\n'
        '       "Principal": {"AWS": "${aws_iam_role.r.arn}"}}\n'
        "    ]}\n"
        "  JSON\n"
        "  ]\n}\n"
    )
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    stack, tree = _load(tmp_path)
    assert stack.errors == []
    lines = _lines(stack.documents[0].document, tree)
    assert lines["Statement/0/Sid"] == 7
    assert lines["Statement/0/Principal/AWS"] == 8
    principal = _at(stack.documents[0].document, "Statement", 0, "Principal", "AWS")
    assert str(principal) == "${aws_iam_role.r.arn}"


def _document(value: Value) -> Value:
    assert isinstance(value, Text)
    assert value.document is not None
    return value.document


def _at(value: Value, *path: str | int) -> Value:
    found: Value | None = _document(value)
    for step in path:
        if isinstance(step, int):
            assert isinstance(found, List)
            found = found.items[step]
        else:
            assert isinstance(found, Map)
            found = found.get(step)
    assert found is not None
    return found


def _lines(value: Value, tree: SourceTree) -> dict[str, int | str]:
    """The line of each leaf of a document by its path, with the file where that is another."""
    found: dict[str, int | str] = {}

    def walk(inner: Value, path: str) -> None:
        span = tree.span(inner.position)
        assert span is not None
        if isinstance(inner, List):
            for at, item in enumerate(inner.items):
                walk(item, f"{path}/{at}")
        elif isinstance(inner, Map):
            for key, member in inner.entries:
                walk(member, f"{path}/{key}")
        else:
            here = span.path == "main.tf"
            found[path.removeprefix("/")] = span.line if here else f"{span.path}:{span.line}"

    walk(_document(value), "")
    return found


def test_leaves_stand_where_they_are_written(tmp_path: Path) -> None:
    text = """module "base" {
  source = "./base"
  who    = "arn:aws:iam::123456789012:root"
}
data "aws_iam_policy_document" "d" {
  source_policy_documents = [module.base.json]
  dynamic "statement" {
    for_each = ["kms:Sign"]
    content {
      sid       = "Dynamic"
      actions   = [statement.value]
      resources = ["*"]
      dynamic "principals" {
        for_each = { AWS = "a" }
        content {
          type        = principals.key
          identifiers = [principals.value, "b"]
        }
      }
    }
  }
}
"""
    base = """variable "who" {}
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Base"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [var.who]
    }
  }
}
output "json" {
  value = data.aws_iam_policy_document.base.json
}
"""
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "main.tf").write_text(base, encoding="utf-8")
    stack, tree = _load(tmp_path)
    found = {each.address: each.document for each in stack.documents}
    assert _lines(found["data.aws_iam_policy_document.d"], tree) == {
        "Version": 5,
        "Statement/0/Sid": "base/main.tf:4",
        "Statement/0/Effect": "base/main.tf:3",
        "Statement/0/Action": "base/main.tf:5",
        "Statement/0/Resource": "base/main.tf:6",
        "Statement/0/Principal/AWS": 3,
        "Statement/1/Sid": 10,
        "Statement/1/Effect": 9,
        "Statement/1/Action": 8,
        "Statement/1/Resource": 12,
        "Statement/1/Principal/AWS/0": 17,
        "Statement/1/Principal/AWS/1": 14,
    }


def test_a_source_that_depends_on_a_variable_is_merged_case_by_case(tmp_path: Path) -> None:
    text = (
        'variable "on" {\n  type = bool\n}\n'
        'data "aws_iam_policy_document" "a" {\n' + _statement("A", "kms:Sign") + "}\n"
        'data "aws_iam_policy_document" "d" {\n'
        "  source_policy_documents = var.on ? [data.aws_iam_policy_document.a.json] : []\n"
        + _statement("Own", "kms:Verify")
        + "}\n"
    )
    inventory = _inventory(tmp_path, text)
    (data,) = (d for d in inventory["data"] if d["address"].endswith(".d"))  # type: ignore[attr-defined]
    cases = {c["when"][0][0]["value"]: c["document"]["Statement"] for c in data["cases"]}
    assert {case: [s["Sid"] for s in found] for case, found in cases.items()} == {
        True: ["A", "Own"],
        False: ["Own"],
    }


def test_a_condition_that_may_not_be_there_is_not_one_without_values(tmp_path: Path) -> None:
    text = (
        'variable "on" {\n  type = bool\n}\n'
        'data "aws_iam_policy_document" "d" {\n'
        '  statement {\n    actions   = ["kms:Sign"]\n    resources = ["*"]\n'
        '    dynamic "condition" {\n      for_each = var.on ? ["x"] : []\n      content {\n'
        '        test     = "StringEquals"\n        variable = "aws:x"\n'
        "        values   = [condition.value]\n      }\n    }\n  }\n}\n"
    )
    inventory = _inventory(tmp_path, text)
    (data,) = inventory["data"]  # type: ignore[misc]
    cases = {c["when"][0][0]["value"]: c["document"] for c in data["cases"]}
    assert cases[True]["Statement"][0]["Condition"] == {"StringEquals": {"aws:x": "x"}}
    assert not any(cases[False]["Statement"][0].get("Condition", {}).values())


def test_documents_that_are_not_known_leave_the_list_open(tmp_path: Path) -> None:
    text = (
        'variable "more" {\n  type = list(string)\n}\n'
        'data "aws_iam_policy_document" "d" {\n  source_policy_documents = var.more\n'
        + _statement("Own", "kms:Verify")
        + "}\n"
    )
    inventory = _inventory(tmp_path, text)
    (data,) = inventory["data"]  # type: ignore[misc]
    assert data["document"]["Statement"][1:] == ["${...}"]
    assert [each["expression"] for each in data["unknown"]] == ["var.more"]


def test_an_override_that_is_not_known_may_replace_what_has_a_sid(tmp_path: Path) -> None:
    text = (
        'variable "override" {\n  type = string\n}\n'
        'data "aws_iam_policy_document" "d" {\n  override_policy_documents = [var.override]\n'
        + _statement("Own", "kms:Verify")
        + '  statement {\n    actions   = ["kms:Sign"]\n    resources = ["*"]\n  }\n}\n'
    )
    inventory = _inventory(tmp_path, text)
    (data,) = inventory["data"]  # type: ignore[misc]
    actions = [
        [
            each if isinstance(each, str) else each["Action"]
            for each in case["document"]["Statement"]
        ]
        for case in data["cases"]
    ]
    assert sorted(actions) == [["kms:Sign", "${...}"], ["kms:Verify", "kms:Sign", "${...}"]]


def test_merged_statements_are_what_the_provider_reads_of_them(tmp_path: Path) -> None:
    """Measured with provider 5.100: numbers in conditions are lost, and so is what else it does
    not know; any text as a principal is everybody.
    """
    statement = (
        '{"effect": "Allow", "action": ["kms:Sign"], "Unheard": 1, "Principal": "AWS", "Condition":'
        ' {"NumericLessThan": {"a": 5}, "Bool": {"b": true, "c": null}, "StringLike": {"d": ["e"]}}}'
    )
    text = (
        'data "aws_iam_policy_document" "d" {\n  source_policy_documents = [<<-JSON\n'
        f'    {{"version": "2012-10-17", "statement": [{statement}]}}\n  JSON\n  ]\n}}\n'
    )
    assert _documents(tmp_path, text)["data.aws_iam_policy_document.d"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["kms:Sign"],
                "Principal": "*",
                "Condition": {"Bool": {"b": "true"}, "StringLike": {"d": ["e"]}},
            }
        ],
    }


def test_an_override_after_one_that_is_not_known_replaces_for_certain(tmp_path: Path) -> None:
    text = (
        'variable "override" {\n  type = string\n}\n'
        'data "aws_iam_policy_document" "last" {\n' + _statement("Own", "kms:Sign") + "}\n"
        'data "aws_iam_policy_document" "d" {\n  override_policy_documents = [\n'
        "    var.override, data.aws_iam_policy_document.last.json,\n  ]\n"
        + _statement("Own", "kms:Verify")
        + "}\n"
    )
    inventory = _inventory(tmp_path, text)
    (data,) = (d for d in inventory["data"] if d["address"].endswith(".d"))  # type: ignore[attr-defined]
    statements = data["document"]["Statement"]
    assert [each if isinstance(each, str) else each["Action"] for each in statements] == [
        "kms:Sign",
        "${...}",
    ]
