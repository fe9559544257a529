"""From a stack to its inventory: read every resource, then link what was read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from kmsiac.inventory.bare import infer_kind
from kmsiac.inventory.cases import World
from kmsiac.inventory.expand import varying
from kmsiac.inventory.link import Directory, Gathered, find_all
from kmsiac.inventory.model import (
    Alias,
    Endpoint,
    Entity,
    Grant,
    Identity,
    Inventory,
    Key,
    Policy,
    Related,
)
from kmsiac.inventory.policies import (
    default_endpoint_policy,
    default_key_policy,
    policies_of,
)
from kmsiac.inventory.settings import exists, settings_of
from kmsiac.inventory.sites import ATTACHMENTS, ENTITIES, MANAGED_POLICIES, POLICIES
from kmsiac.stack import TERRAFORM, Resource, Stack
from kmsiac.values import Blame, Choice, Text, Unknown

E = TypeVar("E", Alias, Grant, Key)

_IDENTITIES = ("role", "user", "group")


def build(stack: Stack) -> Inventory:
    """The inventory of one deployment unit. Never fails: what is not known stays an Unknown."""
    inventory = Inventory(
        stack.unit,
        stack.framework,
        stack.from_plan,
        documents=list(stack.documents),
        gaps=list(stack.gaps),
        errors=list(stack.errors),
        files=set(stack.files),
        declared=stack.declared,
    )
    resources = [_in_its_region(resource, stack.framework) for resource in stack.resources]
    for resource in resources:
        _read(resource, inventory)
    gaps = [infer_kind(policy) for policy in inventory.policies]
    inventory.gaps += [gap for gap in gaps if gap is not None]
    _Links(inventory, resources).link()
    return inventory


def _in_its_region(resource: Resource, framework: str) -> Resource:
    """The resource with the Region of its own `region` argument (AWS provider 6), if it has one."""
    written = resource.attributes.get("region") if framework == TERRAFORM else None
    if isinstance(written, Choice):
        reason = "depends on a condition"
        written = Unknown(f"{resource.address}.region", reason, written.position)
    if isinstance(written, Unknown):
        written = Text((written,), written.position)
    if not isinstance(written, Text) or not written.parts:
        return resource
    return replace(resource, provider=replace(resource.provider, region=written))


def _read(resource: Resource, inventory: Inventory) -> None:
    site = ENTITIES.get(resource.type)
    if site is not None:
        settings = settings_of(resource, site)
        if site.kind == "key":
            replica = site.constants.get("replica") is True
            inventory.keys.append(Key(resource, settings, replica=replica))
        elif site.kind == "alias":
            inventory.aliases.append(Alias(resource, settings))
        elif site.kind == "grant":
            inventory.grants.append(Grant(resource, settings))
        elif site.kind == "endpoint":
            inventory.endpoints.append(Endpoint(resource, settings))
        elif site.kind in _IDENTITIES:
            inventory.identities.append(Identity(resource, settings, kind=site.kind))
    for policy_site in POLICIES.get(resource.type, ()):
        inventory.policies.extend(policies_of(resource, policy_site))


class _Links:
    """Ties the entities of one unit together: collects, then writes back once."""

    def __init__(self, inventory: Inventory, resources: list[Resource]) -> None:
        self.inventory = inventory
        self.resources = resources
        self.keys = Directory(inventory.keys)
        self.aliases = Directory(inventory.aliases, lambda alias: ("alias", _path(alias, "name")))
        self.identities = Directory(
            inventory.identities, lambda identity: (identity.kind, _path(identity, "name"))
        )
        self.endpoints = Directory(inventory.endpoints)
        self.managed = Directory(
            [p for p in inventory.policies if p.resource.type in MANAGED_POLICIES],
            lambda policy: ("policy", MANAGED_POLICIES[policy.resource.type]),
        )
        self.policies_of: defaultdict[Entity, Gathered[Policy]] = defaultdict(Gathered)
        self.holders_of: defaultdict[Policy, Gathered[Identity]] = defaultdict(Gathered)
        self.aliases_of: defaultdict[Key, Gathered[Alias]] = defaultdict(Gathered)
        self.grants_of: defaultdict[Key, Gathered[Grant]] = defaultdict(Gathered)
        self.replicas_of: defaultdict[Key, Gathered[Key]] = defaultdict(Gathered)
        self.stray: dict[str, set[Blame]] = {"key": set(), "endpoint": set()}
        """Policies of a kind that may belong to any key or endpoint, by what leaves it open."""

    def link(self) -> None:
        self._link_aliases()
        self._link_policies()
        self._attach()
        self._link_grants()
        self._link_replicas()
        self._add_defaults()
        self._write_back()
        self._mark_boundaries()

    def _link_policies(self) -> None:
        keys = {id(key.resource): key for key in self.inventory.keys}
        identities = {id(identity.resource): identity for identity in self.inventory.identities}
        endpoints = {id(endpoint.resource): endpoint for endpoint in self.inventory.endpoints}
        for policy in self.inventory.policies:
            owner, resource = id(policy.resource), policy.resource
            targets = _targets(policy)
            if policy.kind == "key":
                own = keys.get(owner)
                policy.key = Related((own,)) if own else self._keys(resource, targets)
                self._belongs(policy, policy.key)
            elif policy.kind == "endpoint":
                door = endpoints.get(owner)
                doors = Related((door,)) if door else find_all(self.endpoints, resource, targets)
                policy.endpoint = doors.items[0] if doors.items else None
                self._belongs(policy, doors)
            elif policy.kind in ("identity", "trust"):
                holder = identities.get(owner)
                holders = (
                    Related((holder,)) if holder else find_all(self.identities, resource, targets)
                )
                self.holders_of[policy].update(holders)
                if policy.kind == "identity":
                    self._belongs(policy, holders)

    def _belongs(
        self, policy: Policy, holders: Related[Key] | Related[Identity] | Related[Endpoint]
    ) -> None:
        for holder in holders.items:
            self.policies_of[holder].add(policy, certain=True)
        for holder in holders.maybe:
            self.policies_of[holder].add(policy, certain=False)
        if policy.kind in self.stray:
            self.stray[policy.kind] |= holders.open

    def _keys(self, resource: Resource, paths: tuple[str, ...]) -> Related[Key]:
        """Keys named directly, or through an alias of the unit."""
        direct = find_all(self.keys, resource, paths)
        through = find_all(self.aliases, resource, paths)
        if not through.items and not through.maybe:
            return direct
        reached: Gathered[Key] = Gathered()
        reached.update(replace(direct, open=frozenset()))
        for alias in through.items:
            reached.update(alias.key, certain=not direct.maybe)
        for alias in through.maybe:
            reached.update(alias.key, certain=False)
        found = reached.freeze()
        return replace(found, open=found.open | through.open) if found.maybe else found

    def _attach(self) -> None:
        """Managed policies: attachment resources, and lists on the identity."""
        for resource in self.resources:
            attachment = ATTACHMENTS.get(resource.type)
            if attachment is not None:
                attached = find_all(self.managed, resource, (attachment.policy,), conditional=True)
                holders = find_all(self.identities, resource, attachment.targets, conditional=True)
                self._tie(attached, holders)
        for identity in self.inventory.identities:
            path = _path(identity, "managed_policies")
            self._tie(find_all(self.managed, identity.resource, (path,)), Related((identity,)))

    def _tie(self, policies: Related[Policy], holders: Related[Identity]) -> None:
        for certain, group in ((True, policies.items), (False, policies.maybe)):
            for policy in group:
                self.holders_of[policy].update(holders, certain=certain)
        for holder in holders.items:
            self.policies_of[holder].update(policies)
        for holder in holders.maybe:
            self.policies_of[holder].update(policies, certain=False)

    def _link_aliases(self) -> None:
        for alias in self.inventory.aliases:
            alias.key = find_all(self.keys, alias.resource, (_path(alias, "target"),))
            _spread(self.aliases_of, alias, alias.key)

    def _link_grants(self) -> None:
        for grant in self.inventory.grants:
            grant.key = self._keys(grant.resource, (_path(grant, "key_id"),))
            grant.grantee = find_all(self.identities, grant.resource, (_path(grant, "grantee"),))
            _spread(self.grants_of, grant, grant.key)

    def _link_replicas(self) -> None:
        for key in self.inventory.keys:
            if key.replica:
                key.primary = self._keys(key.resource, (_path(key, "primary_arn"),))
                _spread(self.replicas_of, key, key.primary)

    def _add_defaults(self) -> None:
        """The service's own policy where none is written and none may belong from elsewhere."""
        for key in self.inventory.keys:
            missing = self._missing(key, "key")
            if missing is not None:
                policy = default_key_policy(key.resource, _attribute(key), missing)
                policy.key = Related((key,))
                self.inventory.policies.append(policy)
                self.policies_of[key].add(policy, certain=True)
        for endpoint in self.inventory.endpoints:
            missing = self._missing(endpoint, "endpoint")
            if missing is not None:
                policy = default_endpoint_policy(endpoint.resource, _attribute(endpoint), missing)
                policy.endpoint = endpoint
                self.inventory.policies.append(policy)
                self.policies_of[endpoint].add(policy, certain=True)

    def _missing(self, entity: Entity, kind: str) -> Callable[[World], bool] | None:
        """In which worlds the service gives an entity its own policy; None for in no world."""
        written = self.policies_of[entity].freeze()
        if not written.items and self.stray[kind]:
            self.policies_of[entity].open |= self.stray[kind]
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
        for policy, holders in self.holders_of.items():
            policy.identities = holders.freeze()
        for key in self.inventory.keys:
            key.policies = self.policies_of[key].freeze()
            key.aliases = self.aliases_of[key].freeze()
            key.grants = self.grants_of[key].freeze()
            key.replicas = self.replicas_of[key].freeze()
        for endpoint in self.inventory.endpoints:
            endpoint.policies = self.policies_of[endpoint].freeze()
        for identity in self.inventory.identities:
            identity.policies = self.policies_of[identity].freeze()

    def _mark_boundaries(self) -> None:
        """A managed policy that is only used as a boundary grants nothing: its kind says so."""
        for identity in self.inventory.identities:
            field = ENTITIES[identity.resource.type].fields.get("boundary")
            if field is None:
                continue
            identity.boundary = find_all(self.managed, identity.resource, (field.path,))
            for policy in identity.boundary.items:
                if not policy.identities.items and not policy.identities.maybe:
                    policy.kind = "boundary"


def _spread(into: defaultdict[Key, Gathered[E]], entity: E, keys: Related[Key]) -> None:
    """Write an entity down with every key that it refers to."""
    for key in keys.items:
        into[key].add(entity, certain=True)
    for key in keys.maybe:
        into[key].add(entity, certain=False)


def _attribute(entity: Entity) -> str:
    return POLICIES[entity.resource.type][0].path


def _targets(policy: Policy) -> tuple[str, ...]:
    for site in POLICIES[policy.resource.type]:
        if site.kind == policy.kind:
            return site.target
    return ()


def _path(entity: Entity, setting: str) -> str:
    """Where a setting of an entity is written; a path that is never written for one it lacks."""
    field = ENTITIES[entity.resource.type].fields.get(setting)
    return field.path if field is not None else ""
