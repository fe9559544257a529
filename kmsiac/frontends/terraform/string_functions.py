"""Functions on strings, by position of the call and arguments. Text with symbols is kept where possible."""

from __future__ import annotations

import re
from collections.abc import Callable

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    encode,
    literal,
    members,
    to_number,
    to_text,
    why,
)
from kmsiac.frontends.terraform.symbolic import Budget
from kmsiac.values import Bool, Choice, List, Map, Null, Part, Symbol, Text, Unknown, Value

Row = tuple[Callable[[int, list[Value]], Value], int, int, bool, bool]

_VERB = re.compile(r"%(?:\[(\d+)\])?([-+# 0]*)(\d+)?(?:\.(\d+))?(.)", re.DOTALL)
_MAX_WIDTH = 10_000
_ATOMIC = frozenset({"account_id", "partition", "region", "dns_suffix", "key_id", "role_unique_id"})
"""Symbols whose text never holds a `/` or a `:`."""


def _known(change: Callable[[str], str]) -> Callable[[int, list[Value]], Value]:
    def apply(position: int, arguments: list[Value]) -> Value:
        return Text((change(literal(arguments[0])),), position)

    return apply


def _go_case(written: str, change: Callable[[str], str]) -> str:
    """Case of single characters only, as Go has it: no character becomes two."""
    return "".join(new if len(new := change(c)) == 1 else c for c in written)


def _join(position: int, arguments: list[Value]) -> Value:
    separator = to_text(arguments[0])
    items = [item for argument in arguments[1:] for item in members(argument)]
    parts: list[Part] = []
    origin: list[tuple[int, int]] = []
    index = 0
    for at, item in enumerate(items):
        if isinstance(item, Choice):
            raise Undetermined("an item depends on an open condition")
        for value in (separator, to_text(item)) if at else (to_text(item),):
            points = value.origin or ((0, value.position),)
            origin.extend((index + start, place) for start, place in points)
            parts.extend(value.parts)
            index += sum(len(p) if isinstance(p, str) else 1 for p in value.parts)
    return Text(parts, position, origin=tuple(origin))


def _split(position: int, arguments: list[Value]) -> Value:
    separator, value = literal(arguments[0]), to_text(arguments[1])
    if value.literal is not None:
        pieces = value.literal.split(separator) if separator else list(value.literal)
        return List([Text((piece,), value.position) for piece in pieces], position)
    current: list[Part] = []
    found: list[list[Part]] = [current]
    for part in _spelled_out(value):
        if isinstance(part, str):
            first, *others = part.split(separator) if separator else [part]
            current.append(first)
            for piece in others:
                current = [piece]
                found.append(current)
        elif isinstance(part, Unknown) or part.type not in _ATOMIC or separator not in ("/", ":"):
            raise Undetermined(why(value))
        else:
            current.append(part)
    return List([Text(pieces, value.position) for pieces in found], position)


def _spelled_out(value: Text) -> list[Part]:
    parts: list[Part] = []
    for part in value.parts:
        if isinstance(part, Symbol) and part.type not in _ATOMIC and part.shape is not None:
            parts.extend(part.shape.parts)
        else:
            parts.append(part)
    return parts


def _replace(_position: int, arguments: list[Value]) -> Value:
    value, old, new = to_text(arguments[0]), literal(arguments[1]), to_text(arguments[2])
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        raise Undetermined("replace with a regular expression is not evaluated yet")
    if value.literal is None or new.literal is None:
        raise Undetermined(why(value if value.literal is None else new))
    if len(value.literal) * (len(new.literal) + 1) > 10_000_000:
        raise Undetermined("the replaced text is too long")
    return Text((value.literal.replace(old, new.literal),), value.position)


def _format_list(position: int, arguments: list[Value]) -> Value:
    lengths = {len(members(a)) for a in arguments[1:] if isinstance(a, List)}
    if len(lengths) > 1:
        raise CallError("the lists have different lengths")
    count = lengths.pop() if lengths else 1
    rows = []
    for at in range(count):
        row = [members(a)[at] if isinstance(a, List) else a for a in arguments[1:]]
        rows.append(_format(position, [arguments[0], *row]))
    return List(rows, position)


