"""From a stack to its inventory: read every resource, then link what was read."""

from __future__ import annotations

from kmsiac.inventory.link import Directory, find_all, joined, plus
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
from kmsiac.inventory.settings import settings_of
from kmsiac.inventory.sites import ATTACHMENTS, ENTITIES, POLICIES
from kmsiac.stack import Resource, Stack

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
    )
    for resource in stack.resources:
        _read(resource, inventory)
    _Links(inventory, stack.resources).link()
    return inventory


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
    """Ties the entities of one unit together."""

    def __init__(self, inventory: Inventory, resources: list[Resource]) -> None:
        self.inventory = inventory
        self.resources = resources
        self.keys = Directory(inventory.keys, "key_id")
        self.aliases = Directory(inventory.aliases)
        self.identities = Directory(inventory.identities)
        self.endpoints = Directory(inventory.endpoints)
        self.policies = Directory(
            [p for p in inventory.policies if p.resource.type.endswith(("policy", "ManagedPolicy"))]
        )

    def link(self) -> None:
        self._link_policies()
        self._attach()
        self._link_aliases_and_grants()
        self._link_replicas()
        self._mark_boundaries()
        self._add_defaults()

    def _link_policies(self) -> None:
        keys = {id(key.resource): key for key in self.inventory.keys}
        identities = {id(identity.resource): identity for identity in self.inventory.identities}
        endpoints = {id(endpoint.resource): endpoint for endpoint in self.inventory.endpoints}
        for policy in self.inventory.policies:
            owner = id(policy.resource)
            targets = _targets(policy)
            if policy.kind == "key":
                found = (
                    Related((keys[owner],))
                    if owner in keys
                    else self._keys(policy.resource, targets)
                )
                policy.key = found
                _back(policy, found)
            elif policy.kind == "endpoint":
                self._link_endpoint(policy, endpoints.get(owner), targets)
            elif policy.kind in ("identity", "trust"):
                held = (
                    Related((identities[owner],))
                    if owner in identities
                    else find_all(self.identities, policy.resource, targets)
                )
                policy.identities = held
                if policy.kind == "identity":
                    _back(policy, held)

    def _link_endpoint(
        self, policy: Policy, owner: Endpoint | None, targets: tuple[str, ...]
    ) -> None:
        found = Related((owner,)) if owner else find_all(self.endpoints, policy.resource, targets)
        policy.endpoint = found.items[0] if found.items else None
        _back(policy, found)

    def _keys(self, resource: Resource, paths: tuple[str, ...]) -> Related[Key]:
        """Keys named directly, or through an alias of the unit."""
        direct = find_all(self.keys, resource, paths)
        if direct.items or direct.maybe:
            return direct
        through = find_all(self.aliases, resource, paths)
        reached: Related[Key] = Related(open=direct.open)
        for alias in through.items + through.maybe:
            certain = alias in through.items
            target = _alias_target(alias)
            found = find_all(self.keys, alias.resource, (target,))
            for key in found.items:
                reached = plus(Related(reached.items, reached.maybe), key, certain=certain)
        return reached

    def _attach(self) -> None:
        """Managed policies: attachment resources, and lists on the identity."""
        for resource in self.resources:
            attachment = ATTACHMENTS.get(resource.type)
            if attachment is None:
                continue
            attached = find_all(self.policies, resource, (attachment.policy,))
            holders = find_all(self.identities, resource, attachment.targets)
            for policy in attached.items:
                policy.identities = joined(policy.identities, holders)
                _back(policy, holders)
        for identity in self.inventory.identities:
            path = ENTITIES[identity.resource.type].fields.get("managed_policies")
            if path is None:
                continue
            for policy in find_all(self.policies, identity.resource, (path.path,)).items:
                policy.identities = plus(policy.identities, identity, certain=True)
                identity.policies = plus(identity.policies, policy, certain=True)

    def _link_aliases_and_grants(self) -> None:
        for alias in self.inventory.aliases:
            alias.key = find_all(self.keys, alias.resource, (_alias_target(alias),))
            for key in alias.key.items:
                key.aliases = plus(key.aliases, alias, certain=True)
            for key in alias.key.maybe:
                key.aliases = plus(key.aliases, alias, certain=False)
        for grant in self.inventory.grants:
            grant.key = self._keys(grant.resource, ("key_id",))
            grant.grantee = find_all(self.identities, grant.resource, ("grantee_principal",))
            for key in grant.key.items:
                key.grants = plus(key.grants, grant, certain=True)

    def _link_replicas(self) -> None:
        for key in self.inventory.keys:
            if not key.replica:
                continue
            path = ENTITIES[key.resource.type].fields["primary_arn"].path
            key.primary = self._keys(key.resource, (path,))
            for primary in key.primary.items:
                primary.replicas = plus(primary.replicas, key, certain=True)

    def _mark_boundaries(self) -> None:
        """A managed policy that is only used as a boundary grants nothing: its kind says so."""
        for identity in self.inventory.identities:
            field = ENTITIES[identity.resource.type].fields.get("boundary")
            if field is None:
                continue
            identity.boundary = find_all(self.policies, identity.resource, (field.path,))
            for policy in identity.boundary.items:
                if not policy.identities.items and not policy.identities.maybe:
                    policy.kind = "boundary"

    def _add_defaults(self) -> None:
        for key in self.inventory.keys:
            if not key.policies.items and not key.policies.maybe and not _policy_elsewhere(key):
                policy = default_key_policy(key.resource, _attribute(key))
                policy.key = Related((key,))
                self.inventory.policies.append(policy)
        for endpoint in self.inventory.endpoints:
            if not endpoint.policies.items and not endpoint.policies.maybe:
                policy = default_endpoint_policy(endpoint.resource, _attribute(endpoint))
                policy.endpoint = endpoint
                self.inventory.policies.append(policy)


def _policy_elsewhere(key: Key) -> bool:
    """Whether policies of the unit may belong to this key though no link says so."""
    return bool(key.policies.open)


def _attribute(entity: Entity) -> str:
    return POLICIES[entity.resource.type][0].path


def _targets(policy: Policy) -> tuple[str, ...]:
    for site in POLICIES[policy.resource.type]:
        if site.kind == policy.kind:
            return site.target
    return ()


def _alias_target(alias: Alias) -> str:
    return ENTITIES[alias.resource.type].fields["target"].path


def _back(policy: Policy, found: Related[Key] | Related[Identity] | Related[Endpoint]) -> None:
    """Write the policy into what it belongs to."""
    for holder in found.items:
        holder.policies = plus(holder.policies, policy, certain=not found.maybe)
    for holder in found.maybe:
        holder.policies = plus(holder.policies, policy, certain=False)
