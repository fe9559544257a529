"""Characters as people count them (grapheme clusters): `length`, `substr` and `strrev` go by them."""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_PREPENDED = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")
_SPACING = frozenset("\u0e33\u0eb3")


def graphemes(text: str) -> list[str]:
    """The clusters of a text, in order."""
    if text.isascii():
        return list(text) if "\r\n" not in text else _clusters(text)
    return _clusters(text)


def _clusters(text: str) -> list[str]:
    found: list[str] = []
    current = ""
    flags = 0
    for character in text:
        if current and _joins(current, character, flags):
            current += character
        else:
            if current:
                found.append(current)
            current, flags = character, 0
        flags += _is_flag(character)
    if current:
        found.append(current)
    return found


def _joins(cluster: str, character: str, flags: int) -> bool:
    """Whether a character belongs to the cluster before it."""
    last = cluster[-1]
    if last == "\r" and character == "\n":
        return True
    if _is_control(last) or _is_control(character):
        return False
    if _extends(character):
        return True
    if last == _JOINER:
        return _is_pictograph(character) and _is_pictograph(_base(cluster[:-1]))
    if _is_flag(last) and _is_flag(character):
        return flags % 2 == 1
    return _hangul(last, character) or last in _PREPENDED


def _base(cluster: str) -> str:
    """The character that a cluster ends in, without what extends it."""
    return next((c for c in reversed(cluster) if not _extends(c)), "")


def _is_control(character: str) -> bool:
    category = unicodedata.category(character)
    if character in "\u200c\u200d":
        return False
    return category in ("Cc", "Zl", "Zp") or (category == "Cf" and character not in _PREPENDED)


def _extends(character: str) -> bool:
    code = ord(character)
    if code < 0x300:
        return False
    if character in _SPACING or character in "\u200c\u200d" or 0x1F3FB <= code <= 0x1F3FF:
        return True
    if 0xE0020 <= code <= 0xE007F:
        return True
    return unicodedata.category(character) in ("Mn", "Me", "Mc")


def _is_flag(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF


def _is_pictograph(character: str) -> bool:
    if not character:
        return False
    code = ord(character)
    return (
        0x1F000 <= code <= 0x1FAFF
        or 0x2190 <= code <= 0x2BFF
        or character in "\xa9\xae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299"
    )


def _hangul(last: str, character: str) -> bool:
    one, two = _hangul_kind(last), _hangul_kind(character)
    if one == "L":
        return two in ("L", "V", "LV", "LVT")
    if one in ("LV", "V"):
        return two in ("V", "T")
    return one in ("LVT", "T") and two == "T"


def _hangul_kind(character: str) -> str:
    code = ord(character)
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LVT" if (code - 0xAC00) % 28 else "LV"
    return ""
