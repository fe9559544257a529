"""Ignores that are wrong: one line each, with its place and what may have been meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.errors import KmsiacError
from tests.findings.ignoring import mistakes, scanned


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("ignore[KPP-20]", '1:10: no rule or category is called "KPP-20" (did you mean "KP-20"?)'),
        ("ignore[KP-20, key-setings]", '1:17: no rule or category is called "key-setings" (did you mean "key-settings"?)'),
        ("ignore[*]", '1:10: no rule or category is called "*" (`kmsiac rules list` shows them)'),
        ("ignore[]", "1:9: this ignore names no rule (write it like kmsiac: ignore[KP-20] until=2027-01-31 -- reason)"),
        ("ignore KP-20", "1:10: an ignore names its rules in brackets (write it like kmsiac: ignore[KP-20] until=2027-01-31 -- reason)"),
        ("ignore[KP-20", "1:9: an ignore names its rules in brackets (write it like kmsiac: ignore[KP-20] until=2027-01-31 -- reason)"),
        ("ignroe[KP-20]", '1:3: "ignroe" is nothing that kmsiac does (did you mean "ignore"?)'),
        ("", "1:3: kmsiac is told nothing (write it like kmsiac: ignore[KP-20] until=2027-01-31 -- reason)"),
        ("ignore[KP-20] until=2027-02-29", '1:17: "2027-02-29" is no date (write it like until=2027-01-31)'),
        ("ignore[KP-20] until=tomorrow", '1:17: "tomorrow" is no date (write it like until=2027-01-31)'),
        ("ignore[KP-20] untill=2027-01-31", '1:17: "untill=2027-01-31" is no part of an ignore (did you mean "until"?)'),
        ("ignore[KP-20] because", '1:17: "because" is no part of an ignore (a reason begins with --)'),
        ("ignore[KP-20] until", '1:17: "until" is no part of an ignore (a reason begins with --)'),
    ],
)  # fmt: skip
def test_each_mistake(tmp_path: Path, comment: str, told: str) -> None:
    # Columns are counted as if the comment stood behind "#": "#" and "kmsiac: " are added here.
    _, column, rest = told.split(":", 2)
    text = f'#kmsiac: {comment}\nresource "aws_kms_key" "k" {{}}\n'
    with pytest.raises(KmsiacError) as caught:
        scanned(tmp_path, {"main.tf": text})
    (found,) = mistakes(caught.value)
    place, _, message = found.partition(": ")
    assert message == rest.strip()
    assert place.startswith("main.tf:1:")
    assert int(place.rsplit(":", 1)[1]) == int(column) + 7


def test_all_mistakes_at_once_in_order_of_place(tmp_path: Path) -> None:
    files = {
        "b.tf": 'resource "aws_kms_key" "k" {} # kmsiac: ignore[NO-1] until=never\n',
        "a.tf": "# kmsiac: ignore[]\nlocals {}\n",
    }
    with pytest.raises(KmsiacError) as caught:
        scanned(tmp_path, files)
    assert [line.partition(": ")[0] for line in mistakes(caught.value)] == [
        "a.tf:1:17", "b.tf:1:48", "b.tf:1:54",
    ]  # fmt: skip


def test_very_many_mistakes_are_counted(tmp_path: Path) -> None:
    with pytest.raises(KmsiacError) as caught:
        scanned(tmp_path, {"a.tf": "# kmsiac: ignore[]\n" * 500 + "locals {}\n"})
    told = mistakes(caught.value)
    assert len(told) == 51
    assert told[-1] == "450 more such mistakes"


def test_very_many_wrong_names_are_told_without_a_guess_at_each(tmp_path: Path) -> None:
    with pytest.raises(KmsiacError) as caught:
        scanned(tmp_path, {"a.tf": "# kmsiac: ignore[KPP-20]\n" * 50_000 + "locals {}\n"})
    told = mistakes(caught.value)
    assert told[0].endswith('no rule or category is called "KPP-20" (did you mean "KP-20"?)')
    assert told[-1] == "49950 more such mistakes"


def test_hostile_words_are_shortened_and_stay_on_their_line(tmp_path: Path) -> None:
    text = "# kmsiac: ignore[\x1b[31m" + "A" * 500 + "]\nlocals {}\n"
    with pytest.raises(KmsiacError) as caught:
        scanned(tmp_path, {"a.tf": text})
    (told,) = mistakes(caught.value)
    assert "\x1b" not in told
    assert len(told) < 200
