"""The fields of each kind of thing, declared beside the code that reads them."""

from __future__ import annotations

from kmsiac.rules.fields import (
    action,
    condition,
    entity,
    identity,
    policy,
    principal,
    resource,
    statement,
    text,
)

__all__ = [
    "action",
    "condition",
    "entity",
    "identity",
    "policy",
    "principal",
    "resource",
    "statement",
    "text",
]
