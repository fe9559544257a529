"""`kmsiac rules test`, `lint` and `vocabulary` from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

RULE = """\
id: MY-01
name: rotation
title: Rotation is off
severity: low
category: key-settings
target: key
when:
  rotation: false
message: "{key} is not rotated"
rationale: Keys wear out.
remediation: Switch it on.
false_positives: None known.
references: [https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html]
examples:
  bad:
    - name: "off"
      terraform: |
        resource "aws_kms_key" "k" {} # expect: MY-01
      no_cloudformation: not needed here
  good:
    - name: "on"
      terraform: |
        resource "aws_kms_key" "k" {
          enable_key_rotation = true
        }
      no_cloudformation: not needed here
"""


def rules(*arguments: str, **environment: str) -> tuple[int, str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KMSIAC_")}
    run = subprocess.run(
        [sys.executable, "-m", "kmsiac", "rules", *arguments],
        capture_output=True, env={**kept, "PYTHONPATH": str(ROOT), **environment}, timeout=120,
        check=False,
    )  # fmt: skip
    return run.returncode, run.stdout.decode(), run.stderr.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "MY-01-rotation.yaml").write_text(RULE)
    return tmp_path


@pytest.mark.parametrize("command", ["test", "lint", "new", "vocabulary"])
def test_help_has_an_example(command: str) -> None:
    code, out, _ = rules(command, "--help")
    assert code == 0
    assert f"Usage: kmsiac rules {command} " in out
    assert f"Examples:\n    kmsiac rules {command}" in out
    assert out.isascii()


# -- test -----------------------------------------------------------------------------------------


def test_test_says_what_was_done(folder: Path) -> None:
    assert rules("test", str(folder)) == (
        0,
        (
            "2 examples, 2 other spellings, 1 mutant; 0 spellings could not be written\n"
            "1 passed, 0 failed\n"
        ),
        "",
    )


def test_test_of_one_rule(folder: Path) -> None:
    (folder / "MY-02-other.yaml").write_text(
        RULE.replace("MY-01", "MY-02").replace("name: rotation", "name: other")
    )
    code, out, _ = rules("test", str(folder), "--select", "MY-02")
    assert (code, out.splitlines()[-1]) == (0, "1 passed, 0 failed")
    code, out, _ = rules("test", str(folder), "--select", "MY-02,MY-01")
    assert (code, out.splitlines()[-1]) == (0, "2 passed, 0 failed")
    code, _, err = rules("test", str(folder), "--select", "MY-03")
    assert code == 2
    assert 'there is no rule "MY-03"' in err


def test_test_names_what_failed(folder: Path) -> None:
    (folder / "MY-01-rotation.yaml").write_text(
        RULE.replace(" # expect: MY-01", "\n        # expect: MY-01")
    )
    code, out, _ = rules("test", str(folder))
    assert code == 1
    assert out.splitlines()[0] == "MY-01: off: no finding on line 2"
    assert out.splitlines()[-1] == "0 passed, 1 failed"


def test_rule_of_a_user_may_yield_to_a_shipped_one(folder: Path) -> None:
    """It could not be loaded by itself."""
    text = RULE.replace("message:", "yields_to: [KEY-01]\nmessage:")
    (folder / "MY-01-rotation.yaml").write_text(text)
    code, out, error = rules("test", str(folder))
    assert (code, error) == (1, "")
    # KEY-01 speaks of the same key, so that this rule is silent.
    assert out.splitlines()[0] == "MY-01: off: no finding on line 1"
    assert out.splitlines()[-1] == "0 passed, 1 failed"


VAGUE = """
    - name: unknown
      unresolved: true
      terraform: |
        variable "r" {}
        resource "aws_kms_key" "k" {
          enable_key_rotation = var.r
        }
      no_cloudformation: not needed here
