"""Who may hold something: the identities of a unit, and whom key policies and grants name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.access.place import Who, WhoKind
from kmsiac.access.sheets import IDENTITY
from kmsiac.aws.shapes import fold
from kmsiac.inventory.coverage import covers_key
from kmsiac.inventory.model import Identity, Key, Related
from kmsiac.inventory.named import identity_named
from kmsiac.policy.document import PolicyDocument, Principal, Statement
from kmsiac.policy.matching import same, split_arn
from kmsiac.policy.principals import account_of, kind_of
from kmsiac.values import Text, Unknown, text

if TYPE_CHECKING:
    from kmsiac.access.likeness import Likes, Telling
    from kmsiac.access.unit import UnitAccess

_KINDS: dict[str, WhoKind] = {
    "anyone": "anyone",
    "account": "account",
    "role": "role",
    "user": "user",
    "session": "session",
    "service": "service",
    "organization": "organization",
}


class Candidate(NamedTuple):
    """A principal that may hold something, and where it is named.

    `implied`: everybody is named, and conditions may leave this one of them.
    """

    who: Who
    position: int
    implied: bool = False


def candidates(unit: UnitAccess, key: Key, *, named_only: bool) -> Iterator[Candidate]:
    """Everybody known who may reach a key, each once: those whom the key names first."""
    seen: set[object] = set()
    yield from _told(unit, key, seen)
    if not named_only:
        others = [one for group in _others(unit, key, seen) for one in group]
        yield from (candidate for _, candidate in sorted(others, key=itemgetter(0)))


def grouped(unit: UnitAccess, key: Key, apart: int = 1) -> Iterator[Sequence[Candidate]]:
    """The candidates for a key in groups: those of one hold the same, or nothing, for certain or
    not, so that what one of them holds is known of all. Only what keeps it open is another's.

    Groups of no more than `apart` are told one by one.
    """
    seen: set[object] = set()
    for candidate in _told(unit, key, seen):
        yield (candidate,)
    groups: list[list[tuple[int, Candidate]]] = []
    for group in _others(unit, key, seen):
        groups += [group] if len(group) > apart else [[one] for one in group]
    for group in sorted(groups, key=lambda group: group[0][0]):
        yield [candidate for _, candidate in group]


def _told(unit: UnitAccess, key: Key, seen: set[object]) -> Iterator[Candidate]:
    """Those whom the key names, or a grant; `seen` notes them."""
    named = [*_named(unit, key), *_grantees(unit, key)]
    for candidate in sorted(named, key=lambda one: one.implied):
        mark = (_mark(candidate.who), candidate.implied)
        told = candidate.who.kind != "account" and (mark[0], False) in seen
        if mark not in seen and not told:
            seen.add(mark)
            yield candidate


def _others(unit: UnitAccess, key: Key, seen: set[object]) -> Iterator[list[tuple[int, Candidate]]]:
    """Who has only its own policies to reach a key by, in groups of those that are alike for it;
    with the order of the inventory.
    """
    telling: Telling | None = None
    for likes in unit.reaching.of(key):
        unit.looked += 1
        if not _may_reach(unit, likes, key):
            continue
        if len(likes.candidates) > 1 and telling is None:
            telling = unit.telling(key)
        groups: dict[object, list[tuple[int, Candidate]]] = {}
        unit.looked += len(likes.candidates)
        for at, (order, candidate) in enumerate(likes.candidates):
            identity = candidate.who.identity
            assert identity is not None
            if not {(id(identity), False), (id(identity), True)} & seen:
                alone = telling is None or telling.knows(identity, likes.names[at])
                look = likes.looks[at] if telling is not None and telling.compares else None
                groups.setdefault(order if alone else (look,), []).append((order, candidate))
        yield from groups.values()


def _may_reach(unit: UnitAccess, likes: Likes, key: Key) -> bool:
    """Whether their own policies may allow something on the key: a first look, conditions apart."""
    covered = [covers_key(statement, key) for statement in likes.allows]
    if likes.unhindered and any(answer.is_yes for answer in covered):
        return True  # most are so, and need no search
    reaches = bool(likes.layers.open.get(IDENTITY)) or not all(one.is_no for one in covered)
    if reaches and likes.allowed is None:
        likes.allowed = bool(unit.allowed_actions(likes.first).possible)
    return reaches and bool(likes.allowed)


def reachable_keys(unit: UnitAccess) -> Iterator[Key]:
    """The keys of the unit that exist."""
    return (key for key in unit.inventory.keys if unit.reader.exists(key))


def _mark(who: Who) -> object:
    if who.kind == "root":
        return "root"  # of the key's account: there is one
    if who.kind == "account":
        account = account_of(Principal("AWS", who.text, False, who.text.position))
        return ("account", account.parts if account is not None else who.text.parts)
    return id(who.identity) if who.identity is not None else (who.kind, who.text.parts)


def _named(unit: UnitAccess, key: Key) -> Iterator[Candidate]:
    for document in _documents(unit, key):
        for statement in document:
            if statement.effect_text == "Deny":
                continue
            for principal in statement.principals:
                if not principal.negated:
                    yield from _from_principal(unit, key, principal, statement, document)


def _documents(unit: UnitAccess, key: Key) -> Iterator[PolicyDocument]:
    policies, _ = unit.reader.related(key.policies)
    for policy in policies:
        document = unit.reader.document(policy)
        if isinstance(document, PolicyDocument):
            yield document


def _from_principal(
    unit: UnitAccess,
    key: Key,
    principal: Principal,
    statement: Statement,
    document: PolicyDocument,
) -> Iterator[Candidate]:
    value = principal.value
    kind, _ = kind_of(principal)
    if not isinstance(value, Text) or kind not in _KINDS:
        return
    position = principal.position or statement.position
    identity = _identity(unit, value) if kind in ("role", "user") else None
    if identity is not None:
        yield Candidate(unit.who(identity), position)
        return
    if kind == "anyone":
        yield Candidate(Who("anyone", text("anyone")), position)
        for name in _organizations(statement):
            yield Candidate(Who("organization", name), position)
        yield Candidate(Who("account", _root(key)), position, implied=True)
        yield from _limited_to(unit, document, position)
        return
    yield Candidate(Who(_KINDS[kind], value), position)
    if kind == "account" and _is_own(key, value):
        yield Candidate(Who("root", _root(key)), position)


def _is_own(key: Key, value: Text) -> bool:
    principal = Principal("AWS", value, False, value.position)
    account = account_of(principal)
    return account is not None and not same(account, key.resource.provider.account).is_no


def _root(key: Key) -> Text:
    """The root user of the key's account."""
    provider = key.resource.provider
    parts = ("arn:", *provider.partition.parts, ":iam::", *provider.account.parts, ":root")
    return Text(parts, key.position)


