"""Other spellings of an example: the rule must say the same of all of them.

What is compared is resource, statement, element, severity, verdict and the conditions under which
it holds, not the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from kmsiac.authoring import cloudformation_spellings, plan_spelling, terraform_spellings
from kmsiac.authoring.example import Failure
from kmsiac.authoring.sandbox import Prepared, with_those_it_yields_to
from kmsiac.authoring.spelling import Spelling
from kmsiac.rules.match import Match, When
from kmsiac.rules.model import RuleSet
from kmsiac.values import Verdict


class Said(NamedTuple):
    """What a rule says of one element, whatever the spelling."""

    resource: str
    statement: str
    element: str
    severity: str
    verdict: Verdict
    when: tuple[When, ...]


class Compared(NamedTuple):
    """The spellings of an example: those of which the rule says something else, and those missing.

    `unwritten` says of each policy that a spelling could not write which spelling, and why.
    """

    failures: list[Failure]
    number: int
    unwritten: list[tuple[str, str]]


def spellings(prepared: Prepared) -> Iterator[Spelling]:
    """All other spellings of an example."""
    if prepared.example.framework == "cloudformation":
        yield from cloudformation_spellings.spellings(prepared.example)
    else:
        yield from terraform_spellings.spellings(prepared)
        yield from plan_spelling.spellings(prepared)


def differing(rules: RuleSet, prepared: Prepared) -> list[Failure]:
    """The spellings of an example of which its rule says something else."""
    return compare(rules, prepared).failures


def compare(rules: RuleSet, prepared: Prepared) -> Compared:
    """Ask the rule of an example about its other spellings."""
    example = prepared.example
    company = with_those_it_yields_to(rules, example.rule)
    before = prepared.own(company)
    compared = Compared([], 0, [])
    number = 0
    for spelling in spellings(prepared):
        compared.unwritten.extend((spelling.words, reason) for reason in spelling.unwritten)
        if spelling.example is None:
            continue
        if spelling.partial and rules.rules[example.rule].source_only:
            reason = "the rule asks how something was written"
            compared.unwritten.append((spelling.words, reason))
            continue
        number += 1
        was = before if spelling.original is None else Prepared(spelling.original).own(company)
        variant = Prepared(spelling.example)
        if variant.errors:
            message = f"cannot be read {spelling.words}: {variant.errors[0].message}"
        elif not _alike(was, variant.own(company), spelling):
            message = f"something else is said {spelling.words}"
        else:
            continue
        compared.failures.append(Failure(example.rule, example.name, example.framework, message))
    return compared._replace(number=number)


def _alike(before: list[Match], after: list[Match], spelling: Spelling) -> bool:
    was, now = _said(before, spelling), _said(after, spelling)
    if not spelling.partial:
        return was == now
    # What a plan does not know stays open, at the same resource; it never says more.
    opened = {said.resource for said in now if said.verdict is Verdict.CANNOT_TELL}
    return all(said.resource in opened for said in was - now) and all(
        said.verdict is Verdict.CANNOT_TELL for said in now - was
    )


def _said(matches: list[Match], spelling: Spelling) -> Counter[Said]:
    return Counter(
        Said(
            match.resource,
            "#" if spelling.reordered and match.statement.startswith("#") else match.statement,
            match.element.casefold(),
            match.severity,
            match.verdict,
            match.when,
        )
        for match in matches
    )
