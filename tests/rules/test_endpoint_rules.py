"""Rules about the policies of VPC endpoints for KMS."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from kmsiac.config import ScanOptions
from kmsiac.findings.finding import ScanResult
from kmsiac.frontends.unit import Inputs
from kmsiac.scan import scan
from kmsiac.stack import Environment

OURS = (
    "COND-07", "COND-08", "COND-09", "COND-10", "COND-11", "COND-39", "COND-40",
    "VPCE-03", "VPCE-04", "VPCE-09",
)  # fmt: skip


class Said(NamedTuple):
    """A finding: the rule, its severity, and the line it stands on, without blanks."""

    rule: str
    severity: str
    line: str


def scanned(folder: Path, name: str, text: str) -> ScanResult:
    (folder / name).write_text(text)
    inputs = Inputs(environment=Environment("111122223333", "us-east-1", "aws"))
    return scan(ScanOptions(working_directory=folder, select=OURS, inputs=inputs))


def said(folder: Path, name: str, text: str) -> list[Said]:
    lines = text.splitlines()
    found = scanned(folder, name, text)
    assert not found.errors
    return [
        Said(f.rule, f.severity, lines[f.location.line - 1].strip())
        for f in found.findings
        if f.verdict == "yes"
    ]


ENDPOINT = """
resource "aws_vpc_endpoint" "kms" {
  vpc_id              = "vpc-0123456789abcdef0"
  service_name        = "com.amazonaws.us-east-1.kms"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
}

resource "aws_vpc_endpoint_policy" "kms" {
  vpc_endpoint_id = aws_vpc_endpoint.kms.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Use"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
      Resource  = "*"
      Condition = %s
    }]
  })
}
"""


@pytest.mark.parametrize(
    ("condition", "rules"),
    [
        ("{}", ["VPCE-03", "VPCE-04"]),
        ('{ StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" } }', ["VPCE-04"]),
        ('{ StringEquals = { "aws:PrincipalAccount" = "111122223333" } }', ["VPCE-04"]),
        ('{ StringEquals = { "aws:ResourceOrgID" = "o-a1b2c3d4e5" } }', ["VPCE-03"]),
        ('{ StringLike = { "aws:PrincipalOrgID" = "o-*" } }', ["VPCE-03", "VPCE-04"]),
        (
            '{ StringEquals = { "aws:SourceVpc" = "vpc-0123456789abcdef0" } }',
            ["VPCE-03", "VPCE-04"],
        ),
        (
            """{ StringEquals = {
        "aws:PrincipalOrgID" = "o-a1b2c3d4e5"
        "aws:ResourceOrgID"  = "o-a1b2c3d4e5"
      } }""",
            [],
        ),
        (
            """{ StringEquals = {
        "aws:PrincipalAccount" = "111122223333"
        "aws:ResourceAccount"  = "111122223333"
      } }""",
            [],
        ),
    ],
)
def test_endpoint_policies(tmp_path: Path, condition: str, rules: list[str]) -> None:
    found = said(tmp_path, "main.tf", ENDPOINT % condition)
    assert [one.rule for one in found] == rules
    lines = {"VPCE-03": 'Principal = "*"', "VPCE-04": 'Resource  = "*"'}
    assert [one.line for one in found] == [lines[rule] for rule in rules]


def test_the_policy_of_an_endpoint_that_is_not_known_stays_open(tmp_path: Path) -> None:
    text = """variable "endpoint" {}

resource "aws_vpc_endpoint_policy" "p" {
  vpc_endpoint_id = var.endpoint
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Principal = "*", Action = "*", Resource = "*"
  }] })
}
"""
    found = scanned(tmp_path, "main.tf", text)
    assert not found.findings
    assert {"VPCE-03", "VPCE-04"} <= {rule for one in found.unresolved for rule in one.rules}
