"""`.tf.json` and `.tofu.json`: the same resources as HCL, with the JSON file's own lines."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmsiac.frontends.terraform.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Stack
from kmsiac.values import Bool, Choice, List, Map, Null, Number, Symbol, Text, Unknown, Value


def read(folder: Path, files: dict[str, object]) -> tuple[Stack, SourceTree]:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        path.write_text(text, encoding="utf-8")
    tree = SourceTree(folder)
    return load(UnitSource("terraform", folder), tree, Inputs()), tree


def plain(value: Value | None) -> object:
    if isinstance(value, Text):
        if value.document is not None:
            return plain(value.document)
        return "".join(f"<{p.reference}>" if isinstance(p, Symbol) else str(p) for p in value.parts)
    if isinstance(value, List):
        return [plain(item) for item in value.items]
    if isinstance(value, Map):
        return {str(key): plain(member) for key, member in value.entries}
    if isinstance(value, Bool):
        return value.value
    if isinstance(value, Number):
        return value.number
    if isinstance(value, Unknown | Choice):
        return "?"
    return None if value is None or isinstance(value, Null) else repr(value)


def described(folder: Path, value: object, **more: object) -> object:
    """A value as Terraform would put it into a key's tags."""
    key = {"tags": {"x": value}}
    stack, _ = read(folder, {"main.tf.json": {"resource": {"aws_kms_key": {"k": key}}, **more}})
    assert stack.errors == []
    tags = stack.resources[0].attributes.get("tags")
    assert isinstance(tags, Map)
    return plain(tags.get("x"))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("${1 + 2}", 3),
        ("a${1 + 2}b", "a3b"),
        ("$${aws:username} %%{if}", "${aws:username} %{if}"),
        ("a \\n b", "a \\n b"),
        ('${jsonencode({ a = "\\"" })}', {"a": '"'}),
        ("${\n 1 + 2 }", 3),
        ("%{ if true }\u00e9\U0001f600%{ endif }", "\u00e9\U0001f600"),
        (["${upper(\"a\")}", 1, True, None], ["A", 1, True, None]),
        ({"//": "a member", "${upper(\"k\")}": 1}, {"//": "a member", "K": 1}),
        (1.50, "1.5"),
    ],
)  # fmt: skip
def test_strings_are_templates(tmp_path: Path, written: object, value: object) -> None:
    found = described(tmp_path, written)
    assert (str(found) if isinstance(written, float) else found) == value


def test_a_default_is_literal_and_a_type_is_an_expression(tmp_path: Path) -> None:
    variables = {
        "raw": {"default": "${not.expr}"},
        "typed": {"type": "list(number)", "default": ["1", 2]},
        "shaped": {"type": 'object({ a = optional(string, "d") })', "default": {}},
    }
    value = ["${var.raw}", "${var.typed}", "${var.shaped}"]
    found = described(tmp_path, value, variable=variables)
    assert found == ["${not.expr}", [1, 2], {"a": "d"}]


def test_blocks_as_objects_and_as_lists_with_dynamic_ones(tmp_path: Path) -> None:
    document = {
        "//": "passed over",
        "statement": {
            "//": "passed over",
            "actions": ["kms:Decrypt"],
            "resources": ["*"],
            "principals": [{"type": "AWS", "identifiers": ["*"]}],
        },
        "dynamic": [
            {
                "statement": {
                    "for_each": ["a", "b"],
                    "iterator": "it",
                    "content": {"sid": "${it.value}", "actions": ["kms:${it.key}"]},
                }
            }
        ],
    }
    stack, _ = read(
        tmp_path,
        {
            "main.tf.json": [
                {"data": {"aws_iam_policy_document": [{"d": [document]}, {"//": "passed over"}]}},
                {"resource": [{"aws_kms_key": {"k": {"policy": "${local.json}"}}}]},
                {"locals": [{"json": "${data.aws_iam_policy_document.d.json}"}, None]},
            ]
        },
    )
    assert stack.errors == []
    statements = plain(stack.resources[0].attributes.get("policy"))
    assert isinstance(statements, dict)
    assert [(s.get("Sid"), s["Action"]) for s in statements["Statement"]] == [
        (None, "kms:Decrypt"),
        ("a", "kms:0"),
        ("b", "kms:1"),
    ]


