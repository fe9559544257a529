"""Providers of a plan, positions in it, and files that are no plan or a broken one."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform import plan
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import STDIN, SourceTree
from kmsiac.stack import Environment
from tests.frontends.terraform.planning import (
    ROLE,
    ROLE_ARN,
    a_plan,
    change,
    configured,
    constant,
    data,
    deferred_plan,
    load,
    references,
    show,
)

# -- providers -------------------------------------------------------------------------------------


def test_the_account_comes_from_the_plan_then_from_flags_then_is_a_symbol():
    caller = data("data.aws_caller_identity.me", "aws_caller_identity", {"account_id": "1" * 12})
    flags = Environment(account_id="2" * 12)
    key = change("aws_kms_key.k", {})

    def account(known, environment):
        return str(
            load(a_plan([key], known=known), environment=environment).resources[0].provider.account
        )

    assert account([caller], flags) == "1" * 12
    assert account([], flags) == "2" * 12
    assert account([], None) == "${data.aws_caller_identity.current.account_id}"


def test_what_exists_tells_the_account_and_region_of_what_is_new():
    def places(*arns, known=(), unknown=None):
        exist = [
            change(
                f"{'aws_kms_key' if ':kms:' in arn else 'aws_iam_role'}.e{at}",
                {"arn": arn},
                unknown,
            )
            for at, arn in enumerate(arns)
        ]
        new = change("aws_kms_key.new", {}, {"arn": True})
        provider = load(a_plan([*exist, new], known=known)).resources[-1].provider
        return [p.literal for p in (provider.account, provider.region, provider.partition)]

    key = "arn:aws-cn:kms:cn-north-1:%s:key/1"
    role = "arn:aws:iam::%s:role/r"
    one, two = "1" * 12, "2" * 12
    caller = data("data.aws_caller_identity.me", "aws_caller_identity", {"account_id": two})
    assert places(key % one) == [one, "cn-north-1", "aws-cn"]
    assert places(role % one) == [one, None, "aws"]
    assert places(key % one, key % one) == [one, "cn-north-1", "aws-cn"]
    assert places(key % one, known=[caller]) == [two, "cn-north-1", "aws-cn"]
    assert places(role % one, role % two) == [None, None, "aws"]
    assert places(key % one, unknown={"arn": True}) == [None, None, None]
    for odd in ("", "arn:aws:kms:::key/x", "arn:*:kms:*:*:key/*", key % "x"):
        assert places(odd) == [None, None, None]


def test_regions_of_provider_configurations():
    def provider(**expressions):
        return {"name": "aws", "expressions": expressions}

    providers = {
        "aws": provider(region=references("var.region")),
        "aws.west": provider(region=constant("us-west-2")),
        "aws.other": provider(assume_role=[{"role_arn": constant("arn:aws:iam::9:role/x")}]),
    }
    names = {"a": "aws", "b": "aws.west", "c": "aws.other", "d": "aws.west"}
    changes = [change(f"aws_kms_key.{name}", {}) for name in names]
    changes[3]["change"]["after"]["region"] = "eu-south-1"
    entries = [configured(f"aws_kms_key.{n}", provider=key) for n, key in names.items()]
    variables = {"region": {"value": "eu-north-1"}}
    stack = load(a_plan(changes, entries, providers=providers, variables=variables))
    a, b, c, d = (resource.provider for resource in stack.resources)
    assert [str(p.region) for p in (a, b, d)] == ["eu-north-1", "us-west-2", "eu-south-1"]
    assert a.account.parts == b.account.parts
    assert a.account.parts != c.account.parts
    assert c.owner.provider == "other"


def test_equal_ways_to_an_account_share_it():
    def provider(**expressions):
        return {"name": "aws", "expressions": expressions}

    role = [{"role_arn": constant("arn:aws:iam::444455556666:role/ci")}]
    providers = {
        "aws": provider(profile=references("var.p")),
        "aws.same": provider(profile=references("var.p")),
        "aws.other": provider(profile=constant("x")),
        "aws.role": provider(assume_role=role),
    }
    names = {"a": "aws", "b": "aws.same", "c": "aws.other", "d": "aws.role"}
    changes = [change(f"aws_kms_key.{name}", {}) for name in names]
    entries = [configured(f"aws_kms_key.{n}", provider=key) for n, key in names.items()]
    stack = load(a_plan(changes, entries, providers=providers))
    a, b, c, d = (resource.provider.account for resource in stack.resources)
    assert a.parts == b.parts != c.parts
    assert d.literal == "444455556666"


# -- positions -------------------------------------------------------------------------------------


def places(indent):
    document = a_plan([change("aws_kms_key.k", {"policy": '{"a":1}', "tags": {"x": "y"}})])
    tree = SourceTree(Path("/"))
    text = json.dumps(document, indent=indent)
    file = tree.add(STDIN, text.encode())
    stack = plan.load(UnitSource("plan", Path(STDIN), file), tree, Inputs())
    key = stack.resources[0]
    policy = key.attributes.get("policy")
    assert policy is not None
    spans = [tree.span(key.position), tree.span(policy.position)]
    assert all(span is not None for span in spans)
    return show(key.attributes), spans, text.split("\n")


def test_minified_and_pretty_plans_give_the_same_at_other_places():
    minified, (_, minified_policy), _ = places(None)
    pretty, (_, pretty_policy), lines = places(2)
    assert minified == pretty
    assert minified_policy.pointer == pretty_policy.pointer
    assert pretty_policy.pointer == "/resource_changes/0/change/after/policy"
    assert minified_policy.line == 1
    assert '"policy"' in lines[pretty_policy.line - 1]


# -- anything at all -------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [None, "2.0", "0.0", "x", "1.x"])
def test_other_formats_are_refused(version):
    with pytest.raises(SourceError, match="is not supported"):
        load({"format_version": version, "resource_changes": []})


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.1", "1.2", "1.99"])
def test_every_format_so_far_is_read(version):
    assert load({**a_plan([ROLE]), "format_version": version}).resources


@pytest.mark.parametrize("text", ["[]", '"x"', "3", "null", "", "{", "\0"])
def test_text_that_is_no_plan(text):
    with pytest.raises(SourceError) as caught:
        load(text)
    assert caught.value.span is not None
    assert caught.value.span.path == STDIN


def test_a_malformed_entry_is_an_error_and_the_others_are_read():
    document = a_plan([[1], change("aws_kms_key.k", {}), {"address": 3}])
    stack = load(document)
    assert [r.address for r in stack.resources] == ["aws_kms_key.k"]
    assert [error.message for error in stack.errors] == [
        "not a well-formed plan: `resource_changes[0]` is a list where a map belongs",
        "not a well-formed plan: `resource_changes[2].address` is a number where a text belongs",
    ]


def everything():
    statement = {
        "sid": "S",
        "actions": ["kms:*"],
        "principals": [{"type": "AWS", "identifiers": [None]}],
        "condition": [{"test": "Bool", "variable": "a", "values": [None]}],
    }
    unknown = {"principals": [{"identifiers": [True]}], "condition": [{"values": [True]}]}
    expressions = {"principals": [{"type": constant("AWS"), "identifiers": ROLE_ARN}]}
    document = deferred_plan(statement, unknown, expressions)
    document["configuration"]["root_module"]["module_calls"] = {
        "m": {"expressions": {"p": ROLE_ARN}, "module": {"resources": []}}
    }
    document["deferred_changes"] = [{"reason": "x", "resource_change": ROLE}]
    document["prior_state"]["values"]["root_module"]["resources"] = [
        data("data.aws_region.here", "aws_region", {"name": "eu-west-1"})
    ]
    return document


def spots(value, path=()):
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(member, dict | list):
            yield from spots(member, (*path, key))
        else:
            yield (*path, key)


WHOLE = everything()
SPOTS = list(spots(WHOLE))
JUNK = st.sampled_from([None, True, False, 0, 1, "", "x", [], {}, [None], [[]], {"a": []}, [True]])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(SPOTS), JUNK), min_size=1, max_size=3))
def test_no_shape_of_a_plan_is_a_crash(mutations):
    document = copy.deepcopy(WHOLE)
    for path, junk in mutations:
        try:
            holder = document
            for key in path[:-1]:
                holder = holder[key]
            if path:
                holder[path[-1]] = copy.deepcopy(junk)
            else:
                document = junk
        except (KeyError, IndexError, TypeError, AttributeError):
            continue
    try:
        stack = load(json.dumps(document))
    except SourceError:
        return
    assert all(error.span is not None for error in stack.errors)


def test_deep_values_and_modules_end():
    deep: object = "x"
    for _ in range(300):
        deep = [deep]
    stack = load(a_plan([change("aws_kms_key.k", {"tags": deep})]))
    assert stack.resources
    module = ".".join(["module.a"] * 3000)
    stack = load(a_plan([change("aws_kms_key.k", {}, module=module)]))
    assert [error.message for error in stack.errors] == ["modules more than 100 deep"]
