"""`inventory` JSON, version 1."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from kmsiac.inventory.export import to_json
from kmsiac.values import Choice, Guard, List, Map, Number, Text, Unknown, Value, text

if TYPE_CHECKING:
    from conftest import Reader

SECRET = "hunter2"

HCL = """
variable "account" {}
resource "aws_iam_role" "app" { assume_role_policy = "{}" }
resource "aws_kms_key" "k" {
  policy = jsonencode({
    Statement = [{
      Principal = { AWS = [aws_iam_role.app.arn, "arn:aws:iam::${var.account}:root"] }
    }]
  })
}
data "aws_iam_policy_document" "d" {
  statement { actions = ["kms:Decrypt"] }
}
"""


def test_the_shape_of_a_policy(terraform: Reader) -> None:
    shape = terraform(HCL).json()
    assert shape["schema_version"] == 1
    assert set(shape) == {
        "schema_version", "policies", "data", "keys", "grants", "endpoints", "identities",
        "consumers", "aliases", "unresolved", "errors",
    }  # fmt: skip
    policy = next(p for p in shape["policies"] if p["resource"] == "aws_kms_key.k")
    location = policy.pop("location")
    assert (location["path"], location["line"], location["column"]) == ("main.tf", 5, 3)
    (unknown,) = policy.pop("unknown")
    assert unknown.pop("location")["line"] == 2  # where the variable is declared
    assert unknown == {
        "pointer": "/Statement/0/Principal/AWS/1",
        "expression": "var.account",
        "reason": unknown["reason"],
    }
    assert policy == {
        "resource": "aws_kms_key.k",
        "attribute": "policy",
        "kind": "key",
        "document": {
            "Statement": [
                {
                    "Principal": {
                        "AWS": ["${aws_iam_role.app.arn}", "arn:aws:iam::${var.account}:root"]
                    }
                }
            ]
        },
        "default_policy": False,
        "maybe_absent": False,
        "symbols": [
            {
                "pointer": "/Statement/0/Principal/AWS/0",
                "text": "${aws_iam_role.app.arn}",
                "type": "role_arn",
            }
        ],
        "cases": [],
    }
    (data,) = shape["data"]
    assert data["address"] == "data.aws_iam_policy_document.d"
    assert data["document"] == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt"}],
    }


def test_cases_say_when(cloudformation: Reader) -> None:
    shape = cloudformation(
        "Parameters: {Env: {Type: String}}\n"
        "Conditions: {Prod: !Equals [!Ref Env, prod]}\n"
        "Resources:\n  K:\n    Type: AWS::KMS::Key\n    Properties:\n"
        "      KeyPolicy: {Id: !If [Prod, a, b]}\n"
    ).json()
    (policy,) = shape["policies"]
    assert policy["document"] is None
    assert policy["cases"] == [
        {"when": [[{"condition": "Prod", "value": True}]], "document": {"Id": "a"}},
        {"when": [[{"condition": "Prod", "value": False}]], "document": {"Id": "b"}},
    ]


def test_links_are_addresses(terraform: Reader) -> None:
    shape = terraform(
        'resource "aws_kms_key" "k" {}\n'
        'resource "aws_kms_alias" "a" {\n  name = "alias/a"\n'
        "  target_key_id = aws_kms_key.k.id\n}\n"
    ).json()
    (key,), (alias,) = shape["keys"], shape["aliases"]
    assert key["aliases"] == ["aws_kms_alias.a"]
    assert key["policies"] == ["aws_kms_key.k"]
    assert alias["key"] == ["aws_kms_key.k"]
    assert alias["settings"]["name"] == "alias/a"


def secret(name: str = "var.s") -> Unknown:
    return Unknown(name, "no value", sensitive=True)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (Text((SECRET,), sensitive=True), "(sensitive)"),
        (Number(42, sensitive=True), "(sensitive)"),
        (List((text(SECRET),), sensitive=True), "(sensitive)"),
        (Map(((text(SECRET), text("x")),), sensitive=True), "(sensitive)"),
        (Map(((Text((SECRET,), sensitive=True), text("x")),)), {"(sensitive)": "x"}),
        (secret(SECRET), "(sensitive)"),
        (Text(("a-", secret(SECRET))), "(sensitive)"),
        (Choice(Guard("u", "g"), [(True, text(SECRET))], sensitive=True), "(sensitive)"),
    ],
)
def test_a_secret_is_masked(value: Value, printed: object) -> None:
    assert to_json(value) == printed


@pytest.mark.parametrize(
    "policy",
    [
        "sensitive(jsonencode({ Statement = [{ Sid = var.s }] }))",
        "jsonencode({ Statement = [{ Sid = var.s }] })",
        "jsonencode({ (var.s) = { (var.s) = [var.s] } })",
        '"{\\"Statement\\": [{\\"Sid\\": \\"x-${var.s}\\", \\"Action\\": 1}]}"',
        "var.f ? jsonencode({ Id = var.s }) : var.s",
        '<<EOT\n{"Id": "${var.s}" BROKEN\nEOT\n',
    ],
)
def test_no_secret_leaves_a_policy(terraform: Reader, policy: str) -> None:
    read = terraform(
        f'variable "s" {{\n  sensitive = true\n  default = "{SECRET}"\n}}\n'
        'variable "f" { type = bool }\n'
        f'resource "aws_kms_key" "k" {{\n  description = var.s\n  tags = {{ (var.s) = var.s }}\n'
        f"  policy = {policy}\n}}\n"
        'data "aws_iam_policy_document" "d" {\n  statement { sid = var.s }\n}\n'
    )
    assert SECRET not in json.dumps(read.json())


def test_what_json_cannot_hold() -> None:
    assert to_json(Number(Decimal("1E999"))) == "1E+999"
    assert to_json(Number(Decimal("1.5"))) == 1.5
