"""The inventory for people: each key with what decides over it, then the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TextIO, cast

from kmsiac.errors import Span
from kmsiac.findings.excerpt import one_line, without_commands
from kmsiac.reporters.terminal import Style
from kmsiac.reporters.wording import where

Entry = Mapping[str, object]

_RELATIONS = (
    "aliases",
    "grants",
    "replicas",
    "primary",
    "consumers",
    "key",
    "grantee",
    "retiring",
    "groups",
    "boundary",
)
"""The relations of an entity that are told, in this order."""


def write(inventory: Mapping[str, object], stream: TextIO, style: Style) -> None:
    """Write a tree of the `inventory` JSON."""
    stream.writelines(without_commands(line) + "\n" for line in _Tree(inventory, style).lines())


class _Tree:
    def __init__(self, inventory: Mapping[str, object], style: Style) -> None:
        self._style = style
        self._inventory = inventory
        self._told: set[int] = set()

    def lines(self) -> Iterator[str]:
        for title in ("keys", "identities", "endpoints"):
            yield from self._section(title, self._entity)
        yield from self._others()
        yield from self._open("unresolved", "could not decide")
        yield from self._open("errors", "not read")
        names = ("keys", "aliases", "policies", "grants", "endpoints", "identities", "consumers")
        counts = [f"{name}: {len(self._entries(name))}" for name in names]
        yield self._style.strong(", ".join(counts))

    def _section(self, title: str, tell: Callable[[Entry], Iterator[str]]) -> Iterator[str]:
        entries = self._entries(title)
        if entries:
            yield self._style.strong(f"{title} ({len(entries)})")
            for entry in entries:
                yield from tell(entry)
            yield ""

    def _entries(self, name: str) -> Sequence[Entry]:
        return cast("Sequence[Entry]", self._inventory.get(name) or ())

    def _entity(self, entry: Entry) -> Iterator[str]:
        maybe = "  (may not exist)" if entry.get("maybe_absent") else ""
        yield f"  {_text(entry['resource'])}  {_text(entry.get('type'))}  {_place(entry)}{maybe}"
        yield from (f"    {line}" for line in _settings(entry))
        for policy in self._policies(entry):
            yield from (f"    {line}" for line in self._policy(policy))
        yield from (f"    {line}" for line in _related(entry, _RELATIONS))

    def _consumer(self, entry: Entry) -> Iterator[str]:
        maybe = "  (may not exist)" if entry.get("maybe_absent") else ""
        what = f"{_text(entry['resource'])}  {_text(entry['type'])}  {_place(entry)}{maybe}"
        yield f"  {what}"
        yield f"    {_text(entry['attribute'])}: {_used(entry)}"

    def _policies(self, entry: Entry) -> Iterator[Entry]:
        """The policies of an entity, and the trust policy or default that stands at itself."""
        named = {
            str(address)
            for name in ("policies", "policies_maybe")
            for address in _list(entry.get(name))
        }
        named.add(str(entry["resource"]))
        managed: set[object] = set()  # each unit has its own entry for a policy of AWS
        for policy in self._entries("policies"):
            if str(policy["resource"]) in named:
                self._told.add(id(policy))
                name = policy.get("aws_managed")
                if name is None or name not in managed:
                    yield policy
                managed.add(name)

    def _policy(self, policy: Entry) -> Iterator[str]:
        what = f"{_text(policy['kind'])} policy"
        origin = "given by AWS where none is written" if policy.get("default_policy") else ""
        if policy.get("aws_managed"):
            origin = f"{_text(policy['aws_managed'])}, managed by AWS (what concerns KMS)"
        origin = origin or f"{_text(policy['resource'])} ({_text(policy['attribute'])})"
        yield f"{what}: {origin}"
        cases = cast("Sequence[Entry]", policy.get("cases") or ())
        if not cases:
            yield from (f"  {line}" for line in _document(policy.get("document")))
        for case in cases:
            yield f"  when {_when(case.get('when'))}"
            yield from (f"    {line}" for line in _document(case.get("document")))
        for unknown in cast("Sequence[Entry]", policy.get("unknown") or ()):
            yield f"  unknown: {_text(unknown['expression'])}: {_text(unknown['reason'])}"

    def _others(self) -> Iterator[str]:
        left = [policy for policy in self._entries("policies") if id(policy) not in self._told]
        if left:
            yield self._style.strong("other policies")
            for policy in left:
                yield from (f"  {line}" for line in self._policy(policy))
            yield ""
        for title in ("grants", "aliases"):
            yield from self._section(title, self._entity)
        yield from self._section("consumers", self._consumer)

    def _open(self, name: str, title: str) -> Iterator[str]:
        entries = self._entries(name)
        if not entries:
            return
        yield self._style.strong(f"{title} ({len(entries)})")
        for entry in entries:
            owner = f"{_text(entry['resource'])}: " if entry.get("resource") else ""
            place = _place(entry)
            told = _text(entry.get("reason") or entry.get("message"))
            yield f"  {place}{'  ' if place else ''}{owner}{told}"
        yield ""


def _related(entry: Entry, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        related = [*_list(entry.get(name)), *_list(entry.get(f"{name}_maybe"))]
        if related:
            yield f"{name}: {', '.join(_text(address) for address in related)}"
    for name in ("policies", "groups", "boundary"):
        for reason in _list(entry.get(f"{name}_open")):
            yield f"{name}, perhaps more: {_text(reason)}"


def _used(entry: Entry) -> str:
    """The key that a consumer uses: its address, else what is written, and why it is not told."""
    certain, possible = _list(entry.get("key")), _list(entry.get("key_maybe"))
    if certain or possible:
        shown = [_text(key) for key in certain] + [f"{_text(key)} (perhaps)" for key in possible]
        return ", ".join(shown)
    settings = entry.get("settings")
    written = _text(settings.get("key_id")) if isinstance(settings, Mapping) else ""
    reasons = "; ".join(_text(reason) for reason in _list(entry.get("key_open")))
    return reasons or written


def _document(document: object) -> Iterator[str]:
    if not isinstance(document, Mapping):
        yield "cannot be told"
        return
    statements = document.get("Statement")
    for statement in _list(statements) if isinstance(statements, list) else [statements]:
        if isinstance(statement, Mapping):
            yield _statement(statement)
        elif statement is not None:
            yield _text(statement)


def _statement(statement: Entry) -> str:
    sid = f" [{_text(statement['Sid'])}]" if statement.get("Sid") else ""
    words = [f"{_text(statement.get('Effect'))}{sid}"]
    for name, before in (
        ("Principal", "to"), ("NotPrincipal", "to all but"), ("Action", "may"),
        ("NotAction", "may all but"), ("Resource", "on"), ("NotResource", "on all but"),
    ):  # fmt: skip
        if name in statement:
            words.append(f"{before} {_values(statement[name])}")
    if statement.get("Condition"):
        words.append(f"if {_compact(statement['Condition'])}")
    return " ".join(words)


def _values(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_text(kind)} {_values(inner)}" for kind, inner in value.items())
    shown = [_text(item) for item in (value if isinstance(value, list) else [value])]
    if len(shown) > 6:
        shown = [*shown[:6], f"and {len(shown) - 6} more"]
    return ", ".join(shown)


def _settings(entry: Entry) -> Iterator[str]:
    if isinstance(entry.get("settings"), Mapping):
        yield from _one(cast("Entry", entry["settings"]))
    for case in cast("Sequence[Entry]", entry.get("cases") or ()):
        yield f"when {_when(case.get('when'))}"
        yield from (f"  {line}" for line in _one(cast("Entry", case.get("settings") or {})))


def _one(settings: Entry) -> Iterator[str]:
    told = {name: value for name, value in settings.items() if value not in (None, "", [], {})}
    if told:
        yield ", ".join(f"{name} {_compact(value)}" for name, value in told.items())


def _when(when: object) -> str:
    cases = [
        " and ".join(f"{_text(c['condition'])} is {_compact(c['value'])}" for c in _list(case))
        for case in _list(when)
    ]
    return " or ".join(cases) or "anything else"


def _compact(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    return one_line(json.dumps(value, ensure_ascii=False, default=str), 160)


def _list(value: object) -> list[Entry]:
    return cast("list[Entry]", value) if isinstance(value, list) else []


def _text(value: object) -> str:
    return one_line("" if value is None else str(value), 160)


def _place(entry: Entry) -> str:
    location = entry.get("location")
    if not isinstance(location, Mapping):
        return ""
    ends = (location["line"], location["column"], location["end_line"], location["end_column"])
    return where(Span(location["path"], *ends, location.get("pointer", "")))
