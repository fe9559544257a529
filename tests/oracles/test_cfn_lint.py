"""Closed templates give the documents that cfn-lint's resolver gave (`cfn_lint.py` records them)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.oracles.cfn_lint import DATA, differences, ours

NAMES = sorted(path.stem for path in DATA.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_documents(name: str) -> None:
    golden = json.loads((DATA / f"{name}.golden.json").read_text(encoding="utf-8"))
    found = ours(DATA / f"{name}.yaml", DATA, golden["given"])
    assert list(differences(golden["resources"], found)) == []
    # What cfn-lint leaves open we know, but for what only the deployment says.
    unknown = [text for text in _unknown(found) if "AWS::StackName" not in text]
    assert unknown == (["${Key.Arn}"] if name == "texts" else [])


def _unknown(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and set(value) == {"?"}:
        yield value["?"]
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _unknown(member)
