"""The plan of a whole company in one file: one module with an instance for each of its services.

In plans of public modules one resource in twenty is a key, a role or a policy, and one in a hundred
names a key. Here it is one in fifteen (a key, its alias, two roles with a policy each) and one in
twenty-five: of 92 resources of a service the others are rules of firewalls, alarms, records and
machines. Nine services in ten are not changed; most of a real plan says that nothing happens.
In plans of what is deployed roles spell the ARNs of their keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.synthetic.drawing import Draw
from benchmarks.synthetic.plan import ACCOUNT, PROVIDER, REGION, filled, role_arn
from benchmarks.synthetic.policies import Fault, key_policy, role_policy, trust_policy

Values = dict[str, Any]
Resource = tuple[str, str, Values]
PATH = "plan.json"
_PARTS = ("planned_values", "prior_state", "resource_changes")
_TAGS = {"Environment": "prod", "ManagedBy": "terraform", "CostCentre": "4711"}


def large_plan(
    seed: int, size: int, faults: float, *, spelt: bool = False
) -> Iterator[tuple[str, str, list[Fault]]]:
    """One plan of about so many bytes. `spelt`: roles spell the ARNs of their keys."""
    written: dict[str, list[str]] = {part: [] for part in _PARTS}
    found: list[Fault] = []
    left, number = size, 0
    first: list[Resource] = []
    while left > 0:
        number += 1
        draw = Draw(f"{seed} service {number}")
        resources = _service(draw, f"service-{number:05d}", faults, found, spelt=spelt)
        first = first or resources
        for part, texts in _texts(f"service-{number:05d}", resources, draw.chance(0.1)).items():
            left -= sum(map(len, texts))
            written[part] += texts
    yield PATH, _whole(written, first), found


def _service(
    draw: Draw, name: str, faults: float, found: list[Fault], *, spelt: bool
) -> list[Resource]:
    roles = [f"{name}-app", f"{name}-ci"]
    policy, rule = key_policy(draw, roles, draw.chance(faults))
    found += [Fault(rule, PATH)] if rule else []
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}"
    about = {"description": name, "enable_key_rotation": True, "policy": filled(policy), "arn": key}
    resources: list[Resource] = [
        ("aws_kms_key", "this", about),
        ("aws_kms_alias", "this", {"name": f"alias/{name}", "target_key_id": key}),
    ]
    for role in roles:
        allowed, wide = role_policy(draw, name, key if spelt else "", draw.chance(faults))
        found += [Fault(wide, PATH)] if wide else []
        short, trust = role.rpartition("-")[2], filled(trust_policy("ecs-tasks"))
        made = {"name": role, "arn": role_arn(role), "assume_role_policy": trust}
        inline = {"name": "access", "role": role, "policy": filled(allowed)}
        resources += [("aws_iam_role", short, made), ("aws_iam_role_policy", short, inline)]
    for make, times in _OTHERS:
        resources += [make(draw, name, key, at) for at in range(times)]
    return resources


def _rule(draw: Draw, name: str, _key: str, at: int) -> Resource:
    port = draw.one((443, 5432, 6379, 8080))
    return "aws_security_group_rule", f"rule{at}", {
        "id": f"sgrule-{draw.below(10**9):09d}", "type": "ingress", "protocol": "tcp",
        "from_port": port, "to_port": port, "security_group_id": f"sg-{draw.below(10**9):09d}",
        "cidr_blocks": [f"10.{draw.below(250)}.{draw.below(250)}.0/24"], "ipv6_cidr_blocks": None,
        "prefix_list_ids": None, "self": False, "source_security_group_id": None,
        "description": f"{name} to port {port}", "security_group_rule_id": None, "timeouts": None,
    }  # fmt: skip


def _alarm(draw: Draw, name: str, _key: str, at: int) -> Resource:
    metric = draw.one(("CPUUtilization", "MemoryUtilization", "5XXError", "Latency"))
    return "aws_cloudwatch_metric_alarm", f"alarm{at}", {
        "alarm_name": f"{name}-{metric}-{at}", "comparison_operator": "GreaterThanThreshold",
        "evaluation_periods": 3, "metric_name": metric, "namespace": "AWS/ECS", "period": 60,
        "statistic": "Average", "threshold": draw.below(90) + 10, "treat_missing_data": "missing",
        "alarm_actions": [f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"], "ok_actions": None,
        "dimensions": {"ClusterName": "main", "ServiceName": name}, "metric_query": [],
        "insufficient_data_actions": None, "actions_enabled": True, "tags": _TAGS, "tags_all": _TAGS,
    }  # fmt: skip


def _record(draw: Draw, name: str, _key: str, at: int) -> Resource:
    return "aws_route53_record", f"record{at}", {
        "zone_id": "Z0123456789ABCDEFGHIJ", "name": f"{name}-{at}.example.com", "type": "CNAME",
        "ttl": 300, "records": [f"{name}-{draw.below(10**6)}.{REGION}.elb.amazonaws.com"],
        "alias": [], "failover_routing_policy": [], "geolocation_routing_policy": [],
        "weighted_routing_policy": [], "health_check_id": None, "allow_overwrite": None,
    }  # fmt: skip


def _machine(draw: Draw, name: str, _key: str, at: int) -> Resource:
    return "aws_instance", f"machine{at}", {
        "ami": f"ami-{draw.below(10**9):09d}", "instance_type": draw.one(("m6i.large", "c6i.xlarge")),
        "subnet_id": f"subnet-{draw.below(10**9):09d}", "associate_public_ip_address": False,
        "availability_zone": f"{REGION}a", "disable_api_termination": True, "ebs_optimized": True,
        "metadata_options": [{"http_endpoint": "enabled", "http_put_response_hop_limit": 1,
                              "http_tokens": "required", "instance_metadata_tags": "disabled"}],
        "root_block_device": [{"delete_on_termination": True, "encrypted": True, "iops": 3000,
                               "volume_size": 50, "volume_type": "gp3", "tags": None}],
        "user_data": f"{draw.below(10**12):040d}", "vpc_security_group_ids": [f"sg-{at:09d}"],
        "monitoring": True, "tags": _TAGS | {"Name": f"{name}-{at}"}, "tags_all": _TAGS,
    }  # fmt: skip


def _task(draw: Draw, name: str, _key: str, at: int) -> Resource:
    container = {
        "name": name, "image": f"registry.example.com/{name}:{draw.below(99)}", "cpu": 512,
        "environment": [{"name": f"SETTING_{n}", "value": f"{draw.below(10**6)}"} for n in range(12)],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": f"/app/{name}"}},
    }  # fmt: skip
    return "aws_ecs_task_definition", f"task{at}", {
        "family": f"{name}-{at}", "container_definitions": json.dumps([container]), "cpu": "512",
        "memory": "1024", "network_mode": "awsvpc", "requires_compatibilities": ["FARGATE"],
        "execution_role_arn": role_arn(f"{name}-app"), "task_role_arn": role_arn(f"{name}-app"),
        "volume": [], "placement_constraints": [], "tags": _TAGS, "tags_all": _TAGS,
    }  # fmt: skip


def _subnet(draw: Draw, name: str, _key: str, at: int) -> Resource:
    return "aws_subnet", f"subnet{at}", {
        "vpc_id": "vpc-0123456789abcdef0", "cidr_block": f"10.{draw.below(250)}.{at}.0/24",
        "availability_zone": f"{REGION}b", "map_public_ip_on_launch": False,
        "assign_ipv6_address_on_creation": False, "ipv6_cidr_block": None, "tags_all": _TAGS,
        "tags": _TAGS | {"Name": f"{name}-{at}"}, "timeouts": None,
    }  # fmt: skip


def _group(draw: Draw, name: str, key: str, at: int) -> Resource:
    values = {"name": f"/app/{name}/{at}", "retention_in_days": draw.one((30, 90)),
              "kms_key_id": key, "skip_destroy": False, "tags": _TAGS, "tags_all": _TAGS}  # fmt: skip
    return "aws_cloudwatch_log_group", f"logs{at}", values


def _queue(draw: Draw, name: str, key: str, at: int) -> Resource:
    values = {"name": f"{name}-{at}", "visibility_timeout_seconds": draw.one((30, 60)),
              "kms_master_key_id": key, "fifo_queue": False, "tags": _TAGS}  # fmt: skip
    return "aws_sqs_queue", f"queue{at}", values


_OTHERS: tuple[tuple[Callable[[Draw, str, str, int], Resource], int], ...] = (
    (_rule, 30), (_alarm, 16), (_record, 12), (_machine, 10), (_task, 4), (_subnet, 10),
    (_group, 2), (_queue, 2),
)  # fmt: skip


def _texts(service: str, resources: list[Resource], changed: bool) -> dict[str, list[str]]:
    """The entries of one instance of the module, in each part of the plan."""
    planned, changes = [], []
    module = f'module.service["{service}"]'
    for type_, name, values in resources:
        address = f"{module}.{type_}.{name}"
        known = {"address": address, "mode": "managed", "type": type_, "name": name}
        provided = known | {"provider_name": PROVIDER}
        planned.append(provided | {"schema_version": 0, "values": values, "sensitive_values": {}})
        change = {
            "actions": ["update" if changed else "no-op"],
            "before": values,
            "after": values,
            "after_unknown": {},
            "before_sensitive": {},
            "after_sensitive": {},
        }
        changes.append(provided | {"module_address": module, "change": change})
    text = _json({"resources": planned, "address": module})
    return {
        "planned_values": [text],
        "prior_state": [text],
        "resource_changes": [_json(change) for change in changes],
    }


def _whole(written: dict[str, list[str]], resources: list[Resource]) -> str:
    def modules(part: str) -> str:
        return f'{{"root_module":{{"child_modules":[{",".join(written[part])}]}}}}'

    given = [
        {
            "address": f"{type_}.{name}",
            "mode": "managed",
            "type": type_,
            "name": name,
            "provider_config_key": "aws",
            "expressions": {key: {"references": ["each.value"]} for key in values},
            "schema_version": 0,
        }
        for type_, name, values in resources
    ]
    region = {"expressions": {"region": {"constant_value": REGION}}}
    call = {"source": "./service", "for_each_expression": {}, "module": {"resources": given}}
    configuration = {
        "provider_config": {"aws": {"name": "aws", "full_name": PROVIDER} | region},
        "root_module": {"module_calls": {"service": call}},
    }
    return (
        f'{{"format_version":"1.2","terraform_version":"1.11.4",'
        f'"planned_values":{modules("planned_values")},'
        f'"resource_changes":[{",".join(written["resource_changes"])}],'
        f'"prior_state":{{"format_version":"1.0","terraform_version":"1.11.4",'
        f'"values":{modules("prior_state")}}},'
        f'"configuration":{_json(configuration)},"errored":false}}\n'
    )


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
