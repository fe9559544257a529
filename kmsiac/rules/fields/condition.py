"""Fields of conditions."""

from __future__ import annotations

from kmsiac.policy.conditions import operator_of
from kmsiac.policy.document import Condition
from kmsiac.rules.fields.action import statement_reading
from kmsiac.rules.readings import ABSENT, Open, Reading, Thing, answer_reading, items, texts
from kmsiac.rules.vocabulary import (
    BOOL,
    TEXT,
    Cost,
    FieldType,
    declare,
    many,
    names,
    one,
)
from kmsiac.values import Text, open_blame

VALUES = FieldType("text", many=True, pattern=True, by_operator=True)


def condition_of(thing: Thing) -> Condition:
    """The condition that a thing of kind `condition` stands for."""
    assert isinstance(thing.value, Condition)
    return thing.value


@declare(
    "condition",
    "key",
    FieldType("text", ignore_case=True),
    "the condition key",
    "key: kms:ViaService",
)
def _key(thing: Thing) -> Reading:
    return condition_of(thing).key


@declare(
    "condition", "written_key", TEXT, "the key with its spelling", "written_key: kms:viaservice"
)
def _written_key(thing: Thing) -> Reading:
    return condition_of(thing).key


@declare(
    "condition",
    "operator",
    FieldType("text", ignore_case=True),
    "the operator without ForAllValues:, ForAnyValue: and IfExists",
    "operator: StringLike",
)
def _operator(thing: Thing) -> Reading:
    condition = condition_of(thing)
    operator = operator_of(condition)
    if operator is not None:
        return Text((operator.name,), condition.operator.position)
    if condition.operator.literal is None:
        return _open(condition.operator)
    bare = condition.operator.literal.rpartition(":")[2]
    if bare.lower().endswith("ifexists"):
        bare = bare[: -len("ifexists")]
    return Text((bare,), condition.operator.position)


def _open(text: Text) -> Open:
    return Open(open_blame(text))


def _unusual(condition: Condition) -> Reading:
    """The reading of what only a known operator tells."""
    if condition.operator.literal is None:
        return _open(condition.operator)
    return ABSENT


@declare(
    "condition",
    "set_operator",
    names("none", "ForAllValues", "ForAnyValue"),
    "the set operator before the operator",
    "set_operator: ForAllValues",
)
def _set_operator(thing: Thing) -> Reading:
    operator = operator_of(condition_of(thing))
    return _unusual(condition_of(thing)) if operator is None else operator.set_operator or "none"


@declare("condition", "if_exists", BOOL, "the operator ends in IfExists", "if_exists: true")
def _if_exists(thing: Thing) -> Reading:
    operator = operator_of(condition_of(thing))
    return _unusual(condition_of(thing)) if operator is None else operator.if_exists


@declare("condition", "negated", BOOL, "the operator is a Not operator", "negated: true")
def _negated(thing: Thing) -> Reading:
    operator = operator_of(condition_of(thing))
    return _unusual(condition_of(thing)) if operator is None else operator.negated


@declare(
    "condition",
    "values",
    VALUES,
    "the values; not applicable under Null",
    "values: {some: {has_wildcard: true}}",
    cost=Cost.STRUCTURAL,
)
def _values(thing: Thing) -> Reading:
    condition = condition_of(thing)
    operator = operator_of(condition)
    if operator is not None and operator.name == "Null":
        return ABSENT
    if operator is None and condition.operator.literal is None:
        return _open(condition.operator)
    return texts(condition.values, condition.values_open)


@declare(
    "condition",
    "written_values",
    VALUES,
    "the values, those of Null too",
    "written_values: {count: {at_most: 0}}",
    cost=Cost.STRUCTURAL,
)
def _written_values(thing: Thing) -> Reading:
    condition = condition_of(thing)
    return texts(condition.values, condition.values_open)


@declare(
    "condition",
    "multivalued",
    BOOL,
    "a request can carry several values of the key; absent for a key that is not known",
    "multivalued: true",
)
def _multivalued(thing: Thing) -> Reading:
    from kmsiac.aws.condition_keys import condition_key  # noqa: PLC0415 - loads a table

    key = condition_of(thing).key
    if key.literal is None:
        return _open(key)
    found = condition_key(key.literal)
    return ABSENT if found is None else found.multivalued


CLASSES = (
    "identity",
    "network",
    "source",
    "request",
    "resource",
    "session",
    "service-call",
    "other",
)


@declare(
    "condition",
    "class",
    names(*CLASSES),
    "what the key speaks of: identity (who calls), network, source, ...; `other` for the rest",
    "class: [identity, network, source]",
)
def _class(thing: Thing) -> Reading:
    from kmsiac.aws.condition_keys import condition_key  # noqa: PLC0415 - loads a table

    key = condition_of(thing).key
    if key.literal is None:
        return _open(key)
    found = condition_key(key.literal)
    return (found.klass if found is not None else None) or "other"


@declare(
    "condition",
    "holds_when_absent",
    BOOL,
    "it is true for a request that does not carry the key",
    "holds_when_absent: false",
)
def _holds_when_absent(thing: Thing) -> Reading:
    from kmsiac.policy.conditions import holds_when_absent  # noqa: PLC0415

    return answer_reading(holds_when_absent(condition_of(thing)))


@declare(
    "condition",
    "always_present",
    BOOL,
    "every request carries the key (a kms: key: every one to its actions); no for an unknown key",
    "always_present: false",
)
def _always_present(thing: Thing) -> Reading:
    from kmsiac.aws.condition_keys import condition_key  # noqa: PLC0415 - loads a table

    key = condition_of(thing).key
    if key.literal is None:
        return _open(key)
    found = condition_key(key.literal)
    return found is not None and found.always_present


declare("condition", "statement", one("statement"), "its statement", "statement: {effect: Allow}")(
    statement_reading
)


@declare(
    "condition",
    "siblings",
    many("condition"),
    "the other conditions of the statement",
    "siblings: {some: {key: aws:SourceVpce}}",
)
def _siblings(thing: Thing) -> Reading:
    from kmsiac.rules.fields.statement import statement_of  # noqa: PLC0415

    if thing.parent is None:
        return ABSENT
    statement = statement_of(thing.parent)
    found = [
        thing.scope.thing("condition", c, thing.parent)
        for c in statement.conditions
        if c is not thing.value
    ]
    return items(found, statement.conditions_open, statement.open)
