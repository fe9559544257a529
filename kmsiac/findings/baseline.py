"""The baseline: a file of the findings that a team knows of, by fingerprint.

One line for each, sorted by what people look for; no line numbers, which would change with every
edit. It is read under the same budgets as everything that may come from a pull request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from kmsiac.errors import ConfigError, KmsiacError, SourceError, Span, did_you_mean, whole_file
from kmsiac.findings.excerpt import one_line
from kmsiac.findings.finding import SEVERITIES
from kmsiac.findings.ignore_words import raise_all
from kmsiac.findings.sightings import Seen, Sighting, cover
from kmsiac.reading.budget import Budget
from kmsiac.reading.json_reader import read_json
from kmsiac.reading.nodes import Mapping, Node, Scalar
from kmsiac.reading.nodes import Sequence as Listed
from kmsiac.reading.source import SourceFile

VERSION = 1

_MAX_BYTES = 64 * 1024 * 1024
_BUDGET = Budget(depth=8, nodes=4_000_000)
_KEYS = ("version", "findings")
_FORMS = {
    "fingerprint": re.compile("[0-9a-f]{32}"),
    "content": re.compile("[0-9a-f]{16}"),
    "severity": re.compile("|".join(SEVERITIES)),
}
_CREATE = "kmsiac baseline create writes one"


class Baseline(NamedTuple):
    """The entries of a baseline file with their places."""

    entries: tuple[Sighting, ...]
    places: tuple[Span, ...]


def read_baseline(path: Path, name: str) -> Baseline:
    """Read a baseline file; `name` is what messages call it. Raises `ConfigError`s."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        told = "there is no such baseline" if missing else f"cannot be read: {error.strerror}"
        raise ConfigError(told, whole_file(name), _CREATE if missing else "") from None
    if len(data) > _MAX_BYTES:
        raise ConfigError(f"a baseline of over {_MAX_BYTES:,} bytes", whole_file(name))
    file = SourceFile(1, name, data)
    try:
        root = read_json(file, _BUDGET)
    except SourceError as error:
        raise ConfigError(error.message, error.span, error.hint) from None
    reader = _Reader(file)
    baseline = reader.baseline(root)
    raise_all(reader.errors)
    return baseline


def written(entries: Iterable[Sighting]) -> str:
    """The text of a baseline file: the same entries give the same text."""
    lines = [json.dumps(entry._asdict()) for entry in sorted(entries)]
    listed = "".join(f"\n    {line}{',' if line is not lines[-1] else ''}" for line in lines)
    return f'{{\n  "version": {VERSION},\n  "findings": [{listed}{chr(10) + "  " if lines else ""}]\n}}\n'


class _Reader:
    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self.errors: list[KmsiacError] = []

    def baseline(self, root: Node) -> Baseline:
        """The entries; what is wrong is in `errors`."""
        fields = self._fields(root, _KEYS, "a baseline")
        version, listed = fields.get("version"), fields.get("findings")
        if version is not None and not (isinstance(version, Scalar) and version.text == "1"):
            hint = "kmsiac baseline create writes version 1"
            self._error("this version of a baseline is not known", version, hint)
        if listed is not None and not isinstance(listed, Listed):
            self._error("findings is no list", listed)
        if self.errors or not isinstance(listed, Listed):
            return Baseline((), ())
        entries = [(self._entry(node), node) for node in listed.items]
        kept = [(entry, self._file.span(node.position)) for entry, node in entries if entry]
        return Baseline(tuple(entry for entry, _ in kept), tuple(place for _, place in kept))

    def _entry(self, node: Node) -> Sighting | None:
        fields = self._fields(node, Sighting._fields, "an entry of a baseline")
        texts: dict[str, str] = {}
        for name, value in fields.items():
            if not isinstance(value, Scalar) or value.kind != "text":
                self._error(f"{name} is no text", value)
            elif name in _FORMS and _FORMS[name].fullmatch(value.text) is None:
                self._error(f"this is no {name}", value, _CREATE)
            else:
                texts[name] = value.text
        return Sighting(**texts) if texts.keys() == set(Sighting._fields) else None

    def _fields(self, node: Node, known: Sequence[str], what: str) -> dict[str, Node]:
        if not isinstance(node, Mapping):
            self._error(f"{what} is a map", node, _CREATE)
            return {}
        found: dict[str, Node] = {}
        for key, value in node.entries:
            name = key.text if isinstance(key, Scalar) else ""
            if name not in known:
                hint = did_you_mean(name[:80], known)
                self._error(f'{what} has no "{one_line(name, 60)}"', key, hint)
            elif name in found:
                self._error(f'"{name}" is there twice', key)
            found[name] = value
        missing = [name for name in known if name not in found]
        if missing:
            self._error(f"{what} needs {', '.join(missing)}", node, _CREATE)
        return {name: value for name, value in found.items() if name in known}

    def _error(self, message: str, node: Node, hint: str = "") -> None:
        self.errors.append(ConfigError(message, self._file.span(node.position), hint))


class Judgement(NamedTuple):
    """What can be said of entries that cover nothing: the `units` and rules that were looked at,
    and whether there still is something at a unit's path.
    """

    units: frozenset[str]
    rules: frozenset[str]
    there: Callable[[str], bool]

    def is_stale(self, entry: Sighting) -> bool:
        """Whether an entry that covers nothing never will: its rule ran where it was, or nothing
        is there any more.
        """
        looked_at = entry.unit in self.units or not self.there(entry.unit)
        return looked_at and entry.rule in self.rules


class Pruned(NamedTuple):
    """A baseline without what no longer matches: what stays, and how many went or moved."""

    entries: tuple[Sighting, ...]
    dropped: int
    moved: int


def prune(
    entries: Sequence[Sighting], seen: Sequence[Seen], judgement: Judgement, follow_moves: bool
) -> Pruned:
    """Drop the entries that no longer match anything; never add one.

    With `follow_moves` an entry whose finding is at another address now is rewritten: where one
    finding and one entry are left with the same rule, statement and value.
    """
    covered = cover(entries, seen, judgement.units)
    stale = [number for number in sorted(covered.idle) if judgement.is_stale(entries[number])]
    moves: dict[int, Sighting] = {}
    if follow_moves:
        new = [one.sighting for index, one in enumerate(seen) if index not in covered.seen]
        moves = _moves([(number, entries[number]) for number in stale], new)
    kept = [
        moves.get(number, entry)
        for number, entry in enumerate(entries)
        if number in moves or number not in stale
    ]
    return Pruned(tuple(kept), len(stale) - len(moves), len(moves))


def _moves(stale: Iterable[tuple[int, Sighting]], new: Iterable[Sighting]) -> dict[int, Sighting]:
    before: dict[tuple[str, str], list[int]] = {}
    after: dict[tuple[str, str], list[Sighting]] = {}
    for number, entry in stale:
        before.setdefault((entry.rule, entry.content), []).append(number)
    for sighting in new:
        after.setdefault((sighting.rule, sighting.content), []).append(sighting)
    return {
        numbers[0]: after[key][0]
        for key, numbers in before.items()
        if len(numbers) == 1 and len(after.get(key, ())) == 1
    }
