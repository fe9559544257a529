"""Instances of one block, of which only some are asked about: each is told what it would be alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.config import ScanOptions
from kmsiac.findings.finding import ScanResult
from kmsiac.frontends.discover import discover
from kmsiac.frontends.load import load_unit
from kmsiac.frontends.unit import Inputs
from kmsiac.inventory.alike import likes
from kmsiac.inventory.build import build
from kmsiac.inventory.model import Inventory
from kmsiac.reading.tree import SourceTree
from kmsiac.rules.loader import builtin_rules_folder, load_rules
from kmsiac.scan import scan

RULES = load_rules([builtin_rules_folder()])
STATEMENT = """{{
      Effect    = "{effect}"
      Principal = {principal}
      Action    = "{action}"
      Resource  = "*"
    }}"""
OWN = STATEMENT.format(effect="Allow", principal="{ AWS = local.root }", action="kms:*")
HEAD = """data "aws_caller_identity" "me" {}
locals {
  root = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"
}
"""
TRUST = """jsonencode({ Statement = [{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" }
  }] })"""


def document(*statements: str) -> str:
    return f'jsonencode({{ Version = "2012-10-17", Statement = [{", ".join(statements)}] }})'


def counted(times: int, resource: str, body: str) -> str:
    return f"resource {resource} {{\n  count = {times}\n  {body}\n}}\n"


def keys(times: int, policy: str = document(OWN)) -> str:
    rotated = "enable_key_rotation = true\n  policy = "
    return HEAD + counted(times, '"aws_kms_key" "k"', rotated + policy)


def roles(times: int, resource: str) -> str:
    allowed = f'{{ Effect = "Allow", Action = ["kms:Decrypt", "kms:CreateGrant"], Resource = {resource} }}'
    inline = f"role = aws_iam_role.r[count.index].id\n  policy = {document(allowed)}"
    return counted(times, '"aws_iam_role" "r"', f"assume_role_policy = {TRUST}") + counted(
        times, '"aws_iam_role_policy" "p"', inline
    )


ANYONE = STATEMENT.format(effect="Allow", principal='"*"', action="kms:Decrypt")
NAMED = STATEMENT.format(
    effect="Allow", principal="{ AWS = aws_iam_role.r[count.index].arn }", action="kms:*"
)
GRANT = """resource "aws_kms_grant" "g" {
  key_id            = aws_kms_key.k[1].key_id
  grantee_principal = "arn:aws:iam::999988887777:root"
  operations        = ["Decrypt", "CreateGrant"]
}
"""
OTHER_POLICY = f"""resource "aws_kms_key_policy" "q" {{
  key_id = aws_kms_key.k[1].key_id
  policy = {document(ANYONE)}
}}
"""
ONE_ROLE = """resource "aws_iam_role_policy" "one" {
  role   = aws_iam_role.r[1].id
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*" }] })
}
"""
LISTED = "[for k in slice(aws_kms_key.k, 0, 2) : k.arn]"

TREES = {
    "keys": keys,
    "keys of anyone": lambda times: keys(times, document(OWN, ANYONE)),
    "a role for each key": lambda times: (
        keys(times, document(OWN, NAMED)) + roles(times, "aws_kms_key.k[count.index].arn")
    ),
    "roles with all keys": lambda times: keys(times) + roles(times, '"*"'),
    "roles with the first key": lambda times: keys(times) + roles(times, "aws_kms_key.k[0].arn"),
    "roles with the first two keys": lambda times: keys(times) + roles(times, LISTED),
    "a grant on one": lambda times: keys(times) + GRANT,
    "another policy of one": lambda times: keys(times) + OTHER_POLICY,
    "one role with more": lambda times: (
        keys(times) + roles(times, "aws_kms_key.k[count.index].arn") + ONE_ROLE
    ),
    "an unknown for each": lambda times: (
        'variable "v" {\n  type = list(string)\n}\n' + keys(times, "var.v[count.index]")
    ),
}


def scanned(folder: Path, text: str) -> ScanResult:
    folder.mkdir()
    (folder / "main.tf").write_text(text)
    return scan(ScanOptions(working_directory=folder, pedantic=True, rules=RULES))


def told(result: ScanResult, below: int) -> set[tuple[str, str, str]]:
    """What is said of instances below an index, and of what has none."""
    said = {
        (finding.rule, finding.verdict, address.address)
        for finding in result.findings
        for address in finding.addresses
    } | {
        (rule, "open", address)
        for entry in result.unresolved
        for rule in entry.rules
        for address in entry.addresses or (entry.resource,)
    }
    few = {f"[{index}]" for index in range(below)}
    return {one for one in said if "[" not in one[2] or one[2][one[2].index("[") :] in few}


@pytest.mark.parametrize("name", TREES)
def test_the_first_instances_of_many_are_told_what_a_few_are(name: str, tmp_path: Path) -> None:
    few = scanned(tmp_path / "few", TREES[name](3))
    many = scanned(tmp_path / "many", TREES[name](30))
    assert told(many, 3) == told(few, 3)


def inventory(folder: Path, text: str) -> Inventory:
    (folder / "main.tf").write_text(text)
    tree = SourceTree(folder)
    (unit,) = discover(tree, [folder], None, Inputs()).units
    return build(load_unit(unit, tree, Inputs()))


def like(folder: Path, text: str) -> dict[str, str]:
    """Which key is like which earlier one, by index."""
    found = inventory(folder, text)
    same = likes(found)
    return {
        key.address[len("aws_kms_key.k") :]: same[id(key)].address[len("aws_kms_key.k") :]
        for key in found.keys
        if id(key) in same
    }


def test_equal_instances_are_like_the_first(tmp_path: Path) -> None:
    found = like(tmp_path, keys(30))
    assert found == {f"[{at}]": "[0]" for at in range(1, 30)}


def test_one_that_something_refers_to_is_like_no_other(tmp_path: Path) -> None:
    found = like(tmp_path, keys(30) + GRANT)
    assert "[1]" not in found
    assert found["[2]"] == "[0]"


def test_what_is_of_one_instance_goes_with_it(tmp_path: Path) -> None:
    text = keys(30, document(OWN, NAMED)) + roles(30, "aws_kms_key.k[count.index].arn")
    assert len(like(tmp_path, text)) == 29


def test_one_to_which_many_refer_stays_apart(tmp_path: Path) -> None:
    found = like(tmp_path, keys(30) + roles(30, "aws_kms_key.k[0].arn"))
    assert found["[2]"] == "[1]"
    assert "[0]" not in found


def test_keys_with_a_description_of_their_own_are_asked_about_each(tmp_path: Path) -> None:
    named = keys(30).replace("enable_key", 'description = "k${count.index}"\n  enable_key')
    assert like(tmp_path, named) == {}
