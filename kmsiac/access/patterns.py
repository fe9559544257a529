"""The value of a condition as a row of tokens: literal characters and wildcards, variables replaced.

Sources: IAM User Guide, "Policy variables" and "Condition operators". A variable without a value
and without a default makes the whole value match nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from kmsiac.aws.shapes import fold, glob_matches

Context = Mapping[str, tuple[str, ...]]
"""What a request carries: condition key in lower case to its values; an absent key is missing."""

RUN = "*any"
"""The token of `*`: any run of characters."""
ONE = "?one"
"""The token of `?`: any one character."""

Tokens = tuple[str, ...]
"""Literal characters one by one, RUN and ONE."""

_VARIABLE = re.compile(r"\$\{([^{}]*+)\}")
_RUNS = re.compile(r"\*{2,}")
_ESCAPES = {"*": "*", "?": "?", "$": "$"}


class MultivaluedVariableError(ValueError):
    """A policy variable names a key that holds a list; what AWS does then is not documented."""


@lru_cache(maxsize=4096)
def variable_names(value: str) -> tuple[str, ...]:
    """The condition keys (lower case) that the variables in a value name."""
    if "${" not in value:
        return ()
    inner = (match[1] for match in _VARIABLE.finditer(value))
    return tuple(fold(name.partition(",")[0].strip()) for name in inner if name not in _ESCAPES)


def tokens(value: str, context: Context, *, like: bool, variables: bool) -> Tokens | None:
    """The value as tokens; None where a variable has no value. `like`: `*`, `?` are wildcards."""
    if not variables or "${" not in value:
        return _literal(value, like)
    out: list[str] = []
    end = 0
    for match in _VARIABLE.finditer(value):
        out += _literal(value[end : match.start()], like)
        text = _substitute(match[1], context)
        if text is None:
            return None
        out += text
        end = match.end()
    out += _literal(value[end:], like)
    return tuple(out)


def any_tokens(value: str, *, variables: bool = True) -> Tokens:
    """The value as tokens of a glob, each variable replaced by `*`: it can match no more than that."""
    if not variables or "${" not in value:
        return _literal(value, True)
    out: list[str] = []
    end = 0
    for match in _VARIABLE.finditer(value):
        out += _literal(value[end : match.start()], True)
        out.append(match[1] if match[1] in _ESCAPES else RUN)
        end = match.end()
    out += _literal(value[end:], True)
    return tuple(piece for at, piece in enumerate(out) if piece != RUN or out[at - 1 : at] != [RUN])


def _substitute(inner: str, context: Context) -> str | None:
    if inner in _ESCAPES:
        return inner
    name, comma, rest = inner.partition(",")
    found = context.get(fold(name.strip()), ())
    if len(found) > 1:
        raise MultivaluedVariableError(name)
    if found:
        return found[0]
    default = rest.strip()
    if comma and len(default) >= 2 and default[0] == default[-1] == "'":
        return default[1:-1]
    return None


@lru_cache(maxsize=4096)
def _literal(value: str, like: bool) -> Tokens:
    if not like or ("*" not in value and "?" not in value):
        return tuple(value)
    if "**" in value:
        value = _RUNS.sub("*", value)
    return tuple(RUN if c == "*" else ONE if c == "?" else c for c in value)


def matches(pattern: Tokens, text: str) -> bool:
    """Whether the glob matches the whole text. Time is the product of their lengths at most."""
    stretches = _stretches(pattern)
    if stretches is None:
        return glob_matches(pattern, text, RUN, ONE)
    first, last = stretches[0], stretches[-1]
    if len(stretches) == 1:
        return text == first
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for stretch in stretches[1:-1]:  # the first place for each leaves most room for the next
        found = text.find(stretch, at, end)
        if found < 0:
            return False
        at = found + len(stretch)
    return True


@lru_cache(maxsize=4096)
def _stretches(pattern: Tokens) -> tuple[str, ...] | None:
    """The literal texts between the `*` of a glob; None where it has a `?`."""
    if ONE in pattern:
        return None
    found = [""]
    for piece in pattern:
        if piece == RUN:
            found.append("")
        else:
            found[-1] += piece
    return tuple(found)


def arn_fields(pattern: Tokens) -> list[Tokens] | None:
    """The six fields of an ARN pattern, split at its first five colons; None if it has fewer."""
    fields: list[Tokens] = []
    start = 0
    for at, piece in enumerate(pattern):
        if piece == ":" and len(fields) < 5:
            fields.append(pattern[start:at])
            start = at + 1
    if len(fields) < 5:
        return None
    return [*fields, pattern[start:]]
