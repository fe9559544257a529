"""A rule file as its author wrote it: every node with its place, prose included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

from kmsiac.authoring.problem import ERROR, WARNING, Problem
from kmsiac.errors import SourceError, Span
from kmsiac.reading.budget import RULE_BUDGET
from kmsiac.reading.nodes import Mapping, Node
from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml
from kmsiac.rules.compiler import Compiler
from kmsiac.rules.expression import Node as Term
from kmsiac.rules.expression import Path
from kmsiac.rules.loader import MAX_RULE_BYTES, builtin_rules_folder, plain
from kmsiac.rules.model import Prose, Rule
from kmsiac.rules.problems import Problems
from kmsiac.rules.schema import RuleReader


class Placing(Compiler):
    """A compiler that remembers where the terms that it made were written."""

    def __init__(self, problems: Problems, target: str, params: dict[str, Node]) -> None:
        super().__init__(problems, target, params)
        self._places: list[tuple[Term, Node]] = []

    def _entry(
        self, name: str, key: Node, value: Node, node: Mapping, path: Path, this: str
    ) -> Term:
        term = super()._entry(name, key, value, node, path, this)
        self._places.append((term, key))
        return term

    def place(self, term: Term) -> Node | None:
        """The key that a term was made from, or the first one inside it."""
        for known, key in self._places:
            if known is term:
                return key
        inner = [self.place(one) for one in term.terms()]
        return min((key for key in inner if key is not None), key=_position, default=None)


def _position(node: Node) -> int:
    return node.position


class RuleFile:
    """One rule file, read whole. `rule` is None where it does not load."""

    def __init__(self, number: int, path: FilePath, folder: FilePath) -> None:
        self.builtin = folder.resolve() == builtin_rules_folder()
        self.relative = path.relative_to(folder).as_posix()
        name = f"{folder.name}/{self.relative}" if self.builtin else str(path)
        with path.open("rb") as stream:
            self.file = SourceFile(number, name, stream.read(MAX_RULE_BYTES + 1))
        self.root = read_yaml(self.file, RULE_BUDGET)
        # What does not load has been said by the loader.
        self._reader = RuleReader(Problems(self.file), self.root, self.builtin)
        self.rule: Rule | None = self._reader.read()

    def value(self, key: str) -> Node | None:
        """The node under a key of the rule."""
        return self._reader.nodes.get(key)

    def span(self, node: Node | None) -> Span:
        """The place of a node; the beginning of the file for none."""
        return self.file.span(node.position if node is not None else self.root.position)

    def key_span(self, key: str) -> Span:
        """The place of a key of the rule; the beginning of the file where it is not written."""
        return self.span(self._reader.keys.get(key))

    def lesser(self, span: Span, message: str, hint: str = "") -> Problem:
        """A problem that is an error of a shipped rule, and a warning for one of a user."""
        return Problem(ERROR if self.builtin else WARNING, span, message, hint)

    def written_keys(self) -> list[tuple[str, Node]]:
        """The keys in the order written."""
        return sorted(self._reader.keys.items(), key=lambda item: item[1].position)

    def prose(self) -> Prose:
        """All keys as plain data."""
        found = plain(self.root)
        return found if isinstance(found, dict) else {}

    def compiler(self, rule: Rule) -> Placing:
        """A compiler for terms of the rule that knows where they stand."""
        params = self.value("params")
        nodes = dict(params.items()) if isinstance(params, Mapping) else {}
        return Placing(Problems(self.file), rule.target, nodes)


def rule_files(folders: Sequence[FilePath]) -> Iterator[RuleFile]:
    """The rule files of some folders that can be read, in order of path."""
    number = 0
    for folder in folders:
        paths = (path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml"))
        for path in sorted(path for path in paths if path.is_file()):
            number += 1
            try:
                yield RuleFile(number, path, folder)
            except (OSError, SourceError):
                # The loader has said so, with the reason.
                continue
