"""What the `fix:` line says."""

from __future__ import annotations

import pytest

from kmsiac.errors import whole_file
from kmsiac.reporters.remedy import remedy_line

PER_FRAMEWORK = """\
Terraform:

    enable_key_rotation = true

CloudFormation:

    EnableKeyRotation: true
"""
LONG = "Name the principals that\nneed the key:\n\n    {\n      a\n    }\n\nMore words.\n"

LATER = """\
Name the key:

    "Resource":
      "key"

Terraform, in aws_iam_policy_document:

    a = 1
    b = 2

CloudFormation:

    Key: !Ref Key
"""


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        (PER_FRAMEWORK, "a/main.tf", "Terraform: enable_key_rotation = true"),
        (PER_FRAMEWORK, "a/t.yaml", "CloudFormation: EnableKeyRotation: true"),
        (LONG, "a.tf", "Name the principals that need the key (kmsiac explain KP-20 shows how)"),
        ("Remove it. Then\nrest.\n\nMore.", "a.tf", "Remove it. Then rest."),
        ("Do:\n```hcl\nx = 1\n```\n", "a.tf", "Do: x = 1"),
        (
            "Be careful. Terraform:\n\n    a\n    b",
            "a.tf",
            "Be careful (kmsiac explain KP-20 shows how)",
        ),
        ("", "a.tf", ""),
        (LATER, "a.tf", "Name the key (kmsiac explain KP-20 shows how)"),
        (LATER, "a.yaml", "CloudFormation: Key: !Ref Key"),
        (
            "Name it. Terraform, by alias only:\n\n    a\n    b",
            "a.tf",
            "Name it (kmsiac explain KP-20 shows how)",
        ),
        ("Terraform:\n\n    a\n    b", "a.tf", "kmsiac explain KP-20 shows how"),
        ("Terraform:\n\n    a\n    b", "a.yaml", "kmsiac explain KP-20 shows how"),
    ],
)
def test_the_line(text: str, path: str, line: str) -> None:
    assert remedy_line(text, "KP-20", whole_file(path)) == line
