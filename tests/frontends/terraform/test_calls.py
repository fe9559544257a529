"""Module calls: what they cost, which are followed, and what stops them."""

from __future__ import annotations

from kmsiac.config import ScanOptions
from kmsiac.scan import read_units

KEY = 'resource "aws_kms_key" "k" {\n  description = var.a\n}\n'


def options(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return ScanOptions(paths=(root,), working_directory=root)


def web(modules, calls, more=""):
    """Modules that each call the next ones."""
    files = {}
    for at in range(modules):
        text = 'variable "a" {\n  default = "x"\n}\n' + more
        for step in range(1, min(calls, modules - 1 - at) + 1):
            text += f'module "c{step}" {{\n  source = "../m{at + step:03}"\n  a = "${{var.a}}{step}"\n}}\n'
        files[f"m{at:03}/main.tf"] = text
    return files


def test_modules_that_hold_nothing_are_not_followed(tmp_path):
    read = read_units(options(tmp_path, web(60, 20)))
    (inventory,) = read.inventories
    assert len(inventory.files) == 60
    assert inventory.gaps == []


def test_of_too_many_instances_each_module_is_looked_at(tmp_path):
    read = read_units(options(tmp_path, web(60, 20, KEY)))
    (inventory,) = read.inventories
    assert len({key.position for key in inventory.keys}) == 60
    assert [gap.reason for gap in inventory.gaps] == [
        "more than 3000 module instances: the others are not looked at"
    ]


def test_what_is_found_comes_in_the_order_in_which_it_is_written(tmp_path):
    files = {
        "main.tf": 'module "b" {\n  source = "./x"\n}\nmodule "a" {\n  source = "./x"\n}\n',
        "x/main.tf": 'module "y" {\n  source = "../y"\n  count = 2\n}\nvariable "a" {\n  default = 1\n}\n'
        + KEY,
        "y/main.tf": 'variable "a" {\n  default = 1\n}\n' + KEY,
    }
    (inventory,) = read_units(options(tmp_path, files)).inventories
    assert [key.address for key in inventory.keys] == [
        f"module.{name}{inner}.aws_kms_key.k"
        for name in "ba"
        for inner in ("", ".module.y[0]", ".module.y[1]")
    ]


SWITCHED = """
variable "open" {
  type = bool
}
resource "aws_kms_key" "on" {
  lifecycle {
    enabled = true
  }
}
resource "aws_kms_key" "off" {
  lifecycle {
    enabled = false
  }
}
resource "aws_kms_key" "maybe" {
  description = aws_kms_key.off == null ? "off" : "on"
  lifecycle {
    enabled = var.open
  }
}
module "off" {
  source = "./m"
  lifecycle {
    enabled = false
  }
}
"""


def test_what_is_not_enabled_does_not_exist(tmp_path):
    files = {"main.tofu": SWITCHED, "m/main.tofu": 'resource "aws_kms_key" "k" {}\n'}
    root, alone = read_units(options(tmp_path, files)).inventories
    found = {key.address: key.resource for key in root.keys}
    assert sorted(found) == ["aws_kms_key.maybe", "aws_kms_key.on"]
    assert [(guard.name, atom) for guard, atom in found["aws_kms_key.maybe"].exists] == [
        ("var.open", True)
    ]
    assert str(found["aws_kms_key.maybe"].attributes.get("description")) == "off"
    assert [key.address for key in alone.keys] == ["aws_kms_key.k"]
