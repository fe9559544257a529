"""Fields of grantees: who can, or may be able to, do something with a key, and by which way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kmsiac.inventory.model import Key
from kmsiac.policy.actions import all_actions
from kmsiac.policy.document import Statement
from kmsiac.rules.fields.statement import ACTIONS, action_items
from kmsiac.rules.readings import ABSENT, Items, Reading, Scope, Thing
from kmsiac.rules.vocabulary import TEXT, Cost, FieldType, declare, many, names, one
from kmsiac.values import Blame, Text, Unknown, blame_on

if TYPE_CHECKING:
    from kmsiac.access.place import Who
    from kmsiac.access.results import Holder

KINDS = (
    "role",
    "user",
    "group",
    "root",
    "account",
    "service",
    "session",
    "organization",
    "anyone",
)
WAYS = ("key_policy", "everyone", "delegation", "grant", "service")


def grantees_of(key: Thing) -> Items:
    """The grantees of a key, as things."""
    found = key.remember("the grantees", _grantees)
    assert isinstance(found, Items)
    return found


def _grantees(key: Thing) -> Reading:
    assert isinstance(key.value, Key)
    holders = key.scope.access.holders(sorted(all_actions()), key.value, written_only=True)
    certain = [key.scope.thing("grantee", h, key) for h in holders if not h.answer.is_open]
    maybe = [
        (key.scope.thing("grantee", h, key), h.answer.blame) for h in holders if h.answer.is_open
    ]
    return Items(certain, maybe, _others(key.scope, key.value))


def _others(scope: Scope, key: Key) -> frozenset[Blame]:
    """Why there may be grantees that nobody knows of: policies and principals that are not known."""
    unknown: list[Unknown | None] = []
    policies = [*key.policies.items, *key.policies.maybe]
    for policy in policies:
        document = scope.document(policy) if scope.exists(policy) else None
        if isinstance(document, Unknown):
            unknown.append(document)
        elif document is not None:
            unknown.append(document.open)
            for statement in document:
                unknown += _unknown_principals(statement)
    for grant in (*key.grants.items, *key.grants.maybe):
        settings = scope.settings(grant)
        grantee = settings.get("grantee") if settings is not None else None
        if grantee is not None and isinstance(grantee.value, Unknown):
            unknown.append(grantee.value)
    blame = {blame_on(part) for part in unknown if part is not None}
    return frozenset(blame | key.policies.open | key.grants.open)


def _unknown_principals(statement: Statement) -> list[Unknown | None]:
    if statement.effect_text == "Deny":
        return []
    values = (principal.value for principal in statement.principals if not principal.negated)
    return [
        statement.open,
        statement.principals_open,
        *(value for value in values if isinstance(value, Unknown)),
    ]


declare(
    "key",
    "grantees",
    many("grantee"),
    "who can, or may be able to, do something with it",
    "grantees: {some: {kind: service}}",
    cost=Cost.SEMANTIC,
)(grantees_of)


def holder_of(thing: Thing) -> Holder:
    """The holder that a thing of kind `grantee` stands for."""
    from kmsiac.access.results import Holder  # noqa: PLC0415 - loads when first asked

    assert isinstance(thing.value, Holder)
    return thing.value


@declare(
    "grantee",
    "principal",
    TEXT,
    "its ARN, account or service name",
    "principal: {glob: 'arn:*:role/*'}",
)
def _principal(thing: Thing) -> Reading:
    return holder_of(thing).who.text


@declare("grantee", "kind", names(*KINDS), "what kind of principal", "kind: [role, user, session]")
def _kind(thing: Thing) -> Reading:
    return holder_of(thing).who.kind


@declare(
    "grantee",
    "identity",
    one("identity"),
    "the role, user or group of this deployment unit that it is",
    "identity: {written: true}",
)
def _identity(thing: Thing) -> Reading:
    identity = holder_of(thing).who.identity
    return ABSENT if identity is None else thing.scope.thing("identity", identity)


@declare(
    "grantee",
    "via",
    FieldType("name", many=True, choices=WAYS),
    "by which ways: named by the key policy, as one of everyone whom that allows, through its "
    "account and IAM (delegation), by a grant, as an AWS service",
    "via: {some: [key_policy, grant]}",
)
def _via(thing: Thing) -> Reading:
    return Items(_told(thing, holder_of(thing).paths))


def _told(thing: Thing, paths: Iterable[str]) -> list[str]:
    """Paths as ways: named by the key policy, or one of everyone."""
    key = thing.parent
    named = key.remember("whom it names", _named) if key is not None else Items()
    assert isinstance(named, Items)
    in_policy = "key_policy" if _mark(holder_of(thing).who) in named.certain else "everyone"
    return [in_policy if path == "key-policy" else path for path in paths]


def _named(key: Thing) -> Reading:
    """Whom the key policy or a grant names, those apart who are only among everyone."""
    from kmsiac.access.candidates import candidates  # noqa: PLC0415 - loads when first asked

    assert isinstance(key.value, Key)
    found = candidates(key.scope.access, key.value, named_only=True)
    return Items(_mark(candidate.who) for candidate in found)


def _mark(who: Who) -> str:
    return f"{who.kind} {who.text}"


@declare("grantee", "key", one("key"), "the key", "key: {rotation: false}")
def _key(thing: Thing) -> Reading:
    return thing.parent if thing.parent is not None else ABSENT


@declare(
    "grantee",
    "allowed_actions",
    ACTIONS,
    "the KMS actions that it can do with the key by what the templates hold: of a principal that "
    "they do not make, what the key policy and grants give. Those apart that a key of this type "
    "does not do",
    "allowed_actions: {some: {duty: administer}}",
)
def _allowed_actions(thing: Thing) -> Reading:
    held = holder_of(thing).actions
    able = _done_by(thing.parent)
    return action_items(thing, held.certain & able, held.possible & able, held.blame)


def _done_by(key: Thing | None, *duties: str) -> frozenset[str]:
    """The actions that a key of this type does, or of these duties; all where the type is open."""
    from kmsiac.aws.actions import kms_actions  # noqa: PLC0415 - loads the action table
    from kmsiac.rules.vocabulary import load_fields  # noqa: PLC0415 - complete after loading

    type = load_fields()["key"]["type"].of(key) if key is not None else ABSENT
    return frozenset(
        action.name
        for action in kms_actions()
        if (not isinstance(type, str) or type in action.key_types)
        and (not duties or action.duty in duties)
    )


def _holders(key: Thing, actions: frozenset[str]) -> Items:
    """Who holds, or may hold, one of the actions, as things."""
    assert isinstance(key.value, Key)
    found = key.scope.access.holders(sorted(actions), key.value, written_only=True)
    return Items(key.scope.thing("grantee", holder, key) for holder in found)


_IN_WORDS = {
    "key_policy": "the key policy",
    "everyone": "a statement of the key policy for everyone",
    "delegation": "its IAM policies",
    "grant": "a grant",
    "service": "being an AWS service",
}


def _ways_to(duty: str, name: str, what: str) -> None:
    """Declare the ways to the actions of a duty, as messages say them."""

    @declare(
        "grantee",
        name,
        FieldType("text", many=True),
        f"by what it can {what} the key, in words for messages: the key policy, its IAM policies, "
        "a grant",
        f"{name}: {{some: its IAM policies}}",
        cost=Cost.SEMANTIC,
    )
    def read(thing: Thing) -> Reading:
        holder, key = holder_of(thing), thing.parent
        if key is None:
            return ABSENT
        found = key.remember(f"who can {duty}", lambda one: _holders(one, _done_by(one, duty)))
        assert isinstance(found, Items)
        same = [item for item in found.certain if isinstance(item, Thing)]
        paths = [
            p for h in map(holder_of, same) if _mark(h.who) == _mark(holder.who) for p in h.paths
        ]
        return Items(Text((_IN_WORDS[way],)) for way in _told(thing, paths))


_ways_to("administer", "administers_by", "administer")
_ways_to("use", "uses_by", "use")
