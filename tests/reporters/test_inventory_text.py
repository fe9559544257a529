"""The inventory for people."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from kmsiac.reporters.inventory_text import write
from kmsiac.reporters.terminal import Style
from kmsiac.scan import ScanOptions, take_inventory

UNIT = """
variable "flag" { type = bool }
resource "aws_kms_key" "k" {}
resource "aws_kms_key" "l" {}
resource "aws_sns_topic" "t" {
  name              = "t"
  kms_master_key_id = aws_kms_key.k.arn
}
resource "aws_sqs_queue" "q" { kms_master_key_id = "alias/aws/sqs" }
resource "aws_ebs_volume" "v" { kms_key_id = var.flag ? aws_kms_key.k.arn : aws_kms_key.l.arn }
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_group" "g" { name = "g" }
resource "aws_iam_user_group_membership" "m" {
  user   = "ann"
  groups = ["g"]
}
resource "aws_iam_group_policy_attachment" "x" {
  group      = "g"
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_user_policy_attachment" "x" {
  user       = "ann"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
"""


def shown(folder: Path) -> list[str]:
    (folder / "main.tf").write_text(UNIT)
    return shown_of(folder)


def shown_of(folder: Path) -> list[str]:
    stream = StringIO()
    inventory = take_inventory(ScanOptions(paths=(), working_directory=folder))
    write(inventory, stream, Style(color=False))
    return stream.getvalue().splitlines()


def test_consumers_and_their_keys(tmp_path: Path) -> None:
    lines = shown(tmp_path)
    start = lines.index("consumers (3)")
    managed = "an AWS managed key: its policy is not in the templates"
    assert lines[start + 1 : start + 7] == [
        "  aws_sns_topic.t  topic  main.tf:7:3",
        "    kms_master_key_id: aws_kms_key.k",
        "  aws_sqs_queue.q  queue  main.tf:9:32",
        f"    kms_master_key_id: alias/aws/sqs: {managed}",
        "  aws_ebs_volume.v  aws_ebs_volume  main.tf:10:33",
        "    kms_key_id: aws_kms_key.k (perhaps), aws_kms_key.l (perhaps)",
    ]
    assert "    consumers: aws_sns_topic.t, aws_ebs_volume.v" in lines
    assert lines[-1].endswith("identities: 2, consumers: 3")


def test_groups_and_policies_of_aws(tmp_path: Path) -> None:
    lines = shown(tmp_path)
    assert "    groups: aws_iam_group.g" in lines
    at = lines.index("    identity policy: AdministratorAccess, managed by AWS (what concerns KMS)")
    assert lines[at + 1] == "      Allow may * on *"
    assert (
        "    policies, perhaps more: arn:aws:iam::aws:policy/ReadOnlyAccess: "
        "an AWS managed policy, its text is not in the templates"
    ) in lines


def test_a_policy_of_aws_in_two_units_is_told_once_each(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(UNIT.replace('"g"', f'"{name}"'))
    lines = shown_of(tmp_path)
    assert sum("AdministratorAccess, managed by AWS" in line for line in lines) == 2
