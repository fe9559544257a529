"""Which KMS actions a statement covers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kmsiac.aws.actions import expand, kms_actions
from kmsiac.policy.document import Pattern, Statement
from kmsiac.policy.matching import has_wildcard
from kmsiac.values import Blame, Text, Unknown, blame_on


class ActionSet(NamedTuple):
    """KMS actions by name (`kms:Decrypt`): those certainly covered, and those possibly covered.

    `possible` holds the certain ones too; where the two differ `blame` says why.
    """

    certain: frozenset[str]
    possible: frozenset[str]
    blame: frozenset[Blame]


def all_actions() -> frozenset[str]:
    """Every KMS action."""
    return frozenset(action.name for action in kms_actions())


def covered_actions(statement: Statement) -> ActionSet:
    """The actions of the statement: wildcards expanded, NotAction complemented."""
    if statement.open is not None and not statement.actions:
        return ActionSet(frozenset(), all_actions(), frozenset({blame_on(statement.open)}))
    positive = _union([p for p in statement.actions if not p.negated])
    negative = _union([p for p in statement.actions if p.negated])
    blame = positive.blame | negative.blame
    certain, possible = positive.certain, positive.possible
    rest = statement.actions_open
    if "NotAction" in statement.elements:
        everything = all_actions()
        certain |= frozenset() if rest else everything - negative.possible
        possible |= everything - negative.certain
    elif rest is not None:
        possible = all_actions()
    if rest is not None:
        blame |= {blame_on(rest)}
    return ActionSet(certain, possible, blame)


class Covered:
    """The actions that statements cover or may cover, each worked out once.

    A statement is kept with its answer, so that the id by which it is found stays its own.
    """

    def __init__(self) -> None:
        self._found: dict[int, tuple[Statement, frozenset[str]]] = {}

    def __call__(self, statement: Statement) -> frozenset[str]:
        """What a statement covers or may cover: without one of these it allows none."""
        found = self._found.get(id(statement))
        if found is None:
            found = self._found[id(statement)] = (statement, covered_actions(statement).possible)
        return found[1]


def explicit_actions(statement: Statement) -> ActionSet:
    """The actions that Action names without a wildcard; none under NotAction."""
    plain = [p for p in statement.actions if not p.negated and not _wild(p)]
    found = _union(plain)
    rest = statement.actions_open
    if rest is None or "NotAction" in statement.elements:
        return found
    return ActionSet(found.certain, all_actions(), found.blame | {blame_on(rest)})


def matches(pattern: Pattern) -> ActionSet:
    """The actions that one pattern matches, whether it stands in Action or in NotAction."""
    value = pattern.value
    if isinstance(value, Text) and value.literal is not None:
        names = frozenset(action.name for action in expand(value.literal))
        return ActionSet(names, names, frozenset())
    blame = frozenset(blame_on(part) for part in _open(value))
    prefix = value.prefix if isinstance(value, Text) else ""
    possible = frozenset(action.name for action in expand(prefix + "*"))
    return ActionSet(frozenset(), possible, blame)


def _union(patterns: Iterable[Pattern]) -> ActionSet:
    certain: frozenset[str] = frozenset()
    possible: frozenset[str] = frozenset()
    blame: frozenset[Blame] = frozenset()
    for pattern in patterns:
        found = matches(pattern)
        certain |= found.certain
        possible |= found.possible
        blame |= found.blame
    return ActionSet(certain, possible, blame)


def _open(value: Text | Unknown) -> list[Unknown]:
    if isinstance(value, Unknown):
        return [value]
    return [
        part
        if isinstance(part, Unknown)
        else Unknown(part.reference, "known only after deployment", part.position)
        for part in value.parts
        if not isinstance(part, str)
    ]


def _wild(pattern: Pattern) -> bool:
    return isinstance(pattern.value, Text) and has_wildcard(pattern.value).is_yes