def _format(position: int, arguments: list[Value]) -> Value:
    pattern = literal(arguments[0])
    parts: list[Part] = []
    last, following = 0, 1
    for verb in _VERB.finditer(pattern):
        parts.append(pattern[last : verb.start()])
        last = verb.end()
        if verb[5] == "%":
            parts.append("%")
            continue
        at = int(verb[1]) if verb[1] else following
        following = at + 1
        if not 0 < at < len(arguments):
            raise CallError("not enough arguments for the format")
        parts.extend(_formatted(verb, arguments[at]))
    parts.append(pattern[last:])
    return Text(parts, position)


def _formatted(verb: re.Match[str], value: Value) -> list[Part]:
    flags, width, letter = verb[2], int((verb[3] or "0")[:6]), verb[5]
    if width > _MAX_WIDTH or len(verb[4] or "") > 4:
        raise Undetermined("a format wider than we write out")
    if letter in "sv" and isinstance(value, Text | Unknown) and not width and not verb[4]:
        return list(to_text(value).parts)
    if letter in "sv":
        plain = "null" if isinstance(value, Null) else None
        if isinstance(value, List | Map):
            plain = literal(encode(value, Budget(100_000)))
        written = plain if plain is not None else literal(value)
        written = written[: int(verb[4])] if verb[4] else written
    elif letter == "q":
        written = literal(encode(to_text(value), Budget(100_000)))
    elif letter == "t":
        written = literal(value)
    elif letter in "dxXob" and not isinstance(value, Null):
        number = int(to_number(value))
        sign = "+" if "+" in flags else ""
        written = format(number, sign + {"d": "d"}.get(letter, letter))
    elif letter in "feEgG":
        written = format(float(to_number(value)), f".{verb[4] or 6}{letter}")
    else:
        raise CallError(f"unknown format %{letter}")
    if "-" in flags:
        return [written.ljust(width)]
    return [written.zfill(width) if "0" in flags and letter not in "svqt" else written.rjust(width)]


def _affix(change: Callable[[str, str], str]) -> Callable[[int, list[Value]], Value]:
    def apply(_position: int, arguments: list[Value]) -> Value:
        value = to_text(arguments[0])
        return Text((change(literal(value), literal(arguments[1])),), value.position)

    return apply


def _test(ask: Callable[[str, str], bool]) -> Callable[[int, list[Value]], Value]:
    def apply(position: int, arguments: list[Value]) -> Value:
        value, other = to_text(arguments[0]), literal(arguments[1])
        if value.literal is None and ask is str.startswith and len(value.prefix) >= len(other):
            return Bool(value.prefix.startswith(other), position)
        return Bool(ask(literal(value), other), position)

    return apply


def _substr(position: int, arguments: list[Value]) -> Value:
    written = literal(arguments[0])
    offset, length = int(to_number(arguments[1])), int(to_number(arguments[2]))
    if offset < 0:
        offset = max(len(written) + offset, 0)
    piece = written[offset:] if length < 0 else written[offset : offset + length]
    return Text((piece,), position)


def _title(written: str) -> str:
    return re.sub(r"(?<![\w])\w", lambda m: m[0].upper(), written)


TABLE: dict[str, Row] = {
    "lower": (_known(lambda s: _go_case(s, str.lower)), 1, 1, False, False),
    "upper": (_known(lambda s: _go_case(s, str.upper)), 1, 1, False, False),
    "title": (_known(_title), 1, 1, False, False),
    "trimspace": (_known(str.strip), 1, 1, False, False),
    "chomp": (_known(lambda s: s.rstrip("\r\n")), 1, 1, False, False),
    "join": (_join, 1, 1000, False, False),
    "split": (_split, 2, 2, False, False),
    "replace": (_replace, 3, 3, False, False),
    "format": (_format, 1, 1000, True, False),
    "formatlist": (_format_list, 1, 1000, True, False),
    "trimprefix": (_affix(str.removeprefix), 2, 2, False, False),
    "trimsuffix": (_affix(str.removesuffix), 2, 2, False, False),
    "trim": (_affix(lambda s, c: s.strip(c) if c else s), 2, 2, False, False),
    "startswith": (_test(str.startswith), 2, 2, False, False),
    "endswith": (_test(str.endswith), 2, 2, False, False),
    "strcontains": (_test(str.__contains__), 2, 2, False, False),
    "substr": (_substr, 3, 3, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
