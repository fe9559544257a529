"""`can`, `who-can` and `principal-can` on the project in fixtures/access, in both formats."""

from __future__ import annotations

import json
import random
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmsiac.asking import can, principal_can, who_can
from kmsiac.cli import run
from kmsiac.config import ScanOptions
from kmsiac.findings.access_report import CanReport, Holding
from kmsiac.frontends.unit import Inputs
from kmsiac.stack import Environment
from tests.end_to_end.test_mutated_input import with_broken_lines

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
ACCOUNT = "123456789012"
CI = "arn:aws:iam::210987654321:role/ci"
LOGS = "logs.eu-west-1.amazonaws.com"
NAMES = {
    "app": ("aws_iam_role.app", "AppRole"),
    "admin": ("aws_iam_role.admin", "AdminRole"),
    "worker": ("aws_iam_role.worker", "WorkerRole"),
    "auditor": ("aws_iam_user.auditor", "Auditor"),
    "documents": ("aws_kms_key.documents", "DocumentsKey"),
    "receipts": ("aws_kms_key.receipts", "ReceiptsKey"),
    "door": ("aws_vpc_endpoint.kms", "KmsEndpoint"),
}
FORMATS = ("terraform", "cloudformation")


def options(format: str) -> ScanOptions:
    inputs = Inputs(Environment(account_id=ACCOUNT, region="eu-west-1", partition="aws"))
    return ScanOptions((FIXTURES / "access" / format,), working_directory=FIXTURES, inputs=inputs)


def called(format: str, word: str) -> str:
    return NAMES[word][FORMATS.index(format)] if word in NAMES else word


def asked(format: str, who: str, action: str, key: str, **context: str) -> CanReport:
    pairs = [(name.replace("_", ":"), called(format, value)) for name, value in context.items()]
    words = (called(format, who), action, called(format, key))
    return can(options(format), *words, context=pairs)


S3 = "s3.eu-west-1.amazonaws.com"
ANSWERS = [
    ("app", "Decrypt", "documents", {}, "yes", None),
    ("app", "Decrypt", "documents", {"kms_ViaService": S3}, "yes", None),
    ("app", "Decrypt", "documents", {"kms_ViaService": S3.replace("s3", "sqs")}, "no", "condition"),
    ("app", "Encrypt", "documents", {}, "no", "identity-policy"),
    ("app", "GetPublicKey", "receipts", {}, "yes", None),
    ("app", "Sign", "receipts", {}, "no", "boundary"),
    ("app", "ScheduleKeyDeletion", "documents", {}, "no", "explicit-deny"),
    ("admin", "ScheduleKeyDeletion", "documents", {}, "yes", None),
    ("admin", "DescribeKey", "documents", {}, "yes", None),
    ("admin", "DescribeKey", "documents", {"aws_SourceVpce": "door"}, "no", "endpoint"),
    ("admin", "DescribeKey", "receipts", {}, "no", "identity-policy"),
    ("worker", "Encrypt", "documents", {}, "no", "identity-policy"),
    ("auditor", "GetKeyPolicy", "documents", {}, "yes", None),
    ("auditor", "Decrypt", "documents", {}, "no", "identity-policy"),
    ("root", "PutKeyPolicy", "documents", {}, "yes", None),
    ("root", "ScheduleKeyDeletion", "documents", {}, "no", "explicit-deny"),
    (LOGS, "Encrypt", "documents", {}, "yes", None),
    ("s3.amazonaws.com", "Encrypt", "documents", {}, "no", "key-policy"),
    (CI, "Decrypt", "documents", {}, "cannot-tell", None),
    ("210987654321", "Decrypt", "documents", {}, "cannot-tell", None),
    (CI, "PutKeyPolicy", "documents", {}, "no", "cross-account-operation"),
    ("arn:aws:iam::210987654321:role/other", "Decrypt", "documents", {}, "no", "key-policy"),
    ("*", "Decrypt", "documents", {}, "no", None),
]  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("who", "action", "key", "context", "answer", "blocked_by"), ANSWERS)
def test_the_same_answers_in_both_formats(
    format: str,
    who: str,
    action: str,
    key: str,
    context: dict[str, str],
    answer: str,
    blocked_by: str | None,
) -> None:
    verdict = asked(format, who, action, key, **context).verdict
    assert (verdict.answer, verdict.blocked_by) == (answer, blocked_by)
    assert (verdict.witness is not None) is (answer == "yes")
    assert bool(verdict.blame) is (answer == "cannot-tell")
    if blocked_by:
        assert verdict.mend


def lines(report: CanReport) -> list[tuple[str, str, int]]:
    return [
        (one.statement, one.location.path.rpartition("/")[2], one.location.line)
        for one in report.verdict.deciding
        if one.location is not None
    ]


