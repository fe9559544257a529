"""The fields of each kind of thing, declared beside the code that reads them."""

from __future__ import annotations

from kmsiac.rules.fields import (
    access,
    action,
    condition,
    consumer,
    decided,
    entity,
    family,
    grantee,
    identity,
    policy,
    principal,
    questions,
    reach,
    resource,
    statement,
    text,
)

__all__ = [
    "access",
    "action",
    "condition",
    "consumer",
    "decided",
    "entity",
    "family",
    "grantee",
    "identity",
    "policy",
    "principal",
    "questions",
    "reach",
    "resource",
    "statement",
    "text",
]
