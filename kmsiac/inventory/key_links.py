"""Ties keys to their policies, aliases, grants and replicas, and endpoints to their policies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import TypeVar

from kmsiac.inventory.cases import World
from kmsiac.inventory.consumers import link_consumers
from kmsiac.inventory.default_policies import default_endpoint_policy, default_key_policy
from kmsiac.inventory.expand import varying
from kmsiac.inventory.gathered import Gathered
from kmsiac.inventory.index import Index, setting_path
from kmsiac.inventory.model import (
    Alias,
    Consumer,
    Endpoint,
    Entity,
    Grant,
    Inventory,
    Key,
    Policy,
    Related,
    Setting,
)
from kmsiac.inventory.references import find_all
from kmsiac.inventory.settings import EntitySettings, exists, setting_at
from kmsiac.inventory.sites import POLICIES, SHARED_WITH_POLICY, Field, policy_sites
from kmsiac.stack import Gap, Resource
from kmsiac.values import Blame, Bool, Text, Unknown

E = TypeVar("E", Alias, Consumer, Grant, Key)

_SHARED = ("spec", "usage", "origin")
"""Settings that a replica shares with its primary (KMS Developer Guide, "Shared properties")."""


class KeyLinks:
    """Collects what belongs to each key and endpoint of a unit, then writes it back once.

    `stray` are the policies of a kind that may belong to any key or endpoint, by what leaves it
    open: no default policy is claimed where one of them may stand.
    """

    def __init__(self, inventory: Inventory, index: Index) -> None:
        self._inventory = inventory
        self._index = index
        self._policies: defaultdict[Entity, Gathered[Policy]] = defaultdict(Gathered)
        self._aliases: defaultdict[Key, Gathered[Alias]] = defaultdict(Gathered)
        self._grants: defaultdict[Key, Gathered[Grant]] = defaultdict(Gathered)
        self._replicas: defaultdict[Key, Gathered[Key]] = defaultdict(Gathered)
        self._consumers: defaultdict[Key, Gathered[Consumer]] = defaultdict(Gathered)
        self._stray: dict[str, set[Blame]] = {"key": set(), "endpoint": set()}

    def link(self) -> None:
        """Do all of it."""
        for alias in self._inventory.aliases:
            alias.key = self._index.targets(alias)
            _spread(self._aliases, alias, alias.key)
        self._link_policies()
        self._link_grants()
        self._link_replicas()
        link_consumers(self._inventory.consumers, self._index)
        for consumer in self._inventory.consumers:
            _spread(self._consumers, consumer, consumer.key)
        self._add_defaults()
        self._write_back()

    def _link_policies(self) -> None:
        keys = {id(key.resource): key for key in self._inventory.keys}
        endpoints = {id(endpoint.resource): endpoint for endpoint in self._inventory.endpoints}
        for policy in self._inventory.policies:
            owner, resource = id(policy.resource), policy.resource
            if policy.kind == "key":
                own = keys.get(owner)
                targets = _targets(policy)
                policy.key = Related((own,)) if own else self._index.keys_of(resource, targets)
                self._belongs(policy, policy.key)
                if not policy.key.items and not policy.key.maybe:
                    self._inventory.gaps += _unseen_settings(policy)
            elif policy.kind == "endpoint":
                door = endpoints.get(owner)
                finder, targets = self._index.endpoints, _targets(policy)
                policy.endpoint = Related((door,)) if door else find_all(finder, resource, targets)
                self._belongs(policy, policy.endpoint)

    def _belongs(self, policy: Policy, holders: Related[Key] | Related[Endpoint]) -> None:
        for holder in holders.items:
            self._policies[holder].add(policy, certain=True)
        for holder in holders.maybe:
            self._policies[holder].add(policy, certain=False)
        self._stray[policy.kind] |= holders.open

    def _link_grants(self) -> None:
        for grant in self._inventory.grants:
            resource, finder = grant.resource, self._index.identities
            grant.key = self._index.keys_of(resource, (setting_path(grant, "key_id"),))
            grant.grantee = find_all(finder, resource, (setting_path(grant, "grantee"),))
            retiring = setting_path(grant, "retiring_principal")
            grant.retiring = find_all(finder, resource, (retiring,))
            _spread(self._grants, grant, grant.key)

    def _link_replicas(self) -> None:
        for key in self._inventory.keys:
            if not key.replica:
                continue
            path = setting_path(key, "primary_arn")
            key.primary = self._index.keys_of(key.resource, (path,))
            _spread(self._replicas, key, key.primary)
            if isinstance(key.settings, EntitySettings):
                for name in _SHARED:
                    if name not in key.settings.names:
                        key.settings.replace(name, partial(_of_primary, key, name))

    def _add_defaults(self) -> None:
        """The service's own policy where none is written and none may belong from elsewhere."""
        for key in self._inventory.keys:
            missing = self._missing(key, "key")
            if missing is not None:
                policy = default_key_policy(key.resource, _attribute(key), missing)
                policy.key = Related((key,))
                self._inventory.policies.append(policy)
                self._policies[key].add(policy, certain=True)
        for endpoint in self._inventory.endpoints:
            missing = self._missing(endpoint, "endpoint")
            if missing is not None:
                policy = default_endpoint_policy(endpoint.resource, _attribute(endpoint), missing)
                policy.endpoint = Related((endpoint,))
                self._inventory.policies.append(policy)
                self._policies[endpoint].add(policy, certain=True)

    def _missing(self, entity: Entity, kind: str) -> Callable[[World], bool] | None:
        """In which worlds the service gives an entity its own policy; None for in no world."""
        written = self._policies[entity].freeze()
        if not written.items and self._stray[kind]:
            self._policies[entity].open |= self._stray[kind]
            return None
        if written.maybe:
            return None

        def missing(world: World) -> bool:
            return exists(entity.resource, world) and all(
                policy.document.pick(world) is None for policy in written.items
            )

        cases = varying(missing, bool, lambda: True)
        return missing if any(case for _, case in cases.cases) else None

    def _write_back(self) -> None:
        for key in self._inventory.keys:
            key.policies = self._policies[key].freeze()
            _share_settings(key)
            key.aliases = self._aliases[key].freeze()
            key.grants = self._grants[key].freeze()
            key.replicas = self._replicas[key].freeze()
            key.consumers = self._consumers[key].freeze()
        for endpoint in self._inventory.endpoints:
            endpoint.policies = self._policies[endpoint].freeze()