def test_a_yes_names_its_statements_and_needs() -> None:
    report = asked("terraform", "app", "Decrypt", "documents")
    assert lines(report) == [
        ('statement "AccountDelegates"', "keys.tf", 14),
        ('statement "DocumentsInS3"', "iam.tf", 23),
        ('statement "AtMost"', "iam.tf", 56),
    ]
    assert report.verdict.paths == ("delegation",)
    assert [(n.key, n.operator, n.values) for n in report.verdict.needs] == [
        ("kms:ViaService", "StringEquals", (S3,))
    ]
    assert report.key_location is not None and report.key_location.line == 7
    assert asked("terraform", "app", "Decrypt", "documents", kms_ViaService=S3).verdict.needs == ()


def test_a_grant_is_a_way_with_its_constraint() -> None:
    verdict = asked("terraform", "worker", "Decrypt", "documents").verdict
    assert (verdict.answer, verdict.paths) == ("yes", ("grant",))
    assert [(n.key, n.values) for n in verdict.needs] == [
        ("kms:EncryptionContext:purpose", ("thumbnails",))
    ]
    assert asked("cloudformation", "worker", "Decrypt", "documents").verdict.answer == "no"


@pytest.mark.parametrize(
    ("who", "action", "key", "context", "path", "line"),
    [
        ("app", "Encrypt", "documents", {}, "iam.tf", 13),
        ("app", "Sign", "receipts", {}, "iam.tf", 56),
        ("app", "ScheduleKeyDeletion", "documents", {}, "keys.tf", 50),
        ("admin", "DescribeKey", "documents", {"aws_SourceVpce": "door"}, "network.tf", 13),
        ("s3.amazonaws.com", "Encrypt", "documents", {}, "keys.tf", 11),
    ],
)
def test_a_no_says_where_it_is_mended(
    who: str, action: str, key: str, context: dict[str, str], path: str, line: int
) -> None:
    place = asked("terraform", who, action, key, **context).verdict.mend_at
    assert place is not None
    assert (place.path.rpartition("/")[2], place.line) == (path, line)


def test_strict_context_takes_the_rest_as_absent() -> None:
    words = ("aws_iam_role.app", "kms:Decrypt", "aws_kms_key.documents")
    assert can(options("terraform"), *words, strict_context=True).verdict.answer == "no"
    given = [("kms:ViaService", S3)]
    strict = can(options("terraform"), *words, context=given, strict_context=True)
    assert strict.verdict.answer == "yes"


def row(holding: Holding) -> tuple[str, str, str, str, tuple[str, ...]]:
    who = holding.resource or holding.principal
    return holding.capability, who, holding.kind, holding.answer, holding.paths


def test_who_can_lists_everybody_with_the_way_and_its_needs() -> None:
    holdings = who_can(options("terraform"), "kms:Decrypt", "aws_kms_key.documents").holdings
    assert {row(h) for h in holdings} >= {
        ("use", "aws_iam_role.app", "role", "yes", ("delegation",)),
        ("use", "aws_iam_role.worker", "role", "yes", ("grant",)),
        ("use", CI, "role", "cannot-tell", ("key-policy",)),
        ("use", LOGS, "service", "yes", ("service",)),
    }
    assert not {"aws_iam_role.admin", "aws_iam_user.auditor"} & {h.resource for h in holdings}
    needs = {h.resource: [n.key for n in h.needs] for h in holdings if h.resource}
    assert needs == {
        "aws_iam_role.app": ["kms:ViaService"],
        "aws_iam_role.worker": ["kms:EncryptionContext:purpose"],
    }


@pytest.mark.parametrize("format", FORMATS)
def test_who_can_groups_all_actions_by_capability(format: str) -> None:
    report = who_can(options(format), "*", called(format, "documents"))
    held = {(h.capability, h.resource): h.actions for h in report.holdings if h.resource}
    app, admin, auditor = (called(format, word) for word in ("app", "admin", "auditor"))
    assert held["use", app] == ("kms:Decrypt", "kms:GenerateDataKey")
    assert held["view", auditor] == ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListGrants")
    assert held["administer", admin] == (
        "kms:CancelKeyDeletion", "kms:DisableKey", "kms:EnableKey", "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
    )  # fmt: skip
    assert ("use", admin) not in held and ("grant", app) not in held
    order = [h.capability for h in report.holdings]
    assert order == sorted(order, key=("administer", "grant", "use", "view").index)
    assert not any("kms:Sign" in h.actions for h in report.holdings)


def test_principal_can_goes_over_all_keys() -> None:
    holdings = principal_can(options("terraform"), "aws_iam_role.app").holdings
    assert [(h.key, h.capability, h.actions, h.answer) for h in holdings] == [
        ("aws_kms_key.documents", "use", ("kms:Decrypt", "kms:GenerateDataKey"), "yes"),
        ("aws_kms_key.receipts", "view", ("kms:GetPublicKey",), "yes"),
    ]
    assert [need.key for need in holdings[0].needs] == ["kms:ViaService"]
    assert principal_can(options("terraform"), "*").holdings == ()


