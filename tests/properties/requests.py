"""Random requests that AWS can really carry: keys and values that follow from caller and way agree.

Sources: the table of condition keys (which way of calling carries which key); IAM User Guide,
"AWS global condition context keys"; KMS Developer Guide, "Condition keys".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kmsiac.access.model import Request
from kmsiac.aws.condition_keys import actions_carrying, condition_key
from kmsiac.aws.shapes import fold
from tests.properties.documents import REGION
from tests.properties.grammar import FRESH, KEY_ID, OTHER, Choices, one, rarely

CALLERS = ("role", "user", "root", "federated")
WAYS = ("direct", "endpoint", "service")
ACTIONS = (
    *("kms:Decrypt", "kms:Decrypt", "kms:CreateGrant", "kms:DescribeKey", "kms:PutKeyPolicy"),
    *("kms:GenerateDataKey", "kms:ScheduleKeyDeletion", "kms:Encrypt", "kms:Sign"),
)

_NAMES = ("app", "bob", "ops", "zed")
_SERVICES = ("s3.amazonaws.com", "logs.eu-west-1.amazonaws.com", "delivery.logs.amazonaws.com")
_FREE: dict[str, tuple[tuple[str, ...], ...]] = {
    "aws:PrincipalTag/a": (("x",), ("y",), ("xy",), ("bob",), ("app",)),
    "aws:ResourceTag/a": (("x",), ("y",)),
    "aws:SecureTransport": (("true",), ("false",)),
    "aws:MultiFactorAuthPresent": (("true",), ("false",)),
    "kms:GrantIsForAWSResource": (("true",), ("false",)),
    "kms:EncryptionContext:a": (("x",), ("yy",), ("bob",)),
    "kms:ResourceAliases": (("alias/a",), ("alias/ab", "alias/c"), ("alias/b", "alias/a")),
    "kms:RequestAlias": (("alias/a",), ("alias/b",)),
    "kms:GrantOperations": (("Decrypt",), ("Encrypt", "Decrypt"), ("Sign",)),
    "aws:MultiFactorAuthAge": (("4",), ("5",), ("7",), ("11",)),
    "aws:CurrentTime": (("2026-11-28T20:00:00Z",), ("2027-05-05T00:00:00Z",), ("2029-01-01",)),
    "saml:sub": (("x",), ("z",)),
    "aws:CalledVia": (("s3.amazonaws.com",), ("cloudformation.amazonaws.com", "s3.amazonaws.com")),
    "kms:ViaService": (("s3.eu-west-1.amazonaws.com",), ("ec2.eu-west-1.amazonaws.com",)),
    "aws:SourceArn": (("arn:aws:s3:::b",), ("arn:aws:s3:::c",), ("arn:aws:sns:eu-west-1:<me>:t",)),
    "aws:SourceAccount": (("<me>",), (OTHER,), (FRESH[0],)),
    "aws:SourceOrgID": (("o-abcdefghij",), ("o-zzzzzzzzzz",)),
}
_ADDRESSES = ("198.51.100.7", "77.1.1.1", "200.1.1.1", "2001:db9::1", "4000::1")
_OWN_ADDRESSES = ("203.0.113.9", "10.1.1.1", "2001:db8::7")
_ENDPOINTS = tuple(f"vpce-{c * 17}" for c in "0a")
_OWN_ENDPOINTS = ("vpce-0123456789abcdef0",)
OWN_WAYS = (*_OWN_ADDRESSES, *_OWN_ENDPOINTS)
"""Where requests come from that no stranger comes from: policies fix these."""


class Draft(NamedTuple):
    """A request in which the own account is still `<me>`."""

    principal: str
    action: str
    context: dict[str, tuple[str, ...]]

    def of(self, account: str, key_arn: str) -> Request:
        """The request for a key of the account."""
        return Request(
            self.principal.replace("<me>", account),
            self.action,
            key_arn,
            {
                key: tuple(value.replace("<me>", account) for value in values)
                for key, values in self.context.items()
            },
        )


def key_arn(account: str) -> str:
    """The key that requests name."""
    return f"arn:aws:kms:{REGION}:{account}:key/{KEY_ID}"


def request(choices: Choices, accounts: Sequence[str], actions: Sequence[str] = ACTIONS) -> Draft:
    """A request of a caller of one of the accounts; of those in FRESH, it is a stranger's."""
    account = one(choices, accounts)
    stranger = account in FRESH
    kind, name = one(choices, CALLERS), one(choices, _NAMES)
    context = _identity(choices, kind, account, name, stranger=stranger)
    principal = context["aws:PrincipalArn"][0]
    if kind == "role":
        session = one(choices, ("s", "t"))
        principal = f"arn:aws:sts::{account}:assumed-role/{name}/{session}"
    way, action = one(choices, WAYS), one(choices, actions)
    context |= _network(choices, way, stranger=stranger)
    context |= _others(choices, way, action)
    return Draft(principal, action, context)


