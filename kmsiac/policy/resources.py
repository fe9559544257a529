"""What a Resource pattern names: which kind of thing, how many, and whether it is this key."""

from __future__ import annotations

from typing import NamedTuple

from kmsiac.aws.shapes import glob_matches
from kmsiac.policy.document import Pattern
from kmsiac.policy.matching import Arn, any_variables, same, split_arn, variables, wildcard_index
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
    decided,
    open_blame,
)

_VARIABLE = "what a policy variable stands for depends on the request"
Told = tuple[str | None, frozenset[Blame]]
"""A word, or None with the expressions to blame."""


class OwnKey(NamedTuple):
    """The key that a key policy is attached to, as far as it is known before deployment.

    `id` is that of a key that exists already, where it is known.
    """

    unit: str
    address: str
    partition: Text
    region: Text
    account: Text
    id: str | None = None


def kind_of(pattern: Pattern) -> Told:
    """any (`*`), service (all of KMS), key, alias, other_service, not_arn, malformed; None: open."""
    value = pattern.value
    if isinstance(value, Unknown):
        return None, frozenset({blame_on(value)})
    literal = value.literal
    if literal is not None and not literal.strip("*") and literal:
        return "any", frozenset()
    symbol = value.symbol
    if symbol is not None and symbol.type in ("key_arn", "alias_arn"):
        return symbol.type.removesuffix("_arn"), frozenset()
    arn = split_arn(value)
    if arn is None:
        if value.has_unknown or (symbol is not None and symbol.type in ("text", "arn")):
            return None, open_blame(value)
        if symbol is not None and symbol.type.endswith("_arn"):
            return "other_service", frozenset()
        wild_arn = literal is not None and glob_matches(
            literal, "arn:aws:kms:us-east-1:111122223333:key/x"
        )
        return ("service" if wild_arn else "not_arn"), frozenset()
    return _of_arn(arn, value)


def _of_arn(arn: Arn, value: Text) -> Told:
    service = arn.service.literal
    if service is None:
        return None, open_blame(value)
    if not glob_matches(service, "kms"):
        return "other_service", frozenset()
    head = arn.resource.prefix
    if head.startswith(("key/", "alias/")):
        return head.split("/", 1)[0], frozenset()
    if "*" in head or "?" in head:
        resource = arn.resource.literal or head
        if glob_matches(resource, "key/x") and glob_matches(resource, "alias/x"):
            return "service", frozenset()
        for kind in ("key", "alias"):
            if head.startswith(kind) or glob_matches(head.split("*")[0] + "*", f"{kind}/x"):
                return kind, frozenset()
    if arn.resource.literal is None:
        return None, open_blame(value)
    return "malformed", frozenset()


def breadth_of(pattern: Pattern) -> Told:
    """one, account (all of an account) or all (accounts): how many keys it reaches."""
    value = pattern.value
    if isinstance(value, Unknown):
        return None, frozenset({blame_on(value)})
    arn = split_arn(value)
    if arn is None:
        if value.has_unknown:
            return None, open_blame(value)
        literal = value.literal or ""
        return ("all" if "*" in literal or "?" in literal else "one"), frozenset()
    if _wild(arn.resource):
        return ("all" if _wild(arn.account) else "account"), frozenset()
    unknown = arn.resource.has_unknown
    return (None, open_blame(value)) if unknown else ("one", frozenset())


def covers_own_key(pattern: Pattern, key: OwnKey) -> Answer:
    """Whether a Resource of a key policy covers the key it is attached to.

    A literal key ARN of fitting account and Region is cannot tell where the id of the key is known
    only after deployment: it may be this key. So is a policy variable: what it stands for depends on the request.
    """
    value = pattern.value
    if isinstance(value, Unknown):
        return cannot_tell(blame_on(value))
    if variables(value):
        wide = covers_own_key(Pattern(any_variables(value), pattern.negated, pattern.position), key)
        told = cannot_tell(Blame(str(value), _VARIABLE, value.position))
        return wide if wide.is_no else told
    symbol = value.symbol
    if symbol is not None and symbol.origin == "resource" and symbol.owner.unit == key.unit:
        return decided(symbol.type == "key_arn" and symbol.address == key.address)
    kind, blame = kind_of(pattern)
    if kind is None:
        return cannot_tell(*blame)
    if kind in ("any", "service", "key"):
        arn = split_arn(value)
        return YES if arn is None else _covers(arn, key)
    return NO


def _covers(arn: Arn, key: OwnKey) -> Answer:
    fields = (
        (arn.partition, key.partition),
        (arn.region, key.region),
        (arn.account, key.account),
    )
    return all_of([*(_field(a, b) for a, b in fields), _is_key_id(arn.resource, key)])


def _field(pattern: Text, own: Text) -> Answer:
    if not _wild(pattern):
        return same(pattern, own)
    if pattern.literal == "*":
        return YES
    if pattern.literal is not None and own.literal is not None:
        return decided(glob_matches(pattern.literal, own.literal))
    return cannot_tell(*open_blame(pattern), *open_blame(own))


def _is_key_id(resource: Text, key: OwnKey) -> Answer:
    literal = resource.literal
    if literal is not None and not literal.removeprefix("key/").strip("*"):
        return YES
    if literal is not None and key.id is not None:
        return decided(glob_matches(literal, f"key/{key.id}"))
    identity = [p for p in resource.parts if not isinstance(p, str)]
    owned = [getattr(p, "address", None) == key.address for p in identity]
    if owned and all(owned):
        return YES
    if any(getattr(p, "origin", "") == "resource" for p in identity):
        return NO
    reason = "the id of the key is known only after deployment"
    return cannot_tell(Blame(str(resource), reason, resource.position))


def _wild(text: Text) -> bool:
    plain = "".join(part for part in text.parts if isinstance(part, str))
    return wildcard_index(plain) >= 0
