"""Plan JSON, as `terraform show -json` writes it: keys, roles and what has nothing to do with keys."""

from __future__ import annotations

import json
import re
from typing import Any

from benchmarks.synthetic.drawing import Draw
from benchmarks.synthetic.policies import Fault, key_policy, role_policy, trust_policy

ACCOUNT, REGION = "123456789012", "eu-central-1"
PROVIDER = "registry.terraform.io/hashicorp/aws"

Resource = tuple[str, str, dict[str, Any]]
"""Type, name, values."""
Made = tuple[str, str, list[Fault]]
"""Path, text, and the faults in it."""


def plan(draw: Draw, path: str, keys: int, others: int, faults: float) -> Made:
    """A plan that creates some keys, with two or three roles each, and other resources.

    The roles are there already, so that their ARNs are known.
    """
    resources: list[Resource] = []
    found: list[Fault] = []
    stem = path.rsplit("/", 1)[-1].removesuffix(".json")  # no two plans share an address
    for at in range(keys):
        roles = [f"{stem}-{name}-{at}" for name in draw.some(("app", "etl", "admin", "ci"), 2, 3)]
        policy, rule = key_policy(draw, roles, draw.chance(faults))
        rotates = not draw.chance(faults / 2)
        key = {"description": f"{stem} {at}", "enable_key_rotation": rotates}
        key["policy"] = filled(policy)
        resources.append(("aws_kms_key", f"{stem}-k{at}", key))
        for role in roles:
            allowed, wide = role_policy(draw, f"{stem}-{at}", "", draw.chance(faults))
            trust = filled(trust_policy("ecs-tasks"))
            made = {"name": role, "arn": role_arn(role), "assume_role_policy": trust}
            resources.append(("aws_iam_role", role, made))
            inline = {"name": "access", "role": role, "policy": filled(allowed)}
            resources.append(("aws_iam_role_policy", role, inline))
            found += [Fault(wide, path)] if wide else []
        found += [Fault(one, path) for one in (rule, "" if rotates else "KEY-01") if one]
    resources += [_other(draw, at) for at in range(others)]
    return path, _json(resources), found


def filled(policy: dict[str, Any]) -> str:
    """The policy as text, with every place filled in."""
    text = json.dumps(policy, separators=(",", ":"), sort_keys=True)
    text = re.sub(r"<role:([\w-]+)>", lambda found: role_arn(found[1]), text)
    known = (("account", ACCOUNT), ("region", REGION), ("partition", "aws"))
    for place, value in known:
        text = text.replace(f"<{place}>", value)
    return text


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def _other(draw: Draw, at: int) -> Resource:
    type, values = draw.one(
        (
            ("aws_s3_bucket", {"bucket": f"bucket-{at}", "force_destroy": False}),
            (
                "aws_subnet",
                {"cidr_block": f"10.0.{at % 250}.0/24", "map_public_ip_on_launch": False},
            ),
            ("aws_sqs_queue", {"name": f"queue-{at}", "visibility_timeout_seconds": 30}),
            ("aws_cloudwatch_log_group", {"name": f"/app/{at}", "retention_in_days": 30}),
        )
    )
    return type, f"other{at}", values


def _json(resources: list[Resource]) -> str:
    planned, changes, written = [], [], []
    for type, name, values in resources:
        one = {"address": f"{type}.{name}", "mode": "managed", "type": type, "name": name}
        provided = one | {"provider_name": PROVIDER}
        planned.append(provided | {"schema_version": 0, "values": values, "sensitive_values": {}})
        there = type == "aws_iam_role"
        change = {
            "actions": ["no-op" if there else "create"],
            "before": values if there else None,
            "after": values,
            "after_unknown": {} if there else {"id": True, "arn": True},
            "after_sensitive": {},
        }
        changes.append(provided | {"change": change})
        given = {key: {"constant_value": value} for key, value in values.items() if key != "arn"}
        written.append(one | {"provider_config_key": "aws", "expressions": given})
    region = {"expressions": {"region": {"constant_value": REGION}}}
    body = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "prior_state": {
            "format_version": "1.0",
            "terraform_version": "1.11.4",
            "values": {"root_module": {"resources": [_IDENTITY]}},
        },
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "full_name": PROVIDER} | region},
            "root_module": {"resources": [_IDENTITY_WRITTEN, *written]},
        },
    }
    return json.dumps(body, separators=(",", ":")) + "\n"


_WHO = {
    "address": "data.aws_caller_identity.current",
    "mode": "data",
    "type": "aws_caller_identity",
    "name": "current",
}
_IDENTITY = _WHO | {
    "provider_name": PROVIDER,
    "schema_version": 0,
    "values": {"account_id": ACCOUNT, "arn": role_arn("deploy"), "id": ACCOUNT},
    "sensitive_values": {},
}
_IDENTITY_WRITTEN = _WHO | {"provider_config_key": "aws", "schema_version": 0}
