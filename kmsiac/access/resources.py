"""Resources that stand for all that statements cover: one of each that their patterns tell apart."""

from __future__ import annotations

from collections.abc import Sequence

from kmsiac.access.prepared import Model
from kmsiac.access.presence import Limits
from kmsiac.access.views import View
from kmsiac.values import Text

_MANY = 24
_ID = "00000000-0000-4000-a000-000000000001"


def resources_of(model: Model, views: Sequence[View], limits: Limits) -> tuple[str, ...]:
    """The ARNs of keys and aliases to ask about, and `*` for actions without a resource.

    A wildcard for the account stands for the own one and for a foreign one; only for a foreign one
    where the account of the resource must not be pinned.
    """
    accounts = [model.account, model.fresh_account]
    if any(limits.is_free(key) for key in ("aws:resourceaccount", "aws:resourceorgid")):
        accounts = [model.fresh_account]
    found: dict[str, None] = {}
    for view in views:
        for pattern in view.statement.resources:
            literal = pattern.value.literal if isinstance(pattern.value, Text) else None
            if literal is None or pattern.negated:
                continue
            found.update(dict.fromkeys(_samples(literal, model, accounts)))
        if not found:
            found.update(dict.fromkeys(_samples("*", model, accounts)))
    return tuple(found)[:_MANY]


def _samples(pattern: str, model: Model, accounts: Sequence[str]) -> list[str]:
    if pattern.strip("*") == "":
        heads = [f"arn:{model.partition}:kms:{model.region}:{one}:" for one in accounts]
        return [*(f"{head}key/{_ID}" for head in heads), f"{heads[0]}alias/x", "*"]
    fields = pattern.split(":", 5)
    if len(fields) < 6:
        return [_filled(pattern, "x")] if "*" in pattern or "?" in pattern else [pattern]
    partition = _filled(fields[1], model.partition)
    service = _filled(fields[2], "kms")
    region = _filled(fields[3], model.region)
    resource = fields[5]
    if resource == "*":
        resources = [f"key/{_ID}", "alias/x"]
    elif resource in ("key/*", "k*"):
        resources = [f"key/{_ID}"]
    else:
        resources = [_filled(resource, "x")]
    own = [fields[4]] if "*" not in fields[4] and "?" not in fields[4] else list(accounts)
    return [f"arn:{partition}:{service}:{region}:{one}:{what}" for one in own for what in resources]


def _filled(pattern: str, whole: str) -> str:
    """A text that the pattern matches."""
    if pattern == "*":
        return whole
    return pattern.replace("*", "x").replace("?", "x")
