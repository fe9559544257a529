"""`serverless.yml` of the Serverless Framework as a template: its resources, and the roles it makes.

What is under `resources` goes into the template as it is, but for the framework's own variables:
`${self:...}`, `${opt:...}` and the like are unknown, and `${file(...)}` is read where it names YAML
or JSON of the tree. What else the framework makes (functions, events) is not read, and told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kmsiac.errors import SourceError
from kmsiac.frontends.cloudformation.detect import is_service
from kmsiac.frontends.cloudformation.expansion import Expansion
from kmsiac.frontends.cloudformation.sam_nodes import call, mapping, scalar, trust
from kmsiac.frontends.cloudformation.serverless_variables import (
    VARIABLE,
    sub_without_variables,
    without_variables,
)
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import MAX_TEMPLATE_BYTES, SourceTree
from kmsiac.reading.yaml_reader import read_yaml

_FILE = re.compile(r"\$\{\s*file\(\s*([^()${}]+?)\s*\)\s*(?::\s*([\w.-]+)\s*)?\}\Z")
_NAMED = re.compile(r"\bfile\(\s*([^()${}\n]+?)\s*\)")
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Metadata")
_READ = (".yml", ".yaml", ".json")
_MOST_FILES = 100
_MOST_DEEP = 10
_LONGEST = 160
_REST = (
    "what the Serverless Framework makes of functions and events is not read;"
    " run `serverless package` and scan .serverless"
)


def files_in(file: SourceFile, tree: SourceTree) -> list[SourceFile]:
    """The files of the tree that the configuration of a service reads."""
    if file.key is None:
        return []
    found = []
    for name in sorted({m[1].strip() for m in _NAMED.finditer(file.text)})[:_MOST_FILES]:
        path = Path(file.key).parent / name
        if name.lower().endswith(_READ) and tree.exists(path):
            found.append(tree.read(path))
    return found


def has_something(root: Node) -> bool:
    """Whether a service says something about resources or roles itself."""
    if not isinstance(root, Mapping) or not is_service(root):
        return False
    return root.get("resources") is not None or any(True for _ in _roles(root))


def expand(root: Mapping, file: SourceFile, tree: SourceTree) -> Expansion:
    """The template that a service's own resources and roles are."""
    return _Service(root, file, tree).expansion()


class _Role(NamedTuple):
    logical_id: str
    statements: list[Node]
    key: Node


