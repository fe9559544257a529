"""The shipped rules by their own examples, and their prose."""

from __future__ import annotations

import re
from functools import cache

import pytest

from kmsiac.authoring.example import examples_of
from kmsiac.authoring.examples import check_example
from kmsiac.authoring.metamorphic import differing
from kmsiac.authoring.mutation import untested
from kmsiac.authoring.sandbox import Prepared
from kmsiac.rules.loader import load_rules

RULES = load_rules()
EXAMPLES = {example.id: example for rule in RULES for example in examples_of(RULES, rule.id)[0]}


def of_rule(id: str, rule: str) -> object:
    """A case of a test; those of one rule run in one worker, which reads each example once."""
    return pytest.param(id, marks=pytest.mark.xdist_group(f"rule {rule}"))


EACH_EXAMPLE = [of_rule(id, example.rule) for id, example in EXAMPLES.items()]
EACH_RULE = [of_rule(id, id) for id in RULES.rules]


@cache
def prepared(id: str) -> Prepared:
    return Prepared(EXAMPLES[id])


@pytest.mark.parametrize("id", EACH_EXAMPLE)
def test_example(id: str) -> None:
    assert check_example(RULES, prepared(id)) == []


@pytest.mark.parametrize("id", EACH_EXAMPLE)
def test_other_spellings_of_example(id: str) -> None:
    assert differing(RULES, prepared(id)) == []


@pytest.mark.parametrize("id", EACH_RULE)
def test_every_part_matters_to_an_example(id: str) -> None:
    ours = [prepared(name) for name, example in EXAMPLES.items() if example.rule == id]
    assert untested(RULES, RULES.rules[id], ours) == []


@pytest.mark.parametrize("id", RULES.rules)
def test_examples_are_well_written(id: str) -> None:
    assert examples_of(RULES, id)[1] == []


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
    ids = [example.id for rule in RULES for example in examples_of(RULES, rule.id)[0]]
    assert sorted(set(ids)) == sorted(ids)
