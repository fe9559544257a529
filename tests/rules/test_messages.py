"""What people read of a finding: messages, their lists, and the evidence of questions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmsiac.errors import ErrorGroup
from kmsiac.findings.finding import Finding
from kmsiac.rules.loader import load_rules
from tests.rules.projects import Project

Rule = Callable[..., str]

ROOT = "arn:aws:iam::111122223333:root"
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def allow(principal: dict[str, Any] | None, actions: Any, **more: Any) -> dict[str, Any]:
    who = {} if principal is None else {"Principal": principal}
    return {"Effect": "Allow", **who, "Action": actions, "Resource": "*", **more}


def findings(folder: Path, rule: str, name: str, text: str) -> list[Finding]:
    project = Project(folder, name, text, (rule,), "111122223333")
    return [found for found in project.result.findings if found.verdict == "yes"]


def of_statements(folder: Path, rule: str, type: str, *statements: Any) -> list[Finding]:
    """The findings of a rule in a key policy or a managed policy of these statements."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    text = f'resource "{type}" "x" {{\n  policy = jsonencode({document})\n}}\n'
    return findings(folder, rule, "main.tf", text)


# -- lists and messages of escalations ------------------------------------------------------------


def test_all_names_every_element_that_fits(world: Any, check: Any, rule: Rule) -> None:
    users = [f"arn:aws:iam::111122223333:user/{name}" for name in ("ann", "bob")]
    both = allow({"AWS": [ROOT, *users]}, ["kms:Put*", "kms:Sign"])
    world.policy(world.document(both))
    when = "{principals: {some: {kind: user}}, action_patterns: {some: {matches: {some: PutKeyPolicy}}}}"
    text = rule(when, message='"{principals}; {all.principals.text}; {all.matches.name}"')
    (found,) = check(world, text)
    assert found.message == f"{users[0]}; {', '.join(users)}; kms:PutKeyPolicy"


@pytest.mark.parametrize("placeholder", ["all", "all.conditions", "all.principals.sid"])
def test_all_takes_what_some_binds(tmp_path: Path, rule: Rule, placeholder: str) -> None:
    when = "{principals: {some: {kind: user}}}"
    (tmp_path / "r.yaml").write_text(rule(when, message=f'"{{{placeholder}}}"'))
    with pytest.raises(ErrorGroup) as caught:
        load_rules([tmp_path])
    (error,) = caught.value.errors
    assert error.message == f'the message has an unknown placeholder "{{{placeholder}}}"'


def test_an_escalation_may_have_its_own_message(world: Any, check: Any, rule: Rule) -> None:
    world.policy(world.document(allow({"AWS": ROOT}, "kms:*"), allow(None, "kms:*", Sid="none")))
    escalate = (
        "[{when: {principals: {some: {kind: account}}}, severity: high,"
        ' message: "{principals} in {statement}"}]'
    )
    found = check(world, rule("{effect: Allow}", escalate=escalate, message='"only {statement}"'))
    assert [(one.severity, one.message) for one in found] == [
        ("high", f"{ROOT} in statement 1"),
        ("medium", 'only statement "none"'),
    ]


def test_the_message_of_an_escalation_is_checked(tmp_path: Path, rule: Rule) -> None:
    escalate = '[{when: {sid: S}, severity: high, message: "{stmt}"}]'
    (tmp_path / "r.yaml").write_text(rule("{effect: Allow}", escalate=escalate))
    with pytest.raises(ErrorGroup) as caught:
        load_rules([tmp_path])
    assert [e.message for e in caught.value.errors] == [
        'the message has an unknown placeholder "{stmt}"'
    ]


# -- shipped rules --------------------------------------------------------------------------------


def test_svc_01_names_every_service(tmp_path: Path) -> None:
    services = ["guardduty.amazonaws.com", "macie.amazonaws.com"]
    statement = allow({"Service": services}, "kms:Decrypt")
    (found,) = of_statements(tmp_path, "SVC-01", "aws_kms_key", statement)
    assert f"lets {', '.join(services)} call kms:Decrypt, whichever account's" in found.message


