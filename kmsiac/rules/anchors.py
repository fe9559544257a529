"""Where a match points: the place and the normalised value of what `point_at` names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from kmsiac.inventory.model import Consumer, Entity, Policy
from kmsiac.policy.document import Condition, Pattern, PolicyDocument, Principal, Statement
from kmsiac.reading.source import NOWHERE, file_of, offset_of
from kmsiac.rules.labels import label_of, position_of
from kmsiac.rules.points import STATEMENT_POINTS
from kmsiac.rules.readings import Thing
from kmsiac.values import List, Map, Text, Unknown, Value

_INDEX = re.compile(r"\[(?:[0-9]+|\"(?:[^\"\\]|\\.)*\")\]")
_FAR = 400


class Anchor(NamedTuple):
    """A place, the value there as text for the fingerprint, and where that value was written."""

    position: int
    element: str
    written: int
    attribute: str


def element_text(value: Value | None) -> str:
    """A value normalised: symbols as `${reference}` without indexes, single lists as their member,
    members sorted.
    """
    if value is None:
        return ""
    if isinstance(value, Text):
        if value.sensitive:
            return str(value)
        return "".join(_part(part) for part in value.parts)
    if isinstance(value, Unknown):
        return f"${{{_INDEX.sub('', value.expression)}}}"
    if isinstance(value, List):
        members = sorted(element_text(item) for item in value.items)
        return members[0] if len(members) == 1 else f"[{', '.join(members)}]"
    if isinstance(value, Map):
        members = sorted(f"{element_text(k)}: {element_text(v)}" for k, v in value.entries)
        return f"{{{', '.join(members)}}}"
    return str(value)


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    reference = part.expression if isinstance(part, Unknown) else getattr(part, "reference", "")
    return f"${{{_INDEX.sub('', reference)}}}"


def content_of(thing: Thing, statement: Thing | None, element: str) -> str:
    """The normalised value of all that is judged: of a principal too the whole statement, since
    what it may do is what is found. The Sid is only a name.
    """
    inner = statement.value if statement is not None else None
    judged = isinstance(thing.value, Statement | Principal)
    if not judged or not isinstance(inner, Statement) or not isinstance(inner.value, Map):
        return element
    return _all_but_sid(inner)


@lru_cache(maxsize=8)  # a statement with a thousand principals is told about each of them
def _all_but_sid(statement: Statement) -> str:
    assert isinstance(statement.value, Map)
    entries = [(key, value) for key, value in statement.value.entries if str(key) != "Sid"]
    return element_text(Map(entries, statement.position))


def anchor_of(thing: Thing, statement: Thing | None, point: str) -> Anchor:
    """The anchor of a target; of something absent, the header of the innermost thing that exists."""
    found = _anchor(thing, statement, point)
    if found.position != NOWHERE:
        return found
    # What is unknown may stand nowhere: then it is at what it lies in.
    policy = _policy(thing)
    inner = statement.value if statement is not None else None
    outer = inner.position if isinstance(inner, Statement) else NOWHERE
    header = policy.attribute_position or policy.position if policy is not None else NOWHERE
    return found._replace(position=outer or header)


def _anchor(thing: Thing, statement: Thing | None, point: str) -> Anchor:
    policy = _policy(thing)
    attribute = policy.attribute if policy is not None else ""
    value = thing.value
    inner = statement.value if statement is not None else None
    if point == "statement" and isinstance(inner, Statement):
        return Anchor(inner.position, "", NOWHERE, attribute)
    if isinstance(value, Statement):
        return _in_statement(value, point, attribute)
    if isinstance(value, Condition):
        return _in_condition(value, point, attribute)
    if isinstance(value, Principal | Pattern):
        written = value.value.position
        return Anchor(value.position, element_text(value.value), written, attribute)
    if isinstance(value, Policy):
        return _in_policy(thing, value, point)
    if thing.kind == "grantee":
        # The statement or grant that names it, else the identity.
        return Anchor(position_of(thing), _grantee(thing), NOWHERE, "")
    assert isinstance(value, Entity)
    if isinstance(value, Consumer):
        found = _in_entity(thing, value, "key_id")
        return found._replace(position=value.attribute_position, attribute=value.attribute)
    return _in_entity(thing, value, point)


def _grantee(thing: Thing) -> str:
    """Whom a grantee is, without indexes."""
    return _INDEX.sub("", label_of(thing))


def _policy(thing: Thing | None) -> Policy | None:
    while thing is not None:
        if isinstance(thing.value, Policy):
            return thing.value
        thing = thing.parent
    return None


def _in_statement(statement: Statement, point: str, attribute: str) -> Anchor:
    names = STATEMENT_POINTS.get(point, ())
    name = next((n for n in names if n in statement.elements), None)
    if name is None:
        return Anchor(statement.position, "", NOWHERE, attribute)
    value = statement.elements[name][1]
    position = statement.position_of(name)
    return Anchor(position, element_text(value), _written(value), attribute)


def _written(value: Value) -> int:
    """Where a value was written; of `{"AWS": value}` and a list of one, where that one was."""
    if isinstance(value, Map) and len(value.entries) == 1:
        return _written(value.entries[0][1])
    if isinstance(value, List) and len(value.items) == 1:
        return _written(value.items[0])
    return value.position


def _in_condition(condition: Condition, point: str, attribute: str) -> Anchor:
    values = List(condition.values)
    text = (
        f"{element_text(condition.operator)} {element_text(condition.key)} {element_text(values)}"
    )
    position = condition.operator_position if point == "operator" else condition.position
    written = condition.values[0].position if condition.values else NOWHERE
    return Anchor(position, text, written, attribute)


def _in_policy(thing: Thing, policy: Policy, point: str) -> Anchor:
    position = policy.attribute_position or policy.position
    document = thing.scope.document(policy)
    key = {"version": "Version", "statements": "Statement"}.get(point)
    if not isinstance(document, PolicyDocument) or key is None:
        return Anchor(position, "", NOWHERE, policy.attribute)
    token = document.value.key(key)
    value = document.value.get(key)
    if token is None or value is None:
        return Anchor(document.position or position, "", NOWHERE, policy.attribute)
    text = element_text(value) if key == "Version" else ""
    return Anchor(token.position, text, value.position, policy.attribute)


def _in_entity(thing: Thing, entity: Entity, point: str) -> Anchor:
    settings = thing.scope.settings(entity)
    setting = settings.get(point) if settings is not None else None
    if setting is None:
        attribute = "" if point == thing.kind else point
        return Anchor(entity.position, "", NOWHERE, attribute)
    value = setting.value
    written = value.position if value is not None and setting.written else NOWHERE
    return Anchor(setting.position or entity.position, element_text(value), written, point)


def written_elsewhere(anchor: Anchor) -> bool:
    """Whether the value stands in another file than its key, or far from it."""
    key, value = anchor.position, anchor.written
    if NOWHERE in (key, value):
        return False
    if file_of(key) != file_of(value):
        return True
    distance = offset_of(value) - offset_of(key)
    return not 0 <= distance <= _FAR
