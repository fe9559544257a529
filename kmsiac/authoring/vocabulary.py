"""The words of the rule language as entries: what `kmsiac rules vocabulary` looks up and prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kmsiac.aws.formats import FORMATS
from kmsiac.aws.tables import TABLES
from kmsiac.errors import did_you_mean
from kmsiac.rules.vocabulary import (
    CATEGORIES,
    OPERATORS,
    POLICY_KINDS,
    SEVERITIES,
    TARGETS,
    TEXT_FIELDS,
    load_fields,
)


class Entry(NamedTuple):
    """One word.

    `kind` is target, field, operator, format, table, policy kind, severity or category. `of` is
    the kind of thing that has the field, or what the operator can be asked of. `cost` and
    `source_only` belong to fields.
    """

    kind: str
    name: str
    of: str = ""
    type: str = ""
    meaning: str = ""
    example: str = ""
    cost: str = ""
    source_only: bool = False

    @property
    def full_name(self) -> str:
        """The name, after what has it: `statement.public`."""
        return f"{self.of}.{self.name}" if self.kind == "field" else self.name


def entries() -> list[Entry]:
    """Every word, in the order of the documentation."""
    return [*_targets(), *_fields(), *_operators(), *_named(), *_names()]


def _targets() -> Iterator[Entry]:
    for target in TARGETS.values():
        yield Entry("target", target.name, meaning=target.meaning)


def _fields() -> Iterator[Entry]:
    fields = load_fields()
    for kind in [*TARGETS, *sorted(set(fields) - set(TARGETS))]:
        for field in fields.get(kind, {}).values():
            cost = field.cost.name.lower()
            words = (str(field.type), field.meaning, field.example, cost, field.source_only)
            yield Entry("field", field.name, kind, *words)
    for part in TEXT_FIELDS.values():
        yield Entry("field", part.name, "text", str(part.type), part.meaning, part.example)


def _operators() -> Iterator[Entry]:
    for operator in OPERATORS.values():
        yield Entry("operator", operator.name, operator.of, "", operator.meaning, operator.example)


def _named() -> Iterator[Entry]:
    for named in FORMATS.values():
        yield Entry("format", named.name, meaning=named.meaning, example=named.example)
    for table in TABLES.values():
        takes = "takes `row`" if table.has_rows else ""
        yield Entry("table", table.name, type=takes, meaning=table.meaning)


def _names() -> Iterator[Entry]:
    for name, kinds in POLICY_KINDS.items():
        yield Entry("policy kind", name, meaning=f"in: policies of kind {', '.join(sorted(kinds))}")
    for name in SEVERITIES:
        yield Entry("severity", name)
    for name in CATEGORIES:
        yield Entry("category", name)


def matching(word: str) -> list[Entry]:
    """The entries that a word means: by name, of that thing, else with it in the name or meaning."""
    known = entries()
    wanted = word.strip().lower()
    tests = (
        lambda e: wanted in (e.name.lower(), e.full_name.lower()) or e.of.lower() == wanted,
        lambda e: wanted in e.full_name.lower(),
        lambda e: wanted in e.meaning.lower(),
    )
    for test in tests if wanted else ():
        found = [entry for entry in known if test(entry)]
        if found:
            return found
    return []


def nearest(word: str) -> str:
    """The hint for a word that means nothing."""
    known = entries()
    options = {entry.name for entry in known} | {entry.full_name for entry in known}
    return did_you_mean(word.strip().lower(), options)
