"""Cheap tests on a file before it is parsed."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before that of UTF-16, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(data: bytes) -> tuple[str, int]:
    """The encoding of a text and the length of its byte order mark.

    UTF-8 where nothing else shows. UTF-16 and UTF-32 without a mark show by their zeros: every text
    that we read begins with two ASCII characters.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    if len(data) >= 4:
        zeros = tuple(byte == 0 for byte in data[:4])
        if zeros == (False, True, False, True):
            return "utf-16-le", 0
        if zeros == (True, False, True, False):
            return "utf-16-be", 0
        if zeros == (False, True, True, True):
            return "utf-32-le", 0
        if zeros == (True, True, True, False):
            return "utf-32-be", 0
    return "utf-8", 0
