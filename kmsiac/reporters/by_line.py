"""JSON of many entries, each on a line of its own: short to diff, and quick to write.

`json.dumps` with an indent does not use the C encoder; for thousands of results that is seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from kmsiac.reporters.json_report import without_commands

_encode = json.JSONEncoder(separators=(", ", ": ")).encode
_BROKEN_LISTS = 4


def dumps_by_line(value: Mapping[str, object] | list[object]) -> str:
    """The JSON text of an object, or of a list of objects. Pure ASCII."""
    return without_commands("".join(_pieces(value, 0))) + "\n"


def _pieces(value: object, depth: int) -> Iterator[str]:
    """Objects and lists of objects over several lines, but the objects of a list on one each."""
    margin = "\n" + " " * (depth + 1)
    if isinstance(value, Mapping) and value:
        yield "{"
        for at, (name, inner) in enumerate(value.items()):
            yield f"{',' if at else ''}{margin}{_encode(name)}: "
            yield from _pieces(inner, depth + 1)
        yield margin[:-1] + "}"
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield "["
        for at, inner in enumerate(value):
            yield f"{',' if at else ''}{margin}"
            broken = len(value) == 1 and 0 < depth < _BROKEN_LISTS
            yield from _pieces(inner, depth + 1) if broken else (_encode(inner),)
        yield margin[:-1] + "]"
    else:
        yield _encode(value)
