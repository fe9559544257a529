"""Running the action on a workspace that a test writes."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.action.runner import ROOT, Result, Runner

OPEN_KEY = """\
resource "aws_kms_key" "open" {
  description         = "Anybody may decrypt with this key"
  enable_key_rotation = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Administration"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111122223333:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Everybody"
        Effect    = "Allow"
        Principal = "*"
        Action    = "kms:Decrypt"
        Resource  = "*"
      },
    ]
  })
}
"""
OPEN_LINE = 18
"""The line of its statement that lets everybody in: KP-20."""

CLOSED_KEY = """\
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: EnableIAM
            Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
            Action: kms:*
            Resource: "*"
"""


def copy_action(folder: Path) -> None:
    """What GitHub checks out of this repository, as far as the action needs it."""
    folder.mkdir(parents=True)
    for name in ("action.yml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("action", "kmsiac", "rules"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner whose workspace is empty."""
    if os.name == "nt":
        pytest.skip("the bash that is found on Windows need not be the one that runners use")
    return Runner(tmp_path / "runner", tmp_path / "workspace")


@pytest.fixture
def act(runner: Runner) -> Callable[..., Result]:
    """`act(files, environment=..., **inputs)`: the action with the Python of these tests."""

    def call(
        files: dict[str, str], environment: dict[str, str] | None = None, **inputs: str
    ) -> Result:
        for name, content in files.items():
            path = runner.workspace / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        return runner.run({"install": "false", "python": sys.executable, **named}, environment)

    return call
