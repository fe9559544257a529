"""The templates of one deployment unit: each is read once, however many stacks are made of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kmsiac.errors import KmsiacError, SourceError, whole_file
from kmsiac.frontends.cloudformation.assembly import Artifact, Assembly, assembly_of
from kmsiac.frontends.cloudformation.detect import is_service
from kmsiac.frontends.cloudformation.expansion import Expansion
from kmsiac.reading.json_reader import read_json
from kmsiac.reading.nodes import Mapping, Node
from kmsiac.reading.outline import yaml_outline
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree
from kmsiac.reading.yaml_reader import read_yaml

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.exports import Exports

MOST_NESTED = 1_000
"""Nested stacks in one stack, at any depth."""

MOST_DEEP = 30


class Templates:
    """What was read for a unit, and how many stacks it holds."""

    def __init__(self, tree: SourceTree, exports: Exports | None = None) -> None:
        self.tree = tree
        self.exports = exports
        """What `Fn::ImportValue` may give; None where nothing is known of other templates."""
        self.files: dict[str, SourceFile] = {}
        self.errors: list[KmsiacError] = []
        self.nested = 0
        """Nested stacks so far."""
        self.is_told = False
        """Whether it was said that there are too many."""
        self.expansions: dict[int, Expansion] = {}
        """What the includes of a template have made of it, by the id of its root."""
        self.assembly: Assembly | None = None
        self.artifact = Artifact()
        """What CDK says about the stack."""
        self._roots: dict[int, Mapping | None] = {}

    def take_assembly(self, file: SourceFile) -> None:
        """Take what the assembly around a template says. A broken manifest is an error."""
        try:
            self.assembly = assembly_of(file, self.tree)
        except SourceError as error:
            self.errors.append(error)
        if self.assembly is not None and file.key is not None:
            self.artifact = self.assembly.stack(Path(file.key)) or Artifact()

    def root(self, file: SourceFile) -> Mapping:
        """The sections of a template. Raises `SourceError` where it cannot be read as one."""
        self.files[file.path] = file
        if file.id not in self._roots:
            self._roots[file.id] = None
            self._roots[file.id] = self._of_service(read_root(file), file)
        root = self._roots[file.id]
        if root is None:
            raise SourceError("it could not be read", whole_file(file.path))
        return root

    def _of_service(self, root: Mapping, file: SourceFile) -> Mapping:
        """The template that the configuration of a service comes to; any other document as it is."""
        if not is_service(root):
            return root
        from kmsiac.frontends.cloudformation.serverless import expand  # noqa: PLC0415 - few are

        expansion = expand(root, file, self.tree)
        self.files.update(expansion.included)
        self.expansions[id(expansion.root)] = expansion
        return expansion.root

    def root_or_error(self, file: SourceFile) -> Mapping | None:
        """The same, None where that fails: the error is kept, once."""
        known = file.id in self._roots
        try:
            return self.root(file)
        except SourceError as error:
            if not known:
                self.errors.append(error)
            return None


def read_root(file: SourceFile) -> Mapping:
    """The sections of a template. Raises `SourceError` where it cannot be read as one."""
    root = read_template(file)
    if not isinstance(root, Mapping):
        raise SourceError("a template is a map of sections", whole_file(file.path))
    return root


def read_template(file: SourceFile) -> Node:
    """The document in a file: JSON where it begins like it, else YAML.

    YAML too may begin with a brace, so it is tried when a file is no JSON by name or content.
    """
    if file.text.lstrip().startswith("{"):
        try:
            return read_json(file)
        except SourceError:
            if file.path.endswith(".json"):
                raise
    file.outline = yaml_outline
    return read_yaml(file)
