"""Policies and principals that the tests of the procedure share."""

from __future__ import annotations

import json
from typing import Any

from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.values import text

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALIAS = "arn:aws:kms:eu-west-1:111122223333:alias/app"
BOB = "arn:aws:iam::111122223333:user/bob"
ROLE = "arn:aws:iam::111122223333:role/app"
ADMIN = "arn:aws:iam::111122223333:role/admin"
SESSION = "arn:aws:sts::111122223333:assumed-role/app/s1"
ROOT = "arn:aws:iam::111122223333:root"
EVE = "arn:aws:iam::444455556666:user/eve"


def policy(*statements: Any) -> PolicyDocument:
    body = json.dumps({"Version": "2012-10-17", "Statement": statements})
    parsed = parse_document(text(body))
    assert isinstance(parsed, PolicyDocument)
    return parsed


def allow(principal: Any = None, action: Any = "kms:*", **more: Any) -> dict[str, Any]:
    found = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}
    return {name: value for name, value in found.items() if value is not None}


def deny(principal: Any = None, **more: Any) -> dict[str, Any]:
    return allow(principal, **{"Effect": "Deny", **more})


def aws(*arns: str) -> dict[str, list[str]]:
    return {"AWS": list(arns)}
