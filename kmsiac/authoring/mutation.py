"""Mutants of a rule: each term of its `when` must matter to some example.

Dropping a term of a conjunction lets the rule say more, dropping a branch of an `any`, or one of
the values that a field may equal, less; if no example notices, nothing tests the term. A structural term beside a semantic one that implies it is
the cheap filter before it, and needs no example.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kmsiac.authoring.example import Failure
from kmsiac.authoring.sandbox import Prepared, with_those_it_yields_to
from kmsiac.rules.expression import All, AnyOf, Leaf, Node, Not, Written
from kmsiac.rules.matchers import Equals
from kmsiac.rules.model import Rule, RuleSet
from kmsiac.rules.quantifiers import Count, Covers, Quantified
from kmsiac.rules.vocabulary import Cost

Mutant = tuple[str, Node]
"""What was dropped, in words, and the term without it."""

ANYTHING = All([])
"""The term that always holds."""


def untested(rules: RuleSet, rule: Rule, prepared: Sequence[Prepared]) -> list[Failure]:
    """The terms and escalations of a rule that none of its examples tests.

    The examples must have passed: a mutant is noticed where what is said differs from before.
    """
    company = with_those_it_yields_to(rules, rule.id)
    before = [one.ask(company).findings for one in prepared]
    failures: list[Failure] = []
    for words, when in mutants(rule.when):
        mutated = _with(company, replace(rule, when=when))
        if not any(
            one.ask(mutated).findings != said for one, said in zip(prepared, before, strict=True)
        ):
            failures.append(Failure(rule.id, "", "", f'the term "{words}" is untested'))
    seen = {severity for said in before for _, severity in said}
    failures += [
        Failure(rule.id, "", "", f"the escalation to {escalation.severity} is untested")
        for escalation in rule.escalate
        if escalation.severity not in seen
    ]
    return failures


def _with(rules: RuleSet, rule: Rule) -> RuleSet:
    return replace(rules, rules={**rules.rules, rule.id: rule})


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
            yield before + words_of(node.inner), node_with(node, ANYTHING)
        for words, inner in _mutants(node.inner):
            yield before + words, node_with(node, inner)


def node_with(node: Quantified, inner: Node) -> Quantified:
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
    if not isinstance(check, Equals) or len(check.values) < 2:
        return
    for index, value in enumerate(check.values):
        others = [*check.values[:index], *check.values[index + 1 :]]
        without = Leaf(node.path, Equals(others, check.type))
        yield f"{node.path.name or 'the value'}: {value}", without


def words_of(node: Node) -> str:
    """A term in a few words, after the fields it asks."""
    if isinstance(node, Not):
        return f"not {words_of(node.node)}"
    if isinstance(node, All | AnyOf):
        joined = ", ".join(words_of(term) for term in node.nodes)
        return joined if isinstance(node, All) else f"any of ({joined})"
    if isinstance(node, Quantified):
        return f"{node.path.name}: {node.quantifier}: {words_of(node.inner)}"
    if isinstance(node, Count | Covers):
        return f"{node.path.name}: {type(node).__name__.lower()}"
    if isinstance(node, Written):
        return f"{node.path.name}: written"
    assert isinstance(node, Leaf)
    name = node.path.name or "the value"
    return f"{name}: {type(node.check).__name__}"
