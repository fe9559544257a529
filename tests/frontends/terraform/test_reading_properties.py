"""Whatever is written: nothing is lost, offsets lead to what was written, templates say their text."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from kmsiac.frontends.terraform.nodes import (
    Binary,
    Call,
    Conditional,
    For,
    GetAttribute,
    Index,
    Literal,
    Name,
    Node,
    Object,
    Splat,
    Template,
    Tuple,
    Unary,
    Unparsed,
)
from kmsiac.frontends.terraform.parse import parse_attribute, parse_expression
from kmsiac.frontends.terraform.split import Block, Body, split
from kmsiac.reading.source import SourceFile, offset_of
from kmsiac.values import Text

# -- expressions as text, with what they are made of ------------------------------------------------

NAMES = st.sampled_from(
    ["var.a", "local.b-c", "each.key", "aws_x.y[0].arn", "data.a.b.c", "größe.x"]
)
PLAIN_TEXT = st.text(alphabet="ab cé:/*.#'-$$%{}\U0001f600", max_size=8)
GAPS = st.sampled_from([" ", "  ", " /* c */ ", "\t"])


def escaped(text: str) -> str:
    """A text as a quoted string's inside."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")


def strings(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    part = PLAIN_TEXT.map(escaped) | inner.map(lambda e: "${" + e + "}") | st.just("\\n")
    return st.lists(part, max_size=4).map(lambda parts: '"' + " ".join(parts) + '"')


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        strings(inner),
        st.lists(inner, max_size=3).map(lambda items: "[" + ",\n ".join(items) + "]"),
        st.lists(inner, max_size=3).map(
            lambda items: "{" + "\n".join(f"k{at} = {item}" for at, item in enumerate(items)) + "}"
        ),
        st.lists(inner, max_size=3).map(lambda items: "f(" + ", ".join(items) + ")"),
        pair.map(lambda two: f"({two[0]}) == ({two[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]}) ? ({t[1]}) : ({t[2]})"),
        pair.map(lambda two: f"[for k, v in ({two[0]}) : ({two[1]}) if k != null]"),
        pair.map(lambda two: f"({two[0]})[{two[1]}]"),
        st.tuples(GAPS, inner).map(lambda two: f"!{two[0]}!({two[1]})"),
        inner.map(lambda each: f"<<-EOT\n    ${{{each}}} x\n  y\n  EOT\n"),
    )


ATOMS = NAMES | st.sampled_from(["1", "2.5", "true", "null", '""', "-1", "[]", "{}"])
EXPRESSIONS = st.recursive(ATOMS | strings(ATOMS), compound, max_leaves=8)


def below(node: Node) -> Iterator[Node]:
    """A node and all nodes in it."""
    waiting: list[object] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Node):
            yield each
            waiting += children(each)


def children(node: Node) -> list[object]:
    match node:
        case Template():
            return list(node.parts)
        case Tuple():
            return list(node.items)
        case Object():
            return [part for entry in node.entries for part in entry]
        case Call():
            return list(node.arguments)
        case GetAttribute():
            return [node.of]
        case Index():
            return [node.of, node.key]
        case Splat():
            return [node.of, *node.steps]
        case Conditional():
            return [node.condition, node.then, node.otherwise]
        case Binary():
            return [node.left, node.right]
        case Unary():
            return [node.operand]
        case For():
            return [node.collection, node.key, node.value, node.condition]
    return []


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS)
def test_the_offsets_of_nodes_lead_to_what_was_written(written: str) -> None:
    # A heredoc ends with its line, and nothing may follow it there.
    text = f"  {written}" if "<<-" not in written else f"  ({written}\n)"
    file = SourceFile(1, "a.tf", text.encode())
    node = parse_expression(file, 2, len(text))
    for each in below(node):
        assert not isinstance(each, Unparsed), (text, each.reason)
        start = offset_of(each.position)
        assert 2 <= start <= each.end <= len(text)
        source = text[start : each.end]
        match each:
            case Name():
                assert source == each.name
            case GetAttribute():
                assert source.endswith(each.name)
            case Call():
                assert source.startswith(f"{each.name}(")
            case Literal() if source[:1] == '"' and isinstance(each.value, Text):
                assert source.endswith('"')
            case Unary():
                assert source.startswith(each.operator)
            case Tuple() | For():
                assert (source[0], source[-1]) in (("[", "]"), ("{", "}"))
            case Object():
                assert (source[0], source[-1]) == ("{", "}")


