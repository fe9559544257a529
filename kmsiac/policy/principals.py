"""What kind of principal a Principal element names, and whose account it is in.

Source: IAM User Guide, "AWS JSON policy elements: Principal"; errata 25.
"""

from __future__ import annotations

import re

from kmsiac.policy.document import Principal
from kmsiac.policy.matching import Arn, glob, has_wildcard, split_arn
from kmsiac.values import (
    NO,
    YES,
    Answer,
    Blame,
    Text,
    Unknown,
    blame_on,
    cannot_tell,
    open_blame,
)

KINDS = (
    "anyone",
    "account",
    "role",
    "user",
    "session",
    "service",
    "group",
    "organization",
    "pattern",
    "unique_id",
    "federated",
    "canonical",
    "malformed",
)
"""The kinds of principals: an account is its root ARN or its id; a session is of a role or of a
federated user; a pattern has a wildcard inside (IAM allows none but the lone `*`)."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,}")
_SYMBOL_KINDS = {
    "account_id": "account",
    "role_arn": "role",
    "user_arn": "user",
    "group_arn": "group",
    "unique_id": "unique_id",
    "role_id": "unique_id",  # what Fn::GetAtt RoleId gives
    "role_unique_id": "unique_id",
    "user_unique_id": "unique_id",
    "caller_identity_arn": "session",
    "role_name": "malformed",
    "user_name": "malformed",
}
_IAM_RESOURCES = {"role": "role", "user": "user", "group": "group", "federated-user": "session"}
_TYPES = {"Service": "service", "Federated": "federated", "CanonicalUser": "canonical"}

Kind = tuple[str | None, frozenset[Blame]]
"""A kind, or None with the expressions to blame."""


def kind_of(principal: Principal) -> Kind:
    """The kind of a principal, one of `KINDS`; None where it cannot be told."""
    if principal.kind is None:
        principal.kind = _kind_of(principal)
    return principal.kind


def _kind_of(principal: Principal) -> Kind:
    value = principal.value
    if isinstance(value, Unknown):
        return None, frozenset({blame_on(value)})
    if principal.type in _TYPES:
        if value.literal == "*":
            reason = f"whom * stands for under {principal.type} is not documented"
            return None, frozenset({Blame("*", reason, value.position)})
        wild = has_wildcard(value).is_yes
        return ("malformed" if wild else _TYPES[principal.type]), frozenset()
    if principal.type == "*":
        return _bare(value)
    if principal.type != "AWS":
        return "malformed", frozenset()
    return _aws(value)


def _bare(value: Text) -> Kind:
    if value.literal == "*":
        return "anyone", frozenset()
    if value.has_unknown and not value.prefix:
        return None, open_blame(value)
    return "malformed", frozenset()


def _aws(value: Text) -> Kind:
    literal = value.literal
    if literal == "*":
        return "anyone", frozenset()
    if has_wildcard(value).is_yes:
        return "pattern", frozenset()
    if value.symbol is not None and value.symbol.type in _SYMBOL_KINDS:
        return _SYMBOL_KINDS[value.symbol.type], frozenset()
    if literal is not None and _ACCOUNT.fullmatch(literal):
        return "account", frozenset()
    if literal is not None and _UNIQUE_ID.fullmatch(literal):
        return "unique_id", frozenset()
    arn = split_arn(value)
    if arn is not None:
        return _of_arn(arn, value)
    if literal is not None:
        return "malformed", frozenset()
    return None, open_blame(value)


def _of_arn(arn: Arn, value: Text) -> Kind:
    service = arn.service.literal
    head = arn.resource.prefix
    kind = "malformed"
    if service == "iam" and arn.resource.literal == "root":
        kind = "account"
    elif service == "iam" and "/" in head:
        kind = _IAM_RESOURCES.get(head.split("/", 1)[0], "malformed")
    elif service == "sts" and head.startswith(("assumed-role/", "federated-user/")):
        kind = "session"
    elif service == "organizations":
        kind = "organization"
    elif service is None or not head:
        return None, open_blame(value)
    if kind != "malformed" and value.has_unknown and not _pinned(value, arn):
        return None, open_blame(value)
    return kind, frozenset()


def _pinned(value: Text, arn: Arn) -> bool:
    """Whether what is unknown is only the account, which cannot change the kind."""
    unknown = {part for part in value.parts if isinstance(part, Unknown)}
    return unknown == {part for part in arn.account.parts if isinstance(part, Unknown)}


def is_service_linked(principal: Principal) -> Answer:
    """Whether a principal is a service-linked role, which only its AWS service can assume."""
    value = principal.value
    if isinstance(value, Unknown):
        return cannot_tell(blame_on(value))
    kind, blame = kind_of(principal)
    symbol = value.symbol
    if symbol is not None and symbol.type == "iam_service_linked_role_arn":
        return YES
    if kind is None:
        return cannot_tell(*blame)
    if kind != "role" or (symbol is not None and symbol.origin == "resource"):
        return NO
    # The path shows it, and what is looked up shows none.
    arn = split_arn(value) if symbol is None else None
    if arn is None:
        return cannot_tell(*open_blame(value))
    return glob("role/aws-service-role/*", arn.resource)


def account_of(principal: Principal) -> Text | None:
    """The account that a principal is in, None for one that has none or does not show it."""
    value = principal.value
    if isinstance(value, Unknown) or principal.type != "AWS":
        return None
    literal = value.literal
    if literal is not None and _ACCOUNT.fullmatch(literal):
        return value
    if value.symbol is not None and value.symbol.type == "account_id":
        return value
    arn = split_arn(value)
    return arn.account if arn is not None and arn.account.parts else None
