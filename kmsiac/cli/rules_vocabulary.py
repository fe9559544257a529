"""What `kmsiac rules vocabulary` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby

from kmsiac.authoring.vocabulary import Entry, entries, matching, nearest
from kmsiac.errors import UsageError

_HEADINGS = {
    "target": "Targets",
    "operator": "Operators",
    "format": "Formats",
    "table": "Tables",
    "policy kind": "Kinds of policy (in)",
    "severity": "Severities, from least to worst",
    "category": "Categories",
}


def vocabulary(word: str | None, as_json: bool) -> str:
    """The whole vocabulary, or what a word of it means. Raises `UsageError` for no such word."""
    found = entries() if word is None else matching(word)
    if not found:
        hint = nearest(word or "") or "`kmsiac rules vocabulary` shows every word"
        raise UsageError(f'"{word}" is no word of the rule language', hint=hint)
    if as_json:
        listed = [entry._asdict() for entry in found]
        return json.dumps({"schema_version": 1, "vocabulary": listed}, indent=2) + "\n"
    lines = _table(found) if word is None else _details(found)
    return "\n".join(lines).rstrip() + "\n"


def _table(found: list[Entry]) -> Iterator[str]:
    for heading, group in groupby(found, key=_heading):
        members = list(group)
        yield heading
        name = max(len(entry.name) for entry in members)
        kind = max(len(_short(entry)) for entry in members)
        for entry in members:
            line = f"  {entry.name.ljust(name)}  {_short(entry).ljust(kind)}  {entry.meaning}"
            yield line.rstrip()
        yield ""


def _heading(entry: Entry) -> str:
    return f"Fields of {entry.of}" if entry.kind == "field" else _HEADINGS[entry.kind]


def _short(entry: Entry) -> str:
    """Type or scope in one cell; a list of names would push the meaning out of sight."""
    if entry.kind == "operator":
        return entry.of
    before, names, _ = entry.type.partition("one of ")
    return f"{before}name" if names else before


def _details(found: list[Entry]) -> Iterator[str]:
    for entry in found:
        facts = [entry.kind, *(fact for fact in (entry.type, entry.cost) if fact)]
        if entry.kind == "operator":
            facts = [f"operator of {entry.of}"]
        if entry.source_only:
            facts.append("not in plans")
        yield f"{entry.full_name} ({'; '.join(facts)})"
        if entry.meaning:
            yield f"  {entry.meaning}"
        if entry.example:
            yield f"  example: {entry.example}"
        yield ""
