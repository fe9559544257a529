"""Mutants of a rule: each term of it must matter to some example.

Dropping a term of a conjunction lets the rule say more, dropping a branch of an `any`, or one of
the values that a field may equal, less; if no example notices, nothing tests the term. A structural
term beside a semantic one is XX"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kmsiac.authoring.example import Failure
from kmsiac.authoring.sandbox import Prepared, Said, with_those_it_yields_to
from kmsiac.authoring.words import words_of
from kmsiac.rules.expression import All, AnyOf, Leaf, Node, Not, Written
from kmsiac.rules.matchers import Equals, Glob
from kmsiac.rules.model import Rule, RuleSet
from kmsiac.rules.quantifiers import Count, Covers, Quantified
from kmsiac.rules.vocabulary import POLICY_KINDS, Cost

Mutant = tuple[str, Node]
"""What was dropped, in words, and the term without it."""

ANYTHING = All([])
"""The term that always holds."""


def untested(rules: RuleSet, rule: Rule, prepared: Sequence[Prepared]) -> list[Failure]:
    """The terms, escalations and `yields_to` of a rule that none of its examples tests.

    The examples must have passed: a mutant is noticed where what is said differs from before.
    """
    company = with_those_it_yields_to(rules, rule.id)
    before = [one.ask(company) for one in prepared]
    return [
        Failure(rule.id, "", "", f"{words} is untested")
        for words, mutated in mutated_rules(rule)
        if not _noticed(
            replace(company, rules={**company.rules, rule.id: mutated}), prepared, before
        )
    ]


def _noticed(rules: RuleSet, prepared: Sequence[Prepared], before: Sequence[Said]) -> bool:
    asked = ((one.ask(rules), said) for one, said in zip(prepared, before, strict=True))
    # A good example that stays open without the term fails, as one that fires does.
    return any(
        now.findings != said.findings or bool(now.open) is not bool(said.open)
        for now, said in asked
    )


def mutated_rules(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule without one of its parts, in every way, each with what was dropped."""
    for words, when in mutants(rule.when):
        yield f'the term "{words}"', replace(rule, when=when)
    for index, escalation in enumerate(rule.escalate):
        rest = (*rule.escalate[:index], *rule.escalate[index + 1 :])
        name = f"the escalation to {escalation.severity}"
        yield name, replace(rule, escalate=rest)
        for words, when in mutants(escalation.when):
            other = replace(escalation, when=when)
            mutated = (*rule.escalate[:index], other, *rule.escalate[index + 1 :])
            yield f'the term "{words}" of {name}', replace(rule, escalate=mutated)
    for name, kinds in POLICY_KINDS.items():
        if rule.kinds is not None and kinds < rule.kinds:
            yield f"in: {name}", replace(rule, kinds=rule.kinds - kinds)
    if rule.flag:
        yield "on_unknown: flag", replace(rule, flag=False)
    for id in sorted(rule.yields_to):
        yield f"that it yields to {id}", replace(rule, yields_to=rule.yields_to - {id})


# -- terms ----------------------------------------------------------------------------------------


def mutants(when: Node) -> Iterator[Mutant]:
    """The term with one of its parts dropped, in every way."""
    if not isinstance(when, All):
        yield words_of(when), ANYTHING
    yield from _mutants(when)


def _mutants(node: Node) -> Iterator[Mutant]:
    if isinstance(node, All):
        yield from _of_conjunction(node)
    elif isinstance(node, AnyOf):
        yield from _of_any(node)
    elif isinstance(node, Leaf):
        yield from _of_values(node)
    elif isinstance(node, Not):
        for words, inner in _mutants(node.node):
            yield f"not: {words}", Not(inner)
    elif isinstance(node, Quantified):
        before = f"{node.path.name}: {node.quantifier}: "
        # A bare matcher is a conjunction of one term; a negation of anything is nothing to drop.
        if isinstance(node.inner, Leaf | Written):
            yield before + words_of(node.inner), _over(node, ANYTHING)
        for words, inner in _mutants(node.inner):
            yield before + words, _over(node, inner)
    elif isinstance(node, Count) and node.at_least is not None and node.at_most is not None:
        yield f"{node.path.name}: at_least", Count(node.path, None, node.at_most)
        yield f"{node.path.name}: at_most", Count(node.path, node.at_least, None)
    elif isinstance(node, Covers):
        yield from _of_covered(node)


def _over(node: Quantified, inner: Node) -> Quantified:
    """The quantified term over something else."""
    return Quantified(node.path, node.quantifier, inner)


def _of_conjunction(node: All) -> Iterator[Mutant]:
    semantic = any(term.cost is Cost.SEMANTIC for term in node.nodes)
    for index, term in enumerate(node.nodes):
        others = [*node.nodes[:index], *node.nodes[index + 1 :]]
        filters = semantic and term.cost is Cost.STRUCTURAL
        nothing = isinstance(term, All) and not term.nodes
        if not filters and not nothing:
            yield words_of(term), All(others)
        for words, inner in _mutants(term):
            yield words, All([*others, inner])


def _of_any(node: AnyOf) -> Iterator[Mutant]:
    for index, branch in enumerate(node.nodes):
        others = [*node.nodes[:index], *node.nodes[index + 1 :]]
        if others:
            yield f"any: {words_of(branch)}", AnyOf(others)
        for words, inner in _mutants(branch):
            yield f"any: {words}", AnyOf([*others, inner])


def _of_values(node: Leaf) -> Iterator[Mutant]:
    check = node.check
    name = node.path.name or "the value"
    if isinstance(check, Equals):
        for value in check.values if len(check.values) > 1 else ():
            rest = [other for other in check.values if other is not value]
            yield f"{name}: {value}", Leaf(node.path, Equals(rest, check.type))
    elif isinstance(check, Glob):
        for pattern in check.patterns if len(check.patterns) > 1 else ():
            left = [other for other in check.patterns if other is not pattern]
            yield f"{name}: glob {pattern}", Leaf(node.path, Glob(left, check.type))


def _of_covered(node: Covers) -> Iterator[Mutant]:
    """Each value but those of a table, which is one term as a whole."""
    values = node.words.split(", ")
    if len(values) != len(node.checks):
        return
    for index, value in enumerate(values):
        checks = [*node.checks[:index], *node.checks[index + 1 :]]
        left = [other for other in values if other is not value]
        if checks:
            yield f"{node.path.name}: covers {value}", Covers(node.path, checks, node.words, left)
