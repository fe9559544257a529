"""What a pull request can add to hide a finding: it finds no effect, or a word in the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PUBLIC = """resource "aws_kms_key" "k" {
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "kms:*", Resource = "*" }]
  })
}
"""
HARMLESS = PUBLIC.replace('"*", Action', '{ AWS = "arn:aws:iam::111122223333:root" }, Action')
TEMPLATE = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n"


def report(kmsiac, files, *arguments: str) -> dict[str, Any]:
    return json.loads(kmsiac(files, "scan", "-f", "json", *arguments).out)


def public(found: dict[str, Any]) -> list[str]:
    return [f["location"]["path"] for f in found["findings"] if f["rule"] == "KP-20"]


@pytest.mark.parametrize(
    ("name", "told", "at"),
    [
        ("main.tofu", "not looked at: OpenTofu reads the .tofu file", "main.tf"),
        ("x_override.tofu", "what this replaces was not looked at", "x_override.tofu"),
    ],
)
def test_what_opentofu_alone_reads_is_pointed_out(kmsiac, name, told, at):
    found = report(kmsiac, {"main.tf": PUBLIC, name: HARMLESS})
    (gap,) = [gap for gap in found["unresolved"] if gap["reason"].startswith(told)]
    assert gap["location"]["path"] == at


@pytest.mark.parametrize(
    ("name", "expected"), [("a.b_override.tf", ["a.b_override.tf"]), ("override.x.tf", ["main.tf"])]
)
def test_an_override_is_one_by_its_whole_name(kmsiac, name, expected):
    files = {"main.tf": HARMLESS, name: PUBLIC}
    if expected == ["main.tf"]:
        files = {"main.tf": PUBLIC, name: HARMLESS}
    assert public(report(kmsiac, files)) == expected


def test_where_modules_of_a_registry_are_looked_for_is_said(kmsiac):
    row = {"Key": "k", "Source": "registry.terraform.io/a/kms/aws", "Dir": "harmless"}
    files = {
        "main.tf": 'module "k" {\n  source = "a/kms/aws"\n}\n',
        ".terraform/modules/modules.json": json.dumps({"Modules": [row]}),
        "harmless/main.tf": "",
    }
    found = kmsiac(files, "scan", "main.tf")
    assert "looked for where this file says" in found.out + found.err
    assert ".terraform/modules/modules.json" in found.out + found.err


@pytest.fixture
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "t.yaml").write_text(TEMPLATE)
    (folder / "main.tf").write_text('resource "aws_kms_key" "of_somebody" {}\n')
    (folder / ".kmsiac.yaml").write_text("fail_on: never\n")
    (folder / "of.tfvars").write_text('who = "secret"\n')
    return folder


@pytest.mark.parametrize("path", ["link", "link/t.yaml", "t.yaml", "main.tf"])
def test_a_path_that_is_a_link_out_of_the_repository_is_not_read(kmsiac, tmp_path, out, path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "link").symlink_to(out)
    for name in ("t.yaml", "main.tf"):
        (tmp_path / name).symlink_to(out / name)
    ran = kmsiac({"x/main.tf": ""}, "scan", "-f", "json", path)
    found = json.loads(ran.out)
    assert (ran.code, found["findings"], found["settings"]) == (3, [], [])
    assert [e["message"] for e in found["errors"]] == [
        "this path leads outside the scanned tree (it was not read)"
    ]


def test_nor_is_a_variable_file(kmsiac, tmp_path, out):
    (tmp_path / ".git").mkdir()
    (tmp_path / "p.tfvars").symlink_to(out / "of.tfvars")
    files = {"main.tf": 'variable "who" {}\n'}
    ran = kmsiac(files, "scan", "-f", "json", "--var-file", "p.tfvars")
    assert "leads outside the scanned tree" in ran.out
    assert ran.code == 3


@pytest.mark.parametrize("option", ["--config", "--baseline", "--rules", "--parameters"])
def test_nor_is_anything_else_that_the_command_line_names(kmsiac, tmp_path, out, option):
    (tmp_path / ".git").mkdir()
    (tmp_path / "link").symlink_to(out / ".kmsiac.yaml" if option != "--rules" else out)
    ran = kmsiac({"main.tf": PUBLIC}, "scan", option, "link")
    assert ran.code == 2
    assert f"{option} link: a link leads out of the repository that it lies in" in ran.err


def test_outside_of_a_repository_a_named_link_is_followed(kmsiac, tmp_path, out):
    (tmp_path / "link").symlink_to(out)
    assert kmsiac({}, "scan", "link/t.yaml").code in (0, 1)
