"""Every argument of the provider that is named after a policy is a site or is left out on purpose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsiac.aws.policy_sites import (
    is_searched,
    kind_attribute,
    left_out,
    policy_attributes,
    policy_types,
    sink_attributes,
    sink_heads,
)
from kmsiac.inventory.sites import policy_sites

ARGUMENTS: list[str] = json.loads(
    (Path(__file__).parent / "policy_arguments.json").read_text(encoding="utf-8")
)["attributes"]


def is_site(argument: str) -> bool:
    type_, _, path = argument.partition(".")
    return any(site.path.replace("[]", "") == path for site in policy_sites(type_))


def test_every_argument_named_after_a_policy_is_accounted_for() -> None:
    assert len(ARGUMENTS) == 150
    assert [a for a in ARGUMENTS if not is_site(a) and a not in left_out()] == []


def test_nothing_is_both_a_site_and_left_out() -> None:
    assert [place for place in left_out() if is_site(place)] == []


def test_kinds_are_those_of_the_inventory() -> None:
    kinds = {place.kind for type_ in policy_types() for place in policy_attributes(type_)}
    assert kinds == {"identity", "session", "endpoint", "resource", ""}
    for type_ in policy_types():
        for place in policy_attributes(type_):
            assert place.kind or kind_attribute(type_) is not None, type_


@pytest.mark.parametrize(
    ("type_", "heads", "read"),
    [
        ("aws_s3control_multi_region_access_point_policy", {"details"}, {"details"}),
        ("AWS::DynamoDB::GlobalTable", {"Replicas"}, {"Replicas"}),
        ("aws_organizations_policy", {"content"}, {"content", "type"}),
        ("aws_sns_topic", {"policy", "kms_master_key_id"}, {"policy", "kms_master_key_id", "name"}),
        ("aws_cloudtrail", {"kms_key_id"}, {"kms_key_id", "name"}),
        ("aws_vpc", set(), set()),
    ],
)
def test_what_makes_a_resource_one_to_look_at(type_: str, heads: set[str], read: set[str]) -> None:
    assert sink_heads(type_) == heads
    assert sink_attributes(type_) >= read


PLACES: list[list[str]] = json.loads(
    (Path(__file__).parent / "cloudformation_policies.json").read_text(encoding="utf-8")
)["places"]
KINDS = {"kms": {"key"}, "org": {"scp"}, "identity": {"identity", "session"}, "trust": {"trust"}}
"""The kinds that places of a group may have; of resource policies, endpoint policies too."""


def test_every_place_of_cloudformation_is_a_site_or_left_out() -> None:
    assert len(PLACES) == 98
    out = set(left_out())
    for group, type_, path in PLACES:
        sites = [site for site in policy_sites(type_) if site.path == path]
        if not sites:
            assert f"{type_}.{path.removesuffix('.*')}" in out, (type_, path)
            continue
        kinds = {site.kind for site in sites}
        if sites[0].kind_of is not None:
            kinds = set(sites[0].kind_of.kinds.values())
        assert kinds & KINDS.get(group, {"resource", "endpoint"}), (type_, path, kinds)


def test_what_is_not_searched_for_the_shape_of_a_policy() -> None:
    assert not is_searched("AWS::EC2::Instance", "UserData")
    assert not is_searched("AWS::SSM::Document", "Content")
    assert is_searched("Custom::Thing", "Content")
