"""The mistakes of a configuration, collected, and values that know where they were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from kmsiac.errors import ConfigError, ErrorGroup, KmsiacError, Span
from kmsiac.reading.nodes import Node
from kmsiac.reading.source import SourceFile

T = TypeVar("T")


@dataclass(frozen=True)
class Placed(Generic[T]):
    """A value and its place in the configuration file."""

    value: T
    span: Span


class Problems:
    """The mistakes of one configuration file."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.errors: list[KmsiacError] = []

    def add(self, node: Node, message: str, hint: str = "") -> None:
        """Note a mistake at a node."""
        self.at(self.span(node), message, hint)

    def at(self, span: Span, message: str, hint: str = "") -> None:
        """Note a mistake at a place."""
        self.errors.append(ConfigError(message, span, hint))

    def span(self, node: Node) -> Span:
        """The place of a node."""
        return self.file.span(node.position)

    def stop(self) -> None:
        """Raise `ErrorGroup` with every mistake, in order of place; nothing if there is none."""
        if self.errors:
            raise ErrorGroup(sorted(self.errors, key=lambda e: (tuple(e.span or ()), e.message)))
