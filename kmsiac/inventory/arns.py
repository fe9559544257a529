"""The ARNs of keys and identities of a unit, as a reference to them would evaluate."""

from __future__ import annotations

from kmsiac.inventory.model import Endpoint, Identity, Key, Settings
from kmsiac.stack import CLOUDFORMATION
from kmsiac.values import Bool, Null, Part, Symbol, Text, Value


def arn_of(entity: Key | Identity, framework: str, settings: Settings | None = None) -> Text:
    """One symbol, equal to the one that a reference to the ARN gives.

    Its shape has the name and the path that `settings` hold; the name is a symbol of its own
    where they do not, as the id of a key always is.
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
    own: tuple[Part, ...] = (Symbol(noun, reference, provider.owner, "resource", address=address),)
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
