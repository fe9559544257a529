"""The HCL and the plan of each recorded project give the documents that Terraform gives."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kmsiac.config import ScanOptions
from kmsiac.frontends.unit import Inputs
from kmsiac.scan import take_inventory
from kmsiac.stack import Environment
from tests.oracles.documents import corrected, differences

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "fixtures" / "recorded"
BESIDE = ROOT.parent / "shared"
"""Recordings of others, where the checkout has them beside it: not part of the repository."""

OURS = ("plan.json", "expected.json")

KNOWN: dict[tuple[str, str], str] = {}
"""Project and input that differ, with the reason. One that does not differ any more fails."""


def _recordings() -> Iterator[tuple[str, Path, Path, Path | None]]:
    """Name, expected.json, plan and root module (None: there is only a plan)."""
    for folder in sorted([*RECORDED.glob("*"), *(BESIDE / "terraform").glob("*")]):
        if (folder / "expected.json").is_file():
            yield folder.name, folder / "expected.json", folder / "plan.json", folder
    for expected in sorted((BESIDE / "plans").glob("*.expected.json")):
        name = expected.name.removesuffix(".expected.json")
        yield name, expected, expected.with_name(f"{name}.plan.json"), None


CASES = [
    pytest.param(expected, plan, path, name, kind, id=f"{name}-{kind}")
    for name, expected, plan, project in _recordings()
    for kind, path in (("hcl", project), ("plan", plan))
    if path is not None
]


def _inventory(path: Path, folder: Path, environment: Any) -> Any:
    """The inventory of a plan, or of a project without its recording."""
    if path.is_dir():
        shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns(*OURS))
        path = folder / path.name
    told = Environment(environment["account_id"], environment["region"], environment["partition"])
    return take_inventory(ScanOptions(paths=(path,), inputs=Inputs(environment=told)))


@pytest.mark.parametrize(("expected", "plan", "path", "name", "kind"), CASES)
def test_inventory_is_what_terraform_says(
    expected: Path, plan: Path, path: Path, name: str, kind: str, tmp_path: Path
) -> None:
    recording = json.loads(expected.read_text(encoding="utf-8"))
    recording = corrected(recording, plan.read_text(encoding="utf-8"))

    inventory = _inventory(path, tmp_path, recording["environment"])

    found = [str(each) for each in differences(recording, inventory, plan=kind == "plan")]
    found += [f"error: {each['message']}" for each in inventory["errors"]]
    if (name, kind) in KNOWN:
        assert found, f"{name} ({kind}) differs no more: take it out of KNOWN"
        pytest.xfail(KNOWN[name, kind])
    assert found == []
