"""Which attributes of which resource types hold a policy document, in Terraform and CloudFormation.

Beside those of keys, identities and endpoints, which the inventory links to each other. What holds
a document of another language, or none, is in the data with the reason (`left_out`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, cast

from kmsiac.aws.consumers import key_heads, wanted_attributes
from kmsiac.aws.dataset import read


class KindAttribute(NamedTuple):
    """The attribute that says which kind of policy a resource holds.

    `default` is its value where nothing is written. A value that is not in `kinds` makes the
    document one of another language.
    """

    name: str
    default: str
    kinds: Mapping[str, str]


class PolicyAttribute(NamedTuple):
    """A place of policy documents: a dotted path, `blocks[].name` for each member of a list.

    `kind` is empty where an attribute says it (`kind_attribute`). `statement`: what stands there
    is one statement, not a document.
    """

    path: str
    kind: str
    statement: bool = False

    @property
    def head(self) -> str:
        """The top-level attribute in which it is written."""
        return self.path.partition(".")[0].removesuffix("[]")


_BY_ATTRIBUTE = "by attribute"


@cache
def _places() -> Mapping[str, tuple[PolicyAttribute, ...]]:
    data = read("policy_sites.json")
    found: dict[str, tuple[PolicyAttribute, ...]] = {}
    for kind, types in cast("dict[str, dict[str, str | list[str]]]", data["sites"]).items():
        for type, paths in types.items():
            named = "" if kind == _BY_ATTRIBUTE else kind
            places = [paths] if isinstance(paths, str) else paths
            more = tuple(PolicyAttribute(path, named) for path in places)
            found[type] = found.get(type, ()) + more
    for type, path in cast("dict[str, str]", data["statements"]).items():
        found[type] = (*found.get(type, ()), PolicyAttribute(path, "resource", statement=True))
    return found


@cache
def _kinds() -> Mapping[str, KindAttribute]:
    rows = cast("dict[str, dict[str, str]]", read("policy_sites.json")["kinds"])
    return {
        type: KindAttribute(row["attribute"], row["default"], cast("dict[str, str]", row["values"]))
        for type, row in rows.items()
    }


@cache
def left_out() -> Mapping[str, str]:
    """Attributes and resource types that are named after policies and hold none of ours: the reason."""
    rows = cast("dict[str, list[str]]", read("policy_sites.json")["left_out"])
    return {place: reason for reason, places in rows.items() for place in places}


@cache
def _not_searched() -> frozenset[str]:
    rows = cast("dict[str, list[str]]", read("policy_sites.json")["not_searched"])
    return frozenset(place for places in rows.values() for place in places)


def is_searched(resource_type: str, name: str) -> bool:
    """Whether what has the shape of a policy in an attribute of this name may be one."""
    places = _not_searched()
    return name not in places and f"{resource_type}.{name}" not in places


def policy_types() -> frozenset[str]:
    """The resource types that have such places."""
    return frozenset(_places())


def policy_attributes(resource_type: str) -> tuple[PolicyAttribute, ...]:
    """The places of policy documents of a resource type; none for a type that has no policy."""
    return _places().get(resource_type, ())


def kind_attribute(resource_type: str) -> KindAttribute | None:
    """The attribute that says the kind of a resource's policy, for those where one does."""
    return _kinds().get(resource_type)


@cache
def policy_heads(resource_type: str) -> frozenset[str]:
    """The top-level attributes of a resource type in which a policy is written."""
    return frozenset(place.head for place in policy_attributes(resource_type))


@cache
def sink_heads(resource_type: str) -> frozenset[str]:
    """The top-level attributes that make a resource one to look at: they name a key or hold a policy."""
    return key_heads(resource_type) | policy_heads(resource_type)


@cache
def sink_attributes(resource_type: str) -> frozenset[str]:
    """The top-level attributes of such a resource that are evaluated; the others are only referred to."""
    kind = kind_attribute(resource_type)
    said = frozenset({kind.name}) if kind is not None else frozenset()
    return wanted_attributes(resource_type) | policy_heads(resource_type) | said
