"""What finds the entities of one unit by what refers to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kmsiac.inventory.arns import known_id
from kmsiac.inventory.aws_managed import ManagedPolicies
from kmsiac.inventory.gathered import Gathered
from kmsiac.inventory.link import Directory, Naming
from kmsiac.inventory.model import Alias, Endpoint, Entity, Identity, Inventory, Key, Related
from kmsiac.inventory.references import find_all
from kmsiac.inventory.sites import ENTITIES, MANAGED_POLICIES
from kmsiac.stack import Provider, Resource
from kmsiac.values import Value

_KEY_TYPES = frozenset({"key_arn", "key_id"})
_ALIAS_TYPES = frozenset({"alias_arn", "alias_name"})
_ENDPOINT = Naming("endpoint", frozenset({"endpoint_id", "endpoint_arn"}))


class Index:
    """The directories of one unit, made once all its resources are read.

    An alias is also found by the key ids that it hands on (`aws_kms_alias.a.target_key_arn`).
    """

    def __init__(self, inventory: Inventory) -> None:
        self._keys: Directory[Key] = Directory(
            ((key, Naming("key", _KEY_TYPES, id=known_id(key))) for key in inventory.keys), "key"
        )
        self._aliases: Directory[Alias] = Directory(
            (alias, Naming("alias", _ALIAS_TYPES | _KEY_TYPES, setting_path(alias, "name")))
            for alias in inventory.aliases
        )
        self.identities: Directory[Identity] = Directory(
            (identity, _identity_naming(identity)) for identity in inventory.identities
        )
        self.endpoints: Directory[Endpoint] = Directory(
            (endpoint, _ENDPOINT) for endpoint in inventory.endpoints
        )
        self.managed = ManagedPolicies(
            (policy, Naming("policy", frozenset({"policy_arn"}), *site))
            for policy in inventory.policies
            if (site := MANAGED_POLICIES.get(policy.resource.type)) is not None
        )

    def targets(self, alias: Alias) -> Related[Key]:
        """The key that an alias stands for."""
        return find_all(self._keys, alias.resource, (setting_path(alias, "target"),))

    def keys_of(self, resource: Resource, paths: Iterable[str]) -> Related[Key]:
        """The keys that a resource names at some paths, directly or through an alias."""
        return find_all(_Keys(self._keys, self._aliases), resource, paths)

    def key(self, value: Value, near: Provider | None = None) -> Related[Key]:
        """The key that one value names, directly or through an alias."""
        return _Keys(self._keys, self._aliases).find(value, near=near)


class _Keys:
    """Finds keys, also through the aliases of the unit, which are linked before."""

    def __init__(self, keys: Directory[Key], aliases: Directory[Alias]) -> None:
        self._keys = keys
        self._aliases = aliases

    def find(self, value: Value, noun: str = "", near: Provider | None = None) -> Related[Key]:
        """The keys that one value refers to."""
        direct = self._keys.find(value, noun, near)
        if direct.items or direct.maybe:
            return direct
        through = self._aliases.find(value, noun, near)
        if not through.items and not through.maybe:
            return direct
        reached: Gathered[Key] = Gathered()
        for alias in through.items:
            reached.update(alias.key)
        for alias in through.maybe:
            reached.update(alias.key, certain=False)
        found = reached.freeze()
        return replace(found, open=found.open | through.open)


def _identity_naming(identity: Identity) -> Naming:
    noun = identity.kind
    types = {f"{noun}_arn", f"{noun}_name", f"{noun}_unique_id"}
    if noun == "role" and identity.resource.type.startswith("AWS::"):
        types.add("role_id")  # what Fn::GetAtt RoleId gives
    name, path = setting_path(identity, "name"), setting_path(identity, "path")
    return Naming(noun, frozenset(types), name, path)


def setting_path(entity: Entity, setting: str) -> str:
    """Where a setting of an entity is written; a path that is never written for one it lacks."""
    field = ENTITIES[entity.resource.type].fields.get(setting)
    return field.path if field is not None else ""
