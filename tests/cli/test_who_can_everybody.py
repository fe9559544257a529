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
ACCOUNT = "arn:${provider.aws.partition}:iam::111122223333:root"


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


def test_accounts_that_a_condition_lists(command: CommandLine) -> None:
    listed = '{StringEquals = {"aws:PrincipalAccount" = ["444455556666", "777788889999"]}}'
    assert rows(command, listed) == [
        ("account", "444455556666", "cannot-tell", ("key-policy",)),
        ("account", "777788889999", "cannot-tell", ("key-policy",)),
    ]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("arn:aws:iam::444455556666:role/ci", "arn:aws:iam::444455556666:role/ci"),
        ("arn:aws:iam::444455556666:role/ci-*", "444455556666"),
    ],
)
def test_principals_that_a_condition_lists(command: CommandLine, pattern: str, found: str) -> None:
    ((kind, id, answer, _),) = rows(command, f'{{ArnLike = {{"aws:PrincipalArn" = "{pattern}"}}}}')
    assert (kind, id, answer) == ("role" if found == pattern else "account", found, "cannot-tell")


def test_some_of_the_own_account_is_not_all_of_it(command: CommandLine) -> None:
    some = '{ArnLike = {"aws:PrincipalArn" = "arn:aws:iam::111122223333:role/acc*"}}'
    assert rows(command, some) == [("account", ACCOUNT, "yes", ("key-policy",))]
    ran = command("who-can", "kms:Decrypt", "aws_kms_key.k", "everybody")
    assert "only with aws:PrincipalArn like arn:aws:iam::111122223333:role/acc*" in ran.out


def test_nobody_is_told_to_open_a_statement_for_everybody(command: CommandLine) -> None:
    command.write("everybody/main.tf", PROJECT % ("", ORGANIZATION))
    ran = command("can", "sns.amazonaws.com", "kms:Decrypt", "aws_kms_key.k", "everybody")
    assert ran.out.startswith("no:")
    assert "hange the condition" not in ran.out
    assert "add an Allow of kms:Decrypt for sns.amazonaws.com" in ran.out


ENDPOINT = """
resource "aws_vpc_endpoint" "e" {
  service_name = "com.amazonaws.eu-west-1.kms"
  vpc_id       = "vpc-1"
  policy = jsonencode({Version = "2012-10-17", Statement = [
    {Effect = "Allow", Principal = "*", Action = "%s", Resource = "*"}]})
}
"""
FORCED = """
    {Effect = "Deny", Principal = "*", Action = "kms:Decrypt", Resource = "*",
     Condition = {StringNotEquals = {"aws:SourceVpce" = aws_vpc_endpoint.e.id}}},"""


@pytest.mark.parametrize(
    ("action", "answer"), [("kms:Decrypt", "yes"), ("kms:Encrypt", "cannot-tell")]
)
def test_the_policy_of_an_endpoint_that_a_request_must_pass(
    command: CommandLine, action: str, answer: str
) -> None:
    command.write("everybody/main.tf", PROJECT % (FORCED, OWN) + ENDPOINT % action)
    ran = command("can", "root", "kms:Decrypt", "aws_kms_key.k", "everybody", "-f", "json")
    report = json.loads(ran.out)
    assert report["answer"] == answer
    needs = [need["key"] for need in report["needs"]]
    assert needs == (["aws:SourceVpce"] if answer == "yes" else [])
