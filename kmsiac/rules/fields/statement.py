"""Fields of statements."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from kmsiac.policy.document import ELEMENT_NAMES, Pattern, Principal, Statement
from kmsiac.rules.fields.text import unquoted_in
from kmsiac.rules.readings import (
    ABSENT,
    Items,
    Open,
    Reading,
    Thing,
    items,
    reading,
)
from kmsiac.rules.vocabulary import TEXT, TEXTS, Cost, FieldType, declare, many, one
from kmsiac.values import Blame, Text, Unknown, Value, blame_on

ACTIONS = FieldType("action_value", many=True, ignore_case=True, prefix="kms:")


def statement_of(thing: Thing) -> Statement:
    """The statement that a thing of kind `statement` stands for."""
    assert isinstance(thing.value, Statement)
    return thing.value


def element_reading(statement: Statement, value: Value | None) -> Reading:
    """The reading of an element that may be hidden where the statement is not wholly known."""
    if value is None and statement.open is not None:
        return Open((blame_on(statement.open),))
    return reading(value)


@declare("statement", "sid", TEXT, "the Sid", "sid: {format: sid}")
def _sid(thing: Thing) -> Reading:
    statement = statement_of(thing)
    entry = statement.elements.get("Sid")
    return element_reading(statement, entry[1] if entry else None)


@declare("statement", "effect", TEXT, "the Effect as written", "effect: Allow")
def _effect(thing: Thing) -> Reading:
    statement = statement_of(thing)
    return element_reading(statement, statement.effect)


@declare(
    "statement",
    "elements",
    FieldType(
        "name",
        many=True,
        choices=ELEMENT_NAMES,
    ),
    "names of the elements that are written",
    "elements: {none: [Principal, NotPrincipal]}",
    cost=Cost.STRUCTURAL,
)
def _elements(thing: Thing) -> Reading:
    statement = statement_of(thing)
    return items(statement.elements, None, statement.open)


@declare(
    "statement",
    "unknown_elements",
    FieldType("text", many=True),
    "names of elements that the policy language does not have",
    "unknown_elements: {count: {at_least: 1}}",
    cost=Cost.STRUCTURAL,
)
def _unknown_elements(thing: Thing) -> Reading:
    statement = statement_of(thing)
    return items(statement.unknown_elements, None, statement.open)


@cache
def _action_value(name: str) -> object:
    from kmsiac.aws.actions import kms_action  # noqa: PLC0415 - tables load when first asked

    found = kms_action(name)
    assert found is not None, name
    return found


def action_items(
    thing: Thing, certain: frozenset[str], possible: frozenset[str], blame: frozenset[Blame]
) -> Items:
    """A set of KMS actions as a relation."""
    scope = thing.scope

    def made() -> Items:
        return Items(
            [scope.thing("action_value", _action_value(name)) for name in sorted(certain)],
            [
                (scope.thing("action_value", _action_value(name)), blame)
                for name in sorted(possible - certain)
            ],
        )

    return scope.shared((certain, possible, blame if possible - certain else None), made)


@declare(
    "statement",
    "actions",
    ACTIONS,
    "the KMS actions covered: wildcards expanded, NotAction complemented",
    "actions: {some: {duty: administer}}",
)
def _actions(thing: Thing) -> Reading:
    from kmsiac.policy.actions import covered_actions  # noqa: PLC0415 - loads the action table

    found = covered_actions(statement_of(thing))
    return action_items(thing, found.certain, found.possible, found.blame)


@declare(
    "statement",
    "explicit_actions",
    ACTIONS,
    "the KMS actions in Action that are written without a wildcard",
    "explicit_actions: {some: kms:CreateGrant}",
)
def _explicit_actions(thing: Thing) -> Reading:
    from kmsiac.policy.actions import explicit_actions  # noqa: PLC0415 - loads the action table

    found = explicit_actions(statement_of(thing))
    return action_items(thing, found.certain, found.possible, found.blame)


@declare(
    "statement",
    "action_patterns",
    many("action"),
    "the patterns of Action, as written",
    "action_patterns: {some: {text: 'kms:*'}}",
)
def _action_patterns(thing: Thing) -> Reading:
    statement = statement_of(thing)
    return _parts(thing, "action", statement.actions, statement.actions_open, False)


def _parts(
    thing: Thing,
    kind: str,
    parts: Iterable[Principal] | Iterable[Pattern],
    rest: Unknown | None,
    negated: bool,
) -> Items:
    statement = statement_of(thing)
    certain: list[Reading] = []
    more: list[Unknown | None] = [rest, statement.open]
    for part in parts:
        if part.negated is negated:
            if isinstance(part.value, Unknown):
                more.append(part.value)
            certain.append(thing.scope.thing(kind, part, thing))
    return items(certain, None, *more)


@declare(
    "statement",
    "principals",
    many("principal"),
    "the principals of Principal",
    "principals: {some: {kind: account}}",
)
def _principals(thing: Thing) -> Reading:
    statement = statement_of(thing)
    return _parts(thing, "principal", statement.principals, statement.principals_open, False)


@declare(
    "statement",
    "not_principals",
    many("principal"),
    "the principals of NotPrincipal",
    "not_principals: {none: {kind: account}}",
)
def _not_principals(thing: Thing) -> Reading:
    statement = statement_of(thing)
    return _parts(thing, "principal", statement.principals, statement.principals_open, True)


@declare(
    "statement",
    "resources",
    many("resource"),
    "the patterns of Resource",
    "resources: {some: {breadth: all}}",
)
def _resources(thing: Thing) -> Reading:
    statement = statement_of(thing)
    return _parts(thing, "resource", statement.resources, statement.resources_open, False)


@declare(
    "statement",
    "conditions",
    many("condition"),
    "the conditions: one operator with one key each",
    "conditions: {count: {at_most: 0}}",
)
def _conditions(thing: Thing) -> Reading:
    statement = statement_of(thing)
    found = [thing.scope.thing("condition", c, thing) for c in statement.conditions]
    return items(found, statement.conditions_open, statement.open)


@declare(
    "statement",
    "siblings",
    many("statement"),
    "the other statements of the document",
    "siblings: {none: {effect: Deny}}",
)
def _siblings(thing: Thing) -> Reading:
    from kmsiac.rules.fields.policy import statements_of  # noqa: PLC0415 - they need each other

    if thing.parent is None:
        return ABSENT
    found = statements_of(thing.parent)
    return Items([s for s in found.certain if s is not thing], (), found.more)


@declare(
    "statement",
    "unquoted",
    TEXTS,
    "digits in its principals, resources and condition values that are written without quotes and "
    "begin with 0, of which the template language makes another number, such as 012345670123",
    "unquoted: {some: {format: account_id}}",
)
def _unquoted(thing: Thing) -> Reading:
    statement = statement_of(thing)
    values: list[Value] = [principal.value for principal in statement.principals]
    values += [resource.value for resource in statement.resources]
    values += [value for condition in statement.conditions for value in condition.values]
    found = [unquoted_in(value) for value in values if isinstance(value, Text)]
    each = {str(digits): digits for digits in found if digits is not None}
    return Items(each.values())


@declare("statement", "policy", one("policy"), "the policy it stands in", "policy: {kind: key}")
def _policy(thing: Thing) -> Reading:
    return thing.parent if thing.parent is not None else ABSENT
