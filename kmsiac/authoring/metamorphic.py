"""Other spellings of an example: the rule must say the same of all of them.

CloudFormation examples are written anew as JSON, with policies spelt in other ways that IAM reads
alike. What is compared is resource, severity, verdict and element, not the line.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from kmsiac.authoring.example import Example, Failure
from kmsiac.authoring.sandbox import Prepared, with_those_it_yields_to
from kmsiac.reading.budget import RULE_BUDGET
from kmsiac.reading.nodes import Mapping as MappingNode
from kmsiac.reading.nodes import Node, Scalar
from kmsiac.reading.nodes import Sequence as SequenceNode
from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml
from kmsiac.rules.model import RuleSet

Data = object
"""Plain JSON data."""
Rewrite = Callable[[dict[str, Data]], Data]
"""A policy document to another spelling of it."""
Seen = Counter[tuple[str, str, str, str]]

_VALUES = ("Action", "NotAction", "Resource", "NotResource")


def differing(rules: RuleSet, prepared: Prepared) -> list[Failure]:
    """The spellings of an example of which its rule says something else."""
    example = prepared.example
    company = with_those_it_yields_to(rules, example.rule)
    before = _seen(company, prepared)
    return [
        Failure(example.rule, example.name, example.framework, f"something else is said {spelling}")
        for spelling, variant in variants(example)
        if _seen(company, Prepared(variant)) != before
    ]


def _seen(rules: RuleSet, prepared: Prepared) -> Seen:
    return Counter(
        (match.resource, match.severity, match.verdict.value, match.element.casefold())
        for match in prepared.matches(rules)
        if match.rule == prepared.example.rule
    )


def variants(example: Example) -> Iterator[tuple[str, Example]]:
    """Other spellings of an example, each with what was done. Only CloudFormation has some."""
    if example.framework != "cloudformation":
        return
    root = _plain(read_yaml(SourceFile(1, "template", example.text.encode()), RULE_BUDGET))
    rewrites: tuple[tuple[str, Rewrite], ...] = (
        ("as JSON", lambda policy: policy),
        ("with the keys the other way round", _reversed_keys),
        ("with lists for single values", _listed),
        ("with single values for lists of one", _unlisted),
        ("with actions in upper case", _shouted),
        ("with the statements the other way round", _reversed_statements),
    )
    for spelling, rewrite in rewrites:
        text = json.dumps(_in_policies(root, rewrite), indent=1)
        yield spelling, example._replace(text=text)


# -- from nodes to data ---------------------------------------------------------------------------


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


# -- rewriting policies ---------------------------------------------------------------------------


def _in_policies(data: Data, rewrite: Rewrite) -> Data:
    if isinstance(data, dict):
        if "Statement" in data:
            return rewrite(data)
        return {key: _in_policies(value, rewrite) for key, value in data.items()}
    if isinstance(data, list):
        return [_in_policies(item, rewrite) for item in data]
    return data


def _reversed_keys(data: Data) -> Data:
    if isinstance(data, Mapping):
        return {key: _reversed_keys(data[key]) for key in reversed(list(data))}
    return [_reversed_keys(item) for item in data] if isinstance(data, list) else data


def _reversed_statements(policy: dict[str, Data]) -> Data:
    statements = policy["Statement"]
    if isinstance(statements, list):
        return {**policy, "Statement": statements[::-1]}
    return policy


def _listed(policy: dict[str, Data]) -> Data:
    return _with_values(policy, lambda value: [value] if isinstance(value, str) else value)


def _unlisted(policy: dict[str, Data]) -> Data:
    def single(value: Data) -> Data:
        one = isinstance(value, list) and len(value) == 1
        return value[0] if isinstance(value, list) and one else value

    return _with_values(policy, single)


def _shouted(policy: dict[str, Data]) -> Data:
    def loud(value: Data) -> Data:
        if isinstance(value, list):
            return [loud(item) for item in value]
        return value.upper() if isinstance(value, str) else value

    return _with_values(policy, loud, ("Action", "NotAction"))


def _with_values(
    policy: dict[str, Data],
    change: Callable[[Data], Data],
    elements: Sequence[str] = (*_VALUES, "Principal", "NotPrincipal", "Condition"),
) -> Data:
    statements = policy["Statement"]
    several = statements if isinstance(statements, list) else [statements]
    changed = [_with_elements(item, change, elements) for item in several]
    return {**policy, "Statement": changed}


def _with_elements(
    statement: Data, change: Callable[[Data], Data], elements: Sequence[str]
) -> Data:
    if not isinstance(statement, dict):
        return statement
    return {
        name: _at_leaves(value, change, name) if name in elements else value
        for name, value in statement.items()
    }


def _at_leaves(value: Data, change: Callable[[Data], Data], element: str) -> Data:
    """Change the values of an element: those of its members where it is a map of them.

    The lone asterisk as principal is another thing than a list, and an intrinsic stays as it is.
    """
    if isinstance(value, dict):
        if any(key == "Ref" or key.startswith("Fn::") for key in value):
            return value
        return {key: _at_leaves(inner, change, key) for key, inner in value.items()}
    return value if element in ("Principal", "NotPrincipal") else change(value)
