"""`lint` on rule files: names, order, prose, examples, what a rule yields to; the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.authoring.lint import lint

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


def problems(folder: Path, text: str, name: str = "MY-01-rotation.yaml") -> list[str]:
    (folder / name).write_text(text)
    return [str(one).removeprefix(f"{folder}/") for one in lint([folder]).problems]


def test_shipped_rules_are_clean() -> None:
    linted = lint()
    assert [str(problem) for problem in linted.problems] == []
    assert linted.rules > 17


def test_good_rule(tmp_path: Path) -> None:
    assert problems(tmp_path, RULE) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "title: Rotation is off",
            f"title: {'x' * 81}",
            "3:8: warning: the title has 81 characters (at most 80: lists show it in one line)",
        ),
        (
            "is not rotated",
            "is not rotated. Mend it",
            "9:10: warning: the message is more than a phrase (one line, no full stop)",
        ),
        (
            "rationale: Keys wear out.\n",
            "",
            '1:1: warning: the rule has no "rationale" (`kmsiac explain` shows it)',
        ),
        (
            "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
            "https://example.com/keys",
            (
                "13:14: warning: https://example.com/keys is no page of https://docs.aws.amazon.com/"
                " (what AWS promises stands there)"
            ),
        ),
        (
            "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
            "see the intranet",
            "13:14: error: a reference is an address that starts with https://",
        ),
        (
            "references: [https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html]\n",
            "",
            '1:1: warning: the rule has no "references" (reports link to the first one)',
        ),
        (
            "      no_cloudformation: not needed here\n  good:",
            "  good:",
            (
                "16:13: error: example off cloudformation: neither a template nor a reason"
                " (no_cloudformation)"
            ),
        ),
        (
            " # expect: MY-01",
            "",
            "16:13: error: example off terraform: a bad example expects nothing",
        ),
        ("examples:\n  bad:", "examples:\n  bat:", "15:3: error: there is no bad example"),
        (
            "  rotation: false\n",
            "  rotation: false\n  all: [{rotation: false}]\n",
            '9:10: error: "rotation: false" is implied by "rotation: false" (leave it out)',
        ),
    ],
)
def test_one_mistake(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in RULE
    assert problems(tmp_path, RULE.replace(old, new)) == [f"MY-01-rotation.yaml:{expected}"]


def test_file_name(tmp_path: Path) -> None:
    assert problems(tmp_path, RULE, "mine.yaml") == [
        'mine.yaml:1:1: warning: the file is called "mine.yaml" (call it "MY-01-rotation.yaml")'
    ]


def test_what_does_not_load_is_told_beside_the_rest(tmp_path: Path) -> None:
    (tmp_path / "KP-99-broken.yaml").write_text(
        RULE.replace("MY-01", "KP-99").replace("low", "bad")
    )
    found = problems(tmp_path, RULE.replace("title: Rotation is off", f"title: {'x' * 81}"))
    assert [line.partition(" (")[0] for line in found] == [
        "KP-99-broken.yaml:1:5: error: the prefix KP- belongs to the shipped rules",
        'KP-99-broken.yaml:4:11: error: unknown severity "bad"',
        "MY-01-rotation.yaml:3:8: warning: the title has 81 characters",
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("rotation: false", "rotatoin: false"), '8:3: error: a key has no field "rotatoin"'),
        (("severity: low", "severity: low\nparams: {days: 7}"), '5:1: error: the parameter "days" is not used'),
        (("is not rotated", "{stetement}"), '9:10: error: the message has an unknown placeholder "{stetement}"'),
        (("message:", "yields_to: [MY-77]\nmessage:"), '9:12: error: there is no rule "MY-77"'),
        (("rationale:", "examples: {}\nprofile: default\nrationale:"), '11:1: error: "profile" stands after "examples"'),
        (
            ("message:", "escalate: [{when: {multi_region: true}, severity: info}]\nmessage:"),
            "9:51: error: an escalation goes upward from low",
        ),
    ],
)  # fmt: skip
def test_what_keeps_a_rule_from_loading(
    tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    found = problems(tmp_path, RULE.replace(*change))
    assert f"MY-01-rotation.yaml:{expected}" in [line.partition(" (")[0] for line in found]


def test_broken_yaml(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "id: [")
    assert found.startswith("MY-01-rotation.yaml:1:")


def test_missing_folder(tmp_path: Path) -> None:
    (problem,) = lint([tmp_path / "nowhere"]).problems
    assert problem.message == "there is no such folder of rules"


def test_names_are_unique(tmp_path: Path) -> None:
    text = RULE.replace("name: rotation\n", "name: public-key-policy\n")
    assert problems(tmp_path, text, "MY-01-public-key-policy.yaml") == [
        (
            'MY-01-public-key-policy.yaml:2:7: error: the name "public-key-policy" is that of KP-20,'
            " too (names are unique)"
        )
    ]


@pytest.mark.parametrize(
    ("target", "other", "hint"),
    [
        ("statement", "KP-20", ""),
        ("statement", "KP-12", ""),
        ("policy", "KP-12", ""),
        ("principal", "XACC-01", ""),
        ("condition", "KP-12", "its target is resource, here it is condition"),
        ("key", "KP-20", "its target is statement, here it is key"),
        ("key", "KEY-01", ""),
        ("alias", "KEY-01", "its target is key, here it is alias"),
        ("statement\nin: [identity]", "KP-20", "it is for other kinds of policy"),
    ],
)
def test_yields_to_where_targets_nest(tmp_path: Path, target: str, other: str, hint: str) -> None:
    when = {"key": "rotation: false", "alias": "name: {glob: 'x*'}"}.get(
        target, "siblings: {count: {at_most: 7}}"
    )
    text = RULE.replace("target: key", f"target: {target}").replace("rotation: false", when)
    text = text.replace("{key} is", "it is").replace("message:", f"yields_to: [{other}]\nmessage:")
    found = [line for line in problems(tmp_path, text) if "never speaks" in line]
    line = 10 if "in:" in target else 9
    expected = (
        f"MY-01-rotation.yaml:{line}:12: error: {other} never speaks of the same element,"
        f" or of one around or inside it ({hint})"
    )
    assert found == ([expected] if hint else [])
