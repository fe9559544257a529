"""What is found under paths and on standard input, told by content."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsiac.frontends.discover import discover
from kmsiac.frontends.unit import Discovery, Inputs
from kmsiac.reading.tree import STDIN, SourceTree

TEMPLATE = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n"
TEMPLATE_JSON = json.dumps({"Resources": {"Key": {"Type": "AWS::KMS::Key"}}})
PLAN = json.dumps({"format_version": "1.2", "terraform_version": "1.9", "resource_changes": []})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]})
STATE = json.dumps({"version": 4, "terraform_version": "1.9", "serial": 1, "lineage": "x"})
SHOWN_STATE = json.dumps({"format_version": "1.0", "terraform_version": "1.9", "values": {}})
LOG = '{"@level":"info","@message":"Terraform 1.9","type":"version"}\n'
KEY = 'resource "aws_kms_key" "k" {}\n'


def put(root: Path, name: str, content: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def scan(root: Path, *paths: Path, stdin: bytes | None = None) -> Discovery:
    tree = SourceTree(root)
    wanted = list(paths) or ([] if stdin is not None else [root])
    return discover(tree, wanted, stdin, Inputs())


def units(root: Path, found: Discovery) -> list[tuple[str, str]]:
    return [
        (u.kind, str(u.path if u.path == Path(STDIN) else u.path.relative_to(root)))
        for u in found.units
    ]


def messages(found: Discovery) -> list[str]:
    return [str(error) for error in found.errors]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("t.yaml", TEMPLATE, "cloudformation"),
        ("t.yml", "---\n# c\nAWSTemplateFormatVersion: '2010-09-09'\n", "cloudformation"),
        ("t.template", TEMPLATE_JSON, "cloudformation"),
        ("t.json", TEMPLATE_JSON, "cloudformation"),
        ("t.yaml", TEMPLATE.encode("utf-16"), "cloudformation"),
        ("t.yaml", TEMPLATE.encode("utf-32"), "cloudformation"),
        ("t.yaml", TEMPLATE.encode("utf-32-be"), "cloudformation"),
        ("t.json", b"\xef\xbb\xbf" + TEMPLATE_JSON.encode(), "cloudformation"),
        ("t.json", '{"Resources": {"K": {"Type": "AWS::KMS::Key"}', "cloudformation"),
        ("t.yaml", "  Resources:\n    K:\n      Type: AWS::KMS::Key\n", "cloudformation"),
        ("p.json", PLAN, "plan"),
        ("p.json", PLAN.replace("resource_changes", "planned_values"), "plan"),
        ("p.json", PLAN.encode("utf-16"), "plan"),
        ("p.json", POLICY, "policy"),
        ("p.json", POLICY.replace("Effect", 'Sid": "My::Resources", "Effect'), "policy"),
    ],
)
def test_a_file_is_what_its_content_says(tmp_path, name, content, kind):
    path = put(tmp_path, name, content)
    for found in (scan(tmp_path), scan(tmp_path, path)):
        assert units(tmp_path, found) == [(kind, name)]
        assert (found.files, found.skipped, found.errors) == (1, 0, [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("chart.yaml", "apiVersion: v1\nkind: ConfigMap\n"),
        ("map.yaml", "data:\n  t: |\n    Resources:\n      K:\n        Type: AWS::KMS::Key\n"),
        ("broken.yaml", "a: [\n"),
        ("package.json", '{"name": "x"}'),
        ("broken.json", "{"),
        ("log.json", '{"Statement": "He said \\"Effect\\""}'),
        ("nested.json", json.dumps({"a": {"Resources": {"K": {"Type": "AWS::KMS::Key"}}}})),
        ("empty.yaml", ""),
        ("bytes.json", b"\xff\x00\xfe"),
    ],
)
def test_other_yaml_and_json_is_skipped_in_a_folder_and_an_error_by_name(tmp_path, name, content):
    path = put(tmp_path, name, content)
    found = scan(tmp_path)
    assert (found.units, found.errors, found.skipped) == ([], [], 1)
    found = scan(tmp_path, path)
    assert (len(found.errors), found.skipped) == (1, 0)
    assert messages(found)[0].startswith(f"{name}: ")
    assert messages(scan(tmp_path, tmp_path, path)) == messages(found)


def test_what_is_passed_over_is_not_kept_and_is_read_again_where_it_is_referred_to(tmp_path):
    path = put(tmp_path, "package.json", '{"name": "app"}')
    tree = SourceTree(tmp_path)
    found = discover(tree, [tmp_path], None, Inputs())
    assert found.skipped == 1
    assert sum(len(file.data) for file in tree.files) == 0
    assert tree.read(path).text == '{"name": "app"}'


def test_a_broken_policy_is_an_error_only_where_it_is_named(tmp_path):
    # A build fills it in: nobody says that it is one as it stands.
    path = put(tmp_path, "to-fill-in.json", POLICY.replace('"Allow"', "${effect}"))
    found = scan(tmp_path)
    assert (found.units, found.errors, found.skipped) == ([], [], 1)
    assert units(tmp_path, scan(tmp_path, path)) == [("policy", "to-fill-in.json")]


def test_folders_with_terraform_are_units(tmp_path):
    put(tmp_path, "a/main.tf", KEY)
    put(tmp_path, "a/more.tf.json", "{}")
    put(tmp_path, "b/main.tofu", KEY)
    put(tmp_path, "a/.terraform/modules/x/main.tf", KEY)
    put(tmp_path, "a/terraform.tfvars.json", "{}")
    found = scan(tmp_path)
    assert units(tmp_path, found) == [("terraform", "a"), ("terraform", "b")]
    assert (found.files, found.skipped) == (3, 1)


def test_a_named_tf_scans_its_folder_and_reports_itself(tmp_path):
    one = put(tmp_path, "a/one.tf", KEY)
    two = put(tmp_path, "a/two.tf", KEY)
    found = scan(tmp_path, one, two)
    (unit,) = found.units
    assert found.files == 2
    assert (unit.kind, unit.path) == ("terraform", tmp_path / "a")
    assert unit.only == {"a/one.tf", "a/two.tf"}
    (unit,) = scan(tmp_path, one, tmp_path).units
    assert unit.only == frozenset()


def test_a_linked_folder_is_the_module_it_leads_to(tmp_path):
    one = put(tmp_path, "a/one.tf", KEY)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (unit,) = scan(tmp_path, tmp_path / "link" / "one.tf").units
    assert (unit.path, unit.only) == (one.parent, {"a/one.tf"})
    assert units(tmp_path, scan(tmp_path)) == [("terraform", "a")]


def test_a_module_that_is_only_called_is_no_unit(tmp_path):
    put(tmp_path, "main.tf", 'module "m" {\n  source = "./m"\n}\n')
    called = put(tmp_path, "m/main.tf", KEY)
    assert units(tmp_path, scan(tmp_path)) == [("terraform", ".")]
    assert units(tmp_path, scan(tmp_path, called)) == [("terraform", "m")]


def test_paths_that_overlap_are_scanned_once(tmp_path):
    path = put(tmp_path, "x/t.yaml", TEMPLATE)
    found = scan(tmp_path, tmp_path, tmp_path / "x", path, tmp_path / "x" / ".." / "x")
    assert (len(found.units), found.files) == (1, 1)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("s.json", STATE, "Terraform state file"),
        ("terraform.tfstate", STATE, "Terraform state file"),
        ("s.json", SHOWN_STATE, "Terraform state as JSON"),
        ("log.json", LOG, "log of `terraform plan -json`"),
        ("tfplan", b"PK\x03\x04\x14\0tfplan", "binary Terraform plan"),
        ("terragrunt.hcl", 'include "root" {}', "Terragrunt configuration is not read"),
        ("a.tfcomponent.hcl", "", "Terraform stacks are not read"),
    ],
)
def test_known_kinds_that_are_not_read_are_named(tmp_path, name, content, problem):
    path = put(tmp_path, name, content)
    (error,) = scan(tmp_path).errors
    assert problem in error.message
    assert "plan" in error.hint
    (error,) = scan(tmp_path, path).errors
    assert error.span is not None and error.span.path == name
    assert problem in error.message and "plan" in error.hint
    put(tmp_path, "t.yaml", TEMPLATE)
    found = scan(tmp_path)
    assert (found.errors, len(found.unread), len(found.units)) == ([], 1, 1)


def test_terragrunt_beside_terraform_is_not_mentioned(tmp_path):
    put(tmp_path, "terragrunt.hcl", "")
    put(tmp_path, "main.tf", KEY)
    assert scan(tmp_path).unread == []


def test_missing_paths_and_links_out_are_errors_and_the_rest_is_found(tmp_path):
    root = tmp_path / "root"
    put(root, "t.yaml", TEMPLATE)
    (root / "out.yaml").symlink_to(put(tmp_path, "secret.yaml", TEMPLATE))
    found = scan(root, root, root / "gone", root / "gone.yaml", tmp_path / "secret.yaml")
    assert [u.path.name for u in found.units] == ["t.yaml"]
    assert sorted(messages(found)) == [
        "gone.yaml: no such file or directory",
        "gone: no such file or directory",
        "out.yaml: this path leads outside the scanned tree (it was not read)",
        "secret.yaml: this path leads outside the scanned tree (it was not read)",
    ]


def test_a_named_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    put(tmp_path, "t.yaml", TEMPLATE)
    found = scan(tmp_path)
    assert len(found.units) == 1
    assert [error.message for error in found.errors] == ["not a regular file"]


@pytest.mark.parametrize(
    ("data", "kind"), [(PLAN, "plan"), (TEMPLATE, "cloudformation"), (POLICY, "policy")]
)
def test_standard_input(tmp_path, data, kind):
    (unit,) = scan(tmp_path, stdin=data.encode()).units
    assert (unit.kind, unit.path) == (kind, Path(STDIN))
    assert unit.file is not None and unit.file.path == STDIN


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "standard input is empty"),
        (b" \n\0", "standard input is empty"),
        (b"PK\x03\x04 tfplan", "binary Terraform plan"),
        (LOG.encode(), "log of"),
        (STATE.encode(), "state file"),
        (KEY.encode(), "Terraform code cannot be read from standard input"),
        (b"\x00\xff\x01", "not a template, plan or policy"),
        (b"hello", "not a template, plan or policy"),
    ],
)
def test_standard_input_that_is_nothing_to_scan(tmp_path, data, problem):
    found = scan(tmp_path, stdin=data)
    assert found.units == []
    (error,) = found.errors
    assert problem in error.message
    assert error.span is not None and error.span.path == STDIN


def test_units_come_in_the_same_order_however_they_were_asked_for(tmp_path):
    paths = [put(tmp_path, name, TEMPLATE) for name in ("b.yaml", "a.yaml", "c/a.yaml")]
    forward = units(tmp_path, scan(tmp_path, *paths))
    assert forward == units(tmp_path, scan(tmp_path, *reversed(paths)))
    assert [name for _, name in forward] == ["a.yaml", "b.yaml", "c/a.yaml"]


PIECES = [
    TEMPLATE,
    TEMPLATE_JSON,
    PLAN,
    POLICY,
    STATE,
    LOG,
    KEY,
    "\ufeff",
    "  ",
    "{",
    "]",
    "\n",
    "\0",
]


@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=6),
    st.sampled_from(["utf-8", "utf-16", "utf-16-be"]),
)
def test_any_standard_input_is_one_unit_or_one_error(pieces, encoding):
    data = "".join(pieces).encode(encoding, "replace")
    found = discover(SourceTree(Path("/")), [], data, Inputs())
    assert len(found.units) + len(found.errors) == 1


def test_much_white_space_costs_little(tmp_path):
    found = scan(tmp_path, stdin=b"\n" * 4_000_000 + b"x")
    assert len(found.errors) == 1
