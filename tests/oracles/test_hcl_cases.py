"""Our own edge cases against what Terraform's HCL parser made of them (recorded: `hcl2json.py`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.oracles.hcl2json import CASES, compared

FILES = sorted(CASES.glob("*.tf"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_what_the_parser_of_terraform_reads(path: Path) -> None:
    theirs = json.loads(path.with_suffix(".json").read_bytes())
    comparison = compared(path, path.name, theirs)
    assert comparison.differences == []
    assert comparison.counts["attributes"] >= 4
    assert comparison.counts["not covered"] == 0
