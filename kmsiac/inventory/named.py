"""Which entity of a unit a text names: what a policy's principals, resources and conditions say,
and what people type.

Each takes the inventory that `build` made and a value with its symbols; an address
(`aws_kms_key.k`) is not a name. Nothing found: `open` of the result says why.
"""

from __future__ import annotations

from kmsiac.inventory.index import Index
from kmsiac.inventory.model import Endpoint, Identity, Inventory, Key, Related
from kmsiac.stack import Provider
from kmsiac.values import Text


def identity_named(inventory: Inventory, value: Text) -> Related[Identity]:
    """The role, user or group that a text names: a symbol of it (ARN, name, unique id), or an ARN
    whose account, path and name are those of an identity of the unit. A session ARN names none.
    """
    return _index(inventory).identities.find(value)


def key_named(inventory: Inventory, value: Text, near: Provider | None = None) -> Related[Key]:
    """The key that a text names: a symbol of it, its ARN or id made of one, or an alias of the
    unit by symbol, name (`alias/x`, in the account and Region of `near` where given) or ARN.

    A literal key id or key ARN names the key that has it, where that is known (`known_id`). Else it
    names no key of a template, whose id is given on creation; but in a template that was deployed
    before it may: `open` is never empty then.
    """
    return _index(inventory).key(value, near)


def endpoint_named(inventory: Inventory, value: Text) -> Related[Endpoint]:
    """The VPC endpoint that a text names: a symbol of it (`aws_vpc_endpoint.kms.id`)."""
    return _index(inventory).endpoints.find(value)


def _index(inventory: Inventory) -> Index:
    if inventory.index is None:
        inventory.index = Index(inventory)
    return inventory.index
