"""What `point_at` can name for each target: the element whose place and value a finding has."""

from __future__ import annotations

from collections.abc import Mapping

from kmsiac.rules.vocabulary import load_fields

STATEMENT_POINTS: Mapping[str, tuple[str, ...]] = {
    "sid": ("Sid",),
    "effect": ("Effect",),
    "principal": ("Principal", "NotPrincipal"),
    "action": ("Action", "NotAction"),
    "resource": ("Resource", "NotResource"),
    "condition": ("Condition",),
}
"""Points of a statement, and the elements they may be: the first that is written."""

CONDITION_POINTS = ("operator", "values")
POLICY_POINTS = ("version", "statements")


def points_of(target: str) -> frozenset[str]:
    """The names that `point_at` takes for a target; its own name is the default."""
    own = {target}
    if target == "statement":
        return frozenset(own | {*STATEMENT_POINTS})
    if target == "condition":
        return frozenset(own | {*CONDITION_POINTS, "statement"})
    if target in ("action", "principal", "resource"):
        return frozenset(own | {"statement"})
    if target == "policy":
        return frozenset(own | {*POLICY_POINTS})
    # Entities: any setting, which is any field that can say whether it is written.
    fields = load_fields()[target].values()
    return frozenset(
        own
        | {field.name for field in fields if field.presence is not None}
        | {"service" if target == "endpoint" else target}
    )
