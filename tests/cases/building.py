"""From the JSON of a case to a request, and the policies and grants in force for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kmsiac.access.model import Environment, Grant, Request
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.values import Map, Unknown, text


class CaseError(Exception):
    """A file or a case that cannot be read; the message says which."""


def request_of(found: Mapping[str, Any]) -> Request:
    """The request of a case; an action without a resource has `*`."""
    return Request(
        str(found.get("principal") or ""),
        str(found.get("action") or ""),
        str(found.get("resource") or "*"),
        context_of(found.get("context")),
    )


def environment_of(case: Mapping[str, Any]) -> Environment:
    """The policies and grants of a case; every layer may be missing."""
    try:
        return _environment(case)
    except (AttributeError, TypeError, ValueError) as error:
        raise CaseError(f"its policies or grants are of no known form: {error}") from error


def _environment(case: Mapping[str, Any]) -> Environment:
    account = case["request"].get("resource_account") or case.get("resource_account")
    return Environment(
        key_policy=_optional(case, "key_policy"),
        identity=tuple(document_of(one) for one in _several(case.get("identity_policies"))),
        boundary=_optional(case, "permission_boundary", "permissions_boundary", "boundary"),
        session=_optional(case, "session_policy", "session_policies"),
        scps=_levels(case.get("scps")),
        rcps=_levels(case.get("rcps")),
        endpoint=_optional(case, "vpce_policy", "endpoint_policy"),
        grants=tuple(
            _grant(one)
            for one in _several(case.get("grants"))
            if _in_force(one, str(case["request"].get("resource")))
        ),
        resource_account=str(account) if account else None,
    )


def document_of(found: Any) -> PolicyDocument:
    """A policy document; what is none is one of which nothing is known."""
    if isinstance(found, dict) and "Statement" not in found:
        found = next((found[name] for name in ("document", "policy") if name in found), found)
    body = found if isinstance(found, str) else json.dumps(found)
    parsed = parse_document(text(body))
    if isinstance(parsed, Unknown):
        return PolicyDocument(Map([]), (), open=parsed)
    return parsed


def context_of(found: Any) -> dict[str, tuple[str, ...]]:
    """A request's context: scalars and lists as texts; null is a key that is not there."""
    if not isinstance(found, dict):
        return {}
    context = {}
    for key, value in found.items():
        if value is not None:
            values = value if isinstance(value, list) else [value]
            context[key] = tuple(_scalar(one) for one in values)
    return context


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _optional(case: Mapping[str, Any], *names: str) -> PolicyDocument | None:
    found = next((case[name] for name in names if case.get(name) is not None), None)
    if found is None:
        return None
    if not isinstance(found, list):
        return document_of(found)
    if len(found) == 1:
        return document_of(found[0])
    # Several session policies count together, as one with all their statements.
    statements = [statement for one in found for statement in _several(one.get("Statement"))]
    return document_of({"Version": "2012-10-17", "Statement": statements})


def _several(found: Any) -> list[Any]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _levels(found: Any) -> tuple[tuple[PolicyDocument, ...], ...] | None:
    """Levels, each a list of policies; a plain list of policies is one level."""
    if found is None:
        return None
    levels = _several(found)
    if levels and all(isinstance(one, dict) and "policies" not in one for one in levels):
        levels = [levels]
    inner = [one["policies"] if isinstance(one, dict) else one for one in levels]
    return tuple(tuple(document_of(one) for one in _several(level)) for level in inner)


def _in_force(found: Any, resource: str) -> bool:
    """Whether a grant is of the key that the request is about, and not retired."""
    if not isinstance(found, dict):
        return True
    keys = [found[name] for name in ("key", "key_id", "KeyId", "key_arn") if found.get(name)]
    return not found.get("retired") and all(resource.endswith(str(key)) for key in keys)


def _grant(found: Any) -> Grant:
    if not isinstance(found, dict):
        raise CaseError(f"a grant is an object: {str(found)[:40]}")
    plain = {key.replace("_", "").lower(): value for key, value in found.items()}
    grantee = next((plain[n] for n in _GRANTEE if plain.get(n)), "")
    limits = {
        key.replace("_", "").lower(): value
        for key, value in {**plain, **(plain.get("constraints") or {})}.items()
    }
    equals = limits.get("encryptioncontextequals") or limits.get("equals")
    operations = _several(plain.get("operations"))
    account = next((plain[name] for name in _ACCOUNT if plain.get(name)), None)
    return Grant(
        str(grantee),
        frozenset(str(one).removeprefix("kms:") for one in operations),
        limits.get("encryptioncontextsubset") or limits.get("subset") or {},
        equals or None,
        limits.get("sourcearn"),
        frozenset(str(one) for name in _RETIRING for one in _several(plain.get(name))),
        str(account) if account else None,
    )


_GRANTEE = ("grantee", "granteeprincipal", "granteeserviceprincipal")
_RETIRING = ("retiring", "retiringprincipal", "retiringserviceprincipal")
_ACCOUNT = ("account", "createdby", "issuingaccount")
