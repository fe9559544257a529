"""What an identity's own policies allow on some key, as who-can and the rules of IAM policies ask it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kmsiac.policy.actions import ActionSet
from tests.access.units import key_of, unit_of

OTHER = "444455556666"
OWNER = "aws:ResourceAccount"


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", **elements}


def deny(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "kms:*", "Resource": "*", **elements}


def document(*statements: dict[str, Any]) -> str:
    written = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return f"jsonencode({written})".replace("<own>", "${data.aws_caller_identity.me.account_id}")


def policy(*statements: dict[str, Any], name: str = "p") -> str:
    body = document(*statements)
    return f'inline_policy {{\n name = "{name}"\n policy = {body}\n}}\n'


def own(
    folder: Path,
    *blocks: str,
    account: str | None = "111122223333",
    beside: str = 'provider "aws" {\n region = "eu-west-1"\n}\n',
) -> ActionSet:
    role = '"app" {\n name = "app"\n assume_role_policy = "{}"\n' + "".join(blocks) + "}\n"
    me = 'data "aws_caller_identity" "me" {}\n'
    unit = unit_of(folder, f'{beside}{me}resource "aws_iam_role" {role}', account)
    (identity,) = (i for i in unit.inventory.identities if i.address == "aws_iam_role.app")
    return unit.allowed_actions(identity)


DECRYPT = {"kms:Decrypt"}


def test_the_usual_guard_of_regions(tmp_path: Path) -> None:
    guard = deny(Condition={"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}})
    found = own(tmp_path, policy(allow(), guard))
    assert found.certain == found.possible == DECRYPT
    key = "arn:aws:kms:eu-west-1:111122223333:key/abc"
    assert not own(tmp_path, policy(allow(Resource=key), guard)).possible


@pytest.mark.parametrize("account", [None, "111122223333"])
def test_keys_of_an_account_that_is_spelt(tmp_path: Path, account: str | None) -> None:
    theirs = allow(Condition={"StringEquals": {OWNER: OTHER}})
    assert own(tmp_path, policy(theirs), account=account).certain == DECRYPT
    guard = deny(Condition={"StringNotEquals": {OWNER: OTHER}})
    assert own(tmp_path, policy(allow(), guard), account=account).certain == DECRYPT


def test_the_own_account_may_be_the_one_that_is_denied(tmp_path: Path) -> None:
    mine = allow(Resource="arn:aws:kms:*:<own>:key/*")
    theirs = deny(Resource=f"arn:aws:kms:*:{OTHER}:*")
    found = own(tmp_path, policy(mine, theirs), account=None)
    assert not found.certain
    assert found.possible == DECRYPT
    assert {blame.expression for blame in found.blame} == {"provider.aws.account_id"}
    assert own(tmp_path, policy(mine, theirs)).certain == DECRYPT


def test_many_keys_and_denies(tmp_path: Path) -> None:
    keys = [f"arn:aws:kms:eu-west-1:111122223333:key/{n}" for n in range(100)]
    assert own(tmp_path, policy(allow(Resource=keys), deny(Resource=keys[:99]))).certain == DECRYPT
    assert not own(tmp_path, policy(allow(Resource=keys), deny(Resource=keys))).possible
    each = [allow(Resource=key) for key in keys]
    assert own(tmp_path, policy(*each)).certain == DECRYPT


def test_a_policy_that_is_not_known_may_deny(tmp_path: Path) -> None:
    unknown = 'inline_policy {\n name = "q"\n policy = var.q\n}\n'
    found = own(tmp_path, policy(allow()), unknown, beside='variable "q" {}\n')
    assert not found.certain
    assert "kms:Encrypt" in found.possible
    assert "var.q" in {blame.expression for blame in found.blame}


def test_aws_managed_policies_do_not_deny(tmp_path: Path) -> None:
    managed = 'managed_policy_arns = ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]\n'
    found = own(tmp_path, policy(allow()), managed)
    assert found.certain == DECRYPT


def test_an_unknown_boundary_leaves_what_identity_policies_allow(tmp_path: Path) -> None:
    bound = "permissions_boundary = var.b\n"
    found = own(tmp_path, policy(allow()), bound, beside='variable "b" {}\n')
    assert not found.certain
    assert found.possible == DECRYPT


@pytest.mark.parametrize(
    ("resource", "answer"),
    [
        ("arn:aws:kms:*:$${aws:PrincipalAccount}:key/*", "yes"),
        ("arn:aws:kms:*:*:key/$${aws:PrincipalTag/k}", "cannot-tell"),
        ("*$${aws:PrincipalTag/k}", "cannot-tell"),
        ("arn:aws:kms:*:$${aws:PrincipalTag/k}:alias/*", None),
        ("arn:aws:s3:::$${aws:PrincipalTag/k}/*", None),
    ],
)
def test_a_policy_variable_hides_no_holder(
    tmp_path: Path, resource: str, answer: str | None
) -> None:
    """A role whose policy names keys by a variable is not left out of who can use one."""
    key = 'resource "aws_kms_key" "k" {}\n'
    role = f'"app" {{\n name = "app"\n {policy(allow(Resource=resource))}}}\n'
    unit = unit_of(tmp_path, f'{key}resource "aws_iam_role" {role}')
    found = {
        holder.who.identity.address: holder.answer.verdict.value
        for holder in unit.holders(["kms:Decrypt"], key_of(unit))
        if holder.who.identity is not None
    }
    assert found == ({} if answer is None else {"aws_iam_role.app": answer})
