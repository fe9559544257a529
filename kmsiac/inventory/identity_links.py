"""Ties identities to their policies, boundaries and groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kmsiac.inventory.gathered import Gathered
from kmsiac.inventory.index import Index, setting_path
from kmsiac.inventory.link import outside
from kmsiac.inventory.model import Identity, Inventory, Policy, Related
from kmsiac.inventory.references import find_all, noun_of, references
from kmsiac.inventory.sites import ATTACHMENTS, MEMBERSHIPS, policy_sites
from kmsiac.stack import Resource
from kmsiac.values import Blame, Symbol, Text, Unknown, blame_on

_MAX_STRAYS = 16
"""So many attachments whose target is not known are named; one is enough for doubt."""


class IdentityLinks:
    """Collects what belongs to each identity of a unit, then writes it back once.

    `strays` are, by kind of identity, attachments whose target is not known: they may be of any
    identity of that kind, which its `open` says.
    """

    def __init__(self, inventory: Inventory, resources: list[Resource], index: Index) -> None:
        self._inventory = inventory
        self._resources = resources
        self._index = index
        self._policies: defaultdict[Identity, Gathered[Policy]] = defaultdict(Gathered)
        self._holders: defaultdict[Policy, Gathered[Identity]] = defaultdict(Gathered)
        self._groups: defaultdict[Identity, Gathered[Identity]] = defaultdict(Gathered)
        self._strays: defaultdict[str, set[Blame]] = defaultdict(set)
        self._stray_members: set[Blame] = set()

    def link(self) -> None:
        """Do all of it."""
        self._inline()
        self._attach()
        self._join_groups()
        self._write_back()
        self._boundaries()
        self._inventory.policies += self._index.managed.used

    def _inline(self) -> None:
        identities = {id(identity.resource): identity for identity in self._inventory.identities}
        for policy in self._inventory.policies:
            if policy.kind not in ("identity", "trust"):
                continue
            holder = identities.get(id(policy.resource))
            if holder is not None:
                holders = Related((holder,))
            else:
                holders = self._targets(policy.resource, _targets(policy))
            self._holders[policy].update(holders)
            if policy.kind == "identity":
                for certain, group in ((True, holders.items), (False, holders.maybe)):
                    for identity in group:
                        self._policies[identity].add(policy, certain=certain)

    def _attach(self) -> None:
        """Managed policies: attachment resources, and lists on the identity."""
        managed = self._index.managed
        for resource in self._resources:
            attachment = ATTACHMENTS.get(resource.type)
            if attachment is not None:
                attached = find_all(managed, resource, (attachment.policy,), conditional=True)
                self._tie(attached, self._targets(resource, attachment.targets, conditional=True))
        for identity in self._inventory.identities:
            path = setting_path(identity, "managed_policies")
            if path:
                self._tie(find_all(managed, identity.resource, (path,)), Related((identity,)))

    def _targets(
        self, resource: Resource, paths: Iterable[str], *, conditional: bool = False
    ) -> Related[Identity]:
        """The identities that a resource names; what is not known may be any of its kind."""
        total: Gathered[Identity] = Gathered()
        for path in paths:
            found = find_all(self._index.identities, resource, (path,), conditional=conditional)
            total.update(found)
            strays = self._strays[noun_of(path)]
            if found.open and len(strays) < _MAX_STRAYS:
                strays |= _unknown(resource, path)
        return total.freeze()

    def _tie(self, policies: Related[Policy], holders: Related[Identity]) -> None:
        for certain, group in ((True, policies.items), (False, policies.maybe)):
            for policy in group:
                self._holders[policy].update(holders, certain=certain)
        for holder in holders.items:
            self._policies[holder].update(policies)
        for holder in holders.maybe:
            self._policies[holder].update(policies, certain=False)

    def _join_groups(self) -> None:
        for resource in self._resources:
            membership = MEMBERSHIPS.get(resource.type)
            if membership is None:
                continue
            finder = self._index.identities
            users = find_all(finder, resource, (membership.users,), conditional=True)
            groups = find_all(finder, resource, (membership.groups,), conditional=True)
            for user in users.items:
                self._groups[user].update(groups)
            for user in users.maybe:
                self._groups[user].update(groups, certain=False)
            if users.open and len(self._stray_members) < _MAX_STRAYS:
                self._stray_members |= _unknown(resource, membership.users)
        for identity in self._inventory.identities:
            path = setting_path(identity, "groups")
            if path:
                found = find_all(self._index.identities, identity.resource, (path,))
                self._groups[identity].update(found)

    def _write_back(self) -> None:
        for policy, holders in self._holders.items():
            policy.identities = holders.freeze()
        for identity in self._inventory.identities:
            held = self._policies[identity]
            held.open |= self._strays[identity.kind]
            identity.policies = held.freeze()
            if identity.kind == "user":
                joined = self._groups[identity]
                joined.open |= self._stray_members
                identity.groups = joined.freeze()

    def _boundaries(self) -> None:
        """A managed policy that is only used as a boundary grants nothing: its kind says so."""
        for identity in self._inventory.identities:
            path = setting_path(identity, "boundary")
            if not path:
                continue
            identity.boundary = find_all(self._index.managed, identity.resource, (path,))
            for policy in (*identity.boundary.items, *identity.boundary.maybe):
                if not policy.identities.items and not policy.identities.maybe:
                    policy.kind = "boundary"


def _unknown(resource: Resource, path: str) -> frozenset[Blame]:
    """The blame for targets at a path that may be any identity, of the unit too.

    A name that is written out is not that of a role of the unit that has another one, or one that
    the service makes; what a parameter, a data source or an unknown gives may be.
    """
    return frozenset(
        blame_on(value) if isinstance(value, Unknown) else outside(value)
        for values in references(resource, path)
        for value in values
        if isinstance(value, Unknown) or (isinstance(value, Text) and _may_be_any(value))
    )


def _may_be_any(value: Text) -> bool:
    return any(
        isinstance(part, Unknown)
        or (isinstance(part, Symbol) and part.origin in ("data", "parameter", "import"))
        for part in value.parts
    )


def _targets(policy: Policy) -> tuple[str, ...]:
    for site in policy_sites(policy.resource.type):
        if site.kind == policy.kind:
            return site.target
    return ()
