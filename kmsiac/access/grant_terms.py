"""A grant as the engine reads it: an Allow for one grantee, its constraints as conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kmsiac.aws.actions import kms_action
from kmsiac.aws.grants import grant_operations
from kmsiac.inventory.model import Grant, Setting, Settings
from kmsiac.policy.document import PolicyDocument, Principal
from kmsiac.policy.parse import parse_document
from kmsiac.policy.principals import kind_of
from kmsiac.values import Blame, List, Map, Text, Unknown, Value, blame_on, open_blame, text

_CONTEXT = "kms:EncryptionContext:"


@dataclass(frozen=True)
class GrantTerms:
    """One grant: for whom, which operations (`Decrypt`), which encryption context it asks for.

    `document` says the same as a statement, but that `equals` asks for that context and no more.
    """

    address: str
    document: PolicyDocument
    grantee: Text
    operations: frozenset[str]
    subset: dict[str, Text]
    equals: dict[str, Text]
    retiring: tuple[Text, ...] = ()
    absent: Blame | None = None
    """Blame for that its resource may not exist."""


def terms_of(grant: Grant, settings: Settings) -> tuple[GrantTerms | None, set[Blame]]:
    """The terms of a grant, None where it is not known to whom it is; and what is open about it."""
    blame: set[Blame] = set()
    grantee = _value(settings, "grantee")
    if not isinstance(grantee, Text):
        blame.add(_doubt(grantee, grant))
        return None, blame
    if grantee.literal is not None and not _names_somebody(grantee):
        blame.add(Blame(str(grantee), "KMS takes no such grantee", grantee.position))
        return None, blame
    operations = _operations(_value(settings, "operations"), grant, blame)
    subset = _context(_value(settings, "context_subset"), grant, blame)
    equals = _context(_value(settings, "context_equals"), grant, blame)
    document = _document(grant, grantee, operations, {**subset, **equals})
    retiring = _value(settings, "retiring_principal")
    return GrantTerms(
        grant.address,
        document,
        grantee,
        operations,
        subset,
        equals,
        (retiring,) if isinstance(retiring, Text) else (),
        blame_on(grant.resource.absent) if grant.resource.absent is not None else None,
    ), blame


def _names_somebody(grantee: Text) -> bool:
    service = (grantee.literal or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
    principal = Principal("Service" if service else "AWS", grantee, False, grantee.position)
    return kind_of(principal)[0] in ("role", "user", "session", "account", "service")


def _value(settings: Settings, name: str) -> Value | None:
    found: Setting | None = settings.get(name)
    return found.value if found is not None else None


def _doubt(value: Value | None, grant: Grant) -> Blame:
    if isinstance(value, Unknown):
        return blame_on(value)
    return Blame(grant.address, "its terms are not as a grant has them", grant.position)


def _operations(value: Value | None, grant: Grant, blame: set[Blame]) -> frozenset[str]:
    known = grant_operations()
    found: set[str] = set()
    items: Iterable[Value] = value.items if isinstance(value, List) else [value] if value else []
    if isinstance(value, List) and value.open is not None:
        blame.add(blame_on(value.open))
    for item in items:
        literal = item.literal if isinstance(item, Text) else None
        if literal is None:
            blame |= set(open_blame(item)) if isinstance(item, Text) else {_doubt(item, grant)}
        elif literal in known:
            found.add(literal)
    return frozenset(found)


def _context(value: Value | None, grant: Grant, blame: set[Blame]) -> dict[str, Text]:
    found: dict[str, Text] = {}
    values = value.items if isinstance(value, List) else [value]
    for one in values:
        if one is None:
            continue
        if not isinstance(one, Map):
            blame.add(_doubt(one, grant))
            continue
        if one.open is not None:
            blame.add(blame_on(one.open))
        for key, inner in one.entries:
            if key.literal is not None and isinstance(inner, Text):
                found[key.literal] = inner
            else:
                blame.add(_doubt(inner, grant))
    return found


def _document(
    grant: Grant, grantee: Text, operations: frozenset[str], context: dict[str, Text]
) -> PolicyDocument:
    at = grant.position
    carrying = {name for name in operations if _carries_context(name)}
    plain = sorted(operations - carrying) if context else sorted(operations)
    statements = [_statement(grant, grantee, plain, {})] if plain else []
    if context and carrying:
        # Operations without an encryption context are not held to it (API, GrantConstraints).
        statements.append(_statement(grant, grantee, sorted(carrying), context))
    document = parse_document(Map([(text("Statement", at), List(statements, at))], at))
    assert isinstance(document, PolicyDocument)
    return document


def _carries_context(operation: str) -> bool:
    action = kms_action(operation)
    return action is not None and action.encryption_context


def _statement(
    grant: Grant, grantee: Text, operations: Iterable[str], context: dict[str, Text]
) -> Map:
    at = grant.position
    service = (grantee.literal or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
    entries: list[tuple[Text, Value]] = [
        (text("Sid", at), text(f"grant {grant.address}", at)),
        (text("Effect", at), text("Allow", at)),
        (text("Principal", at), Map([(text("Service" if service else "AWS", at), grantee)], at)),
        (text("Action", at), List([text(f"kms:{name}", at) for name in operations], at)),
        (text("Resource", at), text("*", at)),
    ]
    if context:
        wanted = [(text(_CONTEXT + key, at), value) for key, value in sorted(context.items())]
        condition = Map([(text("StringEquals", at), Map(wanted, at))], at)
        entries.append((text("Condition", at), condition))
    return Map(entries, at)
