"""Texts of which a part is open: what goes through `join`, a template or `split` loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.frontends.terraform.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.policy.json_text import decode
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Environment
from kmsiac.values import Bool, Choice, List, Map, Text, Unknown, Value

DOCUMENTS = """variable "more" {
  type = list(string)
}
variable "open" {
  type = bool
}
data "aws_iam_policy_document" "d" {
  count                   = 1
  source_policy_documents = var.more
  statement {
    actions   = ["kms:Decrypt"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "maybe" {
  count = var.open ? 1 : 0
  statement {
    actions   = ["kms:Decrypt"]
    resources = ["*"]
  }
}
"""
QUEUE = """resource "random_pet" "name" {}
resource "aws_sqs_queue" "q" {
  name = random_pet.name.id
}
"""


def value_of(tmp_path: Path, blocks: str, expression: str) -> Value | None:
    text = f'{blocks}\nresource "aws_kms_key" "k" {{\n  policy = {expression}\n}}\n'
    (tmp_path / "main.tf").write_text(text)
    stack = load(UnitSource("terraform", tmp_path), SourceTree(tmp_path), Inputs())
    key = next(r for r in stack.resources if r.address == "aws_kms_key.k")
    return key.attributes.get("policy")


@pytest.mark.parametrize(
    "expression",
    [
        "data.aws_iam_policy_document.d[0].json",
        'join("", data.aws_iam_policy_document.d[*].json)',
        '"${data.aws_iam_policy_document.d[0].json}\\n"',
        '" ${jsonencode({Statement = concat([{Effect = "Allow"}], var.more)})}"',
    ],
)
def test_statements_that_are_not_known_stay_so(tmp_path: Path, expression: str) -> None:
    policy = value_of(tmp_path, DOCUMENTS, expression)
    assert isinstance(policy, Text)
    document = policy.document or decode(policy)
    assert isinstance(document, Map)
    statements = document.get("Statement")
    assert isinstance(statements, List)
    assert statements.open is not None or isinstance(statements.items[-1], Unknown)


def test_members_that_are_not_known_stay_in_the_text(tmp_path: Path) -> None:
    blocks = 'variable "tags" {\n  type = map(string)\n}\n'
    encoded = value_of(tmp_path, blocks, '" ${jsonencode(merge({a = "x"}, var.tags))}"')
    assert isinstance(encoded, Text)
    assert any(isinstance(part, Unknown) for part in encoded.parts)


def test_join_of_what_may_be_absent_is_the_document_or_nothing(tmp_path: Path) -> None:
    policy = value_of(tmp_path, DOCUMENTS, 'join("", data.aws_iam_policy_document.maybe[*].json)')
    assert isinstance(policy, Choice)
    made = dict(policy.branches)
    there, absent = made[True], made[False]
    assert isinstance(there, Text)
    assert there.document is not None
    assert isinstance(absent, Text)
    assert absent.literal == ""


def test_the_pieces_before_the_open_one_are_known(tmp_path: Path) -> None:
    service = value_of(tmp_path, QUEUE, 'split(":", aws_sqs_queue.q.arn)[2]')
    assert isinstance(service, Text)
    assert service.literal == "sqs"


@pytest.mark.parametrize(
    "expression",
    [
        'split(":", aws_sqs_queue.q.arn)[5]',
        'split(":", random_pet.name.id)[0]',
        'length(split(":", aws_sqs_queue.q.arn))',
        'reverse(split(":", aws_sqs_queue.q.arn))[0]',
    ],
)
def test_what_the_open_piece_is_cut_into_is_not_known(tmp_path: Path, expression: str) -> None:
    assert isinstance(value_of(tmp_path, QUEUE, expression), Unknown)


def test_an_error_beside_an_unknown_argument_is_an_error(tmp_path: Path) -> None:
    found = value_of(tmp_path, QUEUE, "try(startswith(random_pet.name.id, {}.prefix), true)")
    assert isinstance(found, Bool)
    assert found.value


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("us-east-1", "*", "arn:aws:kms:*:111111111111:key/${aws_kms_key.main.key_id}"),
        (":key/", ":alias/", "arn:aws:kms:us-east-1:111111111111:alias/${aws_kms_key.main.key_id}"),
        (":111111111111:", "::", "arn:aws:kms:us-east-1::key/${aws_kms_key.main.key_id}"),
        ("missing", "x", "arn:aws:kms:us-east-1:111111111111:key/${aws_kms_key.main.key_id}"),
        ("-", "_", None),
        ("key/a", "x", None),
        ("ab", "x", None),
        ("/[0-9]+/", "x", None),
        ("", "x", None),
    ],
)
def test_replace_between_symbols_that_cannot_hold_what_is_looked_for(
    tmp_path: Path, old: str, new: str, expected: str | None
) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_kms_key" "main" {}\nresource "aws_kms_key" "k" {\n'
        f'  description = replace(aws_kms_key.main.arn, "{old}", "{new}")\n}}\n'
    )
    told = Environment("111111111111", "us-east-1", "aws")
    source = UnitSource("terraform", tmp_path)
    stack = load(source, SourceTree(tmp_path), Inputs(environment=told))
    key = next(each for each in stack.resources if each.address == "aws_kms_key.k")
    value = key.attributes.get("description")
    assert isinstance(value, Text if expected else Unknown)
    assert expected is None or str(value) == expected


def test_replace_does_not_look_across_symbols_of_a_kind_that_is_not_known(tmp_path: Path) -> None:
    value = value_of(tmp_path, QUEUE, 'replace("a:${aws_sqs_queue.q.name}:b", "a:", "c")')
    assert isinstance(value, Unknown)
