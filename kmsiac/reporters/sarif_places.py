"""Places in SARIF: relative, percent-encoded addresses and regions that GitHub accepts."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from kmsiac.errors import Span

Shape = dict[str, object]

ROOT_ID = "%SRCROOT%"
"""What addresses are relative to: the root of the repository."""

_STANDARD_INPUT = "<stdin>"


def report_path(path: str) -> str:
    """A path as code scanning services take it: relative, and a plain name for standard input."""
    return "stdin" if path == _STANDARD_INPUT else path.removeprefix("./").lstrip("/") or "."


def physical(span: Span) -> Shape:
    """A `physicalLocation`: an artifact and a region of at least one line."""
    uri = quote(report_path(span.path).encode("utf-8", "surrogatepass"), safe="/~@+=,")
    return {"artifactLocation": {"uri": uri, "uriBaseId": ROOT_ID}, "region": _region(span)}


def location(span: Span, message: str = "", id: int | None = None) -> Shape:
    """A `location`, with an id where others refer to it."""
    shape: Shape = {} if id is None else {"id": id}
    shape["physicalLocation"] = physical(span)
    if message:
        shape["message"] = text(message)
    return shape


def text(plain: str) -> Mapping[str, str]:
    """A `message`. `[name](target)` would be a link in it: a blank makes it text."""
    return {"text": plain.replace("](", "] (") or "-"}


def _region(span: Span) -> Shape:
    if span.line < 1:
        return {"startLine": 1}
    region: Shape = {"startLine": span.line, "startColumn": max(span.column, 1)}
    if (span.end_line, span.end_column) > (span.line, span.column):
        region |= {"endLine": span.end_line, "endColumn": max(span.end_column, 1)}
    return region
