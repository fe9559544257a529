from __future__ import annotations

import pytest

from kmsiac.values import Number, Text, Unquoted, UnquotedNumber, has_leading_zero

ID = Unquoted("012345670123", "012345670123")


@pytest.mark.parametrize(
    ("parts", "written"),
    [
        ((ID,), "012345670123"),
        (("arn:aws:iam::", ID, ":root"), "012345670123"),
        ((str(Number(UnquotedNumber(12345678901, "012345678901"))), ":x"), "012345678901"),
        (("012345670123",), None),
        ((str(UnquotedNumber(10, "010") + 1),), None),
    ],
)
def test_the_mark_goes_along_with_the_digits(parts: tuple[str, ...], written: str | None) -> None:
    found = Text(parts)
    [part] = found.parts
    assert found.literal == "".join(parts)
    assert (part.written if isinstance(part, Unquoted) else None) == written


@pytest.mark.parametrize(
    ("written", "expected"),
    [("012", True), ("00", True), ("0", False), ("12", False), ("0.1", False)],
)
def test_which_zeros_do_not_count(written: str, expected: bool) -> None:
    assert has_leading_zero(written) is expected
