"""Which attributes of which resource types name a KMS key, in Terraform and CloudFormation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, cast

from kmsiac.aws.dataset import read


class KeyAttribute(NamedTuple):
    """An attribute that names a key.

    `path` goes through nested blocks, maps and each member of lists. `type` is one name for the
    same thing in both frameworks (`log_group`) where there is one, else the resource type.
    `any_resource`: it may name other things than keys, too. `arn_only`: it takes ARNs and refuses
    the id of a key; where that is not known it is False.
    """

    path: tuple[str, ...]
    type: str
    any_resource: bool = False
    arn_only: bool = False


@cache
def _data() -> Mapping[str, object]:
    return read("consumers.json")


@cache
def _kinds() -> Mapping[tuple[str, str], str]:
    kinds = cast("Mapping[str, Mapping[str, str]]", _data()["kinds"])
    return {(type, path): kind for kind, paths in kinds.items() for type, path in paths.items()}


@cache
def key_attributes(resource_type: str) -> tuple[KeyAttribute, ...]:
    """The attributes of a resource type that name a key; none for a type that uses no keys.

    By name, from the schemas of the provider and the registry: not every type that AWS adds is in
    the list, and where a service makes up its own default key nothing is written.
    """
    table = cast("Mapping[str, list[str]]", _data()["attributes"])
    any_resource = cast("list[str]", _data()["any_resource"])
    arn_only = cast("Mapping[str, list[str]]", _data()["arn_only"]).get(resource_type, ())
    return tuple(
        KeyAttribute(
            tuple(path.split(".")),
            _kinds().get((resource_type, path), resource_type),
            resource_type in any_resource,
            path in arn_only,
        )
        for path in table.get(resource_type, ())
    )


@cache
def asymmetric_consumers() -> frozenset[str]:
    """The types of consumers that take asymmetric or HMAC keys, too."""
    return frozenset(cast("list[str]", _data()["asymmetric"]))


def name_attribute(resource_type: str) -> str:
    """Where the name of a resource is written (`Rule.Name`), for those that a rule asks; else empty."""
    return cast("Mapping[str, str]", _data()["names"]).get(resource_type, "")


@cache
def wanted_attributes(resource_type: str) -> frozenset[str]:
    """The top-level attributes of a resource type that say which key it uses, and its name.

    Empty for a type that uses no keys.
    """
    heads = {attribute.path[0] for attribute in key_attributes(resource_type)}
    name = name_attribute(resource_type).partition(".")[0]
    return frozenset(heads | {name} if heads and name else heads)


@cache
def key_heads(resource_type: str) -> frozenset[str]:
    """The top-level attributes in which a key is named."""
    return frozenset(attribute.path[0] for attribute in key_attributes(resource_type))


def left_out() -> Mapping[str, str]:
    """Properties of CloudFormation that are named after keys and name none: the reason."""
    rows = cast("Mapping[str, list[str]]", _data()["left_out"])
    return {place: reason for reason, places in rows.items() for place in places}
