"""Terraform projects: a root module of some ten files, and the modules that it may call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.synthetic.drawing import Draw
from benchmarks.synthetic.hcl import Block, Raw, block, expression, policy_document
from benchmarks.synthetic.policies import Fault, key_policy, role_policy, trust_policy

Files = Iterator[tuple[str, str, list[Fault]]]
"""Paths, texts, and the faults in them."""

TEAMS = ("billing", "search", "identity", "ledger", "media", "platform", "reports", "shipping")
_ENVIRONMENTS = ("dev", "test", "prod")
_SERVICES = ("api", "worker", "ingest", "export", "web", "cron")


def modules() -> Files:
    """The modules that the projects share."""
    yield "modules/kms-key/variables.tf", _variables({"name": "", "policy": ""}), []
    yield "modules/kms-key/main.tf", _KEY_MODULE, []
    yield "modules/kms-key/outputs.tf", _output("arn", "aws_kms_key.this.arn"), []
    yield "modules/bucket/variables.tf", _variables({"name": "", "kms_key_arn": ""}), []
    yield "modules/bucket/main.tf", _BUCKET_MODULE, []
    yield "modules/bucket/outputs.tf", _output("arn", "aws_s3_bucket.this.arn"), []


def project(draw: Draw, number: int, faults: float, shared: bool) -> Files:
    """One root module; `shared` says that the modules are there.

    Most files of a project have nothing to do with keys. Two projects in five have a key.
    """
    made = _Project(draw, number, faults, shared)
    for name, text in made.files():
        found = [Fault(rule, f"{made.folder}/{name}") for rule in made.rules.pop(name, [])]
        yield f"{made.folder}/{name}", text, found


class _Project:
    def __init__(self, draw: Draw, number: int, faults: float, shared: bool) -> None:
        self.draw, self.faults, self.shared = draw, faults, shared
        self.name = f"{draw.one(TEAMS)}-{draw.one(_SERVICES)}"
        self.environment = draw.one(_ENVIRONMENTS)
        self.folder = f"infra/{self.name}-{number:04d}/{self.environment}"
        self.roles = draw.some(_SERVICES, 2, 4)
        self.has_key = draw.chance(0.4)
        self.rules: dict[str, list[str]] = {}

    def files(self) -> Iterator[tuple[str, str]]:
        yield "versions.tf", _VERSIONS
        yield "variables.tf", _variables({"name": self.name, "environment": "", "region": ""})
        yield "terraform.tfvars", self._inputs()
        yield "iam.tf", self._iam()
        if self.has_key:
            yield "keys.tf", self._keys()
        parts = (_network, _compute, _storage, _database, _monitoring, _dns, _queue)
        for part in self.draw.some(parts, 4, len(parts)):
            yield f"{part.__name__.strip('_')}.tf", part(self)
        if self.shared:
            yield "buckets.tf", self._buckets()
        yield "outputs.tf", _output("name", "local.name")

    def _planted(self, file: str, rule: str) -> None:
        if rule:
            self.rules.setdefault(file, []).append(rule)

    def _inputs(self) -> str:
        given = {"environment": self.environment, "region": self.draw.one(_REGIONS)}
        return "".join(f"{name} = {expression(value)}\n" for name, value in given.items())

    def _iam(self) -> str:
        texts = [_IDENTITY]
        for role in self.roles:
            key = Raw("aws_kms_key.main.arn") if self.has_key and self.draw.chance(0.5) else ""
            policy, rule = role_policy(
                self.draw, f"{self.name}-{role}", key, self.draw.chance(self.faults)
            )
            self._planted("iam.tf", rule)
            service = self.draw.one(("ecs-tasks", "lambda", "ec2"))
            texts += [self._role(role, service), self._policy(role, policy)]
        return "\n".join(texts)

    def _role(self, role: str, service: str) -> str:
        trust = policy_document(f"{role}_trust", trust_policy(service))
        body = {
            "name": Raw(f'"${{local.name}}-{role}"'),
            "assume_role_policy": Raw(f"data.aws_iam_policy_document.{role}_trust.json"),
        }
        return f"{trust}\n" + block(f'resource "aws_iam_role" "{role}"', body)

    def _policy(self, role: str, policy: dict[str, Any]) -> str:
        body: dict[str, Any] = {"name": f"{role}-access", "role": Raw(f"aws_iam_role.{role}.id")}
        if self.draw.chance(0.5):
            body["policy"] = Raw(f"data.aws_iam_policy_document.{role}.json")
            head = policy_document(role, policy) + "\n"
        else:
            body["policy"] = Raw(f"jsonencode({expression(policy, 1)})")
            head = ""
        return head + block(f'resource "aws_iam_role_policy" "{role}"', body)

    def _keys(self) -> str:
        policy, rule = key_policy(self.draw, self.roles, self.draw.chance(self.faults))
        self._planted("keys.tf", rule)
        rotates = not self.draw.chance(self.faults / 2)
        self._planted("keys.tf", "" if rotates else "KEY-01")
        body: dict[str, Any] = {
            "description": Raw('"Data of ${local.name}"'),
            "deletion_window_in_days": 30,
            "enable_key_rotation": rotates,
        }
        texts = []
        if self.draw.chance(0.5):
            texts.append(policy_document("key", policy))
            body["policy"] = Raw("data.aws_iam_policy_document.key.json")
        else:
            body["policy"] = Raw(f"jsonencode({expression(policy, 1)})")
        texts.append(block('resource "aws_kms_key" "main"', body))
        alias = {"name": Raw('"alias/${local.name}"'), "target_key_id": Raw("aws_kms_key.main.id")}
        texts.append(block('resource "aws_kms_alias" "main"', alias))
        if self.shared and self.draw.chance(0.3):
            call = {
                "source": "../../../modules/kms-key",
                "name": Raw('"${local.name}-backup"'),
                "policy": body["policy"],
            }
            texts.append(block('module "backup_key"', call))
        return "\n".join(texts)

    def _buckets(self) -> str:
        calls = []
        for use in self.draw.some(("uploads", "exports", "logs", "backups"), 1, 3):
            key = "aws_kms_key.main.arn" if self.has_key else '"alias/aws/s3"'
            body = {
                "source": "../../../modules/bucket",
                "name": Raw(f'"${{local.name}}-{use}"'),
                "kms_key_arn": Raw(key),
            }
            calls.append(block(f'module "{use}"', body))
        return "\n".join(calls)


_REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "ap-southeast-2")

_VERSIONS = """terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = {
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}

