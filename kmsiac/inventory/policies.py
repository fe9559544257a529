"""The policies of a resource: each document by case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from kmsiac.aws.policy_sites import KindAttribute
from kmsiac.inventory.cases import TooManyWorlds, Varying, World, in_every_world
from kmsiac.inventory.expand import digest, settle, varying
from kmsiac.inventory.model import Policy, Settings
from kmsiac.inventory.settings import at_path, chosen, exists
from kmsiac.inventory.sites import PolicySite
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.json_text import decode
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Resource
from kmsiac.values import (
    Absent,
    List,
    Map,
    Null,
    Text,
    Unknown,
    Value,
)

Document = PolicyDocument | Unknown | None
Ask = Callable[[World], tuple[Value | None, int]]
"""In a world: the value at a site, and the position of its key."""


def policies_of(resource: Resource, site: PolicySite) -> Iterator[Policy]:
    """The policies at one site of a resource; those of which no case is written are left out, and
    documents of another language (a tag policy).
    """
    if site.kind_of is not None:
        kind = _kind(resource, site.kind_of)
        if not kind:
            return
        site = site._replace(kind=kind, kind_of=None)
    if "[]" in site.path:
        yield from _in_list(resource, site)
        return

    def question(world: World) -> tuple[Value | None, int]:
        if not exists(resource, world):
            return None, 0
        return at_path(resource, site.path, world)

    policy = policy_at(resource, site, site.path, question)
    if policy is not None:
        yield policy


def _kind(resource: Resource, said: KindAttribute) -> str:
    """The kind that an attribute says; empty for another language, unknown where it is not one."""

    def question(world: World) -> str:
        if not exists(resource, world):
            return ""
        value, _ = at_path(resource, said.name, world)
        if value is None:
            return said.kinds.get(said.default, "")
        literal = value.literal if isinstance(value, Text) else None
        return "unknown" if literal is None else said.kinds.get(literal, "")

    try:
        found = {kind for _, kind in in_every_world(question)}
    except TooManyWorlds:
        return "unknown"
    return found.pop() if len(found) == 1 else "unknown"


def _in_list(resource: Resource, site: PolicySite) -> Iterator[Policy]:
    container, name = site.path.split("[].")

    def members(world: World) -> _Members:
        return _members(resource, container, world) if exists(resource, world) else _NONE

    try:
        found = [result for _, result in in_every_world(members)]
    except TooManyWorlds:
        found = [_Members((), too_many(resource), False, resource.position)]
    size = max(len(each.items) for each in found)
    more = any(each.rest is not None for each in found)
    for index in range(size + more):

        def question(world: World, index: int = index) -> tuple[Value | None, int]:
            return _member(members(world), index, size, name, world)

        policy = policy_at(resource, site, f"{container}[{index}].{name}", question)
        if policy is not None:
            yield policy


class _Members(NamedTuple):
    """The members of a list of policies in one world, and the Unknown for those not known."""

    items: tuple[Value, ...]
    rest: Unknown | None
    sensitive: bool
    position: int


_NONE = _Members((), None, False, 0)


def _members(resource: Resource, container: str, world: World) -> _Members:
    # Members are not settled here: the conditions inside of one do not split the others.
    written = resource.attributes.get(container)
    if written is None:
        return _NONE._replace(rest=resource.attributes.open, position=resource.position)
    value, sensitive = chosen(written, world, resource.attributes.sensitive)
    if isinstance(value, List):
        return _Members(value.items, value.open, sensitive, value.position)
    if isinstance(value, Absent | Null):
        return _NONE
    if isinstance(value, Map):
        return _Members((value,), None, sensitive, value.position)
    rest = value if isinstance(value, Unknown) else _not_a_list(container, value)
    return _Members((), rest, sensitive, value.position)


def _not_a_list(container: str, value: Value) -> Unknown:
    return Unknown(container, "a list of policies was expected", value.position)


def _member(
    members: _Members, index: int, size: int, name: str, world: World
) -> tuple[Value | None, int]:
    """The document of one member; the one after the last stands for those that are not known."""
    if index >= len(members.items):
        return (members.rest if index == size else None), members.position
    item, sensitive = chosen(members.items[index], world, members.sensitive)
    if isinstance(item, Absent | Null):
        return None, members.position
    if not isinstance(item, Map):
        unknown = Unknown(name, "a policy with a name was expected", item.position)
        return (item if isinstance(item, Unknown) else unknown), item.position
    value: Value = item
    position = item.position
    for step in name.split("."):
        if not isinstance(value, Map):
            return (value if isinstance(value, Unknown) else None), position
        member = value.get(step)
        if member is None:
            return value.open, position
        key = value.key(step)
        position = key.position if key is not None else position
        value, sensitive = chosen(member, world, sensitive)
    if isinstance(value, Absent | Null):
        return None, item.position
    try:
        return settle(value, world, sensitive=sensitive), position
    except TooManyWorlds:
        raise TooManyWorlds(position) from None


def policy_at(resource: Resource, site: PolicySite, attribute: str, ask: Ask) -> Policy | None:
    """The policy that `ask` gives in each world; None where it gives none in any."""
    positions: list[int] = []

    def document(world: World) -> tuple[Value | None, int]:
        try:
            value, position = ask(world)
        except TooManyWorlds as refused:
            positions.append(refused.position)
            raise
        if value is not None:
            positions.append(position)
        return value, position

    values = varying(document, lambda pair: digest(pair[0]), lambda: (too_many(resource), 0))
    if all(value is None for _, (value, _) in values.cases):
        return None
    documents: Varying[Document] = Varying(
        tuple(
            (when, None if value is None else parse_document(_whole(value, site)))
            for when, (value, _) in values.cases
        )
    )
    return Policy(
        resource,
        existence(resource),
        kind=site.kind,
        attribute=attribute,
        attribute_position=next((p for p in positions if p), resource.position),
        document=documents,
    )


def _whole(value: Value, site: PolicySite) -> Value:
    """The document at a site, also where only one statement of it is written."""
    if not site.statement:
        return value
    statement = decode(value) if isinstance(value, Text) else value
    if not isinstance(statement, Map) or statement.get("Statement") is not None:
        return statement
    key = Text(("Statement",), value.position)
    return Map(((key, List((statement,), value.position)),), value.position)


def existence(resource: Resource) -> Varying[Settings | None]:
    """No settings in the cases where a resource exists, None in the others."""

    def question(world: World) -> Settings | None:
        return {} if exists(resource, world) else None

    return varying(question, lambda settings: settings is None, dict)


def too_many(resource: Resource) -> Unknown:
    """What depends on more cases than are looked at."""
    reason = "depends on too many combinations of conditions"
    return Unknown(resource.address, reason, resource.position)
