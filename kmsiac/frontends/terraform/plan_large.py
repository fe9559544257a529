"""The JSON of a plan in memory: all of a small one, of a large one only what is looked at.

A plan has every resource four times (`planned_values`, `before`, `after`, `configuration`), and most
resources have nothing to do with keys. Of these stay the names, and what of them is unknown.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from sys import intern
from typing import NamedTuple

from kmsiac.aws.policy_sites import sink_attributes
from kmsiac.frontends.terraform.attributes import SINKS
from kmsiac.frontends.terraform.plan_model import JsonMap, has_true, mapping
from kmsiac.reading.json_reader import each_once, load_json
from kmsiac.reading.json_sections import Extent, items, sections
from kmsiac.reading.sniff import encoding_of
from kmsiac.reading.source import SourceFile

LARGE = 8 * 1024 * 1024
"""From this size on a plan is read by its sections."""

_WANTED = frozenset(
    {"format_version", "terraform_version", "variables", "errored", "complete", "deferred_changes",
     "configuration", "prior_state"}
)  # fmt: skip
_OF_ENTRY = (
    "address",
    "module_address",
    "mode",
    "type",
    "name",
    "provider_config_key",
    "depends_on",
)
_OF_CHANGE = ("actions", "after", "after_unknown", "after_sensitive")
_NAMES = frozenset({"arn", "bucket", "id", "name", "path", "region"})
"""What shapes of symbols are made of."""


class Loaded(NamedTuple):
    """A plan as plain values, whether all of it, and keys that an object of it has twice."""

    document: JsonMap
    whole: bool
    repeated: dict[str, None]


def load_plan(file: SourceFile) -> Loaded:
    """The plan as plain values.

    Of a large one its items keep their places; only what nobody asks for is missing. Raises
    `SourceError` for text that is no JSON.
    """
    repeated: dict[str, None] = {}
    if len(file.data) >= LARGE and file.as_read and encoding_of(file.data) == ("utf-8", 0):
        found = _by_sections(file.data, repeated)
        if found is not None:
            return Loaded(found, False, repeated)
    return Loaded(mapping(load_json(file, repeated), "the file"), True, repeated)


def _by_sections(data: bytes, repeated: dict[str, None]) -> JsonMap | None:
    """None where something is not as Terraform writes it: then reading all of it says what."""
    places = sections(data)
    if places is None or "resource_changes" not in places:
        return None
    try:
        found: JsonMap = {
            name: _decoded(data, place) for name, place in places.items() if name in _WANTED
        }
        changes = places["resource_changes"]
        found["resource_changes"] = [
            _change(data, place, repeated) for place in items(data, changes)
        ]
    except (ValueError, ArithmeticError, RecursionError):
        return None
    return found


def _decoded(data: bytes, place: Extent) -> object:
    text = data[place[0] : place[1]]
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_hook=_slim)


def _refuse(name: str) -> object:
    raise ValueError(name)


def _change(data: bytes, place: Extent, repeated: dict[str, None]) -> object:
    text = data[place[0] : place[1]]
    entry = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    change = entry.get("change") if isinstance(entry, dict) else None
    type_ = entry.get("type") if isinstance(change, dict) else None
    if not isinstance(change, dict) or not isinstance(type_, str) or entry.get("mode") == "data":
        return entry
    if type_ in SINKS:
        json.loads(text, object_pairs_hook=each_once(repeated))
        for name in ("before", "before_sensitive"):
            change.pop(name, None)
        return _interned(entry)
    slim: JsonMap = {name: change[name] for name in _OF_CHANGE if name in change}
    wanted = _wanted(type_)
    for name in ("after", "after_sensitive"):
        values = slim.get(name)
        if isinstance(values, dict):
            slim[name] = {intern(n): _interned(v) for n, v in values.items() if n in wanted}
    unknown = slim.get("after_unknown")
    if isinstance(unknown, dict):
        # Whether an attribute is known is asked of any; where in it, only of what is wanted.
        slim["after_unknown"] = {
            intern(n): _interned(marks) if n in wanted else True
            for n, marks in unknown.items()
            if has_true(marks)
        }
    kept: JsonMap = {name: entry[name] for name in _OF_ENTRY if name in entry}
    kept["type"] = intern(type_)
    kept["change"] = slim
    return kept


def _slim(entry: JsonMap) -> JsonMap:
    """An object on its way up: resources that hold nothing of ours lose what is in them."""
    type_ = entry.get("type")
    if not isinstance(type_, str) or "mode" not in entry or "address" not in entry:
        return entry
    if type_ in SINKS or entry["mode"] == "data":
        return entry
    wanted = _wanted(type_)
    kept: JsonMap = {name: entry[name] for name in _OF_ENTRY if name in entry}
    for part in ("values", "expressions"):
        members = entry.get(part)
        if isinstance(members, dict):
            kept[part] = {n: member for n, member in members.items() if n in wanted}
    kept["type"] = intern(type_)
    return kept


@cache
def _wanted(type_: str) -> frozenset[str]:
    """The attributes that stay of a resource that is no sink: what a key or a symbol is told by."""
    return sink_attributes(type_) | _NAMES


def _interned(value: object) -> object:
    """The same with one copy of each member's name, which recur in every resource."""
    if isinstance(value, dict):
        return {intern(name): _interned(member) for name, member in value.items()}
    if isinstance(value, list) and value:
        return [_interned(member) for member in value]
    return value
