"""Trees made to take for ever, at the size that an attacker would send: repetition, nesting, bulk.

Each holds `good/main.tf` beside it, with a key that anyone may use: that must be found all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

Files = dict[str, str]
_STATEMENT = '{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*","Resource":"*"}'
_OPEN = f'"{{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":{json.dumps(_STATEMENT)[1:-1]}}}"'
GOOD = f'resource "aws_kms_key" "good" {{\n  policy = {_OPEN}\n}}\n'
_OWNER = (
    'data "aws_caller_identity" "me" {}\n'
    "locals {\n"
    '  root = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"\n'
    "}\n"
)
_POLICY = (
    'jsonencode({\n    Version = "2012-10-17"\n    Statement = [{\n      Effect = "Allow"\n'
    '      Principal = { AWS = local.root }\n      Action = "kms:*"\n      Resource = "*"\n    }]\n  })'
)
_DELEGATED = f"{{\n  enable_key_rotation = true\n  policy = {_POLICY}\n}}\n"
_MODULE = (
    'variable "name" {\n  default = "x"\n}\n'
    + _OWNER
    + (
        f'resource "aws_kms_key" "this" {{\n  description = var.name\n  enable_key_rotation = true\n'
        f"  policy = {_POLICY}\n}}\n"
    )
)


def module_calls(times: int, *, alike: bool) -> Files:
    """A module with a key, called so many times, with equal inputs or with a name of its own."""
    given = "" if alike else '  name = "n{0}"\n'
    call = 'module "m{0}" {{\n  source = "./key"\n' + given + "}}\n"
    return {"main.tf": "".join(map(call.format, range(times))), "key/main.tf": _MODULE}


def module_loops(times: int) -> Files:
    """The same by `for_each`, a thousand a call."""
    call = 'module "m{0}" {{\n  source = "./key"\n  for_each = toset([for i in range(1000) : tostring(i)])\n}}\n'
    return {"main.tf": "".join(map(call.format, range(times // 1000))), "key/main.tf": _MODULE}


def counted_keys(times: int) -> Files:
    """One block, so many keys."""
    return {
        "main.tf": f'{_OWNER}resource "aws_kms_key" "k" {{\n  count = {times}\n{_DELEGATED[2:]}'
    }


def counted_roles(times: int) -> Files:
    """As many keys and roles, all of one block, each role with all keys."""
    trust = (
        'jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", '
        'Principal = { Service = "ec2.amazonaws.com" } }] })'
    )
    allowed = 'jsonencode({ Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*" }] })'
    return {
        "main.tf": f'{_OWNER}resource "aws_kms_key" "k" {{\n  count = {times}\n{_DELEGATED[2:]}'
        f'resource "aws_iam_role" "r" {{\n  count = {times}\n  name = "r${{count.index}}"\n'
        f"  assume_role_policy = {trust}\n}}\n"
        f'resource "aws_iam_role_policy" "p" {{\n  count = {times}\n'
        f"  role = aws_iam_role.r[count.index].id\n  policy = {allowed}\n}}\n"
    }


def blocks_over_elements(blocks: int, elements: int) -> Files:
    """So many resources, each over so many elements."""
    head = f"{_OWNER}locals {{\n  all = toset([{', '.join(f'{chr(34)}e{at}{chr(34)}' for at in range(elements))}])\n}}\n"
    one = 'resource "aws_kms_key" "k{0}" {{\n  for_each = local.all\n  description = each.key\n}}\n'
    return {"main.tf": head + "".join(map(one.format, range(blocks)))}


def dynamic_in_dynamic(deep: int, wide: int) -> Files:
    """`dynamic` blocks in one another: wide to the power of deep."""
    inner = '          actions = ["kms:*"]\n'
    for at in range(deep):
        inner = f'dynamic "b{at}" {{\nfor_each = range({wide})\ncontent {{\nx = b{at}.value\n{inner}}}\n}}\n'
    return {
        "main.tf": f'resource "aws_kms_key" "k" {{\n{inner}}}\n'
        f'data "aws_iam_policy_document" "d" {{\ndynamic "statement" {{\nfor_each = range({wide})\n'
        f"content {{\n{inner}}}\n}}\n}}\n"
        'resource "aws_kms_key" "d" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    }


def nested_conditions(deep: int) -> Files:
    """Conditions over variables without a value, in one another."""
    told = "".join(f'variable "v{at}" {{}}\n' for at in range(deep))
    text = '"z"'
    for at in range(deep):
        text = f'(var.v{at} == "a" ? {text} : "{at}")'
    both = '"z"'
    for at in range(deep):
        both = f'"${{var.v{at} == "a" ? "{at}" : "b"}}${{{both}}}"' if at < 12 else both
    listed = ", ".join(f'var.v{at} == "a" ? "kms:*" : "kms:Decrypt"' for at in range(deep))
    joined = "".join(f'${{var.v{at} == "a" ? "x" : "y"}}' for at in range(deep))

    def key(name: str, policy: str) -> str:
        return f'resource "aws_kms_key" "{name}" {{\n  policy = {policy}\n}}\n'

    def policy(actions: str, principal: str = '"*"') -> str:
        return (
            'jsonencode({ Statement = [{ Effect = "Allow", '
            f'Principal = {{ AWS = {principal} }}, Action = {actions}, Resource = "*" }}] }})'
        )

    statements = ", ".join(
        f'{{ Effect = var.v{at} == "a" ? "Allow" : "Deny", Principal = "*", Action = "kms:*", Resource = "*" }}'
        for at in range(deep)
    )
    return {
        "main.tf": told
        + key("nested", policy(text))
        + key("listed", policy(f"[{listed}]"))
        + key("joined", policy(f'"{joined}"'))
        + key("whole", text)
        + key("statements", f"jsonencode({{ Statement = [{statements}] }})")
    }


def statements_in_heredoc(count: int) -> Files:
    """A policy of so many statements, as text."""
    whole = ",\n".join([_STATEMENT] * count)
    return {
        "main.tf": f'resource "aws_kms_key" "k" {{\n  policy = <<EOT\n{{"Statement":[\n{whole}\n]}}\nEOT\n}}\n'
    }


def statements_in_code(count: int) -> Files:
    """The same in `jsonencode`, each statement for a role of its own."""
    one = '{{ Effect = "Allow", Principal = {{ AWS = "*" }}, Action = "kms:*", Sid = "s{0}" }}'
    whole = ",\n".join(map(one.format, range(count)))
    return {
        "main.tf": f'resource "aws_kms_key" "k" {{\n  policy = jsonencode({{ Statement = [\n{whole}\n] }})\n}}\n'
    }


def statements_in_data(count: int) -> Files:
    """The same as blocks of a data source."""
    one = '  statement {{\n    sid = "s{0}"\n    actions = ["kms:*"]\n  }}\n'
    whole = "".join(map(one.format, range(count)))
    return {
        "main.tf": f'data "aws_iam_policy_document" "d" {{\n{whole}}}\n'
        'resource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    }


def long_for(count: int) -> Files:
    """`for` over so many written elements, and over their pairs."""
    written = ", ".join(f'"e{at}"' for at in range(count))
    return {
        "main.tf": f"locals {{\n  all = [{written}]\n}}\n"
        'resource "aws_kms_key" "k" {\n  policy = jsonencode({ Statement = [for e in local.all : {\n'
        '    Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = e }\n  }] })\n}\n'
        'resource "aws_kms_key" "l" {\n  policy = jsonencode({ Statement = [{ Effect = "Allow", '
        'Action = "kms:*", Resource = "*", Principal = { AWS = [for e in local.all : '
        '"arn:aws:iam::${e}:root"] } }] })\n}\n'
    }


def small_blocks(count: int, *, inside: bool) -> Files:
    """So many blocks of nothing in a file, by themselves or in a key."""
    if inside:
        return {"main.tf": 'resource "aws_kms_key" "k" {\n' + "a{}\n" * count + "}\n"}
    return {"main.tf": "a{}\n" * count}


def small_resources(count: int) -> Files:
    """So many resources of nothing."""
    return {"main.tf": "".join(f'resource "a" "b{at:x}"{{}}\n' for at in range(count))}


def small_keys(count: int) -> Files:
    """So many keys without a policy."""
    return {"main.tf": "".join(f'resource "aws_kms_key" "b{at:x}"{{}}\n' for at in range(count))}


def plan(changes: list[tuple[str, str, object, dict[str, object]]]) -> str:
    """A plan JSON that creates these: type, name, index, values."""
    made = []
    for type_, name, index, values in changes:
        at = "" if index is None else f"[{json.dumps(index)}]"
        change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {}}
        one = {
            "address": f"{type_}.{name}{at}",
            "mode": "managed",
            "type": type_,
            "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": change,
        }
        made.append(one if index is None else {**one, "index": index})
    whole = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": made}
    return json.dumps(whole, separators=(",", ":"))


def planned_keys(count: int) -> Files:
    """A plan of so many keys, one policy."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [json.loads(_STATEMENT)]})
    values: dict[str, object] = {"policy": policy, "enable_key_rotation": True}
    return {"plan.json": plan([("aws_kms_key", "k", at, values) for at in range(count)])}


