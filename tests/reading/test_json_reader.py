"""JSON to nodes and objects, and from paths back to places."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsiac.errors import SourceError
from kmsiac.reading.json_reader import load_json, locate, read_json
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile


def source(text: str | bytes) -> SourceFile:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return SourceFile(1, "t.json", data)


def plain(node: Node) -> object:
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    assert isinstance(node, Scalar)
    return node.text if node.kind == "text" else json.loads(node.text)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(DATA, st.booleans(), st.sampled_from([None, 1]))
def test_data_is_what_json_loads_gives(data: object, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(data, ensure_ascii=ascii_only, indent=indent)
    assert plain(read_json(source(text))) == data
    assert load_json(source(text)) == json.loads(text, parse_float=Decimal)


def paths_of(data: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    members: list[tuple[str | int, object]] = []
    if isinstance(data, dict):
        members = list(data.items())
    elif isinstance(data, list):
        members = list(enumerate(data))
    return [path] + [p for key, value in members for p in paths_of(value, (*path, key))]


@given(DATA, st.booleans(), st.integers(1, 4))
def test_locate_finds_every_path(data: object, ascii_only: bool, step: int) -> None:
    text = json.dumps(data, ensure_ascii=ascii_only, indent=1)
    wanted = paths_of(data)[::step]
    found = locate(text, wanted)
    assert set(found) == set(wanted)
    for path, (start, end) in found.items():
        there = json.loads(text[start:end])
        if path and isinstance(path[-1], str):
            assert there == path[-1]
            continue
        value = data
        for key in path:
            value = value[key]  # type: ignore[index]
        assert there == value


def test_spans_of_json_paths() -> None:
    file = source('{"a": [1, {"b/c": 2}],\n "a2": "x"}')
    root = file.use_paths(partial(locate, file.text))
    item = file.member(file.member(root, "a"), 1)
    inner = file.member(item, "b/c")
    missing = file.member(root, "nope")
    assert str(file.span(inner)) == "t.json:1:12"
    assert file.span(inner).pointer == "/a/1/b~1c"
    assert str(file.span(item)) == "t.json:1:11"
    assert str(file.span(missing)) == "t.json:1:1"  # its parent, the root
    assert file.span(missing).pointer == "/nope"


def test_surrogate_pairs_and_duplicate_keys() -> None:
    root = read_json(source('{"k": "\\ud83d\\ude00", "k": 1.10}'))
    assert isinstance(root, Mapping)
    assert [str(value) for _, value in root.entries] == [
        "Scalar('\U0001f600', text)",
        "Scalar('1.10', number)",
    ]


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("", "the file is empty", (1, 1)),
        ("[1,]", "not valid JSON: expected a value, found ']'", (1, 4)),
        ('{"a": 1,\n}', "not valid JSON: expected a key in double quotes, found '}'", (2, 1)),
        ('{"a" 1}', "not valid JSON: expected ':', found '1'", (1, 6)),
        ("[1 2]", "not valid JSON: expected ',' or ']', found '2'", (1, 4)),
        ("[NaN]", "not valid JSON: expected a value, found 'NaN'", (1, 2)),
        ("[01]", "not valid JSON: expected a value, found '01'", (1, 2)),
        ("[1] x", "not valid JSON: expected the end of the file, found 'x'", (1, 5)),
        ("// c\n1", "not valid JSON: expected a value, found '/'", (1, 1)),
        ("[1", "not valid JSON: expected ',' or ']', found the end of the file", (1, 3)),
        ('["x', "not valid JSON: expected a value, found a string that is not closed", (1, 2)),
        ('["\\q"]', "not valid JSON: an unknown \\ escape", (1, 3)),
        ('["\\ud83d"]', "not valid JSON: half of a surrogate pair", (1, 2)),
        ("[" * 200_000, "nested more than 100 levels deep", (1, 101)),
        ('{"a":' * 100_000, "nested more than 100 levels deep", (1, 501)),
        ("[" + "1," * 400_000 + "1]", "more than 300,000 nodes", (1, 600_000)),
    ],
)
def test_what_is_refused(text: str, message: str, place: tuple[int, int]) -> None:
    began = time.process_time()
    with pytest.raises(SourceError) as caught:
        read_json(source(text))
    assert time.process_time() - began < 60
    assert caught.value.message == message
    assert caught.value.span is not None
    assert caught.value.span[1:3] == place


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("", "the file is empty", (1, 1)),
        ("[1,\n 2", "not valid JSON: the text ends in the middle", (2, 3)),
        ('["NaN",\n NaN]', "not valid JSON: NaN", (2, 2)),
        ("[" + "9" * 5000 + "]", "not valid JSON: a number with too many digits", (1, 2)),
    ],
)
def test_what_load_json_refuses(text: str, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(SourceError) as caught:
        load_json(source(text))
    assert caught.value.message == message
    assert caught.value.span is not None
    assert caught.value.span[1:3] == place


def test_load_json_survives_deep_nesting() -> None:
    with pytest.raises(SourceError):
        load_json(source("[" * 200_000))


def test_locate_is_linear() -> None:
    text = json.dumps({"skip": [{"k": "v\\", "n": [1, 2, {}]}] * 100_000, "last": 1})
    began = time.process_time()
    assert locate(text, [("last",)])[("last",)][0] == text.rindex('"last"')
    assert time.process_time() - began < 60
