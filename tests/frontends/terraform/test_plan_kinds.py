"""Plans of other versions, of OpenTofu, with actions, and with what no tool should write."""

from __future__ import annotations

import pytest

from tests.frontends.terraform.planning import (
    a_plan,
    attribute,
    change,
    configured,
    load,
    references,
    show,
)


def test_a_resource_that_is_forgotten_lives_on_and_is_told():
    stack = load(a_plan([change("aws_kms_key.k", {}, actions=["forget"])]))
    assert stack.resources == []
    [gap] = stack.gaps
    assert (gap.resource, gap.reason) == (
        "aws_kms_key.k",
        "no longer managed after this apply, but it lives on",
    )


def test_one_that_is_forgotten_and_made_anew_is_there():
    entry = change("aws_kms_key.k", {"policy": "{}"}, actions=["create", "forget"])
    assert [one.address for one in load(a_plan([entry])).resources] == ["aws_kms_key.k"]


def test_actions_of_a_plan_change_nothing():
    entry = change("aws_kms_key.k", {"policy": "{}"})
    action = {"address": "action.aws_lambda_invoke.a", "type": "aws_lambda_invoke", "name": "a"}
    plain = load(a_plan([entry]))
    for invoked in ([action], None, "x"):
        more = {"action_invocations": invoked, "deferred_action_invocations": invoked}
        stack = load(a_plan([entry], **more))
        assert [r.address for r in stack.resources] == [r.address for r in plain.resources]
        assert (stack.gaps, stack.errors) == ([], [])


def test_a_plan_of_opentofu_names_its_own_registry():
    entry = change("aws_kms_key.k", {"policy": '{"Statement": []}'})
    name = "registry.opentofu.org/hashicorp/aws"
    entry["provider_name"] = name
    providers = {"aws": {"name": "aws", "full_name": name}}
    document = a_plan([entry], [configured("aws_kms_key.k")], providers=providers)
    document["terraform_version"] = "1.9.1"
    document["resource_drift"] = []
    assert show(attribute(load(document), "aws_kms_key.k", "policy")) == '{"Statement": []}'


def test_two_entries_at_one_address_both_count():
    entries = [change("aws_kms_key.k", {"description": text}) for text in ("a", "b")]
    found = load(a_plan(entries)).resources
    assert [show(one.attributes.get("description")) for one in found] == ["a", "b"]


@pytest.mark.parametrize("count", [100_000])
def test_very_many_references_end(count):
    names = [f"local.l{number}" for number in range(count)]
    key = change("aws_kms_key.k", {}, {"policy": True})
    written = configured("aws_kms_key.k", policy=references(*names))
    stack = load(a_plan([key], [written]))
    assert str(show(attribute(stack, "aws_kms_key.k", "policy"))).startswith("? known after apply")
