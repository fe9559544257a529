"""`check`: the examples of rule files are their tests.

A bad example yields exactly its `# expect:` lines of its rule, a good one nothing of it. What stays
open counts as nothing, but must be announced (`unresolved: true`). Each example is scanned in other
spellings, too, and every part of a rule must matter to one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from kmsiac.authoring.example import Example, Expectation, Failure, examples_of
from kmsiac.authoring.metamorphic import compare
from kmsiac.authoring.mutation import mutated_rules, untested
from kmsiac.authoring.sandbox import Prepared, Said, prepare, with_those_it_yields_to
from kmsiac.rules.model import Rule, RuleSet

__all__ = ["Checked", "Failure", "check", "check_example", "check_rules"]


@dataclass
class Checked:
    """What became of the examples of some rules.

    `spellings` counts the other spellings that were compared, `mutants` the parts of rules that
    were dropped. `unwritten` counts the policies that a spelling could not write, by spelling and
    reason.
    """

    rules: int = 0
    examples: int = 0
    spellings: int = 0
    mutants: int = 0
    unwritten: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)


def check(ruleset: RuleSet, rules: Iterable[Rule] | None = None) -> Checked:
    """Put rules to the test of their own examples: those of the set, or some of them."""
    checked = Checked()
    for rule in ruleset if rules is None else rules:
        _check_rule(ruleset, rule, checked)
    return checked


def check_rules(ruleset: RuleSet) -> list[Failure]:
    """What is wrong with the rules by their own examples; empty if all is well."""
    return check(ruleset).failures


def _check_rule(ruleset: RuleSet, rule: Rule, checked: Checked) -> None:
    examples, mistakes = examples_of(ruleset, rule.id)
    prepared = prepare(examples)
    found = [failure for one in prepared for failure in check_example(ruleset, one)]
    checked.rules += 1
    checked.examples += len(examples)
    checked.failures += mistakes + found
    if mistakes or found:
        return
    for one in prepared:
        compared = compare(ruleset, one)
        checked.spellings += compared.number
        checked.failures += compared.failures
        checked.unwritten.update(
            (words, reason.rpartition(": ")[2]) for words, reason in compared.unwritten
        )
    checked.mutants += sum(1 for _ in mutated_rules(rule))
    checked.failures += untested(ruleset, rule, prepared)


def check_example(ruleset: RuleSet, prepared: Prepared) -> list[Failure]:
    """What is wrong with one example."""
    example = prepared.example
    messages = [f"cannot be read: {error.message}" for error in prepared.errors]
    if not messages:
        said = prepared.ask(with_those_it_yields_to(ruleset, example.rule))
        messages = [*differences(example.expected, said), *_open(example, said)]
    return [Failure(example.rule, example.name, example.framework, text) for text in messages]


def differences(expected: tuple[Expectation, ...], said: Said) -> list[str]:
    """What is missing among the findings, and what is too much."""
    rest = list(said.findings)
    missing: list[str] = []
    for want in expected:
        fitting = [f for f in rest if f[0] == want.line and want.severity in ("", f[1])]
        if fitting:
            rest.remove(fitting[0])
        else:
            severity = f" of severity {want.severity}" if want.severity else ""
            missing.append(f"no finding{severity} on line {want.line}")
    return missing + [f"unexpected finding ({severity}) on line {line}" for line, severity in rest]


def _open(example: Example, said: Said) -> list[str]:
    if said.open and not example.unresolved:
        return [f"stays open: {said.open[0]}"]
    if example.unresolved and not said.open:
        return ["says unresolved, but nothing stays open"]
    return []
