"""`kmsiac who-can` on statements for everybody that conditions narrow to somebody known."""

from __future__ import annotations

import json

import pytest

from tests.cli.access_project import CommandLine

OWN = '{StringEquals = {"kms:CallerAccount" = "111122223333"}}'
ORGANIZATION = '{StringEquals = {"aws:PrincipalOrgID" = data.aws_organizations_organization.o.id}}'
DELEGATION = """
    {Effect = "Allow", Principal = {AWS = "arn:aws:iam::111122223333:root"}, Action = "kms:*",
     Resource = "*"},"""
PROJECT = """
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}
data "aws_organizations_organization" "o" {}
resource "aws_kms_key" "k" {
  policy = jsonencode({Version = "2012-10-17", Statement = [%s
    {Effect = "Allow", Principal = "*", Action = "kms:Decrypt", Resource = "*", Condition = %s},
  ]})
}
"""
ACCOUNT = "arn:${data.aws_partition.current.partition}:iam::111122223333:root"


def rows(command: CommandLine, condition: str, before: str = "") -> list[tuple[object, ...]]:
    command.write("everybody/main.tf", PROJECT % (before, condition))
    ran = command("who-can", "kms:Decrypt", "aws_kms_key.k", "everybody", "-f", "json")
    return [
        (row["kind"], row["id"], row["answer"], tuple(row["path"]))
        for row in json.loads(ran.out)["principals"]
    ]


def test_the_own_account_is_let_in_without_iam(command: CommandLine) -> None:
    assert rows(command, OWN) == [("account", ACCOUNT, "yes", ("key-policy",))]


def test_it_stands_beside_what_is_left_to_iam(command: CommandLine) -> None:
    assert rows(command, OWN, DELEGATION) == [
        ("root", ACCOUNT, "yes", ("key-policy",)),
        ("account", ACCOUNT, "yes", ("key-policy",)),
        ("account", "arn:aws:iam::111122223333:root", "cannot-tell", ("delegation",)),
    ]


def test_an_organization_that_a_data_source_reads(command: CommandLine) -> None:
    found = rows(command, ORGANIZATION)
    assert [(kind, answer) for kind, _, answer, _ in found] == [
        ("account", "yes"),
        ("organization", "cannot-tell"),
    ]
    assert found[1][1] == "${data.aws_organizations_organization.o.id}"


def test_anyone_at_all_says_it_for_the_account(command: CommandLine) -> None:
    assert rows(command, "{}") == [("anyone", "anyone", "yes", ("key-policy",))]


@pytest.mark.parametrize("principal", ["111122223333", "root"])
def test_can_says_the_same(command: CommandLine, principal: str) -> None:
    command.write("everybody/main.tf", PROJECT % ("", OWN))
    ran = command("can", principal, "kms:Decrypt", "aws_kms_key.k", "everybody")
    assert (ran.code, ran.out[:4]) == (0, "yes:")
