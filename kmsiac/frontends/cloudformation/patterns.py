"""What a parameter's AllowedPattern rules out: whether its value can hold a wildcard."""

from __future__ import annotations

import re

_ACCOUNT = re.compile(r"\^?\(?(\[0-9\]|\\d)\{12\}\)?\$?")
_CLASS_ESCAPES = frozenset("dwsbB")
_FORBIDDEN = frozenset("*?")


def is_account_id(pattern: str) -> bool:
    """Whether only twelve digits match."""
    return _ACCOUNT.fullmatch(pattern) is not None


def forbids_wildcards(pattern: str) -> bool:
    """Whether no text with `*` or `?` matches; False where the pattern is not understood.

    CloudFormation matches the whole value, so it is enough that no piece of the pattern can
    stand for either character.
    """
    index = 0
    while index < len(pattern):
        char = pattern[index]
        if char == "\\":
            if not _harmless_escape(pattern[index + 1 : index + 2]):
                return False
            index += 2
        elif char == "[":
            after = _harmless_class(pattern, index)
            if after is None:
                return False
            index = after
        elif char == "(" and pattern.startswith("(?", index):
            if not pattern.startswith("(?:", index):
                return False
            index += 3
        elif char == ".":
            return False
        else:
            index += 1
    return bool(pattern)


def _harmless_escape(escaped: str) -> bool:
    if escaped.isalnum():
        return escaped in _CLASS_ESCAPES
    return bool(escaped) and escaped not in _FORBIDDEN


def _harmless_class(pattern: str, start: int) -> int | None:
    """The index after the character class at `start`, if it has no wildcard; else None."""
    end = start + 1
    if pattern.startswith("^", end) or pattern.startswith("]", end):
        return None
    while end < len(pattern) and pattern[end] != "]":
        char = pattern[end]
        if char in _FORBIDDEN or char == "[":
            return None
        if char == "\\":
            if not _harmless_escape(pattern[end + 1 : end + 2]):
                return None
            end += 2
            continue
        if pattern[end + 1 : end + 2] == "-" and pattern[end + 2 : end + 3] not in ("]", ""):
            last = pattern[end + 2]
            if not _harmless_range(char, last):
                return None
            end += 3
            continue
        end += 1
    return end + 1 if end < len(pattern) else None


def _harmless_range(first: str, last: str) -> bool:
    return last != "\\" and not any(first <= wildcard <= last for wildcard in _FORBIDDEN)
