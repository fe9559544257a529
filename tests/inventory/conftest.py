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
from kmsiac.inventory.model import Alias, Endpoint, Grant, Identity, Inventory, Key, Policy
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
