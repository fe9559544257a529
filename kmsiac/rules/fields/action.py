"""Fields of action patterns, and of KMS actions as values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kmsiac.policy.document import Pattern
from kmsiac.rules.fields.statement import ACTIONS, action_items
from kmsiac.rules.readings import ABSENT, Items, Open, Reading, Thing, reading
from kmsiac.rules.vocabulary import BOOL, FieldType, declare, names, one
from kmsiac.values import Text, Unknown, blame_on, open_blame

if TYPE_CHECKING:
    from kmsiac.aws.actions import KmsAction


_MOST_CLOSE = 3
_LEAST_LIKE = 0.7


def pattern_of(thing: Thing) -> Pattern:
    """The pattern that a thing of kind `action` or `resource` stands for."""
    assert isinstance(thing.value, Pattern)
    return thing.value


def statement_reading(thing: Thing) -> Reading:
    """The statement that a part of it lies in."""
    return thing.parent if thing.parent is not None else ABSENT


@declare(
    "action",
    "text",
    FieldType("text", ignore_case=True, pattern=True),
    "the pattern as written",
    "text: {glob: 's3:*'}",
)
def _text(thing: Thing) -> Reading:
    return reading(pattern_of(thing).value)


@declare(
    "action",
    "service",
    FieldType("text", ignore_case=True),
    "what stands before the colon; absent without one",
    "service: {not: kms}",
)
def _service(thing: Thing) -> Reading:
    value = pattern_of(thing).value
    if isinstance(value, Unknown):
        return Open((blame_on(value),))
    if ":" in value.prefix:
        return Text((value.prefix.split(":", 1)[0],), value.position)
    if value.literal is not None:
        return ABSENT
    return Open(open_blame(value))


@declare("action", "explicit", BOOL, "written without a wildcard, in Action", "explicit: true")
def _explicit(thing: Thing) -> Reading:
    from kmsiac.policy.matching import has_wildcard  # noqa: PLC0415 - needed by few rules

    pattern = pattern_of(thing)
    if pattern.negated:
        return False
    if isinstance(pattern.value, Unknown):
        return Open((blame_on(pattern.value),))
    answer = has_wildcard(pattern.value)
    return Open(answer.blame) if answer.is_open else answer.is_no


@declare("action", "negated", BOOL, "it stands in NotAction", "negated: false")
def _negated(thing: Thing) -> Reading:
    return pattern_of(thing).negated


@declare(
    "action",
    "matches",
    ACTIONS,
    "the KMS actions that the pattern matches",
    "matches: {count: {at_most: 0}}",
)
def _matches(thing: Thing) -> Reading:
    from kmsiac.policy.actions import matches  # noqa: PLC0415 - loads the action table

    found = matches(pattern_of(thing))
    return action_items(thing, found.certain, found.possible, found.blame)


@declare(
    "action",
    "closest",
    ACTIONS,
    "the KMS actions whose names are most like the pattern, for messages: what may be meant",
    "closest: {some: kms:ReEncryptTo}",
)
def _closest(thing: Thing) -> Reading:
    from difflib import get_close_matches  # noqa: PLC0415 - needed by few rules

    from kmsiac.aws.actions import kms_actions  # noqa: PLC0415 - loads the action table

    value = pattern_of(thing).value
    if isinstance(value, Unknown):
        return Open((blame_on(value),))
    written = value.literal
    if written is None:
        return Open(open_blame(value))
    names = {action.name.removeprefix("kms:").lower(): action for action in kms_actions()}
    name = re.split(r"[:.]", written)[-1].rstrip("*").lower()
    begun = [other for other in names if name and other.startswith(name)]
    near = begun or get_close_matches(name, names, _MOST_CLOSE, _LEAST_LIKE)
    return Items(thing.scope.thing("action_value", names[other]) for other in near[:_MOST_CLOSE])


declare("action", "statement", one("statement"), "its statement", "statement: {effect: Allow}")(
    statement_reading
)


def _action(thing: Thing) -> KmsAction:
    from kmsiac.aws.actions import KmsAction  # noqa: PLC0415 - loads the action table

    assert isinstance(thing.value, KmsAction)
    return thing.value


@declare(
    "action_value",
    "name",
    FieldType("text", ignore_case=True, prefix="kms:"),
    "its name, `kms:` may be left out",
    "name: PutKeyPolicy",
)
def _name(thing: Thing) -> Reading:
    return Text((_action(thing).name,))


@declare(
    "action_value",
    "duty",
    names("use", "grant", "view", "administer"),
    "use (cryptographic), grant, view (Read, List), administer (the rest)",
    "duty: [use, grant]",
)
def _duty(thing: Thing) -> Reading:
    return _action(thing).duty


@declare(
    "action_value",
    "cross_account",
    BOOL,
    "works on a key of another account; absent where there is no such question",
    "cross_account: false",
)
def _cross_account(thing: Thing) -> Reading:
    found = _action(thing).cross_account
    return ABSENT if found is None else found


@declare(
    "action_value",
    "in_key_policy",
    BOOL,
    "a key policy can give it",
    "in_key_policy: false",
)
def _in_key_policy(thing: Thing) -> Reading:
    return _action(thing).in_key_policy


@declare(
    "action_value",
    "needs_star",
    BOOL,
    "has no resource: only Resource * allows it",
    "needs_star: true",
)
def _needs_star(thing: Thing) -> Reading:
    return _action(thing).needs_star


@declare(
    "action_value",
    "on",
    FieldType("name", many=True, choices=("key", "alias")),
    "what it acts on",
    "on: {some: key}",
)
def _on(thing: Thing) -> Reading:
    return Items(sorted(_action(thing).on))
