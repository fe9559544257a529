"""From a stack to its inventory: read every resource, then link what was read."""

from __future__ import annotations

from dataclasses import replace

from kmsiac.inventory.bare import infer_kind
from kmsiac.inventory.consumers import consumers_of
from kmsiac.inventory.default_policies import default_topic_policies
from kmsiac.inventory.identity_links import IdentityLinks
from kmsiac.inventory.index import Index
from kmsiac.inventory.key_links import KeyLinks
from kmsiac.inventory.model import Alias, Endpoint, Grant, Identity, Inventory, Key
from kmsiac.inventory.policies import policies_of
from kmsiac.inventory.settings import settings_of
from kmsiac.inventory.shaped import shaped_policies
from kmsiac.inventory.sites import ENTITIES, policy_sites
from kmsiac.stack import CLOUDFORMATION, TERRAFORM, Gap, Resource, Stack
from kmsiac.values import Choice, Text, Unknown

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
        remarks=list(stack.remarks),
        strays=list(stack.strays),
    )
    resources = [_in_its_region(resource, stack.framework) for resource in stack.resources]
    for resource in resources:
        _read(resource, inventory, stack.framework)
    gaps = [infer_kind(policy) for policy in inventory.policies]
    inventory.gaps += [gap for gap in gaps if gap is not None]
    index = inventory.index = Index(inventory)
    KeyLinks(inventory, index).link()
    IdentityLinks(inventory, resources, index).link()
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


def _read(resource: Resource, inventory: Inventory, framework: str) -> None:
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
    held = len(inventory.policies)
    for policy_site in policy_sites(resource.type):
        inventory.policies.extend(policies_of(resource, policy_site))
    inventory.policies.extend(default_topic_policies(resource))
    if framework == CLOUDFORMATION:
        _search(resource, inventory, {policy.attribute for policy in inventory.policies[held:]})
    inventory.consumers.extend(consumers_of(resource))


def _search(resource: Resource, inventory: Inventory, held: set[str]) -> None:
    """What has the shape of a policy beside the places that are known."""
    for found in shaped_policies(resource, held):
        if isinstance(found, Gap):
            inventory.gaps.append(found)
        else:
            inventory.policies.append(found)
