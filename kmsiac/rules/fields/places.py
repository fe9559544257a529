"""What the access engine is told of a statement: its document, and where that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kmsiac.inventory.arns import arn_of, multi_region_of
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.rules.fields.policy import document_of, policy_of
from kmsiac.rules.readings import ABSENT, Absent, Open, Thing
from kmsiac.values import blame_on

if TYPE_CHECKING:
    from kmsiac.access.place import Place


class Asked(NamedTuple):
    """A statement with its document and the place of that."""

    document: PolicyDocument
    statement: Statement
    place: Place


def asked(thing: Thing) -> Asked | Open | Absent:
    """What to ask the engine about a statement; open for one that only may be there."""
    if thing.parent is None:
        return ABSENT
    document = document_of(thing.parent)
    if not isinstance(document, PolicyDocument):
        return document or ABSENT
    statement = thing.value
    assert isinstance(statement, Statement)
    if statement not in document.statements:
        return Open((blame_on(statement.open),)) if statement.open else ABSENT
    return Asked(document, statement, place_of(thing.parent))


def place_of(thing: Thing) -> Place:
    """Where a policy stands."""
    from kmsiac.access.place import Place  # noqa: PLC0415 - only semantic fields need it

    policy = policy_of(thing)
    found = policy.key
    alone = len(found.items) == 1 and not found.maybe
    provider, trusted = policy.resource.provider, thing.scope.trusted
    if not alone:
        return Place(policy.kind, provider, trusted)
    arn = arn_of(found.items[0], thing.scope.inventory.framework)
    return Place(policy.kind, provider, trusted, arn, multi_region_of(found.items[0]))
