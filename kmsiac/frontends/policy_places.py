"""Where policies stand in JSON that is no template: the whole file, or what the AWS CLI prints.

Plain values of `json.loads`, so that telling what a file is costs no positions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from kmsiac.reading.source import Key

EACH = "*"
"""A step into every member of a list."""

_SHAPES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("Policy",), ""),  # kms get-key-policy, s3api get-bucket-policy, ...
    (("Policy", "Content"), ""),  # organizations describe-policy
    (("PolicyVersion", "Document"), "identity"),  # iam get-policy-version
    (("PolicyDocument",), "identity"),  # iam get-role-policy, get-user-policy, get-group-policy
    (("Role", "AssumeRolePolicyDocument"), "trust"),  # iam get-role
    (("Roles", EACH, "AssumeRolePolicyDocument"), "trust"),  # iam list-roles
    (("VpcEndpoints", EACH, "PolicyDocument"), "endpoint"),  # ec2 describe-vpc-endpoints
    (("ResourcePolicy",), "resource"),  # secretsmanager get-resource-policy
    (("Attributes", "Policy"), "resource"),  # sqs and sns get-...-attributes
)
_ORGANIZATION = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}
_MAX_TEXT = 1_000_000


class PolicyPlace(NamedTuple):
    """One policy: the way to it, and its kind where what stands around it says so, else empty."""

    path: tuple[Key, ...]
    kind: str


def policies_in(document: dict[str, object]) -> list[PolicyPlace]:
    """The policies of a document that is one, or that holds some as the AWS CLI prints them."""
    if _is_policy(document):
        return [PolicyPlace((), "")]
    found = []
    for steps, kind in _SHAPES:
        for path, value in _reached(document, steps):
            if _is_policy(_decoded(value)):
                found.append(PolicyPlace(path, kind or _kind(document, steps)))
    return found


def _kind(document: dict[str, object], steps: tuple[str, ...]) -> str:
    policy = document["Policy"]
    if steps == ("Policy",):
        # Every key policy has this name, and KMS alone prints it beside one.
        return "key" if document.get("PolicyName") == "default" else ""
    summary = policy.get("PolicySummary") if isinstance(policy, dict) else None
    type_ = summary.get("Type") if isinstance(summary, dict) else None
    return _ORGANIZATION.get(type_, "") if isinstance(type_, str) else ""


def _reached(value: object, steps: tuple[str, ...]) -> Iterator[tuple[tuple[Key, ...], object]]:
    if not steps:
        yield (), value
    elif steps[0] == EACH:
        for index, item in enumerate(value if isinstance(value, list) else ()):
            for path, inner in _reached(item, steps[1:]):
                yield (index, *path), inner
    elif isinstance(value, dict) and steps[0] in value:
        for path, inner in _reached(value[steps[0]], steps[1:]):
            yield (steps[0], *path), inner


def _decoded(value: object) -> object:
    """The value, or what a text holds as JSON."""
    if not isinstance(value, str):
        return value
    if len(value) > _MAX_TEXT or not value.lstrip().startswith("{"):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _is_policy(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    statements = value.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    return isinstance(statements, list) and any(
        isinstance(statement, dict) and "Effect" in statement for statement in statements
    )
