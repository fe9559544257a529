"""Terms that say nothing or can never hold, each told where it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.authoring.lint import lint

RULE = """\
id: MY-01
name: mine
title: Something about a template
severity: low
category: key-policies
target: {target}
when: {when}
{more}message: "it is not as it should be"
"""
Faults = Callable[..., list[str]]


@pytest.fixture
def term_faults(tmp_path: Path) -> Faults:
    """The problems of the terms of a rule, as `line:column: message`."""

    def run(when: str, target: str = "statement", more: str = "") -> list[str]:
        path = tmp_path / "MY-01-mine.yaml"
        path.write_text(RULE.format(target=target, when=when, more=more))
        errors = [p for p in lint([tmp_path]).problems if p.level == "error"]
        return [
            f"{problem.span.line}:{problem.span.column}: {problem.message}"
            for problem in errors
            if not problem.message.startswith("there is no ")
        ]

    return run


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (
            "{effect: Allow, all: [{effect: Allow}]}",
            ['7:30: "effect: Allow" is implied by "effect: Allow"'],
        ),
        (
            "{effect: Allow, not: {effect: Deny}}",
            ['7:24: "not effect: Deny" is implied by "effect: Allow"'],
        ),
        (
            "{conditions: {count: {at_least: 1}, some: {negated: true}}}",
            [
                (
                    '7:22: "conditions: count at_least 1" is implied by'
                    ' "conditions: some: negated: true"'
                )
            ],
        ),
        (
            "{principals: {every: {kind: role}, some: {kind: [role, user]}}}",
            [
                (
                    '7:43: "principals: some: kind: role, user" is implied by'
                    ' "principals: every: kind: role"'
                )
            ],
        ),
        (
            "{conditions: {count: {at_most: 0}, none: {key: kms:ViaService}}}",
            [
                (
                    '7:42: "conditions: none: key: kms:ViaService" is implied by'
                    ' "conditions: count at_most 0"'
                )
            ],
        ),
        (
            "{conditions: {some: {key: kms:ViaService, not: {key: {glob: 'aws:*'}}}}}",
            ['7:51: "not key: glob aws:*" is implied by "key: kms:ViaService"'],
        ),
        (
            "{any: [{sid: {glob: 'A*'}}, {sid: {glob: 'AB*'}}]}",
            ['7:36: "sid: glob AB*" is covered by "sid: glob A*" in this any'],
        ),
        ("{sid: {glob: ['A*', 'AB*']}}", ['7:14: "sid: glob AB*" is covered by "sid: glob A*"']),
        (
            "{any: [{effect: Allow}, {effect: Allow, sid: x}]}",
            ['7:40: "effect: Allow, sid: x" is covered by "effect: Allow" in this any'],
        ),
    ],
)
def test_term_that_another_one_implies(term_faults: Faults, when: str, expected: list[str]) -> None:
    assert [fault.partition(": ")[2] for fault in term_faults(when)] == [
        fault.partition(": ")[2] for fault in expected
    ]


@pytest.mark.parametrize(
    ("when", "target", "expected"),
    [
        ("{conditions: {count: {at_least: 0}}}", "statement", '"conditions: count at_least 0" always holds'),
        (
            "{effect: [Allow, Deny]}",
            "statement",
            '"effect: Allow, Deny" holds for every statement that IAM accepts',
        ),
        ("{not: {effect: [Allow, Deny]}}", "statement", ""),
        ("{replica: [true, false]}", "key", '"replica: true, false" always holds'),
        ("{sid: {glob: '*'}}", "statement", '"sid: glob *" always holds'),
        (
            "{any: [{public: true}, {not: {public: true}}]}",
            "statement",
            '"any of (public: true; not public: true)" always holds',
        ),
        ("{not: {sid: {glob: '*'}}}", "statement", '"not sid: glob *" never holds'),
        (
            "{conditions: {count: {at_least: 2, at_most: 1}}}",
            "statement",
            '"conditions: count at_least 2, at_most 1" never holds',
        ),
        (
            "{deletion_window: {less_than: 8, more_than: 7}}",
            "key",
            "",
        ),
        (
            "{deletion_window: {less_than: 8, more_than: 8}}",
            "key",
            '"deletion_window: more_than 8" never holds beside "deletion_window: less_than 8"',
        ),
        (
            "{effect: Allow, all: [{effect: Deny}]}",
            "statement",
            '"effect: Deny" never holds beside "effect: Allow"',
        ),
        (
            "{conditions: {some: {negated: true}, none: {negated: true}}}",
            "statement",
            '"conditions: none: negated: true" never holds beside "conditions: some: negated: true"',
        ),
        (
            "{conditions: {some: {negated: true}, count: {at_most: 0}}}",
            "statement",
            '"conditions: count at_most 0" never holds beside "conditions: some: negated: true"',
        ),
        (
            "{sid: {written: true, not: {written: true}}}",
            "statement",
            '"not sid: written" never holds beside "sid: written"',
        ),
    ],
)  # fmt: skip
def test_always_and_never(term_faults: Faults, when: str, target: str, expected: str) -> None:
    found = [fault.partition(": ")[2] for fault in term_faults(when, target)]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    "when",
    [
        "{effect: Allow, public: true, conditions: {count: {at_most: 0}}}",
        "{conditions: {count: {at_least: 1}, none: {class: [identity, network, source]}}}",
        "{conditions: {some: {negated: true}, every: {key: kms:ViaService}}}",
        "{conditions: {some: {negated: true}, none: {negated: true, key: kms:ViaService}}}",
        "{any: [{sid: {glob: 'A*'}}, {sid: {glob: '*B'}}]}",
        "{sid: {glob: 'A*', not: AB}}",
        "{sid: {glob: 'A*', has_wildcard: false, longer_than: 8}}",
        "{any: [{effect: Allow, sid: x}, {effect: Deny, sid: y}]}",
        "{actions: {some: Decrypt}, explicit_actions: {some: Decrypt}}",
        "{actions: {some: {duty: use}, covers: kms_actions}}",
    ],
)
def test_terms_that_each_say_something(term_faults: Faults, when: str) -> None:
    assert term_faults(when) == []


def test_place_is_that_of_the_key(term_faults: Faults) -> None:
    when = "\n  effect: Allow\n  conditions:\n    some:\n      key: kms:ViaService\n      not:\n        key: kms:CallerAccount"
    assert term_faults(when) == [
        '12:7: "not key: kms:CallerAccount" is implied by "key: kms:ViaService"'
    ]


def test_values_of_a_condition_have_the_case_of_its_operator(term_faults: Faults) -> None:
    assert term_faults("{values: {some: [a, A]}}", "condition") == []
    assert term_faults("{key: [kms:ViaService, KMS:viaservice]}", "condition") != []


@pytest.mark.parametrize(
    ("escalate", "expected"),
    [
        (
            "[{when: {effect: Allow, public: true}, severity: high}]",
            ['8:20: "effect: Allow" is implied by the rule\'s own `when`'],
        ),
        (
            "[{when: {effect: Deny}, severity: high}]",
            ['8:20: "effect: Deny" never holds where the rule fires'],
        ),
        (
            "[{when: {sid: {glob: 'A*'}}, severity: high}, {when: {sid: AB}, severity: critical}]",
            ["8:64: this escalation is never reached: the one to high holds first"],
        ),
        (
            "[{when: {sid: AB}, severity: critical}, {when: {sid: {glob: 'A*'}}, severity: high}]",
            [],
        ),
    ],
)
def test_escalations(term_faults: Faults, escalate: str, expected: list[str]) -> None:
    assert term_faults("{effect: Allow}", more=f"escalate: {escalate}\n") == list(expected)
