"""The IAM policy language: documents, statements, principals, actions, resources, conditions."""

from __future__ import annotations

POLICY_KINDS = (
    "key",
    "identity",
    "trust",
    "boundary",
    "session",
    "endpoint",
    "scp",
    "rcp",
    "resource",
    "unknown",
)
"""What a policy is, by what it is attached to; `unknown` where that does not show."""