def test_what_is_a_map_and_what_is_a_block_goes_by_the_provider(tmp_path: Path) -> None:
    stack, _ = read(
        tmp_path,
        {
            "main.tf.json": {
                "resource": {
                    "aws_kms_grant": {
                        "g": {
                            "operations": ["Decrypt"],
                            "constraints": {"encryption_context_equals": {"a": "b"}},
                            "lifecycle": {"ignore_changes": ["tags", "constraints"]},
                        }
                    }
                }
            }
        },
    )
    (grant,) = stack.resources
    assert plain(grant.attributes.get("constraints")) == [{"encryption_context_equals": {"a": "b"}}]
    assert plain(grant.lifecycle) == {"ignore_changes": ["tags", "constraints"]}


def test_modules_providers_and_references(tmp_path: Path) -> None:
    stack, _ = read(
        tmp_path,
        {
            "main.tf.json": {
                "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "us", "region": "us-west-2"}]},
                "module": {
                    "keys": {
                        "source": "./keys",
                        "names": ["a"],
                        "providers": {"aws": "aws.us"},
                        "depends_on": ["aws_iam_role.r"],
                    }
                },
                "resource": {
                    "aws_iam_role": {"r": {"assume_role_policy": "{}"}},
                    "aws_kms_key": {"mine": {"provider": "aws.us", "depends_on": ["aws_iam_role.r"]}},
                },
            },
            "keys/main.tf.json": {
                "variable": {"names": {"type": "set(string)"}},
                "resource": {"aws_kms_key": {"k": {"for_each": "${var.names}"}}},
            },
        },
    )  # fmt: skip
    assert (stack.errors, stack.gaps) == ([], [])
    found = {r.address: (str(r.provider.region), r.depends_on) for r in stack.resources}
    assert found == {
        "aws_iam_role.r": ("eu-west-1", ()),
        "aws_kms_key.mine": ("us-west-2", ("aws_iam_role.r",)),
        'module.keys.aws_kms_key.k["a"]': ("us-west-2", ()),
    }


def test_lines_and_columns_are_those_of_the_json_file(tmp_path: Path) -> None:
    text = (
        '{"locals": {"\\u0061\\n": "\\ud83d\\ude00"},\n'
        ' "resource": {"aws_kms_key": {\n'
        '  "first": {"policy": "{\\"Statement\\": [{\\n \\"Effect\\": \\"Allow\\"}]}"},\n'
        '  "second": {"policy":\n'
        '    "${jsonencode({ \\"A\\" = \\"${upper(\\"x\\")}\\" })}"}\n'
        "}}}\n"
    )
    stack, tree = read(tmp_path, {"main.tf.json": text})
    assert stack.errors == []
    places = [str(tree.span(resource.position)) for resource in stack.resources]
    assert places == ["main.tf.json:3:3", "main.tf.json:4:3"]
    second = stack.resources[1].attributes.get("policy")
    assert isinstance(second, Text)
    assert isinstance(second.document, Map)
    assert str(tree.span(second.document.entries[0][0].position)) == "main.tf.json:5:21"
    file = tree.read(tmp_path / "main.tf.json")
    assert file.line(5) == text.split("\n")[4]


def test_an_override_merges_with_hcl(tmp_path: Path) -> None:
    stack, _ = read(
        tmp_path,
        {
            "main.tf": 'resource "aws_kms_key" "k" {\n  description = "a"\n  policy = "x"\n}\n',
            "main_override.tf.json": {"resource": {"aws_kms_key": {"k": {"policy": "${1 + 1}"}}}},
        },
    )
    (key,) = stack.resources
    assert plain(key.attributes) == {"description": "a", "policy": 2}