@given(PLAIN_TEXT)
def test_a_quoted_text_is_read_as_it_was_meant(text: str) -> None:
    written = f'"{escaped(text)}"'
    file = SourceFile(1, "a.tf", written.encode())
    node = parse_expression(file, 0, len(written))
    assert isinstance(node, Literal)
    assert isinstance(node.value, Text)
    assert node.value.literal == text


@given(st.lists(PLAIN_TEXT.filter(lambda text: text.strip() != "EOT"), max_size=4), st.booleans())
def test_a_heredoc_is_read_as_it_was_meant(lines: list[str], windows: bool) -> None:
    ending = "\r\n" if windows else "\n"
    body = "".join(line.replace("${", "$${").replace("%{", "%%{") + ending for line in lines)
    written = f"<<EOT{ending}{body}EOT"
    file = SourceFile(1, "a.tf", written.encode())
    node = parse_expression(file, 0, len(written))
    assert isinstance(node, Literal)
    assert isinstance(node.value, Text)
    assert node.value.literal == "".join(line + ending for line in lines)


# -- blocks -------------------------------------------------------------------------------------------

COMMENTS = st.sampled_from(["", "# } {\n", '// " <<EOT\n', "/* ${ \n } */\n"])
LABELS = st.lists(st.sampled_from(['"a"', "b", '"c d"', '"e-f" /* g */']), max_size=2).map(" ".join)


@st.composite
def blocks(draw: st.DrawFn, depth: int = 2) -> str:
    """A block of attributes a0, a1, ... and further blocks, in any order, between comments."""
    items = [
        f"a{at} = {draw(EXPRESSIONS.filter(lambda e: '<<-' not in e))}\n"
        for at in range(draw(st.integers(0, 3)))
    ]
    if depth:
        items += draw(st.lists(blocks(depth - 1), max_size=2))
    between = [draw(COMMENTS) + item for item in draw(st.permutations(items))]
    return f"block {draw(LABELS)} {{\n{''.join(between)}{draw(COMMENTS)}}}\n"


def count(body: Body) -> tuple[int, int]:
    """How many blocks and attributes there are in a body, whatever the depth."""
    inner = [count(block.body) for block in body.blocks]
    return (
        len(body.blocks) + sum(blocks for blocks, _ in inner),
        len(body.attributes) + sum(attributes for _, attributes in inner),
    )


def every_block(body: Body) -> Iterator[Block]:
    for block in body.blocks:
        yield block
        yield from every_block(block.body)


@settings(max_examples=100, deadline=None)
@given(st.lists(blocks(), max_size=3), st.booleans())
def test_no_block_and_no_attribute_is_lost(written: list[str], windows: bool) -> None:
    text = "".join(written)
    wanted = (text.count("block "), sum(text.count(f"\na{at} = ") for at in range(3)))
    # An attribute behind a comment on its line begins at that line's start all the same.
    if windows:
        text = text.replace("\n", "\r\n")
    file = SourceFile(1, "a.tf", text.encode())
    found = split(file)
    assert found.errors == []
    assert count(found.body) == wanted
    for block in every_block(found.body):
        assert text[block.start : block.header_end].startswith("block")
        assert (text[block.open], text[block.end - 1]) == ("{", "}")
        for attribute in block.body.attributes.values():
            assert text[attribute.offset : attribute.name_end] == attribute.name
            assert not isinstance(parse_attribute(attribute), Unparsed)


PIECES = st.sampled_from(
    ['resource "a" "b" {\n', "x = ", "}", "{", "[", '"', "${", "%{", "<<E\n", "\nE\n", "\n", "/*", "*/",
     "#", "~}", "\\", "é", "=", " ", "a", "\r\n", "<<", "-"]
)  # fmt: skip
GOOD = 'resource "after" "all" {\n  x = 1\n}\n'


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30))
def test_no_text_makes_the_splitter_fail_and_what_is_lost_is_told(pieces: list[str]) -> None:
    text = "".join(pieces)
    for whole in (GOOD + text, f"{text}\n{GOOD}"):
        found = split(SourceFile(1, "a.tf", whole.encode()))
        list(every_block(found.body))
        read = any(block.labels == ("after", "all") for block in every_block(found.body))
        assert read or found.errors or "after" in _quoted(found.body), whole


def _quoted(body: Body) -> str:
    """The text of all values: what stands in a string or comment is read as that."""
    file_text = "".join(attribute.source for attribute in body.attributes.values())
    return file_text + "".join(_quoted(block.body) for block in body.blocks)
