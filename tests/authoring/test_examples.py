"""Rules of our own, with examples that are right and wrong in every way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.authoring.examples import Failure, check_rules
from kmsiac.rules.loader import load_rules

RULE = """\
id: MY-01
name: {name}
title: Rotation is off
severity: low
category: key-settings
target: key
when:
{when}
message: "{{key}} is not rotated"
{more}examples:
{examples}
"""
WHEN = "  rotation: false\n"
BAD = """\
  bad:
    - name: off
      terraform: |
        resource "aws_kms_key" "k" {{{comment}
        }}
      no_cloudformation: not needed here
"""
GOOD = """\
  good:
    - name: on
      terraform: |
        resource "aws_kms_key" "k" {
          enable_key_rotation = true
        }
      no_cloudformation: not needed here
"""
FINE = BAD.format(comment=" # expect: MY-01") + GOOD
Check = Callable[..., list[Failure]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(examples: str, when: str = WHEN, more: str = "") -> list[Failure]:
        text = RULE.format(name="rotation", when=when.rstrip(), more=more, examples=examples)
        (tmp_path / "rule.yaml").write_text(text)
        return check_rules(load_rules([tmp_path]))

    return run


def messages(failures: list[Failure]) -> list[str]:
    return [failure.message for failure in failures]


def test_right_examples(check: Check) -> None:
    assert check(FINE) == []


def test_no_examples(check: Check) -> None:
    assert messages(check("  bad: []\n")) == ["there is no bad example", "there is no good example"]


def test_finding_on_another_line(check: Check) -> None:
    text = BAD.format(comment="\n          # expect: MY-01")
    assert check(text + GOOD) == [
        Failure("MY-01", "off", "terraform", "no finding on line 2"),
        Failure("MY-01", "off", "terraform", "unexpected finding (low) on line 1"),
    ]


def test_finding_of_another_severity(check: Check) -> None:
    text = BAD.format(comment=" # expect: MY-01 high")
    assert messages(check(text + GOOD)) == [
        "no finding of severity high on line 1",
        "unexpected finding (low) on line 1",
    ]


def test_bad_example_that_expects_nothing(check: Check) -> None:
    assert messages(check(BAD.format(comment="") + GOOD)) == ["a bad example expects nothing"]


def test_finding_in_a_good_example(check: Check) -> None:
    text = FINE.replace("enable_key_rotation = true", "description = 1")
    assert messages(check(text)) == ["unexpected finding (low) on line 1"]


def test_place_below_a_comment(check: Check) -> None:
    text = BAD.format(comment="").replace("|\n", '|\n        # expect: MY-01 at "k"\n', 1)
    assert check(text + GOOD) == []


def test_place_that_is_not_there(check: Check) -> None:
    text = BAD.format(comment=" # expect: MY-01 at nowhere")
    assert messages(check(text + GOOD)) == ['expect: no line below line 1 contains "nowhere"']


JSON = """\
  bad:
    - name: off
      no_terraform: not needed here
      cloudformation: |
        {
          "Resources": {
            "K": {"Type": "AWS::KMS::Key"}
          }
        }
      expect: [{at: %s, severity: low}]
"""


def test_json_template_by_pointer(check: Check) -> None:
    assert check(JSON % "/Resources/K" + GOOD) == []


def test_pointer_that_is_not_there(check: Check) -> None:
    assert "/Resources/L" in messages(check(JSON % "/Resources/L" + GOOD))[0]


def test_framework_without_template_or_reason(check: Check) -> None:
    text = FINE.replace("      no_cloudformation: not needed here\n", "", 1)
    assert check(text) == [
        Failure(
            "MY-01", "off", "cloudformation", "neither a template nor a reason (no_cloudformation)"
        )
    ]


def test_misspelt_key(check: Check) -> None:
    text = FINE.replace("no_cloudformation", "no_cfn", 1)
    assert 'an example has no key "no_cfn"' in messages(check(text))


def test_template_that_cannot_be_read(check: Check) -> None:
    text = FINE.replace("enable_key_rotation = true", "enable_key_rotation = (")
    (message,) = messages(check(text))
    assert message.startswith("cannot be read: ")


OPEN = GOOD.replace("= true", "= var.r").replace("|\n", '|\n        variable "r" {}\n')


def test_open_example_must_say_so(check: Check) -> None:
    text = BAD.format(comment=" # expect: MY-01")
    (message,) = messages(check(text + OPEN))
    assert message.startswith("stays open: ")
    announced = OPEN.replace("- name: on\n", "- name: on\n      unresolved: true\n")
    assert check(text + announced) == []


def test_unresolved_that_is_decided(check: Check) -> None:
    text = FINE.replace("- name: on\n", "- name: on\n      unresolved: true\n")
    assert messages(check(text)) == ["says unresolved, but nothing stays open"]


def test_untested_term(check: Check) -> None:
    failures = check(FINE, when=WHEN + "  enabled: true\n")
    assert messages(failures) == ['the term "enabled: true" is untested']


def test_untested_branch(check: Check) -> None:
    when = "  any:\n    - rotation: false\n    - description: {glob: 'x*'}\n"
    assert messages(check(FINE, when=when)) == ['the term "any: description: glob x*" is untested']


def test_untested_value(check: Check) -> None:
    when = WHEN + "  origin: [AWS_KMS, EXTERNAL]\n"
    assert 'the term "origin: EXTERNAL" is untested' in messages(check(FINE, when=when))
