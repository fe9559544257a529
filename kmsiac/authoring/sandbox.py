"""One example through the real pipeline: a folder, discovery, front end, inventory, rules.

The inventory is built once; rules and their mutants run on it.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
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
from kmsiac.rules.engine import runner
from kmsiac.rules.match import Match
from kmsiac.rules.model import RuleSet
from kmsiac.stack import Stack
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
        self.stacks: list[Stack] = []
        self.inventories: list[Inventory] = []
        self._runners: list[Callable[[RuleSet], list[Match]]] | None = None
        root = _folder(_file_name(example))
        (root / _file_name(example)).write_text(example.text, encoding="utf-8")
        self.tree = SourceTree(root)
        self._read(root)

    def _read(self, root: Path) -> None:
        inputs = self.example.inputs
        found = discover(self.tree, [root], None, inputs)
        self.errors += found.errors
        for unit in found.units:
            try:
                stack = load_unit(unit, self.tree, inputs)
                inventory = build(stack)
            except KmsiacError as error:
                self.errors.append(error)
                continue
            self.errors += inventory.errors
            self.stacks.append(stack)
            self.inventories.append(inventory)

    def matches(self, rules: RuleSet) -> list[Match]:
        """What the rules say of the example."""
        if self._runners is None:
            trusted = Trusted(self.example.trusted_accounts)
            # Mutants of a rule ask the same fields again: they share the answers.
            self._runners = [runner(one, trusted) for one in self.inventories]
        return [match for run in self._runners for match in run(rules)]

    def own(self, rules: RuleSet) -> list[Match]:
        """What the example's own rule says, in the company of the others."""
        return [match for match in self.matches(rules) if match.rule == self.example.rule]

    def ask(self, rules: RuleSet) -> Said:
        """What the example's own rule says, in the company of the others."""
        own = self.own(rules)
        return Said(
            tuple(sorted((self.line(m), m.severity) for m in own if _counts(m))),
            tuple(match.message for match in own if _counts(match)),
            tuple(match.message for match in own if not _counts(match)),
        )

    def line(self, match: Match) -> int:
        """The line that a match points at; 0 where it has no place."""
        span = self.tree.span(match.position)
        return span.line if span is not None else 0


@cache
def _folder(file_name: str) -> Path:
    """The folder that examples are written to, one after the other, under a file name.

    Thousands of folders made and removed would take longer than all the scanning.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"kmsiac-{file_name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _counts(match: Match) -> bool:
    return match.verdict is Verdict.YES or match.flag


def _file_name(example: Example) -> str:
    is_json = example.text.lstrip().startswith("{")
    if example.framework == "terraform":
        return "plan.json" if is_json else "main.tf"
    return "template.json" if is_json else "template.yaml"


def with_those_it_yields_to(rules: RuleSet, rule: str) -> RuleSet:
    """A rule, and the rules that can silence it."""
    found = rules.rules[rule]
    return rules.only(lambda other: other.id == rule or other.id in found.yields_to)


def prepare(examples: Sequence[Example]) -> list[Prepared]:
    """Each example read, once."""
    return [Prepared(example) for example in examples]
