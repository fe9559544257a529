"""Terraform examples as the plan JSON that `terraform show -json` would print of them.

Made from the evaluated resources, offline. A plan knows the account, Region and partition, so the
example it is compared with is told them, too. What refers to another resource of the plan is
unknown in it, as a whole: that is why a plan may leave open what the HCL decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from kmsiac.authoring import hcl
from kmsiac.authoring.example import Example
from kmsiac.authoring.rewrites import Data
from kmsiac.authoring.sandbox import Prepared
from kmsiac.authoring.spelling import Spelling, Unwritable
from kmsiac.stack import Environment, Resource
from kmsiac.values import Choice, List, Map, Symbol, Text, Unknown, Value, walk

WORDS = "as a plan"
_ACCOUNT, _REGION, _PARTITION = "111122223333", "us-east-1", "aws"


def spellings(prepared: Prepared) -> Iterator[Spelling]:
    """The example as a plan, or why there is none."""
    if prepared.example.text.lstrip().startswith("{"):
        return
    known = _in_a_known_place(prepared.example)
    original = None
    if known != prepared.example:
        original = prepared = Prepared(known)
    try:
        resources = [one for stack in prepared.stacks for one in stack.resources]
        for resource in resources:
            hcl.refuse_unquoted(resource.attributes)
        text = json.dumps(_plan(resources), indent=1)
    except Unwritable as problem:
        yield Spelling(WORDS, None, (str(problem),))
        return
    yield Spelling(WORDS, known._replace(text=text), original=original, partial=True)


def _in_a_known_place(example: Example) -> Example:
    said = example.inputs.environment
    environment = Environment(
        said.account_id or _ACCOUNT, said.region or _REGION, said.partition or _PARTITION
    )
    return example._replace(inputs=replace(example.inputs, environment=environment))


def _plan(resources: list[Resource]) -> Data:
    provider: dict[str, Data] = {"name": "aws"}
    symbols = [symbol for resource in resources for symbol in _symbols(resource.attributes)]
    computed = {symbol.reference.rpartition(".") for symbol in symbols}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": [_change(resource, computed) for resource in resources],
        "configuration": {
            "provider_config": {"aws": provider},
            "root_module": {"resources": [_configured(resource) for resource in resources]},
        },
    }


class _Planned(NamedTuple):
    """A value in a plan: what is known of it, the mask of what is not, and its configuration."""

    after: Data
    unknown: Data
    expression: Data


class _Block(NamedTuple):
    """`_Planned` of a resource or a nested block."""

    after: dict[str, Data]
    unknown: dict[str, Data]
    expression: dict[str, Data]


def _change(resource: Resource, computed: set[tuple[str, str, str]]) -> dict[str, Data]:
    planned = _resource(resource)
    # What others refer to is not known yet, nor is the policy that AWS gives where none is written.
    own = [name for address, _, name in computed if address == resource.address]
    later = dict.fromkeys([*own, "policy"], True)
    return {
        **_names(resource),
        "address": resource.address,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": ["create"],
            "before": None,
            "after": planned.after,
            "after_unknown": {**later, **planned.unknown},
            "before_sensitive": False,
            "after_sensitive": {},
        },
    }


def _configured(resource: Resource) -> dict[str, Data]:
    expressions = _resource(resource).expression
    return {
        **_names(resource),
        "address": resource.address,
        "provider_config_key": "aws",
        "expressions": expressions,
        "schema_version": 0,
    }


def _names(resource: Resource) -> dict[str, Data]:
    return {"mode": "managed", "type": resource.type, "name": resource.address.partition(".")[2]}


def _resource(resource: Resource) -> _Block:
    if resource.call_chain or "[" in resource.address:
        raise Unwritable(f"{resource.address} is one of several, or in a module")
    if resource.exists is not None or resource.absent is not None:
        raise Unwritable(f"{resource.address} may not be created")
    if resource.provider.owner.provider:
        raise Unwritable(f"{resource.address} has a provider configuration of its own")
    return _map(resource.attributes)


def _map(value: Map) -> _Block:
    if value.open is not None:
        raise Unwritable("not all of it is known")
    members = {_name(key): _value(inner) for key, inner in value.entries}
    return _Block(
        {name: one.after for name, one in members.items() if one.unknown is not True},
        {name: one.unknown for name, one in members.items()},
        {name: one.expression for name, one in members.items()},
    )


def _name(key: Text) -> str:
    if key.literal is None:
        raise Unwritable("the name of a member is not known")
    return key.literal


def _value(value: Value) -> _Planned:
    symbols = _symbols(value)
    if not symbols:
        known = hcl.literal(hcl.plain(value))
        return _Planned(known, False, {"constant_value": known})
    if isinstance(value, List) and all(isinstance(item, Map) for item in value.items):
        blocks = [_map(item) for item in value.items if isinstance(item, Map)]
        return _Planned(*([one[part] for one in blocks] for part in range(3)))
    references = {"references": [text for symbol in symbols for text in _references(symbol)]}
    if isinstance(value, List):
        marks = [bool(_symbols(item)) for item in value.items]
        after = [
            None if marked else hcl.literal(hcl.plain(item))
            for item, marked in zip(value.items, marks, strict=True)
        ]
        return _Planned(after, marks, references)
    return _Planned(None, True, references)


def _symbols(value: Value) -> list[Symbol]:
    """The symbols in a value. Raises `Unwritable` for what no plan of it could be made without."""
    found: list[Symbol] = []
    for inner in walk(value):
        if isinstance(inner, Choice | Unknown) or inner.sensitive:
            raise Unwritable("not all of it is known")
        for part in inner.parts if isinstance(inner, Text) else ():
            if isinstance(part, Unknown):
                raise Unwritable("not all of it is known")
            if isinstance(part, Symbol):
                found.append(part)
    return found


def _references(symbol: Symbol) -> list[str]:
    """A reference as configuration lists it: the longest first, then the resource."""
    reference = symbol.reference
    if reference.startswith("data."):
        raise Unwritable(f"only AWS knows {reference}")
    if symbol.origin != "resource" or reference.count(".") != 2:
        raise Unwritable(f"{reference} is no attribute of a resource of the plan")
    return [reference, reference.rpartition(".")[0]]
