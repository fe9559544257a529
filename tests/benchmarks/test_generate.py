"""The generator of synthetic trees: same bytes from the same seed, and kmsiac finds what is in them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from benchmarks.generate import DEPLOYED_PLAN, KINDS, LARGE_PLAN, generate, generate_bytes, write
from benchmarks.synthetic.policies import Fault
from kmsiac.cli import run

TEMPLATES = ("infra/", "modules/", "stacks/", "plans/")


def _digest(kind: str, files: int, seed: int) -> str:
    found = hashlib.sha256()
    for path, text, faults in generate(kind, files, seed):
        found.update(json.dumps([path, text, faults]).encode())
    return found.hexdigest()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(kind: str) -> None:
    assert _digest(kind, 40, 1) == _digest(kind, 40, 1)
    assert _digest(kind, 40, 1) != _digest(kind, 40, 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("files", [1, 10, 33])
def test_a_tree_has_as_many_files_as_were_asked_for(kind: str, files: int) -> None:
    paths = [path for path, _, _ in generate(kind, files)]
    assert len(set(paths)) == files


def test_a_larger_tree_begins_as_a_smaller_one_does() -> None:
    assert list(generate("mixed", 60))[:40] == list(generate("mixed", 40))


def test_without_faults_none_are_planted() -> None:
    assert [fault for *_, faults in generate("mixed", 200, faults=0) for fault in faults] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_read_and_every_fault_is_found(
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = list(generate(kind, 50, seed=3, faults=0.6))
    _, _, planted = write(tmp_path / "tree", iter(made))
    monkeypatch.chdir(tmp_path / "tree")
    assert run(["scan", "-f", "json", "--account-id", "123456789012"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["errors"] == []
    templates = [path for path, _, _ in made if path.startswith(TEMPLATES)]
    assert report["summary"]["files"] == len(templates)
    found = {Fault(one["rule"], one["location"]["path"]) for one in report["findings"]}
    # In an estate and a large plan few files hold policies.
    assert len(planted) > (3 if kind in ("estate", "large-plan") else 5)
    assert set(planted) - found == set()


def test_most_files_have_nothing_to_do_with_keys() -> None:
    texts = [text for _, text, _ in generate("mixed", 400)]
    assert sum("kms" in text.lower() for text in texts) < len(texts) / 3


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.tf").write_text("")
    with pytest.raises(SystemExit, match="something in this folder"):
        write(tmp_path, generate("mixed", 10))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.tf"]


@pytest.mark.parametrize("kind", [LARGE_PLAN, DEPLOYED_PLAN])
def test_a_large_plan_is_mostly_about_other_things_and_every_fault_is_found(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(generate_bytes(kind, 500_000)) == list(generate_bytes(kind, 500_000))
    count, size, planted = write(tmp_path / "tree", generate_bytes(kind, 500_000, 3, 0.6))
    assert count == 1
    assert 500_000 <= size < 1_000_000
    monkeypatch.chdir(tmp_path / "tree")
    assert run(["scan", "-f", "json"]) == 1  # the ARNs of what exists tell the account
    report = json.loads(capsys.readouterr().out)
    assert report["errors"] == []
    assert report["unresolved"] == []
    found = {finding["rule"] for finding in report["findings"]}
    assert {fault.rule for fault in planted} <= found
    changes = json.loads((tmp_path / "tree/plan.json").read_text())["resource_changes"]
    ours = [one for one in changes if one["type"].startswith(("aws_kms_", "aws_iam_"))]
    assert 0.04 < len(ours) / len(changes) < 0.08
