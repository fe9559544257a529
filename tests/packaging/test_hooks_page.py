"""docs/pre-commit.md shows hooks that are there."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.packaging.wheelhouse import ROOT

PAGE = ROOT / "docs" / "pre-commit.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the checkout")


def test_the_example_has_every_hook() -> None:
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    (repo,) = yaml.safe_load(block[1])["repos"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in repo["hooks"]] == [hook["id"] for hook in hooks]
