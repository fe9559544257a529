"""Fields that tie statements to keys: which keys a statement names or covers, and the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kmsiac.inventory.coverage import covers_key
from kmsiac.inventory.model import Key, Related
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.rules.fields.policy import document_of, policy_of, statements_of
from kmsiac.rules.readings import ABSENT, Items, Open, Reading, Scope, Thing
from kmsiac.rules.vocabulary import declare, many
from kmsiac.values import (
    NO,
    YES,
    Answer,
    Blame,
    Text,
    Unknown,
    all_of,
    blame_on,
    cannot_tell,
    open_blame,
)

Doubt = frozenset[Blame]


class Gathering:
    """Things collected one by one: certain, possible, and why there may be others."""

    def __init__(self) -> None:
        self.certain: dict[Thing, None] = {}
        self.maybe: dict[Thing, Doubt] = {}
        self.more: set[Blame] = set()

    def update(self, found: Items) -> None:
        """All members of a relation."""
        for item in found.certain:
            assert isinstance(item, Thing)
            self.certain[item] = None
        for item, doubt in found.maybe:
            assert isinstance(item, Thing)
            self.maybe[item] = doubt
        self.more |= found.more

    def add(self, thing: Thing, answer: Answer) -> None:
        """One more, if the answer is not no."""
        if answer.is_yes:
            self.certain[thing] = None
        elif answer.is_open:
            self.maybe[thing] = answer.blame

    def items(self) -> Items:
        """What was collected."""
        maybe = [(thing, doubt) for thing, doubt in self.maybe.items() if thing not in self.certain]
        return Items(self.certain, maybe, frozenset(self.more))


def _statement(thing: Thing) -> Statement:
    assert isinstance(thing.value, Statement)
    return thing.value


@declare(
    "statement",
    "named_keys",
    many("key"),
    "the keys of this deployment unit that Resource names by reference, ARN or alias",
    "named_keys: {some: {enabled: false}}",
)
def _named_keys(thing: Thing) -> Reading:
    statement, found = _statement(thing), Gathering()
    for unknown in (statement.open, statement.resources_open):
        if unknown is not None:
            found.more.add(blame_on(unknown))
    for pattern in statement.resources:
        if pattern.negated:
            continue
        if isinstance(pattern.value, Unknown):
            found.more.add(blame_on(pattern.value))
        else:
            found.update(_named(thing.scope, pattern.value))
    return found.items()


def _named(scope: Scope, value: Text) -> Items:
    """The keys that one pattern names. What was looked up or is literal is no key of the unit."""
    from kmsiac.inventory.named import key_named  # noqa: PLC0415 - needed by few rules

    named = key_named(scope.inventory, value)
    found = Gathering()
    found.update(scope.related("key", Related(named.items, named.maybe)))
    if not found.certain and not found.maybe and value.has_unknown:
        found.more |= open_blame(value)
    return found.items()


@declare(
    "statement",
    "covered_keys",
    many("key"),
    "the keys of this deployment unit that Resource covers; in a key policy its own key",
    "covered_keys: {some: {multi_region: true}}",
)
def _covered_keys(thing: Thing) -> Reading:
    policy = thing.parent
    if policy is None:
        return ABSENT
    scope, found = thing.scope, Gathering()
    for key, doubt in _candidates(policy):
        if scope.exists(key):
            answer = covers_key(_statement(thing), key)
            answer = all_of([answer, cannot_tell(*doubt)]) if doubt else answer
            found.add(scope.thing("key", key), answer)
    if policy_of(policy).kind == "key":
        found.more |= policy_of(policy).key.open
    return found.items()


def _candidates(policy: Thing) -> Iterator[tuple[Key, Doubt]]:
    of = policy_of(policy)
    if of.kind != "key":
        for key in policy.scope.inventory.keys:
            yield key, _existence(key)
        return
    for key in of.key.items:
        yield key, frozenset()
    for key in of.key.maybe:
        yield key, of.key.open or _may_be_meant(key)


def _existence(key: Key) -> Doubt:
    absent = key.resource.absent
    return frozenset() if absent is None else frozenset({blame_on(absent)})


def _may_be_meant(key: Key) -> Doubt:
    return frozenset({Blame(key.address, "may or may not be meant", key.position)})


def _unknown(parts: Iterable[Unknown | None]) -> list[Answer]:
    return [cannot_tell(blame_on(part)) for part in parts if part is not None]


@declare(
    "key",
    "covering_statements",
    many("statement"),
    "the identity statements of this deployment unit that name it or cover it, and a KMS action",
    "covering_statements: {some: {effect: Allow}}",
)
def _covering_statements(thing: Thing) -> Reading:
    key, scope, found = thing.value, thing.scope, Gathering()
    assert isinstance(key, Key)
    for policy in scope.inventory.policies:
        if policy.kind != "identity" or not scope.exists(policy):
            continue
        holder = scope.thing("policy", policy)
        document = document_of(holder)
        if isinstance(document, Open):
            found.more |= document.blame
        if not isinstance(document, PolicyDocument):
            continue
        doubt = _unknown((policy.resource.absent,))
        statements = statements_of(holder)
        found.more |= statements.more
        for statement in statements.certain:
            assert isinstance(statement, Thing)
            read = _statement(statement)
            found.add(statement, all_of([_acts_on_keys(read), covers_key(read, key), *doubt]))
    return found.items()


def _acts_on_keys(statement: Statement) -> Answer:
    from kmsiac.aws.actions import kms_actions  # noqa: PLC0415 - loads the action table
    from kmsiac.policy.actions import covered_actions  # noqa: PLC0415

    on_keys = frozenset(action.name for action in kms_actions() if "key" in action.on)
    covered = covered_actions(statement)
    if covered.certain & on_keys:
        return YES
    return cannot_tell(*covered.blame) if covered.possible & on_keys else NO


@declare(
    "key",
    "consumers",
    many("consumer"),
    "the resources of this deployment unit that use it",
    "consumers: {count: {at_least: 1}}",
)
def _consumers(thing: Thing) -> Reading:
    assert isinstance(thing.value, Key)
    return thing.scope.related("consumer", thing.value.consumers)
