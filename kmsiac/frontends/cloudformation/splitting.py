"""`Fn::Split` over texts with symbols: an ARN is cut by its shape, what may hold the delimiter not."""

from __future__ import annotations

from collections.abc import Sequence

from kmsiac.values import Part, Symbol, Unknown

_PLAIN_TYPES = frozenset({"partition", "region", "revision", "uuid"})


def split_text(
    parts: Sequence[Part], delimiter: str
) -> tuple[list[list[Part]], Symbol | Unknown | None]:
    """The pieces between delimiters, and None; or, where a part may hold a delimiter of its own,
    the pieces that are complete before it, and that part.
    """
    pieces: list[list[Part]] = [[]]
    pending = list(reversed(parts))
    while pending:
        part = pending.pop()
        if isinstance(part, Unknown):
            return pieces[:-1], part
        if isinstance(part, Symbol):
            if part.shape is not None and _in_literals(part.shape.parts, delimiter):
                pending.extend(reversed(part.shape.parts))
            elif _may_hold(part, delimiter):
                return pieces[:-1], part
            else:
                pieces[-1].append(part)
            continue
        first, *rest = part.split(delimiter)
        pieces[-1].append(first)
        pieces.extend([piece] for piece in rest)
    return pieces, None


def _in_literals(parts: Sequence[Part], delimiter: str) -> bool:
    return any(isinstance(part, str) and delimiter in part for part in parts)


def _may_hold(symbol: Symbol, delimiter: str) -> bool:
    """Whether the text of a symbol could have the delimiter in it."""
    if symbol.type == "account_id":
        return all(char.isdigit() for char in delimiter)
    if symbol.type in _PLAIN_TYPES or symbol.type.endswith("_id"):
        return all(char.isalnum() or char == "-" for char in delimiter)
    if symbol.type == "stack_name":
        return all(char.isalnum() or char == "-" for char in delimiter)
    if symbol.type == "dns_suffix":
        return all(char.isalnum() or char in "-." for char in delimiter)
    if symbol.type.endswith("_name"):
        return ":" not in delimiter and "/" not in delimiter
    return True