def service_request(choices: Choices, actions: Sequence[str] = ACTIONS) -> Draft:
    """A request that an AWS service makes under its own principal."""
    context: dict[str, tuple[str, ...]] = {
        "aws:PrincipalIsAWSService": ("true",),
        "aws:PrincipalType": ("Service",),  # it has a value; which one is not documented
        "aws:ViaAWSService": ("false",),
        "aws:ResourceAccount": ("<me>",),
        "aws:RequestedRegion": (REGION,),
    }
    action = one(choices, actions)
    return Draft(one(choices, _SERVICES), action, context | _others(choices, "principal", action))


def _identity(
    choices: Choices, kind: str, account: str, name: str, *, stranger: bool
) -> dict[str, tuple[str, ...]]:
    path = one(choices, ("", "", "p/")) if kind in ("role", "user") else ""
    arn = f"arn:aws:iam::{account}:{kind}/{path}{name}"
    if kind == "root":
        arn = f"arn:aws:iam::{account}:root"
    if kind == "federated":
        arn = f"arn:aws:sts::{account}:federated-user/{name}"
    types = {"role": "AssumedRole", "user": "User", "root": "Account", "federated": "FederatedUser"}
    context: dict[str, tuple[str, ...]] = {
        "aws:PrincipalArn": (arn,),
        "aws:PrincipalAccount": (account,),
        "kms:CallerAccount": (account,),
        "aws:PrincipalType": (types[kind],),
        "aws:PrincipalIsAWSService": ("false",),
        "aws:ResourceAccount": ("<me>",),
        "aws:RequestedRegion": (REGION,),
    }
    if kind == "user":
        context["aws:username"] = (name,)
    foreign = ("o-zzzzzzzzzz", "o-freshfresh")
    organization = one(choices, ("", *foreign, *(() if stranger else ("o-abcdefghij",) * 3)))
    # The key is in the organization of its account, and so are the callers of that account.
    owner = (
        organization if account == "<me>" else one(choices, ("", "o-ownownowno", "o-abcdefghij"))
    )
    if owner:
        context["aws:ResourceOrgID"] = (owner,)
    if organization:
        context["aws:PrincipalOrgID"] = (organization,)
        path = one(choices, ("r-ab12/", "r-ab12/ou-ab12-1/", "r-zz99/ou-zz99-2/ou-zz99-3/"))
        context["aws:PrincipalOrgPaths"] = (f"{organization}/{path}",)
    return context


def _network(choices: Choices, way: str, *, stranger: bool) -> dict[str, tuple[str, ...]]:
    context: dict[str, tuple[str, ...]] = {
        "aws:ViaAWSService": ("true" if way == "service" else "false",)
    }
    if way == "direct" or (way == "service" and rarely(choices, 3)):
        own: tuple[str, ...] = () if stranger else _OWN_ADDRESSES * 2
        context["aws:SourceIp"] = (one(choices, (*_ADDRESSES, *own)),)
    if way == "endpoint":
        endpoints = () if stranger else _OWN_ENDPOINTS * 2
        endpoint = one(choices, (*_ENDPOINTS, *endpoints))
        context["aws:SourceVpce"] = (endpoint,)
        context["aws:SourceVpc"] = (endpoint.replace("vpce", "vpc"),)
    return context


def _others(choices: Choices, way: str, action: str) -> dict[str, tuple[str, ...]]:
    """The keys that the caller chooses, or that follow from action, key and way."""
    context: dict[str, tuple[str, ...]] = {}
    for key, values in _FREE.items():
        info, carrying = condition_key(key), actions_carrying(key)
        if carrying is not None and action not in carrying:
            continue
        given = "sometimes"
        if info is not None:
            given = {
                "direct": info.present_direct,
                "endpoint": info.present_endpoint,
                "service": info.present_via_service,
                "principal": info.present_service_principal,
            }[way]
        if given == "yes" or (given != "no" and choices.below(2)):
            context[key] = one(choices, values)
    if "kms:EncryptionContext:a" in context or (_has_context(action) and rarely(choices, 4)):
        more = rarely(choices, 3) or "kms:EncryptionContext:a" not in context
        named = [fold(key)[-1] for key in context if key == "kms:EncryptionContext:a"]
        context["kms:EncryptionContextKeys"] = (*named, *(("b",) if more else ()))
    return context


def _has_context(action: str) -> bool:
    carrying = actions_carrying("kms:EncryptionContextKeys")
    return carrying is not None and action in carrying
