"""What is read without python-hcl2 is what python-hcl2 reads: nodes, places and ends."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from kmsiac.frontends.terraform.lexer import Unterminated
from kmsiac.frontends.terraform.nodes import Node
from kmsiac.frontends.terraform.parse import parse_any, parse_expression
from kmsiac.frontends.terraform.plain import parse_plain
from kmsiac.frontends.terraform.split import Attribute, Body, split
from kmsiac.reading.source import SourceFile

FIXTURES = Path(__file__).parents[3] / "fixtures"

WRITTEN = (
    '"text"',
    '""',
    '"a-${var.b}-$${aws:username}-${local.c["d"].e[0].f}"',
    "7",
    "true",
    "null",
    "var.a",
    'var.a["b"].c',
    "data.aws_caller_identity.current.account_id",
    "aws_kms_key.k[0].arn",
    "aws_iam_role.r[each.key].arn",
    'toset(["a", "b"])',
    'lookup(var.m, "k", [])["x"].y[1]',
    "f(g(1, 2), [3])",
    "[]",
    "{}",
    "[\n  # one\n  1, // two\n  2,\n]",
    '{ a = 1, "b" : 2\n  c-d = [3] // why\n  e = "x" }',
    "(var.a)",
    "!var.a",
    'var.a == "b"',
    "var.a != null ? [var.a] : []",
    "(var.a && local.b) ? f(1) : {}",
    '[var.a ? "x" : "y", 2]',
    "var.a ? 1 : (var.b ? 2 : 3)",
    "[for a in var.b : a]",
    "[for i, a in f(var.b) : a.c if a.d != null]",
    "{ for k, v in var.b : k => v }",
    '{\n  for k in var.b : # why\n  f("-", k) => {\n    a = k\n  }\n  if k.c\n}',
    "[\n  for a in var.b : [\n    for c in a : { d = c }\n  ]\n]",
    '[for a in var.b ? [1] : [] : a ? "${a}/*" : "x"]',
    "{ for a in var.b : a.name => a if a.scope == 1 }",
    "var.a[*].b",
    "var.a.*.b",
    "var.a[*]",
    'f("", data.b.c.*.d.e)',
    'var.a[*].b["c"].d[0]',
    "f(var.a)[*].b",
    "<<EOT\nhello ${var.a}\nEOT",
    "{ policy = <<-EOT\n    a\n    EOT\n}",
)
LEFT = (
    "1.5",
    "-1",
    "1 + 2",
    "var.a && var.b && var.c",
    "!var.a == var.b",
    "{ for k, v in var.b : k => v... }",
    "[for true in var.b : a]",
    "[for a in var.b : a].c",
    "[for a in var.b : a => a]",
    "[for a in var.b a]",
    "{ for a in var.b : a }",
    "var.a[*].b[*].c",
    "var.a.*.b[0]",
    "var.a[*].0",
    "f(var.a...)",
    "f(1,)",
    "provider::aws::arn_parse(var.a)",
    "{ (var.a) = 1 }",
    "{ a.b = 1 }",
    "var.a ? 1",
    "[1 2]",
    "{ a = 1 b = 2 }",
    "var.",
    "[1",
    "true.a",
)


def _file(text: str) -> SourceFile:
    return SourceFile(1, "a.tf", text.encode())


def _told(node: object) -> object:
    """A node as plain data."""
    if isinstance(node, list | tuple):
        return [_told(item) for item in node]
    slots = [name for kind in type(node).__mro__ for name in getattr(kind, "__slots__", ())]
    if not slots:
        return repr(node)
    return type(node).__name__, [(name, _told(getattr(node, name, None))) for name in slots]


def _is_plain(text: str) -> bool:
    try:
        return parse_plain(_file(text), 0, len(text), parse_expression) is not None
    except Unterminated:
        return False


def _by_python_hcl2(file: SourceFile, start: int, end: int) -> Node:
    return parse_any(file, start, end, _by_python_hcl2)


def _same(text: str) -> bool:
    """Whether it makes no difference that some expressions are read directly."""
    mine, other = _file(text), _file(text)
    node, expected = parse_expression(mine, 0, len(text)), _by_python_hcl2(other, 0, len(text))
    if "Unparsed" in repr(_told(expected)):  # what is broken has no ends that are worth anything
        return _told(node) == _told(expected)
    return (_told(node), _ends(mine)) == (_told(expected), _ends(other))


def _ends(file: SourceFile) -> list[int]:
    return [file.end(file.position(offset)) for offset in range(len(file.text))]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_read_directly_is_what_python_hcl2_reads(text: str) -> None:
    assert _is_plain(text)
    assert _same(text)


@pytest.mark.parametrize("text", LEFT)
def test_what_is_written_otherwise_is_left_to_python_hcl2(text: str) -> None:
    assert not _is_plain(text)
    assert _same(text)


def _attributes(body: Body) -> Iterator[Attribute]:
    yield from body.attributes.values()
    for block in body.blocks:
        yield from _attributes(block.body)


def test_every_expression_of_the_fixtures_is_read_alike() -> None:
    sources = {
        attribute.source
        for path in sorted(FIXTURES.rglob("*.tf"))
        for attribute in _attributes(split(SourceFile(1, "a.tf", path.read_bytes())).body)
    }
    chosen = random.Random(6).choices(sorted(sources), k=300)
    for text in chosen:
        assert _same(text), text


def test_mutated_expressions_are_read_alike_or_left() -> None:
    draw = random.Random(7)
    pieces = ['"', "${", "}", "{", "[", "]", "(", ")", ",", "\n", " ", "=", ":", "?", ".", "-", "!",
              "&&", "==", "#", "//", "/*", "*/", "a", "1", "true", "for", "in ", "if ", "=>", "*", "[*]", ".*", "<<E\n", "\\", "é", "|", "<"]  # fmt: skip
    for _ in range(1500):
        text = draw.choice(WRITTEN)
        for _ in range(draw.randint(1, 2)):
            at = draw.randint(0, len(text))
            text = text[:at] + draw.choice(pieces) + text[at + draw.randint(0, 1) :]
        assert _same(text), text


def test_strings_in_strings_are_read_once_at_each_level() -> None:
    text = "var.a"
    for _ in range(30):
        text = f'"${{f({text}) + 1}}"'
    parse_expression(_file(text), 0, len(text))
