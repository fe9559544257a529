"""One example through the real pipeline: a folder, discovery, front end, inventory, rules.

The inventory is built once; rules and their mutants run on it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kmsiac.access.trust import Trusted
from kmsiac.authoring.example import Example
from kmsiac.errors import KmsiacError
from kmsiac.frontends.discover import discover
from kmsiac.frontends.load import load_unit
from kmsiac.inventory.build import build
from kmsiac.inventory.model import Inventory
from kmsiac.reading.tree import SourceTree
from kmsiac.rules.engine import run
from kmsiac.rules.match import Match
from kmsiac.rules.model import RuleSet
from kmsiac.values import Verdict


class Said(NamedTuple):
    """What a rule says of an example: the findings, and the messages of what stayed open."""

    findings: tuple[tuple[int, str], ...]
    """Line and severity of each."""
    messages: tuple[str, ...]
    open: tuple[str, ...]


class Prepared:
    """An example that has been read. `errors` are what could not be read of it."""

    def __init__(self, example: Example) -> None:
        self.example = example
        self.errors: list[KmsiacError] = []
        self.inventories: list[Inventory] = []
        with tempfile.TemporaryDirectory(prefix="kmsiac-") as folder:
            root = Path(folder)
            (root / _file_name(example)).write_text(example.text, encoding="utf-8")
            self.tree = SourceTree(root)
            self._read(root)

    def _read(self, root: Path) -> None:
        inputs = self.example.inputs
        found = discover(self.tree, [root], None, inputs)
        self.errors += found.errors
        for unit in found.units:
            try:
                inventory = build(load_unit(unit, self.tree, inputs))
            except KmsiacError as error:
                self.errors.append(error)
                continue
            self.errors += inventory.errors
            self.inventories.append(inventory)

    def matches(self, rules: RuleSet) -> list[Match]:
        """What the rules say of the example."""
        trusted = Trusted(self.example.trusted_accounts)
        return [match for one in self.inventories for match in run(rules, one, trusted)]

    def ask(self, rules: RuleSet) -> Said:
        """What the example's own rule says, in the company of the others."""
        own = [match for match in self.matches(rules) if match.rule == self.example.rule]
        return Said(
            tuple(sorted((self.line(m), m.severity) for m in own if _counts(m))),
            tuple(match.message for match in own if _counts(match)),
            tuple(match.message for match in own if not _counts(match)),
        )

    def line(self, match: Match) -> int:
        """The line that a match points at; 0 where it has no place."""
        span = self.tree.span(match.position)
        return span.line if span is not None else 0


def _counts(match: Match) -> bool:
    return match.verdict is Verdict.YES or match.flag


def _file_name(example: Example) -> str:
    if example.framework == "terraform":
        return "main.tf"
    return "template.json" if example.text.lstrip().startswith("{") else "template.yaml"


def with_those_it_yields_to(rules: RuleSet, rule: str) -> RuleSet:
    """A rule, and the rules that can silence it."""
    found = rules.rules[rule]
    return rules.only(lambda other: other.id == rule or other.id in found.yields_to)


def prepare(examples: Sequence[Example]) -> list[Prepared]:
    """Each example read, once."""
    return [Prepared(example) for example in examples]