locals {
  name = "${var.name}-${var.environment}"
}
"""

_IDENTITY = """data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}
"""

_KEY_MODULE = """resource "aws_kms_key" "this" {
  description         = var.name
  enable_key_rotation = true
  policy              = var.policy
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
"""

_BUCKET_MODULE = """resource "aws_s3_bucket" "this" {
  bucket = var.name
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  rule {
    apply_server_side_encryption_by_default {
      kms_master_key_id = var.kms_key_arn
      sse_algorithm     = "aws:kms"
    }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
"""


def _variables(named: dict[str, str]) -> str:
    return "\n".join(
        block(f'variable "{name}"', {"type": Raw("string")} | ({"default": d} if d else {}))
        for name, d in named.items()
    )


def _output(name: str, value: str) -> str:
    return block(f'output "{name}"', {"value": Raw(value)})


# -- what has nothing to do with keys -----------------------------------------------------------


def _tags(part: str) -> Raw:
    return Raw(f'{{\n    Name = "${{local.name}}-{part}"\n  }}')


def _network(made: _Project) -> str:
    base = f"10.{made.draw.below(200)}"
    vpc = {"cidr_block": f"{base}.0.0/16", "enable_dns_hostnames": True, "tags": _tags("vpc")}
    texts = [block('resource "aws_vpc" "main"', vpc)]
    for at in range(made.draw.below(4) + 2):
        subnet = {
            "vpc_id": Raw("aws_vpc.main.id"),
            "cidr_block": f"{base}.{at}.0/24",
            "availability_zone": Raw(f'"${{var.region}}{"abc"[at % 3]}"'),
            "tags": _tags(f"subnet-{at}"),
        }
        texts.append(block(f'resource "aws_subnet" "s{at}"', subnet))
    for name, port in made.draw.some((("web", 443), ("app", 8080), ("db", 5432)), 1, 3):
        rule = {
            "from_port": port,
            "to_port": port,
            "protocol": "tcp",
            "cidr_blocks": ["10.0.0.0/8"],
        }
        group = {"name": name, "vpc_id": Raw("aws_vpc.main.id"), "ingress": Block("ingress", rule)}
        texts.append(block(f'resource "aws_security_group" "{name}"', group))
    return "\n".join(texts)


def _compute(made: _Project) -> str:
    texts = [block('resource "aws_ecs_cluster" "main"', {"name": Raw("local.name")})]
    for role in made.roles:
        container = {
            "name": role,
            "image": f"registry.example.com/{made.name}/{role}:1.{made.draw.below(40)}",
            "cpu": 256,
            "environment": [{"name": "LEVEL", "value": "info"}, {"name": "ROLE", "value": role}],
            "portMappings": [{"containerPort": 8080}],
        }
        task = {
            "family": Raw(f'"${{local.name}}-{role}"'),
            "cpu": made.draw.one((256, 512, 1024)),
            "memory": made.draw.one((512, 1024, 2048)),
            "task_role_arn": Raw(f"aws_iam_role.{role}.arn"),
            "container_definitions": Raw(f"jsonencode({expression([container], 1)})"),
        }
        service = {
            "name": role,
            "cluster": Raw("aws_ecs_cluster.main.id"),
            "task_definition": Raw(f"aws_ecs_task_definition.{role}.arn"),
            "desired_count": Raw('var.environment == "prod" ? 3 : 1'),
        }
        texts.append(block(f'resource "aws_ecs_task_definition" "{role}"', task))
        texts.append(block(f'resource "aws_ecs_service" "{role}"', service))
    return "\n".join(texts)


def _storage(made: _Project) -> str:
    texts = []
    for use in made.draw.some(("assets", "archive", "events", "temp"), 1, 4):
        days = made.draw.one((30, 90, 365))
        rule = {
            "id": "expire",
            "status": "Enabled",
            "expiration": Block("expiration", {"days": days}),
        }
        cycle = {"bucket": Raw(f"aws_s3_bucket.{use}.id"), "rule": Block("rule", rule)}
        bucket = {"bucket": Raw(f'"${{local.name}}-{use}"'), "tags": _tags(use)}
        texts.append(block(f'resource "aws_s3_bucket" "{use}"', bucket))
        texts.append(block(f'resource "aws_s3_bucket_lifecycle_configuration" "{use}"', cycle))
    return "\n".join(texts)


def _database(made: _Project) -> str:
    body: dict[str, Any] = {
        "identifier": Raw("local.name"),
        "engine": made.draw.one(("postgres", "mysql")),
        "instance_class": made.draw.one(("db.t4g.small", "db.r6g.large")),
        "allocated_storage": 50,
        "storage_encrypted": True,
        "username": "app",
        "manage_master_user_password": True,
        "backup_retention_period": Raw('var.environment == "prod" ? 14 : 1'),
    }
    if made.has_key:
        body["kms_key_id"] = Raw("aws_kms_key.main.arn")
    return block('resource "aws_db_instance" "main"', body)


def _monitoring(made: _Project) -> str:
    texts = []
    for role in made.roles:
        alarm = {
            "alarm_name": Raw(f'"${{local.name}}-{role}-cpu"'),
            "namespace": "AWS/ECS",
            "metric_name": "CPUUtilization",
            "comparison_operator": "GreaterThanThreshold",
            "threshold": made.draw.one((70, 80, 90)),
            "period": 60,
            "evaluation_periods": 3,
            "statistic": "Average",
            "dimensions": {"ServiceName": role},
        }
        group = {"name": Raw(f'"/app/${{local.name}}/{role}"'), "retention_in_days": 30}
        texts.append(block(f'resource "aws_cloudwatch_log_group" "{role}"', group))
        texts.append(block(f'resource "aws_cloudwatch_metric_alarm" "{role}"', alarm))
    return "\n".join(texts)


def _dns(made: _Project) -> str:
    texts = [block('data "aws_route53_zone" "main"', {"name": "example.com."})]
    for role in made.roles:
        record = {
            "zone_id": Raw("data.aws_route53_zone.main.zone_id"),
            "name": Raw(f'"{role}.${{local.name}}"'),
            "type": "CNAME",
            "ttl": 300,
            "records": [f"{role}.internal.example.com"],
        }
        texts.append(block(f'resource "aws_route53_record" "{role}"', record))
    return "\n".join(texts)


def _queue(made: _Project) -> str:
    texts = []
    for role in made.roles:
        dead = {"name": f"{made.name}-{role}-dead", "message_retention_seconds": 1209600}
        sent_on = Raw(
            "jsonencode({\n    deadLetterTargetArn = "
            f"aws_sqs_queue.{role}_dead.arn\n    maxReceiveCount = 5\n  }})"
        )
        queue = {"name": f"{made.name}-{role}-events", "redrive_policy": sent_on}
        texts.append(block(f'resource "aws_sqs_queue" "{role}_dead"', dead))
        texts.append(block(f'resource "aws_sqs_queue" "{role}"', queue))
    return "\n".join(texts)
