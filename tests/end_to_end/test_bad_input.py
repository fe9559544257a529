"""Whatever stands in a tree: one line naming file and place, the rest scanned, the right exit code."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEEP = 100_000
NO_VALUE = " (this expression is not evaluated)"
NO_KEY = "expected a key in double quotes, found the end of the file"

GOOD = """\
resource "aws_kms_key" "good" {
  enable_key_rotation = true
  policy = jsonencode({
    Statement = [{ Sid = "Share", Effect = "Allow", Principal = "*", Action = "kms:Decrypt", Resource = "*" }]
  })
}
"""
CLEAN = 'resource "aws_kms_key" "clean" {\n  enable_key_rotation = true\n}\n'
TEMPLATE = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      Description: x\n"
PLAN = '{"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": %s}'
JSON_KEY = '{"Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": %s}}}}'
LOG = '{"@level":"info","@message":"Terraform 1.9.0","terraform_version":"1.9.0"}\n'
STATE = '{"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x"}'


def key(policy: str) -> str:
    return f'resource "aws_kms_key" "k" {{\n  enable_key_rotation = true\n  policy = {policy}\n}}\n'


def only_line(told: str, mark: str) -> str:
    found = [line.strip() for line in told.splitlines() if mark in line]
    assert len(found) == 1, told
    return found[0]


# -- files that cannot be read at all ----------------------------------------------------------------

UNREADABLE = [
    ("x.tf", 'resource "a" "b" {\n  policy = jsonencode({\n', "1:18: this block is never closed"),
    ("x.tf", 'resource "a" "b" {\n  x = "abc\n}\n', "2:7: this string is never closed"),
    ("x.tf", 'resource "a" "b" {\n  x = <<EOF\nabc\n', "2:7: this heredoc is never closed"),
    ("x.tf", "/* abc", "1:1: this comment is never closed"),
    ("x.tf", "what is this\n", "1:1: expected a block or `name = value`"),
    ("x.yaml", TEMPLATE + "  Other: [\n", "7:1: not valid YAML"),
    ("x.json", '{"Resources": {"K": {"Type": "AWS::KMS::Key",}}}', "1:46: not valid JSON: expected"),
    ("x.json", (PLAN % "[{")[:-1], "1:79: not valid JSON: the text ends in the middle"),
    ("x.tf", bytes(range(1, 256)) * 4, "2:118: byte 0x80 is not valid UTF-8"),
    ("x.tf", GOOD + "\0", "7:1: this is a binary file"),
    ("x.yaml", TEMPLATE.encode() + b"# \xff", "6:3: byte 0xff is not valid UTF-8"),
    ("x.json", (PLAN % "[]").replace("1.9.0", "\ud800").encode("utf-8", "surrogatepass"),
     "1:49: byte 0xed is not valid UTF-8"),
    ("x.json", (JSON_KEY % "1").replace("K", "\\ud800", 1).replace("Key\\ud800", "K"), ""),
    ("x.yaml", TEMPLATE + "# \ufffe\n", "6:3: the character U+FFFE is not allowed"),
    ("x.tf", "#" * (8 * 1024 * 1024 + 1), "file of 8,388,609 bytes, over the limit of 8,388,608"),
    ("x.yaml", TEMPLATE + "#" * (8 * 1024 * 1024), "over the limit of 8,388,608"),
    ("x.yaml", TEMPLATE + "      KeyPolicy: " + "[" * DEEP, "nested more than 100 levels deep"),
    ("x.yaml", TEMPLATE + "      KeyPolicy: " + "{" * DEEP, "nested more than 100 levels deep"),
    ("x.json", JSON_KEY % ("[" * DEEP), "nested more than 100 levels deep"),
    ("x.json", JSON_KEY % ("[" * DEEP + "]" * DEEP), "nested more than 100 levels deep"),
    ("x.json", JSON_KEY % ("{" * DEEP), "not valid JSON: expected a key"),
    ("x.json", PLAN % ("[" * DEEP + "]" * DEEP), "nested too deep"),
    ("x.json", PLAN % ('{"a":' * DEEP), "nested too deep"),
    ("x.json", PLAN % "[1e999999999999999999999]", "1:78: not valid JSON: a number out of range"),
    ("x.json", PLAN % ("9" * 5000), "a number with too many digits"),
    ("x.json", PLAN % "[NaN]", "1:78: not valid JSON: NaN"),
    ("x.tf", "[" * DEEP, "1:1: expected a block"),
    ("x.tf", "{" * DEEP, "1:1: expected a block"),
    ("x.yaml", "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefghi", "bcdefghij", strict=True)) + TEMPLATE,
     "more than 300,000 nodes (an alias counts as all that it stands for)"),
    ("x.yaml", TEMPLATE + "      KeyPolicy: &x\n        Statement: *x\n",
     "7:20: alias *x stands inside itself"),
    ("x.yaml", TEMPLATE + "      KeyPolicy: &x\n        <<: *x\n",
     "7:13: alias *x stands inside itself"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "problem"), UNREADABLE)
def test_an_unreadable_file_is_named_and_the_rest_is_scanned(kmsiac, name, content, problem):
    ran = kmsiac({"good/main.tf": GOOD, f"bad/{name}": content}, "scan")
    line = only_line(ran.out, "error: ")
    assert (ran.code, ran.err) == (1, "")
    assert line.startswith(f"error: bad/{name}:")
    assert problem in line
    assert "KP-20" in ran.out
    assert "1 file not read" in ran.out.splitlines()[-1]


@pytest.mark.parametrize(("name", "content", "problem"), UNREADABLE[:8])
def test_without_findings_an_unreadable_file_is_3(kmsiac, name, content, problem):
    ran = kmsiac({"good/main.tf": CLEAN, f"bad/{name}": content}, "scan")
    assert ran.code == 3
    assert problem in only_line(ran.out, "error: ")
    assert kmsiac({}, "scan", "--fail-on", "never").code == 3


@pytest.mark.parametrize(
    ("files", "arguments", "code", "problem"),
    [
        ({}, (), 3, "Nothing to scan"),
        ({"a.txt": "x", "values.yaml": "a: 1", "e.json": "", "b.yaml": b"\xff\0"}, (), 3,
         "Nothing to scan"),
        ({}, ("missing",), 3, "error: missing: no such file or directory"),
        ({"main.tf": GOOD}, (".", "missing"), 1, "error: missing: no such file or directory"),
        ({"main.tf": CLEAN}, (".", "missing"), 3, "error: missing: no such file or directory"),
        ({"main.tf": ""}, (), 0, "looked at 1 file"),
        ({"e.json": ""}, ("e.json",), 3, "error: e.json: the file is empty"),
        ({"b.yaml": b"\xff\0"}, ("b.yaml",), 3, "error: b.yaml: not a template, plan or policy"),
        ({"main.tf": GOOD}, ("x" * 300,), 3, "File name too long"),
        ({"main.tf": GOOD}, ("/dev/null",), 3, "error: null: not a regular file"),
        ({"main.tf": GOOD.encode("utf-16")}, (), 1, "KP-20"),
        ({"main.tf": b"\xef\xbb\xbf" + GOOD.encode()}, (), 1, "KP-20"),
        ({"main.tf": GOOD.replace("\n", "\r\n")}, (), 1, "--> main.tf:4:"),
        ({"t.yaml": TEMPLATE.encode("utf-16")}, (), 1, "--> t.yaml:2:3"),
        ({"t.json": (JSON_KEY % "{}").encode("utf-16")}, (), 1, "KEY-01"),
        ({"main.tf": GOOD + "# \uffff\U0010ffff"}, (), 1, "KP-20"),
        ({("a" * 250) + ".tf": GOOD}, (), 1, "KP-20"),
    ],
)  # fmt: skip
def test_exit_codes(kmsiac, files, arguments, code, problem):
    ran = kmsiac(files, "scan", *arguments)
    assert ran.code == code, ran.out
    assert problem in ran.out


# -- a part of a file that cannot be read or evaluated -----------------------------------------------


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("[" * DEEP, "3:12: this bracket is never closed"),
        ("(" * DEEP, "3:12: this bracket is never closed"),
        ('"${' + "[" * DEEP + '}"', "brackets nested over 150 deep"),
        ("<<EOF\n" + "[" * DEEP + "\nEOF", "not valid JSON: more than 100 levels deep"),
        ("<<EOF\n" + '{"Statement":' + "[" * DEEP + "]" * DEEP + "}\nEOF", "100 levels deep"),
        ("<<EOF\n" + "{" * DEEP + "\nEOF", "not valid JSON"),
        ("<<EOF\n" + "(" * DEEP + "\nEOF", "not valid JSON"),
        ("jsonencode(" * 2000 + "1" + ")" * 2000, "brackets nested over 150 deep"),
        ('"${' * 2000 + "1" + '}"' * 2000, "strings and interpolations nested over 40 deep"),
        ('"' + "${a}" * 20_000 + '"', "more than 10,000 interpolations"),
        ("1 + " * 20_000 + "1", "an expression nested too deeply"),
        ("local" + ".a" * 20_000, "expressions nested over 400 deep"),
        ("-" * 20_000 + "1", "signs nested over 150 deep"),
        ("true ? 1 : " * 100 + "1", "a policy document is a JSON object"),
        ('"' + "a" * 1_000_000 + '"', "not valid JSON"),
        ("[" + '"a",' * 300_000 + "]", "a policy document is a JSON object"),
        ("[" + "-a," * 200_000 + "]", "an expression of more than 200,000 words and marks"),
        ("1e999999999999999999999", "a number out of range"),
        ("1e99999", "a number out of range"),
        ('"1e99999" + 1', "a number out of range"),
        ("1e3999 * 1e3999", "`*` gives a number out of range"),
        ("-1e-99999999999999999999", "a number out of range"),
        ('jsondecode("1e999999999999999999999")', "a number out of range"),
        ("<<EOF\n{\"Statement\": 1e999999999999999999999}\nEOF", "a number beyond all bounds"),
        ("local.a", "local.a: refers to itself"),
        ("module.m.y", "module.m.output.y: refers to itself"),
        ("aws_kms_key.k.policy", "aws_kms_key.k.policy: refers to itself"),
        ("data.aws_iam_policy_document.d.json", "refers to itself"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_evaluated_is_listed_beside_the_others(kmsiac, policy, reason):
    rest = """
