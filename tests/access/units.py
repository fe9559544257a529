"""Deployment units as templates write them, for tests of `UnitAccess`.

In the statements of a policy `<reference>` stands for a reference of Terraform.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kmsiac.access import Trusted
from kmsiac.access.place import Given, Who, WhoKind
from kmsiac.access.results import Ruling
from kmsiac.access.unit import UnitAccess
from kmsiac.config import ScanOptions
from kmsiac.frontends.unit import Inputs
from kmsiac.inventory.model import Endpoint, Identity, Key
from kmsiac.scan import read_units
from kmsiac.stack import Environment
from kmsiac.values import text

NOBODY = Trusted()
APP = "aws_iam_role.app"
ACCOUNT = "111122223333"

# -- units -----------------------------------------------------------------------------------------


def unit_at(path: Path, account: str | None = None) -> UnitAccess:
    inputs = Inputs(environment=Environment(account_id=account)) if account else Inputs()
    read = read_units(ScanOptions(paths=(path,), inputs=inputs))
    assert not read.errors
    (inventory,) = read.inventories
    return UnitAccess(inventory, {}, NOBODY)


def unit_of(
    folder: Path, written: str, account: str | None = ACCOUNT, file: str = "main.tf"
) -> UnitAccess:
    (folder / file).write_text(written, encoding="utf-8")
    return unit_at(folder, account)


def key_of(unit: UnitAccess, address: str = "aws_kms_key.k") -> Key:
    return next(key for key in unit.inventory.keys if key.address == address)


def endpoint_of(unit: UnitAccess, address: str) -> Endpoint:
    return next(one for one in unit.inventory.endpoints if one.address == address)


def who_of(unit: UnitAccess, address: str) -> Who:
    found: Identity = next(i for i in unit.inventory.identities if i.address == address)
    return unit.who(found)


def named(kind: WhoKind, name: str) -> Who:
    """A principal by its ARN, which may be none of the unit."""
    return Who(kind, text(name))


def can(
    unit: UnitAccess,
    who: Who | str,
    action: str,
    key: str = "aws_kms_key.k",
    given: Given | None = None,
) -> Ruling:
    asked = who_of(unit, who) if isinstance(who, str) else who
    return unit.can(asked, [f"kms:{action}"], key_of(unit, key), given or Given())


def carrying(context: Mapping[str, str], **more: Any) -> Given:
    """A request that is known to carry these values."""
    return Given({key: (text(value),) for key, value in context.items()}, **more)


def reasons(ruling: Ruling) -> set[str]:
    return {blame.reason for blame in ruling.answer.blame}


def blamed(ruling: Ruling) -> set[str]:
    return {blame.expression for blame in ruling.answer.blame}


# -- policies --------------------------------------------------------------------------------------

Statement = dict[str, Any]


def allow(**elements: Any) -> Statement:
    return {"Effect": "Allow", "Action": "kms:*", "Resource": "*", **elements}


def deny(**elements: Any) -> Statement:
    return allow(**{"Effect": "Deny", **elements})


ROOT = allow(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
NAMED = allow(Principal={"AWS": "<aws_iam_role.app.arn>"})
"""A key policy names the role of the unit."""


def policy(*statements: Statement) -> str:
    written = json.dumps({"Version": "2012-10-17", "Statement": statements})
    referring = re.sub(r"<([a-z]+_[^>]+)>", r"${\1}", written.replace("${", "$${"))
    return f"jsonencode({referring})"


# -- resources -------------------------------------------------------------------------------------


def key(*statements: Statement, more: str = "") -> str:
    return f'resource "aws_kms_key" "k" {{\n  {more}\n  policy = {policy(*statements)}\n}}\n'


def key_policy(name: str, *statements: Statement, more: str = "") -> str:
    """A resource that sets the policy of the key `k`, too."""
    return (
        f'resource "aws_kms_key_policy" "{name}" {{\n  {more}\n  key_id = aws_kms_key.k.id\n'
        f"  policy = {policy(*statements)}\n}}\n"
    )


def role(*statements: Statement, more: str = "") -> str:
    """The role `app`, whose inline policy has the statements."""
    inline = f'inline_policy {{\n    name = "p"\n    policy = {policy(*statements)}\n  }}'
    return (
        'resource "aws_iam_role" "app" {\n  name = "app"\n  assume_role_policy = "{}"\n'
        f"  {more}\n  {inline if statements else ''}\n}}\n"
    )


def boundary(*statements: Statement) -> str:
    """A policy that `BOUNDED` makes the boundary of a role."""
    return f'resource "aws_iam_policy" "b" {{\n  policy = {policy(*statements)}\n}}\n'


BOUNDED = "permissions_boundary = aws_iam_policy.b.arn"


def grant(
    to: str = "${aws_iam_role.app.arn}",
    operations: Sequence[str] = ("Decrypt",),
    more: str = "",
) -> str:
    return (
        'resource "aws_kms_grant" "g" {\n  key_id = aws_kms_key.k.key_id\n'
        f'  grantee_principal = "{to}"\n  operations = {json.dumps(list(operations))}\n  {more}\n}}\n'
    )


def endpoint(name: str, *statements: Statement) -> str:
    written = f"policy = {policy(*statements)}" if statements else ""
    return (
        f'resource "aws_vpc_endpoint" "{name}" {{\n  vpc_id = "vpc-1"\n'
        f'  service_name = "com.amazonaws.eu-west-1.kms"\n  {written}\n}}\n'
    )


def endpoint_policy(name: str, *statements: Statement) -> str:
    """A resource that sets the policy of the endpoint `e`, too."""
    return (
        f'resource "aws_vpc_endpoint_policy" "{name}" {{\n'
        f"  vpc_endpoint_id = aws_vpc_endpoint.e.id\n  policy = {policy(*statements)}\n}}\n"
    )
