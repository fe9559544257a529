"""`UnitAccess`: who can do what with a key, over all that one deployment unit says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.access.place import Given, Who
from kmsiac.access.results import Holder
from kmsiac.access.unit import UnitAccess
from kmsiac.values import Text, text
from tests.access import units
from tests.access.units import can, key_of, unit_at, unit_of, who_of

FIXTURES = Path(__file__).parents[2] / "fixtures" / "access"
USE = ("kms:Decrypt", "kms:GenerateDataKey")


@pytest.fixture(scope="module", params=["terraform", "cloudformation"])
def documents(request: pytest.FixtureRequest) -> tuple[UnitAccess, dict[str, str]]:
    """The project of fixtures/access in either framework, and its addresses."""
    names = {
        "key": ("aws_kms_key.documents", "DocumentsKey"),
        "app": ("aws_iam_role.app", "AppRole"),
        "admin": ("aws_iam_role.admin", "AdminRole"),
        "auditor": ("aws_iam_user.auditor", "Auditor"),
    }
    at = 0 if request.param == "terraform" else 1
    unit = unit_at(FIXTURES / request.param, "123456789012")
    return unit, {name: pair[at] for name, pair in names.items()}


@pytest.mark.parametrize(
    ("who", "action", "answer", "blocked", "path"),
    [
        ("app", "Decrypt", "yes", None, "delegation"),
        ("app", "ScheduleKeyDeletion", "no", "explicit-deny", None),
        ("app", "Encrypt", "no", "identity-policy", None),
        ("admin", "ScheduleKeyDeletion", "yes", None, "key-policy"),
        ("admin", "Decrypt", "no", "identity-policy", None),
        ("auditor", "GetKeyPolicy", "yes", None, "delegation"),
        ("auditor", "Decrypt", "no", "identity-policy", None),
    ],
)
def test_a_whole_project(
    documents: tuple[UnitAccess, dict[str, str]],
    who: str,
    action: str,
    answer: str,
    blocked: str | None,
    path: str | None,
) -> None:
    unit, names = documents
    ruling = can(unit, names[who], action, names["key"])
    assert ruling.answer.verdict.value == answer
    assert ruling.blocked_by == blocked
    assert ruling.paths == ((path,) if path else ())


def test_a_grant_gives_its_operations_under_its_constraints() -> None:
    unit, key = unit_at(FIXTURES / "terraform"), "aws_kms_key.documents"
    used = can(unit, "aws_iam_role.worker", "Decrypt", key)
    assert used.paths == ("grant",)
    assert [need.key for need in used.needs] == ["kms:EncryptionContext:purpose"]
    assert [one.resource for one in used.deciding] == ["aws_kms_grant.worker"]
    described = can(unit, "aws_iam_role.worker", "DescribeKey", key)
    assert described.answer.is_yes
    assert described.needs == ()  # it has no encryption context
    assert can(unit, "aws_iam_role.worker", "Encrypt", key).answer.is_no


def test_needs_and_deciding_statements(documents: tuple[UnitAccess, dict[str, str]]) -> None:
    unit, names = documents
    ruling = can(unit, names["app"], "Decrypt", names["key"])
    assert [(need.key, need.values) for need in ruling.needs] == [
        ("kms:ViaService", ("s3.eu-west-1.amazonaws.com",))
    ]
    assert [one.label for one in ruling.deciding] == [
        'statement "AccountDelegates"',
        'statement "DocumentsInS3"',
        'statement "AtMost"',
    ]
    assert all(one.resource for one in ruling.deciding)


def test_a_context_that_fails_the_conditions_is_a_no(
    documents: tuple[UnitAccess, dict[str, str]],
) -> None:
    unit, names = documents
    key, app = key_of(unit, names["key"]), who_of(unit, names["app"])
    via = {"kms:ViaService": (text("s3.eu-west-1.amazonaws.com"),)}
    other = {"kms:ViaService": (text("sqs.eu-west-1.amazonaws.com"),)}
    assert unit.can(app, ["kms:Decrypt"], key, Given(via)).answer.is_yes
    assert unit.can(app, ["kms:Decrypt"], key, Given(via)).needs == ()
    refused = unit.can(app, ["kms:Decrypt"], key, Given(other))
    assert refused.answer.is_no
    assert refused.blocked_by == "condition"
    assert unit.can(app, ["kms:Decrypt"], key, Given(strict=True)).answer.is_no
    assert unit.can(
        app, ["kms:Decrypt"], key, Given(absent=frozenset({"kms:viaservice"}))
    ).answer.is_no


def test_an_endpoint_has_its_say(documents: tuple[UnitAccess, dict[str, str]]) -> None:
    unit, names = documents
    key, admin = key_of(unit, names["key"]), who_of(unit, names["admin"])
    (endpoint,) = unit.inventory.endpoints
    through = unit.can(admin, ["kms:DescribeKey"], key, Given(endpoint=endpoint))
    assert through.answer.is_no
    assert through.blocked_by == "endpoint"
    assert unit.can(admin, ["kms:DescribeKey"], key).answer.is_yes


def holders(unit: UnitAccess, key: str, actions: tuple[str, ...] = USE) -> dict[str, Holder]:
    return {one.id: one for one in unit.holders(actions, key_of(unit, key))}


def test_who_can_use_a_key(documents: tuple[UnitAccess, dict[str, str]]) -> None:
    unit, names = documents
    found = unit.holders(USE, key_of(unit, names["key"]))
    told = {
        (one.who.kind, one.who.identity.address if one.who.identity else one.id): (
            one.answer.verdict.value,
            one.paths,
        )
        for one in found
    }
    assert told[("role", names["app"])] == ("yes", ("delegation",))
    assert told[("service", "logs.eu-west-1.amazonaws.com")] == ("yes", ("service",))
    assert told[("role", "arn:aws:iam::210987654321:role/ci")] == ("cannot-tell", ("key-policy",))
    assert ("role", names["admin"]) not in told
    assert ("user", names["auditor"]) not in told
    assert any(kind == "root" for kind, _ in told)
    assert any(
        kind == "account" and answer == "cannot-tell" for (kind, _), (answer, _) in told.items()
    )


POLICY = """
resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [%s] })
}
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = "{}"
  %s
}
"""
ROOT = """{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "kms:*", Resource = "*" }"""


def test_a_role_by_its_literal_arn_is_the_role_of_the_unit(tmp_path: Path) -> None:
    named = """{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:role/app" }, Action = "kms:Decrypt", Resource = "*" }"""
    unit = unit_of(tmp_path, POLICY % (named, ""))
    assert can(unit, "aws_iam_role.app", "Decrypt").answer.is_yes
    assert can(unit, "aws_iam_role.app", "Encrypt").blocked_by == "key-policy"


def test_a_role_that_was_looked_up_may_be_the_role_of_the_unit(tmp_path: Path) -> None:
    named = """{ Effect = "Allow", Principal = { AWS = data.aws_iam_role.some.arn }, Action = "kms:Decrypt", Resource = "*" }"""
    data = 'data "aws_iam_role" "some" { name = var.name }\nvariable "name" {}\n'
    unit = unit_of(tmp_path, data + POLICY % (named, ""))
    ruling = can(unit, "aws_iam_role.app", "Decrypt")
    assert ruling.answer.is_open
    assert "data.aws_iam_role.some" in " ".join(b.expression for b in ruling.answer.blame)
    assert can(unit, "aws_iam_role.app", "Encrypt").answer.is_no


def test_another_role_of_the_unit_is_another_role(tmp_path: Path) -> None:
    named = """{ Effect = "Allow", Principal = { AWS = aws_iam_role.other.arn }, Action = "kms:Decrypt", Resource = "*" }"""
    other = 'resource "aws_iam_role" "other" { assume_role_policy = "{}" }\n'
    unit = unit_of(tmp_path, other + POLICY % (named, ""), None)
    assert can(unit, "aws_iam_role.app", "Decrypt").answer.is_no
    assert can(unit, "aws_iam_role.other", "Decrypt").answer.is_yes


def test_another_key_of_the_unit_is_another_key(tmp_path: Path) -> None:
    allow = """inline_policy {
    name   = "use"
    policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.other.arn }] })
  }"""
    unit = unit_of(tmp_path, 'resource "aws_kms_key" "other" {}\n' + POLICY % (ROOT, allow))
    assert can(unit, "aws_iam_role.app", "Decrypt").answer.is_no
    assert can(unit, "aws_iam_role.app", "Decrypt", "aws_kms_key.other").answer.is_yes


def test_an_identity_policy_that_is_not_known_may_allow(tmp_path: Path) -> None:
    more = """inline_policy {
    name   = "use"
    policy = var.policy
  }"""
    unit = unit_of(tmp_path, 'variable "policy" {}\n' + POLICY % (ROOT, more))
    ruling = can(unit, "aws_iam_role.app", "Decrypt")
    assert ruling.answer.is_open
    assert {blame.expression for blame in ruling.answer.blame} == {"var.policy"}


def test_a_key_policy_that_is_not_known_may_allow(tmp_path: Path) -> None:
    unit = unit_of(
        tmp_path,
        'variable "policy" {}\nresource "aws_kms_key" "k" { policy = var.policy }\n'
        'resource "aws_iam_role" "app" { assume_role_policy = "{}" }\n',
    )
    assert can(unit, "aws_iam_role.app", "Decrypt").answer.is_open


def test_a_principal_outside_the_scan(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, POLICY % (ROOT, ""))
    stranger = Who("role", text("arn:aws:iam::111122223333:role/elsewhere"))
    foreign = Who("role", text("arn:aws:iam::444455556666:role/ci"))
    service = Who("service", text("s3.amazonaws.com"))
    assert can(unit, stranger, "Decrypt").answer.is_open
    assert can(unit, foreign, "Decrypt").answer.is_no
    assert can(unit, foreign, "Decrypt").blocked_by == "key-policy"
    assert can(unit, service, "Decrypt").answer.is_no


def test_an_operation_that_does_not_work_across_accounts(tmp_path: Path) -> None:
    named = """{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::444455556666:root" }, Action = "kms:*", Resource = "*" }"""
    unit = unit_of(tmp_path, POLICY % (named, ""))
    foreign = Who("role", text("arn:aws:iam::444455556666:role/ci"))
    assert can(unit, foreign, "PutKeyPolicy").blocked_by == "cross-account-operation"
    assert can(unit, foreign, "Decrypt").answer.is_open  # its own side is not scanned


def test_sides_are_taken_as_given(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, POLICY % (ROOT, ""))
    app, key = who_of(unit, "aws_iam_role.app"), key_of(unit)
    assert unit.can(app, USE, key).answer.is_no
    assert unit.can(app, USE, key, side="key").answer.is_yes
    assert unit.can(app, USE, key, side="identity").answer.is_no
    assert unit.can(None, USE, key).answer.is_yes


def test_the_own_account_when_it_is_not_known(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, POLICY % (ROOT, ""), None)
    ruling = unit.can(who_of(unit, "aws_iam_role.app"), USE, key_of(unit), side="key")
    assert ruling.answer.is_open
    assert "--account-id" in " ".join(blame.reason for blame in ruling.answer.blame)


def test_what_an_identity_has_of_its_own(tmp_path: Path) -> None:
    allow = """inline_policy {
    name   = "use"
    policy = jsonencode({ Statement = [
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:ListKeys", "kms:CreateAlias"], Resource = "*" },
      { Effect = "Deny", Action = "kms:CreateAlias", Resource = "*" },
    ] })
  }"""
    unit = unit_of(tmp_path, POLICY % (ROOT, allow))
    identity = who_of(unit, "aws_iam_role.app").identity
    assert identity is not None
    found = unit.allowed_actions(identity)
    assert found.certain == found.possible == {"kms:Decrypt", "kms:ListKeys"}


def test_the_witness_speaks_in_references(tmp_path: Path) -> None:
    named = """{ Effect = "Allow", Principal = { AWS = aws_iam_role.app.arn }, Action = "kms:Decrypt", Resource = "*" }"""
    unit = unit_of(tmp_path, POLICY % (named, ""), None)
    witness = can(unit, "aws_iam_role.app", "Decrypt").answer.witness
    assert getattr(witness, "resource", "") == "${aws_kms_key.k.arn}"


def test_a_principal_of_no_known_form_is_open(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, POLICY % (ROOT, ""))
    assert can(
        unit, Who("group", text("arn:aws:iam::111122223333:group/x")), "Decrypt"
    ).answer.is_open
    assert can(unit, Who("role", Text(("not an arn",))), "Decrypt").answer.is_open


# -- actions -----------------------------------------------------------------------------------------


def test_retiring_is_left_to_the_grant(tmp_path: Path) -> None:
    retire = units.grant(operations=("Decrypt", "RetireGrant"))
    unit = unit_of(tmp_path, units.key(units.ROOT) + units.role() + retire)
    assert can(unit, units.APP, "RetireGrant").answer.is_yes
    assert [one.layer for one in can(unit, units.APP, "RetireGrant").deciding] == ["grants"]
    other = units.key(units.ROOT) + units.role() + units.grant()
    assert can(unit_of(tmp_path, other), units.APP, "RetireGrant").answer.is_no


def test_the_own_account_retires_grants_of_others(tmp_path: Path) -> None:
    bob = units.grant("arn:aws:iam::111122223333:user/bob")
    unit = unit_of(tmp_path, units.key(units.ROOT) + units.role(units.allow()) + bob)
    assert not can(unit, units.APP, "RetireGrant").answer.is_no


def test_actions_are_named_in_any_case(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, units.key(units.NAMED) + units.role())
    assert unit.can(who_of(unit, units.APP), ["KMS:decrypt"], key_of(unit)).answer.is_yes


def test_an_action_that_no_policy_gives_is_said_to_be_none(tmp_path: Path) -> None:
    unit = unit_of(tmp_path, units.key(units.NAMED) + units.role())
    ruling = can(unit, units.APP, "Decipher")
    assert ruling.answer.is_no
    assert "another action" in ruling.mend


def test_the_managed_policy_that_decides_is_the_one_named(tmp_path: Path) -> None:
    """AWS managed policies are written nowhere: a position does not tell them apart."""
    names = ("AWSKeyManagementServicePowerUser", "AdministratorAccess")
    arns = ", ".join(f'"arn:aws:iam::aws:policy/{name}"' for name in names)
    attached = units.role(more=f"managed_policy_arns = [{arns}]")
    unit = unit_of(tmp_path, units.key(units.ROOT) + attached)
    deciding = can(unit, units.APP, "Decrypt").deciding[-1]
    assert deciding.resource == "arn:aws:iam::aws:policy/AdministratorAccess"
