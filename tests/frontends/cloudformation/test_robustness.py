"""Whatever a document holds, loading it ends in a stack or in a SourceError."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmsiac.errors import SourceError
from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.values import walk

NAMES = ["K", "R", "P", "Q", "C", "D", "M", "a", "AWS::Region", "AWS::NoValue", "${P}", "${K.Arn}"]
FUNCTIONS = ["Ref", "Condition", *(f"Fn::{name}" for name in (
    "Sub", "If", "Join", "Split", "Select", "FindInMap", "GetAtt", "ImportValue", "And", "Or", "Not",
    "Equals", "Base64", "Transform", "ForEach::X",
))]  # fmt: skip

anything = st.recursive(
    st.sampled_from(NAMES) | st.integers(-2, 3) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FUNCTIONS), inner, min_size=1, max_size=1)
        | st.dictionaries(st.sampled_from([*FUNCTIONS, *NAMES, "DefaultValue"]), inner, max_size=3)
    ),
    max_leaves=20,
)
parameter = st.fixed_dictionaries(
    {"Type": st.sampled_from(["String", "Number", "CommaDelimitedList", "AWS::EC2::VPC::Id"])},
    optional={"Default": anything, "AllowedValues": anything, "AllowedPattern": anything},
)
templates = st.fixed_dictionaries(
    {
        "Parameters": st.dictionaries(st.sampled_from(NAMES), parameter | anything, max_size=3),
        "Conditions": st.dictionaries(st.sampled_from(NAMES), anything, max_size=4),
        "Mappings": anything,
        "Resources": st.fixed_dictionaries(
            {
                "K": st.fixed_dictionaries(
                    {"Type": st.just("AWS::KMS::Key"), "Properties": anything},
                    optional={"Condition": anything, "DependsOn": anything, "Metadata": anything},
                ),
                "R": st.fixed_dictionaries(
                    {
                        "Type": st.just("AWS::IAM::Role"),
                        "Properties": st.fixed_dictionaries(
                            {"RoleName": anything, "Path": anything, "Policies": anything}
                        ),
                    }
                ),
            }
        ),
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(template=templates)
def test_any_template_loads(folder, template):
    path = folder / "t.json"
    path.write_text(json.dumps(template))
    tree = SourceTree(folder)
    try:
        stack = load(UnitSource("cloudformation", path), tree, Inputs())
    except SourceError:
        return
    for resource in stack.resources:
        assert tree.span(resource.position).line == 1
        for value in walk(resource.attributes):
            assert tree.span(value.position) is not None
