"""The shipped rules by their own examples, and their prose."""

from __future__ import annotations

import re

import pytest

from kmsiac.authoring.example import Example, examples_of
from kmsiac.authoring.examples import check_example
from kmsiac.authoring.metamorphic import differing
from kmsiac.authoring.mutation import untested
from kmsiac.authoring.sandbox import Prepared, prepare
from kmsiac.rules.loader import load_rules

RULES = load_rules()
EXAMPLES = [example for rule in RULES for example in examples_of(RULES, rule.id)[0]]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_example(example: Example) -> None:
    assert check_example(RULES, Prepared(example)) == []


@pytest.mark.parametrize(
    "example",
    [e for e in EXAMPLES if e.framework == "cloudformation"],
    ids=lambda example: example.id,
)
def test_other_spellings_of_example(example: Example) -> None:
    assert differing(RULES, Prepared(example)) == []


@pytest.mark.parametrize("id", RULES.rules)
def test_examples_are_well_written(id: str) -> None:
    assert examples_of(RULES, id)[1] == []


@pytest.mark.parametrize("id", RULES.rules)
def test_every_term_matters_to_an_example(id: str) -> None:
    ours = prepare([example for example in EXAMPLES if example.rule == id])
    assert untested(RULES, RULES.rules[id], ours) == []


@pytest.mark.parametrize("id", RULES.rules)
def test_messages_are_one_sentence(id: str) -> None:
    message = RULES.rules[id].message
    assert not message.endswith(".")
    assert "\n" not in message
    assert not re.search(r"[.!?] [A-Z]", message)


@pytest.mark.parametrize("id", RULES.rules)
def test_prose_is_complete(id: str) -> None:
    prose = RULES.prose(id)
    for key in ("rationale", "remediation", "false_positives"):
        assert str(prose[key]).strip(), key
    references = prose["references"]
    assert isinstance(references, list)
    assert references
    assert all(str(url).startswith("https://docs.aws.amazon.com/") for url in references)


@pytest.mark.parametrize("id", RULES.rules)
def test_file_is_named_after_the_rule(id: str) -> None:
    rule = RULES.rules[id]
    assert rule.path == f"rules/{rule.category}/{rule.id}-{rule.name}.yaml"


def test_ids_of_examples_are_unique() -> None:
    ids = [example.id for example in EXAMPLES]
    assert sorted(set(ids)) == sorted(ids)
