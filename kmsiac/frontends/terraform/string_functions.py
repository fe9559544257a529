"""Functions on strings, by position of the call and arguments. Text with symbols is kept where possible."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    literal,
    members,
    normalized,
    to_integer,
    to_text,
    why,
)
from kmsiac.frontends.terraform.format_verbs import format_list, format_text
from kmsiac.frontends.terraform.graphemes import graphemes
from kmsiac.frontends.terraform.open_replace import replaced
from kmsiac.frontends.terraform.regex import Regex, Slots, compiled
from kmsiac.frontends.terraform.symbolic import ListOf
from kmsiac.values import Absent, Bool, Choice, List, Map, Null, Part, Symbol, Text, Unknown, Value

Row = tuple[Callable[[int, list[Value]], Value], int, int, bool, bool]

_MAX_TEXT = 1_000_000
_MAX_MATCHES = 100_000
_ATOMIC = frozenset({"account_id", "partition", "region", "dns_suffix", "key_id", "role_unique_id"})
"""Symbols whose text never holds a `/` or a `:`."""
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"  # fmt: skip


def known(change: Callable[[str], str]) -> Callable[[int, list[Value]], Value]:
    """A function from one known text to another."""

    def apply(position: int, arguments: list[Value]) -> Value:
        return normalized(change(literal(arguments[0])), position)

    return apply


def _go_case(written: str, change: Callable[[str], str]) -> str:
    """Case of single characters only, as Go has it: no character becomes two."""
    return "".join(new if len(new := change(c)) == 1 else _ODD_CASES.get(c, c) for c in written)


_ODD_CASES = {"\u0130": "i"}


def _join(position: int, arguments: list[Value]) -> Value:
    separator = to_text(arguments[0])
    items = [item for argument in arguments[1:] for item in members(argument)]
    if len(items) == 1:
        return _alone(items[0], position)
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
        if index > _MAX_TEXT:
            raise Undetermined("the joined text is too long")
    return Text(parts, position, origin=tuple(origin))


def _alone(item: Value, position: int) -> Value:
    """What `join` makes of one item: its text with all that is known of it, case by case."""
    if isinstance(item, Choice):
        branches = [(atom, _alone(branch, position)) for atom, branch in item.branches]
        return Choice(item.guard, branches, item.position, item.sensitive)
    return Text((), position) if isinstance(item, Absent) else to_text(item)


def _split(position: int, arguments: list[Value]) -> Value:
    separator, value = literal(arguments[0]), to_text(arguments[1])
    if value.literal is not None:
        pieces = value.literal.split(separator) if separator else list(value.literal)
        texts = [normalized(piece, value.position) for piece in pieces]
        return ListOf(texts, position, element="string")
    pieces_of_parts, rest = _cut(value, separator)
    found = [Text(pieces, value.position) for pieces in pieces_of_parts]
    if rest is None:
        return ListOf(found, position, element="string")
    if len(found) == 1:
        raise Undetermined(why(value))
    # The pieces before the open part are known; the one that it starts in is not.
    return ListOf(found[:-1], position, rest, element="string")


def text_pieces(value: Text, separator: str) -> list[list[Part]]:
    """A text cut at a separator that none of its symbols can hold. Raises Undetermined otherwise."""
    found, rest = _cut(value, separator)
    if rest is not None:
        raise Undetermined(why(value))
    return found


def _cut(value: Text, separator: str) -> tuple[list[list[Part]], Unknown | None]:
    """The pieces up to the first part that may hold the separator, and that part."""
    current: list[Part] = []
    found: list[list[Part]] = [current]
    for part in _spelled_out(value):
        if isinstance(part, str):
            first, *others = part.split(separator) if separator else [part]
            if first:
                current.append(first)
            for piece in others:
                current = [piece] if piece else []
                found.append(current)
        elif isinstance(part, Unknown) or part.type not in _ATOMIC or separator not in ("/", ":"):
            if isinstance(part, Unknown):
                return found, part
            return found, Unknown(part.reference, why(value), value.position, part.owner.unit)
        else:
            current.append(part)
    return found, None


def _spelled_out(value: Text) -> list[Part]:
    parts: list[Part] = []
    for part in value.parts:
        if isinstance(part, Symbol) and part.type not in _ATOMIC and part.shape is not None:
            parts.extend(part.shape.parts)
        else:
            parts.append(part)
    return parts


def _replace(_position: int, arguments: list[Value]) -> Value:
    value, old, new = to_text(arguments[0]), literal(arguments[1]), literal(arguments[2])
    is_pattern = len(old) > 1 and old.startswith("/") and old.endswith("/")
    if value.literal is None:
        whole = is_pattern or value.document is not None or not new.isascii()
        parts = None if whole else replaced(_spelled_out(value), old, new, _MAX_TEXT)
        if parts is None:
            raise Undetermined(why(value))
        return Text(parts, value.position)
    if is_pattern:
        pattern = compiled(old[1:-1])
        return normalized(pattern.replace_all(value.literal, new, _MAX_TEXT), value.position)
    if (value.literal.count(old) + 1) * len(new) + len(value.literal) > _MAX_TEXT:
        raise Undetermined("the replaced text is too long")
    return normalized(value.literal.replace(old, new), value.position)


def _regex(position: int, arguments: list[Value]) -> Value:
    pattern, text = compiled(literal(arguments[0])), literal(arguments[1])
    found = pattern.search(text)
    if found is None:
        raise CallError("the pattern does not match")
    return _captured(pattern, found, text, position)


def _regexall(position: int, arguments: list[Value]) -> Value:
    pattern, text = compiled(literal(arguments[0])), literal(arguments[1])
    results: list[Value] = []
    for found in pattern.all_matches(text):
        if len(results) >= _MAX_MATCHES:
            raise Undetermined("there are too many matches")
        results.append(_captured(pattern, found, text, position))
    return ListOf(results, position)


def _captured(pattern: Regex, found: Slots, text: str, position: int) -> Value:
    """The match as a string, the groups as a tuple, or the named groups as an object."""
    pieces: list[Value] = [
        normalized(text[start:end], position) if start >= 0 else Null(position)
        for start, end in zip(found[::2], found[1::2], strict=True)
    ]
    if not pattern.names:
        return pieces[0]
    named = [name for name in pattern.names if name]
    if named and len(named) < len(pattern.names):
        raise CallError("the pattern has both named and unnamed groups")
    if not named:
        return List(pieces[1:], position)
    last = dict(zip(pattern.names, pieces[1:], strict=True))
    return Map([(Text((name,), position), piece) for name, piece in last.items()], position)


def _affix(change: Callable[[str, str], str]) -> Callable[[int, list[Value]], Value]:
    def apply(_position: int, arguments: list[Value]) -> Value:
        value = to_text(arguments[0])
        return normalized(change(literal(value), literal(arguments[1])), value.position)

    return apply


def _startswith(position: int, arguments: list[Value]) -> Value:
    value, wanted = to_text(arguments[0]), literal(arguments[1])
    start = value.prefix
    if value.literal is None and (len(start) >= len(wanted) or not wanted.startswith(start)):
        return Bool(start.startswith(wanted), position)
    return Bool(literal(value).startswith(wanted), position)


def _endswith(position: int, arguments: list[Value]) -> Value:
    value, wanted = to_text(arguments[0]), literal(arguments[1])
    end = value.parts[-1] if value.parts else ""
    decided = isinstance(end, str) and (len(end) >= len(wanted) or not wanted.endswith(end))
    if value.literal is None and decided:
        return Bool(str(end).endswith(wanted), position)
    return Bool(literal(value).endswith(wanted), position)


def _strcontains(position: int, arguments: list[Value]) -> Value:
    value, wanted = to_text(arguments[0]), literal(arguments[1])
    if any(isinstance(part, str) and wanted in part for part in value.parts):
        return Bool(True, position)
    return Bool(wanted in literal(value), position)


def _substr(position: int, arguments: list[Value]) -> Value:
    offset, length = to_integer(arguments[1]), to_integer(arguments[2])
    value = to_text(arguments[0])
    if value.literal is None and offset >= 0 and length >= 0:
        start = graphemes(value.prefix)
        if offset + length < len(start):
            return normalized("".join(start[offset : offset + length]), position)
    clusters = graphemes(literal(value))
    if offset < 0:
        offset = max(len(clusters) + offset, 0)
    piece = clusters[offset:] if length < 0 else clusters[offset : offset + length]
    return normalized("".join(piece), position)


def _title(written: str) -> str:
    out, before = [], " "
    for character in written:
        starts = not (before.isalnum() or before == "_" or unicodedata.category(before)[0] == "L")
        title = character.title() if starts else character
        out.append(title if len(title) == 1 else character)
        before = character
    return "".join(out)


def _indent(position: int, arguments: list[Value]) -> Value:
    spaces, value = to_integer(arguments[0]), literal(arguments[1])
    if spaces < 0:
        raise CallError("a negative number of spaces")
    if (value.count("\n") + 1) * spaces > _MAX_TEXT:
        raise Undetermined("the indented text is too long")
    return normalized(value.replace("\n", "\n" + " " * spaces), position)


def _reversed(written: str) -> str:
    return "".join(reversed(graphemes(written)))


_ANY = 1000
TABLE: dict[str, Row] = {
    "lower": (known(lambda s: _go_case(s, str.lower)), 1, 1, False, False),
    "upper": (known(lambda s: _go_case(s, str.upper)), 1, 1, False, False),
    "title": (known(_title), 1, 1, False, False),
    "trimspace": (known(lambda s: s.strip(_SPACES)), 1, 1, False, False),
    "chomp": (known(lambda s: s.rstrip("\r\n")), 1, 1, False, False),
    "strrev": (known(_reversed), 1, 1, False, False),
    "join": (_join, 2, _ANY, False, False),
    "split": (_split, 2, 2, False, False),
    "replace": (_replace, 3, 3, False, False),
    "regex": (_regex, 2, 2, False, False),
    "regexall": (_regexall, 2, 2, False, False),
    "format": (format_text, 1, _ANY, True, False),
    "formatlist": (format_list, 1, _ANY, True, False),
    "indent": (_indent, 2, 2, False, False),
    "trimprefix": (_affix(str.removeprefix), 2, 2, False, False),
    "trimsuffix": (_affix(str.removesuffix), 2, 2, False, False),
    "trim": (_affix(lambda s, c: s.strip(c) if c else s), 2, 2, False, False),
    "startswith": (_startswith, 2, 2, False, False),
    "endswith": (_endswith, 2, 2, False, False),
    "strcontains": (_strcontains, 2, 2, False, False),
    "substr": (_substr, 3, 3, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
