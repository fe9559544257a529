"""A template that stands inside another: as a map, or as a text whose lines stay what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from kmsiac.frontends.cloudformation.locating import beside
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.templates import Templates
from kmsiac.frontends.cloudformation.texts import line_origin
from kmsiac.reading.json_reader import ESCAPE
from kmsiac.reading.nodes import Mapping, Node, Scalar
from kmsiac.reading.source import SourceFile, offset_of
from kmsiac.reading.tree import SourceTree

_EXPRESSION = "the template is put together by functions, which is not read"


class Embedded(NamedTuple):
    """The file to show positions in, and the sections; None with the reason where there are none."""

    file: SourceFile | None
    root: Mapping | None
    reason: str


def embedded(body: Node, source: SourceFile, templates: Templates) -> Embedded:
    """The template in `body`, which stands in the file `source`."""
    written = _embedded_file(body)
    if written:
        return _of_file(written, body.position, source, templates)
    if as_call(body) is not None:
        return Embedded(None, None, _EXPRESSION)
    if isinstance(body, Mapping):
        if body.get("Resources") is None:
            return Embedded(None, None, "there are no Resources in this map")
        return Embedded(source, body, "")
    file = _view(body, source, templates.tree) if isinstance(body, Scalar) else None
    if file is None:
        return Embedded(None, None, "the template is written in a form that is not read")
    root = templates.root_or_error(file)
    if root is None:
        return Embedded(None, None, "the template in this text cannot be read")
    return Embedded(file, root, "")


def _embedded_file(body: Node) -> str:
    """The file that Rain puts in the place of `Rain::Embed`."""
    call = as_call(body)
    if call is not None and call.name == "Fn::Rain::Embed":
        return call.argument.text if isinstance(call.argument, Scalar) else ""
    name = body.get("Rain::Embed") if isinstance(body, Mapping) else None
    return name.text if isinstance(name, Scalar) and not name.tag else ""


def _of_file(written: str, position: int, source: SourceFile, templates: Templates) -> Embedded:
    file, reason, _ = beside(written, source, templates.tree, position)
    if file is None:
        return Embedded(None, None, reason)
    root = templates.root_or_error(file)
    return Embedded(
        file, root, "" if root is not None else f"its template {file.path} cannot be read"
    )


def _view(body: Scalar, source: SourceFile, tree: SourceTree) -> SourceFile | None:
    """The same file with nothing in it but the text of a scalar, where it stands."""
    if not source.is_as_written:
        return None
    if body.style == "block":
        lines = line_origin(body, source)
        if not lines:
            return None
        start = offset_of(lines[0][1])
        index, last = lines[-1]
        file = tree.add(source.path, source.data)
        file.keep_only(start, offset_of(last) + len(body.text) - index)
        return file
    start, end = offset_of(body.position), source.end(body.position)
    quote = source.text[start : start + 1]
    if quote != source.text[end - 1 : end] or quote not in ("'", '"'):
        return None
    escapes = _escapes(source.text, start + 1, end - 1, quote)
    file = tree.add(source.path, source.data)
    # Nothing stands for what is around it, not even blanks: the first line is not indented.
    around = (0, start + 1, ""), (end - 1, len(source.text), "")
    file.replace([around[0], *escapes, around[1]])
    return file


def _escapes(text: str, start: int, end: int, quote: str) -> Iterator[tuple[int, int, str]]:
    """The escapes of a quoted text, each with what it stands for."""
    if quote == "'":
        for found in re.compile("''").finditer(text, start, end):
            yield found.start(), found.end(), "'"
        return
    for found in ESCAPE.finditer(text, start, end):
        try:
            yield found.start(), found.end(), json.loads(f'"{found[0]}"')
        except ValueError:  # an escape that only YAML has: none of those is in a template
            continue
