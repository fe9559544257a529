"""YAML to nodes: positions as libyaml's own composer has them, kinds, budgets, errors."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import yaml

from kmsiac.errors import SourceError
from kmsiac.reading.budget import Budget
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile, offset_of
from kmsiac.reading.yaml_reader import read_yaml

KEY = """\
Resources:
  Key:
    Type: AWS::KMS::Key  # the key
    Properties:
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::012345678901:root'}
            Action: ["kms:*", kms:Decrypt]
            Resource: '*'
"""
TEMPLATES = {
    "key": KEY,
    "crlf": KEY.replace("\n", "\r\n"),
    "crlf block": "a: |\r\n  one\r\n  two\r\nb: 'x\r\n\r\n  y'\r\nc: p\r\n  q\r\nd: [1, 2]\r\n",
    "emoji": "Description: 'a \U0001f511 key \u00e9'\nother: [\U0001f511, b]\nlast: c\n",
    "block": 'a: !Sub |-\n  {"x": 1}\n  # no comment\nb: >\n  folded\n  text\n\nc: end\n',
    "flow": "{a: [1, {b: c, d: ~}], 'e': !GetAtt [x, y]}\n",
    "anchors": "a: &x\n  k: v\nb: [&y 1, 2]\nc: &z text\n",
    "lines": 'a: "one\u2028two"\nb: c\n\n\n- x'.replace("\n\n\n- x", "\nc:\n- x\n- - y\n  - z\n"),
    "tags": "a: !If\n  - C\n  - !Ref X\n  - !Ref AWS::NoValue\nb: !!str 5\n",
}


def source(text: str | bytes) -> SourceFile:
    return SourceFile(1, "t.yaml", text.encode() if isinstance(text, str) else text)


def read(text: str) -> Node:
    return read_yaml(source(text))


def ours(node: Node) -> Iterator[int]:
    yield offset_of(node.position)
    if isinstance(node, Sequence):
        for item in node.items:
            yield from ours(item)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            yield from ours(key)
            yield from ours(value)


def composed(node: yaml.Node) -> Iterator[int]:
    yield node.start_mark.index
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from composed(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from composed(key)
            yield from composed(value)


@pytest.mark.parametrize("text", TEMPLATES.values(), ids=TEMPLATES)
def test_positions_are_those_of_the_composer(text: str) -> None:
    expected = list(composed(yaml.compose(text, Loader=yaml.SafeLoader)))
    assert list(ours(read(text))) == expected
    after_mark = read_yaml(source(b"\xef\xbb\xbf" + text.encode()))
    assert list(ours(after_mark)) == expected
    late = read_yaml(source("xx\n" + text), start=3)
    assert list(ours(late)) == [offset + 3 for offset in expected]


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("yes", "text"), ("on", "text"), ("2012-10-17", "text"), ("012345670123", "text"),
        ("1.10", "text"), ("0x1F", "text"), ("1_000", "text"), ("12:30:45", "text"),
        ("123456789012", "number"), ("0", "number"), ("-3", "number"), ("1.5", "number"),
        ("1.0", "number"), ("2e3", "number"), ("true", "bool"), ("TRUE", "bool"),
        ("null", "null"), ("~", "null"), ("", "null"), ("'true'", "text"), ("!!str 5", "text"),
        ("!!int 5", "number"), ("! 5", "text"), ("!Ref 5", "text"), ("9" * 5000, "number"),
        ("!!python/object/apply:os.system [x]", None),
    ],
)  # fmt: skip
def test_kinds(written: str, kind: str | None) -> None:
    root = read(f"a: {written}\n")
    assert isinstance(root, Mapping)
    value = root.get("a")
    if kind is None:
        assert isinstance(value, Sequence)
        assert value.tag == ""
        return
    assert isinstance(value, Scalar)
    assert value.kind == kind
    assert value.text == written.rsplit(" ", maxsplit=1)[-1].strip("'")


def test_merge_keys_are_flattened_and_own_keys_win() -> None:
    root = read("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 9\n")
    assert isinstance(root, Mapping)
    merged = root.get("c")
    assert isinstance(merged, Mapping)
    assert {key: str(value) for key, value in merged.items()} == {
        "y": "Scalar('2', number)",
        "z": "Scalar('4', number)",
        "x": "Scalar('9', number)",
    }
    assert len(merged.entries) == 3


def test_duplicate_keys_stay_and_the_last_counts() -> None:
    root = read("a: 1\na: 2\n? {b: c}\n: d\n")
    assert isinstance(root, Mapping)
    assert len(root.entries) == 3
    assert str(root.get("a")) == "Scalar('2', number)"
    assert isinstance(root.entries[2][0], Mapping)


def test_comments() -> None:
    text = (
        "# top\na: 'x # no'  # one\nb: | # two\n  # no\nc: p#no\n# three\n"
        "d: !Sub # four\n  z\ne: [a, # five\n b]\n# last"
    )
    file = source(text)
    read_yaml(file)
    found = file.comments
    assert [comment.text for comment in found] == [
        "top", "one", "two", "three", "four", "five", "last"
    ]  # fmt: skip
    assert [file.span(comment.position).line for comment in found] == [1, 2, 3, 6, 7, 9, 11]


LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 300))


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "the file is empty", 1),
        ("# only\n", "the file is empty", 1),
        ("a: 1\n---\nb: 2\n", "a second YAML document starts on line 2", 2),
        ("a: *x\n", "undefined alias *x", 1),
        ("a: &x [*x]\n", "alias *x stands inside itself", 1),
        ("a: &x {<<: 1}\n", "<< needs a mapping", 1),
        ("a:\n  b: *\n", "not valid YAML", 2),
        ("a:\n\tb: 1\n", "not valid YAML", 2),
        ("a: 'x\n", "not valid YAML", 2),
        ("a: b: c\n", "not valid YAML", 1),
        ("a: {{ x }\n", "not valid YAML: {{ is of a language that makes templates", 2),
        ("a:\n  {% if b %}\n  c: d\n", "not valid YAML: {% is of a language", 2),
        ("{{- if .b }}\na: b\n", "not valid YAML: {{ is of a language", 1),
        ("a: b: '{{resolve:ssm:/c}}'\n", "not valid YAML: mapping values", 1),
        ("a: 1\nb: \x07\n", "the character U+0007 is not allowed", 2),
        ("a: \0\n", "this is a binary file", 1),
        (LAUGHS, "more than 300,000 nodes", 6),
        (CHAIN, "nested more than 100 levels deep", 100),
        ("[" * 100_000 + "]" * 100_000, "nested more than 100 levels deep", 1),
        ("[" * 200_000, "nested more than 100 levels deep", 1),
        ("- " * 100_000, "nested more than 100 levels deep", 1),
        ("%TAG !a! x\n" * 100_000, "more than 64 %TAG directives", 1),
        ("a: [" + "x, " * 400_000, "more than 300,000 nodes", 1),
        ("a: b\n" + "#\n" * 400_000, "more than 300,000 nodes", 300_000 - 1),
        (f"a: *{'x' * 1000}\n", f"undefined alias *{'x' * 77}...", 1),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else str(value),
)
def test_hostile_and_broken_texts_are_refused_with_a_place(
    text: str, message: str, line: int
) -> None:
    began = time.process_time()
    with pytest.raises(SourceError) as caught:
        read(text)
    assert time.process_time() - began < 60
    assert caught.value.message.startswith(message)
    assert caught.value.span is not None
    assert caught.value.span.line == line
    assert caught.value.span.column >= 1


def test_ends_of_the_first_reading_stay() -> None:
    file = source("xx\n{a: [b, c]}\n")
    root = read_yaml(file, start=3)
    file.remember_ends({0: 1, 17: 18}, 3)
    assert file.end(root.position) == len(file.text) - 1
    assert file.end(file.position(20)) == 21


def test_budget_is_the_callers() -> None:
    with pytest.raises(SourceError, match="more than 3 nodes"):
        read_yaml(source("[a, b, c]"), Budget(nodes=3))
