from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmsiac.frontends.terraform.load import load
from kmsiac.frontends.terraform.split import split
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree

SAMPLE = """# kmsiac: ignore[KP-20] -- why
resource "aws_kms_key" "k" { // header
  policy = <<EOT
{"a": "# no comment ${upper("}")} $${x}"}
EOT
  tags = { a = "}" /* inner */ }
  nested {
    x = [1,
      2] # end
  }
}
locals { a = 1 }
"""


def test_blocks_attributes_and_comments_with_their_places() -> None:
    file = SourceFile(1, "a.tf", SAMPLE.encode())
    found = split(file)
    assert found.errors == []
    assert [(block.type, block.labels) for block in found.body.blocks] == [
        ("resource", ("aws_kms_key", "k")),
        ("locals", ()),
    ]
    key = found.body.blocks[0]
    assert list(key.body.attributes) == ["policy", "tags"]
    assert key.body.attributes["policy"].source.endswith("\nEOT")
    assert key.body.blocks[0].body.attributes["x"].source == "[1,\n      2]"
    assert SAMPLE[key.end - 1 : key.end + 7] == "}\nlocals"
    assert [(str(file.span(c.position))[5:], c.text) for c in file.comments] == [
        ("1:1", "kmsiac: ignore[KP-20] -- why"),
        ("2:30", "header"),
        ("6:20", "inner"),
        ("9:10", "end"),
    ]


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    file = SourceFile(1, "a.tf", b"\xef\xbb\xbf" + SAMPLE.replace("\n", "\r\n").encode())
    found = split(file)
    assert found.errors == []
    assert list(found.body.blocks[0].body.attributes) == ["policy", "tags"]


VALUES = (
    "1",
    '"a"',
    '"$${a"',
    '"%%{b"',
    '"$$${a}"',
    '"$${a}${b}"',
    r'"$${a\"}"',
    '"${f("x")}"',
    '"${f({ a = "}" })}-${b}"',
    r'"a\\"',
    "[1, [2, { a = 3 }], (4)]",
    '{ a = "}", b = [")"] }',
    'f("${g({})}", "]")',
    "{\n  a = 1 # }\n  b = [2] /* ] */\n}",
    "[<<E\n${a} ]\n$${ }\nE\n]",
    "a / b",
    "a < b ? [1] : {}",
    "{}",
)


@pytest.mark.parametrize("value", VALUES)
def test_an_attribute_ends_where_its_value_ends(value: str) -> None:
    inside = f"  second = {value} // why\n  third = [{value}\n]\n"
    text = f"first = {value} \nblock {{\n{inside}}}\nlast = 1\n"
    found = split(SourceFile(1, "a.tf", text.encode()))
    inner = found.body.blocks[0].body
    assert found.errors == []
    assert [each.source for each in found.body.attributes.values()] == [value, "1"]
    assert inner.attributes["second"].source == value
    assert inner.attributes["third"].source == f"[{value}\n]"


PIECES = st.sampled_from(
    ['resource "aws_kms_key" "k" {\n', "policy = ", "}", "{", "[", "]", "(", ")", '"', "${", "%{",
     "$${", "<<E\n", "\nE\n", "\n", "a.b", "= ", "x", " ? ", " : ", "1", "/*", "*/", "#", "//",
     "for x in y : ", "...", "=>", "!", "~", "\\", "if ", "endfor", ", ", "local.a", "é", "\x00"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_no_text_makes_the_loader_fail(pieces: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        text = 'resource "aws_kms_key" "k" {\n  policy = ' + "".join(pieces) + "\n}\n"
        (path / "a.tf").write_bytes(text.encode())
        stack = load(UnitSource("terraform", path), SourceTree(path), Inputs())
        assert stack.resources or stack.errors or stack.files
