"""Cheap tests on a file before it is parsed."""

from __future__ import annotations

import codecs


def looks_like_json(text: str) -> bool:
    """Whether the first character that is no blank opens an object or array.

    A YAML flow mapping does so too: where JSON fails on a `.yaml` file, read it as YAML.
    """
    return text.lstrip(" \t\r\n").startswith(("{", "["))


def mentions(data: bytes, *words: str) -> bool:
    """Whether all `words` stand in the undecoded file, in UTF-8 or in UTF-16 with its mark.

    Runs at memory speed; a word spelt with escapes (`\\u0041`) is not seen.
    """
    encoding = "utf-8"
    if data.startswith(codecs.BOM_UTF16_LE):
        encoding = "utf-16-le"
    elif data.startswith(codecs.BOM_UTF16_BE):
        encoding = "utf-16-be"
    return all(word.encode(encoding) in data for word in words)
