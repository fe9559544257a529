"""Terraform examples written anew: as jsonencode, heredoc, data source and plan."""

from __future__ import annotations

import json

import pytest

from kmsiac.authoring.example import Example
from kmsiac.authoring.metamorphic import spellings
from kmsiac.authoring.sandbox import Prepared
from kmsiac.authoring.spelling import Spelling
from kmsiac.frontends.unit import Inputs
from kmsiac.stack import Environment


def found(text: str, account: str | None = None) -> dict[str, Spelling]:
    inputs = Inputs(environment=Environment(account))
    example = Example("KP-20", False, "x", "terraform", text, (), False, inputs, frozenset())
    prepared = Prepared(example)
    assert prepared.errors == []
    return {spelling.words: spelling for spelling in spellings(prepared)}


def text_of(spelling: Spelling) -> str:
    assert spelling.example is not None
    assert spelling.unwritten == ()
    return spelling.example.text


KEY = """\
data "aws_caller_identity" "me" {}

resource "aws_kms_key" "k" {
  description = "x" # stays
  policy      = %s
}
"""


def key(**statement: object) -> str:
    policy = {"Version": "2012-10-17", "Statement": [{**BASE, **statement}]}
    return KEY % f"<<-P\n    {json.dumps(policy)}\n  P\n"


BASE = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"},
    "Action": ["kms:Encrypt", "kms:Decrypt"],
    "Resource": "*",
}


def test_jsonencode() -> None:
    text = text_of(found(key())["with jsonencode"])
    assert (
        'policy      = jsonencode({ "Version" = "2012-10-17", "Statement" = [{ "Effect" = "Allow",'
        ' "Principal" = { "AWS" = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" },'
    ) in text
    assert 'description = "x" # stays\n' in text


def test_reference_alone_is_no_template() -> None:
    text = KEY.replace('"aws_kms_key"', '"aws_kms_key"') + 'resource "aws_kms_key" "other" {}\n'
    policy = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Resource": "${aws_kms_key.other.arn}"}}'
    written = text_of(found(text % f"<<P\n{policy}\nP\n")["with jsonencode"])
    assert '"Resource" = aws_kms_key.other.arn }' in written


def test_policy_variable_stays_one() -> None:
    text = key(Resource="arn:aws:kms:*:*:key/$${aws:PrincipalTag/key}")
    assert 'key/$${aws:PrincipalTag/key}"' in text_of(found(text)["with jsonencode"])
    assert 'key/$${aws:PrincipalTag/key}"' in text_of(found(text)["as a heredoc"])


def test_heredoc() -> None:
    text = text_of(
        found(KEY % 'jsonencode({ Version = "2012-10-17", Statement = [] })')["as a heredoc"]
    )
    assert (
        'policy      = <<POLICY\n{\n "Version": "2012-10-17",\n "Statement": []\n}\nPOLICY\n'
        in text
    )


def test_data_source() -> None:
    condition = {"Bool": {"aws:SecureTransport": True}}
    text = text_of(found(key(Sid="S", Condition=condition))["as a data source"])
    assert "policy      = data.aws_iam_policy_document.spelling_0.json\n" in text
    assert text.endswith("""
data "aws_iam_policy_document" "spelling_0" {
  version = "2012-10-17"
  statement {
    effect = "Allow"
    sid = "S"
    actions = ["kms:Encrypt", "kms:Decrypt"]
    resources = ["*"]
    principals {
      type = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"]
    }
    condition {
      test = "Bool"
      variable = "aws:SecureTransport"
      values = ["true"]
    }
  }
}
""")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ({"Effect": "allow"}, "a data source takes the Effects Allow and Deny"),
        ({"Actions": "kms:*"}, "a statement of a data source has no Actions"),
        ({"Action": []}, "a data source has sets: no empty one, no member twice"),
        ({"Action": ["kms:*", "kms:*"]}, "a data source has sets: no empty one, no member twice"),
        ({"Principal": ["*"]}, "a data source writes principals by type, or the asterisk alone"),
        (
            {"Principal": {"*": "*"}},
            "a data source writes principals by type, or the asterisk alone",
        ),
        ({"Resource": "&{aws:username}"}, "a data source reads &{ as ${"),
        ({"Condition": {}}, "a data source has no Condition that is empty or no map"),
        ({"Condition": {"Null": []}}, "a data source has no condition operator without a key"),
        ({"Sid": ""}, "a data source takes texts that are not empty"),
    ],
)
def test_what_a_data_source_cannot_say(statement: dict[str, object], reason: str) -> None:
    spelling = found(key(**statement))["as a data source"]
    assert (spelling.example, spelling.unwritten) == (None, (f"aws_kms_key.k policy: {reason}",))


