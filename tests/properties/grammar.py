"""Random key policies and random requests over small alphabets, so that the two often meet.

Everything is drawn through `Choices`: from a seed in long runs, from Hypothesis in tests.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from kmsiac.aws.condition_keys import condition_key
from tests.properties.documents import ACCOUNT, REGION, Policy

T = TypeVar("T")

OTHER = "444455556666"
"""Another account that policies name."""
FRESH = ("900000000001", "999999999999", "123456789012")
"""Accounts that no policy of this grammar names: strangers'."""
KEY_ID = "77777777-0000-4000-8000-000000000000"


class Choices(Protocol):
    """Where decisions come from."""

    def below(self, end: int) -> int:
        """A number from 0 to `end` - 1."""


class Seeded:
    """Decisions from a seed."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def below(self, end: int) -> int:
        return int(self._random.random() * end)


def one(choices: Choices, items: Sequence[T]) -> T:
    return items[choices.below(len(items))]


def several(choices: Choices, items: Sequence[T], least: int, most: int) -> list[T]:
    """Different ones of the items, in their order."""
    left = list(range(len(items)))
    count = least + choices.below(min(most, len(items)) - least + 1)
    return [items[at] for at in sorted(left.pop(choices.below(len(left))) for _ in range(count))]


def rarely(choices: Choices, once_in: int) -> bool:
    return choices.below(once_in) == once_in - 1


# -- policies ---------------------------------------------------------------------------------

VALUES: dict[str, tuple[str, ...]] = {
    "kms:CallerAccount": ("<me>", OTHER, "9*", "*", "????????????", "1*"),
    "aws:PrincipalAccount": ("<me>", OTHER, "${aws:ResourceAccount}", "9*9"),
    "aws:PrincipalOrgID": ("o-abcdefghij", "o-*", "*z*", "${aws:ResourceOrgID}"),
    "aws:PrincipalOrgPaths": ("o-abcdefghij/*", "o-abcdefghij/r-ab12/ou-ab12-1/*", "o-*/r-*/*"),
    "aws:PrincipalArn": (
        "arn:aws:iam::<me>:role/app",
        "arn:aws:iam::*:role/a*",
        "arn:aws:iam::${aws:PrincipalAccount}:user/*",
        f"arn:aws:iam::{OTHER}:role/ops",
        "arn:aws:iam::<me>:*",
        "arn:*:root",
        "*bob",
    ),
    "aws:PrincipalType": ("User", "AssumedRole", "A*"),
    "aws:SourceIp": (
        *("203.0.113.0/24", "10.0.0.0/8", "0.0.0.0/1", "0.0.0.0/0", "2000::/3", "2001:db8::/32"),
    ),
    "aws:SourceVpce": ("vpce-0123456789abcdef0", "vpce-*", "*a"),
    "aws:SourceVpc": ("vpc-0123456789abcdef0", "*b"),
    "aws:SourceArn": ("arn:aws:s3:::b", "arn:aws:s3:::*", "*", "arn:aws:sns:eu-west-1:<me>:t"),
    "aws:SourceAccount": ("<me>", OTHER, "*"),
    "aws:SourceOrgID": ("o-abcdefghij",),
    "aws:PrincipalIsAWSService": ("true", "false"),
    "aws:ViaAWSService": ("true", "false"),
    "aws:SecureTransport": ("true", "false"),
    "aws:MultiFactorAuthPresent": ("true", "false"),
    "kms:GrantIsForAWSResource": ("true", "false"),
    "aws:PrincipalTag/a": ("x", "y", "x*", "*y", "?"),
    "aws:ResourceTag/a": ("x", "${aws:PrincipalTag/a}"),
    "aws:username": ("bob", "b*", "${aws:PrincipalTag/a}"),
    "kms:ViaService": ("s3.eu-west-1.amazonaws.com", "s3.*", "ec2.*"),
    "kms:EncryptionContext:a": ("x", "*y", "${aws:username}"),
    "kms:EncryptionContextKeys": ("a", "b"),
    "kms:ResourceAliases": ("alias/a", "alias/*", "*b"),
    "kms:RequestAlias": ("alias/a", "alias/*"),
    "kms:GrantOperations": ("Decrypt", "Encrypt", "*crypt"),
    "aws:CalledVia": ("s3.amazonaws.com", "cloudformation.amazonaws.com"),
    "aws:MultiFactorAuthAge": ("5", "10"),
    "aws:CurrentTime": ("2027-01-01T00:00:00Z", "2028-06-01T00:00:00Z"),
    "saml:sub": ("x", "y"),
}
"""Condition keys with the values that policies give them; `<me>` is the own account."""

_STRINGS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
_NOCASE = ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
_ARNS = ("ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals")
_ORDER = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_OPERATORS = {
    "string": (*_STRINGS, *_STRINGS, *_NOCASE),
    "arn": (*_ARNS, *_STRINGS),
    "bool": ("Bool",),
    "ip": ("IpAddress", "NotIpAddress"),
    "numeric": tuple(f"Numeric{name}" for name in _ORDER),
    "date": tuple(f"Date{name}" for name in _ORDER),
}
_ACTIONS = (
    *("kms:*", "kms:Decrypt", "kms:De*", "kms:*Grant*", "kms:Put*", "kms:GenerateDataKey*"),
    *("kms:CreateGrant", "kms:DescribeKey", "kms:ScheduleKeyDeletion", "*", "s3:Get*"),
    *("kms:PutKeyPolicy", "kms:?ncrypt", "kms:Sign"),
)
_NAMED = (
    *("arn:aws:iam::<me>:root", "<me>", f"arn:aws:iam::{OTHER}:root", OTHER),
    *("arn:aws:iam::<me>:role/app", "arn:aws:iam::<me>:user/bob", "arn:aws:iam::<me>:role/p/app"),
    *(f"arn:aws:iam::{OTHER}:role/ops", f"arn:aws:iam::{OTHER}:user/bob"),
    *("arn:aws:sts::<me>:assumed-role/app/s", "arn:aws:sts::<me>:federated-user/bob"),
)
_SERVICES = ("s3.amazonaws.com", "logs.eu-west-1.amazonaws.com", "delivery.logs.amazonaws.com")
_OPEN_NAMES = ("<role:app>", "<role:web>", "arn:aws:iam::<account:p>:root", "<any:who>")
_KEY = f"arn:aws:kms:{REGION}:<me>:key/{KEY_ID}"
_RESOURCES = (_KEY, "arn:aws:kms:*:<me>:key/*", "arn:aws:kms:*:*:alias/*", "arn:aws:s3:::b")


class Style(NamedTuple):
    """Which parts of the language a policy may use."""

    symbols: bool = True
    unknown: bool = True
    everybody: bool = False
    """Every Principal is `*`: all turns on the conditions."""
    keys: tuple[str, ...] = tuple(VALUES)


USUAL = Style()


def policy(choices: Choices, style: Style = USUAL, most: int = 4) -> Policy:
    """A key policy, of Allows and Denies; its own account is spelt or a symbol (`<own>`)."""
    own = "<own>" if style.symbols and choices.below(2) else ACCOUNT
    count = 1 + choices.below(most)
    body = [statement(choices, style, "Allow" if at == 0 else None) for at in range(count)]
    found: Policy = {"Version": "2012-10-17", "Statement": body}
    if rarely(choices, 12):
        found["Version"] = "2008-10-17"
    spelt: Policy = own_account(found, own)
    return spelt


def own_account(value: Any, own: str) -> Any:
    """The value with `<me>` replaced in every text."""
    if isinstance(value, str):
        return value.replace("<me>", own)
    if isinstance(value, list):
        return [own_account(item, own) for item in value]
    if isinstance(value, dict):
        return {own_account(k, own): own_account(v, own) for k, v in value.items()}
    return value


def statement(choices: Choices, style: Style, effect: str | None = None) -> Policy:
    found: Policy = {"Effect": effect or one(choices, ("Allow", "Deny", "Deny"))}
    if style.everybody:
        found["Principal"] = one(choices, ("*", {"AWS": "*"}))
    else:
        name = "NotPrincipal" if rarely(choices, 9) else "Principal"
        found[name] = _principal(choices, style, everybody=name == "Principal")
    name = "NotAction" if rarely(choices, 9) else "Action"
    actions = several(choices, _ACTIONS, 1, 2)
    found[name] = actions if len(actions) > 1 else actions[0]
    found["Resource"] = "*"
    if rarely(choices, 8):
        del found["Resource"]
        found[one(choices, ("Resource", "Resource", "NotResource"))] = one(choices, _RESOURCES)
    conditions = _conditions(choices, style)
    return found | ({"Condition": conditions} if conditions else {})


def _principal(choices: Choices, style: Style, *, everybody: bool) -> Any:
    kind = choices.below(8)
    if kind < 3 and everybody:
        return one(choices, ("*", {"AWS": "*"}, {"AWS": ["*"]}))
    if kind == 3:
        return {"Service": one(choices, _SERVICES)}
    names = (*_NAMED, *(_OPEN_NAMES[:3] if style.symbols else ()))
    names += _OPEN_NAMES[3:] if style.unknown else ()
    found = several(choices, names, 1, 2)
    return {"AWS": found if len(found) > 1 else found[0]}


def _conditions(choices: Choices, style: Style) -> Policy:
    block: Policy = {}
    for key in several(choices, style.keys, 0, 3):
        operator, values = _condition(choices, style, key)
        block.setdefault(operator, {})[key] = values
    return block


def _condition(choices: Choices, style: Style, key: str) -> tuple[str, Any]:
    if rarely(choices, 8):
        return "Null", one(choices, ("true", "false"))
    info = condition_key(key)
    operator = one(choices, _OPERATORS[info.type if info else "string"])
    if (info is not None and info.multivalued) or rarely(choices, 8):
        operator = one(choices, ("ForAnyValue:", "ForAllValues:")) + operator
    if choices.below(3) == 0:
        operator += "IfExists"
    values = several(choices, VALUES[key], 1, 2)
    if style.unknown and rarely(choices, 10):
        values[0] = one(choices, ("<any:x>", "a<any:x>", "<any:y>*"))
    return operator, values if len(values) > 1 else values[0]
