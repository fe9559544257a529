"""`kmsiac who-can`: which actions its word means, and its exit codes."""

from __future__ import annotations

import json

import pytest

from kmsiac.aws.actions import kms_action
from kmsiac.findings.access_report import CAPABILITIES
from tests.cli.access_project import TERRAFORM, CommandLine

KEY = "aws_kms_key.documents"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("kms:Decript", 'there is no KMS action "kms:Decript" (did you mean "kms:Decrypt"?)'),
        ("kms:Nothing*", 'no KMS action matches "kms:Nothing*"'),
        ("s3:*", 'no KMS action matches "s3:*"'),
        ("kms:ListKeys", "kms:ListKeys acts on no key"),
        ("?", 'no KMS action matches "?"'),
    ],
)
def test_an_unknown_action_is_2(command: CommandLine, word: str, message: str) -> None:
    ran = command("who-can", word, KEY, TERRAFORM)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize("word", ["*", "kms:*", "Generate*", "generatedatakey", "kms:Gener?teMac"])
def test_any_pattern_of_actions_is_answered(command: CommandLine, word: str) -> None:
    ran = command("who-can", word, KEY, TERRAFORM, "-f", "json")
    report = json.loads(ran.out)
    assert (ran.code, report["key"]) == (0, KEY)
    assert report["action"] == ("kms:GenerateDataKey" if word == "generatedatakey" else word)
    assert starts(report) == ("keys.tf", 7)


def starts(report: dict[str, dict[str, object]]) -> tuple[str, object]:
    return str(report["location"]["path"]).rpartition("/")[2], report["location"]["line"]


def test_rows_are_grouped_by_capability_in_a_fixed_order(command: CommandLine) -> None:
    first = command("who-can", "*", KEY, TERRAFORM, "-f", "json").out
    assert command("who-can", "*", KEY, TERRAFORM, "-f", "json").out == first
    rows = json.loads(first)["principals"]
    places = [CAPABILITIES.index(row["capability"]) for row in rows]
    assert places == sorted(places)
    for row in rows:
        actions = [kms_action(name) for name in row["actions"]]
        assert {action.duty for action in actions if action} == {row["capability"]}


def test_an_unread_file_is_3(command: CommandLine) -> None:
    command.write("bad/broken.tf", 'resource "a" "b" {')
    ran = command("who-can", "kms:Decrypt", KEY, TERRAFORM, "bad/broken.tf")
    assert ran.code == 3
    assert "this block is never closed" in ran.out


def test_help_has_examples(command: CommandLine) -> None:
    for name in ("can", "who-can", "principal-can"):
        ran = command(name, "--help")
        assert ran.code == 0
        assert f"Usage: kmsiac {name} " in ran.out
        assert "Examples:\n" in ran.out and "Exit codes:\n" in ran.out
        assert ran.out.isascii()


NEIGHBOR = """\
resource "aws_iam_role" "r" {
  name               = "r"
  assume_role_policy = "{}"
}
resource "aws_iam_role_policy" "r" {
  role   = aws_iam_role.r.name
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*" }] })
}
"""
NAMING = """\
resource "aws_kms_key" "k" {
  policy = jsonencode({ Statement = [{
    Effect    = "Allow", Action = "kms:Decrypt", Resource = "*"
    Principal = { AWS = ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/r"] }
  }] })
}
"""


def test_roles_of_other_units_count_where_they_are_in_the_account(command: CommandLine) -> None:
    command.write("a/main.tf", NAMING)
    command.write("b/main.tf", NEIGHBOR)
    words = ("who-can", "kms:Decrypt", "aws_kms_key.k", "a", "b", "-f", "json")
    without = json.loads(command(*words).out)
    assert "aws_iam_role.r" not in [row["resource"] for row in without["principals"]]
    note = "the roles and users of b are left out: whether they are in the account of aws_kms_key.k"
    assert without["notes"][0].startswith(note)
    report = json.loads(command(*words, "--account-id", "111122223333").out)
    roles = [(r["resource"], r["answer"]) for r in report["principals"] if r["kind"] == "role"]
    assert (roles, report["notes"]) == ([("aws_iam_role.r", "yes")], [])


