"""Policy documents as templates write them, for tests of the access engine."""

from __future__ import annotations

import json
import re
from typing import Any

from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Environment, Provider
from kmsiac.values import List, Map, Owner, Part, Symbol, Text, Unknown, Value

OWNER = Owner("main")
NAMES = {
    "account_id": "data.aws_caller_identity.current.account_id",
    "region": "data.aws_region.current.name",
    "partition": "data.aws_partition.current.partition",
    "dns_suffix": "data.aws_partition.current.dns_suffix",
}
OWN = Provider.symbolic(OWNER, Environment(), NAMES)
KNOWN = Provider.symbolic(OWNER, Environment("111122223333", "eu-west-1", "aws"), NAMES)
CALLER = "kms:CallerAccount"
ORG = "aws:PrincipalOrgID"
ARN = "aws:PrincipalArn"


def unknown(name: str) -> Unknown:
    return Unknown(name, "variable has no default", 7, "main")


def symbol(type: str, reference: str, origin: str = "resource") -> Symbol:
    return Symbol(type, reference, OWNER, origin, address=reference.rpartition(".")[0])


PARTS: dict[str, Part] = {
    "own": OWN.account.parts[0],
    "role": symbol("role_arn", "aws_iam_role.app.arn"),
    "key": symbol("key_arn", "aws_kms_key.main.arn"),
    "partner": symbol("account_id", "var.partner", "parameter"),
    "u": unknown("var.u"),
    "v": unknown("var.v"),
}


def document(*statements: dict[str, Any], version: str | None = "2012-10-17") -> PolicyDocument:
    """A document as a template writes it; `<own>` and its like become symbols and unknowns."""
    body: dict[str, Any] = {"Statement": list(statements)}
    if version:
        body["Version"] = version
    pieces = re.split(r"<(\w+)>", json.dumps(body))
    parsed = parse_document(
        Text([PARTS[piece] if at % 2 else piece for at, piece in enumerate(pieces)])
    )
    assert isinstance(parsed, PolicyDocument)
    return parsed


def sensitive(known: PolicyDocument, word: str) -> PolicyDocument:
    """The document again, in which each text that holds the word is a sensitive value."""

    def marked(value: Value) -> Value:
        if isinstance(value, Text):
            return Text(value.parts, value.position, sensitive=word in str(value))
        if isinstance(value, List):
            return List([marked(item) for item in value.items], value.position, value.open)
        if isinstance(value, Map):
            entries = [(hidden(key), marked(inner)) for key, inner in value.entries]
            return Map(entries, value.position, value.open)
        return value

    def hidden(text: Text) -> Text:
        return Text(text.parts, text.position, sensitive=word in str(text))

    parsed = parse_document(marked(known.value))
    assert isinstance(parsed, PolicyDocument)
    return parsed


def allow(condition: dict[str, Any] | None = None, **elements: Any) -> dict[str, Any]:
    found = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", **elements}
    if condition is not None:
        found["Condition"] = condition
    return {name: value for name, value in found.items() if value is not None}


def deny(condition: dict[str, Any] | None = None, **elements: Any) -> dict[str, Any]:
    return allow(condition, **{"Effect": "Deny", **elements})


ROOT = allow(Principal={"AWS": "arn:aws:iam::111122223333:root"})
"""What AWS gives a key without a policy, the account being known."""
