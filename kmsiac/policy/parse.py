"""From a value to a `PolicyDocument`: every element kept, nothing judged.

The value must have been expanded: no Choice and no Absent in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kmsiac.policy.document import (
    ELEMENT_NAMES,
    Condition,
    Pattern,
    PolicyDocument,
    Principal,
    Statement,
)
from kmsiac.policy.json_text import decode
from kmsiac.policy.leftovers import PLACEHOLDER
from kmsiac.values import Bool, Choice, List, Map, Null, Number, Part, Text, Unknown, Value

_DOCUMENT_ELEMENTS = frozenset({"Version", "Id", "Statement"})
MAX_CHARACTERS = 1_000_000
"""Of a policy in text. AWS takes 32,768, white space not counted everywhere."""
MAX_STATEMENTS = 800
"""The shortest that says anything has 44 characters: AWS takes none with so many."""
MAX_MEMBERS = 20_000
"""Principals, actions, resources and conditions of all statements, for the same reason."""
_TOO_LARGE = "more than a policy of AWS can have: it is not judged"


def parse_document(value: Value) -> PolicyDocument | Unknown:
    """The policy document that a Map, or a Text of JSON, holds.

    An Unknown where the value, or the text, could not be read at all, or is so large that AWS
    refuses it: what is asked of a policy takes more than linear time.
    """
    if isinstance(value, Text):
        if (
            size := sum(len(part) for part in value.parts if isinstance(part, str))
        ) > MAX_CHARACTERS:
            return _too_large(f"{size:,} characters", value)
        value = decode(value)
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, Map):
        return _not_an_object(value, "a policy document is a JSON object")
    count = len(_members(value.get("Statement") or Map())[0])
    if count > MAX_STATEMENTS:
        return _too_large(f"over {MAX_STATEMENTS} statements", value)
    statements, rest = _statements(value)
    if (members := sum(map(_size, statements))) > MAX_MEMBERS:
        return _too_large(f"{members:,} principals, actions, resources and conditions", value)
    version = value.get("Version")
    return PolicyDocument(
        value,
        statements,
        version if isinstance(version, Text | Unknown) else None,
        value.get("Id"),
        tuple(key for key, _ in value.entries if key.literal not in _DOCUMENT_ELEMENTS),
        rest or value.open,
        value.position,
    )


def _too_large(what: str, value: Value) -> Unknown:
    return Unknown("the policy", f"it has {what}, {_TOO_LARGE}", value.position)


def _size(statement: Statement) -> int:
    lists = (statement.principals, statement.actions, statement.resources)
    conditions = sum(len(condition.values) for condition in statement.conditions)
    return sum(map(len, lists)) + conditions


def _statements(document: Map) -> tuple[tuple[Statement, ...], Unknown | None]:
    # A key that is written twice keeps its last value (as AWS reads it); front ends report it.
    value = document.get("Statement")
    if value is None:
        return (), None
    members, rest = _members(value)
    statements = [parse_statement(member, index) for index, member in enumerate(members)]
    return tuple(statements), rest


def parse_statement(value: Value, index: int) -> Statement:
    """One statement; what is no Map is a statement of which nothing is known."""
    statement = Statement(index, value.position, value)
    if not isinstance(value, Map):
        statement.open = (
            value
            if isinstance(value, Unknown)
            else _not_an_object(value, "a statement is a JSON object")
        )
        return statement
    elements: dict[str, tuple[Text, Value]] = {}
    strangers: list[Text] = []
    for key, member in value.entries:
        name = key.literal
        if name in ELEMENT_NAMES:
            elements[name] = (key, member)
        else:
            strangers.append(key)
            if name is None:
                statement.open = Unknown(
                    str(key), "the name of an element is not known", key.position
                )
    statement.elements = elements
    statement.unknown_elements = tuple(strangers)
    statement.open = statement.open or value.open
    _fill(statement)
    return statement


def _fill(statement: Statement) -> None:
    elements = statement.elements
    sid = elements["Sid"][1] if "Sid" in elements else None
    statement.sid = sid if isinstance(sid, Text) else None
    statement.effect = elements["Effect"][1] if "Effect" in elements else None
    for name in ("Principal", "NotPrincipal"):
        if name in elements:
            key, value = elements[name]
            found, rest = _principals(value, name != "Principal", key.position)
            statement.principals += found
            statement.principals_open = statement.principals_open or rest
    for name in ("Action", "NotAction"):
        if name in elements:
            patterns, rest = _patterns(*elements[name], negated=name != "Action")
            statement.actions += patterns
            statement.actions_open = statement.actions_open or rest
    for name in ("Resource", "NotResource"):
        if name in elements:
            patterns, rest = _patterns(*elements[name], negated=name != "Resource")
            statement.resources += patterns
            statement.resources_open = statement.resources_open or rest
    if "Condition" in elements:
        conditions, rest = _conditions(elements["Condition"][1])
        statement.conditions = conditions
        statement.conditions_open = rest


def _principals(
    value: Value, negated: bool, position: int
) -> tuple[tuple[Principal, ...], Unknown | None]:
    if isinstance(value, Unknown):
        return (Principal("*", value, negated, position),), None
    if isinstance(value, List):
        reason = 'a Principal is "*" or an object; AWS refuses a list'
        return (), Unknown(_describe(value), reason, value.position)
    if not isinstance(value, Map):
        return (Principal("*", _as_text(value), negated, position),), None
    principals: list[Principal] = []
    rest = value.open
    for key, inner in value.entries:
        kind = key.literal
        if kind is None:
            rest = rest or Unknown(str(key), "the type of a principal is not known", key.position)
            continue
        members, more = _members(inner)
        rest = rest or more
        principals += [Principal(kind, _filled_in(m), negated, position) for m in members]
    return tuple(principals), rest


_PLACEHOLDER = re.compile(r"(\$\{[^{}]*\})")


def _filled_in(value: Value) -> Text | Unknown:
    """A principal. A principal holds no policy variables: `${...}` is what another tool fills in."""
    text = _as_text(value)
    if isinstance(text, Unknown) or "${" not in "".join(
        p for p in text.parts if isinstance(p, str)
    ):
        return text
    parts: list[Part] = []
    for part in text.parts:
        if not isinstance(part, str):
            parts.append(part)
            continue
        for piece in _PLACEHOLDER.split(part):
            if _PLACEHOLDER.fullmatch(piece):
                parts.append(Unknown(piece[2:-1], PLACEHOLDER, text.position))
            elif piece:
                parts.append(piece)
    return Text(parts, text.position, text.sensitive, text.origin)


def _patterns(
    key: Text, value: Value, *, negated: bool
) -> tuple[tuple[Pattern, ...], Unknown | None]:
    members, rest = _members(value)
    return tuple(Pattern(_as_text(member), negated, key.position) for member in members), rest


def _conditions(value: Value) -> tuple[tuple[Condition, ...], Unknown | None]:
    if isinstance(value, Null):
        return (), None
    if not isinstance(value, Map):
        if isinstance(value, Unknown):
            return (), value
        return (), Unknown(_describe(value), "a Condition is a JSON object", value.position)
    conditions: list[Condition] = []
    rest = value.open
    for operator, block in value.entries:
        if not isinstance(block, Map):
            reason = "an operator takes a JSON object"
            strange = Unknown(_describe(block), reason, block.position)
            rest = rest or (block if isinstance(block, Unknown) else strange)
            continue
        rest = rest or block.open
        for key, wanted in block.entries:
            members, more = _members(wanted)
            values = tuple(_as_text(member) for member in members)
            conditions.append(
                Condition(operator, key, values, key.position, operator.position, more)
            )
    return tuple(conditions), rest


def _members(value: Value) -> tuple[tuple[Value, ...], Unknown | None]:
    """The members of a list; a single value stands for a list of one."""
    if isinstance(value, List):
        return tuple(_flatten(value)), value.open
    if isinstance(value, Null):
        return (), None
    return (value,), None


def _flatten(value: List) -> Iterator[Value]:
    # CloudFormation flattens nothing, but a list inside a list is what `!If` leaves behind.
    for item in value.items:
        if isinstance(item, List):
            yield from _flatten(item)
        elif not isinstance(item, Null):
            yield item


def _as_text(value: Value) -> Text | Unknown:
    """A scalar as IAM reads it: numbers and booleans are text."""
    if isinstance(value, Text | Unknown):
        return value
    if isinstance(value, Number):
        return Text((str(Number(value.number)),), value.position, value.sensitive)
    if isinstance(value, Bool):
        return Text((str(Bool(value.value)),), value.position, value.sensitive)
    return Unknown(_describe(value), "text was expected", value.position)


def _not_an_object(value: Value, reason: str) -> Unknown:
    """The Unknown for something else; what a symbol stands for may be an object."""
    if isinstance(value, Text) and value.symbol is not None:
        expression = "(sensitive)" if value.sensitive else value.symbol.reference
        return Unknown(expression, "known only after deployment", value.position)
    return Unknown(_describe(value), reason, value.position)


def _describe(value: Value) -> str:
    if isinstance(value, Map):
        return "{...}"
    if isinstance(value, List):
        return "[...]"
    if isinstance(value, Choice):
        return value.guard.name
    return str(value)[:80]
