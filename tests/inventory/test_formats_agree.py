"""The demonstration project has the same inventory in HCL, CloudFormation and, as far as a plan
knows, in its plan.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsiac.frontends.discover import discover
from kmsiac.frontends.load import load_unit
from kmsiac.frontends.unit import Inputs
from kmsiac.inventory.build import build
from kmsiac.inventory.export import to_json
from kmsiac.inventory.model import Entity, Inventory, Policy, Related
from kmsiac.policy.document import PolicyDocument
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Environment
from kmsiac.values import Text, Unknown, Value

DEMO = Path(__file__).parents[2] / "fixtures" / "demo"
EXPECTED = json.loads((DEMO / "expected.json").read_text())
PAIRS: dict[str, str] = EXPECTED["pairs"]
ONLY_TERRAFORM: list[str] = EXPECTED["terraform_only"]
LINKS = ("key", "primary", "grantee", "retiring", "boundary", "policies", "groups", "aliases", "grants",
         "replicas", "consumers")  # fmt: skip


def read(name: str) -> Inventory:
    path = DEMO / name
    inputs = Inputs(environment=Environment(account_id=EXPECTED["account_id"]))
    tree = SourceTree.holding(path, DEMO)
    (unit,) = discover(tree, [path], None, inputs).units
    return build(load_unit(unit, tree, inputs))


@pytest.fixture(scope="module")
def hcl() -> Inventory:
    return read("terraform")


@pytest.fixture(scope="module")
def template() -> Inventory:
    return read("cloudformation/template.yaml")


@pytest.fixture(scope="module")
def plan() -> Inventory:
    return read("plan.json")


def entities(inventory: Inventory) -> dict[str, Entity]:
    found: list[Entity] = [*inventory.keys, *inventory.aliases, *inventory.grants]
    found += [*inventory.endpoints, *inventory.identities]
    return {entity.address: entity for entity in found}


def translated(address: str) -> str:
    return PAIRS.get(address, address)


def settings(entity: Entity) -> dict[str, Value]:
    (case,) = entity.settings.cases
    assert case[1] is not None
    return {name: s.value for name, s in case[1].items() if s.value is not None}


def known(values: dict[str, Value]) -> dict[str, object]:
    """What is wholly literal: symbols are spelled as each framework has them. A provider's default
    tags are no tags of the template."""
    return {
        name: to_json(value)
        for name, value in values.items()
        if name != "tags"
        and not isinstance(value, Unknown)
        and not (isinstance(value, Text) and value.literal is None)
    }


def links(entity: Entity, *, certain: bool = True) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in LINKS:
        related = getattr(entity, name, None)
        if isinstance(related, Related):
            members = related.items if certain else (*related.items, *related.maybe)
            addresses = {translated(m.address) for m in members if m.address not in ONLY_TERRAFORM}
            found[name] = sorted(addresses)
    return found


def policies(inventory: Inventory) -> dict[tuple[str, str, int], Policy]:
    found: dict[tuple[str, str, int], Policy] = {}
    for policy in inventory.policies:
        address = translated(policy.address)
        number = sum(key[:2] == (address, policy.kind) for key in found)
        found[address, policy.kind, number] = policy
    return found


def documents(policy: Policy) -> list[list[tuple[str, str | None, list[str]]] | None]:
    """By case: each statement's Sid, effect and actions; None for an unknown document."""
    shapes: list[list[tuple[str, str | None, list[str]]] | None] = []
    for _, document in policy.document.cases:
        if not isinstance(document, PolicyDocument):
            shapes.append(None)
            continue
        shapes.append(
            [
                (str(s.sid), s.effect_text, sorted(str(action.value) for action in s.actions))
                for s in document
            ]
        )
    return shapes


def test_the_same_entities(hcl: Inventory, template: Inventory, plan: Inventory) -> None:
    ours = entities(hcl)
    assert len(ours) > 15
    assert {translated(a) for a in ours if a not in ONLY_TERRAFORM} == set(entities(template))
    assert set(entities(plan)) == set(ours)


def test_the_same_settings_and_links(hcl: Inventory, template: Inventory) -> None:
    theirs = entities(template)
    for address, entity in entities(hcl).items():
        if address in ONLY_TERRAFORM:
            continue
        other = theirs[translated(address)]
        assert type(entity) is type(other)
        left, right = settings(entity), settings(other)
        shared = set(known(left)) & set(known(right))
        assert {n: known(left)[n] for n in shared} == {n: known(right)[n] for n in shared}, address
        assert links(entity) == links(other), address


def test_the_same_policies(hcl: Inventory, template: Inventory) -> None:
    ours, theirs = policies(hcl), policies(template)
    assert set(ours) == set(theirs)
    for place, policy in ours.items():
        assert policy.default == theirs[place].default
        assert documents(policy) == documents(theirs[place]), place


def test_a_plan_knows_nothing_else(hcl: Inventory, plan: Inventory) -> None:
    theirs = entities(plan)
    for address, entity in entities(hcl).items():
        left, right = known(settings(entity)), known(settings(theirs[address]))
        shared = set(left) & set(right)
        assert {n: left[n] for n in shared} == {n: right[n] for n in shared}, address
        assert links(entity) == links(theirs[address]), address


def test_a_policy_that_a_plan_does_not_know_is_unknown(hcl: Inventory, plan: Inventory) -> None:
    ours, theirs = policies(hcl), policies(plan)
    assert set(ours) == set(theirs)
    unknown = 0
    for place, policy in theirs.items():
        assert policy.default == ours[place].default
        shapes = documents(policy)
        if shapes == [None]:
            unknown += 1
        else:
            assert shapes == documents(ours[place]), place
    assert 0 < unknown < len(theirs)