def _limited_to(unit: UnitAccess, document: PolicyDocument, position: int) -> Iterator[Candidate]:
    """Whom the conditions of the document spell, of those whom a statement for everybody names."""
    for statement in document:
        for condition in statement.conditions:
            key = fold(condition.key.literal or "")
            for value in condition.values:
                if isinstance(value, Unknown) or value.has_unknown:
                    continue
                if key in ("aws:principalaccount", "kms:calleraccount"):
                    yield Candidate(Who("account", value), position, implied=True)
                elif key == "aws:principalarn":
                    yield from _spelt(unit, value, position)


def _spelt(unit: UnitAccess, value: Text, position: int) -> Iterator[Candidate]:
    """The principal of an ARN; of a pattern, the account that it fixes."""
    arn = split_arn(value)
    if arn is None or not arn.account.parts or set(arn.account.literal or "") & {"*", "?"}:
        return
    if set(str(value)) & {"*", "?"}:
        yield Candidate(Who("account", arn.account), position, implied=True)
        return
    kind, _ = kind_of(Principal("AWS", value, False, position))
    identity = _identity(unit, value) if kind in ("role", "user") else None
    if identity is not None:
        yield Candidate(unit.who(identity), position, implied=True)
    elif kind in ("role", "user", "session"):
        yield Candidate(Who(_KINDS[kind], value), position, implied=True)


def _organizations(statement: Statement) -> list[Text]:
    """The organizations that a statement for anyone is limited to."""
    names: dict[object, Text] = {}
    for condition in statement.conditions:
        key = fold(condition.key.literal or "")
        if key not in ("aws:principalorgid", "aws:principalorgpaths"):
            continue
        for value in condition.values:
            name = _organization(value)
            if name is not None:
                names.setdefault(name.parts, name)
    return list(names.values())


def _organization(value: Text | Unknown) -> Text | None:
    """The organization of an id or a path, a literal or a symbol; None where it is not known."""
    if isinstance(value, Unknown) or value.has_unknown or not value.parts:
        return None
    first = value.parts[0]
    if not isinstance(first, str):
        return Text((first,), value.position)
    name = first.split("/")[0]
    return text(name) if name.startswith("o-") and not set(name) & {"*", "?", "$"} else None


def _identity(unit: UnitAccess, value: Text) -> Identity | None:
    named: Related[Identity] = identity_named(unit.inventory, value)
    found = [identity for identity in named.items if unit.reader.exists(identity)]
    return found[0] if len(found) == 1 and not named.maybe else None


def _grantees(unit: UnitAccess, key: Key) -> Iterator[Candidate]:
    grants, _ = unit.reader.related(key.grants)
    for grant in grants:
        settings = unit.reader.settings(grant)
        setting = settings.get("grantee") if settings is not None else None
        value = setting.value if setting is not None else None
        if not isinstance(value, Text):
            continue
        service = (value.literal or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
        principal = Principal("Service" if service else "AWS", value, False, grant.position)
        kind, _ = kind_of(principal)
        identity = _identity(unit, value) if kind in ("role", "user") else None
        if identity is not None:
            yield Candidate(unit.who(identity), grant.position)
        elif kind in _KINDS:
            yield Candidate(Who(_KINDS[kind], value), grant.position)