class _Service:
    def __init__(self, root: Mapping, file: SourceFile, tree: SourceTree) -> None:
        self._root = root
        self._file = file
        self._tree = tree
        self._made = Expansion(root, file, tree)
        self._files = 0
        self._bytes = 0
        self._documents: dict[str, Node] = {}

    def expansion(self) -> Expansion:
        """The template, with what is not in it as gaps."""
        sections: dict[str, list[tuple[Node, Node]]] = {name: [] for name in _SECTIONS}
        resources = self._root.get("resources")
        if resources is not None:
            self._take(resources, sections, 0)
        for role in _roles(self._root):
            sections["Resources"].append(self._role(role))
        entries: list[tuple[Node, Node]] = []
        for name, members in sections.items():
            if members:
                position = members[0][0].position
                entries.append((scalar(name, position), Mapping(members, position)))
        self._made.root = Mapping(entries, self._root.position)
        functions = self._root.key("functions")
        if functions is not None:
            self._made.gap("", "functions", _REST, functions.position)
        return self._made

    def _take(self, node: Node, sections: dict[str, list[tuple[Node, Node]]], depth: int) -> None:
        """Add the sections under `resources`: a map, or a list of maps."""
        found = self._read(node, depth) or node
        depth += found is not node
        if isinstance(found, Sequence) and not found.tag:
            for item in found.items:
                self._take(item, sections, depth)
        elif isinstance(found, Mapping):
            for key, section in found.entries:
                self._take_section(key, section, sections, depth)
        else:
            self._not_read("", "resources", node)

    def _take_section(
        self,
        key: Node,
        section: Node,
        sections: dict[str, list[tuple[Node, Node]]],
        depth: int,
    ) -> None:
        name = key.text if isinstance(key, Scalar) else ""
        if name == "extensions":
            reason = "what extensions change of generated resources is not read"
            self._made.gap("", name, reason, key.position)
        if name not in sections:
            return
        found = self._read(section, depth) or section
        if isinstance(found, Mapping):
            sections[name] += self._converted_entries(found, depth + (found is not section))
        else:
            self._not_read("", name, section)

    def _not_read(self, resource: str, name: str, node: Node) -> None:
        # Of a file that cannot be read it is told why.
        if not isinstance(node, Scalar) or (node.kind != "null" and not _FILE.match(node.text)):
            self._made.gap(resource, name, "this is no map that is read", node.position)

    def _role(self, role: _Role) -> tuple[Node, Node]:
        """The role that the framework makes of statements."""
        at = role.key.position
        statements = [self._converted(node, 0) for node in role.statements]
        whole = statements[0] if len(statements) == 1 else _joined(statements, at)
        version = scalar("2012-10-17", at)
        document = mapping([("Version", version), ("Statement", whole)], at)
        name = call(VARIABLE, scalar("${self:service}", at), at)
        policy = mapping([("PolicyName", name), ("PolicyDocument", document)], at)
        trusted = trust("lambda.amazonaws.com", at)
        properties = mapping(
            [("AssumeRolePolicyDocument", trusted), ("Policies", Sequence([policy], at))], at
        )
        body = mapping([("Type", scalar("AWS::IAM::Role", at)), ("Properties", properties)], at)
        return scalar(role.logical_id, at), body

    # -- variables ---------------------------------------------------------------------------------

    def _converted(self, node: Node, depth: int) -> Node:
        """A node with the framework's variables taken out of its texts."""
        found = as_call(node)
        if found is not None and found.name == "Fn::Sub":
            argument = found.argument
            if isinstance(argument, Scalar):
                return sub_without_variables(argument, None, node.position)
            items = argument.items if isinstance(argument, Sequence) else []
            if items and isinstance(items[0], Scalar):
                known = self._converted(items[1], depth) if len(items) > 1 else None
                return sub_without_variables(items[0], known, node.position)
        if isinstance(node, Sequence):
            items = [self._converted(item, depth) for item in node.items]
            return Sequence(items, node.position, node.tag)
        if isinstance(node, Mapping):
            return Mapping(self._converted_entries(node, depth), node.position, node.tag)
        if not isinstance(node, Scalar) or node.tag or "${" not in node.text:
            return node
        read = self._read(node, depth)
        return without_variables(node) if read is None else self._converted(read, depth + 1)

    def _converted_entries(self, node: Mapping, depth: int) -> list[tuple[Node, Node]]:
        return [(key, self._converted(value, depth)) for key, value in node.entries]

    def _read(self, node: Node, depth: int) -> Node | None:
        """What a text stands for that is `${file(...)}`; None where it is none, or is not read."""
        plain = isinstance(node, Scalar) and not node.tag
        found = _FILE.match(node.text.strip()) if isinstance(node, Scalar) and plain else None
        if found is None:
            return None
        name = found[1].strip()
        problem = self._refused(name, depth)
        included = None
        if not problem:
            self._files += 1
            included, problem = self._included(name)
        if included is None:
            self._made.gap("", "file", f"{name[:_LONGEST]}: {problem}", node.position)
            return None
        inner: Node | None = included
        for step in found[2].split(".") if found[2] else ():
            inner = inner.get(step) if isinstance(inner, Mapping) else None
        return inner

    def _included(self, name: str) -> tuple[Node | None, str]:
        """The document in a file beside the service, or why there is none."""
        assert self._file.key is not None
        try:
            included = self._tree.read(Path(self._file.key).parent / name)
            self._bytes += len(included.data)
            if self._bytes > MAX_TEMPLATE_BYTES:
                return None, "too many files"
            if included.path not in self._documents:
                self._documents[included.path] = read_yaml(included)
        except SourceError as error:
            return None, error.message
        except ValueError:
            return None, "not a usable name"
        self._made.included[included.path] = included
        return self._documents[included.path], ""

    def _refused(self, name: str, depth: int) -> str:
        if self._file.key is None:
            return "no path from what has no place in a folder"
        if not name.lower().endswith(_READ):
            return "code is not run"
        if depth >= _MOST_DEEP:
            return "files that stand for each other, too deep"
        return "too many files" if self._files >= _MOST_FILES else ""


def _roles(root: Mapping) -> Iterator[_Role]:
    """The roles that are made of statements: the one of all functions, those of single ones."""
    common: list[Node] = []
    provider = root.get("provider")
    if isinstance(provider, Mapping):
        key, statements = provider.key("iamRoleStatements"), provider.get("iamRoleStatements")
        iam = provider.get("iam")
        role = iam.get("role") if isinstance(iam, Mapping) else None
        if isinstance(role, Mapping) and role.get("statements") is not None:
            key, statements = role.key("statements"), role.get("statements")
        if key is not None and statements is not None:
            common = [statements]
            yield _Role("IamRoleLambdaExecution", common, key)
    functions = root.get("functions")
    for name, function in functions.items() if isinstance(functions, Mapping) else ():
        key = function.key("iamRoleStatements") if isinstance(function, Mapping) else None
        own = function.get("iamRoleStatements") if isinstance(function, Mapping) else None
        if isinstance(function, Mapping) and key is not None and own is not None:
            inherit = function.get("iamRoleStatementsInherit")
            inherits = isinstance(inherit, Scalar) and inherit.text == "true"
            normal = name[:1].upper() + name[1:].replace("-", "Dash").replace("_", "Underscore")
            yield _Role(
                f"{normal}IamRoleLambdaExecution", [own, *(common if inherits else ())], key
            )


def _joined(statements: list[Node], position: int) -> Node:
    """Lists of statements as one list."""
    items: list[Node] = []
    for each in statements:
        items += each.items if isinstance(each, Sequence) else [each]
    return Sequence(items, position)
