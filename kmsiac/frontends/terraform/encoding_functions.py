"""Functions that encode, decode and digest texts."""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
import re
import urllib.parse
import uuid
from collections.abc import Callable

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    literal,
    normalized,
)
from kmsiac.frontends.terraform.string_functions import Row, known
from kmsiac.frontends.terraform.symbolic import ListOf
from kmsiac.frontends.terraform.yaml_text import yamldecode, yamlencode
from kmsiac.values import Map, Text, Value

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_MAX_ROWS = 20_000
_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


def _utf8(written: str) -> bytes:
    return written.encode("utf-8", "surrogatepass")


def _decoded(written: str) -> bytes:
    """Standard base64 with its padding; line breaks count for nothing."""
    plain = written.replace("\n", "").replace("\r", "")
    if not _BASE64.fullmatch(plain) or len(plain) % 4:
        raise CallError("this is not base64")
    try:
        return base64.b64decode(plain)
    except binascii.Error:
        raise CallError("this is not base64") from None


def _base64decode(written: str) -> str:
    try:
        return _decoded(written).decode("utf-8")
    except UnicodeDecodeError:
        raise CallError("what is encoded is no UTF-8 text") from None


def _digest(name: str) -> Row:
    def apply(written: str) -> str:
        return hashlib.new(name, _utf8(written), usedforsecurity=False).hexdigest()

    return known(apply), 1, 1, False, False


def _digest64(name: str) -> Row:
    def apply(written: str) -> str:
        digest = hashlib.new(name, _utf8(written), usedforsecurity=False).digest()
        return base64.b64encode(digest).decode("ascii")

    return known(apply), 1, 1, False, False


def _codec(value: Value) -> str:
    """The Python name of an IANA encoding."""
    name = literal(value)
    known_name = _CODECS.get(name.upper())
    if known_name is None:
        raise Undetermined(f"the encoding {name[:40]} is not evaluated")
    return known_name


_CODECS = {
    "UTF-8": "utf-8",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "ISO-8859-1": "latin-1",
    "WINDOWS-1252": "cp1252",
}


def _textencodebase64(position: int, arguments: list[Value]) -> Value:
    try:
        encoded = literal(arguments[0]).encode(_codec(arguments[1]))
    except UnicodeEncodeError:
        raise CallError("a character that the encoding does not have") from None
    return Text((base64.b64encode(encoded).decode("ascii"),), position)


def _textdecodebase64(position: int, arguments: list[Value]) -> Value:
    try:
        return normalized(_decoded(literal(arguments[0])).decode(_codec(arguments[1])), position)
    except UnicodeDecodeError:
        raise CallError("bytes that the encoding does not have") from None


def _csvdecode(position: int, arguments: list[Value]) -> Value:
    text = literal(arguments[0])
    _check_quotes(text)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise CallError("this is not CSV") from None
    rows = [row for row in lines if row]
    if not rows:
        raise CallError("a line of headings is needed")
    if len(rows) > _MAX_ROWS:
        raise Undetermined(f"over {_MAX_ROWS:,} lines of CSV")
    headings = rows[0]
    if len(set(headings)) < len(headings):
        raise CallError("two columns have one heading")
    if any(len(row) != len(headings) for row in rows):
        raise CallError("a line has another number of columns")
    listed = [
        Map([(normalized(k, position), normalized(v, position)) for k, v in zip(headings, row, strict=True)], position)
        for row in rows[1:]
    ]  # fmt: skip
    kind = ("object", tuple((name, "string") for name in sorted(headings)))
    return ListOf(listed, position, element=kind)


def _check_quotes(text: str) -> None:
    """A quotation mark inside a field that is not quoted is an error; Python lets it pass."""
    if re.search(r'(?:^|[,\n])[^",\n]+"', _QUOTED.sub("", text)):
        raise CallError("this is not CSV")


_QUOTED = re.compile(r'(?:(?<=[,\n])|^)"(?:[^"]|"")*+"')


def _uuidv5(position: int, arguments: list[Value]) -> Value:
    space, name = literal(arguments[0]), literal(arguments[1])
    namespace = _NAMESPACES.get(space)
    if namespace is None:
        if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", space):
            raise CallError("the namespace is no UUID")
        namespace = uuid.UUID(space)
    return Text((str(uuid.uuid5(namespace, name)),), position)


def _urlencode(written: str) -> str:
    return urllib.parse.quote_plus(written, safe="-_.~")


def _of_position(change: Callable[[str, int], Value]) -> Row:
    def apply(position: int, arguments: list[Value]) -> Value:
        return change(literal(arguments[0]), position)

    return apply, 1, 1, False, False


TABLE: dict[str, Row] = {
    "base64encode": (known(lambda s: base64.b64encode(_utf8(s)).decode("ascii")), 1, 1, False, False),
    "base64decode": (known(_base64decode), 1, 1, False, False),
    "textencodebase64": (_textencodebase64, 2, 2, False, False),
    "textdecodebase64": (_textdecodebase64, 2, 2, False, False),
    "urlencode": (known(_urlencode), 1, 1, False, False),
    "csvdecode": (_csvdecode, 1, 1, False, False),
    "yamldecode": _of_position(yamldecode),
    "yamlencode": (yamlencode, 1, 1, False, False),
    "md5": _digest("md5"),
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
    "sha512": _digest("sha512"),
    "base64sha256": _digest64("sha256"),
    "base64sha512": _digest64("sha512"),
    "uuidv5": (_uuidv5, 2, 2, False, False),
}  # fmt: skip
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