def test_document_without_a_version_is_no_data_source() -> None:
    (reason,) = found(KEY % "jsonencode({ Statement = [] })")["as a data source"].unwritten
    assert reason == "aws_kms_key.k policy: a data source always writes a Version"


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("var.p", "it is not known"),
        ("jsonencode({ Statement = concat(var.p, []) })", "not all of it is known"),
        ("jsonencode({ Version = 1 })", "it has no Statement"),
        ('"{\\"Statement\\": [], \\"Statement\\": []}"', "a key stands in it twice"),
        ("var.p ? jsonencode({ Statement = [] }) : null", "it depends on a condition"),
        ('"${sensitive("x")}"', "it is not known"),
    ],
)
def test_policies_that_cannot_be_written_anew(policy: str, reason: str) -> None:
    spelling = found(f'variable "p" {{}}\n{KEY % policy}')["with jsonencode"]
    assert (spelling.example, spelling.unwritten) == (None, (f"aws_kms_key.k policy: {reason}",))


def test_unknown_value_stands_by_itself() -> None:
    """In a text it would become one, in a set a member."""
    policy = (
        'jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = var.p }] })'
    )
    spellings = found(f'variable "p" {{}}\n{KEY % policy}')
    assert '"Action" = var.p }' in text_of(spellings["with jsonencode"])
    for words in ("as a heredoc", "as a data source", "with single values for lists of one"):
        assert spellings[words].unwritten == ("aws_kms_key.k policy: var.p may be no text",)


def test_resource_that_is_several() -> None:
    text = (KEY % "jsonencode({ Statement = [] })").replace(
        "description", "count = 2\n  description"
    )
    spelling = found(text)["as a heredoc"]
    assert spelling.example is None
    assert spelling.unwritten == (
        "aws_kms_key.k[0] policy: its resource is not one block",
        "aws_kms_key.k[1] policy: its resource is not one block",
    )
    assert found(text)["as a plan"].unwritten == (
        "aws_kms_key.k[0] is one of several, or in a module",
    )


ROLE = """\
resource "aws_iam_role" "r" {
  name               = "r"
  assume_role_policy = jsonencode({ Statement = [] })
  inline_policy {
    name   = "a"
    policy = jsonencode({ Version = "2012-10-17", Statement = [] })
  }
  inline_policy {
    name   = "b"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny" }] })
  }
}
"""


def test_policies_in_nested_blocks() -> None:
    spelling = found(ROLE)["as a data source"]
    assert spelling.example is not None
    assert spelling.unwritten == (
        "aws_iam_role.r assume_role_policy: a data source always writes a Version",
        "aws_iam_role.r inline_policy[0].policy: a data source has statements, each Sid once",
    )
    assert (
        "policy = data.aws_iam_policy_document.spelling_2.json\n  }\n}\n" in spelling.example.text
    )


def test_nothing_to_write_anew_without_a_policy() -> None:
    assert list(found('resource "aws_kms_key" "k" {}\n')) == ["as a plan"]


# -- plans ----------------------------------------------------------------------------------------


def plan(text: str, account: str | None = None) -> dict[str, dict[str, object]]:
    document = json.loads(text_of(found(text, account)["as a plan"]))
    return {entry["address"]: entry["change"] for entry in document["resource_changes"]}


def test_plan_knows_the_account() -> None:
    change = plan(key())["aws_kms_key.k"]
    assert "arn:aws:iam::111122223333:root" in str(change["after"])
    assert "arn:aws:iam::444455556666:root" in str(plan(key(), "444455556666")["aws_kms_key.k"])


def test_plan_does_not_know_what_names_another_resource() -> None:
    text = key(Resource="${aws_kms_key.other.arn}") + 'resource "aws_kms_key" "other" {}\n'
    changes = plan(text)
    assert changes["aws_kms_key.k"]["after"] == {"description": "x"}
    assert changes["aws_kms_key.k"]["after_unknown"] == {"policy": True, "description": False}
    assert changes["aws_kms_key.other"]["after_unknown"] == {"arn": True, "policy": True}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (KEY % "var.p" + 'variable "p" {}\n', "not all of it is known"),
        (
            key(Resource="${data.aws_kms_key.other.arn}")
            + 'data "aws_kms_key" "other" {\n  key_id = "alias/a"\n}\n',
            "only AWS knows data.aws_kms_key.other.arn",
        ),
        (
            'variable "n" {}\nresource "aws_kms_key" "k" {\n  count = var.n ? 1 : 0\n}\n',
            "aws_kms_key.k[0] is one of several, or in a module",
        ),
    ],
)
def test_examples_without_a_plan(text: str, reason: str) -> None:
    spelling = found(text)["as a plan"]
    assert (spelling.example, spelling.unwritten) == (None, (reason,))