@pytest.mark.parametrize(
    ("actions", "severity"),
    [
        (["kms:Encrypt", "kms:GenerateDataKey*", "kms:DescribeKey"], "medium"),
        (["kms:GenerateDataKey", "kms:Decrypt"], "high"),
        (["kms:GenerateDataKey", "kms:CreateGrant"], "high"),
        (["kms:ReEncrypt*"], "high"),
    ],
)
def test_svc_01_by_what_the_service_may_do(
    tmp_path: Path, actions: list[str], severity: str
) -> None:
    statement = allow({"Service": "guardduty.amazonaws.com"}, actions)
    (found,) = of_statements(tmp_path, "SVC-01", "aws_kms_key", statement)
    assert found.severity == severity


@pytest.mark.parametrize(
    ("operator", "effect", "severity", "passes"),
    [
        ("ForAllValues", "Allow", "high", True),
        ("ForAllValues", "Deny", "low", False),
        ("ForAnyValue", "Allow", "low", False),
    ],
)
def test_cond_07_says_what_its_operator_does(
    tmp_path: Path, operator: str, effect: str, severity: str, passes: bool
) -> None:
    condition = {f"{operator}:StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    statement = allow(None, "kms:Decrypt", Effect=effect, Condition=condition)
    (found,) = of_statements(tmp_path, "COND-07", "aws_iam_policy", statement)
    assert found.severity == severity
    assert found.message.startswith("statement 1 of aws_iam_policy.x (policy) tests kms:ViaService")
    assert ("without kms:ViaService passes" in found.message) is passes
    assert f"with {operator}" in found.message


def test_perm_04_is_one_finding_for_a_statement(tmp_path: Path) -> None:
    patterns = ["kms:Create*", "kms:Put*", "kms:Revoke*"]
    (found,) = of_statements(
        tmp_path, "PERM-04", "aws_iam_policy", allow(None, ["kms:Decrypt", *patterns])
    )
    assert found.severity == "high"
    assert found.message == (
        "by kms:Create*, kms:Put*, kms:Revoke*, statement 1 of aws_iam_policy.x (policy) gives users "
        "of the key kms:CreateGrant, kms:PutKeyPolicy, kms:RevokeGrant: control over who else can "
        "use it"
    )


def test_questions_are_said_in_words(tmp_path: Path) -> None:
    statement = allow(None, "kms:DescribeKey")
    (found,) = of_statements(tmp_path, "IAM-01", "aws_iam_policy", statement)
    asked = [line for line in found.evidence if line.startswith("allows")]
    assert [line.partition(",")[0] for line in asked] == ["allows any of the actions on keys"]


ROLE_THAT_USES_BY_IAM = """
resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "kms:*", Resource = "*" },
    { Effect = "Allow", Principal = { AWS = aws_iam_role.ops.arn }, Action = "kms:DisableKey", Resource = "*" },
  ] })
}
resource "aws_iam_role" "ops" {
  name = "ops"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::111122223333:root" } },
  ] })
}
resource "aws_iam_role_policy" "ops" {
  role = aws_iam_role.ops.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["kms:De*", "kms:Sign"], Resource = aws_kms_key.k.arn },
  ] })
}
"""


def test_kp_25_says_by_which_way(tmp_path: Path) -> None:
    text = ROLE_THAT_USES_BY_IAM.replace('"kms:De*"', '"kms:Decapsulate", "kms:Decrypt"')
    (found,) = findings(tmp_path, "KP-25", "main.tf", text)
    assert found.message == (
        "${aws_iam_role.ops.arn} can both administer aws_kms_key.k (by the key policy) and use it "
        "(by its IAM policies)"
    )
    # Of the cryptographic operations, one that a symmetric key has.
    assert "allowed_actions has kms:Decrypt: duty is use" in found.evidence


# -- documents that stand alone -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "statement", "severity"),
    [
        ("KP-01", allow({"AWS": f"{ROOT[:-4]}role/app"}, "kms:Decrypt"), "low"),
        ("KP-03", allow({"AWS": f"{ROOT[:-4]}role/app"}, "kms:Decrypt"), "low"),
        ("IAM-02", allow(None, "*"), "medium"),
    ],
)
def test_a_document_alone_may_be_a_part(
    tmp_path: Path, rule: str, statement: Any, severity: str
) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
    (found,) = findings(tmp_path, rule, "policy.json", document)
    assert found.severity == severity
