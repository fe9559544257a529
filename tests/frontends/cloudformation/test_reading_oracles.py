"""The templates of this repository read as PyYAML places them and as cfn-flip understands them.

Where the two differ in data, cfn-flip is known to be wrong: it makes dates, numbers and booleans of
what CloudFormation takes as text, and loses a function inside of a `!GetAtt`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cfn_tools.yaml_loader import CfnYamlLoader

from kmsiac.errors import SourceError
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile, offset_of
from kmsiac.reading.yaml_reader import read_yaml

ROOT = Path(__file__).parents[3]
SPELLINGS = """\
Resources:
  Key:
    Type: AWS::KMS::Key
    Condition: Made
    Properties:
      A: [!Ref B, !GetAtt b.Arn, !GetAtt [b, Arn], !GetAtt b.Outputs.Arn, !Sub "${b}", !Sub ["${c}", {c: d}]]
      B: !If [Made, !Ref AWS::NoValue, {Fn::Join: ["", [a, !ImportValue b]]}]
      C: !Transform {Name: AWS::Include, Parameters: {Location: !Sub "s3://${b}"}}
      D: !Base64 "text"
      E: !Cidr [!GetAtt v.CidrBlock, 6, 8]
      F: !And [!Condition Made, !Not [!Equals [a, 'b']]]
      G: !FindInMap
        - Map
        - !Ref AWS::Region
        - name
      H: !Rain::Embed file.json
      I: !Base64
        Fn::Sub: |
          #!/bin/sh
          echo ${AWS::Region}
      J: !Select [0, !GetAZs '']
      K: !Foo x
      L: !Split [",", !Ref b]
"""
TEXT = (str, dt.date, bool, int, float)


def _templates() -> Iterator[tuple[str, str]]:
    yield "spellings", SPELLINGS
    for folder in ("fixtures", "tests"):
        for path in sorted((ROOT / folder).rglob("*.y*ml")):
            text = path.read_bytes().decode("utf-8", "replace")
            if "AWS::" in text:
                yield path.relative_to(ROOT).as_posix(), text


def _ours(node: Node) -> Iterator[int]:
    yield offset_of(node.position)
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _ours(item)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            yield from _ours(key)
            yield from _ours(value)


def _composed(node: yaml.Node) -> Iterator[int]:
    yield node.start_mark.index
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _composed(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _composed(key)
            yield from _composed(value)


def _differences(node: Node, loaded: object, path: str) -> Iterator[str]:
    call = as_call(node) if node.tag else None
    if call is not None:
        assert isinstance(loaded, dict)
        if list(loaded) != [call.name]:
            yield f"{path}: {call.name}, {list(loaded)}"
        elif not (call.name == "Fn::GetAtt" and isinstance(node, Sequence)):
            yield from _differences(call.argument, loaded[call.name], f"{path}/{call.name}")
    elif isinstance(node, Scalar):
        right = loaded == node.text if isinstance(loaded, str) else isinstance(loaded, TEXT)
        if not (right or (loaded is None and node.kind == "null")):
            yield f"{path}: {node}, {loaded!r}"
    elif isinstance(node, Sequence):
        members = list(loaded) if isinstance(loaded, list | tuple) else []
        if len(members) != len(node.items):
            yield f"{path}: {node}, {loaded!r}"
            return
        for at, item in enumerate(node.items):
            yield from _differences(item, members[at], f"{path}/{at}")
    elif isinstance(node, Mapping):
        # By iteration and look-up: cfn-flip's maps make a class for each of their `items()`.
        members = {_key(key): loaded[key] for key in loaded} if isinstance(loaded, dict) else {}
        written = {_key(key): value for key, value in node.items()}
        if set(written) != set(members):
            yield f"{path}: {sorted(written)}, {sorted(members)}"
            return
        for key, value in written.items():
            yield from _differences(value, members[key], f"{path}/{key}")


def _key(key: object) -> str:
    """A key as both spell it: cfn-flip takes `On` for true."""
    text = str(key)
    if text.lower() in ("yes", "on", "true"):
        return "true"
    return "false" if text.lower() in ("no", "off", "false") else text


def test_places_are_those_of_the_composer_and_data_is_that_of_cfn_flip() -> None:
    found: list[str] = []
    compared = 0
    for name, text in _templates():
        try:
            root = read_yaml(SourceFile(1, name, text.encode()))
            composed = list(_composed(yaml.compose(text, Loader=yaml.SafeLoader)))
            loaded = yaml.load(text, Loader=CfnYamlLoader)
        except (SourceError, yaml.YAMLError):
            continue  # what only one of them can read has tests of its own
        compared += 1
        if "<<:" not in text and list(_ours(root)) != composed:
            found.append(f"{name}: positions")
        found += (f"{name}{told}" for told in _differences(root, loaded, ""))
    assert found == []
    assert compared > 100


@pytest.mark.parametrize(
    ("written", "lost"),
    [
        ("012345670123", 1402433619), ("1.10", 1.1), ("1_000", 1000), ("0x1F", 31),
        ("12:30:45", 45045), ("yes", True), ("2012-10-17", dt.date(2012, 10, 17)),
    ],
)  # fmt: skip
def test_text_that_cfn_flip_loses_stays(written: str, lost: object) -> None:
    text = f"a: {written}\n{written}: a\n"
    assert yaml.load(text, Loader=CfnYamlLoader)["a"] == lost
    root = read_yaml(SourceFile(1, "t.yaml", text.encode()))
    assert isinstance(root, Mapping)
    value = root.get("a")
    assert isinstance(value, Scalar)
    assert (value.text, value.kind) == (written, "text")
    assert root.get(written) is not None
