from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.frontends.terraform.roots import find_roots
from kmsiac.frontends.unit import Inputs
from kmsiac.stack import Environment
from kmsiac.values import Guard, List, Map, Text, Unknown
from tests.frontends.terraform.loading import plain, policy, read, result


def test_a_folder_of_several_files_with_jsonencode_keeps_lines(tmp_path: Path) -> None:
    stack, tree = read(
        tmp_path,
        {
            "key.tf": (
                'resource "aws_kms_key" "k" {\n'
                "  policy = jsonencode({\n"
                "    Statement = [{\n"
                '      Effect    = "Allow"\n'
                "      Principal = { AWS = var.who }\n"
                "    }]\n"
                "  })\n"
                "}\n"
            ),
            "variables.tf": 'variable "who" {\n  default = "*"\n}\n',
        },
    )
    (key,) = stack.resources
    document = policy(key)
    statements = document.get("Statement")
    assert isinstance(statements, List)
    statement = statements.items[0]
    assert isinstance(statement, Map)
    principal = statement.get("Principal")
    assert isinstance(principal, Map)
    who = principal.get("AWS")
    assert isinstance(who, Text)
    assert who.literal == "*"
    assert str(tree.span(statement.key("Principal").position)) == "key.tf:5:7"  # type: ignore[union-attr]
    assert str(tree.span(who.position)) == "variables.tf:2:13"
    assert stack.files == {"key.tf", "variables.tf"}
    assert (stack.unit, stack.errors, stack.gaps) == (".", [], [])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"a${1 + 2}b"', "a3b"),
        ('"$${aws:PrincipalTag/${"t"}}"', "${aws:PrincipalTag/t}"),
        ('"%%{if}"', "%{if}"),
        ('true ? 900 : "none"', "900"),
        ('[for i, x in ["a", "b"] : "${i}${x}" if x != "a"]', ["1b"]),
        ('{ for k, v in { b = 1, a = 2 } : v => k }', {"2": "a", "1": "b"}),
        ('{ for x in ["a", "b", "a"] : x => 1... }', {"a": ["1", "1"], "b": ["1"]}),
        ('[{ a = 1 }, { a = 2 }][*].a', ["1", "2"]),
        ('null[*]', []),
        ('try({ a = 1 }.b, "x")', "x"),
        ('can({ a = 1 }.b)', False),
        ('merge({ a = "1" }, { a = "2" }).a', "2"),
        ('join(",", concat(["a"], ["b"]))', "a,b"),
        ('format("%s-%03d", "a", 7)', "a-007"),
        ('formatlist("x%s", ["a", "b"])', ["xa", "xb"]),
        ('toset(["b", "a", "b"])', ["a", "b"]),
        ('flatten([["a"], ["b", ["c"]]])', ["a", "b", "c"]),
        ('coalesce(null, "", "x")', "x"),
        ('lookup({ a = "1" }, "b", "d")', "d"),
        ('jsondecode("{\\"a\\": [1, null]}").a', ["1", None]),
        ('jsonencode({ b = "<", a = null })', '{"a":null,"b":"\\u003c"}'),
        ('"${"a"}" == "a" && !(1 > 2)', True),
        ('!!true', True),
        ('-7 % 3', "-1"),
        ('substr("hello", 1, -1)', "ello"),
        ('element(["a", "b"], 3)', "b"),
        ('one([])', None),
        ('{ for k\n in ["a"] : k\n => 1 }', {"a": "1"}),
        ('<<-E\n    a\n      ${"b"}\n    E', "a\n  b\n"),
        ('"%{ for x in ["a", "b"] ~} ${x} %{ endfor ~}"', "a b "),
        ('"%{ if false }a%{ else }b%{ endif }"', "b"),
        ('uuid()', "?uuid()"),
    ],
)  # fmt: skip
def test_expressions_have_terraforms_values(
    tmp_path: Path, expression: str, expected: object
) -> None:
    assert result(tmp_path, expression) == expected


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("uuid()", "uuid gives another result each time"),
        ('urldecode("a")', "urldecode is a function of OpenTofu only, and not evaluated"),
    ],
)
def test_a_function_that_is_not_evaluated_says_so(tmp_path: Path, call: str, reason: str) -> None:
    stack, _ = read(tmp_path, {"a.tf": f'resource "aws_kms_key" "k" {{\n  policy = {call}\n}}\n'})
    value = stack.resources[0].attributes.get("policy")
    assert isinstance(value, Unknown)
    assert value.reason == reason


