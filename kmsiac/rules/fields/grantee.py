"""Fields of grantees: who can, or may be able to, do something with a key, and by which way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from kmsiac.inventory.model import Key
from kmsiac.policy.actions import all_actions
from kmsiac.policy.document import Statement
from kmsiac.rules.fields.statement import ACTIONS, action_items
from kmsiac.rules.readings import ABSENT, Items, Reading, Scope, Thing
from kmsiac.rules.vocabulary import TEXT, Cost, FieldType, declare, many, names, one
from kmsiac.values import Blame, Text, Unknown, blame_on

if TYPE_CHECKING:
    from kmsiac.access.candidates import Candidate
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
_FEW = 8
"""So many candidates that are alike are told one by one."""
_MOST_ASKED = 10_000
"""When so many principals were asked about keys in one world, no further key is asked about."""
_MOST_LOOKED = 5_000_000
"""Nor when so many were looked at to see whether to ask about them."""
_TOO_MANY = "too many keys and principals to ask about each"
WAYS = ("key_policy", "everyone", "delegation", "grant", "service")


class Grantee:
    """A candidate for a key, and what it holds of it: worked out when that is asked for.

    Most rules want some kinds of principals only, and what one holds is costly. `like` are further
    candidates that hold the same, if it stands for them, too.
    """

    __slots__ = ("_first", "_held", "_key", "candidate", "like")

    def __init__(
        self,
        candidate: Candidate,
        key: Thing,
        like: Sequence[Candidate] = (),
        first: Grantee | None = None,
    ) -> None:
        """`first` is the one that stands for this one."""
        self.candidate = candidate
        self.like = like
        self._first = first
        self._key = key
        self._held: dict[frozenset[str], Holder | None] = {}

    @property
    def who(self) -> Who:
        """Who it is."""
        return self.candidate.who

    @property
    def id(self) -> str:
        """How it prints."""
        return str(self.candidate.who.text)

    @property
    def position(self) -> int:
        """Where it is named."""
        return self.candidate.position

    def holds(self, actions: frozenset[str] | None = None) -> Holder | None:
        """What it holds of some actions, by default of all; None where that is nothing."""
        wanted = all_actions() if actions is None else actions
        if wanted not in self._held:
            self._held[wanted] = self._asked(wanted)
        return self._held[wanted]

    def _asked(self, wanted: frozenset[str]) -> Holder | None:
        assert isinstance(self._key.value, Key)
        if self._first is not None:
            known = self._first.holds(wanted)
            if known is None or not known.actions.blame:
                return known  # what keeps it open would be another's
        access = self._key.scope.access
        self._key.scope.asked += 1
        return access.holder(self.candidate, wanted, self._key.value, written_only=True)

    def stated(self) -> frozenset[str]:
        """The actions that statements and grants name for it at all."""
        if self._first is not None:
            return self._first.stated()
        assert isinstance(self._key.value, Key)
        return self._key.scope.access.stated(self.candidate, self._key.value)


def groups_of(key: Thing) -> tuple[Thing, ...]:
    """Who may be a grantee of a key, as things; those are none that hold nothing (`is_grantee`).

    One stands for all of many that are alike: `others_like` has the rest.
    """
    found = key.remember("the groups", _groups)
    assert isinstance(found, Items)
    return tuple(thing for thing in found.certain if isinstance(thing, Thing))


def _groups(key: Thing) -> Reading:
    from kmsiac.access.candidates import grouped  # noqa: PLC0415 - loads when first asked

    assert isinstance(key.value, Key)
    things: list[Reading] = []
    for group in grouped(key.scope.access, key.value, _FEW):
        known = [one for one in group if not one.implied]
        if known:
            things.append(key.scope.thing("grantee", Grantee(known[0], key, known[1:]), key))
    return Items(things)


def others_like(thing: Thing) -> tuple[Thing, ...]:
    """The candidates that are alike, beside the one that stands for them."""
    key, first = thing.parent, grantee_of(thing)
    assert key is not None
    made = (Grantee(one, key, first=first) for one in first.like)
    return tuple(thing.scope.thing("grantee", each, key) for each in made)


def _candidates_of(key: Thing) -> Iterator[Thing]:
    for thing in groups_of(key):
        yield thing
        yield from others_like(thing)


def is_grantee(thing: Thing) -> bool:
    """Whether a candidate holds something, or may."""
    return grantee_of(thing).holds() is not None


def grantees_of(key: Thing) -> Items:
    """The grantees of a key, as things."""
    found = key.remember("the grantees", _grantees)
    assert isinstance(found, Items)
    return found


def _grantees(key: Thing) -> Reading:
    unasked = too_many(key)
    if unasked:
        return Items(more=unasked)
    certain: list[Reading] = []
    maybe: list[tuple[Reading, frozenset[Blame]]] = []
    for thing in _candidates_of(key):
        held = grantee_of(thing).holds()
        if held is not None and held.answer.is_open:
            maybe.append((thing, held.answer.blame))
        elif held is not None:
            certain.append(thing)
    return Items(certain, maybe, unknown_grantees(key))


def unknown_grantees(key: Thing) -> frozenset[Blame]:
    """Why a key may have grantees that nobody knows of."""
    assert isinstance(key.value, Key)
    return _others(key.scope, key.value)


def too_many(key: Thing) -> frozenset[Blame]:
    """Blame for that no more can be asked about who can use keys, as so much was asked already."""
    if key.scope.asked <= _MOST_ASKED and key.scope.access.looked <= _MOST_LOOKED:
        return frozenset()
    assert isinstance(key.value, Key)
    return frozenset({Blame(key.value.address, _TOO_MANY, key.value.position)})


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


def grantee_of(thing: Thing) -> Grantee:
    """The grantee that a thing of kind `grantee` stands for."""
    assert isinstance(thing.value, Grantee)
    return thing.value


@declare(
    "grantee",
    "principal",
    TEXT,
    "its ARN, account or service name",
    "principal: {glob: 'arn:*:role/*'}",
)
def _principal(thing: Thing) -> Reading:
    return grantee_of(thing).who.text


@declare("grantee", "kind", names(*KINDS), "what kind of principal", "kind: [role, user, session]")
def _kind(thing: Thing) -> Reading:
    return grantee_of(thing).who.kind


@declare(
    "grantee",
    "identity",
    one("identity"),
    "the role, user or group of this deployment unit that it is",
    "identity: {written: true}",
)
def _identity(thing: Thing) -> Reading:
    identity = grantee_of(thing).who.identity
    return ABSENT if identity is None else thing.scope.thing("identity", identity)


def _perhaps_via(thing: Thing) -> Reading:
    """The ways that are open to it at all: nobody is named by a policy that does not name them."""
    key = thing.parent
    if key is None or not isinstance(key.value, Key):
        return _ways_but(frozenset())
    grants = bool(key.value.grants.items or key.value.grants.maybe or key.value.grants.open)
    closed = set() if _is_named(thing) else {"key_policy"}
    closed |= set() if grants else {"grant"}
    return _ways_but(frozenset(closed))


@cache
def _ways_but(closed: frozenset[str]) -> Items:
    return Items(way for way in WAYS if way not in closed)


def _is_named(thing: Thing) -> bool:
    """Whether the key policy or a grant names it, not only everyone."""
    named = thing.parent.remember("whom it names", _named) if thing.parent is not None else Items()
    assert isinstance(named, Items)
    return _mark(grantee_of(thing).who) in named.certain


@declare(
    "grantee",
    "via",
    FieldType("name", many=True, choices=WAYS),
    "by which ways: named by the key policy, as one of everyone whom that allows, through its "
    "account and IAM (delegation), by a grant, as an AWS service",
    "via: {some: [key_policy, grant]}",
    cost=Cost.SEMANTIC,
    bound=_perhaps_via,
)
def _via(thing: Thing) -> Reading:
    held = grantee_of(thing).holds()
    return Items(_told(thing, held.paths)) if held is not None else ABSENT


def _told(thing: Thing, paths: Iterable[str]) -> list[str]:
    """Paths as ways: named by the key policy, or one of everyone."""
    in_policy = "key_policy" if _is_named(thing) else "everyone"
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


def _stated_actions(thing: Thing) -> Reading:
    stated = grantee_of(thing).stated()
    return action_items(thing, stated, stated, frozenset())


@declare(
    "grantee",
    "allowed_actions",
    ACTIONS,
    "the KMS actions that it can do with the key by what the templates hold: of a principal that "
    "they do not make, what the key policy and grants give. Those apart that a key of this type "
    "does not do",
    "allowed_actions: {some: {duty: administer}}",
    cost=Cost.SEMANTIC,
    bound=_stated_actions,
)
def _allowed_actions(thing: Thing) -> Reading:
    holder = grantee_of(thing).holds()
    if holder is None:
        return ABSENT
    held, able = holder.actions, _done_by(thing.parent)
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
        held = grantee_of(thing).holds(_done_by(thing.parent, duty))
        paths = held.paths if held is not None and not held.answer.is_open else ()
        return Items(Text((_IN_WORDS[way],)) for way in _told(thing, paths))


_ways_to("administer", "administers_by", "administer")
_ways_to("use", "uses_by", "use")
