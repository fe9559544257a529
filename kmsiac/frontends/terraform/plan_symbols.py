"""Symbols for attributes of managed resources that a plan does not know yet."""

from __future__ import annotations

from kmsiac.frontends.terraform.plan_model import Change
from kmsiac.stack import Provider
from kmsiac.values import Symbol, Text

_NOUNS = {
    "aws_iam_group": "group",
    "aws_iam_policy": "policy",
    "aws_iam_role": "role",
    "aws_iam_user": "user",
    "aws_kms_alias": "alias",
    "aws_kms_external_key": "key",
    "aws_kms_key": "key",
    "aws_kms_replica_external_key": "key",
    "aws_kms_replica_key": "key",
    "aws_vpc": "vpc",
    "aws_vpc_endpoint": "vpc_endpoint",
}

_NAMED_BY_ID = frozenset({"group", "role", "user"})
"""The `id` of these resources is their name."""

_TARGETS = {"target_key_arn": "key_arn", "target_key_id": "key_id"}

_ARN_PATHS = {"group": "group", "policy": "policy", "role": "role", "user": "user"}


def symbol_type(resource_type: str, attribute: str) -> str:
    """The type of the symbol for an attribute: `role_arn`, `key_id`, ...; `text` if we know none."""
    noun = _NOUNS.get(resource_type)
    if attribute in _TARGETS:
        return _TARGETS[attribute]
    if noun is None:
        return "text"
    if attribute == "id":
        if noun == "policy":
            return "policy_arn"
        return f"{noun}_name" if noun in _NAMED_BY_ID or noun == "alias" else f"{noun}_id"
    return f"{noun}_{attribute}"


def attribute_symbol(
    change: Change, attribute: str, provider: Provider, position: int
) -> Symbol:
    """The symbol for an unknown attribute of a managed resource, with what is known of its shape."""
    kind = symbol_type(change.type, attribute)
    return Symbol(
        kind,
        f"{change.address}.{attribute}",
        provider.owner,
        "resource",
        _shape(kind, change, provider),
        position,
        change.address,
    )


def _shape(kind: str, change: Change, provider: Provider) -> Text | None:
    noun, _, what = kind.rpartition("_")
    if what != "arn" or noun != _NOUNS.get(change.type):
        return None
    if noun == "key":
        return _arn("kms", provider.region, provider, Text(("key/", _part(change, provider, "key_id"))))
    if noun == "alias":
        name = _part(change, provider, "name")
        return _arn("kms", provider.region, provider, Text((name,)))
    if noun in _ARN_PATHS:
        path = change.after.get("path")
        # An unknown path would make the shape a guess.
        if change.is_unknown("path"):
            return None
        folder = path if isinstance(path, str) and path else "/"
        name = _part(change, provider, "name")
        return _arn("iam", Text(), provider, Text((_ARN_PATHS[noun], folder, name)))
    return None


def _part(change: Change, provider: Provider, attribute: str) -> str | Symbol:
    known = change.after.get(attribute)
    if isinstance(known, str) and known:
        return known
    reference = f"{change.address}.{attribute}"
    kind = symbol_type(change.type, attribute)
    return Symbol(kind, reference, provider.owner, "resource", address=change.address)


def _arn(service: str, region: Text, provider: Provider, rest: Text) -> Text:
    parts = ("arn:", *provider.partition.parts, f":{service}:", *region.parts, ":")
    return Text((*parts, *provider.account.parts, ":", *rest.parts))