TEMPLATE = """\
Parameters:
  Stage: {Type: String, AllowedValues: [prod, test]}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {}}
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - Effect: Allow
            Principal: {AWS: !GetAtt Role.Arn}
            Action: !If [IsProd, kms:Decrypt, kms:Encrypt]
            Resource: "*"
"""


def test_the_answer_may_hang_on_a_condition(kmsiac: Callable[..., Any]) -> None:
    words = ("can", "Role", "kms:Decrypt", "Key", "t.yaml")
    ran = kmsiac({"t.yaml": TEMPLATE}, *words)
    assert ran.code == 1
    told = ran.out.splitlines()
    assert told[0] == "cannot tell whether Role can call kms:Decrypt on Key: it depends"
    assert told[2].startswith("   = when ") and told[2].endswith(": yes")
    assert any(line.startswith("   = when ") and line.endswith(": no") for line in told)
    report = json.loads(kmsiac({}, *words, "-f", "json").out)
    assert report["answer"] == "cannot-tell" and report["when"]
    assert [case["answer"] for case in report["cases"]] == ["yes", "no"]
    prod = kmsiac({}, *words, "--parameters", "Stage=prod")
    assert (prod.code, prod.out.splitlines()[0]) == (0, "yes: Role can call kms:Decrypt on Key")
    assert kmsiac({}, *words, "--parameters", "Stage=test", "--expect", "no").code == 0
    rows = json.loads(kmsiac({}, "who-can", "*crypt", "Key", "-f", "json").out)["principals"]
    assert {(row["actions"][0], bool(row["when"])) for row in rows} == {
        ("kms:Decrypt", True), ("kms:Encrypt", True),
    }  # fmt: skip


SECRET = """\
variable "context" {
  sensitive = true
  default   = "tale-of-two-cities"
}
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
}
resource "aws_kms_key" "k" {
  policy = jsonencode({ Statement = [{
    Effect    = "Allow", Action = "kms:Decrypt", Resource = "*"
    Principal = { AWS = aws_iam_role.r.arn }
    Condition = { StringEquals = { "kms:EncryptionContext:a" = var.context } }
  }] })
}
"""


@pytest.mark.parametrize("format", ["text", "json"])
def test_secrets_stay_out(kmsiac: Callable[..., Any], format: str) -> None:
    for words in (
        ("can", "aws_iam_role.r", "kms:Decrypt", "aws_kms_key.k"),
        ("can", "aws_iam_role.r", "kms:Decrypt", "aws_kms_key.k", "--strict-context"),
        ("who-can", "*", "aws_kms_key.k"),
        ("principal-can", "aws_iam_role.r"),
    ):
        ran = kmsiac({"main.tf": SECRET}, *words, "-v", "-f", format)
        assert "tale-of-two-cities" not in ran.out + ran.err
        assert "(sensitive)" in ran.out


OPEN = """\
variable "readers" {}
module "far" {
  source = "git::https://example.com/keys.git"
}
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
}
resource "aws_kms_key" "k" {
  policy = jsonencode({ Statement = [{
    Effect    = "Allow", Action = "kms:Decrypt", Resource = "*"
    Principal = { AWS = var.readers }
  }] })
}
"""


def test_what_is_open_is_blamed_and_what_was_not_read_is_listed(kmsiac: Callable[..., Any]) -> None:
    words = ("can", "aws_iam_role.r", "kms:Decrypt", "aws_kms_key.k")
    ran = kmsiac({"main.tf": OPEN}, *words)
    assert ran.out.startswith("cannot tell whether aws_iam_role.r can")
    assert "   = open: var.readers: " in ran.out and "main.tf:" in ran.out
    assert "could not decide (1):\n" in ran.out and "module.far" in ran.out
    given = kmsiac({}, *words, "--var", "readers=arn:aws:iam::111122223333:role/x", "-q")
    assert given.out.count("\n") == 1


def test_the_readme_shows_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- can -->\n```text\n(.*?)```\n<!-- /can -->", readme, re.DOTALL)
    assert block is not None
    runs = block[1].split("$ kmsiac ")[1:]
    assert len(runs) == 3
    for shown in runs:
        words, _, printed = shown.partition("\n")
        run([*shlex.split(words), "--color", "never"])
        assert capsys.readouterr().out.strip() == printed.strip()


@pytest.mark.parametrize("seed", range(3))
def test_broken_templates_never_are_an_internal_error(
    kmsiac: Callable[..., Any], seed: int
) -> None:
    chance = random.Random(seed)
    template = (FIXTURES / "access" / "cloudformation" / "template.yaml").read_text()
    for _ in range(10):
        files = {"t.yaml": with_broken_lines(template, chance)}
        for words in (
            (
                "can",
                "AppRole",
                "Decrypt",
                "DocumentsKey",
                "--context",
                "aws:SourceVpce=KmsEndpoint",
            ),
            ("who-can", "*", "alias/documents"),
            ("principal-can", "Auditor", "-f", "json"),
        ):
            ran = kmsiac(files, *words)
            assert ran.code in (0, 1, 2, 3)
            assert ran.out if ran.code in (0, 1) else ran.out or ran.err