ROLE = """
resource "aws_iam_role" "app" {
  name = "app"
  assume_role_policy = "{}"
}
resource "aws_kms_key" "k" {
  description = %s
}
"""


def test_references_are_typed_symbols_with_shapes(tmp_path: Path) -> None:
    stack, _ = read(tmp_path, {"a.tf": ROLE % "aws_iam_role.app.arn"})
    value = stack.by_address()["aws_kms_key.k"].attributes.get("description")
    assert isinstance(value, Text)
    symbol = value.symbol
    assert symbol is not None
    assert (symbol.type, symbol.reference, symbol.origin, symbol.address) == (
        "role_arn", "aws_iam_role.app.arn", "resource", "aws_iam_role.app",
    )  # fmt: skip
    shape = "arn:${provider.aws.partition}:iam::${provider.aws.account_id}:role/app"
    assert str(symbol.shape) == shape


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("aws_iam_role.app.name", "app"),
        ("aws_iam_role.app.id", "app"),
        ("aws_iam_role.app.unique_id", "${aws_iam_role.app.unique_id}"),
        ('"${aws_iam_role.app.arn}/*"', "${aws_iam_role.app.arn}/*"),
        ("aws_iam_role.app.nothing", "${aws_iam_role.app.nothing}"),
        ("aws_iam_role.none.arn", "?aws_iam_role.none"),
    ],
)
def test_written_attributes_are_values_others_symbols(
    tmp_path: Path, expression: str, expected: str
) -> None:
    stack, _ = read(tmp_path, {"a.tf": ROLE % expression})
    assert plain(stack.by_address()["aws_kms_key.k"].attributes.get("description")) == expected


def test_flags_fill_the_environment_and_the_provider_block_wins(tmp_path: Path) -> None:
    text = (
        'provider "aws" {\n  region = "eu-west-1"\n}\n'
        'provider "aws" {\n  alias = "x"\n  assume_role {\n    role_arn = "r"\n  }\n}\n'
        'data "aws_region" "r" {}\ndata "aws_caller_identity" "c" {}\n'
        'resource "aws_kms_key" "k" {\n  provider = aws.x\n'
        '  description = "${data.aws_region.r.name}/${data.aws_caller_identity.c.account_id}"\n}\n'
    )
    environment = Environment(account_id="111111111111", region="us-east-1")
    stack, _ = read(tmp_path, {"a.tf": text}, Inputs(environment=environment))
    (key,) = stack.resources
    assert plain(key.attributes.get("description")) == "eu-west-1/111111111111"
    assert key.provider.owner.provider == "x"
    assert key.provider.account.symbol is not None
    assert key.provider.region.literal == "us-east-1"


def test_variables_without_default_are_unknown_until_given(tmp_path: Path) -> None:
    files = {
        "a.tf": 'variable "v" {}\nresource "aws_kms_key" "k" {\n  description = "x-${var.v}"\n}\n'
    }
    stack, _ = read(tmp_path, files)
    value = stack.resources[0].attributes.get("description")
    assert isinstance(value, Text)
    (part,) = [part for part in value.parts if isinstance(part, Unknown)]
    assert part.expression == "var.v"
    assert part.reason == "variable has no default; give --var v=..."
    given, _ = read(tmp_path, files, Inputs(variables={"v": "1"}))
    assert plain(given.resources[0].attributes.get("description")) == "x-1"


def test_an_open_condition_is_a_choice_and_a_count_on_it_a_guard(tmp_path: Path) -> None:
    stack, _ = read(
        tmp_path,
        {
            "a.tf": (
                'variable "on" {\n  type = bool\n}\nvariable "n" {}\n'
                'resource "aws_kms_key" "a" {\n  count = var.on ? 1 : 0\n'
                '  description = var.on ? "x" : "y"\n}\n'
                'resource "aws_kms_key" "b" {\n  count = var.n\n}\n'
                'resource "aws_kms_key" "c" {\n  count = 2\n}\n'
                'resource "aws_kms_key" "d" {\n  for_each = toset(["x\\"y"])\n}\n'
                'resource "aws_kms_key" "e" {\n  count = !var.on && true ? 1 : 0\n}\n'
            )
        },
    )
    found = stack.by_address()
    guard = Guard(".", "var.on")
    assert list(found) == [
        "aws_kms_key.a[0]", "aws_kms_key.b[0]", "aws_kms_key.c[0]", "aws_kms_key.c[1]",
        'aws_kms_key.d["x\\"y"]', "aws_kms_key.e[0]",
    ]  # fmt: skip
    assert found["aws_kms_key.a[0]"].exists == ((guard, True),)
    assert plain(found["aws_kms_key.a[0]"].attributes.get("description")) == {"var.on": ["x", "y"]}
    assert found["aws_kms_key.b[0]"].absent == Unknown("var.n", "", unit=".")
    assert found["aws_kms_key.c[1]"].exists is None
    assert found["aws_kms_key.e[0]"].exists == ((guard, False),)


