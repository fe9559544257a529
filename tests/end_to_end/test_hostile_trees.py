"""Trees made to take for ever: each ends soon, says what was not looked at, and the rest is scanned.

Smaller than what an attacker would send, so that the suite stays fast: what would take time beyond
its share is over the limit here, too.
"""

from __future__ import annotations

import json

import pytest


def key(policy: str, name: str = "k") -> str:
    return f'resource "aws_kms_key" "{name}" {{\n  policy = {policy}\n}}\n'


OPEN = key(
    "jsonencode({ Statement = "
    '[{ Effect = "Allow", Principal = "*", Action = "kms:Decrypt", Resource = "*" }] })',
    "open",
)
LOCALS = "locals {\n%s}\n" + key("jsonencode(local.a0)")
DEEP = 100_000
TWICE = "".join(f"  a{at} = [local.a{at + 1}, local.a{at + 1}]\n" for at in range(60))
TEXTS = "".join(f'  a{at} = "${{local.a{at + 1}}}${{local.a{at + 1}}}"\n' for at in range(60))
CALL = 'module "m{0}" {{\n  source = "../{1}"\n}}\n'
INSIDE = '"${f('

STATEMENT = '{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}'
WRITTEN = '{ Effect = "Allow", Principal = "*", Action = "kms:*", Resource = "*" }'
ANY = f'{{"Statement":[{",".join([STATEMENT] * 2000)}]}}'
NESTED = "".join(
    f'dynamic "b{at}" {{\nfor_each = range(10)\ncontent {{\nx = b{at}.value\n' for at in range(12)
)
MANY = "".join(
    f'resource "aws_kms_key" "k{at}" {{\n  for_each = toset([for i in range(1000) : "e${{i}}"])\n}}\n'
    for at in range(12)
)
PLANNED = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "resource_changes": [
        {
            "address": "aws_kms_key.k",
            "mode": "managed",
            "type": "aws_kms_key",
            "name": "k",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["create"], "after": {"policy": ANY}, "after_unknown": {}},
        }
    ],
}

