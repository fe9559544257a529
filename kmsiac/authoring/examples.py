"""`check_rules`: the examples of rule files are their tests.

A bad example yields exactly its `# expect:` lines of its rule, a good one nothing of it. What stays
open counts as nothing, but must be announced (`unresolved: true`).
"""

from __future__ import annotations

from kmsiac.authoring.example import Example, Expectation, Failure, examples_of
from kmsiac.authoring.metamorphic import differing
from kmsiac.authoring.mutation import untested
from kmsiac.authoring.sandbox import Prepared, Said, prepare, with_those_it_yields_to
from kmsiac.rules.model import RuleSet

__all__ = ["Failure", "check_example", "check_rules"]


def check_rules(ruleset: RuleSet) -> list[Failure]:
    """What is wrong with the rules by their own examples; empty if all is well.

    Every example is scanned, in other spellings, too; and every term of `when` and every escalation
    must matter to one.
    """
    failures: list[Failure] = []
    for rule in ruleset:
        examples, mistakes = examples_of(ruleset, rule.id)
        prepared = prepare(examples)
        found = [failure for one in prepared for failure in check_example(ruleset, one)]
        failures += mistakes + found
        if not mistakes and not found:
            failures += [failure for one in prepared for failure in differing(ruleset, one)]
            failures += untested(ruleset, rule, prepared)
    return failures


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