def test_what_opentofu_reads_in_place_of_another_file(tmp_path: Path) -> None:
    def key(name: str) -> dict[str, object]:
        return {"resource": {"aws_kms_key": {name: {}}}}

    stack, tree = read(
        tmp_path,
        {
            "a.tf.json": key("terraform"),
            "a.tofu.json": key("opentofu"),
            "a.tf": 'resource "aws_kms_key" "both" {}\n',
            "b.tofu": 'resource "aws_kms_key" "more" {}\n',
            "c.tftest.hcl": 'resource "aws_kms_key" "test" {}\n',
            "d.tofutest.hcl": 'resource "aws_kms_key" "test" {}\n',
            "e.tfquery.hcl": 'resource "aws_kms_key" "query" {}\n',
            "f.tfmock.hcl": 'resource "aws_kms_key" "mock" {}\n',
            "g.tftest.json": key("test"),
        },
    )
    names = sorted(resource.address for resource in stack.resources)
    assert names == ["aws_kms_key.both", "aws_kms_key.more", "aws_kms_key.opentofu"]
    assert [str(tree.span(gap.position)) for gap in stack.gaps] == ["a.tf.json:1:1"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: the file is empty"),
        ("{", "1:2: not valid JSON: expected a key in double quotes, found the end of the file"),
        ("[1]", "1:2: a file needs an object, or a list of objects, in place of this value"),
        (
            '{"resource":\n{"aws_kms_key": 1}}',
            "2:17: aws_kms_key needs an object, or a list of objects, in place of this value",
        ),
        ('{"locals": {"a": 1,\n"a": 2}}', "2:1: `a` is set twice in one block"),
        ('{"resource": {"a": {"b": {}, "b": {}}}}', "1:30: resource a.b is declared twice"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    tmp_path: Path, text: str, problem: str
) -> None:
    stack, _ = read(tmp_path, {"x.tf.json": text, "y.tf": 'resource "aws_kms_key" "k" {}\n'})
    assert [f"{str(e.span)[10:]}: {e.message}" for e in stack.errors] == [problem]
    assert [resource.address for resource in stack.resources] == ["aws_kms_key.k"]


def test_a_key_that_stands_twice_in_a_value_leaves_it_unknown(tmp_path: Path) -> None:
    text = '{"resource": {"aws_kms_key": {"k": {"tags": {"a": "x",\n"a": "y"}}}}}'
    stack, _ = read(tmp_path, {"main.tf.json": text})
    assert plain(stack.resources[0].attributes) == {"tags": "?"}
    (error,) = stack.errors
    assert str(error).startswith('main.tf.json:2:1: the key "a" stands twice in an object')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.sampled_from(["${var.x}", "${", "%{ if", "//", '${"\\""}', "\\", "\U0001f600${1}"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["//", "resource", "aws_kms_key", "k", "dynamic", "content", "policy",
                         "locals", "variable", "default", "type", "for_each", "${1}", "\n"]),
        inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(JSON, st.booleans())
def test_no_json_makes_the_loader_fail(value: object, ascii_only: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = json.dumps({"resource": {"aws_kms_key": {"k": value}}}, ensure_ascii=ascii_only)
        (folder / "a.tf.json").write_bytes(text.encode("utf-8", "replace"))
        stack = load(UnitSource("terraform", folder), SourceTree(folder), Inputs())
        assert stack.resources or stack.errors or stack.files


@given(st.text(alphabet='ab\n"\\\u00e9\U0001f600', max_size=30))
def test_a_replaced_text_keeps_lines_and_columns(text: str) -> None:
    """What stands after escapes is found at its own place in the file."""
    written = json.dumps(text) + "\n  !"
    file = SourceFile(1, "a.json", written.encode())
    escapes = [m for m in range(len(written)) if written.startswith('\\"', m)]
    parts = [(at, at + 2, '"') for at in escapes if written[at - 1] != "\\"]
    file.replace(parts)
    at = file.text.index("!", len(file.text) - 1)
    assert file.line_column(at) == (written.count("\n") + 1, 3)
    assert file.line(2) == "  !"


def test_very_many_declarations_of_one_name_are_some_errors(tmp_path: Path) -> None:
    keys = {"k": [{}] * 5000}
    stack, _ = read(tmp_path, {"main.tf.json": {"resource": {"aws_kms_key": keys}}})
    assert len(stack.errors) == 51
    assert stack.errors[0].message == "resource aws_kms_key.k is declared twice"
    assert sum("maybe more are" in error.message for error in stack.errors) == 1
    assert [resource.address for resource in stack.resources] == ["aws_kms_key.k"]
