"""`docs/json.md`: the JSON of `scan` and `inventory`, from their schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from kmsiac.authoring.markdown import GENERATED, cell, code, table

Shape = Mapping[str, Any]

_INTRODUCTION = """\
`kmsiac scan -f json` and `kmsiac inventory -f json` write these shapes. `schema_version` is 1: within
it members may be added, none is renamed or removed. Lines and columns count from 1, columns count
characters; a place that means a whole file has 0. The text is ASCII, in the same order and with the
same bytes for the same input, without times or absolute paths.

The same as JSON Schema (draft 2020-12): `kmsiac schema scan`, `kmsiac schema inventory`. `can`,
`who-can` and `principal-can` have a `-f json`, too, which names its members as they are used here.
"""


def schema_page() -> str:
    """The text of the page."""
    lines = [GENERATED, "", "# JSON reports", "", _INTRODUCTION]
    for name in ("scan", "inventory"):
        file = files("kmsiac") / "schemas" / f"{name}-1.schema.json"
        schema = json.loads(file.read_text(encoding="utf-8"))
        lines += [f"## {name}", "", *_members(schema)]
        for part, shape in schema["$defs"].items():
            if "properties" in shape:
                about = shape.get("description", "")
                lines += [f"### {name}: {part}", "", *([about, ""] if about else [])]
                lines += _members(shape)
            else:
                lines += [
                    f"### {name}: {part}",
                    "",
                    f"{_type(shape)}. {_meaning(shape)}".strip(),
                    "",
                ]
    return "\n".join(lines).rstrip() + "\n"


def _members(shape: Shape) -> list[str]:
    rows = [
        (code(name), cell(_type(inner)), "" if sure else "may be absent", cell(_meaning(inner)))
        for name, inner, sure in _flat(shape)
    ]
    return table(("member", "type", "", "what it holds"), rows)


def _flat(shape: Shape) -> Iterator[tuple[str, Shape, bool]]:
    """The members, each followed by the members of what it holds (`a.b`, `a[].b`), and whether
    they are always there.
    """
    required = shape.get("required", ())
    for name, inner in shape.get("properties", {}).items():
        yield name, inner, name in required
        held, mark = inner, ""
        while "items" in held:
            held, mark = held["items"], f"{mark}[]"
        for below, member, sure in _flat(held):
            yield f"{name}{mark}.{below}", member, sure
    for pattern, inner in shape.get("patternProperties", {}).items():
        yield pattern, inner, False


def _type(shape: Shape) -> str:
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "anyOf" in shape:
        return " or ".join(_type(one) for one in shape["anyOf"])
    if "const" in shape:
        return code(json.dumps(shape["const"]))
    if "enum" in shape:
        return ", ".join(code(str(one)) for one in shape["enum"])
    if "items" in shape:
        return f"list of {_type(shape['items'])}"
    kind = shape.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _meaning(shape: Shape) -> str:
    return str(shape.get("description", ""))
