"""What variables are given, from where, and what Terraform refuses to take."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.config import ScanOptions
from kmsiac.frontends.unit import Inputs
from kmsiac.scan import read_units
from kmsiac.values import Unknown
from tests.frontends.terraform.evaluating import evaluated
from tests.frontends.terraform.loading import plain, read


def given(
    folder: Path, block: str, files: dict[str, str] | None = None, inputs: Inputs | None = None
) -> tuple[object, list[str]]:
    """The value of var.x, and what is wrong with it, with the place."""
    hcl = f'variable "x" {{\n{block}\n}}\nresource "aws_kms_key" "k" {{\n  tags = {{ x = var.x }}\n}}\n'
    stack, _ = read(folder, {"main.tf": hcl, **(files or {})}, inputs)
    tags = plain(stack.resources[0].attributes.get("tags"))
    assert isinstance(tags, dict)
    told = [f"{error.span}: {error.message}" for error in stack.errors]
    return tags["x"], told


LIST = "  type = list(string)"


@pytest.mark.parametrize(
    ("block", "written", "expected"),
    [
        ("  type = string", "[1]", "[1]"),
        ("", "[1]", "[1]"),
        ('  default = ["a"]', '["b"]', '["b"]'),
        (LIST, '["b", 1]', ["b", "1"]),
        ("  type = any", '{ a = "b" }', {"a": "b"}),
        ("  type = map(object({ a = optional(string, \"z\") }))", "{ k = {} }", {"k": {"a": "z"}}),
        ("  type = bool", "true", True),
        ("  type = number", "7", "7"),
        ("  type = string", '"q"', '"q"'),
    ],
)  # fmt: skip
def test_text_of_flags_and_the_environment_is_read_as_the_type_says(
    tmp_path: Path, block: str, written: str, expected: object
) -> None:
    assert given(tmp_path, block, inputs=Inputs(variables={"x": written})) == (expected, [])
    environment = Inputs(process_environment={"TF_VAR_x": written})
    assert given(tmp_path, block, inputs=environment) == (expected, [])


def test_later_files_win_and_flags_win_over_them(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    inputs = Inputs(process_environment={"TF_VAR_x": "environment"})
    assert given(tmp_path, "  default = 1", files, inputs)[0] == "environment"
    for name, content in (
        ("terraform.tfvars", 'x = "first"'),
        ("terraform.tfvars.json", '{"x": "second"}'),
        ("a.auto.tfvars", 'x = "third"'),
        ("b.auto.tfvars.json", '{"x": "fourth"}'),
    ):
        files[name] = content
        assert given(tmp_path, "  default = 1", files, inputs) == (content.split('"')[-2], [])
    extra = tmp_path / "extra.tfvars"
    extra.write_text('x = "fifth"')
    inputs = Inputs(variable_files=(extra,))
    assert given(tmp_path, "  default = 1", files, inputs)[0] == "fifth"
    inputs = Inputs(variable_files=(extra,), variables={"x": "last"})
    assert given(tmp_path, "  default = 1", files, inputs)[0] == "last"


@pytest.mark.parametrize(
    ("block", "file", "expected"),
    [
        ("  default = 1", "x = null", None),
        ("  default = 1\n  nullable = false", "x = null", "1"),
        (LIST, "x = [for a in [1, 2] : a + 1]", ["2", "3"]),
        (LIST, "\ufeffx = [ # one\r\n  1,\r\n]\r\n", ["1"]),
        ("", "x = <<-E\n    a\n      b\n  E\n", "a\n  b\n"),
        ("", 'x = "$${a}"', "${a}"),
    ],
)
def test_files_hold_constants(tmp_path: Path, block: str, file: str, expected: object) -> None:
    assert given(tmp_path, block, {"terraform.tfvars": file}) == (expected, [])


def test_text_in_a_json_file_is_no_template(tmp_path: Path) -> None:
    files = {"terraform.tfvars.json": '{"x": ["${a}", {"b": 1.50}]}'}
    assert given(tmp_path, "  type = any", files) == (["${a}", {"b": "1.5"}], [])


@pytest.mark.parametrize(
    ("name", "content", "place", "problem"),
    [
        ("terraform.tfvars", "\nx = var.y", "2:5", "variables may not be used in the value of a variable"),
        ("terraform.tfvars", 'x = upper("y")', "1:5", "functions may not be used in the value of a variable"),
        ("terraform.tfvars", 'x = ["${y}"]', "1:9", "variables may not be used in the value of a variable"),
        ("a.auto.tfvars.json", '["x"]', "1:1", "variables are given as one object"),
        ("terraform.tfvars", 'x = "y"', "1:5", "the value of var.x is not of its type: list is needed"),
        ("terraform.tfvars.json", '{"x": {}}', "1:7", "the value of var.x is not of its type: list is needed"),
    ],
)  # fmt: skip
def test_what_cannot_be_the_value_of_a_variable_is_told_with_its_place(
    tmp_path: Path, name: str, content: str, place: str, problem: str
) -> None:
    _, told = given(tmp_path, LIST, {name: content})
    assert told == [f"{name}:{place}: {problem}"]


def test_an_argument_of_the_wrong_type_is_told_where_it_is_written(tmp_path: Path) -> None:
    call = 'module "m" {\n  source = "./m"\n  x = "y"\n}\n'
    inner = f'variable "x" {{\n{LIST}\n}}\nresource "aws_kms_key" "k" {{\n  tags = var.x\n}}\n'
    stack, _ = read(tmp_path, {"main.tf": call, "m/main.tf": inner})
    (error,) = stack.errors
    assert str(error.span) == "main.tf:3:7"


def test_a_variable_without_a_value_says_what_to_give(tmp_path: Path) -> None:
    call = 'module "m" {\n  source = "./m"\n}\n'
    inner = 'variable "x" {}\nresource "aws_kms_key" "k" {\n  description = var.x\n}\n'
    stack, _ = read(tmp_path, {"main.tf": call + inner, "m/main.tf": inner})
    reasons = {
        one.address: getattr(one.attributes.get("description"), "reason", "")
        for one in stack.resources
    }
    assert reasons == {
        "aws_kms_key.k": "variable has no default; give --var x=...",
        "module.m.aws_kms_key.k": "variable has no default, and the call of the module gives no value",
    }


def described(folder: Path, inputs: Inputs) -> str:
    options = ScanOptions(paths=(folder,), working_directory=folder, inputs=inputs)
    (inventory,) = read_units(options).inventories
    return str(inventory.keys[0].resource.attributes.get("description"))


def test_the_workspace_is_the_selected_one(tmp_path: Path) -> None:
    hcl = 'resource "aws_kms_key" "k" {\n  description = terraform.workspace\n}\n'
    (tmp_path / "main.tf").write_text(hcl)
    assert described(tmp_path, Inputs()) == "default"
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform" / "environment").write_text("stage\n")
    assert described(tmp_path, Inputs()) == "stage"
    inputs = Inputs(process_environment={"TF_WORKSPACE": "prod"})
    assert described(tmp_path, inputs) == "prod"


def test_a_map_without_the_default_workspace_says_how_to_choose_one(tmp_path: Path) -> None:
    expression = '{ prod = "a" }[terraform.workspace]'
    (value,) = evaluated(tmp_path, [expression])
    assert isinstance(value, Unknown)
    assert value.reason == (
        'there is no "default" here; if it is the workspace, choose another with TF_WORKSPACE'
    )
    (other,) = evaluated(tmp_path, ['{ prod = "a" }["dev"]'])
    assert isinstance(other, Unknown)
    assert other.reason == 'there is no "dev" here'


def test_a_null_that_a_variable_types_as_a_list_is_passed_over_by_coalescelist(
    tmp_path: Path,
) -> None:
    declared = (
        'variable "a" {\n  type = list(string)\n  default = null\n}\n'
        'variable "b" {\n  type = list(object({ c = optional(list(string)) }))\n  default = [{}]\n}\n'
    )
    expressions = [
        'coalescelist(var.a, ["x"])',
        'coalescelist([], var.b[0].c, ["x"])',
        'coalescelist(tolist(null), ["x"])',
    ]
    values = evaluated(tmp_path, expressions, declared)
    assert [plain(value) for value in values] == [["x"]] * 3
    (bare,) = evaluated(tmp_path, ['coalescelist(null, ["x"])'])
    assert isinstance(bare, Unknown)
