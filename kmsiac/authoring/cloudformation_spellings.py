"""CloudFormation examples in other spellings: YAML against JSON, and policies written anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from kmsiac.authoring.example import Example
from kmsiac.authoring.rewrites import (
    ALONE,
    APART,
    Data,
    Rewrite,
    reversed_statements,
    together,
)
from kmsiac.authoring.spelling import Spelling, Unwritable
from kmsiac.reading.budget import RULE_BUDGET
from kmsiac.reading.nodes import Mapping as MappingNode
from kmsiac.reading.nodes import Node, Scalar
from kmsiac.reading.nodes import Sequence as SequenceNode
from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml
from kmsiac.values import has_leading_zero


def spellings(example: Example) -> Iterator[Spelling]:
    """The template as JSON and as YAML with long intrinsics, and each rewrite that changes it."""
    try:
        root = _plain(read_yaml(SourceFile(1, "template", example.text.encode()), RULE_BUDGET))
    except Unwritable as problem:
        yield Spelling("as JSON", None, (str(problem),))
        return
    as_json = json.dumps(root, indent=1)
    yield Spelling("as JSON", example._replace(text=as_json))
    yield Spelling("as YAML", example._replace(text=_yaml(root)))
    apart = tuple(
        Spelling(words, example._replace(text=text), reordered=rewrite is reversed_statements)
        for words, rewrite in APART
        if (text := _rewritten(root, rewrite)) != as_json
    )
    if apart:
        both = example._replace(text=_rewritten(root, together))
        yield Spelling("in another order and case, with lists", both, apart=apart, reordered=True)
    words, rewrite = ALONE
    text = _rewritten(root, rewrite)
    if text != as_json:
        yield Spelling(words, example._replace(text=text))


def _rewritten(root: Data, rewrite: Rewrite) -> str:
    return json.dumps(_in_policies(root, rewrite), indent=1)


def _yaml(root: Data) -> str:
    import yaml  # noqa: PLC0415 - only where examples are checked

    class Dumper(yaml.CSafeDumper):
        def ignore_aliases(self, _data: object) -> bool:
            # An alias would be another spelling yet, and one that has a test of its own.
            return True

    # Without quotes it would be a number to CloudFormation, be there an 8 or 9 in it or not.
    Dumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("0[0-9]+$"), ["0"])
    return str(yaml.dump(root, Dumper=Dumper, sort_keys=False, width=1000))


def _plain(node: Node) -> Data:
    if isinstance(node, MappingNode):
        value: Data = {key: _plain(inner) for key, inner in node.items()}
    elif isinstance(node, SequenceNode):
        value = [_plain(item) for item in node.items]
    else:
        value = _scalar(node)
    return _intrinsic(node.tag, value)


def _scalar(node: Node) -> Data:
    if not isinstance(node, Scalar) or node.kind == "null":
        return None
    if node.style == "plain" and has_leading_zero(node.text):
        raise Unwritable("digits without quotes stand in it")
    if node.kind == "bool":
        return node.text.lower() == "true"
    return int(node.text) if node.kind == "number" and node.text.isdigit() else node.text


def _intrinsic(tag: str, value: Data) -> Data:
    """The long form of a short one: `!Sub x` is `{"Fn::Sub": x}`."""
    name = tag.removeprefix("!")
    if not name:
        return value
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


def _in_policies(data: Data, rewrite: Rewrite) -> Data:
    if isinstance(data, dict):
        if "Statement" in data:
            return rewrite(data)
        return {key: _in_policies(value, rewrite) for key, value in data.items()}
    if isinstance(data, list):
        return [_in_policies(item, rewrite) for item in data]
    return data
