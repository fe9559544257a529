"""What the Terraform of a whole company looks like: few bytes have to do with keys or policies.

In public trees 17 % of the bytes of Terraform are policies, roles, keys and what they refer to; the
rest are services, alarms, records and rules of firewalls, which a scan reads only to see so.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.synthetic.drawing import Draw
from benchmarks.synthetic.hcl import Block, Raw, block, expression
from benchmarks.synthetic.policies import Fault
from benchmarks.synthetic.terraform import Files, modules, project

SINKS = ("iam.tf", "keys.tf")
"""The files of a project that hold its policies, roles and keys."""
SHARE = 0.17


def estate(seed: int, files: int, faults: float) -> Files:
    """Root modules until nobody asks for more. Each has as many files about other things as make
    policies and keys a sixth of its bytes.
    """
    del files
    yield from modules()
    number = 0
    while True:
        number += 1
        yield from _project(Draw(f"{seed} estate {number}"), number, faults)


def _project(draw: Draw, number: int, faults: float) -> Iterator[tuple[str, str, list[Fault]]]:
    folder, sinks, all_ = "", 0, 0
    for path, text, found in project(draw, number, faults, shared=True):
        folder, _, name = path.rpartition("/")
        sinks += len(text) if name in SINKS else 0
        all_ += len(text)
        yield path, text, found
    text = 'locals {\n  tags = {\n    Environment = var.environment\n    ManagedBy   = "terraform"\n  }\n}\n'
    yield f"{folder}/tags.tf", text, []
    at = 0
    while sinks > all_ * SHARE:
        at += 1
        text = _service(draw, f"service{at:02d}")
        all_ += len(text)
        yield f"{folder}/service{at:02d}.tf", text, []


def _service(draw: Draw, name: str) -> str:
    parts = (_task, _balancer, _alarms, _scaling, _dashboard)
    return "\n".join(part(draw, name) for part in parts)


def _task(draw: Draw, name: str) -> str:
    container = {
        "name": name,
        "image": f"registry.example.com/{name}:{draw.below(9)}.{draw.below(40)}.{draw.below(40)}",
        "cpu": draw.one((256, 512, 1024)),
        "environment": [
            {"name": key, "value": f"{name}-{draw.below(1000)}"}
            for key in draw.some(("LEVEL", "QUEUE", "TABLE", "BUCKET", "TOPIC", "HOST"), 2, 6)
        ],
        "portMappings": [{"containerPort": 8000 + draw.below(1000)}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": f"/app/{name}"}},
    }
    body = {
        "family": Raw(f'"${{local.name}}-{name}"'),
        "network_mode": "awsvpc",
        "requires_compatibilities": ["FARGATE"],
        "container_definitions": Raw(f"jsonencode({expression([container], 1)})"),
        "tags": Raw(f'merge(local.tags, {{\n    Name = "${{local.name}}-{name}"\n  }})'),
    }
    return (
        block(f'resource "aws_ecs_task_definition" "{name}"', body)
        + f'\n# The tags of {name}: who pays for it.\nlocals {{\n  {name}_tags = {{ Cost = "{draw.below(9000)}" }}\n}}\n'
    )


def _balancer(draw: Draw, name: str) -> str:
    port = 8000 + draw.below(1000)
    check = {"path": f"/{name}/health", "matcher": "200-299", "interval": draw.one((10, 30, 60))}
    group = {
        "name": Raw(f'"${{local.name}}-{name}"'),
        "port": port,
        "protocol": "HTTP",
        "target_type": "ip",
        "health_check": Block("health_check", check),
    }
    ports = {"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}
    away = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
    wall = {
        "name_prefix": f"{name}-",
        "ingress": Block("ingress", ports),
        "egress": Block("egress", away),
    }
    return (
        block(f'resource "aws_lb_target_group" "{name}"', group)
        + "\n"
        + block(f'resource "aws_security_group" "{name}_service"', wall)
    )


def _alarms(draw: Draw, name: str) -> str:
    texts = []
    for metric in draw.some(("CPUUtilization", "MemoryUtilization", "Errors", "Latency"), 2, 4):
        body = {
            "alarm_name": Raw(f'"${{local.name}}-{name}-{metric}"'),
            "alarm_description": f"{metric} of {name} is too high for {draw.below(50)} minutes",
            "namespace": "AWS/ECS",
            "metric_name": metric,
            "comparison_operator": "GreaterThanThreshold",
            "threshold": draw.one((70, 80, 90)),
            "period": 60,
            "evaluation_periods": draw.one((3, 5)),
            "statistic": "Average",
            "treat_missing_data": "notBreaching",
            "dimensions": {"ServiceName": name},
        }
        texts.append(block(f'resource "aws_cloudwatch_metric_alarm" "{name}_{metric}"', body))
    return "\n".join(texts)


def _scaling(draw: Draw, name: str) -> str:
    target = {
        "max_capacity": draw.one((4, 8, 16)),
        "min_capacity": Raw('var.environment == "prod" ? 2 : 1'),
        "resource_id": f"service/main/{name}",
        "scalable_dimension": "ecs:service:DesiredCount",
        "service_namespace": "ecs",
    }
    return block(f'resource "aws_appautoscaling_target" "{name}"', target)


def _dashboard(draw: Draw, name: str) -> str:
    widgets = [
        {"type": "metric", "x": 0, "y": 6 * row, "properties": {"title": f"{name} {row}"}}
        for row in range(draw.below(4) + 1)
    ]
    encoded = Raw(f"jsonencode({expression({'widgets': widgets}, 1)})")
    body = {"dashboard_name": f"{name}-{draw.below(100)}", "dashboard_body": encoded}
    return block(f'resource "aws_cloudwatch_dashboard" "{name}"', body)
