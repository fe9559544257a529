"""Inventories of small templates, read by the real front ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kmsiac.errors import Span
from kmsiac.frontends.discover import discover
from kmsiac.frontends.load import load_unit
from kmsiac.frontends.unit import Inputs
from kmsiac.inventory.build import build
from kmsiac.inventory.export import Json, export
from kmsiac.inventory.model import (
    Alias,
    Consumer,
    Endpoint,
    Grant,
    Identity,
    Inventory,
    Key,
    Policy,
)
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Environment

ACCOUNT = "111122223333"


@dataclass
class Read:
    """The inventory of one template, and its entities by address."""

    inventory: Inventory
    tree: SourceTree

    def key(self, address: str) -> Key:
        return next(k for k in self.inventory.keys if k.address == address)

    def alias(self, address: str) -> Alias:
        return next(a for a in self.inventory.aliases if a.address == address)

    def grant(self, address: str) -> Grant:
        return next(g for g in self.inventory.grants if g.address == address)

    def endpoint(self, address: str) -> Endpoint:
        return next(e for e in self.inventory.endpoints if e.address == address)

    def identity(self, address: str) -> Identity:
        return next(i for i in self.inventory.identities if i.address == address)

    def consumers(self, address: str) -> list[Consumer]:
        return [c for c in self.inventory.consumers if c.address == address]

    def policies(self, address: str) -> list[Policy]:
        return [p for p in self.inventory.policies if p.address == address]

    def policy(self, address: str) -> Policy:
        found = self.policies(address)
        assert len(found) == 1, found
        return found[0]

    def span(self, position: int) -> Span:
        span = self.tree.span(position)
        assert span is not None
        return span

    def json(self) -> Json:
        shape = export([self.inventory], self.tree.span)
        assert json.loads(json.dumps(shape, allow_nan=False)) == shape
        return shape


Reader = Callable[[str], Read]
PlanReader = Callable[..., Read]
Planned = Callable[..., Json]


def read(path: Path, root: Path) -> Read:
    """The one unit at a path."""
    inputs = Inputs(environment=Environment(account_id=ACCOUNT, region="eu-west-1"))
    tree = SourceTree.holding(path, root)
    (unit,) = discover(tree, [path], None, inputs).units
    stack = load_unit(unit, tree, inputs)
    assert not stack.errors, stack.errors
    return Read(build(stack), tree)


@pytest.fixture
def terraform(tmp_path: Path) -> Reader:
    """The inventory of HCL text."""

    def reader(written: str) -> Read:
        (tmp_path / "main.tf").write_text(written)
        return read(tmp_path, tmp_path)

    return reader


@pytest.fixture
def cloudformation(tmp_path: Path) -> Reader:
    """The inventory of a YAML template."""

    def reader(written: str) -> Read:
        path = tmp_path / "template.yaml"
        path.write_text(written)
        return read(path, tmp_path)

    return reader


@pytest.fixture
def planned() -> Planned:
    """One resource of a plan: its address, what is known of it, and by attribute the references
    of what is known after the apply (None: the provider makes it)."""

    def make(
        address: str, values: dict[str, Json], unknown: dict[str, list[str] | None] | None = None
    ) -> Json:
        type_, name = address.split(".")
        known = {key: {"constant_value": value} for key, value in values.items()}
        open_ = {key: {"references": refs} for key, refs in (unknown or {}).items() if refs}
        same = {"address": address, "mode": "managed", "type": type_, "name": name}
        change = {
            "actions": ["create"],
            "after": values,
            "after_unknown": dict.fromkeys(unknown or {}, True),
            "after_sensitive": {},
        }
        provider = {"provider_name": "registry.terraform.io/hashicorp/aws"}
        return (
            {**same, **provider, "change": change},
            {**same, "provider_config_key": "aws", "expressions": {**known, **open_}},
        )

    return make


@pytest.fixture
def plan(tmp_path: Path) -> PlanReader:
    """The inventory of a plan of some `planned` resources."""

    def reader(*resources: tuple[Json, Json]) -> Read:
        path = tmp_path / "plan.json"
        shape = {
            "format_version": "1.2",
            "terraform_version": "1.9.0",
            "resource_changes": [change for change, _ in resources],
            "configuration": {
                "provider_config": {"aws": {"name": "aws"}},
                "root_module": {"resources": [configured for _, configured in resources]},
            },
        }
        path.write_text(json.dumps(shape))
        return read(path, tmp_path)

    return reader
