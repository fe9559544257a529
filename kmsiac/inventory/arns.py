"""The ARNs of keys and identities of a unit, as a reference to them would evaluate."""

from __future__ import annotations

import re

from kmsiac.inventory.model import Endpoint, Identity, Key, Settings
from kmsiac.stack import CLOUDFORMATION
from kmsiac.values import Bool, Null, Part, Symbol, Text, Value

_ID = re.compile(r"[A-Za-z0-9-]{1,256}")
_NAMES = ("key_id", "arn", "id")


def known_id(key: Key) -> str | None:
    """The id of a key that exists, where the template knows it: in the plan of what is deployed, and
    where the key is imported. Not known before: what a key is replaced by, and any new one.
    """
    for name in _NAMES:
        value = key.resource.attributes.get(name)
        literal = value.literal if isinstance(value, Text) else None
        found = (literal or "").rpartition(":key/")[2]
        if _ID.fullmatch(found):
            return found
    return None


def arn_of(entity: Key | Identity, framework: str, settings: Settings | None = None) -> Text:
    """One symbol, equal to the one that a reference to the ARN gives.

    Its shape has the name and the path that `settings` hold; the name is a symbol of its own
    where they do not. The id of a key is one always, with a shape where it is known.
    """
    address, provider = entity.address, entity.resource.provider
    cloudformation = framework == CLOUDFORMATION
    if isinstance(entity, Key):
        kind, service, region, noun = "key", "kms", provider.region.parts, "key_id"
        attribute = "key_id"
    else:
        kind, service, region, noun = entity.kind, "iam", (), f"{entity.kind}_name"
        attribute = "name"
    reference = address if cloudformation else f"{address}.{attribute}"
    known = known_id(entity) if isinstance(entity, Key) else None
    given = Text((known,), entity.position) if known is not None else None
    named = Symbol(noun, reference, provider.owner, "resource", given, address=address)
    own: tuple[Part, ...] = (named,)
    shape: list[Part] = ["arn:", *provider.partition.parts, f":{service}:", *region, ":"]
    path, name = _parts(settings, "path"), _parts(settings, "name")
    shape += [*provider.account.parts, f":{kind}", *(path or ("/",)), *(name or own)]
    symbol = Symbol(
        f"{kind}_arn",
        f"{address}.{'Arn' if cloudformation else 'arn'}",
        provider.owner,
        "resource",
        Text(shape, entity.position),
        entity.position,
        address,
    )
    return Text((symbol,), entity.position)


def multi_region_of(key: Key) -> bool | None:
    """Whether a key is a multi-Region key, whose id starts with `mrk-`; None where not known, or
    not the same in all cases.
    """
    known = known_id(key)
    if known is not None:
        return known.startswith("mrk-")
    found = set[bool | None]()
    for _, settings in key.settings.cases:
        setting = settings.get("multi_region") if settings is not None else None
        value = setting.value if setting is not None else None
        found.add(value.value if isinstance(value, Bool) else None)
    return found.pop() if len(found) == 1 else None


def id_of(endpoint: Endpoint, framework: str) -> Text:
    """The id of a VPC endpoint, equal to the symbol that a reference to it gives."""
    address, provider = endpoint.address, endpoint.resource.provider
    reference = address if framework == CLOUDFORMATION else f"{address}.id"
    symbol = Symbol("endpoint_id", reference, provider.owner, "resource", address=address)
    return Text((symbol,), endpoint.position)


def _parts(settings: Settings | None, name: str) -> tuple[Part, ...]:
    found = settings.get(name) if settings is not None else None
    value: Value | None = found.value if found is not None else None
    if value is None or isinstance(value, Null) or not isinstance(value, Text):
        return ()
    return value.parts
