"""Plan JSON to a Stack: attributes, and which entries are resources."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from kmsiac.policy.json_text import decode
from kmsiac.reading.tree import STDIN
from kmsiac.stack import Environment
from kmsiac.values import List, Map, Null, Number, Text, Unknown
from tests.frontends.terraform.planning import (
    ROLE,
    ROLE_ARN,
    a_plan,
    attribute,
    change,
    configured,
    constant,
    data,
    load,
    references,
    show,
)

# -- attributes ------------------------------------------------------------------------------------


def test_known_values_keep_their_kinds():
    after = {"name": "k", "deletion_window_in_days": 7, "is_enabled": True, "tags": {"a": "b"}}
    stack = load(a_plan([change("aws_kms_key.k", after)]))
    (key,) = stack.resources
    assert (key.address, key.type) == ("aws_kms_key.k", "aws_kms_key")
    assert show(key.attributes) == after
    assert stack.from_plan
    assert (stack.unit, stack.framework, stack.files) == (STDIN, "terraform", {STDIN})


def test_fractions_are_exact():
    text = json.dumps(a_plan([change("aws_kms_key.k", {"n": "@"})])).replace('"@"', "0.1")
    number = attribute(load(text), "aws_kms_key.k", "n")
    assert isinstance(number, Number)
    assert number.number == Decimal("0.1")
    huge = attribute(load(text.replace("0.1", "1e999999999")), "aws_kms_key.k", "n")
    assert isinstance(huge, Unknown)


@pytest.mark.parametrize(
    ("expressions", "wanted"),
    [
        ({}, "absent"),
        ({"policy": constant("")}, "absent"),
        ({"policy": constant(None)}, "absent"),
        ({"policy": references("var.policy")}, "absent"),
        ({"policy": references("each.key", "data.aws_region.here.name")}, "absent"),
        ({"policy": ROLE_ARN}, "? known after apply: it depends on aws_iam_role.app.arn"),
        ({"policy": references("local.p")}, "? known after apply: it depends on local.p"),
        ({"policy": references("var.unset")}, "? known after apply: it depends on var.unset"),
        ({"policy": {}}, "? known after apply"),
        # JSON syntax: a template is written out beside what it refers to.
        (
            {"policy": {**ROLE_ARN, **constant("${jsonencode(aws_iam_role.app.arn)}")}},
            "? known after apply: it depends on aws_iam_role.app.arn",
        ),
        ({"policy": {**references("var.policy"), **constant("${var.policy}")}}, "absent"),
    ],
)
def test_an_unknown_policy_is_no_policy_only_if_none_was_given(expressions, wanted):
    # `policy` of a key is optional and computed: unknown in every plan that does not set it.
    stack = load(
        a_plan(
            [ROLE, change("aws_kms_key.k", {}, {"policy": True, "arn": True})],
            [configured("aws_kms_key.k", **expressions)],
            [data("data.aws_region.here", "aws_region", {"name": "eu-west-1"})],
            variables={"policy": {}},
        )
    )
    value = attribute(stack, "aws_kms_key.k", "policy")
    nothing = value is None or isinstance(value, Null)
    assert ("absent" if nothing else show(value)) == wanted
    assert attribute(stack, "aws_kms_key.k", "arn") is None


@pytest.mark.parametrize(
    ("region", "wanted"),
    [
        (constant("eu-west-1"), "eu-west-1"),
        (references("var.region"), "eu-west-2"),
        ({**references("var.region"), **constant("${var.region}")}, "eu-west-2"),
        (references("var.part"), None),
        ({**references("var.part"), **constant("${var.part}-west-1")}, None),
    ],
)
def test_a_part_of_a_template_is_no_region(region, wanted):
    plan = a_plan(
        [change("aws_kms_key.k", {})],
        [configured("aws_kms_key.k")],
        variables={"region": {"value": "eu-west-2"}, "part": {"value": "eu"}},
    )
    plan["configuration"]["provider_config"] = {
        "aws": {"name": "aws", "expressions": {"region": region}}
    }
    told = load(plan).resources[0].provider.region.literal
    assert told == wanted


def test_unknown_policies_are_different_things_whatever_they_depend_on():
    keys = [change(f"aws_kms_key.{name}", {}, {"policy": True}) for name in "ab"]
    entries = [configured(f"aws_kms_key.{name}", policy=ROLE_ARN) for name in "ab"]
    stack = load(a_plan([ROLE, *keys], entries))
    assert attribute(stack, "aws_kms_key.a", "policy") != attribute(
        stack, "aws_kms_key.b", "policy"
    )


def test_without_configuration_an_unknown_policy_stays_unknown():
    stack = load(a_plan([change("aws_kms_key.k", {}, {"policy": True})]))
    assert show(attribute(stack, "aws_kms_key.k", "policy")) == "? known after apply"


def test_null_is_null_where_configured_and_else_not_written():
    stack = load(
        a_plan(
            [change("aws_kms_key.k", {"description": None, "policy": None, "secret_wo": None})],
            [configured("aws_kms_key.k", policy=references("var.p"), secret_wo=constant("x"))],
        )
    )
    attributes = stack.resources[0].attributes
    assert attributes.get("description") is None
    assert isinstance(attributes.get("policy"), Null)
    assert isinstance(attributes.get("secret_wo"), Unknown)


def test_links_between_resources_are_typed_symbols():
    grant = change(
        "aws_kms_grant.g",
        {"name": "g", "operations": ["Decrypt"]},
        {"key_id": True, "grantee_principal": True},
    )
    key_id = references("aws_kms_key.k.id", "aws_kms_key.k")
    stack = load(
        a_plan(
            [ROLE, change("aws_kms_key.k", {}, {"arn": True, "key_id": True, "id": True}), grant],
            [configured("aws_kms_grant.g", key_id=key_id, grantee_principal=ROLE_ARN)],
        ),
        environment=Environment(account_id="111122223333", partition="aws"),
    )
    grantee = attribute(stack, "aws_kms_grant.g", "grantee_principal")
    key = attribute(stack, "aws_kms_grant.g", "key_id")
    assert isinstance(grantee, Text) and grantee.symbol is not None
    assert isinstance(key, Text) and key.symbol is not None
    assert (grantee.symbol.type, grantee.symbol.address) == ("role_arn", "aws_iam_role.app")
    assert str(grantee.symbol.shape) == "arn:aws:iam::111122223333:role/app"
    # `id` of a key is its key id: one thing, one reference.
    assert (key.symbol.type, key.symbol.reference) == ("key_id", "aws_kms_key.k.key_id")


@pytest.mark.parametrize(
    ("unknown", "policies", "wanted"),
    [
        ([True, False], ["p"], ["${aws_iam_policy.p.arn}", "arn:x"]),
        ([True, True], ["p"], ["? known after apply", "? known after apply"]),
        ([True, True], ["p", "q"], ["${aws_iam_policy.p.arn}", "${aws_iam_policy.q.arn}"]),
    ],
)
def test_lists_of_links_are_told_if_the_references_suffice(unknown, policies, wanted):
    arns = [None if mark else "arn:x" for mark in unknown]
    role = change("aws_iam_role.r", {"managed_policy_arns": arns}, {"managed_policy_arns": unknown})
    others = [change(f"aws_iam_policy.{name}", {}, {"arn": True}) for name in policies]
    names = [f"aws_iam_policy.{name}{end}" for name in policies for end in (".arn", "")]
    entry = configured("aws_iam_role.r", managed_policy_arns=references(*names))
    stack = load(a_plan([role, *others], [entry]))
    assert show(attribute(stack, "aws_iam_role.r", "managed_policy_arns")) == wanted


def test_a_name_made_with_another_name_is_no_symbol():
    role = change("aws_iam_role.r", {}, {"name": True})
    pet = change("random_pet.p", {}, {"id": True})
    name = references("random_pet.p.id", "random_pet.p")
    stack = load(a_plan([pet, role], [configured("aws_iam_role.r", name=name)]))
    assert isinstance(attribute(stack, "aws_iam_role.r", "name"), Unknown)


def test_sensitive_values_never_print():
    after = {"policy": "s3cr3t", "tags": {"a": "s3cr3t", "b": "c"}, "inline_policy": [{"n": 5}]}
    sensitive = {"policy": True, "tags": {"a": True}, "inline_policy": True}
    stack = load(a_plan([change("aws_iam_role.r", after, sensitive=sensitive)]))
    attributes = stack.resources[0].attributes
    assert show(attributes.get("policy")) == "(sensitive)"
    assert show(attributes.get("tags")) == {"a": "(sensitive)", "b": "c"}
    assert "s3cr3t" not in repr(attributes)
    blocks = attributes.get("inline_policy")
    assert isinstance(blocks, List) and isinstance(blocks.items[0], Map)
    assert blocks.items[0].sensitive


def test_nested_blocks_find_their_configuration_by_constants():
    document = references("data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d")
    role = change(
        "aws_iam_role.r",
        {"inline_policy": [{"name": "a", "policy": "{}"}, {"name": "b"}]},
        {"inline_policy": [{}, {"policy": True}]},
    )
    blocks = [
        {"name": constant("b"), "policy": document},
        {"name": constant("a"), "policy": constant("{}")},
    ]
    deferred = change(
        "data.aws_iam_policy_document.d",
        {"statement": [{"actions": ["kms:Decrypt"], "resources": ["*"], "sid": "S"}]},
        {"json": True},
        actions=["read"],
    )
    stack = load(a_plan([role, deferred], [configured("aws_iam_role.r", inline_policy=blocks)]))
    items = attribute(stack, "aws_iam_role.r", "inline_policy")
    assert isinstance(items, List)
    first, second = (item.get("policy") for item in items.items if isinstance(item, Map))
    assert show(first) == "{}"
    assert isinstance(second, Text)
    assert show(decode(second))["Statement"][0]["Sid"] == "S"


# -- which entries ---------------------------------------------------------------------------------


def test_deleted_and_other_resources_are_left_out():
    stack = load(
        a_plan(
            [
                change("aws_kms_key.gone", {}, actions=["delete"]),
                change("aws_kms_key.new", {}, actions=["delete", "create"]),
                change("aws_kms_key.same", {}, actions=["no-op"]),
                change("aws_s3_bucket.b", {}),
                change("aws_kms_key.left", None, actions=["forget"]),
            ]
        )
    )
    assert [r.address for r in stack.resources] == ["aws_kms_key.new", "aws_kms_key.same"]
    assert [gap.resource for gap in stack.gaps] == ["aws_kms_key.left"]


def test_deferred_changes_may_be_absent():
    entry = {"reason": "instance_count_unknown", "resource_change": change("aws_kms_key.k", {})}
    stack = load(a_plan(deferred_changes=[entry]))
    (key,) = stack.resources
    assert key.absent is not None
    assert key.absent.reason == "deferred to a later plan: instance_count_unknown"


@pytest.mark.parametrize(
    ("flags", "reason"),
    [({"errored": True}, "ended with an error"), ({"complete": False}, "not complete")],
)
def test_a_plan_that_is_not_whole_says_so(flags, reason):
    (gap,) = load(a_plan(**flags)).gaps
    assert reason in gap.reason


def test_child_modules_have_full_addresses_chains_and_dependencies():
    module = 'module.a["x.y"].module.b'
    document = a_plan([change(f"{module}.aws_kms_key.k[0]", {}, module=module)])
    inner = {"resources": [configured("aws_kms_key.k", depends_on=["aws_iam_role.r"])]}
    document["configuration"]["root_module"]["module_calls"] = {
        "a": {"module": {"module_calls": {"b": {"module": inner}}}}
    }
    (key,) = load(document).resources
    assert key.address == 'module.a["x.y"].module.b.aws_kms_key.k[0]'
    assert [call.address for call in key.call_chain] == ['module.a["x.y"]', module]
    assert key.depends_on == (f"{module}.aws_iam_role.r",)


def test_planned_values_stand_in_where_there_are_no_changes():
    document = a_plan(resources=[configured("aws_kms_key.k", policy=ROLE_ARN)])
    del document["resource_changes"]
    key = {"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k"}
    child = {**key, "address": "module.m.aws_kms_key.k", "values": {"policy": "{}"}}
    document["planned_values"] = {
        "root_module": {
            "resources": [{**key, "values": {"description": None}}],
            "child_modules": [{"address": "module.m", "resources": [child]}],
        }
    }
    stack = load(document)
    assert isinstance(attribute(stack, "aws_kms_key.k", "policy"), Unknown)
    assert show(attribute(stack, "module.m.aws_kms_key.k", "policy")) == "{}"
    (gap,) = stack.gaps
    assert "the plan has no resource_changes: its planned_values are read" in gap.reason


def test_a_plan_of_outputs_only_lacks_nothing():
    document = a_plan()
    del document["resource_changes"]
    document["planned_values"] = {"outputs": {}, "root_module": {}}
    assert load(document).gaps == []


def test_keys_that_an_object_has_twice_are_told_once():
    text = json.dumps(a_plan([change("aws_kms_key.k", {"policy": "{}"})]))
    twice = text.replace('"policy": "{}"', '"policy": "[]", "policy": "{}"')
    stack = load(
        twice.replace('"configuration"', '"variables": {}, "variables": {}, "configuration"')
    )
    (error,) = stack.errors
    assert error.message == 'keys that an object of the plan has twice: "policy", "variables"'
    assert show(attribute(stack, "aws_kms_key.k", "policy")) == "{}"
