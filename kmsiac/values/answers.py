"""The three answers to a question about something that is not deployed yet."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

from kmsiac.values.kinds import Symbol, Text, Unknown


class Verdict(enum.Enum):
    """The three answers to a question about something that is not deployed yet."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot-tell"


class Blame(NamedTuple):
    """An expression that keeps a question open: its source text, why it is open, and its position."""

    expression: str
    reason: str
    position: int


class Answer(NamedTuple):
    """A verdict with what stands behind it.

    `blame` names what to resolve when the verdict is cannot-tell; it is empty otherwise.
    `witness` is a request (an `access.Request`) that shows a yes, where the question has one.
    """

    verdict: Verdict
    blame: frozenset[Blame] = frozenset()
    witness: object = None

    @property
    def is_yes(self) -> bool:
        """Settled: yes."""
        return self.verdict is Verdict.YES

    @property
    def is_no(self) -> bool:
        """Settled: no."""
        return self.verdict is Verdict.NO

    @property
    def is_open(self) -> bool:
        """Cannot tell."""
        return self.verdict is Verdict.CANNOT_TELL


YES = Answer(Verdict.YES)
NO = Answer(Verdict.NO)


def decided(truth: bool) -> Answer:
    """The answer to a question that has been settled."""
    return YES if truth else NO


def cannot_tell(*blame: Blame) -> Answer:
    """The open answer, with the expressions to blame."""
    return Answer(Verdict.CANNOT_TELL, frozenset(blame))


_OPTIONS = {"account_id": "--account-id", "region": "--region", "partition": "--partition"}


def blame_on(part: Symbol | Unknown) -> Blame:
    """Blame one symbol or unknown."""
    if isinstance(part, Unknown):
        return Blame(part.expression, part.reason, part.position)
    option = _OPTIONS.get(part.type) if part.origin == "environment" else None
    reason = "known only after deployment"
    return Blame(part.reference, f"{reason}; give {option}" if option else reason, part.position)


def open_blame(text: Text) -> frozenset[Blame]:
    """Blame for every part of a text that is not literal."""
    return frozenset(blame_on(part) for part in text.parts if not isinstance(part, str))


def negate(answer: Answer) -> Answer:
    """yes and no swapped; cannot tell stays."""
    if answer.is_open:
        return answer
    return NO if answer.is_yes else YES


def all_of(answers: Iterable[Answer]) -> Answer:
    """no if any is no, else cannot tell if any is, else yes (also over nothing)."""
    return _fold(answers, NO, YES)


def any_of(answers: Iterable[Answer]) -> Answer:
    """yes if any is yes, else cannot tell if any is, else no (also over nothing)."""
    return _fold(answers, YES, NO)


def _fold(answers: Iterable[Answer], decisive: Answer, otherwise: Answer) -> Answer:
    settled, still_open = decisive.verdict, Verdict.CANNOT_TELL
    blame: frozenset[Blame] | None = None
    for answer in answers:
        verdict = answer.verdict
        if verdict is settled:
            return answer
        if verdict is still_open:
            blame = answer.blame if blame is None else blame | answer.blame
    return otherwise if blame is None else Answer(still_open, blame)
