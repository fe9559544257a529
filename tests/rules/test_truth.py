from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsiac.rules import truth as t
from kmsiac.rules.truth import Code, Truth
from kmsiac.values import Answer, Blame, Verdict

BLAME = frozenset({Blame("var.x", "variable has no default", 7)})
YES, NO, NA, OPEN = t.YES, t.NO, t.NOT_APPLICABLE, t.cannot_tell(BLAME)
TRUTHS = (YES, NO, OPEN, NA)
any_truth = st.sampled_from(TRUTHS)
elements = st.lists(st.tuples(any_truth, st.sampled_from((None, BLAME))), max_size=4)
rest = st.sampled_from((frozenset[Blame](), BLAME))


@pytest.mark.parametrize(
    ("given_truth", "expected"), [(YES, Code.NO), (NO, Code.YES), (OPEN, Code.OPEN), (NA, NA.code)]
)
def test_not_keeps_cannot_tell_and_not_applicable(given_truth: Truth, expected: Code) -> None:
    assert t.negate(given_truth).code is expected


@given(st.lists(any_truth, max_size=5))
def test_all_is_the_first_present_of_no_na_open_yes(truths: list[Truth]) -> None:
    present = {truth.code for truth in truths}
    order = (Code.NO, Code.NOT_APPLICABLE, Code.OPEN)
    expected = next((code for code in order if code in present), Code.YES)
    assert t.all_of(truths).code is expected


@given(st.lists(any_truth, max_size=5))
def test_any_ignores_not_applicable(truths: list[Truth]) -> None:
    present = {truth.code for truth in truths}
    order = (Code.YES, Code.OPEN, Code.NO)
    expected = next((code for code in order if code in present), Code.NOT_APPLICABLE)
    assert t.any_of(truths).code is expected


def kleene(truths: list[Code]) -> Code:
    """Reference `some` over elements that exist: Kleene's any with n/a skipped."""
    real = [code for code in truths if code is not Code.NOT_APPLICABLE]
    if truths and not real:
        return Code.NOT_APPLICABLE
    if Code.YES in real:
        return Code.YES
    return Code.OPEN if Code.OPEN in real else Code.NO


@given(st.lists(any_truth, max_size=5))
def test_some_over_a_closed_list_is_kleene(truths: list[Truth]) -> None:
    found = t.some(((truth, None) for truth in truths), frozenset())
    assert found.code is kleene([truth.code for truth in truths])


def outcomes(items: list[tuple[Truth, frozenset[Blame] | None]], more: bool) -> set[Code]:
    """What `some` is in every concrete case: doubtful elements there or not, open ones decided."""
    choices = []
    for truth, doubt in items:
        codes = [Code.YES, Code.NO] if truth.code is Code.OPEN else [truth.code]
        choices.append([*codes, None] if doubt else codes)
    if more:
        choices.append([Code.YES, Code.NO, None])
    return {
        kleene([code for code in case if code is not None]) for case in itertools.product(*choices)
    }


@given(elements, rest)
def test_some_never_decides_what_a_case_contradicts(
    items: list[tuple[Truth, frozenset[Blame] | None]], more: frozenset[Blame]
) -> None:
    found = t.some(items, more).code
    possible = outcomes(items, bool(more))
    if found is Code.YES:
        assert possible == {Code.YES}
    if found is Code.NO:
        assert Code.YES not in possible
    if possible == {Code.YES, Code.NO}:
        assert found is Code.OPEN


@given(elements, rest)
def test_none_is_the_negation_of_some(
    items: list[tuple[Truth, frozenset[Blame] | None]], more: frozenset[Blame]
) -> None:
    assert t.none(items, more).code is t.negate(t.some(items, more)).code


@pytest.mark.parametrize(
    ("items", "more", "expected"),
    [
        ([], frozenset(), Code.NO),
        ([], BLAME, Code.OPEN),
        ([(YES, None)], frozenset(), Code.YES),
        ([(YES, None)], BLAME, Code.OPEN),
        ([(YES, None), (NO, None)], BLAME, Code.NO),
        ([(NA, None)], frozenset(), Code.NOT_APPLICABLE),
        ([(NA, None), (YES, None)], frozenset(), Code.YES),
        ([(YES, BLAME)], frozenset(), Code.OPEN),
        ([(NO, BLAME), (YES, None)], frozenset(), Code.OPEN),
        ([(OPEN, None), (NO, None)], frozenset(), Code.NO),
    ],
)
def test_every(
    items: list[tuple[Truth, frozenset[Blame] | None]], more: frozenset[Blame], expected: Code
) -> None:
    assert t.every(items, more).code is expected


@pytest.mark.parametrize(
    ("certain", "maybe", "blame", "at_least", "at_most", "expected"),
    [
        (0, 0, frozenset(), None, 0, Code.YES),
        (1, 0, frozenset(), None, 0, Code.NO),
        (1, 0, frozenset(), 1, None, Code.YES),
        (0, 0, BLAME, None, 0, Code.OPEN),
        (1, 0, BLAME, None, 0, Code.NO),
        (2, 0, BLAME, 2, None, Code.YES),
        (0, 1, BLAME, 2, None, Code.NO),
        (0, 2, BLAME, 2, None, Code.OPEN),
    ],
)
def test_count(
    certain: int,
    maybe: int,
    blame: frozenset[Blame],
    at_least: int | None,
    at_most: int | None,
    expected: Code,
) -> None:
    assert t.count(certain, maybe, blame, at_least, at_most).code is expected


def test_blame_of_what_was_open_is_kept_and_of_what_was_decided_is_not() -> None:
    assert t.all_of([YES, OPEN]).blame == BLAME
    assert t.any_of([OPEN, YES]).blame == frozenset()
    assert t.truth_of(Answer(Verdict.CANNOT_TELL, BLAME)).blame == BLAME
