"""Ignores of the configuration: by rule, path and resource."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kmsiac.errors import Span
from kmsiac.findings.finding import Suppression
from kmsiac.findings.ignores import Ignore
from tests.findings.ignoring import ignored, said, scanned

HERE = Span(".kmsiac.yaml", 3, 5, 3, 20)
FILES = {
    "modules/key/main.tf": 'resource "aws_kms_key" "k" { for_each = toset(["x"]) }\n',
    "envs/dev/main.tf": 'module "a" {\n  source = "../../modules/key"\n}\n',
    "envs/prod/main.tf": 'resource "aws_kms_key" "own" {}\n',
}


def entry(**given: object) -> Ignore:
    return Ignore(("KEY-01",), "config", "tree", HERE, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "resources"),
    [
        ({}, ["aws_kms_key.own", 'module.a.aws_kms_key.k["x"]']),
        ({"path": "envs/prod/"}, ["aws_kms_key.own"]),
        ({"path": "envs/prod/main.tf"}, ["aws_kms_key.own"]),
        ({"path": "envs/*/main.tf"}, ["aws_kms_key.own", 'module.a.aws_kms_key.k["x"]']),
        ({"path": "modules"}, ['module.a.aws_kms_key.k["x"]']),
        ({"path": "envs/dev/"}, ['module.a.aws_kms_key.k["x"]']),  # where it is called
        ({"resource": "module.a.aws_kms_key.k"}, ['module.a.aws_kms_key.k["x"]']),
        ({"resource": 'module.a.aws_kms_key.k["x"]'}, ['module.a.aws_kms_key.k["x"]']),
        ({"resource": "module.*"}, ['module.a.aws_kms_key.k["x"]']),
        ({"resource": 'module.a.aws_kms_key.k["y"]'}, []),
        ({"resource": "aws_kms_key.k"}, []),
        ({"path": "envs/prod/", "resource": "module.*"}, []),
        ({"path": "elsewhere/"}, []),
    ],
)
def test_by_path_and_resource(tmp_path: Path, given: dict[str, str], resources: list[str]) -> None:
    result = scanned(tmp_path, FILES, ignores=(entry(reason="known", **given),))
    assert [f.resource for f in result.findings if f.suppressed] == resources
    found = {f.suppressed for f in result.findings} - {None}
    assert found <= {Suppression("config", "known")}
    assert [s.value for s in result.settings] == (["KEY-01: known"] if resources else [])
    unused = [".kmsiac.yaml:3:5: the ignore of KEY-01 covers no finding"]
    # One for a path that this scan did not look at is not judged.
    assert said(result) == ([] if resources or given == {"path": "elsewhere/"} else unused)


def test_dates_and_no_ignores(tmp_path: Path) -> None:
    late = scanned(tmp_path, FILES, ignores=(entry(until=date(2027, 1, 30)),))
    assert ignored(late) == []
    assert said(late) == [".kmsiac.yaml:3:5: this ignore ended on 2027-01-30: KEY-01 counts again"]
    off = scanned(tmp_path, FILES, ignores=(entry(),), use_ignores=False)
    assert ignored(off) == []
    assert [note.message for note in off.notes] == [
        "--no-ignores: 1 ignore of the scanned tree passed over"
    ]


def test_a_trusted_ignore_counts_all_the_same(tmp_path: Path) -> None:
    trusted = Ignore(("KEY-01",), "config", "trusted", HERE)
    result = scanned(tmp_path, FILES, ignores=(trusted,), use_ignores=False)
    assert len(ignored(result)) == 2
    assert [s.origin for s in result.settings] == ["trusted"]


def test_patterns_of_a_pull_request_cost_no_time(tmp_path: Path) -> None:
    hostile = entry(resource="*a" * 200 + "b", path="*a" * 200 + "b")
    name = "a" * 2000
    files = {"main.tf": f'resource "aws_kms_key" "{name}" {{}}\n'}
    assert ignored(scanned(tmp_path, files, ignores=(hostile,))) == []