FOREIGN_KEY = """\
provider "aws" {
  allowed_account_ids = ["111122223333"]
}
resource "aws_kms_key" "k" {
  policy = jsonencode({ Statement = [{
    Effect    = "Allow", Action = "kms:*", Resource = "*"
    Principal = { AWS = ["arn:aws:iam::444455556666:role/r", "arn:aws:iam::444455556666:role/x"] }
  }] })
}
"""


def test_a_role_of_another_account_counts_with_its_own_policies(command: CommandLine) -> None:
    command.write("a/main.tf", FOREIGN_KEY)
    provider = 'provider "aws" {\n  allowed_account_ids = ["444455556666"]\n}\n'
    command.write("b/main.tf", provider + NEIGHBOR)
    report = json.loads(command("who-can", "*", "aws_kms_key.k", "a", "b", "-f", "json").out)
    rows = {(r["resource"] or r["id"], r["answer"], r["capability"]) for r in report["principals"]}
    other = "arn:aws:iam::444455556666:role/x"
    assert ("aws_iam_role.r", "yes", "use") in rows
    assert (other, "cannot-tell", "use") in rows
    actions = {name for r in report["principals"] for name in r["actions"]}
    assert "kms:Decrypt" in actions and "kms:PutKeyPolicy" not in actions
    assert report["principals"][0]["location"]["path"] == "a/main.tf"
    ran = command("can", "aws_iam_role.r", "kms:PutKeyPolicy", "aws_kms_key.k", "a", "b")
    assert (ran.code, "cross-account-operation" in ran.out) == (1, True)


NAMES_SOMEBODY = """\
jsonencode({ Statement = [{
    Effect = "Allow", Action = "kms:Decrypt", Resource = "*", Principal = { AWS = %s }
  }] })"""


@pytest.mark.parametrize(
    ("policy", "rows"),
    [
        ("var.who", [("anyone", "cannot-tell")]),
        (NAMES_SOMEBODY % "var.who", [("anyone", "cannot-tell")]),
        (NAMES_SOMEBODY % '"arn:aws:iam::111122223333:role/${var.who}"', []),
    ],
)
def test_whom_nobody_can_name_is_not_passed_over(
    command: CommandLine, policy: str, rows: list[tuple[str, str]]
) -> None:
    tree = 'variable "who" {}\nresource "aws_kms_key" "k" {\n  policy = %s\n}\n'
    command.write("x/main.tf", tree % policy)
    report = json.loads(command("who-can", "Decrypt", "aws_kms_key.k", "x", "-f", "json").out)
    assert [(row["id"], row["answer"]) for row in report["principals"]] == rows
    found = [(e["resource"], e["attribute"], e["reason"]) for e in report["unresolved"]]
    assert [(resource, named) for resource, named, _ in found] == [("aws_kms_key.k", "policy")]
    assert found[0][2].startswith("it is not known whom this lets in: var.who: ")


def test_an_unknown_grantee_is_not_passed_over(command: CommandLine) -> None:
    grant = (
        'variable "who" {}\nresource "aws_kms_key" "k" {}\nresource "aws_kms_grant" "g" {\n'
        "  key_id = aws_kms_key.k.id\n  grantee_principal = var.who\n"
        '  operations = ["Decrypt"]\n}\n'
    )
    command.write("x/main.tf", grant)
    report = json.loads(command("who-can", "Decrypt", "aws_kms_key.k", "x", "-f", "json").out)
    assert [entry["resource"] for entry in report["unresolved"]] == ["aws_kms_grant.g"]
    assert "anyone" in [row["id"] for row in report["principals"]]
