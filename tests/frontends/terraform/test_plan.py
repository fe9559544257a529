"""Plan JSON to a Stack: plans written here, small, in the shape that `terraform show -json` gives."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform import plan
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.policy.json_text import decode
from kmsiac.reading.tree import STDIN, SourceTree
from kmsiac.stack import Environment, Stack
from kmsiac.values import Absent, Bool, Choice, List, Map, Null, Number, Text, Unknown, Value

DOCUMENT = "aws_iam_policy_document"


def change(address, after, unknown=None, sensitive=None, *, actions=("create",), module=""):
    local = address.removeprefix(f"{module}.") if module else address
    names = local.split("[")[0].split(".")
    mode = "data" if names[0] == "data" else "managed"
    type_, name = names[-2:]
    entry = {
        "address": address,
        "mode": mode,
        "type": type_,
        "name": name,
        "change": {
            "actions": list(actions),
            "before": None,
            "after": after,
            "after_unknown": unknown or {},
            "after_sensitive": sensitive or {},
        },
    }
    if module:
        entry["module_address"] = module
    return entry


def configured(address, depends_on=(), provider="aws", **expressions):
    entry = {"address": address, "expressions": expressions, "provider_config_key": provider}
    if depends_on:
        entry["depends_on"] = list(depends_on)
    return entry


def references(*names):
    return {"references": list(names)}


def constant(value):
    return {"constant_value": value}


def data(address, type_, values, sensitive=None):
    return {
        "address": address,
        "mode": "data",
        "type": type_,
        "name": address.rpartition(".")[2],
        "values": values,
        "sensitive_values": sensitive or {},
    }


def a_plan(changes=(), resources=(), known=(), providers=None, variables=None, **more):
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": list(changes),
        "prior_state": {"values": {"root_module": {"resources": list(known)}}},
        "configuration": {
            "provider_config": providers or {"aws": {"name": "aws"}},
            "root_module": {"resources": list(resources)},
        },
        **({"variables": variables} if variables else {}),
        **more,
    }


def load(document, *, environment=None, indent=None) -> Stack:
    tree = SourceTree(Path("/"))
    text = document if isinstance(document, str) else json.dumps(document, indent=indent)
    file = tree.add(STDIN, text.encode())
    inputs = Inputs(environment=environment or Environment())
    return plan.load(UnitSource("plan", Path(STDIN), file), tree, inputs)


def show(value: Value | None):
    """A value as plain data; what is open prints as text."""
    if isinstance(value, Map):
        members = {show(key): show(member) for key, member in value.entries}
        return members if value.open is None else {**members, "...": repr(value.open)}
    if isinstance(value, List):
        items = [show(item) for item in value.items]
        return items if value.open is None else [*items, "..."]
    if isinstance(value, Number):
        return value.number
    if isinstance(value, Bool):
        return value.value
    if isinstance(value, Unknown):
        return f"? {value.reason}"
    if value is None or isinstance(value, Null):
        return None
    return str(value)


def attribute(stack: Stack, address: str, name: str) -> Value | None:
    return stack.by_address()[address].attributes.get(name)


ROLE = change("aws_iam_role.app", {"name": "app", "path": "/"}, {"arn": True, "id": True})
ROLE_ARN = references("aws_iam_role.app.arn", "aws_iam_role.app")


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


# -- policy documents ------------------------------------------------------------------------------


def deferred_plan(statement, unknown, expressions, *others, resources=()):
    read = change(
        "data.aws_iam_policy_document.d",
        {"statement": [statement]},
        {"json": True, "statement": [unknown]},
        actions=["read"],
    )
    key = change("aws_kms_key.k", {}, {"policy": True})
    policy = references("data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d")
    return a_plan(
        [ROLE, key, read, *others],
        [
            configured("aws_kms_key.k", policy=policy),
            configured("data.aws_iam_policy_document.d", statement=[expressions]),
            *resources,
        ],
    )


def the_document(stack: Stack):
    policy = attribute(stack, "aws_kms_key.k", "policy")
    assert isinstance(policy, Text)
    document = show(decode(policy))
    assert [(d.address, show(d.document)) for d in stack.documents] == [
        ("data.aws_iam_policy_document.d", document)
    ]
    return document


def test_a_deferred_document_keeps_its_known_leaves_and_gets_symbols():
    statement = {
        "sid": "Use",
        "effect": None,
        "actions": ["kms:Decrypt", "kms:Encrypt"],
        "resources": ["*"],
        "principals": [{"type": "AWS", "identifiers": ["arn:aws:iam::111122223333:root", None]}],
        "condition": [{"test": "Bool", "variable": "aws:x", "values": ["&{aws:username}"]}],
    }
    unknown = {"principals": [{"identifiers": [False, True]}]}
    expressions = {"principals": [{"type": constant("AWS"), "identifiers": ROLE_ARN}]}
    assert the_document(load(deferred_plan(statement, unknown, expressions))) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Use",
                "Effect": "Allow",
                "Action": ["kms:Encrypt", "kms:Decrypt"],
                "Resource": "*",
                "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "${aws_iam_role.app.arn}"]},
                "Condition": {"Bool": {"aws:x": "${aws:username}"}},
            }
        ],
    }


@pytest.mark.parametrize(
    ("principals", "wanted"),
    [
        ([{"type": "*", "identifiers": ["*"]}], "*"),
        ([{"type": "AWS", "identifiers": ["*"]}], {"AWS": "*"}),
        (
            [{"type": "AWS", "identifiers": ["1"]}, {"type": "AWS", "identifiers": ["2"]}],
            {"AWS": ["2", "1"]},
        ),
    ],
)
def test_principals_print_as_the_provider_prints_them(principals, wanted):
    document = the_document(load(deferred_plan({"principals": principals}, {}, {})))
    assert document["Statement"][0]["Principal"] == wanted


def test_conditions_of_one_test_and_key_are_one():
    condition = [
        {"test": "StringEquals", "variable": "kms:CallerAccount", "values": ["1"]},
        {"test": "StringEquals", "variable": "kms:CallerAccount", "values": ["0", "2"]},
    ]
    document = the_document(load(deferred_plan({"condition": condition}, {}, {})))
    assert document["Statement"][0]["Condition"] == {
        "StringEquals": {"kms:CallerAccount": ["1", "0", "2"]}
    }


@pytest.mark.parametrize(
    ("name", "attribute_", "wanted"),
    [
        ("aws_kms_key.other", "arn", "${aws_kms_key.other.arn}"),
        # `"${aws_s3_bucket.b.arn}/*"` has the same references.
        ("aws_s3_bucket.b", "arn", "? known after apply"),
        ("aws_iam_role.app", "id", "? known after apply"),
    ],
)
def test_a_resource_leaf_is_a_symbol_only_where_the_reference_is_all_of_it(
    name, attribute_, wanted
):
    other = change(name, {}, {attribute_: True})
    expressions = {"resources": references(f"{name}.{attribute_}", name)}
    loaded = load(deferred_plan({"resources": [None]}, {"resources": [True]}, expressions, other))
    assert the_document(loaded)["Statement"][0]["Resource"] == wanted


@pytest.mark.parametrize(
    ("unknown", "place", "wanted"),
    [
        ({"principals": True}, "Principal", "? known after apply"),
        ({"principals": [{"identifiers": True}]}, "Principal", {"AWS": ["..."]}),
        ({"actions": True}, "Action", ["..."]),
        ({"effect": True}, "Effect", "? known after apply"),
        ({"condition": True}, "Condition", "? known after apply"),
    ],
)
def test_what_is_unknown_as_a_whole_stays_open(unknown, place, wanted):
    statement = {"principals": [{"type": "AWS"}]}
    document = the_document(load(deferred_plan(statement, unknown, {})))
    assert document["Statement"][0][place] == wanted


def test_unknown_statements_leave_the_document_open():
    loaded = deferred_plan({}, {}, {})
    loaded["resource_changes"][2]["change"]["after_unknown"]["statement"] = True
    assert the_document(load(loaded))["Statement"] == ["..."]


def test_sources_come_first_and_overrides_replace_by_sid():
    def sourced(**lists):
        statement = {"sid": "Own", "actions": ["kms:Encrypt"], "resources": ["*"]}
        document = deferred_plan(statement, {}, {})
        document["resource_changes"][2]["change"]["after"].update(lists)
        return [s.get("Sid") for s in the_document(load(document))["Statement"]]

    def source(*sids):
        statements = [{"Sid": sid, "Effect": "Allow"} for sid in sids]
        return json.dumps({"Statement": statements})

    assert sourced(source_policy_documents=[source("A", "Own")]) == ["A", "Own"]
    assert sourced(override_policy_documents=[source("B", "Own")]) == ["Own", "B"]


@pytest.mark.parametrize(("sid", "kept"), [("", True), ("Own", False)])
def test_an_unknown_override_may_add_statements_and_replace_those_with_a_sid(sid, kept):
    document = deferred_plan({"sid": sid, "actions": ["kms:Decrypt"]}, {}, {})
    body = document["resource_changes"][2]["change"]
    body["after"]["override_policy_documents"] = [None]
    body["after_unknown"]["override_policy_documents"] = [True]
    policy = attribute(load(document), "aws_kms_key.k", "policy")
    assert isinstance(policy, Text)
    statements = decode(policy).get("Statement")
    assert isinstance(statements, List)
    assert statements.open is not None
    [statement] = statements.items
    branches = statement.branches if isinstance(statement, Choice) else ()
    assert [isinstance(value, Absent) for _, value in branches] == ([] if kept else [True, False])


def test_what_the_provider_does_not_read_of_a_source_falls_away():
    own = {"sid": "Own", "actions": ["kms:Encrypt"], "resources": ["*"]}
    document = deferred_plan(own, {}, {})
    condition = {"NumericLessThan": {"aws:MultiFactorAuthAge": 300}, "Bool": {"aws:x": True}}
    source = {
        "version": "2012-10-17",
        "statement": [{"sid": "A", "EFFECT": "Deny", "Note": "x", "Principal": "x",
                       "Condition": condition}],
    }  # fmt: skip
    after = document["resource_changes"][2]["change"]["after"]
    after |= {"source_policy_documents": [json.dumps(source)], "version": "2008-10-17"}
    assert the_document(load(document)) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "A",
                "Effect": "Deny",
                "Principal": "*",
                "Condition": {"Bool": {"aws:x": "true"}},
            },
            {"Sid": "Own", "Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"},
        ],
    }


def test_an_unknown_id_is_unknown():
    document = deferred_plan({"sid": "S"}, {}, {})
    document["resource_changes"][2]["change"]["after_unknown"]["policy_id"] = True
    assert the_document(load(document))["Id"] == "? known after apply"


def test_documents_that_take_each_other_in_twice_end():
    """Each doubles the statements of the one before."""
    entries, written = [], []
    for number in range(40):
        address = f"data.{DOCUMENT}.d{number}"
        before = f"data.{DOCUMENT}.d{number - 1}"
        after = {"statement": [{"actions": ["kms:Decrypt"]}]}
        marks = {"json": True}
        if number:
            after["source_policy_documents"] = [None, None]
            marks["source_policy_documents"] = [True, True]
        entries.append(change(address, after, marks, actions=["read"]))
        sources = references(f"{before}.json", before)
        written.append(configured(address, source_policy_documents=sources))
    stack = load(a_plan(entries, written))
    unknown = [one.document for one in stack.documents if isinstance(one.document, Unknown)]
    assert "too many documents in one another" in unknown[0].reason


def test_a_document_is_followed_through_variables_and_outputs():
    module = "module.kms"
    read = change("data.aws_iam_policy_document.d", {"statement": [{"sid": "S"}]}, {"json": True})
    read["change"]["actions"] = ["read"]
    key = change(f"{module}.aws_kms_key.k", {}, {"policy": True}, module=module)
    document = a_plan([read, key])
    document["configuration"]["root_module"]["module_calls"] = {
        "kms": {
            "expressions": {"policy": references(f"data.{DOCUMENT}.d.json", f"data.{DOCUMENT}.d")},
            "module": {"resources": [configured("aws_kms_key.k", policy=references("var.policy"))]},
        }
    }
    policy = attribute(load(document), f"{module}.aws_kms_key.k", "policy")
    assert isinstance(policy, Text)
    assert show(decode(policy))["Statement"][0]["Sid"] == "S"


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        (None, False),
        (constant(None), False),
        (constant(""), False),
        (constant("{}"), True),
        (references("local.p"), True),
        ({}, True),
    ],
)
def test_a_module_argument_decides_whether_a_policy_was_given(argument, given):
    key = change("module.m.aws_kms_key.k", {}, {"policy": True}, module="module.m")
    document = a_plan([key])
    document["configuration"]["root_module"]["module_calls"] = {
        "m": {
            "expressions": {} if argument is None else {"p": argument},
            "module": {"resources": [configured("aws_kms_key.k", policy=references("var.p"))]},
        }
    }
    policy = attribute(load(document), "module.m.aws_kms_key.k", "policy")
    assert isinstance(policy, Null) is not given


@pytest.mark.parametrize(
    ("policy", "variables", "given"),
    [
        (references("var.p"), {"p": None}, False),
        (references("var.p"), {"p": ""}, False),
        (references("var.p", "var.on"), {"p": "{}", "on": False}, False),
        (references("var.p"), {"p": "{}"}, True),
        (constant("${jsonencode(uuid())}"), {}, True),
        (constant(""), {}, False),
    ],
)
def test_a_policy_of_known_things_that_is_not_known_may_be_given_all_the_same(
    policy, variables, given
):
    """`replace(var.p, "X", uuid())` names nothing but `var.p` in a plan."""
    document = a_plan(
        [change("aws_kms_key.k", {}, {"policy": True})],
        [configured("aws_kms_key.k", policy=policy)],
        variables={name: {"value": value} for name, value in variables.items()},
    )
    assert isinstance(attribute(load(document), "aws_kms_key.k", "policy"), Null) is not given


def test_an_instance_takes_the_document_with_its_own_index():
    def read(index):
        return change(
            f"data.aws_iam_policy_document.d[{index}]",
            {"statement": [{"sid": f"S{index}"}]},
            {"json": True},
            actions=["read"],
        )

    keys = [change(f"aws_kms_key.k[{index}]", {}, {"policy": True}) for index in (0, 1)]
    policy = references("data.aws_iam_policy_document.d", "count.index")
    stack = load(a_plan([read(0), read(1), *keys], [configured("aws_kms_key.k", policy=policy)]))
    policy_of_second = attribute(stack, "aws_kms_key.k[1]", "policy")
    assert isinstance(policy_of_second, Text)
    assert show(decode(policy_of_second))["Statement"][0]["Sid"] == "S1"


def test_documents_known_before_the_plan_are_listed():
    known = [
        data("data.aws_iam_policy_document.a", DOCUMENT, {"json": '{"Version":"2012-10-17"}'}),
        data("data.aws_iam_policy_document.b", DOCUMENT, {"json": "{}"}, {"json": True}),
    ]
    documents = load(a_plan(known=known)).documents
    assert show(documents[0].document) == {"Version": "2012-10-17"}
    assert isinstance(documents[1].document, Unknown) and documents[1].document.sensitive


def test_documents_made_of_each_other_end():
    count = 2000
    reads = []
    entries = []
    for index in range(count):
        address = f"data.aws_iam_policy_document.d{index}"
        after = {"source_policy_documents": [None]}
        mask = {"json": True, "source_policy_documents": [True]}
        reads.append(change(address, after, mask, actions=["read"]))
        other = f"data.aws_iam_policy_document.d{(index + 1) % count}"
        entries.append(
            configured(address, source_policy_documents=references(f"{other}.json", other))
        )
    assert len(load(a_plan(reads, entries)).documents) == count


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
