"""Loops and includes that would never end, or lead where nothing may be read: told, the rest read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from tests.frontends.cloudformation.conftest import Loaded

_GOOD = "  Good: {Type: AWS::KMS::Key, Properties: {Description: read}}\n"
_KEY = "Type: AWS::KMS::Key"

Read = Callable[..., Loaded]


def nested(depth: int, items: int, inner: str) -> str:
    """Loops in one another, each over as many items."""
    text = inner
    for level in range(depth):
        collection = ", ".join(f"i{number}" for number in range(items))
        text = f'{{"Fn::ForEach::L{level}": [X{level}, [{collection}], {text}]}}'
    return text[1:-1]


@pytest.mark.parametrize(("depth", "items"), [(5, 100), (3, 1000), (9, 10), (2, 2000)])
def test_loops_that_make_too_much(read: Read, depth: int, items: int) -> None:
    name = "K" + "".join(f"${{X{level}}}" for level in range(depth))
    inner = f'{{"{name}": {{Type: "AWS::KMS::Key"}}}}'
    loop = nested(depth, items, inner)
    loaded = read(f"Transform: AWS::LanguageExtensions\nResources:\n  {loop}\n{_GOOD}")
    assert loaded.plain("Good.Description") == "read"
    assert len(loaded.stack.resources) == 1
    assert ["makes too much" in error for error in loaded.errors] == [True]
    assert [gap.reason for gap in loaded.stack.gaps] == [
        "this loop makes too much to be written out"
    ]


def test_many_loops_that_each_make_much(read: Read) -> None:
    items = ", ".join(f"i{number}" for number in range(600))
    body = "{A: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]}"
    loops = "".join(
        f'  Fn::ForEach::L{n}: [X, [{items}], {{"A{n}x${{X}}": {{Type: "AWS::SNS::Topic", Metadata: {body}}}}}]\n'
        for n in range(200)
    )
    loaded = read(f"Transform: AWS::LanguageExtensions\nResources:\n{loops}{_GOOD}")
    assert loaded.plain("Good.Description") == "read"
    assert loaded.errors and all("makes too much" in error for error in loaded.errors)


def test_deep_loops(read: Read) -> None:
    loop = nested(45, 1, '{"K": {Type: "AWS::KMS::Key"}}')
    loaded = read(f"Transform: AWS::LanguageExtensions\nResources:\n  {loop}\n{_GOOD}")
    assert {resource.address for resource in loaded.stack.resources} == {"K", "Good"}


@pytest.mark.parametrize(
    "loop",
    [
        "x",
        "[]",
        "[a, b, c, d]",
        "[[a], [b], {c: d}]",
        "[A, [b], [c]]",
        "{A: b}",
        "[!Ref A, [b], {c: d}]",
        "[A, !Foo x, {'K${A}': {Type: AWS::KMS::Key}}]",
        "[A, {b: c}, {'K${A}': {Type: AWS::KMS::Key}}]",
        "[A, [[a], {b: c}, !Ref Nothing, null, 3], {'K${A}': {Type: AWS::KMS::Key}}]",
        "[A, [b], {? [a] : {Type: AWS::KMS::Key}}]",
        "[A, [b], {'K${A}': !Ref A, 'L${A}': [x], 'M${A}': null}]",
    ],
)
def test_odd_loops(read: Read, loop: str) -> None:
    text = (
        f"Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Odd: {loop}\n{_GOOD}"
        f"Conditions:\n  Fn::ForEach::Odd: {loop}\nOutputs:\n  Fn::ForEach::Odd: {loop}\n"
    )
    loaded = read(text.replace("Properties: {", f"Properties: {{Fn::ForEach::Odd: {loop}, "))
    assert loaded.plain("Good.Description") == "read"


def including(tmp_path: Path, files: dict[str, str]) -> Loaded:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    tree = SourceTree(tmp_path)
    return Loaded(load(UnitSource("cloudformation", tmp_path / "t.yaml"), tree, Inputs()), tree)


def include(location: str) -> str:
    return f"Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {location}}}}}"


def test_includes_that_multiply(tmp_path: Path) -> None:
    files = {
        f"f{n}.yaml": "".join(f"M{n}x{k}: {{{include(f'f{n + 1}.yaml')}}}\n" for k in range(10))
        for n in range(12)
    }
    files["f12.yaml"] = "Last: x\n"
    files["t.yaml"] = (
        f"Resources:\n{_GOOD}  K:\n    {_KEY}\n    Metadata: {{{include('f0.yaml')}}}\n"
    )
    loaded = including(tmp_path, files)
    assert loaded.plain("Good.Description") == "read"
    assert any("more than 300,000 nodes are included" in error for error in loaded.errors)


def test_includes_that_lead_in_a_circle(tmp_path: Path) -> None:
    files = {
        "a.yaml": f"A: {{{include('sub/b.yaml')}}}",
        "sub/b.yaml": f"B: {{{include('../a.yaml')}}}",
        "t.yaml": f"Resources:\n{_GOOD}  K:\n    {_KEY}\n    Properties: {{{include('a.yaml')}}}\n"
        f"  L:\n    {_KEY}\n    Properties: {{{include('t.yaml')}}}\n",
    }
    loaded = including(tmp_path, files)
    assert [error.split(": ", 1)[1] for error in loaded.errors] == [
        "AWS::Include of ../a.yaml: the file includes itself",
        "AWS::Include of t.yaml: the file includes itself",
    ]


@pytest.mark.parametrize(
    "location", ["/etc/passwd", "../../../etc/passwd", "", ".", "a\\0b", "'x: y'", "'${A}'", "out"]
)
def test_includes_of_what_may_not_be_read(tmp_path: Path, location: str) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("Description: secret")
    inside = tmp_path / "tree"
    inside.mkdir()
    if location == "out":
        try:
            (inside / "out").symlink_to(outside)
        except OSError:
            pytest.skip("no links here")
    quoted = location or "''"
    properties = f"Properties: {{{include(quoted)}}}"
    loaded = including(
        inside, {"t.yaml": f"Resources:\n{_GOOD}  K:\n    {_KEY}\n    {properties}\n"}
    )
    assert loaded.plain("Good.Description") == "read"
    assert len(loaded.errors) == 1 and str(tmp_path) not in loaded.errors[0]
    rest = loaded.stack.by_address()["K"].attributes.open
    assert rest is not None and "is not followed" in rest.reason


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_an_include_of_a_pipe_does_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    text = f"Resources:\n{_GOOD}  K:\n    {_KEY}\n    Properties: {{{include('pipe')}}}\n"
    loaded = including(tmp_path, {"t.yaml": text})
    assert ["not a regular file" in error for error in loaded.errors] == [True]


@pytest.mark.parametrize(
    "transform",
    [
        "x", "[]", "{}", "{Name: []}", "[[[a]]]", "{Name: AWS::Include}", "!Ref x", "null", "3",
        "{Name: AWS::Include, Parameters: []}", "{Name: AWS::Include, Parameters: {Location: [a]}}",
        "[{Name: AWS::Include, Parameters: {Location: none.yaml}}, Other]",
    ],
)  # fmt: skip
def test_odd_transforms(read: Read, transform: str) -> None:
    text = (
        f"Transform: {transform}\nFn::Transform: {transform}\nResources:\n{_GOOD}"
        f"  Fn::Transform: {transform}\n  K:\n    {_KEY}\n    Fn::Transform: {transform}\n"
        f"    Properties:\n      Fn::Transform: {transform}\n      Description: !Transform {transform}\n"
        f"Conditions:\n  Fn::Transform: {transform}\n  A: {{Fn::Transform: {transform}}}\n"
    )
    if "!Transform !" in text:
        text = text.replace("!Transform !Ref x", "x")
    assert read(text).plain("Good.Description") == "read"
