"""Which folders are scanned as root modules: a call that anybody can add hides none."""

from __future__ import annotations

import pytest

from kmsiac.config import ScanOptions
from kmsiac.scan import read_units, scan

PUBLIC = """variable "who" {
  default = "*"
}
resource "aws_kms_key" "k" {
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = var.who, Action = "kms:*", Resource = "*" }]
  })
}
"""
NONE = 'module "x" {\n  source = "../infra"\n  count = 0\n}\n'
OTHER = (
    'module "x" {\n  source = "../infra"\n  who = { AWS = "arn:aws:iam::111122223333:root" }\n}\n'
)
ROLE = 'module "y" {\n  source = "../zzz"\n  count = 0\n}\n'


def found(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    options = ScanOptions(paths=(root,), working_directory=root)
    units = [inventory.unit for inventory in read_units(options).inventories]
    public = [f.location.path for f in scan(options).findings if f.rule == "KP-20"]
    return units, public


def test_a_module_of_which_nobody_makes_an_instance_is_a_root(tmp_path):
    files = {"infra/main.tf": PUBLIC, "zzz/main.tf": NONE, "aaa/main.tf": ROLE}
    assert found(tmp_path, files) == (["aaa", "zzz", "infra"], ["infra/main.tf"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("terraform.tfvars", ""),
        ("prod.auto.tfvars", ""),
        (".terraform.lock.hcl", ""),
        ("backend.tf", 'terraform {\n  backend "s3" {}\n}\n'),
        ("backend.tf", "terraform {\n  cloud {}\n}\n"),
    ],
)
def test_what_is_deployed_by_itself_is_a_root_though_it_is_called(tmp_path, name, text):
    files = {"infra/main.tf": PUBLIC, f"infra/{name}": text, "zzz/main.tf": OTHER}
    assert found(tmp_path, files) == (["infra", "zzz"], ["infra/main.tf"])


def test_a_module_that_is_called_is_seen_through_its_calls_only(tmp_path):
    files = {"infra/main.tf": PUBLIC, "zzz/main.tf": OTHER}
    assert found(tmp_path, files) == (["zzz"], [])


def test_a_long_chain_of_modules_that_nobody_makes_is_walked_once(tmp_path):
    files = {
        f"m{n:03}/main.tf": f'module "next" {{\n  source = "../m{n + 1:03}"\n  count = 0\n}}\n'
        for n in range(400)
    }
    units, _ = found(tmp_path, {**files, "m400/main.tf": PUBLIC})
    assert units[0] == "m000" and units[-1] == "m400"
    assert len(units) == 401


def test_modules_in_a_circle_behind_a_root_are_reached(tmp_path):
    circle = 'module "z" {\n  source = "../zzz"\n}\n'
    files = {
        "infra/main.tf": PUBLIC + circle,
        "zzz/main.tf": 'module "x" {\n  source = "../infra"\n}\n',
        "aaa/main.tf": 'module "x" {\n  source = "../zzz"\n  count = 0\n}\n',
    }
    units, public = found(tmp_path, files)
    assert units[0] == "aaa" and public
