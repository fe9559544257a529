"""The comments of a resource: those between its header and its end, in both frameworks."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.frontends.load import load_unit
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree

HCL = """# before
resource "aws_kms_key" "k" {
  description = "a # is no comment here" # kmsiac: ignore[KEY-01] -- rotated by hand
  // two
}
# after
"""
YAML = """Resources:
  # before
  Key: # kmsiac: ignore[KEY-01] -- rotated by hand
    Type: AWS::KMS::Key
    Properties:
      Description: "a # is no comment here" # two
Outputs: {} # after
"""


@pytest.mark.parametrize(("name", "text"), [("main.tf", HCL), ("t.yaml", YAML)])
def test_the_comments_of_a_resource(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    tree = SourceTree(tmp_path)
    kind = "terraform" if name.endswith(".tf") else "cloudformation"
    path = tmp_path if kind == "terraform" else tmp_path / name
    resource = load_unit(UnitSource(kind, path), tree, Inputs()).resources[0]
    file = tree.file(resource.position)
    assert file is not None
    comments = file.comments_between(resource.position, resource.end)
    assert [comment.text.strip() for comment in comments] == [
        "kmsiac: ignore[KEY-01] -- rotated by hand",
        "two",
    ]
    assert resource.unit == ("." if kind == "terraform" else "t.yaml")
