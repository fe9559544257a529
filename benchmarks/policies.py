"""Key policies to measure the access engine on: of real shape, and made to be hard.

The same seed gives the same policies. A policy is a plain dict as JSON has it; `<own>` and its like
in a text are places for symbols and unknown parts (see `tests.properties.documents`).
"""

from __future__ import annotations

import random
from typing import Any, Literal

from tests.properties.documents import ACCOUNT, REGION, Policy

USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
GRANTS = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
ADMIN = [
    *("kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*"),
    *("kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource"),
    *("kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"),
]
_ROLES = ("app", "ci-deploy", "KeyAdmin", "etl", "web", "lambda-exec", "backup", "platform-admin")
_SERVICES = ("sns", "s3", "events", "cloudwatch", "ses", "sqs", "delivery.logs", "backup")


# -- of real shape ----------------------------------------------------------------------------


class _Maker:
    """Statements as people write them, for one account that is spelt or a symbol."""

    def __init__(self, rng: random.Random, symbolic: bool) -> None:
        self.rng = rng
        self.own = "<own>" if symbolic else ACCOUNT
        self.region = "<region>" if symbolic else REGION
        self.partition = "<partition>" if symbolic and rng.random() < 0.3 else "aws"
        self.symbolic = symbolic
        self.other = rng.choice(("444455556666", "777788889999", "<account:partner>"))
        self.org = f"o-{rng.choice('abcdefgh')}1b2c3d4e5"

    def root(self, account: str) -> str:
        return f"arn:{self.partition}:iam::{account}:root"

    def role(self, account: str | None = None) -> str:
        name = self.rng.choice(_ROLES)
        if account is None and self.symbolic and self.rng.random() < 0.7:
            return f"<role:{name}>"
        return f"arn:{self.partition}:iam::{account or self.own}:role/{name}"

    def roles(self, most: int = 3) -> str | list[str]:
        found = sorted({self.role() for _ in range(self.rng.randint(1, most))})
        return found[0] if len(found) == 1 else found

    def statement(
        self, principal: Any, action: Any, condition: Policy | None = None, effect: str = "Allow"
    ) -> Policy:
        made = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
        return made | ({"Condition": condition} if condition else {})

    def delegation(self) -> Policy:
        sid = {"Sid": "Enable IAM User Permissions"}
        return sid | self.statement({"AWS": self.root(self.own)}, "kms:*")

    def administrators(self) -> Policy:
        return self.statement({"AWS": self.roles()}, ADMIN)

    def users(self) -> Policy:
        return self.statement({"AWS": self.roles(4)}, USE)

    def attachment(self) -> Policy:
        condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        return self.statement({"AWS": self.roles(4)}, GRANTS, condition)

    def logs(self) -> Policy:
        arn = f"arn:{self.partition}:logs:{self.region}:{self.own}:log-group:/app/*"
        condition = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}}
        service = {"Service": f"logs.{self.region}.amazonaws.com"}
        return self.statement(service, [*USE[:4], "kms:Describe*"], condition)

    def trail(self) -> Policy:
        arn = f"arn:{self.partition}:cloudtrail:{self.region}:{self.own}:trail/main"
        context = f"arn:{self.partition}:cloudtrail:*:{self.own}:trail/*"
        condition = {
            "StringEquals": {"aws:SourceArn": arn},
            "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": context},
        }
        return self.statement(
            {"Service": "cloudtrail.amazonaws.com"}, "kms:GenerateDataKey*", condition
        )

    def service(self) -> Policy:
        name = self.rng.choice(_SERVICES)
        conditions: list[Policy | None] = [
            None,
            {"StringEquals": {"aws:SourceAccount": self.own}},
            {"ArnLike": {"aws:SourceArn": f"arn:aws:{name}:{self.region}:{self.own}:*"}},
            {"StringEquals": {"aws:SourceOrgID": self.org}},
        ]
        action = ["kms:Decrypt", "kms:GenerateDataKey*"]
        return self.statement(
            {"Service": f"{name}.amazonaws.com"}, action, self.rng.choice(conditions)
        )

    def partner(self) -> Policy:
        principal = {"AWS": self.rng.choice((self.root(self.other), self.role(self.other)))}
        context = {"StringEquals": {"kms:EncryptionContext:tenant": "blue"}}
        return self.statement(principal, USE, self.rng.choice((None, None, context)))

    def via_service(self) -> Policy:
        service = self.rng.choice(("s3", "ec2", "rds", "secretsmanager", "ssm"))
        condition = {
            "StringEquals": {
                "kms:CallerAccount": self.own,
                "kms:ViaService": f"{service}.{self.region}.amazonaws.com",
            }
        }
        return self.statement({"AWS": "*"}, [*USE, "kms:CreateGrant"], condition)

    def organization(self) -> Policy:
        if self.rng.random() < 0.3:
            paths = {"aws:PrincipalOrgPaths": f"{self.org}/r-ab12/ou-ab12-11111111/*"}
            return self.statement({"AWS": "*"}, USE, {"ForAnyValue:StringLike": paths})
        condition: Policy = {"StringEquals": {"aws:PrincipalOrgID": self.org}}
        if self.rng.random() < 0.4:
            path = f"arn:{self.partition}:iam::*:role/service/*"
            condition["ArnLike"] = {"aws:PrincipalArn": [path, self.role()]}
        return self.statement("*", USE, condition)

    def role_pattern(self) -> Policy:
        arn = f"arn:{self.partition}:iam::{self.own}:role/{self.rng.choice(_ROLES)}-*"
        return self.statement({"AWS": "*"}, USE, {"ArnLike": {"aws:PrincipalArn": arn}})

    def scaling(self) -> Policy:
        name = "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
        arn = f"arn:{self.partition}:iam::{self.own}:role/{name}"
        return self.statement({"AWS": arn}, [*USE, "kms:CreateGrant"])

    def tagged(self) -> Policy:
        condition = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
        return self.statement({"AWS": self.root(self.own)}, USE, condition)

    def fault(self) -> Policy:
        conditions: list[Policy | None] = [
            None,
            {"StringEquals": {"kms:ViaService": f"s3.{self.region}.amazonaws.com"}},
            {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": self.org}},
            {"StringEqualsIfExists": {"aws:PrincipalOrgID": self.org}},
            {"StringLike": {"kms:CallerAccount": "*"}},
            {"StringNotEquals": {"kms:CallerAccount": self.other}},
            {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}},
            {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}},
            {"StringEquals": {"aws:PrincipalTag/role": "<any:tag>"}},
        ]
        return self.statement("*", USE, self.rng.choice(conditions))

    def perimeter(self) -> Policy:
        conditions: list[Policy] = [
            {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": self.org}}
            | {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
            {"StringNotEqualsIfExists": {"aws:VpceOrgID": self.org}}
            | {"BoolIfExists": dict.fromkeys(_EXEMPT, "false")},
            {"StringNotEqualsIfExists": {"aws:SourceOrgID": self.org}}
            | {"Null": {"aws:SourceAccount": "false"}}
            | {"Bool": {"aws:PrincipalIsAWSService": "true"}},
            {"Bool": {"aws:SecureTransport": "false"}},
            {"StringNotEquals": {"aws:PrincipalOrgID": self.org}},
            {"NotIpAddressIfExists": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}}
            | {"BoolIfExists": {"aws:ViaAWSService": "false"}},
        ]
        return self.statement("*", "kms:*", self.rng.choice(conditions), "Deny")

    def guard(self) -> Policy:
        action = ["kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy"]
        condition = {"ArnNotLike": {"aws:PrincipalArn": [self.role(), self.role()]}}
        return self.statement({"AWS": "*"}, action, condition, "Deny")


_EXEMPT = ("aws:PrincipalIsAWSService", "aws:ViaAWSService")
_KINDS = (
    ("users", 18),
    ("administrators", 14),
    ("attachment", 10),
    ("service", 12),
    ("logs", 8),
    ("trail", 5),
    ("partner", 9),
    ("via_service", 8),
    ("organization", 6),
    ("role_pattern", 3),
    ("scaling", 2),
    ("tagged", 2),
    ("fault", 3),
    ("perimeter", 7),
    ("guard", 4),
)
_SIZES = ((1, 14), (2, 20), (3, 26), (4, 14), (5, 9), (6, 6), (7, 4), (9, 3), (12, 2), (16, 1))
"""How many statements, and how often: the median is 3, one in thirty has 12 or more."""


def realistic(count: int, seed: int = 1) -> list[Policy]:
    """Key policies as they stand in repositories: AWS's default and console ones, and their kin."""
    rng = random.Random(seed)
    sizes, often = zip(*_SIZES, strict=True)
    kinds, weights = zip(*_KINDS, strict=True)
    found: list[Policy] = []
    for _ in range(count):
        maker = _Maker(rng, symbolic=rng.random() < 0.6)
        size = rng.choices(sizes, often)[0]
        body = [maker.delegation()] if rng.random() < 0.9 else []
        while len(body) < size:
            body.append(getattr(maker, rng.choices(kinds, weights)[0])())
        found.append({"Version": "2012-10-17", "Statement": body})
    return found


# -- made to be hard --------------------------------------------------------------------------


Closed = Literal["", "organization", "accounts"]
_INSIDE: dict[str, Policy] = {
    "organization": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
    "accounts": {"aws:PrincipalAccount": [f"9{at:011d}" for at in range(12)]},
}


def narrowed(policy: Policy) -> Policy:
    """The policy with every Allow limited further: it allows nothing that the policy does not."""
    more = {"Bool": {"aws:SecureTransport": "true"}}
    body = [
        one | {"Condition": one["Condition"] | more} if one["Effect"] == "Allow" else one
        for one in policy["Statement"]
    ]
    return policy | {"Statement": body}


def adversarial(count: int, seed: int = 1, *, closed: Closed = "") -> Policy:
    """A policy in which each statement has patterns of its own: about 25 KB for 60 of them.

    Two Allows in three statements; each has a pattern of roles, of services, of an encryption
    context, and ranges of addresses, so that nothing is like anything else. `closed`: one more
    Deny keeps out whoever is of another organization, or of none of twelve accounts, so that
    every way in has to be tried.
    """
    rng = random.Random(seed)
    body: list[Policy] = []
    for at in range(count):
        letters = "".join(rng.choice("abcdef") for _ in range(3))
        arn = f"arn:aws:iam::{rng.choice(('*', ACCOUNT, '44*', '????????6666'))}:role/"
        like = rng.choice(("StringLike", "ArnLike"))
        ranges = [f"{rng.randint(1, 220)}.{rng.randint(0, 255)}.0.0/16" for _ in range(2)]
        service = f"{rng.choice(('s3', 'ec2', 'rds', 'sqs'))}.{letters[:2]}*.amazonaws.com"
        denies = at % 3 == 2
        condition: dict[str, Any] = {
            like: {"aws:PrincipalArn": [f"{arn}{letters}*{at}", f"{arn}*{letters}-{at}"]},
            "IpAddressIfExists": {"aws:SourceIp": ranges},
        }
        text = "StringLikeIfExists" if rng.random() < 0.5 else "StringNotLike"
        condition[text] = {
            "kms:ViaService": service,
            "kms:EncryptionContext:tenant": [f"*{letters}*", f"{letters}-{at}-?"],
        }
        body.append(
            {
                "Sid": f"Statement{at}",
                "Effect": "Deny" if denies else "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["kms:*"] if denies or at % 5 == 0 else rng.sample(USE, 3),
                "Resource": "*",
                "Condition": condition,
            }
        )
    if closed:
        element = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
        body.append(element | {"Condition": {"StringNotEquals": _INSIDE[closed]}})
    return {"Version": "2012-10-17", "Statement": body}
