"""Policies where no list has them: any map, or JSON text, that has the shape of one.

A custom resource, a third-party type or a property that is newer than our lists may hold a policy.
What it is for is not known; `bare.infer_kind` says what its elements show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kmsiac.aws.policy_sites import is_searched
from kmsiac.inventory.cases import World
from kmsiac.inventory.model import Policy
from kmsiac.inventory.places import Steps, spelled, value_at
from kmsiac.inventory.policies import policy_at
from kmsiac.inventory.settings import exists
from kmsiac.inventory.sites import PolicySite
from kmsiac.policy.json_text import decode
from kmsiac.stack import Gap, Resource
from kmsiac.values import Choice, List, Map, Text, Unknown, Value

_MAX_VALUES = 20_000
"""Values that are looked at in one resource; more of them come only of hostile templates."""

_SITE = PolicySite("", "unknown", owner=False)
_VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = ("Action", "NotAction", "Principal", "NotPrincipal", "Resource", "NotResource")


def shaped_policies(resource: Resource, held: Collection[str]) -> Iterator[Policy | Gap]:
    """The policies of a resource that stand at none of the attributes `held`.

    A Gap where it is too large to be searched to the end.
    """
    places: dict[Steps, None] = {}
    for left, (steps, value) in enumerate(_values(resource, frozenset(held))):
        if left >= _MAX_VALUES:
            reason = "too large to look for more policies in it"
            yield Gap(resource.address, "", reason, resource.position)
            break
        if _is_policy(value) and _attribute(steps) not in held:
            places[steps] = None
    for steps in places:

        def question(world: World, steps: Steps = steps) -> tuple[Value | None, int]:
            if not exists(resource, world):
                return None, 0
            return value_at(resource.attributes, steps, world)

        policy = policy_at(resource, _SITE, _attribute(steps), question)
        if policy is not None:
            policy.alone = True
            yield policy


def _attribute(steps: Steps) -> str:
    # Where the properties as a whole are one, its statements are what there is to point at.
    return spelled(steps) or "Statement"


def _values(resource: Resource, held: frozenset[str]) -> Iterator[tuple[Steps, Value]]:
    """Every value in a resource with the way to it, but for what is in policies."""
    stack: list[tuple[Steps, Value]] = [((), resource.attributes)]
    while stack:
        steps, value = stack.pop()
        yield steps, value
        if isinstance(value, Choice):
            stack += ((steps, branch) for _, branch in reversed(value.branches))
        elif isinstance(value, Text):
            inner = _json(value)
            if inner is not None and not _is_policy(inner):
                stack += _inside(resource, steps, inner, held)
        elif not _is_policy(value):
            stack += _inside(resource, steps, value, held)


def _inside(
    resource: Resource, steps: Steps, value: Value, held: frozenset[str]
) -> list[tuple[Steps, Value]]:
    found: list[tuple[Steps, Value]] = []
    if isinstance(value, List):
        found = [((*steps, index), item) for index, item in enumerate(value.items)]
    elif isinstance(value, Map):
        for key, member in value.entries:
            name = key.literal
            if name is not None and is_searched(resource.type, name):
                found.append(((*steps, name), member))
    return [one for one in reversed(found) if spelled(one[0]) not in held]


def _is_policy(value: Value) -> bool:
    """Whether a value is a policy, in one case at least."""
    if isinstance(value, Text):
        inner = _json(value)
        return inner is not None and _is_policy(inner)
    if not isinstance(value, Map):
        return False
    statement = value.get("Statement")
    if isinstance(statement, Unknown):
        version = value.get("Version")
        return isinstance(version, Text) and version.literal in _VERSIONS
    return statement is not None and any(map(_is_statement, _members(statement)))


def _members(value: Value) -> Iterator[Value]:
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, Choice):
            stack += (branch for _, branch in current.branches)
        elif isinstance(current, List):
            stack += current.items
        else:
            yield current


def _is_statement(value: Value) -> bool:
    return (
        isinstance(value, Map)
        and value.get("Effect") is not None
        and any(value.get(name) is not None for name in _ELEMENTS)
    )


def _json(value: Text) -> Value | None:
    """What a text holds as JSON, where it may hold a policy."""
    if value.document is not None:
        return value.document
    first = value.parts[0] if value.parts else ""
    if not isinstance(first, str) or not first.lstrip().startswith(("{", "[")):
        return None
    words = [part for part in value.parts if isinstance(part, str)]
    told = all(any(word in part for part in words) for word in ("Statement", "Effect"))
    if not told and not any("\\u" in part for part in words):  # an escape may be a letter of it
        return None
    decoded = decode(value)
    return None if isinstance(decoded, Unknown) else decoded
