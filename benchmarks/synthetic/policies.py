"""Policies as repositories have them, free of any template format, and the faults that are planted.

`<account>`, `<region>`, `<partition>` and `<role:NAME>` in a text stand for what each format spells
in its own way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from benchmarks.synthetic.drawing import Draw

Statement = dict[str, Any]

USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
ADMIN = [
    *("kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*"),
    *("kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource"),
    *("kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"),
]
_ROOT = "arn:<partition>:iam::<account>:root"


class Fault(NamedTuple):
    """A fault that was put in: the rule that must find it, and the file.

    XACC-01 needs `--account-id` where no template says which account it is for.
    """

    rule: str
    path: str


def document(statements: list[Statement]) -> Statement:
    return {"Version": "2012-10-17", "Statement": statements}


def key_policy(draw: Draw, roles: list[str], faulty: bool) -> tuple[Statement, str]:
    """A key policy for some roles, and the rule that its fault breaks ("" for a good one)."""
    admin, *users = roles
    body = [
        {"Sid": "Account", **_allow({"AWS": _ROOT}, "kms:*")},
        {"Sid": "Administrators", **_allow({"AWS": f"<role:{admin}>"}, ADMIN)},
    ]
    if users:
        arns = [f"<role:{name}>" for name in users]
        body.append({"Sid": "Users", **_allow({"AWS": arns}, USE)})
    body += [one for one in (_logs(), _trail(), _via(draw)) if draw.chance(0.3)]
    if not faulty:
        return document(body), ""
    rule = draw.one(sorted(_KEY_FAULTS))
    return document([*body, {"Sid": "Extra", **_KEY_FAULTS[rule]}]), rule


def _allow(principal: Any, action: Any, condition: Statement | None = None) -> Statement:
    made = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return made | ({"Condition": condition} if condition else {})


def _logs() -> Statement:
    arn = "arn:<partition>:logs:<region>:<account>:log-group:/app/*"
    condition = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}}
    action = [*USE[:4], "kms:Describe*"]
    return {
        "Sid": "Logs",
        **_allow({"Service": "logs.<region>.amazonaws.com"}, action, condition),
    }


def _trail() -> Statement:
    arn = "arn:<partition>:cloudtrail:<region>:<account>:trail/main"
    condition = {"StringEquals": {"aws:SourceArn": arn, "aws:SourceAccount": "<account>"}}
    service = {"Service": "cloudtrail.amazonaws.com"}
    return {"Sid": "Trail", **_allow(service, "kms:GenerateDataKey*", condition)}


def _via(draw: Draw) -> Statement:
    service = draw.one(("s3", "ec2", "rds", "secretsmanager"))
    condition = {
        "StringEquals": {
            "kms:CallerAccount": "<account>",
            "kms:ViaService": f"{service}.<region>.amazonaws.com",
        }
    }
    return {"Sid": "ThroughService", **_allow({"AWS": "*"}, USE, condition)}


_KEY_FAULTS: dict[str, Statement] = {
    "COND-01": _allow({"AWS": _ROOT}, USE, {"StringEquals": {"kms:CallerAcount": "<account>"}}),
    "KP-15": _allow({"AWS": "arn:<partition>:iam::<account>:role/app-*"}, USE),
    "KP-20": _allow({"AWS": "*"}, USE),
    "KP-22": _allow("*", USE, {"StringLike": {"kms:CallerAccount": "*"}}),
    "SVC-01": _allow({"Service": "sns.amazonaws.com"}, ["kms:Decrypt", "kms:GenerateDataKey*"]),
    "XACC-01": _allow({"AWS": "arn:aws:iam::444455556666:role/partner"}, USE),
}


def role_policy(draw: Draw, bucket: str, key: str, faulty: bool) -> tuple[Statement, str]:
    """What a role may do with its bucket, its queue and its key; `key` is the ARN of that key.

    Most say nothing about keys: an empty `key` leaves them out.
    """
    body: list[Statement] = [
        {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": draw.some(("s3:GetObject", "s3:PutObject", "s3:ListBucket"), 1, 3),
            "Resource": [f"arn:<partition>:s3:::{bucket}", f"arn:<partition>:s3:::{bucket}/*"],
        },
        {
            "Sid": "Queue",
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": f"arn:<partition>:sqs:<region>:<account>:{bucket}-events",
        },
        {
            "Sid": "Metrics",
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": bucket}},
        },
    ]
    if key:
        use = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"]}
        body.append({"Sid": "Key", **use, "Resource": key})
    if not faulty:
        return document(body), ""
    return document([*body, {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]), "IAM-02"


def trust_policy(service: str) -> Statement:
    principal = {"Service": f"{service}.amazonaws.com"}
    return document([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}])
