"""`kmsiac can`: where a no is mended, and the words for what is outside of the templates."""

from __future__ import annotations

from tests.cli.access_project import TERRAFORM, CommandLine

KEY = "alias/documents"
OWN = "123456789012"


def test_nobody_is_added_to_the_statement_of_the_account(command: CommandLine) -> None:
    for who in ("logs.amazonaws.com", "arn:aws:iam::999999999999:role/ci"):
        told = command("can", who, "kms:Decrypt", KEY, TERRAFORM).out
        assert told.startswith("no:")
        assert "AccountDelegates" not in told
        assert f"add an Allow of kms:Decrypt for {who} to the key policy" in told


def test_the_constraint_of_a_grant_and_its_line(command: CommandLine) -> None:
    told = command("can", "aws_iam_role.worker", "Decrypt", KEY, TERRAFORM, "--strict-context").out
    assert "only with the encryption context purpose = thumbnails and no more" in told
    assert "keys.tf:79:1)" in told


def test_the_statement_that_the_sentence_names_is_the_place(command: CommandLine) -> None:
    told = command("can", "aws_iam_role.app", "kms:Sign", "alias/receipts", TERRAFORM).out
    assert 'Statement "AtMost"' in told
    assert "iam.tf:56:18)" in told


def test_an_endpoint_and_a_service_between(command: CommandLine) -> None:
    asked = ("can", "aws_iam_role.app", "Decrypt", KEY, TERRAFORM)
    door = ("--context", "aws:SourceVpce=aws_vpc_endpoint.kms")
    told = command(*asked, *door).out
    assert "Send a request" not in told
    assert "do not pass their VPC endpoint" in told
    via = ("--context", "kms:ViaService=s3.eu-west-1.amazonaws.com")
    assert "No request carries both" in command(*asked, *door, *via).out


def test_an_account_is_open_by_its_other_principals(command: CommandLine) -> None:
    told = command("can", OWN, "Encrypt", KEY, TERRAFORM).out
    assert "the policies of its other principals are not in the scanned templates" in told


def test_nobody_outside(command: CommandLine) -> None:
    told = command("can", "anyone", "kms:Decrypt", KEY, TERRAFORM).out
    assert told.startswith("no: nobody outside can call kms:Decrypt on aws_kms_key.documents")


def test_an_arn_that_is_nearly_that_of_a_role(command: CommandLine) -> None:
    asked = ("Decrypt", KEY, TERRAFORM, "-f", "json")
    near = command("can", f"arn:aws:iam::{OWN}:role/documents-ap", *asked).out
    assert "did you mean aws_iam_role.app" in near
    far = command("can", f"arn:aws:iam::{OWN}:role/other", *asked).out
    assert "did you mean" not in far
