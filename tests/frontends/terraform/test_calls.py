"""Module calls: what they cost, which are followed, and what stops them."""

from __future__ import annotations

import pytest

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


def gaps(root, files):
    """What could not be followed, over all units, with the line."""
    read = read_units(options(root, files))
    every = [gap for inventory in read.inventories for gap in inventory.gaps]
    return [(gap.resource, read.locate(gap.position).line, gap.reason) for gap in every]


def test_a_module_that_is_not_there_says_what_it_is_and_what_to_do(tmp_path):
    hcl = """module "kms" {
  for_each = toset(["a", "b"])
  source   = "terraform-aws-modules/kms/aws"
  version  = "~> 2.0"
  key_administrators = ["*"]
  policy             = "{}"
  tags               = {}
}
module "git" {
  source = "git::https://example.com/vpc.git?ref=v1.2.0"
}
module "gone" {
  source = "./gone"
}
module "open" {
  source   = var.where
  key_name = "ssh"
}
variable "where" {}
"""
    gone = "is not in the scanned tree"
    init = f"{gone}: run `terraform init` before the scan"
    assert gaps(tmp_path, {"main.tf": hcl}) == [
        ('module.kms["a"]', 3, f'module source "terraform-aws-modules/kms/aws" {init}; it is given key_administrators, policy'),
        ("module.git", 10, f'module source "git::https://example.com/vpc.git?ref=v1.2.0" {init}'),
        ("module.gone", 13, f'module source "./gone" {gone}'),
        ("module.open", 16, f"module source var.where {init}"),
    ]  # fmt: skip


def test_modules_that_lead_back_to_themselves_are_told(tmp_path):
    def call(name, source):
        return f'module "{name}" {{\n  source = "{source}"\n}}\n'

    files = {
        "main.tf": call("self", "./self") + call("one", "./one"),
        "self/main.tf": call("again", "../self"),
        "one/main.tf": call("two", "../two"),
        "two/main.tf": call("one", "../one") + KEY,
    }
    assert gaps(tmp_path, files) == [
        ("module.self.module.again", 2, "the module calls itself"),
        (
            "module.one.module.two.module.one",
            2,
            "modules call each other in a circle: one > two > one",
        ),
    ]


RECORDED = """{"Modules": [
  {"Key": "", "Source": "", "Dir": "."},
  {"Key": "kms", "Source": "registry.terraform.io/x/kms/aws", "Version": "2.1.0", "Dir": ".terraform/modules/kms"},
  {"Key": "kms.inner", "Source": "./modules/inner", "Dir": ".terraform/modules/kms/modules/inner"},
  {"Key": "kms.far", "Source": "git::https://example.com/far.git//key?ref=v1", "Dir": ".terraform\\\\modules\\\\kms.far\\\\key"}
]}"""


def test_modules_that_init_has_downloaded_are_read(tmp_path):
    hcl = """variable "from" {
  default = "x/kms/aws"
}
module "kms" {
  for_each = { "a.b[0]" = 1, "c]" = 2 }
  source   = var.from
  a        = each.key
}
"""
    key = 'variable "a" {}\n' + KEY
    far = 'module "far" {\n  source = "git::https://example.com/far.git//key?ref=v1"\n  a = "far ${var.a}"\n}\n'
    near = 'module "inner" {\n  source = "./modules/inner"\n  a = "inner"\n}\n'
    files = {
        "main.tf": hcl,
        ".terraform/modules/modules.json": RECORDED,
        ".terraform/modules/kms/main.tf": 'variable "a" {}\n' + far + near,
        ".terraform/modules/kms/modules/inner/main.tf": key,
        ".terraform/modules/kms.far/key/main.tf": key,
    }
    (inventory,) = read_units(options(tmp_path, files)).inventories
    assert inventory.gaps == []
    found = {key.address: str(key.resource.attributes.get("description")) for key in inventory.keys}
    assert found == {
        'module.kms["a.b[0]"].module.far.aws_kms_key.k': "far a.b[0]",
        'module.kms["a.b[0]"].module.inner.aws_kms_key.k': "inner",
        'module.kms["c]"].module.far.aws_kms_key.k': "far c]",
        'module.kms["c]"].module.inner.aws_kms_key.k': "inner",
    }