DOCUMENT = """data "aws_iam_policy_document" "d" {
  statement {
    sid     = "A"
    actions = ["kms:Decrypt"]
    resources = ["key/&{aws:username}"]
    principals {
      type        = "AWS"
      identifiers = ["1", "2"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = [true]
    }
  }
  override_policy_documents = [jsonencode({ Statement = [{ Sid = "A", Effect = "Deny" }, { Sid = "B" }] })]
}
data "aws_iam_policy_document" "plain" {
  statement {
    not_actions = ["kms:*", "iam:*"]
    dynamic "principals" {
      for_each = ["*"]
      content {
        type        = principals.value
        identifiers = ["*"]
      }
    }
  }
}
"""


def test_policy_documents_are_made_as_the_provider_makes_them(tmp_path: Path) -> None:
    stack, _ = read(tmp_path, {"a.tf": DOCUMENT})
    merged, other = (d.document for d in stack.documents)
    assert isinstance(merged, Text)
    assert isinstance(other, Text)
    assert plain(merged.document) == {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "A", "Effect": "Deny"}, {"Sid": "B"}],
    }
    assert plain(other.document) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "NotAction": ["kms:*", "iam:*"], "Principal": "*"}],
    }
    stack, tree = read(
        tmp_path, {"a.tf": DOCUMENT.replace("  override_policy", "  # override_policy")}
    )
    document = stack.documents[0].document
    assert isinstance(document, Text)
    assert isinstance(document.document, Map)
    statements = document.document.get("Statement")
    assert isinstance(statements, List)
    (statement,) = statements.items
    assert isinstance(statement, Map)
    assert plain(statement) == {
        "Sid": "A",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "key/${aws:username}",
        "Principal": {"AWS": ["2", "1"]},
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    lines = {str(key): tree.span(key.position).line for key, _ in statement.entries}  # type: ignore[union-attr]
    assert lines == {
        "Sid": 3, "Effect": 2, "Action": 4, "Resource": 5, "Principal": 6, "Condition": 10,
    }  # fmt: skip


def test_modules_pass_inputs_and_outputs_and_say_how_they_were_reached(tmp_path: Path) -> None:
    stack, tree = read(
        tmp_path,
        {
            "main.tf": (
                'module "a" {\n  source = "./a"\n  for_each = toset(["x"])\n  name = each.key\n}\n'
                'resource "aws_kms_key" "k" {\n  description = module.a["x"].id\n}\n'
                'module "far" {\n  source = "terraform-aws-modules/kms/aws"\n}\n'
                'resource "aws_kms_key" "f" {\n  description = module.far.key_arn\n}\n'
            ),
            "a/main.tf": 'variable "name" {}\nmodule "b" {\n  source = "../b"\n  name = var.name\n}\n'
            'output "id" {\n  value = module.b.id\n}\n',
            "b/main.tf": 'variable "name" {}\nresource "aws_kms_key" "k" {\n'
            "  description = var.name\n}\n"
            'output "id" {\n  value = aws_kms_key.k.id\n}\n',
        },
    )
    found = stack.by_address()
    inner = found['module.a["x"].module.b.aws_kms_key.k']
    assert plain(inner.attributes.get("description")) == "x"
    assert [(call.address, str(tree.span(call.position))) for call in inner.call_chain] == [
        ('module.a["x"]', "main.tf:1:1"),
        ('module.a["x"].module.b', "a/main.tf:2:1"),
    ]
    outside = plain(found["aws_kms_key.k"].attributes.get("description"))
    assert outside == '${module.a["x"].module.b.aws_kms_key.k.key_id}'
    assert plain(found["aws_kms_key.f"].attributes.get("description")) == "?module.far.key_arn"
    (gap,) = stack.gaps
    assert (gap.resource, gap.attribute) == ("module.far", "source")
    assert gap.reason.startswith(
        'module source "terraform-aws-modules/kms/aws" is not in the scann'
    )
    a, b = tmp_path / "a", tmp_path / "b"
    assert find_roots(tree, [tmp_path, b, a]) == ([tmp_path], [a, b])


def test_broken_hcl_is_an_error_with_its_place_and_the_rest_is_read(tmp_path: Path) -> None:
    stack, _ = read(
        tmp_path,
        {
            "bad.tf": 'resource "aws_kms_key" "open" {\n  description = "x"\n\n'
            'resource "aws_kms_key" "after" {\n  description = 1 +\n}\n',
            "good.tf": 'resource "aws_kms_key" "k" {}\n',
            "x.tf.json": "{]",
            "binary.tf": "\x00\x01",
        },
    )
    assert list(stack.by_address()) == ["aws_kms_key.after", "aws_kms_key.k"]
    places = [str(error.span) for error in stack.errors]
    assert sorted(places) == ["bad.tf:1:31", "bad.tf:5:20", "binary.tf:1:1", "x.tf.json:1:2"]


def test_a_resource_declared_twice_is_an_error_and_the_first_counts(tmp_path: Path) -> None:
    block = 'resource "aws_kms_key" "k" {\n  description = "%s"\n}\n'
    stack, _ = read(tmp_path, {"a.tf": block % "1" + block % "2"})
    assert plain(stack.resources[0].attributes.get("description")) == "1"
    assert [str(error.span) for error in stack.errors] == ["a.tf:4:1"]


KEY = 'resource "aws_kms_key" "k" {\n  description = %s\n}\n'


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 50_000,
        "<<EOT\n" + "\n" * 60_000,
        KEY % ("<<EOT\n" + "\n" * 60_000),
        KEY % ("[" * 50_000),
        KEY % ("(" * 5_000 + "1" + ")" * 5_000),
        KEY % ("1" + " + 1" * 5_000),
        KEY % ("!" * 5_001 + "true"),
        "a {" * 20_000,
        '"${' * 20_000,
        KEY % ('"' + "${" * 5_000),
        "locals {\n  a = local.b\n  b = local.a\n}\n" + KEY % "local.a",
        "locals {\n  a0 = [1, 1]\n"
        + "".join(f"  a{n} = [local.a{n - 1}, local.a{n - 1}]\n" for n in range(1, 60))
        + "}\n"
        + KEY % "jsonencode(local.a59)",
        "locals {\n  s0 = \"xxxxxxxxxx\"\n"
        + "".join(f'  s{n} = "${{local.s{n - 1}}}${{local.s{n - 1}}}"\n' for n in range(1, 60))
        + "}\n"
        + KEY % "local.s59",
        "locals {\n  c0 = 1\n"
        + "".join(f"  c{n} = local.c{n - 1} + 1\n" for n in range(1, 2000))
        + "}\n"
        + KEY % "local.c1999",
        KEY % "range(1000000000)",
        KEY % 'format("%999999999s", "x")',
        KEY % '"%{ for"',
        'resource "aws_kms_key" "k" {\n  count = aws_kms_key.k[0].x\n}\n',
        'module "m" {\n  source = "./"\n}\n',
        'variable "v" {\n  default = var.v\n}\n' + KEY % "var.v",
    ],
    ids=range(20),
)  # fmt: skip
def test_hostile_text_ends_with_something_to_show(tmp_path: Path, text: str) -> None:
    stack, _ = read(tmp_path, {"main.tf": text})
    values = [resource.attributes.get("description") for resource in stack.resources]
    not_known = [value for value in values if value is None or isinstance(value, Unknown | List)]
    absent = [r for r in stack.resources if r.absent is not None]
    assert stack.errors or stack.gaps or not_known or absent or values


def test_a_policy_document_of_no_statements_has_no_list_of_them(tmp_path: Path) -> None:
    text = (
        'data "aws_iam_policy_document" "empty" {\n}\n'
        'resource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.empty.json\n}\n'
    )
    stack, _ = read(tmp_path, {"main.tf": text})
    assert plain(policy(stack.resources[0])) == {"Version": "2012-10-17"}