def planned_statements(count: int) -> Files:
    """A plan with a policy of so many statements."""
    policy = json.dumps({"Statement": [json.loads(_STATEMENT)] * count})
    return {"plan.json": plan([("aws_kms_key", "k", None, {"policy": policy})])}


def planned_blocks(count: int) -> Files:
    """A plan of a role with so many blocks of nothing."""
    values: dict[str, object] = {"name": "r", "inline_policy": [{}] * count}
    return {"plan.json": plan([("aws_iam_role", "r", None, values)])}


CASES: dict[str, tuple[str, Callable[[], Files]]] = {
    "calls-alike": (
        "3,000 module calls with equal inputs, a key each",
        lambda: module_calls(3000, alike=True),
    ),
    "calls-named": ("the same with a name each", lambda: module_calls(3000, alike=False)),
    "calls-loops": ("the same by `for_each` of 1,000", lambda: module_loops(3000)),
    "counted-keys": ("1,000 keys by `count`", lambda: counted_keys(1000)),
    "counted-more": ("1,000,000 keys by `count`", lambda: counted_keys(1_000_000)),
    "counted-roles": (
        "1,000 keys and 1,000 roles with all keys, by `count`",
        lambda: counted_roles(1000),
    ),
    "each": (
        "10,000 keys, each over 10,000 elements",
        lambda: blocks_over_elements(10_000, 10_000),
    ),
    "dynamic": ("`dynamic` blocks 12 deep, 10 wide", lambda: dynamic_in_dynamic(12, 10)),
    "dynamic-deep": ("`dynamic` blocks 28 deep, 2 wide", lambda: dynamic_in_dynamic(28, 2)),
    "conditions": (
        "60 conditions in one another, side by side and in texts",
        lambda: nested_conditions(60),
    ),
    "heredoc": ("100,000 statements in a heredoc", lambda: statements_in_heredoc(100_000)),
    "jsonencode": ("100,000 statements in `jsonencode`", lambda: statements_in_code(90_000)),
    "data": ("100,000 statements of a data source", lambda: statements_in_data(100_000)),
    "for": ("`for` over 100,000 elements", lambda: long_for(100_000)),
    "blocks": ("1,000,000 small blocks in a file", lambda: small_blocks(1_000_000, inside=False)),
    "blocks-inside": (
        "1,000,000 small blocks in a key",
        lambda: small_blocks(1_000_000, inside=True),
    ),
    "resources": ("300,000 small resources in a file", lambda: small_resources(300_000)),
    "keys": ("200,000 small keys in a file", lambda: small_keys(200_000)),
    "plan-keys": ("a plan of 3,000 keys", lambda: planned_keys(3000)),
    "plan-keys-more": ("a plan of 100,000 keys", lambda: planned_keys(100_000)),
    "plan-statements": (
        "a plan with a policy of 100,000 statements",
        lambda: planned_statements(100_000),
    ),
    "plan-blocks": ("a plan with 1,000,000 small blocks", lambda: planned_blocks(1_000_000)),
}


def hostile(name: str) -> Iterator[tuple[str, str]]:
    """The files of a case, and the good one beside them."""
    for path, text in CASES[name][1]().items():
        yield f"bad/{path}", text
    yield "good/main.tf", GOOD
