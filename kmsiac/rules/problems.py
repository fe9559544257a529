"""The mistakes of a rule file: collected, each with its place."""

from __future__ import annotations

from kmsiac.errors import KmsiacError, RuleError
from kmsiac.reading.nodes import Node
from kmsiac.reading.source import SourceFile


class Broken(Exception):  # noqa: N818 - the mistake has been noted; this only unwinds
    """A term that could not be compiled; its mistake is in the list already."""


class Problems:
    """The mistakes of one file."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.errors: list[KmsiacError] = []

    def add(self, node: Node, message: str, hint: str = "") -> None:
        """Note a mistake at a node."""
        self.errors.append(RuleError(message, self.file.span(node.position), hint))

    def fail(self, node: Node, message: str, hint: str = "") -> Broken:
        """Note a mistake and give what to raise."""
        self.add(node, message, hint)
        return Broken()