def _of_primary(replica: Key, name: str, world: World) -> Setting:
    """A setting that a replica shares with its primary."""
    primaries, position = replica.primary, replica.position
    reason = "a replica has it from its primary key, which is not in the scanned templates"
    if len(primaries.items) == 1 and not primaries.maybe:
        primary = primaries.items[0]
        settings = None if primary.replica else primary.settings.pick(world)
        if settings is not None and name in settings:
            return Setting(settings[name].value, False, position)
        reason = "a replica has it from its primary key, and there is none"
    elif primaries.maybe:
        reason = "a replica has it from its primary key, and it is not known which that is"
    own = replica.settings.pick(world)
    written = own["primary_arn"].value if own is not None else None
    shown = str(written) if isinstance(written, Text) else replica.address
    unknown = Unknown(f"{name} of {shown}", reason, position, replica.resource.unit)
    return Setting(unknown, False, position)


def _unseen_settings(policy: Policy) -> Iterator[Gap]:
    """What a policy switches on for a key that is not there: rules about keys do not see it."""
    resource = policy.resource
    for field in SHARED_WITH_POLICY.get(resource.type, {}).values():
        question = partial(_given, resource, field)
        there = varying(question, _switch, partial(_too_many, resource)).cases
        on = [found for _, found in there if _is_on(found) or isinstance(found.value, Unknown)]
        if on:
            reason = "set for a key that is not in the scanned templates"
            yield Gap(policy.address, field.path, reason, on[0].position)


def _given(resource: Resource, field: Field, world: World) -> Setting:
    if exists(resource, world):
        return setting_at(resource, field, world)
    return Setting(Bool(False), False, resource.position)


def _too_many(resource: Resource) -> Setting:
    reason = "depends on too many combinations of conditions"
    return Setting(Unknown(resource.address, reason, resource.position), False, resource.position)


def _switch(setting: Setting) -> Hashable:
    return str(setting.value)


def _share_settings(key: Key) -> None:
    """Let the resources that hold the key's policy switch on settings that they share with it."""
    if not isinstance(key.settings, EntitySettings):
        return
    for policy in (*key.policies.items, *key.policies.maybe):
        for name, field in SHARED_WITH_POLICY.get(policy.resource.type, {}).items():
            own = key.settings.setting(name).pick
            key.settings.replace(name, partial(_switched_on, key, policy, field, own))


def _switched_on(
    key: Key, policy: Policy, field: Field, own: Callable[[World], Setting], world: World
) -> Setting:
    """A switch of the key, on as well where the resource of its policy has it on."""
    given = own(world)
    if _is_on(given) or not exists(policy.resource, world):
        return given
    there = setting_at(policy.resource, field, world)
    if not _is_on(there) and not isinstance(there.value, Unknown):
        return given
    if policy in key.policies.items:
        return there
    reason = "it is not known whether it is this key's policy"
    return Setting(Unknown(policy.address, reason, there.position), True, there.position)


def _is_on(setting: Setting) -> bool:
    return isinstance(setting.value, Bool) and setting.value.value


def _spread(into: defaultdict[Key, Gathered[E]], entity: E, keys: Related[Key]) -> None:
    """Write an entity down with every key that it refers to."""
    for key in keys.items:
        into[key].add(entity, certain=True)
    for key in keys.maybe:
        into[key].add(entity, certain=False)


def _attribute(entity: Entity) -> str:
    return POLICIES[entity.resource.type][0].path


def _targets(policy: Policy) -> tuple[str, ...]:
    for site in policy_sites(policy.resource.type):
        if site.kind == policy.kind:
            return site.target
    return ()
