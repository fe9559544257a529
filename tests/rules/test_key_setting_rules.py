"""The rules about the settings of keys, beyond their own examples: defaults, replicas, choices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.projects import ACCOUNT, Project, Said

OURS = ("KP-06", "KEY-02", "KEY-03", "KEY-04", "KEY-05")


def project(folder: Path, text: str, name: str = "main.tf") -> Project:
    return Project(folder, name, text, OURS, ACCOUNT)


def key(*settings: str) -> str:
    return "\n".join(['resource "aws_kms_key" "k" {', *settings, "}"])


def cloudformation(properties: str, parameters: str = "") -> str:
    given = f"Parameters: {{{parameters}}}\n" if parameters else ""
    return (
        f"{given}Resources:\n  K:\n    Type: AWS::KMS::Key\n    Properties:\n      {properties}\n"
    )


# -- what is not written has an effect, too ---------------------------------------------------------


@pytest.mark.parametrize("spec", ["ECC_NIST_EDWARDS25519", "HMAC_384", "ML_DSA_44", "ML_KEM_768"])
def test_a_spec_that_needs_a_usage(tmp_path: Path, spec: str) -> None:
    read = project(tmp_path, key(f'customer_master_key_spec = "{spec}"'))
    assert read.said == [Said("KEY-05", "high", 'resource "aws_kms_key" "k" {')]
    (finding,) = read.result.findings
    assert "ENCRYPT_DECRYPT" in finding.message
    assert spec in finding.message


@pytest.mark.parametrize("spec", ["RSA_4096", "SM2", "SYMMETRIC_DEFAULT"])
def test_a_spec_whose_default_usage_fits(tmp_path: Path, spec: str) -> None:
    assert project(tmp_path, key(f'customer_master_key_spec = "{spec}"')).said == []


@pytest.mark.parametrize("usage", ["SIGN", "encrypt_decrypt", "KEY_AGREEMENT"])
def test_a_usage_that_rsa_keys_do_not_have(tmp_path: Path, usage: str) -> None:
    read = project(tmp_path, cloudformation(f"{{KeySpec: RSA_2048, KeyUsage: {usage}}}"), "t.yaml")
    assert [finding.rule for finding in read.said] == ["KEY-05"]


def test_the_defaults_are_in_order(tmp_path: Path) -> None:
    everything = (
        key("enable_key_rotation = true")
        + '\nresource "aws_kms_external_key" "e" {}\n'
        + 'resource "aws_kms_replica_key" "r" { primary_key_arn = aws_kms_key.k.arn }\n'
        + 'resource "aws_kms_replica_external_key" "re" { primary_key_arn = aws_kms_external_key.e.arn }'
    )
    read = project(tmp_path, everything)
    assert read.said == []
    assert read.left_open == set()


@pytest.mark.parametrize(
    ("days", "severity"),
    [(-1, "critical"), (0, "critical"), (6, "critical"), (7, "low"), (31, "critical")],
)
def test_waiting_periods(tmp_path: Path, days: int, severity: str) -> None:
    line = f"deletion_window_in_days = {days}"
    assert project(tmp_path, key(line)).said == [Said("KEY-04", severity, line)]


@pytest.mark.parametrize("days", [8, 30])
def test_waiting_periods_that_are_long_enough(tmp_path: Path, days: int) -> None:
    assert project(tmp_path, key(f"deletion_window_in_days = {days}")).said == []


def test_a_period_out_of_range_is_refused_with_rotation_off_too(tmp_path: Path) -> None:
    line = "rotation_period_in_days = 30"
    read = project(tmp_path, key("enable_key_rotation = false", line))
    assert read.said == [Said("KEY-03", "high", line)]


def test_an_unknown_period_is_left_open(tmp_path: Path) -> None:
    variable = 'variable "days" { type = number }\n'
    lines = ("enable_key_rotation = true", "rotation_period_in_days = var.days")
    read = project(tmp_path, variable + key(*lines))
    assert (read.said, read.left_open) == ([], {"KEY-03"})


# -- replicas ---------------------------------------------------------------------------------------


def test_only_the_primary_of_a_family_is_told(tmp_path: Path) -> None:
    spec, rotation = 'customer_master_key_spec = "HMAC_256"', "enable_key_rotation = true"
    replica = 'resource "aws_kms_replica_key" "r" { primary_key_arn = aws_kms_key.k.arn }'
    read = project(tmp_path, key("multi_region = true", spec, rotation) + "\n" + replica)
    assert [(said.rule, said.line) for said in read.said] == [
        ("KEY-05", 'resource "aws_kms_key" "k" {'),
        ("KEY-02", rotation),
    ]
    assert read.left_open == set()


# -- choices of who deploys -------------------------------------------------------------------------

SPECS = "Spec: {Type: String, AllowedValues: [RSA_2048, ECC_NIST_P256], Default: RSA_2048}"
USAGES = "Usage: {Type: String, AllowedValues: [ENCRYPT_DECRYPT, SIGN_VERIFY]}"


def test_two_parameters_may_be_chosen_to_fit(tmp_path: Path) -> None:
    template = cloudformation("{KeySpec: !Ref Spec, KeyUsage: !Ref Usage}", f"{SPECS}, {USAGES}")
    read = project(tmp_path, template, "t.yaml")
    assert (read.said, read.left_open) == ([], {"KEY-05"})
    (entry,) = read.result.unresolved
    assert "Spec: decides spec by itself, at deployment" in entry.reason


def test_one_parameter_that_offers_what_never_fits(tmp_path: Path) -> None:
    template = cloudformation("{KeySpec: ECC_NIST_P256, KeyUsage: !Ref Usage}", USAGES)
    (finding,) = project(tmp_path, template, "t.yaml").result.findings
    assert finding.rule == "KEY-05"
    assert finding.when == ((("Usage", "ENCRYPT_DECRYPT"),),)


def test_one_condition_that_decides_both(tmp_path: Path) -> None:
    settings = (
        'customer_master_key_spec = var.sign ? "ECC_NIST_P256" : "SYMMETRIC_DEFAULT"',
        'key_usage                = var.sign ? "ENCRYPT_DECRYPT" : "SIGN_VERIFY"',
    )
    read = project(tmp_path, 'variable "sign" { type = bool }\n' + key(*settings))
    assert {said.rule for said in read.said} == {"KEY-05"}
    assert read.left_open == set()


# -- the lockout check ------------------------------------------------------------------------------

BYPASS = "bypass_policy_lockout_safety_check = true"


def key_policy(key_id: str, *settings: str) -> str:
    lines = ('resource "aws_kms_key_policy" "p" {', f"key_id = {key_id}", 'policy = "{}"')
    return "\n".join(["", *lines, *settings, "}"])


def test_the_resource_of_the_policy_bypasses_the_check_of_its_key(tmp_path: Path) -> None:
    read = project(tmp_path, key() + key_policy("aws_kms_key.k.arn", BYPASS))
    assert read.said == [Said("KP-06", "high", BYPASS)]
    (finding,) = read.result.findings
    assert finding.resource == "aws_kms_key.k"


def test_a_bypass_on_both_is_told_once(tmp_path: Path) -> None:
    read = project(tmp_path, key(BYPASS) + key_policy("aws_kms_key.k.id", BYPASS))
    assert read.said == [Said("KP-06", "high", BYPASS)]
    assert read.result.findings[0].location.line == 2


def test_a_policy_without_the_bypass_does_not_undo_that_of_the_key(tmp_path: Path) -> None:
    off = "bypass_policy_lockout_safety_check = false"
    read = project(tmp_path, key(BYPASS) + key_policy("aws_kms_key.k.id", off))
    assert read.said == [Said("KP-06", "high", BYPASS)]


def test_a_policy_that_is_not_made_bypasses_nothing(tmp_path: Path) -> None:
    read = project(tmp_path, key() + key_policy("aws_kms_key.k.id", BYPASS, "count = 0"))
    assert (read.said, read.left_open) == ([], set())


@pytest.mark.parametrize(
    ("key_id", "bypass"),
    [
        ("aws_kms_key.k.id", "bypass_policy_lockout_safety_check = var.unknown"),
        ("var.unknown ? aws_kms_key.k.id : aws_kms_key.l.id", BYPASS),
    ],
)
def test_a_bypass_that_may_be_the_key_s_is_left_open(
    tmp_path: Path, key_id: str, bypass: str
) -> None:
    other = '\nvariable "unknown" {}\nresource "aws_kms_key" "l" {}\n'
    read = project(tmp_path, key() + other + key_policy(key_id, bypass))
    assert (read.said, read.left_open) == ([], {"KP-06"})


@pytest.mark.parametrize("key_id", ["var.unknown", "data.aws_kms_key.other.id"])
def test_a_bypass_for_a_key_that_is_elsewhere_is_not_passed_over(
    tmp_path: Path, key_id: str
) -> None:
    read = project(tmp_path, 'variable "unknown" {}\n' + key() + key_policy(key_id, BYPASS))
    assert read.said == []
    (entry,) = read.result.unresolved
    assert (entry.resource, entry.attribute) == (
        "aws_kms_key_policy.p",
        "bypass_policy_lockout_safety_check",
    )
    assert read.lines[entry.location.line - 1] == BYPASS


def test_a_policy_without_the_bypass_for_a_key_that_is_elsewhere_is_no_gap(tmp_path: Path) -> None:
    read = project(tmp_path, 'variable "unknown" {}\n' + key() + key_policy("var.unknown"))
    assert not read.result.unresolved


def test_a_setting_that_may_be_null_is_not_known_to_be_written(tmp_path: Path) -> None:
    read = project(tmp_path, 'variable "days" {}\n' + key("rotation_period_in_days = var.days"))
    assert (read.said, read.left_open) == ([], {"KEY-03"})
