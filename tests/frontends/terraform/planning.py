"""Plans written in tests, small, in the shape that `terraform show -json` gives, and what they give."""

from __future__ import annotations

import json
from pathlib import Path

from kmsiac.frontends.terraform import plan
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import STDIN, SourceTree
from kmsiac.stack import Environment, Stack
from kmsiac.values import Bool, List, Map, Null, Number, Unknown, Value

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
