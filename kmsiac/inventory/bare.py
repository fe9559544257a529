"""Policies that stand alone in a file, or where nothing says what they are for: of which kind they
are, and whether they are seen elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from kmsiac.inventory.model import Inventory, Policy
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.reading.source import NOWHERE, SourceFile, offset_of
from kmsiac.stack import Gap
from kmsiac.values import Text

_ALONE = "policy_document"

Place = tuple[str, int]
"""The report path of a file and an offset in it."""


class StatementPlaces(NamedTuple):
    """Where the statements of a unit begin.

    `alone`: those of policies without a template around them; `used`: those that a template makes
    its policies of, in another file too (`file("policy.json")`).
    """

    alone: frozenset[Place] = frozenset()
    used: frozenset[Place] = frozenset()


NO_PLACES = StatementPlaces()
_NEVER_USED: Place = ("", 0)


def statement_places(
    inventory: Inventory, file_at: Callable[[int], SourceFile | None]
) -> StatementPlaces:
    """The places of the statements of one unit. `file_at` gives the file of a position."""
    alone: set[Place] = set()
    used: set[Place] = set()
    for policy in inventory.policies:
        for _, document in policy.document.cases:
            whole = isinstance(document, PolicyDocument) and document.open is None
            positions = document.statements if isinstance(document, PolicyDocument) else ()
            places = {_place(statement.position, file_at) for statement in positions}
            if policy.resource.type != _ALONE:
                used |= places
            else:
                alone |= places if whole and places else {_NEVER_USED}
    return StatementPlaces(frozenset(alone), frozenset(used - {_NEVER_USED}))


def _place(position: int, file_at: Callable[[int], SourceFile | None]) -> Place:
    file = file_at(position) if position != NOWHERE else None
    return _NEVER_USED if file is None or file.has_paths else (file.path, offset_of(position))


def together(units: Iterable[StatementPlaces]) -> StatementPlaces:
    """The places of one unit that was read with several inputs."""
    every = [NO_PLACES, *units]
    return StatementPlaces(
        frozenset().union(*(unit.alone for unit in every)),
        frozenset().union(*(unit.used for unit in every)),
    )


def seen_elsewhere(units: Iterable[StatementPlaces]) -> list[bool]:
    """For each unit, whether it is policies alone and every statement stands in another's policy."""
    every = list(units)
    used = frozenset[Place]().union(*(unit.used for unit in every))
    return [bool(unit.alone) and unit.alone <= used for unit in every]


def infer_kind(policy: Policy) -> Gap | None:
    """Give a policy of unknown kind the kind that was said, else the one that its elements show.

    A Principal beside KMS actions makes a key policy, but for one that allows nothing (a resource
    control policy, say); no Principal anywhere, an identity policy.
    """
    if policy.kind != "unknown":
        return None
    if policy.resource.type != _ALONE and not policy.alone:
        return _not_known(policy)
    policy.alone = False
    said = policy.resource.attributes.get("kind")
    if policy.resource.type == _ALONE and isinstance(said, Text):
        policy.kind = str(said)
        return _not_known(policy) if policy.kind == "unknown" else None
    statements = [
        statement
        for _, document in policy.document.cases
        if isinstance(document, PolicyDocument)
        for statement in document.statements
    ]
    named = [statement for statement in statements if _names_principals(statement)]
    if statements and not named and not any(statement.open for statement in statements):
        policy.kind = "identity"
    elif any(_speaks_of_kms(statement) and statement.effect_text != "Deny" for statement in named):
        policy.kind = "key"
    policy.alone = True
    return _not_known(policy) if policy.kind == "unknown" else None


def _not_known(policy: Policy) -> Gap:
    reason = "the kind of this policy does not show: only rules for every kind were asked"
    return Gap(policy.address, policy.attribute, reason, policy.attribute_position)


def _names_principals(statement: Statement) -> bool:
    return "Principal" in statement.elements or "NotPrincipal" in statement.elements


def _speaks_of_kms(statement: Statement) -> bool:
    return any(
        isinstance(pattern.value, Text) and pattern.value.prefix.lower().startswith("kms:")
        for pattern in statement.actions
    )