"""


def test_spellings_that_could_not_be_written(folder: Path) -> None:
    with (folder / "MY-01-rotation.yaml").open("a") as file:
        file.write(VAGUE.lstrip("\n"))
    code, out, _ = rules("test", "-v", str(folder))
    assert code == 0
    assert out.splitlines()[:2] == [
        "3 examples, 2 other spellings, 1 mutant; 1 spelling could not be written",
        "  1 as a plan: not all of it is known",
    ]


def test_rule_that_does_not_load(folder: Path) -> None:
    (folder / "MY-01-rotation.yaml").write_text(RULE.replace("rotation: false", "rotatoin: false"))
    code, out, error = rules("test", str(folder))
    assert (code, out) == (2, "")
    assert (
        'MY-01-rotation.yaml:8:3: a key has no field "rotatoin" (did you mean "rotation"?)' in error
    )


# -- lint -----------------------------------------------------------------------------------------


def test_lint_of_a_good_rule(folder: Path) -> None:
    assert rules("lint", str(folder)) == (0, "1 rule, 0 errors, 0 warnings\n", "")


def test_lint_of_an_error(folder: Path) -> None:
    path = folder / "MY-01-rotation.yaml"
    path.write_text(RULE.replace("rotation: false", "rotation: false\n  not: {rotation: true}"))
    expected = (
        f'{path}:9:3: error: "not rotation: true" is implied by "rotation: false" (leave it out)\n'
        "1 rule, 1 error, 0 warnings\n"
    )
    assert rules("lint", str(folder)) == (2, expected, "")
    assert rules("lint", "--rules", str(folder)) == (2, expected, "")
    assert rules("lint", KMSIAC_RULES=str(folder)) == (2, expected, "")


def test_lint_of_a_warning_as_json(folder: Path) -> None:
    path = folder / "MY-01-rotation.yaml"
    path.write_text(RULE.replace("title: Rotation is off", f"title: {'x' * 90}"))
    code, out, _ = rules("lint", "-f", "json", str(folder))
    found = json.loads(out)
    assert code == 0
    assert found["summary"] == {"rules": 1, "errors": 0, "warnings": 1}
    assert found["problems"] == [
        {
            "level": "warning",
            "message": "the title has 90 characters",
            "hint": "at most 80: lists show it in one line",
            "location": {
                "path": str(path), "line": 3, "column": 8, "end_line": 3, "end_column": 98,
            },
        }
    ]  # fmt: skip


def test_lint_takes_only_the_folders_it_is_given(folder: Path) -> None:
    empty = folder / "empty"
    empty.mkdir()
    assert rules("lint", str(empty)) == (0, "0 rules, 0 errors, 0 warnings\n", "")


# -- vocabulary -----------------------------------------------------------------------------------


def test_vocabulary_has_everything() -> None:
    code, out, _ = rules("vocabulary")
    lines = out.splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert code == 0
    assert headings[0] == "Targets"
    assert {"Fields of statement", "Operators", "Formats", "Tables", "Categories"} <= set(headings)
    assert any(line.startswith("  covers ") for line in lines)
    (elements,) = [line for line in lines if line.startswith("  elements ")]
    assert elements.split("  ")[-1] == "names of the elements that are written"
    assert "list of name" in elements


def test_word_by_its_name() -> None:
    _, out, _ = rules("vocabulary", "Covers")
    assert out.splitlines() == [
        "covers (operator of list)",
        "  all of the values, or of a table, are members",
        "  example: actions: {covers: kms_actions}",
    ]


def test_field_of_one_thing() -> None:
    _, out, _ = rules("vocabulary", "statement.effect")
    assert out.startswith("statement.effect (field; text; structural)\n")


def test_target_brings_its_fields() -> None:
    _, out, _ = rules("vocabulary", "alias")
    assert out.startswith("alias (target)\n")
    assert "\nalias.name (field; text; " in out


def test_part_of_a_name_then_of_a_meaning() -> None:
    assert "principal.satisfiable (field; " in rules("vocabulary", "satisfi")[1]
    assert "rotation_period" in rules("vocabulary", "days")[1]


def test_vocabulary_as_json() -> None:
    _, out, _ = rules("vocabulary", "-f", "json", "format")
    found = json.loads(out)
    assert found["schema_version"] == 1
    (operator,) = [entry for entry in found["vocabulary"] if entry["kind"] == "operator"]
    assert operator["name"] == "format"
    assert set(operator) == {
        "kind", "name", "of", "type", "meaning", "example", "cost", "source_only",
    }  # fmt: skip


def test_word_that_is_none() -> None:
    code, out, error = rules("vocabulary", "cvers")
    assert (code, out) == (2, "")
    assert error == (
        'kmsiac: error: "cvers" is no word of the rule language (did you mean "covers"?)\n'
    )


def test_listing_rules_loads_nothing_for_authors() -> None:
    code = (
        "import sys; from kmsiac.cli import run; run(['rules', 'list']); "
        "print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert not {"kmsiac.authoring.lint", "kmsiac.scan"} & set(run.stderr.decode().split())
