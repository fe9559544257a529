"""`kmsiac schema`."""

from __future__ import annotations

import json

import pytest

from kmsiac.cli import run


@pytest.mark.parametrize("name", ["scan", "inventory", "config"])
def test_it_prints_a_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", name]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == f"urn:kmsiac:schema:{name}:1"


def test_without_a_name_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert {"inventory", "scan"} <= set(capsys.readouterr().out.split())


def test_an_unknown_name_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "scna"]) == 2
    assert 'there is no schema "scna" (did you mean "scan"?)' in capsys.readouterr().err
