"""The condition keys of a request that follow from who calls and which key is called.

`authorize` takes the context of a request as it is: what is not in it, the request does not carry.
Who asks about a real call, and gives only a part of its context, completes it first.

Source: IAM User Guide, "AWS global condition context keys" (Availability of each key); KMS
Developer Guide, "kms:CallerAccount".
"""

from __future__ import annotations

from dataclasses import replace

from kmsiac.access.layers import account_of
from kmsiac.access.model import Request
from kmsiac.access.statements import Caller, caller_of
from kmsiac.aws.shapes import fold

_TYPES = {"role": "AssumedRole", "user": "User", "root": "Account", "federated": "FederatedUser"}


def completed(request: Request, resource_account: str | None = None) -> Request:
    """The request with the keys that every such request carries and that it does not give itself.

    `resource_account` is the account of the key, where the ARN does not show it. Keys that the
    request gives stay as they are, also with no value (an empty tuple is a key that it lacks).
    """
    caller = caller_of(request)
    if caller is None:
        return request
    given = {fold(key) for key in request.context}
    account = resource_account or account_of(request.resource) or caller.account
    found = _of_service(caller) if caller.kind == "service" else _of_principal(caller)
    if account:
        found["aws:ResourceAccount"] = account
    region = _region_of(request.resource)
    if region:
        found["aws:RequestedRegion"] = region
    added = {key: (value,) for key, value in found.items() if fold(key) not in given}
    return replace(request, context={**request.context, **added})


def _of_principal(caller: Caller) -> dict[str, str]:
    found = {
        "aws:PrincipalArn": caller.role or caller.arn,
        "aws:PrincipalAccount": caller.account,
        "kms:CallerAccount": caller.account,
        "aws:PrincipalType": _TYPES[caller.kind],
        "aws:PrincipalIsAWSService": "false",
    }
    if caller.kind == "user":  # sessions and the root user carry no user name
        found["aws:username"] = caller.arn.rpartition("/")[2]
    return found


def _of_service(caller: Caller) -> dict[str, str]:
    # A service principal is in no account of ours: neither PrincipalArn nor PrincipalAccount.
    return {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": caller.arn}


def _region_of(resource: str) -> str:
    fields = resource.split(":", 5)
    return fields[3] if len(fields) == 6 and "*" not in fields[3] else ""
