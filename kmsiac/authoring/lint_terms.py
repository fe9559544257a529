"""Lint of the terms of a rule: what says nothing, what can never hold, escalations out of reach."""

from __future__ import annotations

from collections.abc import Iterator

from kmsiac.authoring.implication import excludes, faults, implies
from kmsiac.authoring.problem import ERROR, Problem
from kmsiac.authoring.rule_file import Placing, RuleFile
from kmsiac.authoring.words import words_of
from kmsiac.reading.nodes import Mapping, Node, Sequence
from kmsiac.rules.expression import All
from kmsiac.rules.expression import Node as Term
from kmsiac.rules.model import Rule


def term_faults(file: RuleFile, rule: Rule) -> Iterator[Problem]:
    """What is wrong with `when` and with the escalations."""
    compiler = file.compiler(rule)
    written = file.value("when")
    assert written is not None
    when = compiler.when(written)
    yield from _faults(file, compiler, when)
    before: list[tuple[Term, str]] = []
    for node, severity in _escalations(file):
        term = compiler.when(node)
        yield from _faults(file, compiler, term)
        yield from _of_escalation(file, compiler, when, term)
        for earlier, above in before:
            if implies(term, earlier):
                message = f"this escalation is never reached: the one to {above} holds first"
                yield Problem(ERROR, file.span(node), message, "the worst one stands first")
                break
        before.append((term, severity))


def _faults(file: RuleFile, compiler: Placing, term: Term) -> Iterator[Problem]:
    for fault in faults(term):
        yield Problem(ERROR, file.span(compiler.place(fault.node)), fault.message, fault.hint)


def _of_escalation(file: RuleFile, compiler: Placing, when: Term, term: Term) -> Iterator[Problem]:
    """What an escalation repeats of `when`, or denies of it."""
    terms = term.nodes if isinstance(term, All) else [term]
    for one in terms:
        span = file.span(compiler.place(one))
        if excludes(when, one):
            message = f'"{words_of(one)}" never holds where the rule fires'
            yield Problem(ERROR, span, message)
        elif implies(when, one):
            message = f'"{words_of(one)}" is implied by the rule\'s own `when`'
            yield Problem(ERROR, span, message, "leave it out")


def _escalations(file: RuleFile) -> Iterator[tuple[Node, str]]:
    node = file.value("escalate")
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            when, severity = item.get("when"), item.get("severity")
            if when is not None:
                yield when, str(getattr(severity, "text", ""))
