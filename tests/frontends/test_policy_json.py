"""A bare policy document as a stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.errors import SourceError
from kmsiac.frontends.load import load_unit
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.values import Map

POLICY = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "n": [1, 2.5, true, null, 1e3]}
  ]
}
"""


def load(tmp_path: Path, text: str):
    path = tmp_path / "policies" / "p.json"
    path.parent.mkdir()
    path.write_text(text)
    tree = SourceTree(tmp_path)
    return tree, load_unit(UnitSource("policy", path), tree, Inputs())


def test_a_policy_is_one_resource_with_its_document_in_place(tmp_path):
    tree, stack = load(tmp_path, POLICY)
    (resource,) = stack.resources
    assert (resource.type, resource.address) == ("policy_document", "policies/p.json")
    document = resource.attributes.get("document")
    assert isinstance(document, Map)
    assert repr(document) == (
        "Map({Version: Text('2012-10-17'), Statement: List([Map({Effect: Text('Allow'), "
        "n: List([Number(1), Number(2.5), Bool(true), Null(), Number(1000)])})])})"
    )
    key = document.key("Statement")
    assert key is not None
    assert str(tree.span(key.position)) == "policies/p.json:3:3"
    assert str(tree.span(resource.position)) == "policies/p.json:1:1"


def test_functions_of_templates_are_named(tmp_path):
    statement = '{"Principal": {"AWS": {"Ref": "Admin"}}, "Resource": {"Fn::Sub": "${Key.Arn}"}}'
    _, stack = load(tmp_path, f'{{"Statement": [{statement}]}}')
    told = "is a function of templates, and this policy is in none"
    assert repr(stack.resources[0].attributes.get("document")) == (
        "Map({Statement: List([Map({Principal: Map({AWS: Unknown('{\"Ref\": ...}': Ref "
        f"{told})}}), Resource: Unknown('{{\"Fn::Sub\": ...}}': Fn::Sub {told})}})])}})"
    )


def test_broken_json_is_an_error_with_its_place(tmp_path):
    with pytest.raises(SourceError) as caught:
        load(tmp_path, POLICY.replace("]}", "]"))
    assert caught.value.span is not None
    assert (caught.value.span.path, caught.value.span.line) == ("policies/p.json", 5)


@pytest.mark.parametrize("number", ["1e999999999", "1e99999999999999999999", "-1e-999999999"])
def test_numbers_that_are_huge_written_out_are_unknown(tmp_path, number):
    _, stack = load(tmp_path, '{"Statement": ' + number + "}")
    document = stack.resources[0].attributes.get("document")
    assert isinstance(document, Map)
    assert repr(document.get("Statement")) == f"Unknown({number!r}: number out of range)"


def test_what_is_to_be_filled_in_is_unknown(tmp_path):
    _, stack = load(tmp_path, '{"a": "arn:aws:iam::<account id>:root", "b": "a < b", "c": "<1>"}')
    document = stack.resources[0].attributes.get("document")
    assert isinstance(document, Map)
    (first, second, third) = (document.get(name) for name in "abc")
    assert first.has_unknown
    assert (first.prefix, first.parts[-1]) == ("arn:aws:iam::", ":root")
    assert (second.literal, third.literal) == ("a < b", "<1>")


def test_a_kind_without_front_end_is_our_mistake(tmp_path):
    with pytest.raises(ValueError, match="no front end"):
        load_unit(UnitSource("pulumi", tmp_path), SourceTree(tmp_path), Inputs())