TREES: dict[str, tuple[dict[str, str], str]] = {
    "locals in a circle": (
        {"x/main.tf": LOCALS % "  a0 = local.a1\n  a1 = local.a0\n"},
        "refers to itself",
    ),
    "a long chain of locals": (
        {"x/main.tf": LOCALS % "".join(f"  a{at} = local.a{at + 1}\n" for at in range(5000))},
        "nested over 400 deep",
    ),
    "a variable that is its own default": (
        {"x/main.tf": 'variable "a" {\n  default = var.a\n}\n' + key("var.a")},
        "aws_kms_key.k",
    ),
    "lists that double": ({"x/main.tf": LOCALS % (TWICE + '  a60 = "x"\n')}, "too large"),
    "texts that double": (
        {"x/main.tf": LOCALS % (TEXTS + '  a60 = "x"\n')},
        "aws_kms_key.k",
    ),
    "a module that calls itself": (
        {"x/main.tf": OPEN.replace("open", "own") + 'module "m" {\n  source = "./"\n}\n'},
        "the module calls itself",
    ),
    "modules that call each other": (
        {"a/main.tf": OPEN + CALL.format(1, "b"), "b/main.tf": CALL.format(1, "a")},
        "in a circle: ",
    ),
    "modules that call many modules": (
        {
            f"m{at}/main.tf": "".join(
                CALL.format(n, f"m{at * 10 + n + 1}") for n in range(10 if at < 60 else 0)
            )
            + key("var.p")
            + 'variable "p" {}\n'
            for at in range(610)
        },
        "aws_kms_key.k",
    ),
    "a heredoc without end": ({"x/main.tf": key("<<EOT\n" + "\n" * 60_000)}, "never closed"),
    "comments in comments": ({"x/main.tf": "/*" * 50_000}, "x/main.tf:1:"),
    "open brackets": ({"x/main.tf": key("[" * DEEP)}, "never closed"),
    "nested brackets": ({"x/main.tf": key("[" * DEEP + "]" * DEEP)}, "nested over 150 deep"),
    "nested objects": ({"x/main.tf": key("{a=" * DEEP + "}" * DEEP)}, "nested over 150 deep"),
    "nested parentheses": ({"x/main.tf": key("(" * DEEP + ")" * DEEP)}, "nested over 150 deep"),
    "strings in strings": ({"x/main.tf": key(INSIDE * 30 + "1" + ')+1}"' * 30)}, "x/main.tf:"),
    "a sum without end": ({"x/main.tf": key("1" + " + 1" * 20_000)}, "nested too deeply"),
    "conditions in conditions": ({"x/main.tf": key("a ? 1 : " * 9_000 + "2")}, "x/main.tf:"),
    "a reference without end": ({"x/main.tf": key("a" + ".b" * DEEP)}, "nested over 400 deep"),
    "indexes without end": ({"x/main.tf": key("a" + "[0]" * 30_000)}, "nested over 400 deep"),
    "a file outside": ({"x/main.tf": key('file("../../../../../etc/passwd")')}, "leads outside"),
    "a file of 9 MB": ({"x/main.tf": "# x\n" * 2_300_000}, "over the limit of 8,388,608"),
    "tiny blocks": ({"x/main.tf": "".join(f"a{at} {{}}\n" for at in range(60_000)) + OPEN}, "open"),
    "labels without end": ({"x/main.tf": "resource " + '"a" ' * DEEP + "{}\n"}, "two labels"),
    "a thousand million keys": (
        {"x/main.tf": 'resource "aws_kms_key" "k" {\n  count = 1e9\n}\n'},
        "count is over 1000",
    ),
    "a thousand million numbers": ({"x/main.tf": key("jsonencode(range(1e9))")}, "aws_kms_key.k"),
    "a product of ranges": (
        {"x/main.tf": key("jsonencode(setproduct(range(1000), range(1000), range(1000)))")},
        "aws_kms_key.k",
    ),
    "a width of a thousand million": (
        {"x/main.tf": key('format("%999999999s", "a")')},
        "aws_kms_key.k",
    ),
    "dynamic blocks in dynamic blocks": (
        {"x/main.tf": f'resource "aws_kms_key" "k" {{\n{NESTED}{"}}" * 12}\n}}\n'},
        "aws_kms_key.k",
    ),
    "statements that are dynamic and have dynamic conditions": (
        {
            "x/main.tf": 'data "aws_iam_policy_document" "d" {\n  dynamic "statement" {\n'
            '    for_each = range(1000)\n    content {\n      actions = ["kms:*"]\n'
            '      dynamic "condition" {\n        for_each = range(1000)\n        content {\n'
            '          test = "StringEquals"\n          variable = "aws:PrincipalTag/x"\n'
            "          values = [condition.value]\n        }\n      }\n    }\n  }\n}\n"
            + key("data.aws_iam_policy_document.d.json")
        },
        "too complex to evaluate",
    ),
    "statements in a heredoc": (
        {"x/main.tf": key(f"<<EOT\n{ANY}\nEOT")},
        "it has over 800 statements, more than a policy of AWS can have",
    ),
    "statements of a data source": (
        {
            "x/main.tf": 'data "aws_iam_policy_document" "d" {\n'
            + '  statement {\n    actions = ["kms:*"]\n  }\n' * 5000
            + "}\n"
            + key("data.aws_iam_policy_document.d.json")
        },
        "it has over 800 statements",
    ),
    "statements in code": (
        {"x/main.tf": key(f"jsonencode({{ Statement = [{','.join([WRITTEN] * 1000)}] }})")},
        "it has over 800 statements, more than a policy of AWS can have",
    ),
    "principals of one statement": (
        {
            "x/main.tf": key(
                'jsonencode({ Statement = [{ Effect = "Allow", Action = "kms:*", '
                f'Resource = "*", Principal = {{ AWS = [{",".join(["1"] * 21_000)}] }} }}] }})'
            )
        },
        "21,002 principals, actions, resources and conditions",
    ),
    "a text of megabytes": (
        {"x/main.tf": key('<<EOT\n{"Statement":[' + " " * 1_100_000 + "]}\nEOT")},
        "more than a policy of AWS can have",
    ),
    "statements in a plan": ({"x/plan.json": json.dumps(PLANNED)}, "it has over 800 statements"),
    "resources over elements": (
        {"x/main.tf": MANY},
        "more than 10,000 resources in one unit: the others are not judged: aws_kms_key.k10",
    ),
    "blocks of nothing in a key": (
        {"x/main.tf": 'resource "aws_kms_key" "k" {\n' + "a{}\n" * 60_000 + "}\n"},
        "aws_kms_key.k",
    ),
    "a pattern that goes back and forth": (
        {"x/main.tf": key(f'regex("(a+)+$", "{"a" * 5000}b")')},
        "aws_kms_key.k",
    ),
}


@pytest.mark.parametrize("name", TREES)
def test_a_hostile_tree_ends_with_a_line_and_the_rest_is_scanned(process, name):
    files, told = TREES[name]
    ran = process({**files, "good/main.tf": OPEN, ".git/HEAD": ""}, "scan", seconds=60)
    assert (ran.code, ran.err) == (1, "")
    assert told in ran.out
    assert "good/main.tf" in ran.out


def test_what_takes_all_steps_leaves_some_to_the_other_resources_of_its_module(kmsiac):
    inner = '[for a in range(1000) : [for b in range(1000) : "${a}${b}"]]'
    bombs = "".join(key(f"jsonencode({{ x = {inner} }})", f"bomb{at}") for at in range(4))
    ran = kmsiac({"main.tf": bombs + OPEN}, "scan", "-v")
    assert ran.code == 1
    assert "too complex to evaluate" in ran.out
    assert "KP-20" in ran.out