locals {
  a = local.b
  b = local.a
}
module "m" {
  source = "./m"
  x      = module.m.y
}
data "aws_iam_policy_document" "d" {
  source_policy_documents = [data.aws_iam_policy_document.d.json]
}
"""
    module = 'variable "x" {}\noutput "y" {\n  value = var.x\n}\n'
    ran = kmsiac({"main.tf": key(policy) + rest + GOOD, "m/main.tf": module}, "scan", "-v")
    assert ran.code == 1
    assert reason in ran.out
    assert "aws_kms_key.good\n" in ran.out
    assert max(map(len, ran.out.splitlines())) < 1000


@pytest.mark.parametrize(
    "number", ["1e999999999999", "1e999999999999999999999", "1e400", "9" * 400]
)
def test_enormous_numbers(kmsiac, number):
    body = f"  count = {number}\n  deletion_window_in_days = {number} + 1\n"
    body += f'  description = "${{{number}}} ${{substr("abc", 0, {number})}}"\n'
    files = {
        "tf/main.tf": f'resource "aws_kms_key" "k" {{\n{body}}}\n' + GOOD,
        "c.json": JSON_KEY % number,
        "y.yaml": TEMPLATE + f"      PendingWindowInDays: {number}\n      KeyPolicy: {number}\n",
        "p.json": f'{{"Statement": [{{"Effect": "Allow", "Principal": {number}}}]}}',
        "plan.json": PLAN
        % json.dumps(
            [{"address": "aws_kms_key.p", "mode": "managed", "type": "aws_kms_key", "name": "p",
              "change": {"actions": ["create"], "after": {"deletion_window_in_days": "N"}}}]
        ).replace('"N"', number),
    }  # fmt: skip
    ran = kmsiac(files, "scan", "-f", "json")
    assert ran.code == 1
    assert "KP-20" in {found["rule"] for found in json.loads(ran.out)["findings"]}


def test_circles_of_modules_and_conditions_are_named(kmsiac):
    circle = 'module "self" {\n  source = "./"\n}\nmodule "n" {\n  source = "./n"\n}\n'
    files = {
        "tf/main.tf": circle + GOOD,
        "tf/n/main.tf": 'module "p" {\n  source = "../p"\n}\n',
        "tf/p/main.tf": 'module "n" {\n  source = "../n"\n}\n' + CLEAN,
        "t.yaml": "Conditions:\n  A: !Condition B\n  B: !Not [!Condition A]\n"
        "  C: !And [!Condition C, !Condition C]\n" + TEMPLATE + "    Condition: A\n",
    }
    ran = kmsiac(files, "scan")
    assert ran.code == 1
    assert "tf/main.tf:2:3  module.self (source): the module calls itself" in ran.out
    told = "module.n.module.p.module.n (source): modules call each other in a circle: n > p > n"
    assert told in ran.out
    assert "t.yaml:4:12: condition C depends on itself" in ran.out
    assert {"KP-20", "KEY-01"} <= {word.split("]")[0] for word in ran.out.split("[")}


def test_what_is_declared_twice_is_named_and_looked_at_once(kmsiac):
    files = {
        "a.tf": GOOD.replace("{\n", "{\n  enable_key_rotation = false\n", 1),
        "b.tf": GOOD,
        "c.yaml": TEMPLATE + "  Key:\n    Type: AWS::KMS::Key\n",
        "d.json": '{"Resources": {"K": {"Type": "AWS::KMS::Key"}, "K": {"Type": "AWS::KMS::Key"}}}',
    }
    ran = kmsiac(files, "scan")
    told = [line.strip() for line in ran.out.splitlines() if "error: " in line]
    assert told == [
        "error: a.tf:3:3: `enable_key_rotation` is set twice in one block (the first one is used)",
        "error: b.tf:1:1: resource aws_kms_key.good is declared twice (the first one is used)",
    ]
    for note in (
        "  c.yaml:6:3: duplicate key Key: the last one counts",
        "  d.json:1:48: duplicate key K: the last one counts",
    ):
        assert note in ran.out
    assert ran.code == 1


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ('resource "aws_kms_key" {}', "a resource block has two labels, this one has 1"),
        ('data "a" "b" "c" {}', "a data block has two labels, this one has 3"),
        ("variable {}", "a variable block has one label, this one has 0"),
        ('module "a" "b" {}', "a module block has one label, this one has 2"),
    ],
)
def test_a_block_with_other_labels_is_not_passed_over(kmsiac, block, problem):
    ran = kmsiac({"main.tf": GOOD, "x.tf": block}, "scan")
    assert ran.code == 1
    assert f"error: x.tf:1:1: {problem}" in ran.out


def test_a_dynamic_block_over_no_collection(kmsiac):
    document = 'data "aws_iam_policy_document" "d" {\n  dynamic "statement" {\n    for_each = 1\n'
    document += "    content {}\n  }\n}\n"
    ran = kmsiac({"main.tf": GOOD + document + key("data.aws_iam_policy_document.d.json")}, "scan")
    assert ran.code == 1
    assert "a list or map is needed, not a number" in ran.out


def test_variable_files_that_cannot_be_read_are_named(kmsiac):
    files = {
        "main.tf": 'variable "x" {}\n' + GOOD,
        "terraform.tfvars": "x = [\n",
        "a.auto.tfvars.json": "{",
        "b.auto.tfvars.json": "[" * DEEP,
        "c.auto.tfvars.json": '{"x": 1e999999999999999999999}',
        "d.auto.tfvars.json": b"\xff",
    }
    told = [line.strip() for line in kmsiac(files, "scan").out.splitlines() if "error: " in line]
    assert told == [
        f"error: a.auto.tfvars.json:1:2: not valid JSON: {NO_KEY}",
        "error: b.auto.tfvars.json:1:101: nested more than 100 levels deep",
        f"error: c.auto.tfvars.json:1:7: not understood: a number out of range{NO_VALUE}",
        "error: d.auto.tfvars.json:1:1: byte 0xff is not valid UTF-8 (save the file as UTF-8)",
        "error: terraform.tfvars:1:5: this bracket is never closed",
    ]


def test_terraform_as_json_is_scanned(kmsiac):
    ran = kmsiac({"main.tf.json": '{"resource": {"aws_kms_key": {"k": {}}}}'}, "scan")
    assert ran.code == 1
    assert "--> main.tf.json:1:31  aws_kms_key.k" in ran.out


# -- what is no plain file ----------------------------------------------------------------------------


def test_links_pipes_and_devices(kmsiac, tmp_path: Path):
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "evil.tf").write_text(GOOD.replace("good", "evil"))
    for name, target in [
        ("evil.tf", outside / "evil.tf"), ("folder", outside), ("a.tf", "b.tf"), ("b.tf", "a.tf"),
        ("loop", "loop"), ("self", "."), ("zero.tf", "/dev/zero"), ("gone.tf", "nothing.tf"),
        ("notes.md", outside / "notes.md"), ("libc.so", "/lib/libc.so"),
    ]:  # fmt: skip
        (tmp_path / name).symlink_to(target)
    for name in ("p.tf", "p.json", "p.yaml"):
        os.mkfifo(tmp_path / name)
    ran = kmsiac({"good/main.tf": GOOD}, "scan", "-f", "json")
    report = json.loads(ran.out)
    errors = {(e["location"]["path"], e["message"]) for e in report["errors"]}
    out = "this path leads outside the scanned tree (it was not read)"
    assert ran.code == 1
    assert {f["resource"] for f in report["findings"]} == {"aws_kms_key.good"}
    assert {name for name, problem in errors if problem == out} == {"evil.tf", "folder", "zero.tf"}
    assert {name for name, problem in errors if "circle" in problem} == {"a.tf", "b.tf"}
    assert ("gone.tf", "no such file or directory") in errors
    assert {name for name, problem in errors if problem.startswith("not a regular file")} == {
        "p.tf", "p.json", "p.yaml",
    }  # fmt: skip
    assert len(errors) == 9
    assert str(tmp_path) not in ran.out
    assert kmsiac({}, "scan", "p.json").code == 3
    assert kmsiac({}, "scan", "p.tf").code == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(kmsiac, tmp_path: Path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/x.tf").touch(0)
    ran = kmsiac({"main.tf": GOOD}, "scan")
    assert "error: secret/x.tf: cannot be read: Permission denied" in ran.out
    assert ran.code == 1


def test_names_of_files_are_escaped(kmsiac):
    files = {
        "n\nl\x1b[2J/x\u202e.tf": GOOD,
        "n\nl\x1b[2J/y.tf": "x {",
        "::error::x.yaml": TEMPLATE + "      KeyPolicy: !Ref Nope\n",
        "\n::error file=x::y.yaml": TEMPLATE + "      KeyPolicy: !Ref Nope\n",
        "##[error]z.yaml": TEMPLATE + "      KeyPolicy: !Ref Nope\n",
    }
    ran = kmsiac(files, "scan", "-v")
    assert ran.code == 1
    assert "--> n\\nl\\x1b[2J/x\\u202e.tf:4:" in ran.out
    assert "error: n\\nl\\x1b[2J/y.tf:1:3: this block is never closed" in ran.out
    assert not {"\x1b", "\u202e", "\r"} & set(ran.out)
    no_commands(ran.out)
    report = kmsiac({}, "scan", "-f", "json").out
    no_commands(report)
    assert "##[error]z.yaml" in {f["location"]["path"] for f in json.loads(report)["findings"]}


def no_commands(told: str) -> None:
    """Nothing that GitHub or Azure would take for a workflow command."""
    assert not [line for line in told.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in told
    assert "##vso[" not in told


def test_text_of_templates_never_reaches_the_terminal_as_it_is(kmsiac):
    evil = "\x1b[2J\x07\u202e\r\n::error::x ##[error]y ##vso[task.complete]z"
    statement = {
        "Sid": evil, "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringEquals": {evil: evil}},
    }  # fmt: skip
    odd = {"Sid": evil, "Effect": "Allow", "Principal": {"AWS": evil, evil: "*"}, "Action": evil}
    policy = {"Statement": [statement, odd]}
    change = {
        "address": f'aws_kms_key.k["{evil}"]', "mode": "managed", "type": "aws_kms_key",
        "name": "k", "index": evil,
        "change": {"actions": ["create"], "after": {"policy": json.dumps(policy)}},
    }  # fmt: skip
    template = {
        evil: {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}},
        "::error::": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Ref": evil}}},
    }
    files = {
        "c.json": json.dumps({"Resources": template}),
        "p.json": PLAN % json.dumps([change]),
        "tf/main.tf": key(f"jsonencode({json.dumps(policy)})"),
    }
    for arguments in (
        ("scan", "-v"),
        ("inventory",),
        ("scan", "-f", "json"),
        ("inventory", "-f", "json"),
    ):
        ran = kmsiac(files, *arguments)
        assert not {
            c for c in ran.out if c != "\n" and (c < " " or "\x7f" <= c < "\xa0" or c == "\u202e")
        }
        no_commands(ran.out)
        if "json" in arguments:
            assert evil in json.dumps(json.loads(ran.out), ensure_ascii=False) or json.loads(
                ran.out
            )


# -- standard input -----------------------------------------------------------------------------------

CHATTER = "Acquiring state lock. This may take a few moments...\n"


@pytest.mark.parametrize(
    ("stdin", "problem"),
    [
        (b"", "standard input is empty (pipe a plan or a template in)"),
        (b" \n", "standard input is empty"),
        (bytes(range(256)), "not a template, plan or policy that kmsiac reads"),
        ((PLAN % "[]")[:-1].encode(), "the text ends in the middle (has it been cut off?)"),
        ((PLAN % "[]" * 2).encode(), "more text follows after the end (one document at a time"),
        (
            (CHATTER.strip() + PLAN % "[]").encode(),
            "1:1: not valid JSON: other text stands before the JSON",
        ),
        ((PLAN % "[]" + "\n" + LOG).encode(), "2:1: not valid JSON: more text follows"),
        (GOOD.encode(), "Terraform code cannot be read from standard input"),
        (b"PK\x03\x04..tfplan..", "this is a binary Terraform plan (run `terraform show -json"),
        (STATE.encode(), "this is a Terraform state file, not a plan"),
        ((LOG * 2).encode(), "this is the log of `terraform plan -json`, not a plan"),
    ],
)
def test_standard_input(process, stdin, problem):
    ran = process({}, "scan", "-", stdin=stdin)
    line = only_line(ran.out, "error: ")
    assert line.startswith("error: <stdin>:")
    assert problem in line
    assert (ran.code, ran.err) == (3, "")


def test_standard_input_that_is_a_terminal(tmp_path: Path):
    leader, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "kmsiac", "scan", "-"],
        stdin=terminal, capture_output=True, cwd=tmp_path, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(leader)
    os.close(terminal)
    assert done.returncode == 2
    assert b"nothing is piped in (terraform show -json tfplan | kmsiac scan -)" in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "problem", "command"),
    [
        ("tfplan", b"PK\x03\x04..tfplan..", "binary Terraform plan", "`terraform show -json"),
        ("terraform.tfstate", STATE, "Terraform state file", "`terraform plan -out tfplan &&"),
        ("plan.json", LOG * 3, "log of `terraform plan -json`", "`terraform plan -out tfplan &&"),
        ("terragrunt.hcl", "x = 1", "Terragrunt configuration", "`terragrunt show -json tfplan"),
    ],
)
def test_known_kinds_are_named_with_the_command_to_run(kmsiac, name, content, problem, command):
    alone = kmsiac({name: content}, "scan")
    line = only_line(alone.out, "error: ")
    assert alone.code == 3
    assert problem in line
    assert command in line
    assert kmsiac({}, "scan", name).code == 3
    beside = kmsiac({"good/main.tf": GOOD}, "scan")
    assert beside.code == 1
    assert command in only_line(beside.out, problem)


# -- budgets ------------------------------------------------------------------------------------------


def test_instances_have_a_budget_that_the_report_names(kmsiac):
    each = 'toset(flatten([for i in range(100) : [for j in range(100) : "k${i}-${j}"]]))'
    files = {
        "a/main.tf": 'resource "aws_kms_key" "k" {\n  count = 100000\n}\n',
        "b/main.tf": f'resource "aws_kms_key" "k" {{\n  for_each = {each}\n}}\n',
    }
    ran = kmsiac(files, "scan")
    assert ran.code == 1
    assert "a/main.tf:1:1  aws_kms_key.k (count): count is over 1000: only the first" in ran.out
    assert (
        "b/main.tf:1:1  aws_kms_key.k (for_each): for_each is over 1000: only the first" in ran.out
    )


def test_many_modules_and_many_conditions_end_soon(process):
    names = range(2000)
    conditions = {f"C{i}": {"Fn::Not": [{"Condition": f"C{i - 1}"}]} for i in range(1, 3000)}
    conditions["C0"] = {"Fn::Equals": [{"Ref": "P"}, "x"]}
    template = {
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": conditions,
        "Resources": {"K": {"Type": "AWS::KMS::Key", "Condition": "C2999"}},
    }
    files = {
        "tf/main.tf": "".join(f'module "m{i}" {{\n  source = "./m"\n}}\n' for i in names),
        "tf/m/main.tf": GOOD,
        "t.json": json.dumps(template),
    }
    ran = process(files, "scan", "-f", "json", seconds=60)
    report = json.loads(ran.out)
    found = next(f for f in report["findings"] if f["rule"] == "KP-20")
    assert (ran.code, len(found["addresses"])) == (1, 2000)


def test_deep_text_takes_time_in_proportion(kmsiac):
    def seconds(depth: int) -> float:
        start = time.process_time()
        kmsiac({"main.tf": key('"${' * depth + "1" + '}"' * depth)}, "scan")
        return time.process_time() - start

    seconds(10)
    assert seconds(40_000) < 12 * max(seconds(10_000), 0.1)
