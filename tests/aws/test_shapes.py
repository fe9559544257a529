from __future__ import annotations

import fnmatch
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from kmsiac.aws.shapes import MANY, Shape, fold, glob, glob_matches

TEXTS = ["".join(letters) for size in range(6) for letters in product("ab", repeat=size)]


def reference(pattern: str, text: str) -> bool:
    """The meaning of a glob, letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(reference(pattern[1:], text[skip:]) for skip in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and reference(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=7))
def test_a_glob_matches_as_defined(pattern: str, text: str) -> None:
    assert glob(pattern).matches(text) is reference(pattern, text)


@given(st.text("ab*?", max_size=3), st.text("ab*?", max_size=3))
def test_two_globs_meet_if_a_text_fits_both(one: str, other: str) -> None:
    # Globs of three symbols that meet at all have a common text of at most five letters.
    common = any(reference(one, text) and reference(other, text) for text in TEXTS)
    assert glob(one).meets(other) is common
    assert glob(other).meets(one) is common


def test_repetitions_keep_their_limits() -> None:
    shape = Shape(((frozenset("a"), 1, 3), (frozenset("b"), 2, MANY)))
    fits = {text for text in TEXTS if shape.matches(text)}
    assert fits == {"abb", "abbb", "abbbb", "aabb", "aabbb", "aaabb"}


def test_variables_may_become_anything_and_escapes_are_literal() -> None:
    assert glob("abc").meets("a${aws:username}c")
    assert not glob("abc").meets("${aws:username}d")
    assert glob("\\*").meets("\\${*}")
    assert not glob("abc").meets("a${*}c")
    assert glob("a$").meets("a${$}")
    assert glob("a${").meets("a${")


def test_only_ascii_letters_fold() -> None:
    assert fold("KMS:Decrypt") == "kms:decrypt"
    assert fold("\u212aMS\u0130") == "\u212ams\u0130"


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_globs_match_as_fnmatch_does(pattern: str, text: str) -> None:
    assert glob_matches(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_a_hostile_glob_takes_no_time() -> None:
    assert not glob_matches("*a" * 200 + "b", "a" * 5000)
