"""Policy documents of a plan, deferred and known, put together again."""

from __future__ import annotations

import json

import pytest

from kmsiac.policy.json_text import decode
from kmsiac.stack import Stack
from kmsiac.values import Absent, Choice, List, Null, Text, Unknown
from tests.frontends.terraform.planning import (
    DOCUMENT,
    ROLE_ARN,
    a_plan,
    attribute,
    change,
    configured,
    constant,
    data,
    deferred_plan,
    load,
    references,
    show,
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
