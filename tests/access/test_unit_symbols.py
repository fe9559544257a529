"""`UnitAccess` where names, ids and accounts are known only after deployment."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.access.unit import UnitAccess
from tests.access.units import can, key_of, unit_of, who_of

APP = "aws_iam_role.app"
ALLOW = '{ Effect = "Allow", Action = "kms:*", Resource = "%s"%s }'
ROOT = ALLOW % ("*", ', Principal = { AWS = "arn:aws:iam::111122223333:root" }')
NAMED = ALLOW % ("*", ", Principal = { AWS = aws_iam_role.app.arn }")


def policy(*statements: str) -> str:
    return f'jsonencode({{ Version = "2012-10-17", Statement = [{", ".join(statements)}] }})'


def key(*statements: str, more: str = "") -> str:
    return f'resource "aws_kms_key" "k" {{\n  {more}\n  policy = {policy(*statements)}\n}}\n'


def role(*statements: str, name: str = '"app"') -> str:
    inline = f'inline_policy {{\n    name = "p"\n    policy = {policy(*statements)}\n  }}'
    return (
        f'variable "p" {{}}\nresource "aws_iam_role" "app" {{\n  name = {name}\n'
        f'  assume_role_policy = "{{}}"\n  {inline if statements else ""}\n}}\n'
    )


def verdict(unit: UnitAccess, action: str = "Decrypt") -> str:
    return can(unit, APP, action).answer.verdict.value


# -- a name with an unknown part --------------------------------------------------------------------

UNNAMED = '"${var.p}-app"'


@pytest.mark.parametrize(("statement", "own"), [(NAMED, []), (ROOT, [ALLOW % ("*", "")])])
def test_a_role_is_one_thing_whatever_its_name(
    tmp_path: Path, statement: str, own: list[str]
) -> None:
    unit = unit_of(tmp_path, key(statement) + role(*own, name=UNNAMED))
    assert verdict(unit) == "yes"
    assert [one.id for one in unit.holders(["kms:Decrypt"], key_of(unit), named_only=True)][:1]
    assert unit.holdings(who_of(unit, APP))


@pytest.mark.parametrize(
    ("spelt", "expected"),
    [("prod-app", "cannot-tell"), ("prod-*", "cannot-tell"), ("prod-ops", "no"), ("*", "yes")],
)
def test_only_what_its_name_may_be_keeps_it_open(tmp_path: Path, spelt: str, expected: str) -> None:
    like = f'ArnLike = {{ "aws:PrincipalArn" = "arn:aws:iam::111122223333:role/{spelt}" }}'
    anyone = f', Principal = "*", Condition = {{ {like} }}'
    unit = unit_of(tmp_path, key(ALLOW % ("*", anyone)) + role(name=UNNAMED))
    assert verdict(unit) == expected
    if expected == "cannot-tell":
        blame = can(unit, APP, "Decrypt").answer.blame
        assert {one.expression for one in blame} == {"var.p"}


# -- the id of a key --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "pattern", "expected"),
    [
        ("multi_region = true", "key/mrk-*", "yes"),
        ("", "key/mrk-*", "no"),
        ("multi_region = var.p", "key/mrk-*", "cannot-tell"),
        ("multi_region = true", "key/mrk-0*", "cannot-tell"),
        ("multi_region = true", "key/1*", "no"),
        ("", "key/1*", "cannot-tell"),
        ("", "key/0000*", "cannot-tell"),
        ("", "key/*", "yes"),
        ("", "*", "yes"),
        ("", "alias/*", "no"),
    ],
)
def test_patterns_for_ids_of_keys(
    tmp_path: Path, setting: str, pattern: str, expected: str
) -> None:
    own = ALLOW % (f"arn:aws:kms:*:111122223333:{pattern}", "")
    unit = unit_of(tmp_path, key(ROOT, more=setting) + role(own))
    assert verdict(unit) == expected


def test_a_deny_on_a_pattern_for_ids_keeps_it_open(tmp_path: Path) -> None:
    deny = ALLOW.replace("Allow", "Deny") % ("arn:aws:kms:*:111122223333:key/0000*", "")
    assert verdict(unit_of(tmp_path, key(ROOT) + role(ALLOW % ("*", ""), deny))) == "cannot-tell"


# -- accounts of provider configurations ------------------------------------------------------------


@pytest.mark.parametrize(
    ("default", "other", "expected"),
    [
        ('profile = "x"', 'profile = "x"', "yes"),
        ("profile = var.p", "profile = var.p", "yes"),
        ("", 'profile = "x"', "cannot-tell"),
        ('profile = "x"', 'profile = "y"', "cannot-tell"),
        (("arn:aws:iam::444455556666:role/ci",), ("arn:aws:iam::444455556666:role/cd",), "yes"),
        (("arn:aws:iam::444455556666:role/ci",), ("arn:aws:iam::777788889999:role/ci",), "no"),
    ],
)
def test_two_provider_configurations_may_share_an_account(
    tmp_path: Path, default: str | tuple[str], other: str | tuple[str], expected: str
) -> None:
    def body(way: str | tuple[str]) -> str:
        return way if isinstance(way, str) else f'assume_role {{\n  role_arn = "{way[0]}"\n}}'

    providers = (
        f'provider "aws" {{\n  region = "eu-west-1"\n  {body(default)}\n}}\n'
        f'provider "aws" {{\n  alias = "o"\n  region = "us-east-1"\n  {body(other)}\n}}\n'
    )
    hcl = providers + key(NAMED, more="provider = aws.o") + role(ALLOW % ("*", ""))
    unit = unit_of(tmp_path, hcl, None)
    assert verdict(unit, "PutKeyPolicy") == expected
    if expected == "cannot-tell":
        assert can(unit, APP, "PutKeyPolicy").answer.blame


@pytest.mark.parametrize("tail", ["root", "role/app", "user/bob"])
def test_somebody_whose_account_is_not_known_is_not_left_out(tmp_path: Path, tail: str) -> None:
    someone = f', Principal = {{ AWS = "arn:aws:iam::${{var.p}}:{tail}" }}'
    statement = ALLOW.replace("kms:*", "kms:Decrypt") % ("*", someone)
    hcl = 'variable "p" {}\n' + key(ROOT, statement)
    unit = unit_of(tmp_path, hcl)
    found = unit.holders(["kms:Decrypt", "kms:Encrypt"], key_of(unit), named_only=True)
    (one,) = [holder for holder in found if "var.p" in holder.id]
    assert one.answer.is_open
    assert one.actions.possible == {"kms:Decrypt"}
    assert {blame.expression for blame in one.answer.blame} == {"var.p"}
