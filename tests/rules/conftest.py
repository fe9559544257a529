"""Inventories made by hand: a JSON policy text, a handful of settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmsiac.access.trust import Trusted
from kmsiac.inventory.cases import Varying
from kmsiac.inventory.model import (
    Alias,
    Endpoint,
    Grant,
    Identity,
    Inventory,
    Key,
    Policy,
    Related,
    Setting,
)
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.rules.engine import run
from kmsiac.rules.loader import load_rules
from kmsiac.rules.match import Match
from kmsiac.stack import Environment, Provider, Resource
from kmsiac.values import Bool, List, Map, Null, Number, Owner, Text, Unknown, Value

UNIT = "root"
NAMES = {
    "account_id": "data.aws_caller_identity.current.account_id",
    "region": "data.aws_region.current.name",
    "partition": "data.aws_partition.current.partition",
    "dns_suffix": "data.aws_partition.current.dns_suffix",
}
TRUSTED = Trusted(frozenset({"444455556666"}), frozenset())


class Positions:
    """Hands out a position per value, in order."""

    def __init__(self) -> None:
        self.next = (1 << 40) + 1000

    def __call__(self) -> int:
        self.next += 10
        return self.next


def value_of(data: Any, at: Positions) -> Value:
    """JSON data, or values inside it, as a value with positions."""
    if isinstance(data, Value):
        return data
    if isinstance(data, bool):
        return Bool(data, at())
    if isinstance(data, int):
        return Number(data, at())
    if isinstance(data, str):
        return Text((data,), at())
    if data is None:
        return Null(at())
    if isinstance(data, list):
        position = at()
        return List([value_of(item, at) for item in data], position)
    position = at()
    return Map([(Text((key,), at()), value_of(item, at)) for key, item in data.items()], position)


class World:
    """A small deployment unit, filled by a test."""

    def __init__(self, account: str | None = "111122223333") -> None:
        self.at = Positions()
        environment = Environment(account, "us-east-1", "aws")
        self.provider = Provider.symbolic(Owner(UNIT), environment, NAMES)
        self.inventory = Inventory(UNIT, "terraform")

    def resource(self, address: str, **more: Any) -> Resource:
        type = address.rpartition(".")[0].rpartition(".")[2] or "x"
        return Resource(address, type, Map(), self.provider, self.at(), **more)

    def settings(self, **values: Any) -> dict[str, Setting]:
        found: dict[str, Setting] = {}
        for name, value in values.items():
            position = self.at()
            read = None if value is None else value_of(value, self.at)
            found[name] = Setting(read, value is not None, position)
        return found

    def document(self, *statements: Any, **more: Any) -> PolicyDocument:
        data = {"Version": "2012-10-17", "Statement": list(statements), **more}
        found = parse_document(value_of(data, self.at))
        assert isinstance(found, PolicyDocument)
        return found

    def key(self, address: str = "aws_kms_key.k", replica: bool = False, **settings: Any) -> Key:
        resource = self.resource(address)
        defaults = {"spec": "SYMMETRIC_DEFAULT", "usage": "ENCRYPT_DECRYPT", "origin": "AWS_KMS"}
        found = self.settings(**{**defaults, "rotation": False, **settings})
        key = Key(resource, Varying.always(found), replica=replica)
        self.inventory.keys.append(key)
        return key

    def policy(
        self,
        document: PolicyDocument | Unknown | Varying[Any] | None,
        kind: str = "key",
        address: str = "aws_kms_key.k",
        key: Key | None = None,
        **more: Any,
    ) -> Policy:
        varying = document if isinstance(document, Varying) else Varying.always(document)
        policy = Policy(
            self.resource(address, **more),
            Varying.always({}),
            kind,
            "policy",
            self.at(),
            varying,
            key=Related((key,) if key else ()),
        )
        self.inventory.policies.append(policy)
        return policy

    def alias(self, name: Any, address: str = "aws_kms_alias.a") -> Alias:
        alias = Alias(self.resource(address), Varying.always(self.settings(name=name)))
        self.inventory.aliases.append(alias)
        return alias

    def grant(self, address: str = "aws_kms_grant.g", **settings: Any) -> Grant:
        grant = Grant(self.resource(address), Varying.always(self.settings(**settings)))
        self.inventory.grants.append(grant)
        return grant

    def endpoint(self, policies: tuple[Policy, ...] = (), **settings: Any) -> Endpoint:
        found = Varying.always(self.settings(**settings))
        endpoint = Endpoint(self.resource("aws_vpc_endpoint.e"), found, Related(policies))
        self.inventory.endpoints.append(endpoint)
        return endpoint

    def identity(self, address: str, **settings: Any) -> Identity:
        identity = Identity(self.resource(address), Varying.always(self.settings(**settings)))
        self.inventory.identities.append(identity)
        return identity


@pytest.fixture
def world() -> World:
    """A unit in account 111122223333, us-east-1."""
    return World()


@pytest.fixture
def open_world() -> World:
    """A unit whose account is not known."""
    return World(account=None)


@pytest.fixture
def rule() -> Callable[..., str]:
    """A rule file around a `when` (in YAML flow style)."""

    def text(when: str, target: str = "statement", id: str = "TEST-01", **keys: str) -> str:
        fields = {
            "id": id,
            "name": "a-test",
            "title": "A test",
            "severity": "medium",
            "category": "key-policies",
            "target": target,
            "when": when,
            "message": "it fires",
            **keys,
        }
        return "".join(f"{'in' if k == 'in_' else k}: {v}\n" for k, v in fields.items())

    return text


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., list[Match]]:
    """Run rules, given as texts of files, on a world."""

    def run_rules(world: World, *rules: str, parameters: Any = None) -> list[Match]:
        for number, text in enumerate(rules):
            (tmp_path / f"r{number}.yaml").write_text(text)
        return run(load_rules([tmp_path]), world.inventory, TRUSTED, parameters)

    return run_rules
