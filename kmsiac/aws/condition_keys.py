"""Condition keys: what they tell about a request, and which KMS actions carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal, NotRequired, TypedDict, cast

from kmsiac.aws.actions import kms_actions
from kmsiac.aws.dataset import read
from kmsiac.aws.operators import operators
from kmsiac.aws.shapes import fold

KeyClass = Literal[
    "identity", "network", "source", "request", "resource", "session", "service-call"
]
ValueType = Literal["string", "arn", "bool", "numeric", "date", "ip"]
Presence = Literal["yes", "no", "sometimes", "unknown"]
"""`unknown`: the documentation is silent, so the answer is cannot tell."""

LONGEST_NAME = 256
"""Longer names are not compared for suggestions."""

CLOSE = 0.75
"""How like a known name must be to be suggested (difflib's ratio, 0 to 1)."""


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """One condition key that requests to KMS can carry.

    A family, such as `kms:EncryptionContext:<k>`, has a `prefix`; `condition_key` gives its
    members, `condition_keys` its one row, named `kms:EncryptionContext:*`.
    """

    name: str
    """In AWS's spelling; what follows a family's prefix as it was asked for."""
    type: ValueType
    """What its values are; of a multivalued key, each one."""
    klass: KeyClass
    """What it tells about: who calls (identity), by which way (network), for which resource a
    service calls (source), parameters and time (request), the key (resource), how the credentials
    were made (session), whether and through which service (service-call)."""
    multivalued: bool
    """A request holds a list: a set operator is required."""
    allowed_values: frozenset[str] | None
    """The only values it can have; None where they are not a list."""
    value_format: str | None
    """The name of the format (`formats.FORMATS`) of its values."""
    operators: frozenset[str]
    """The operators, without affixes, that suit its type."""
    sensitive: bool
    """AWS lists it as sensitive: a wildcard in its value, even in a part, is never right."""
    always_present: bool
    """It is in every signed request, of its actions for a `kms:` key."""
    pins_stranger: Presence
    """Whether a fixed value under a positive operator keeps out principals of other accounts."""
    present_direct: Presence
    """Is it there when an IAM principal calls the public endpoint?"""
    present_endpoint: Presence
    """... when an IAM principal calls through a VPC endpoint?"""
    present_via_service: Presence
    """... when a service calls with the caller's credentials (forward access session)?"""
    present_service_principal: Presence
    """... when a service calls under its own service principal?"""
    replacement: str | None
    """For a deprecated key, the one to use instead."""
    prefix: str
    """`kms:EncryptionContext:` for a family and its members, else empty."""
    ids: int
    """How many numbered members a family has (`PCR0` to `PCR31`: 32); 0: any text."""


class _Row(TypedDict):
    type: ValueType
    # `class` is a keyword, so it is read by subscription from the raw row.
    present: list[Presence]
    multivalued: NotRequired[bool]
    values: NotRequired[str | list[str]]
    format: NotRequired[str]
    also_operators: NotRequired[list[str]]
    ids: NotRequired[int]
    replacement: NotRequired[str]
    sensitive: NotRequired[bool]
    always_present: NotRequired[bool]
    pins_stranger: NotRequired[Presence]


@cache
def condition_keys() -> tuple[ConditionKey, ...]:
    """The known keys, `kms:` first; a family is one row."""
    data = read("condition_keys.json")
    lists = cast("Mapping[str, list[str]]", data["values"])
    rows = cast("Mapping[str, _Row]", data["condition_keys"])
    return tuple(_key(name, row, lists) for name, row in rows.items())


def _key(name: str, row: _Row, lists: Mapping[str, list[str]]) -> ConditionKey:
    values = row.get("values")
    if row["type"] == "bool":
        values = ["true", "false"]
    elif isinstance(values, str):
        values = lists[values]
    families = {row["type"], "null", *row.get("also_operators", ())}
    if row["type"] == "arn":
        families.add("string")
    direct, endpoint, via_service, service_principal = row["present"]
    return ConditionKey(
        name=name,
        type=row["type"],
        klass=cast("Mapping[str, KeyClass]", row)["class"],
        multivalued=row.get("multivalued", False),
        allowed_values=None if values is None else frozenset(values),
        value_format=row.get("format"),
        operators=frozenset(op.name for op in operators() if op.family in families),
        sensitive=row.get("sensitive", False),
        always_present=row.get("always_present", False),
        pins_stranger=row.get("pins_stranger", "no"),
        present_direct=direct,
        present_endpoint=endpoint,
        present_via_service=via_service,
        present_service_principal=service_principal,
        replacement=row.get("replacement"),
        prefix=name.removesuffix("*") if name.endswith("*") else "",
        ids=row.get("ids", 0),
    )


@cache
def _by_folded_name() -> Mapping[str, ConditionKey]:
    return {fold(key.name): key for key in condition_keys() if not key.prefix}


@cache
def _families() -> tuple[ConditionKey, ...]:
    return tuple(key for key in condition_keys() if key.prefix)


@lru_cache(maxsize=4096)
def condition_key(name: str) -> ConditionKey | None:
    """The key of that name, case aside, members of families included; None if it is not known.

    Not known need not mean absent: federated sessions bring keys of their identity provider
    (`saml:...`, `<host>:sub`), and several services keys with their own prefix. Only under `kms:`
    the list is complete.
    """
    folded = fold(name)
    key = _by_folded_name().get(folded)
    if key is not None:
        return key
    for family in _families():
        if folded.startswith(fold(family.prefix)):
            rest = name[len(family.prefix) :]
            if rest and (not family.ids or _is_id(rest, family.ids)):
                return replace(family, name=family.prefix + rest)
    return None


def _is_id(text: str, ids: int) -> bool:
    """Whether `text` is a number from 0 to `ids` - 1 as keys spell it."""
    return len(text) <= 2 and text in map(str, range(ids))


@lru_cache(maxsize=4096)
def actions_carrying(name: str) -> frozenset[str] | None:
    """The KMS actions whose requests can carry a key, by name (`kms:Decrypt`).

    None where the question has no answer of its own: every action can carry the global keys but
    those about tags of the key and the request, and an unknown key is not judged.
    """
    key = condition_key(name)
    if key is None:
        return None
    folded = fold(key.replacement or key.prefix or key.name)
    found = frozenset(
        action.name
        for action in kms_actions()
        if any(
            folded == carried or (carried.endswith((":", "/")) and folded.startswith(carried))
            for carried in action.condition_keys
        )
    )
    return found or None


def nearest(name: str) -> str | None:
    """The known key that a misspelt name most likely means; None if none comes close."""
    if len(name) > LONGEST_NAME:
        return None
    from difflib import get_close_matches  # noqa: PLC0415  (only a mistake needs it)

    candidates = {fold(known): known for known in _plain_names()}
    heads = {fold(family.prefix)[:-1]: family.prefix for family in _families() if not family.ids}
    folded = fold(name)
    cut = folded.find("/") if "/" in folded else folded.find(":", folded.find(":") + 1)
    if cut > 0:
        head = get_close_matches(folded[:cut], heads, 1, CLOSE)
        if head:
            return heads[head[0]] + (name[cut + 1 :] or "*")
    close = get_close_matches(folded, candidates, 1, CLOSE)
    return candidates[close[0]] if close else None


@cache
def names() -> frozenset[str]:
    """The names of all known keys, numbered ones spelt out; open families end in `*`."""
    open_families = (f"{family.prefix}*" for family in _families() if not family.ids)
    return frozenset((*_plain_names(), *open_families))


@cache
def _plain_names() -> tuple[str, ...]:
    numbered = (f"{key.prefix}{number}" for key in _families() for number in range(key.ids))
    return (*(key.name for key in condition_keys() if not key.prefix), *numbered)
