"""Small trees for the tests of `can` and its kin, and the command line in this process."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from kmsiac.cli import run

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "access"
TERRAFORM = str(FIXTURE / "terraform")
CLOUDFORMATION = str(FIXTURE / "cloudformation")

KEYS = """\
resource "aws_kms_key" "one" {}

resource "aws_kms_key" "each" {
  for_each = toset(["a", "b"])
}

resource "aws_kms_key" "counted" {
  count = 1
}

resource "aws_kms_alias" "one" {
  name          = "alias/one"
  target_key_id = aws_kms_key.one.key_id
}

resource "aws_kms_alias" "open" {
  name          = "alias/${var.stage}"
  target_key_id = aws_kms_key.each["a"].key_id
}

resource "aws_kms_alias" "foreign" {
  name          = "alias/foreign"
  target_key_id = "11111111-2222-3333-4444-555555555555"
}

variable "stage" {}

resource "aws_iam_role" "app" {
  name               = "app"
  path               = "/service/"
  assume_role_policy = "{}"
}

resource "aws_iam_user" "eve" {
  name = "eve"
}

resource "aws_iam_group" "staff" {
  name = "staff"
}

resource "aws_vpc_endpoint" "kms" {
  vpc_id       = "vpc-1"
  service_name = "com.amazonaws.eu-west-1.kms"
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id       = "vpc-1"
  service_name = "com.amazonaws.eu-west-1.s3"
}
"""


class Ran(NamedTuple):
    """The exit code of a run, its report, and what it said on standard error."""

    code: int
    out: str
    err: str


class CommandLine:
    """`kmsiac ...` in a folder of its own, which holds `KEYS` as main.tf."""

    def __init__(self, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capfd = capfd
        self.folder = folder
        self.write("main.tf", KEYS)

    def write(self, name: str, content: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def __call__(self, *arguments: str) -> Ran:
        self._capfd.readouterr()
        code = run(arguments)
        told = self._capfd.readouterr()
        assert "internal error" not in told.err, told.err
        return Ran(code, told.out, told.err)
