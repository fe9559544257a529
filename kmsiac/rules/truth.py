"""The four truth values that a rule is evaluated in.

yes, no and cannot tell are those of `values.Answer`; *not applicable* is what a field of something
absent, or a table without the row, gives. `not` keeps it, `all` and `any` order it as below, and a
rule that ends in it does not fire. Cannot tell carries the expressions to blame.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from kmsiac.values import Answer, Blame, Verdict


class Code(enum.Enum):
    """Which of the four truth values."""

    YES = "yes"
    NO = "no"
    OPEN = "cannot tell"
    NOT_APPLICABLE = "not applicable"


class Truth:
    """One of the four truth values; `blame` belongs to cannot tell, `witness` to a yes."""

    __slots__ = ("blame", "code", "witness")

    def __init__(
        self, code: Code, blame: frozenset[Blame] = frozenset(), witness: object = None
    ) -> None:
        self.code = code
        self.blame = blame
        self.witness = witness

    def __repr__(self) -> str:
        return f"Truth({self.code.value})"


YES = Truth(Code.YES)
NO = Truth(Code.NO)
NOT_APPLICABLE = Truth(Code.NOT_APPLICABLE)


def cannot_tell(blame: frozenset[Blame]) -> Truth:
    """The open truth value, with the expressions to blame."""
    return Truth(Code.OPEN, blame)


def truth_of(answer: Answer) -> Truth:
    """The truth value of an answer."""
    if answer.verdict is Verdict.YES:
        return Truth(Code.YES, witness=answer.witness) if answer.witness is not None else YES
    return NO if answer.verdict is Verdict.NO else cannot_tell(answer.blame)


def decided(fact: bool) -> Truth:
    """yes or no."""
    return YES if fact else NO


def negate(truth: Truth) -> Truth:
    """yes and no swapped; cannot tell and not applicable stay."""
    if truth.code is Code.YES:
        return NO
    return YES if truth.code is Code.NO else truth


def all_of(truths: Iterable[Truth]) -> Truth:
    """The first present of no, not applicable, cannot tell, yes. Over nothing: yes.

    Reads no further than the first no.
    """
    result = YES
    for truth in truths:
        if truth.code is Code.NO:
            return NO
        if truth.code is Code.NOT_APPLICABLE:
            result = NOT_APPLICABLE
        elif truth.code is Code.OPEN and result is not NOT_APPLICABLE:
            result = cannot_tell(result.blame | truth.blame)
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """The first present of yes, cannot tell, no; not applicable where there is nothing else.

    Reads no further than the first yes.
    """
    result = NOT_APPLICABLE
    for truth in truths:
        if truth.code is Code.YES:
            return truth
        if truth.code is Code.OPEN:
            result = cannot_tell(result.blame | truth.blame)
        elif truth.code is Code.NO and result is NOT_APPLICABLE:
            result = NO
    return result


Element = tuple[Truth, frozenset[Blame] | None]
"""What holds for an element, and, for one that may not exist, why."""


def some(elements: Iterable[Element], more: frozenset[Blame]) -> Truth:
    """yes if it holds for an element that exists; `more` is not empty where there may be others.

    No element: no. All not applicable: not applicable. Else cannot tell before no.
    """
    blame = frozenset[Blame]()
    result: Truth | None = None
    skipped = False
    for truth, doubt in elements:
        if truth.code is Code.NOT_APPLICABLE:
            skipped = True
        elif truth.code is Code.NO:
            result = result or NO
        elif truth.code is Code.YES and doubt is None:
            return truth
        else:
            blame |= truth.blame | (doubt or frozenset())
            result = cannot_tell(blame)
    if more and (result is None or result is NO):
        return cannot_tell(more)
    if result is None:
        return NOT_APPLICABLE if skipped else NO
    return cannot_tell(blame | more) if result is not NO else NO


def every(elements: Iterable[Element], more: frozenset[Blame]) -> Truth:
    """no if it fails for an element that exists, or if there is none; see `some` for the rest."""
    blame = more
    known = skipped = False
    for truth, doubt in elements:
        if truth.code is Code.NOT_APPLICABLE:
            skipped = True
        elif truth.code is Code.NO and doubt is None:
            return NO
        elif truth.code is Code.YES and doubt is None:
            known = True
        else:
            blame |= truth.blame | (doubt or frozenset())
    if blame:
        return cannot_tell(blame)
    if known:
        return YES
    return NOT_APPLICABLE if skipped else NO


def none(elements: Iterable[Element], more: frozenset[Blame]) -> Truth:
    """The negation of `some`: over nothing it is yes."""
    return negate(some(elements, more))


def count(
    certain: int, maybe: int, blame: frozenset[Blame], at_least: int | None, at_most: int | None
) -> Truth:
    """Whether a number of elements lies in a range, when `maybe` more may exist.

    `blame` says why; with blame and no maybe the number has no upper bound.
    """
    least = certain
    most: float = certain + maybe if maybe or not blame else float("inf")
    low = at_least if at_least is not None else 0
    high: float = at_most if at_most is not None else float("inf")
    if least >= low and most <= high:
        return YES
    return NO if most < low or least > high else cannot_tell(blame)
