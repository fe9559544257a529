"""The policies of a resource: each document by case, and the default where none is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kmsiac.inventory.cases import TooManyWorlds, Varying, World, in_every_world
from kmsiac.inventory.expand import branch, digest, settle, varying
from kmsiac.inventory.model import Policy, Settings
from kmsiac.inventory.settings import at_path, exists
from kmsiac.inventory.sites import PolicySite
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Resource
from kmsiac.values import (
    Absent,
    Choice,
    List,
    Map,
    Null,
    Text,
    Unknown,
    Value,
    text,
)

Document = PolicyDocument | Unknown | None
Ask = Callable[[World], tuple[Value | None, int]]
"""In a world: the value at a site, and the position of its key."""


def policies_of(resource: Resource, site: PolicySite) -> Iterator[Policy]:
    """The policies at one site of a resource; those of which no case is written are left out."""
    if "[]" in site.path:
        yield from _in_list(resource, site)
        return

    def question(world: World) -> tuple[Value | None, int]:
        if not exists(resource, world):
            return None, 0
        return at_path(resource, site.path, world)

    policy = _policy(resource, site, site.path, question)
    if policy is not None:
        yield policy


def _in_list(resource: Resource, site: PolicySite) -> Iterator[Policy]:
    container, name = site.path.split("[].")

    def members(world: World) -> tuple[Value | None, int]:
        return at_path(resource, container, world) if exists(resource, world) else (None, 0)

    try:
        found = [result for _, result in in_every_world(members)]
    except TooManyWorlds:
        found = [(_too_many(resource), resource.position)]
    if all(value is None for value, _ in found):
        return
    size = max((len(v.items) for v, _ in found if isinstance(v, List)), default=0)
    more = any(isinstance(v, Unknown) or (isinstance(v, List) and v.open) for v, _ in found)
    for index in range(size + more):

        def question(world: World, index: int = index) -> tuple[Value | None, int]:
            value, position = members(world)
            return _member(value, position, index, name, world)

        attribute = f"{container}[{index}].{name}"
        policy = _policy(resource, site, attribute, question)
        if policy is not None:
            yield policy


def _member(
    container: Value | None, position: int, index: int, name: str, world: World
) -> tuple[Value | None, int]:
    if not isinstance(container, List):
        return (container if isinstance(container, Unknown) and not index else None), position
    if index >= len(container.items):
        return (container.open if index == len(container.items) else None), position
    item = container.items[index]
    if not isinstance(item, Map):
        return (item if isinstance(item, Unknown) else None), position
    value = item.get(name)
    while isinstance(value, Choice):
        value = branch(value, world)
    if value is None or isinstance(value, Absent | Null):
        return None, position
    key = item.key(name)
    return settle(value, world), key.position if key is not None else position


def _policy(resource: Resource, site: PolicySite, attribute: str, ask: Ask) -> Policy | None:
    positions: list[int] = []

    def document(world: World) -> tuple[Value | None, int]:
        value, position = ask(world)
        if value is not None:
            positions.append(position)
        return value, position

    values = varying(document, lambda pair: digest(pair[0]), lambda: (_too_many(resource), 0))
    if all(value is None for _, (value, _) in values.cases):
        return None
    documents: Varying[Document] = Varying(
        tuple(
            (when, None if value is None else parse_document(value))
            for when, (value, _) in values.cases
        )
    )
    return Policy(
        resource,
        _existence(resource),
        kind=site.kind,
        attribute=attribute,
        attribute_position=positions[0] if positions else resource.position,
        document=documents,
    )


def _existence(resource: Resource) -> Varying[Settings | None]:
    def question(world: World) -> Settings | None:
        return {} if exists(resource, world) else None

    return varying(question, lambda settings: settings is None, dict)


def _too_many(resource: Resource) -> Unknown:
    reason = "depends on too many combinations of conditions"
    return Unknown(resource.address, reason, resource.position)


def default_key_policy(resource: Resource, attribute: str) -> Policy:
    """The key policy that KMS gives a key for which none is written.

    Source: KMS Developer Guide, "Default key policy": the account may do everything.
    """
    provider = resource.provider
    root = Text(("arn:", *provider.partition.parts, ":iam::", *provider.account.parts, ":root"))
    statement = Map(
        (
            (text("Sid"), text("Enable IAM User Permissions")),
            (text("Effect"), text("Allow")),
            (text("Principal"), Map(((text("AWS"), root),))),
            (text("Action"), text("kms:*")),
            (text("Resource"), text("*")),
        )
    )
    return _default(resource, attribute, "key", statement)


def default_endpoint_policy(resource: Resource, attribute: str) -> Policy:
    """The policy of an endpoint for which none is written: full access."""
    statement = Map(
        (
            (text("Effect"), text("Allow")),
            (text("Principal"), text("*")),
            (text("Action"), text("*")),
            (text("Resource"), text("*")),
        )
    )
    return _default(resource, attribute, "endpoint", statement)


def _default(resource: Resource, attribute: str, kind: str, statement: Map) -> Policy:
    value = Map((_entry("Version", "2012-10-17"), (text("Statement"), List((statement,)))))
    document = parse_document(value)
    return Policy(
        resource,
        _existence(resource),
        kind=kind,
        attribute=attribute,
        attribute_position=resource.position,
        document=Varying.always(document),
        default=True,
    )


def _entry(name: str, literal: str) -> tuple[Text, Text]:
    return text(name), text(literal)
