"""What the attributes of resources and data sources are as symbols, and what shape is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.frontends.terraform.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Environment
from kmsiac.values import Symbol, Text

INPUTS = Inputs(environment=Environment("111122223333", "eu-west-1", "aws"))


def symbol(tmp_path: Path, blocks: str, reference: str) -> Symbol:
    """The symbol that a reference gives."""
    text = f'{blocks}\nresource "aws_kms_key" "subject" {{\n  description = {reference}\n}}\n'
    (tmp_path / "main.tf").write_text(text)
    stack = load(UnitSource("terraform", tmp_path), SourceTree(tmp_path), INPUTS)
    assert stack.errors == []
    subject = next(r for r in stack.resources if r.address == "aws_kms_key.subject")
    value = subject.attributes.get("description")
    assert isinstance(value, Text) and value.symbol is not None, value
    return value.symbol


@pytest.mark.parametrize(
    ("type_", "arguments", "reference", "wanted"),
    [
        ("aws_kinesis_stream", 'name = "s"', "arn", "arn:aws:kinesis:eu-west-1:111122223333:stream/s"),
        ("aws_ecr_repository", 'name = "a/b"', "arn", "arn:aws:ecr:eu-west-1:111122223333:repository/a/b"),
        ("aws_sfn_state_machine", 'name = "m"', "id", "arn:aws:states:eu-west-1:111122223333:stateMachine:m"),
        ("aws_cloudtrail", 'name = "t"', "arn", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t"),
        ("aws_backup_vault", 'name = "v"', "arn", "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"),
        ("aws_opensearch_domain", 'domain_name = "d"', "arn", "arn:aws:es:eu-west-1:111122223333:domain/d"),
        (
            "aws_cloudfront_distribution",
            "",
            "arn",
            "arn:aws:cloudfront::111122223333:distribution/${aws_cloudfront_distribution.x.id}",
        ),
    ],
)  # fmt: skip
def test_shapes_of_arns(
    tmp_path: Path, type_: str, arguments: str, reference: str, wanted: str
) -> None:
    found = symbol(
        tmp_path, f'resource "{type_}" "x" {{\n{arguments}\n}}', f"{type_}.x.{reference}"
    )
    assert found.reference == f"{type_}.x.arn"
    assert str(found.shape) == wanted


@pytest.mark.parametrize(
    ("type_", "arguments", "attribute", "kind"),
    [
        # An alias is no part of a key's ARN, and an ARN may be of another account.
        ("aws_kms_key", 'key_id = "alias/x"', "arn", "key_arn"),
        ("aws_kms_key", 'key_id = "alias/x"', "id", "key_id"),
        ("aws_kms_key", 'key_id = "arn:aws:kms:eu-west-1:444455556666:key/1"', "arn", "key_arn"),
        ("aws_lambda_function", 'function_name = "444455556666:function:f"', "arn", "function_arn"),
        ("aws_iam_policy", 'name = "ReadOnlyAccess"', "arn", "policy_arn"),
        ("aws_ecr_repository", 'name = "r"', "arn", "repository_arn"),
    ],
)
def test_what_a_data_source_looks_up_may_be_elsewhere(
    tmp_path: Path, type_: str, arguments: str, attribute: str, kind: str
) -> None:
    reference = f"data.{type_}.x.{attribute}"
    found = symbol(tmp_path, f'data "{type_}" "x" {{\n{arguments}\n}}', reference)
    assert (found.type, found.reference, found.shape) == (kind, reference, None)


def test_a_data_source_that_is_asked_by_name(tmp_path: Path) -> None:
    found = symbol(tmp_path, 'data "aws_sqs_queue" "q" { name = "q" }', "data.aws_sqs_queue.q.arn")
    assert str(found.shape) == "arn:aws:sqs:eu-west-1:111122223333:q"


def test_the_role_behind_a_session_is_one_of_the_account(tmp_path: Path) -> None:
    source = (
        'data "aws_iam_session_context" "me" { arn = "arn:aws:sts::111122223333:assumed-role/r/s" }'
    )
    found = symbol(tmp_path, source, "data.aws_iam_session_context.me.issuer_arn")
    assert found.type == "role_arn"
    name = "${data.aws_iam_session_context.me.issuer_name}"
    assert str(found.shape) == f"arn:aws:iam::111122223333:role/{name}"
