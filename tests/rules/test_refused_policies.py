"""The rules about what AWS refuses or never looks at in a policy, beyond their own examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.rules.projects import ACCOUNT, Project, Said

OURS = ("KP-08", "KP-14", "KP-26", "KP-30", "KP-32", "XACC-01")


def project(
    folder: Path, text: str, name: str = "main.tf", account: str | None = ACCOUNT
) -> Project:
    return Project(folder, name, text, OURS, account)


def key(action: str, principal: str = "arn:aws:iam::111122223333:root", more: str = "") -> str:
    return (
        'resource "aws_kms_key" "k" {\n  policy = jsonencode({ Version = "2012-10-17", Statement = [{\n'
        f'    Effect = "Allow", Resource = "*"{more}\n    Principal = {{ AWS = "{principal}" }}\n'
        f"    Action = {action}\n  }}] }})\n}}\n"
    )


def identity(action: str) -> str:
    return (
        'resource "aws_iam_policy" "p" {\n  policy = jsonencode({ Version = "2012-10-17", '
        f'Statement = [{{\n    Effect = "Allow", Resource = "*"\n    Action = {action}\n  }}] }})\n}}\n'
    )


def message(read: Project) -> str:
    (finding,) = read.result.findings
    return finding.message


# -- KP-08 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "code_points"),
    [
        ("\u201cquoted\u201d", "U+201C, U+201D"),
        ("a\u200bb", "U+200B"),
        ("\U0001f511 key", "U+1F511"),
        ("\u0100", "U+0100"),
        ("a\\u0001b", "U+0001"),
    ],
)
def test_the_message_says_which_characters(tmp_path: Path, written: str, code_points: str) -> None:
    read = project(tmp_path, key('"kms:*"', more=f', Sid = "{written}"'))
    assert [said.rule for said in read.said] == ["KP-08"]
    assert f"holds {code_points}, in " in message(read)


@pytest.mark.parametrize("written", ["\u00ff", "tab\\t and\\nline", "\u00a0", "plain"])
def test_latin_1_is_allowed(tmp_path: Path, written: str) -> None:
    assert project(tmp_path, key('"kms:*"', more=f', Sid = "{written}"')).said == []


def test_a_secret_is_not_told(tmp_path: Path) -> None:
    secret = 'variable "v" {\n  default   = "\u201csecret\u201d"\n  sensitive = true\n}\n'
    read = project(tmp_path, secret + key('"kms:*"', more=", Sid = var.v"))
    assert [said.rule for said in read.said] == ["KP-08"]
    assert "secret" not in message(read).replace("(sensitive)", "")
    assert "U+201C" not in message(read)


def test_a_character_in_the_name_of_an_element(tmp_path: Path) -> None:
    policy = {"Version": "2012-10-17", "Statement": [], "Id\u2019": "x"}
    template = {"Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}}}
    read = project(tmp_path, json.dumps(template, indent=1), "t.json")
    assert "KP-08" in {said.rule for said in read.said}


# -- KP-14 ------------------------------------------------------------------------------------------


def test_a_group_that_is_no_principal(tmp_path: Path) -> None:
    read = project(tmp_path, key('"kms:Decrypt"', "arn:aws-cn:iam::111122223333:group/Ops"))
    assert [(said.rule, said.severity) for said in read.said] == [("KP-14", "critical")]


# -- KP-26 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("account", [ACCOUNT, None])
def test_a_role_with_everything_whether_or_not_the_account_is_known(
    tmp_path: Path, account: str | None
) -> None:
    read = project(tmp_path, key('"kms:*"', "arn:aws:iam::111122223333:role/App"), account=account)
    assert [(said.rule, said.severity) for said in read.said] == [("KP-26", "high")]


def test_of_another_account_only_xacc_01_speaks(tmp_path: Path) -> None:
    read = project(tmp_path, key('"kms:*"', "arn:aws:iam::444455556666:user/alice"))
    assert [(said.rule, said.severity) for said in read.said] == [("XACC-01", "critical")]


@pytest.mark.parametrize("principal", [":root", ":group/Ops"])
def test_no_role_and_no_user(tmp_path: Path, principal: str) -> None:
    read = project(tmp_path, key('"kms:*"', f"arn:aws:iam::111122223333{principal}"))
    assert "KP-26" not in {said.rule for said in read.said}


def test_everything_but_one_action_is_not_everything(tmp_path: Path) -> None:
    text = key('"kms:PutKeyPolicy"', "arn:aws:iam::111122223333:role/App")
    assert project(tmp_path, text.replace("Action =", "NotAction =")).said == []


# -- KP-30 ------------------------------------------------------------------------------------------


def test_a_policy_alone_may_be_that_of_an_endpoint(tmp_path: Path) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
        "Action": ["kms:Decrypt", "kms:ListKeys"],
        "Resource": "*",
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=1)
    read = project(tmp_path, text, "policy.json")
    assert read.said == [Said("KP-30", "low", '"Action": [')]


@pytest.mark.parametrize(
    "action",
    ["ListRetirableGrants", "DescribeCustomKeyStores", "ConnectCustomKeyStore", "createkey"],
)
def test_operations_that_no_key_policy_gives(tmp_path: Path, action: str) -> None:
    read = project(tmp_path, key(f'"kms:{action}"'))
    assert [(said.rule, said.severity) for said in read.said] == [("KP-30", "medium")]


# -- KP-32 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "closest"),
    [
        ("kms:ReEncrypt", "kms:ReEncryptFrom, kms:ReEncryptTo"),
        ("kms:GenerateDataKeys", "kms:GenerateDataKey, "),
        ("kms:decrpyt", "kms:Decrypt"),
        ("kms:Schedule", "kms:ScheduleKeyDeletion"),
        ("kms.Decrypt", "kms:Decrypt"),
        ("kms:Frobnicate", "none"),
        ("kms:", "none"),
    ],
)
def test_the_message_says_what_may_be_meant(tmp_path: Path, action: str, closest: str) -> None:
    read = project(tmp_path, key(f'"{action}"'))
    assert [(said.rule, said.severity) for said in read.said] == [("KP-32", "high")]
    assert f"(closest: {closest}" in message(read)


@pytest.mark.parametrize(
    "action", ["kms:*", "k*:de?rypt", "kms:re*", "*", "s3.GetObject", "kmsx:Go", "aws-portal:*"]
)
def test_actions_that_are_none_of_ours_or_match(tmp_path: Path, action: str) -> None:
    assert project(tmp_path, identity(f'"{action}"')).said == []


@pytest.mark.parametrize("action", ["kms Decrypt", "kms", "Decrypt", "generatedatakey*"])
def test_actions_without_a_colon_in_an_iam_policy(tmp_path: Path, action: str) -> None:
    assert [said.rule for said in project(tmp_path, identity(f'"{action}"')).said] == ["KP-32"]


def test_a_placeholder_of_another_tool_is_no_typing_error(tmp_path: Path) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
        "Action": "${operation}",
        "Resource": "*",
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert project(tmp_path, text, "policy.json").said == []
