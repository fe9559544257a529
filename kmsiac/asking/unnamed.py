"""Whom a key policy or a grant lets in without the template saying who that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kmsiac.asking.scene import Scene
from kmsiac.aws.actions import KmsAction
from kmsiac.findings.excerpt import one_line, printable
from kmsiac.findings.finding import Unresolved
from kmsiac.inventory.model import Entity, Key
from kmsiac.policy.actions import covered_actions
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.policy.principals import kind_of
from kmsiac.values import Blame, Text, Unknown, blame_on, open_blame

_WHO = "it is not known whom this lets in"


def unnamed(scene: Scene, key: Key, actions: Sequence[KmsAction]) -> list[Unresolved]:
    """What keeps a list of those who hold something from being complete."""
    names = frozenset(action.name for action in actions)
    found: dict[Unresolved, None] = {}
    for owner, attribute, blame in (*_policies(key, names), *_grants(key)):
        reason = f"{_WHO}: {one_line(blame.expression, 80)}: {one_line(blame.reason)}"
        address = printable(owner.address)
        found[Unresolved(address, attribute, reason, (), scene.locate(blame.position))] = None
    return list(found)


def _policies(key: Key, names: frozenset[str]) -> Iterator[tuple[Entity, str, Blame]]:
    for blame in key.policies.open:
        yield key, "", blame
    for policy in (*key.policies.items, *key.policies.maybe):
        for _, document in policy.document.cases:
            for blame in _open(document, names):
                yield policy, policy.attribute, blame


def _open(document: PolicyDocument | Unknown | None, names: frozenset[str]) -> Iterator[Blame]:
    if isinstance(document, Unknown):
        yield blame_on(document)
    elif document is not None:
        if document.open is not None:
            yield blame_on(document.open)
        for statement in document:
            if statement.effect_text != "Deny" and covered_actions(statement).possible & names:
                yield from _principals(statement)


def _principals(statement: Statement) -> Iterator[Blame]:
    for rest in (statement.open, statement.principals_open):
        if rest is not None:
            yield blame_on(rest)
    for principal in statement.principals:
        kind, blame = kind_of(principal)
        if kind is None:
            yield from blame


def _grants(key: Key) -> Iterator[tuple[Entity, str, Blame]]:
    for blame in key.grants.open:
        yield key, "", blame
    for grant in (*key.grants.items, *key.grants.maybe):
        for _, settings in grant.settings.cases:
            value = settings["grantee"].value if settings and "grantee" in settings else None
            if isinstance(value, Unknown):
                yield grant, "", blame_on(value)
            elif isinstance(value, Text) and value.has_unknown:
                for blame in open_blame(value):
                    yield grant, "", blame
