"""What the transforms of a template make of it, before anything in it is evaluated."""

from __future__ import annotations

from collections.abc import Collection

from kmsiac.errors import KmsiacError, SourceError
from kmsiac.frontends.cloudformation.decisions import Decision
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile, file_of
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Gap
from kmsiac.values import Unknown, Value

EXTENSIONS = "AWS::LanguageExtensions"
"""The transform that lets a template use `Fn::ForEach`, `Fn::ToJsonString` and `Fn::Length`."""
INCLUDE = "AWS::Include"
"""The transform that puts a file in its place."""

OF_AWS = frozenset({EXTENSIONS, "AWS::Serverless-2016-10-31", INCLUDE, "AWS::CodeDeployBlueGreen"})
"""The transforms that are known to take no condition and no loop for their own."""


def lacks_extensions(macros: Collection[str]) -> bool:
    """Whether a template with these transforms may not use the language extensions.

    A macro that only its owner knows may take them for its own.
    """
    return EXTENSIONS not in macros and all(name in OF_AWS for name in macros)


class Expansion:
    """A template whose includes and loops are written out.

    `root` is the document as it is now: its nodes may lie in several files. What could not be
    written out is still in it.
    """

    def __init__(self, root: Mapping, file: SourceFile, tree: SourceTree | None = None) -> None:
        self.root = root
        self.file = file
        self.included: dict[str, SourceFile] = {}
        """The files that it includes, by report path."""
        self._tree = tree
        self.errors: list[KmsiacError] = []
        self.gaps: list[Gap] = []
        self.decisions: dict[str, Decision] = {}
        """Conditions that loops add, by name: those of members that only some cases have."""
        self.stand_ins: dict[str, Value] = {}
        """What the identifier of a loop stands for where its text is not known, by the name that
        is written in its place."""
        self.absent: dict[str, Unknown] = {}
        """By logical id: why the resource may not exist."""
        self._reported: set[int] = set()

    def error(self, message: str, position: int, hint: str = "") -> None:
        """Report something wrong at a position, once."""
        if position not in self._reported:
            self._reported.add(position)
            self.errors.append(SourceError(message, self.source(position).span(position), hint))

    def source(self, position: int) -> SourceFile:
        """The file that a position lies in: the template's, or one that it includes."""
        if file_of(position) == self.file.id or self._tree is None:
            return self.file
        return self._tree.file(position) or self.file

    def copy(self, *, told: bool) -> Expansion:
        """The same, to be changed; with what has been told so far, or without."""
        copy = Expansion(self.root, self.file, self._tree)
        copy.included = self.included
        if told:
            copy.errors, copy.gaps = list(self.errors), list(self.gaps)
        return copy

    def gap(self, resource: str, attribute: str, reason: str, position: int) -> None:
        """Report something that is not written out."""
        self.gaps.append(Gap(resource, attribute, reason, position))


def macro_names(node: Node | None) -> list[str]:
    """The macros that a Transform section names, in order."""
    if isinstance(node, Scalar) and node.text:
        return [node.text]
    if isinstance(node, Sequence):
        return [name for item in node.items for name in macro_names(item)]
    if isinstance(node, Mapping):
        return macro_names(node.get("Name")) or ["a macro"]
    return []
