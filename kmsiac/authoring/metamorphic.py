"""Other spellings of an example: the rule must say the same of all of them.

What is compared is resource, statement, element, severity, verdict and the conditions under which
it holds, not the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from kmsiac.authoring import cloudformation_spellings, plan_spelling, terraform_spellings
from kmsiac.authoring.example import Example, Failure
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
    comparing = Comparing(rules, prepared)
    for spelling in spellings(prepared):
        comparing.take(spelling)
    return Compared(comparing.failures, comparing.number, comparing.unwritten)


class Comparing:
    """What has come of the spellings of one example so far."""

    def __init__(self, rules: RuleSet, prepared: Prepared) -> None:
        self.example = prepared.example
        self.failures: list[Failure] = []
        self.number = 0
        self.unwritten: list[tuple[str, str]] = []
        self._company = with_those_it_yields_to(rules, self.example.rule)
        self._rule = rules.rules[self.example.rule]
        self._before = prepared.own(self._company)

    def take(self, spelling: Spelling) -> None:
        """Compare one spelling; its parts, too, where it makes a difference."""
        self.unwritten += [(spelling.words, reason) for reason in spelling.unwritten]
        if spelling.example is None:
            return
        if spelling.partial and self._rule.source_only:
            self.unwritten.append((spelling.words, "the rule asks how something was written"))
            return
        difference = self._difference(spelling, spelling.example)
        if not difference:
            return
        apart = [
            found
            for one in spelling.apart
            if one.example is not None and (found := self._difference(one, one.example))
        ]
        example = self.example
        self.failures += [
            Failure(example.rule, example.name, example.framework, message)
            for message in apart or [difference]
        ]

    def _difference(self, spelling: Spelling, example: Example) -> str:
        """What is wrong with a spelling; empty if nothing is."""
        self.number += 1
        original = spelling.original
        before = self._before if original is None else original.own(self._company)
        variant = Prepared(example)
        if variant.errors:
            return f"cannot be read {spelling.words}: {variant.errors[0].message}"
        was, now = _said(before, spelling), _said(variant.own(self._company), spelling)
        if _alike(was, now, spelling):
            return ""
        return f"something else is said {spelling.words}: {_told(was, now)}"


def _alike(was: Counter[Said], now: Counter[Said], spelling: Spelling) -> bool:
    if not spelling.partial:
        return was == now
    # What a plan does not know stays open, at the same resource; it never says more.
    opened = {said.resource for said in now if said.verdict is Verdict.CANNOT_TELL}
    return all(said.resource in opened for said in was - now) and all(
        said.verdict is Verdict.CANNOT_TELL for said in now - was
    )


def _told(was: Counter[Said], now: Counter[Said]) -> str:
    """The first finding that is missing, and the first one that is new."""
    parts = (("missing", sorted(was - now, key=str)), ("new", sorted(now - was, key=str)))
    return "; ".join(
        f"{word}: {one.severity} at {one.resource} {one.statement} ({one.verdict.value}) {one.element}"
        for word, (one, *_) in ((word, found) for word, found in parts if found)
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
