"""Every part of a rule must matter to one of its examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.authoring.examples import check_rules
from kmsiac.authoring.mutation import mutated_rules
from kmsiac.rules.loader import load_rules

HEAD = """\
id: {id}
name: {name}
title: Something about keys
severity: low
category: key-settings
target: key
when:
{when}
{more}message: "{{key}} is not as it should be"
examples:
"""
KEY = """\
    - name: {name}
      terraform: |
        resource "aws_kms_key" "k" {{{comment}
          {body}
        }}
      no_cloudformation: not needed here
"""
Written = tuple[str, str]
"""An expectation (empty: none), and the body of a key."""
Check = Callable[..., list[str]]


def rule_text(id: str, name: str, when: str, more: str, bad: list[Written], good: list[str]) -> str:
    text = HEAD.format(id=id, name=name, when=when.rstrip(), more=more)
    text += "  bad:\n"
    for number, (severity, body) in enumerate(bad):
        comment = f" # expect: {id} {severity}".rstrip()
        text += KEY.format(name=f"bad {number}", comment=comment, body=body)
    text += "  good:\n"
    for number, body in enumerate(good):
        text += KEY.format(name=f"good {number}", comment="", body=body)
    return text


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(when: str, bad: list[Written], good: list[str], more: str = "") -> list[str]:
        (tmp_path / "my.yaml").write_text(rule_text("MY-01", "mine", when, more, bad, good))
        failures = check_rules(load_rules([tmp_path]))
        return [failure.message for failure in failures if failure.rule == "MY-01"]

    return run


OFF = "enable_key_rotation = false"
ON = "enable_key_rotation = true"
NOT_ROTATED = "  rotation: false\n"


def test_term_that_a_good_example_shows(check: Check) -> None:
    assert check(NOT_ROTATED, [("", OFF)], [ON]) == []


def test_term_that_no_example_shows(check: Check) -> None:
    when = NOT_ROTATED + "  multi_region: false\n"
    assert check(when, [("", OFF)], [ON]) == ['the term "multi_region: false" is untested']
    shown = f"{OFF}\n          multi_region = true"
    assert check(when, [("", OFF)], [ON, shown]) == []


def test_term_without_which_a_good_example_stays_open(check: Check) -> None:
    when = NOT_ROTATED + "  enabled: true\n"
    unknown = "enable_key_rotation = var.rotate\n          is_enabled = false"
    assert check(when, [("", OFF)], [ON]) == ['the term "enabled: true" is untested']
    assert check(when, [("", OFF)], [ON, unknown]) == []


def test_branch_that_no_example_shows(check: Check) -> None:
    when = "  any:\n    - rotation: false\n    - deletion_window: {less_than: 8}\n"
    message = 'the term "any: deletion_window: less_than 8" is untested'
    assert check(when, [("", OFF)], [ON]) == [message]
    short = f"{ON}\n          deletion_window_in_days = 7"
    assert check(when, [("", OFF), ("", short)], [ON]) == []


def test_each_glob_is_a_branch(check: Check) -> None:
    when = "  description: {glob: ['a*', 'b*']}\n"
    bad = [("", 'description = "a1"')]
    assert check(when, bad, [ON]) == ['the term "description: glob b*" is untested']
    assert check(when, [*bad, ("", 'description = "b1"')], [ON]) == []


ALIAS = (
    'resource "aws_kms_alias" "a{n}" {{\n          target_key_id = aws_kms_key.k.key_id\n        }}'
)


def test_each_end_of_a_count_is_a_term(check: Check) -> None:
    when = "  tags: {count: {at_least: 1, at_most: 1}}\n"
    found = check(when, [("", 'tags = { a = "b" }')], [ON])
    assert found == ['the term "tags: at_most" is untested']
    good = [ON, 'tags = { a = "b", c = "d" }']
    assert check(when, [("", 'tags = { a = "b" }')], good) == []


ESCALATE = "escalate:\n  - {when: {multi_region: true, deletion_window: 7}, severity: high}\n"
WIDE = f"{OFF}\n          multi_region = true"
SHORT = f"{OFF}\n          deletion_window_in_days = 7"
BOTH = f"{WIDE}\n          deletion_window_in_days = 7"


def test_escalation_that_no_example_reaches(check: Check) -> None:
    found = check(NOT_ROTATED, [("", OFF)], [ON], ESCALATE)
    assert "the escalation to high is untested" in found


def test_term_of_an_escalation_that_no_example_shows(check: Check) -> None:
    found = check(NOT_ROTATED, [("high", BOTH), ("low", WIDE)], [ON], ESCALATE)
    assert found == ['the term "multi_region: true" of the escalation to high is untested']
    bad = [("high", BOTH), ("low", WIDE), ("low", SHORT)]
    assert check(NOT_ROTATED, bad, [ON], ESCALATE) == []


def test_yields_to_that_no_example_shows(check: Check, tmp_path: Path) -> None:
    other = rule_text(
        "MY-02", "other", "  enabled: false\n", "", [("", "is_enabled = false")], [ON]
    )
    (tmp_path / "other.yaml").write_text(other)
    more = "yields_to: [MY-02]\n"
    found = check(NOT_ROTATED, [("", OFF)], [ON], more)
    assert found == ["that it yields to MY-02 is untested"]
    both = f"{OFF}\n          is_enabled = false"
    assert check(NOT_ROTATED, [("", OFF)], [ON, both], more) == []


def test_flag_that_no_example_shows(check: Check) -> None:
    more = "on_unknown: flag\n"
    assert check(NOT_ROTATED, [("", OFF)], [ON], more) == ["on_unknown: flag is untested"]
    other = 'enable_key_rotation = var.r\n        }\n        variable "r" {'
    assert check(NOT_ROTATED, [("", OFF), ("", other)], [ON], more) == []


def test_each_kind_of_policy_is_a_branch() -> None:
    words = [words for words, _ in mutated_rules(load_rules().rules["COND-01"])]
    assert [word for word in words if word.startswith("in: ")] == [
        "in: key",
        "in: identity",
    ]


def test_cheap_filter_beside_a_semantic_term_needs_no_example() -> None:
    rule = load_rules().rules["KP-20"]
    dropped = [words for words, _ in mutated_rules(rule)]
    assert dropped == [
        'the term "conditions: count at_most 0"',
        'the term "public: true"',
        "that it yields to KP-23",
    ]
