"""Whether a statement speaks of a key of the unit, by its Resource alone."""

from __future__ import annotations

from kmsiac.inventory.arns import known_id
from kmsiac.inventory.model import Key
from kmsiac.policy.document import Statement
from kmsiac.policy.resources import OwnKey, covers_own_key
from kmsiac.values import Answer, Unknown, any_of, blame_on, cannot_tell, negate


def own_key(key: Key) -> OwnKey:
    """A key as patterns are compared with it."""
    provider = key.resource.provider
    return OwnKey(
        provider.owner.unit,
        key.address,
        provider.partition,
        provider.region,
        provider.account,
        known_id(key),
    )


def covers_key(statement: Statement, key: Key) -> Answer:
    """Whether Resource or NotResource covers the key. An alias is no name of its key here."""
    own = own_key(key)
    answers = [covers_own_key(pattern, own) for pattern in statement.resources]
    answers += _unknown(statement.resources_open)
    covered = any_of(answers)
    if "NotResource" in statement.elements:
        return negate(covered)
    if "Resource" not in statement.elements:
        return any_of([covered, *_unknown(statement.open)])
    return covered


def _unknown(part: Unknown | None) -> list[Answer]:
    return [] if part is None else [cannot_tell(blame_on(part))]