@pytest.mark.parametrize(
    ("call", "row", "said"),
    [
        ('source = "x/kms/aws"', '"Source": "registry.terraform.io/x/kms/aws"', ""),
        ('source = "x/kms/aws"', '"Source": "registry.opentofu.org/x/kms/aws"', ""),
        ('source = "x/kms/aws"', "", ""),
        (
            'source = "github.com/x/y//m?ref=v1"',
            '"Source": "git::https://github.com/x/y.git//m?ref=v1"',
            "",
        ),
        (
            'source = "git@host.example:x/y.git"',
            '"Source": "git::ssh://git@host.example/x/y.git"',
            "",
        ),
        ('source = "x/kms/aws"', '"Source": "registry.terraform.io/y/kms/aws"', "y/kms/aws"),
        ('source = "git::https://h/x?ref=v2"', '"Source": "git::https://h/x?ref=v1"', "ref=v1"),
        ('source = "x/kms/aws"\n version = "~> 2.1"', '"Version": "2.4.0"', ""),
        ('source = "x/kms/aws"\n version = ">= 1.0, < 3"', '"Version": "2.4.0"', ""),
        ('source = "x/kms/aws"\n version = "2.4.0"', '"Version": "2.4.0"', ""),
        ('source = "x/kms/aws"\n version = "~> 2.1.0"', '"Version": "2.4.0"', "'2.4.0'"),
        ('source = "x/kms/aws"\n version = ">= 3, != 4"', '"Version": "2.4.0"', "'2.4.0'"),
        ('source = "x/kms/aws"\n version = "3.0.0"', '"Version": "2.4.0"', "'2.4.0'"),
    ],
)
def test_a_recorded_module_of_another_source_or_version_is_told(tmp_path, call, row, said):
    row = f", {row}" if row else ""
    files = {
        "main.tf": f'module "m" {{\n {call}\n}}\n',
        ".terraform/modules/modules.json": f'{{"Modules": [{{"Key": "m", "Dir": "got"{row}}}]}}',
        "got/main.tf": KEY.replace("var.a", '"x"'),
    }
    inventory = read_units(options(tmp_path, files)).inventories[0]
    assert [key.address for key in inventory.keys] == ["module.m.aws_kms_key.k"]
    reasons = [gap.reason for gap in inventory.gaps]
    assert (len(reasons) == 1 and said in reasons[0]) if said else not reasons


def test_a_module_folder_without_code_is_told(tmp_path):
    """As a submodule is that was not checked out."""
    files = {"main.tf": 'module "m" {\n  source = "./sub"\n}\n', "sub/README.md": "nothing"}
    (inventory,) = read_units(options(tmp_path, files)).inventories
    assert [gap.reason for gap in inventory.gaps] == [
        'the folder of module source "./sub" holds no Terraform code'
    ]


def test_files_of_folders_that_discovery_passes_over_are_listed(tmp_path):
    """Terraform's fileset knows no such folders, and whoever writes the tree can make one."""
    hcl = (
        'resource "aws_kms_key" "k" {\n'
        '  for_each    = fileset("p", "**")\n  description = each.key\n}\n'
    )
    files = {"main.tf": hcl, "p/a.json": "", "p/node_modules/b.json": "", "p/.terraform/c": ""}
    (inventory,) = read_units(options(tmp_path, files)).inventories
    assert [str(key.resource.attributes.get("description")) for key in inventory.keys] == [
        ".terraform/c",
        "a.json",
        "node_modules/b.json",
    ]


@pytest.mark.parametrize("count", ["-1", "null", '"many"'])
def test_a_count_that_terraform_refuses_does_not_hide_the_block(tmp_path, count):
    files = {"main.tf": f'resource "aws_kms_key" "k" {{\n  count = {count}\n}}\n'}
    (inventory,) = read_units(options(tmp_path, files)).inventories
    assert [key.address for key in inventory.keys] == ["aws_kms_key.k[0]"]
