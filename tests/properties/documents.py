"""Policies as plain dicts, made documents: `<own>` and its like in a text become symbols."""

from __future__ import annotations

import json
import re
from typing import Any

from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Environment, Provider
from kmsiac.values import Owner, Part, Symbol, Text, Unknown

Policy = dict[str, Any]

ACCOUNT = "111122223333"
REGION = "eu-west-1"
_OWNER = Owner("main")
_NAMES = {
    "account_id": "data.aws_caller_identity.current.account_id",
    "region": "data.aws_region.current.name",
    "partition": "data.aws_partition.current.partition",
    "dns_suffix": "data.aws_partition.current.dns_suffix",
}
OWN = Provider.symbolic(_OWNER, Environment(), _NAMES)
"""An account of which a template knows nothing but that it is its own."""
KNOWN = Provider.symbolic(_OWNER, Environment(ACCOUNT, REGION, "aws"), _NAMES)
"""An account that is known by its id, as with `--account-id`."""

_PLACE = re.compile(r"<([a-z]+(?::\w[\w-]*)?)>")


def as_document(policy: Policy, provider: Provider = OWN) -> PolicyDocument:
    """The document of a policy, for the account of the provider.

    `<own>`, `<region>`, `<partition>` are the account's own; `<role:app>` the ARN of a role of the
    template, `<account:partner>` an account that a parameter names, `<any:x>` an unknown part.
    """
    pieces = _PLACE.split(json.dumps(policy))
    parts = [_part(piece, provider) if at % 2 else piece for at, piece in enumerate(pieces)]
    document = parse_document(Text([part for part in parts if part != ""]))
    assert isinstance(document, PolicyDocument)
    return document


def _part(name: str, provider: Provider) -> Part:
    kind, _, rest = name.partition(":")
    if kind in ("own", "region", "partition"):
        return {"own": provider.account, "region": provider.region}.get(
            kind, provider.partition
        ).parts[0]
    if kind == "role":
        partition, account = provider.partition.parts[0], provider.account.parts[0]
        shape = Text(("arn:", partition, ":iam::", account, f":role/{rest}"))
        address = f"aws_iam_role.{rest}"
        return Symbol("role_arn", f"{address}.arn", _OWNER, "resource", shape, address=address)
    if kind == "account":
        return Symbol("account_id", f"var.{rest}", _OWNER, "parameter")
    return Unknown(f"var.{rest}", "variable has no default")


def filled(policy: Policy, texts: dict[str, str]) -> Policy:
    """The policy with some of its places replaced by texts."""
    body = _PLACE.sub(lambda match: texts.get(match[1], match[0]), json.dumps(policy))
    found: Policy = json.loads(body)
    return found


def places_of(policy: Policy) -> list[str]:
    """The names of the places in a policy, each once."""
    return list(dict.fromkeys(_PLACE.findall(json.dumps(policy))))
