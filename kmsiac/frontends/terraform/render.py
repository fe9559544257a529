"""Templates to Text: literal stretches keep their source offsets, directives are carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    refused,
    to_bool,
    to_text,
)
from kmsiac.frontends.terraform.iterate import pairs
from kmsiac.frontends.terraform.nodes import Directive, Node, Stretch, TemplatePart
from kmsiac.frontends.terraform.symbolic import Invalid, as_choice, combine, marked
from kmsiac.reading.source import offset_of
from kmsiac.values import Absent, List, Part, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Frame

_MAX_TEXT = 1_000_000
_PART = 64
"""How many characters a part that is not literal counts for."""


def render(node: Node, parts: Sequence[TemplatePart], frame: Frame) -> Value:
    """The text of a template, a Choice of texts, or an error."""
    pieces = [_piece(part, node, frame) for part in parts]
    values = [piece for piece in pieces if isinstance(piece, Value)]
    for value in values:
        if isinstance(value, Invalid):
            return value

    def join(case: list[Value]) -> Value:
        known = iter(case)
        filled = [piece if isinstance(piece, Stretch) else next(known) for piece in pieces]
        return _join(filled, node, parts, frame)

    return combine(values, join)


def _piece(part: TemplatePart, node: Node, frame: Frame) -> Stretch | Value:
    if isinstance(part, Stretch):
        return part
    if isinstance(part, Node):
        return frame.evaluate(part)
    subject = frame.evaluate(part.subject)
    if not part.names:
        made = combine([subject], lambda case: _if(part, case[0], node, frame))
    else:
        made = combine([subject], lambda case: _for(part, case[0], node, frame))
    return marked(made, subject.sensitive)


def _if(part: Directive, condition: Value, node: Node, frame: Frame) -> Value:
    if isinstance(condition, Invalid):
        return condition
    try:
        kept = to_bool(condition)
    except Undetermined as problem:
        unknown = condition if isinstance(condition, Unknown) else None
        question = unknown or frame.unknown(part.subject, problem.reason)
        return combine([as_choice(question)], lambda case: _if(part, case[0], node, frame))
    return render(node, part.parts if kept else part.otherwise, frame)


def _for(part: Directive, collection: Value, node: Node, frame: Frame) -> Value:
    if isinstance(collection, Invalid):
        return collection
    rest = collection.open if isinstance(collection, List) else None
    if rest is not None:
        return frame.unknown(part.subject, rest.reason)
    pieces: list[Value] = []
    try:
        for at, (key, item) in enumerate(pairs(collection)):
            values = (key, item) if len(part.names) == 2 else (item,)
            inner = frame.nested(dict(zip(part.names, values, strict=True)), f" (item {at + 1})")
            pieces.append(render(node, part.parts, inner))
    except Undetermined as problem:
        return frame.unknown(part.subject, problem.reason)
    return combine(pieces, lambda case: _join(case, node, (), frame)) if pieces else Text(())


def _join(
    pieces: Sequence[Stretch | Value], node: Node, parts: Sequence[TemplatePart], frame: Frame
) -> Value:
    out: list[Part] = []
    origin: list[tuple[int, int]] = []
    index, size, sensitive = 0, 0, False
    for at, piece in enumerate(pieces):
        if isinstance(piece, Stretch):
            origin.append((index, piece.position))
            out.append(piece.text)
            index += len(piece.text)
            size += len(piece.text)
            continue
        if isinstance(piece, Absent):
            return piece
        try:
            inner = to_text(piece)
        except CallError:
            raise refused(piece, "a string") from None
        sensitive = sensitive or piece.sensitive
        source = parts[at] if at < len(parts) else None
        place = source.position if isinstance(source, Node) else piece.position
        origin.extend(_origin(inner, index, place, frame))
        for part in inner.parts:
            index += len(part) if isinstance(part, str) else 1
            size += len(part) if isinstance(part, str) else _PART
        out.extend(inner.parts)
    frame.context.budget.spend(size >> 6)
    if size > _MAX_TEXT:
        return frame.unknown(node, f"text of more than {_MAX_TEXT:,} characters")
    return Text(out, node.position, sensitive, tuple(origin))


def _origin(inner: Text, index: int, place: int, frame: Frame) -> list[tuple[int, int]]:
    """The breakpoints of an interpolated text: its own, those of a quoted literal, or the `${}`."""
    if inner.origin:
        return [(index + start, position) for start, position in inner.origin]
    literal = inner.literal
    file = frame.context.tree.file(inner.position)
    if literal and file is not None and not file.has_paths:
        offset = offset_of(inner.position)
        if file.text.startswith('"' + literal, offset):
            return [(index, inner.position + 1)]
    return [(index, place)]
