"""`kmsiac principal-can`: its principal and its exit codes."""

from __future__ import annotations

import json

from tests.cli.access_project import CLOUDFORMATION, TERRAFORM, CommandLine


def test_an_unknown_principal_is_2(command: CommandLine) -> None:
    ran = command("principal-can", "aws_iam_role.ap", TERRAFORM)
    assert (ran.code, ran.out) == (2, "")
    assert 'did you mean "aws_iam_role.app"?' in ran.err


def test_the_report_names_the_principal(command: CommandLine) -> None:
    for principal, path in (("aws_iam_role.admin", TERRAFORM), ("AdminRole", CLOUDFORMATION)):
        ran = command("principal-can", principal, path, "-f", "json")
        assert ran.code == 0
        assert json.loads(ran.out)["principal"] == principal
        assert principal in command("principal-can", principal, path).out.splitlines()[0]


def test_an_unread_file_is_3_and_no_key_is_no_fault(command: CommandLine) -> None:
    command.write("x/main.tf", 'resource "aws_iam_user" "u" {\n  name = "u"\n}\n')
    ran = command("principal-can", "aws_iam_user.u", "x")
    assert ran.code == 0
    assert ran.out == "aws_iam_user.u can do nothing that is known with the 0 keys of this scan\n"
    command.write("bad/broken.tf", 'resource "a" "b" {')
    assert command("principal-can", "aws_iam_user.u", "x", "bad/broken.tf").code == 3
