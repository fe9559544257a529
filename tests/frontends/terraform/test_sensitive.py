"""Sensitive values: what is made of them is sensitive, and nothing of it prints."""

from pathlib import Path

import pytest

from tests.frontends.terraform.loading import plain, policy, read, result


def test_sensitive_values_never_print(tmp_path: Path) -> None:
    more = 'variable "s" {\n  default = "hush"\n  sensitive = true\n}\n'
    assert result(tmp_path, '"a-${var.s}"', more) == "(sensitive)"
    assert result(tmp_path, "upper(var.s)", more) == "(sensitive)"


@pytest.mark.parametrize(
    "expression",
    [
        "jsonencode({ a = 1, b = [var.s] })",
        '"x ${jsonencode({ b = [var.s] })}"',
        'join("-", ["a", var.s])',
        'format("%s and %v", "a", [var.s])',
        'format("%q", var.s)',
        'formatlist("%s!", [var.s])[0]',
        'replace("a-b", "b", var.s)',
        "jsonencode({ (var.s) = 1 })",
        '"%{ for x in [var.s] }${x}%{ endfor }"',
        "jsondecode(jsonencode({ b = var.s })).b",
    ],
)
def test_what_is_made_of_something_sensitive_never_prints(tmp_path: Path, expression: str) -> None:
    more = 'variable "s" {\n  default = "hush"\n  sensitive = true\n}\n'
    assert result(tmp_path, expression, more) == "(sensitive)"


def test_what_is_declared_no_secret_may_be_gone_through(tmp_path: Path) -> None:
    hcl = """
variable "s" {
  type      = map(string)
  default   = { a = "hush" }
  sensitive = true
}
resource "aws_kms_key" "set" {
  for_each    = nonsensitive(toset(keys(var.s)))
  description = each.key
}
resource "aws_kms_key" "list" {
  for_each    = toset(nonsensitive(keys(var.s)))
  description = var.s[each.key]
}
resource "aws_kms_key" "map" {
  for_each    = nonsensitive(var.s)
  description = each.key
}
resource "aws_kms_key" "shut" {
  description = nonsensitive([var.s])[0].a
}
"""
    stack, _ = read(tmp_path, {"a.tf": hcl})
    found = {one.address: str(one.attributes.get("description")) for one in stack.resources}
    assert found == {
        'aws_kms_key.list["a"]': "(sensitive)",
        'aws_kms_key.map["a"]': "a",
        'aws_kms_key.set["a"]': "a",
        "aws_kms_key.shut": "(sensitive)",
    }


def test_a_sensitive_member_leaves_the_rest_of_an_encoded_document_readable(tmp_path: Path) -> None:
    text = """
variable "s" {
  default = "hush"
  sensitive = true
}
locals {
  encoded = jsonencode({ Sid = var.s, Effect = "Allow" })
}
resource "aws_kms_key" "part" {
  policy = local.encoded
}
resource "aws_kms_key" "whole" {
  policy = sensitive(local.encoded)
}
"""
    stack, _ = read(tmp_path, {"main.tf": text})
    part, whole = stack.resources
    assert (
        str(part.attributes.get("policy")) == str(whole.attributes.get("policy")) == "(sensitive)"
    )
    assert plain(policy(part)) == {"Effect": "Allow", "Sid": "(sensitive)"}
    assert plain(policy(whole)) == {"Effect": "(sensitive)", "Sid": "(sensitive)"}
