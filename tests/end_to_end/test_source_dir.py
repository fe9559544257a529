"""`--source-dir`: the code behind a plan, on the command line."""

from __future__ import annotations

import json

CODE = """\
variable "who" {}

resource "aws_kms_key" "k" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:*", Principal = var.who, Resource = "*" }]
  })
}
"""
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "variables": {"who": {"value": "*"}},
    "resource_changes": [
        {
            "address": "aws_kms_key.k",
            "mode": "managed",
            "type": "aws_kms_key",
            "name": "k",
            "change": {"actions": ["create"], "after": {}, "after_unknown": {"policy": True}},
        }
    ],
    "configuration": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_kms_key.k",
                    "expressions": {"policy": {"references": ["local.policy"]}},
                }
            ]
        }
    },
}
FILES = {"plan.json": json.dumps(PLAN), "code/main.tf": CODE}


def test_a_policy_that_the_plan_does_not_know(kmsiac) -> None:  # type: ignore[no-untyped-def]
    shown = kmsiac(FILES, "inventory", "-f", "json", "--source-dir", "code", "plan.json")
    (policy,) = json.loads(shown.out)["policies"]
    assert policy["document"]["Statement"][0]["Principal"] == "*"
    found = kmsiac(FILES, "scan", "-f", "concise", "--source-dir", "code", "plan.json")
    assert "code/main.tf:" in found.out


def test_the_folder_has_to_be_there(kmsiac) -> None:  # type: ignore[no-untyped-def]
    wrong = kmsiac(FILES, "inventory", "--source-dir", "cod", "plan.json")
    assert wrong.code == 2
    assert "--source-dir cod: there is no such folder" in wrong.err


def test_without_a_plan_it_is_a_slip(kmsiac) -> None:  # type: ignore[no-untyped-def]
    wrong = kmsiac(FILES, "scan", "--source-dir", "code", "code")
    assert wrong.code == 2
    assert "--source-dir: no plan is among what is scanned" in wrong.err
