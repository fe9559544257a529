"""`yamldecode` and `yamlencode`: YAML as Terraform's reader and writer have it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    entries,
    literal,
    members,
    normalized,
    why,
    written,
)
from kmsiac.frontends.terraform.numbers import OutOfRangeError, parse
from kmsiac.frontends.terraform.symbolic import Invalid
from kmsiac.reading.budget import Budget
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml
from kmsiac.values import Bool, List, Map, Null, Number, Text, Unknown, Value

_BUDGET = Budget(depth=100, nodes=50_000)
_MAX_TEXT = 200_000
_TAGGED = re.compile(r"(?:^|[\s\[{,:-])!\S")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"))
_BASED = re.compile(r"0(?:(o)([0-7]+)|x([0-9a-fA-F]+))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DATED = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ]|$)")
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def yamldecode(text: str, position: int) -> Value:
    """The value of a YAML document. Raises CallError or Undetermined."""
    if len(text) > _MAX_TEXT:
        raise Undetermined(f"YAML of over {_MAX_TEXT:,} characters")
    if _TAGGED.search(text):
        raise Undetermined("YAML with tags is not evaluated")
    try:
        node = read_yaml(SourceFile(0, "yamldecode", text.encode("utf-8")), _BUDGET)
    except SourceError as error:
        if "nest" in error.message or "nodes" in error.message:
            raise Undetermined(error.message) from None
        raise CallError(f"this is not YAML: {error.message}") from None
    return _decoded(node, position)


def _decoded(node: Node, position: int) -> Value:
    if isinstance(node, Sequence):
        return List([_decoded(item, position) for item in node.items], position)
    if isinstance(node, Mapping):
        pairs: dict[str, Value] = {}
        for key, member in node.entries:
            pairs[_key(key, position)] = _decoded(member, position)
        return Map([(Text((name,), position), value) for name, value in pairs.items()], position)
    assert isinstance(node, Scalar)
    return _scalar(node, position)


def _key(node: Node, position: int) -> str:
    value = _scalar(node, position) if isinstance(node, Scalar) else None
    if value is None or isinstance(value, Null):
        raise CallError("a key of YAML must be a text")
    return literal(value)


_MAX_DIGITS = 1000
"""The longest number of base 8 or 16: Python writes none out that has over 4,300 digits."""


def _scalar(node: Scalar, position: int) -> Value:
    text = node.text
    if node.style != "plain":
        return normalized(text, position)
    if text in _NULLS:
        return Null(position)
    if text in _TRUE or text in _FALSE:
        return Bool(text in _TRUE, position)
    if _SPECIAL.fullmatch(text):
        raise CallError("YAML's infinity is no number")
    based = _BASED.fullmatch(text)
    if based is not None and len(text) > _MAX_DIGITS:
        raise Undetermined("a number of YAML with too many digits")
    try:
        if based is not None:
            value = int(based[2], 8) if based[1] else int(based[3], 16)
            return Number(parse(str(value)), position)
        if _FLOAT.fullmatch(text):
            return Number(parse(text), position)
    except OutOfRangeError as problem:
        raise Undetermined(str(problem)) from None
    if _DATED.match(text):
        return _timestamp(text, position)
    return normalized(text, position)


def _timestamp(text: str, position: int) -> Value:
    """A date is written out as a point in time: the trap in an unquoted policy version."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise Undetermined("a point in time in YAML is not evaluated")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return normalized(text, position)
    return Text((f"{year:04d}-{moment:%m-%dT%H:%M:%S}{found[7] or 'Z'}",), position)


# -- writing ---------------------------------------------------------------------------------------

_ESCAPED = re.compile('["\\\\]')
_PLAIN = re.compile("[\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\\n]*")
_FOLDED = 60
"""Longer texts may be folded, in a way that we do not follow."""


def yamlencode(position: int, arguments: list[Value]) -> Value:
    """`yamlencode`. Raises CallError, or Undetermined for what is not known."""
    value = arguments[0]
    lines = _lines(value, 0)
    text = "\n".join(lines) + "\n"
    if len(text) > _MAX_TEXT:
        raise Undetermined("too large to encode as YAML")
    return normalized(text + "...\n" if isinstance(value, Number | Bool | Null) else text, position)


def _lines(value: Value, depth: int) -> list[str]:
    """The lines of a value, not indented."""
    if depth > 100:
        raise Undetermined("nested over 100 deep")
    if isinstance(value, List) and members(value):
        found = []
        for item in members(value):
            first, *others = _lines(item, depth + 1)
            if first[:1] == "|":
                raise Undetermined("YAML of a list of texts with several lines is not written")
            found.append(f"- {first}")
            found.extend(f"  {line}" if line else "" for line in others)
        return found
    if isinstance(value, Map) and entries(value):
        found = []
        for name, member in entries(value):
            found.extend(_member(name, member, depth))
        return found
    return _leaf(value)


def _member(name: str, value: Value, depth: int) -> list[str]:
    key = _quoted(name)
    lines = _lines(value, depth + 1)
    if isinstance(value, List) and value.items:
        return [f"{key}:", *lines]
    if isinstance(value, Map) and value.entries:
        return [f"{key}:", *(f"  {line}" if line else "" for line in lines)]
    first, *others = lines
    return [f"{key}: {first}", *others]


def _leaf(value: Value) -> list[str]:
    if isinstance(value, List):
        return ["[]"]
    if isinstance(value, Map):
        return ["{}"]
    if isinstance(value, Null):
        return ["null"]
    if isinstance(value, Number | Bool):
        return [written(value)]
    if isinstance(value, Invalid):
        raise CallError(value.reason)
    if isinstance(value, Unknown) or not isinstance(value, Text):
        raise Undetermined(why(value))
    text = literal(value)
    if not _PLAIN.fullmatch(text):
        raise Undetermined("YAML of unusual characters is not written")
    if "\n" not in text:
        return [_quoted(text)]
    if text[0] in " \n" or text.endswith(("\n\n", " ")) or " \n" in text:
        raise Undetermined("YAML of such blanks is not written")
    head = "|" if text.endswith("\n") else "|-"
    return [head, *(f"  {line}" if line else "" for line in text.removesuffix("\n").split("\n"))]


def _quoted(text: str) -> str:
    if len(text) > _FOLDED and " " in text:
        raise Undetermined("YAML of long texts is not written")
    if not _PLAIN.fullmatch(text) or "\n" in text:
        raise Undetermined("YAML of unusual characters is not written")
    return '"' + _ESCAPED.sub(r"\\\g<0>", text) + '"'
