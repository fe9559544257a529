"""What could not be decided, for people: the causes, and what keeps most open first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kmsiac.findings.excerpt import one_line
from kmsiac.findings.finding import Unresolved
from kmsiac.reporters.terminal import Style
from kmsiac.reporters.wording import many, open_text, where

_MAX_UNRESOLVED = 10
_MAX_SOURCES = 5
_MAX_RULES = 5
_MIN_ABSENT = 3
_NOT_HERE = re.compile(
    r"module source (.*) is not in the scanned tree(?:: run `terraform init` before the scan)?",
    re.DOTALL,
)


def open_ends(entries: Sequence[Unresolved], verbose: bool, style: Style) -> Iterator[str]:
    """What could not be decided: the causes, all of them where more was asked for."""
    if not entries:
        return
    absent = [] if verbose else [entry for entry in entries if _NOT_HERE.fullmatch(entry.reason)]
    if len(absent) < _MIN_ABSENT:
        absent = []
    others = [entry for entry in entries if entry not in absent] if absent else entries
    whole = verbose or len(others) <= _MAX_UNRESOLVED
    lines = [_open(entry, verbose) for entry in others] if whole else _by_cause(others)
    shown = lines if whole else lines[:_MAX_UNRESOLVED]
    yield style.strong(f"could not decide ({len(entries)}):")
    for line in shown:
        yield f"  {line}"
    if len(shown) < len(lines):
        yield f"  ... and {len(lines) - len(shown)} more (-v shows all)"
    if absent:
        yield f"  {_modules(absent)}"
    if any(map(_waits_for_apply, entries)):
        yield "  what a plan does not know, its code may say: --source-dir DIR, the folder it was made of"
    yield ""


def _waits_for_apply(entry: Unresolved) -> bool:
    """Whether it is a policy, or a part of one, that a plan leaves open."""
    planned = entry.location is not None and entry.location.pointer.startswith("/resource_changes")
    return planned and "known after apply" in entry.reason


def _modules(absent: Sequence[Unresolved]) -> str:
    """The module calls whose sources are not there, on one line: the sources, each once."""
    sources = list(dict.fromkeys(_NOT_HERE.sub(r"\1", entry.reason) for entry in absent))
    names = ", ".join(one_line(source, 100) for source in sources[:_MAX_SOURCES])
    more = f" and {len(sources) - _MAX_SOURCES} more" if len(sources) > _MAX_SOURCES else ""
    told = f"{len(absent)} module calls have sources that are not in the scanned tree"
    return f"{told}, run `terraform init` before the scan: {names}{more} (-v shows all)"


def _by_cause(entries: Sequence[Unresolved]) -> list[str]:
    """What keeps rules open first, then what was not read, the most frequent cause first.

    The same rules open at the same place (a module of several root modules) are one line, and so
    are the places that the same expression keeps open.
    """
    places: dict[object, list[Unresolved]] = {}
    causes: dict[object, list[Unresolved]] = {}
    for entry in entries:
        if not entry.rules:
            causes.setdefault(entry.reason, []).append(entry)
        elif entry.location is None:
            places[id(entry)] = [entry]
        else:
            key = where(entry.location), entry.attribute, entry.rules
            places.setdefault(key, []).append(entry)
    gaps = sorted(causes.values(), key=len, reverse=True)
    return [*map(_blamed, _by_expression(places.values())), *map(_alike, gaps)]


_Cause = tuple[tuple[str, str], ...]
"""Expressions that are to blame, each with the reason."""


def _by_expression(places: Iterable[list[Unresolved]]) -> list[list[list[Unresolved]]]:
    """The entries of each place, together with other places that the same expressions keep open.

    A place that several expressions keep open goes to the first of them if each has a line of its
    own: otherwise one would be told nowhere.
    """
    by_cause: dict[object, list[list[Unresolved]]] = {}
    several: list[tuple[_Cause, list[Unresolved]]] = []
    for entries in places:
        cause = tuple((blamed.expression, blamed.reason) for blamed in entries[0].blame)
        if len(cause) > 1:
            several.append((cause, entries))
        else:
            by_cause.setdefault(cause or id(entries), []).append(entries)
    alone = set(by_cause)
    for cause, entries in several:
        told = all((one,) in alone for one in cause)
        by_cause.setdefault(cause[:1] if told else cause, []).append(entries)
    return list(by_cause.values())


def _blamed(places: Sequence[Sequence[Unresolved]]) -> str:
    """One line for all places that the same expressions keep open: the first, with all rules."""
    if len(places) == 1:
        return _alike(places[0])
    entries = [entry for place in places for entry in place]
    rules = {rule for entry in entries for rule in entry.rules}
    told = _open(replace(entries[0], rules=tuple(sorted(rules))))
    spans = [entry.location for entry in entries if entry.location is not None]
    files = len({span.path for span in spans})
    more = len({where(span) for span in spans}) - 1
    if not more:
        return told
    return f"{told} (and {many(more, 'more place')}{f' in {files} files' if files > 1 else ''})"


def _alike(entries: Sequence[Unresolved]) -> str:
    more = f" (and {len(entries) - 1} more like it)" if len(entries) > 1 else ""
    return _open(entries[0]) + more


def _open(entry: Unresolved, verbose: bool = False) -> str:
    place = f"{where(entry.location)}  " if entry.location else ""
    return f"{place}{open_text(entry, None if verbose else _MAX_RULES)}"
