"""Symbols for attributes of managed resources that a plan does not know yet.

Types and shapes are those of the HCL front end, so that a rule sees the same thing in both.
"""

from __future__ import annotations

import re

from kmsiac.frontends.terraform.attributes import PATH_DEFAULT, symbol_rule
from kmsiac.frontends.terraform.plan_model import Change
from kmsiac.stack import Provider
from kmsiac.values import Part, Symbol, Text

_PLACE = re.compile(r"\{([a-z_]+)\}")


def attribute_symbol(change: Change, attribute: str, provider: Provider, position: int) -> Symbol:
    """The symbol for an unknown attribute of a managed resource, with what is known of its shape.

    Attributes that always have the value of another one (`id` of a role is its `name`) are that.
    """
    attribute = same_as(change.type, attribute)
    kind, template = symbol_rule(change.type, attribute)
    shape = _shape(template, change, provider) if template else None
    reference = f"{change.address}.{attribute}"
    return Symbol(kind, reference, provider.owner, "resource", shape, position, change.address)


def same_as(resource_type: str, attribute: str) -> str:
    """The attribute that this one is another name of, or itself."""
    rule, other = symbol_rule(resource_type, attribute)
    return other if rule == "=" else attribute


def _shape(template: str, change: Change, provider: Provider) -> Text:
    environment = {
        "partition": provider.partition,
        "account": provider.account,
        "region": provider.region,
        "dns_suffix": provider.dns_suffix,
    }
    parts: list[Part] = []
    at = 0
    for match in _PLACE.finditer(template):
        parts.append(template[at : match.start()])
        at = match.end()
        known = environment.get(match[1])
        parts.extend(known.parts if known is not None else [_part(change, match[1], provider)])
    parts.append(template[at:])
    return Text(parts)


def _part(change: Change, attribute: str, provider: Provider) -> Part:
    """An attribute of the resource inside a shape: as it is known, else a symbol without shape."""
    known = change.after.get(attribute)
    if isinstance(known, str) and known:
        return known
    if attribute == "path" and not change.is_unknown("path"):
        return PATH_DEFAULT
    kind, _ = symbol_rule(change.type, attribute)
    reference = f"{change.address}.{attribute}"
    return Symbol(kind, reference, provider.owner, "resource", address=change.address)
