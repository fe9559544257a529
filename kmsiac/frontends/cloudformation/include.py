"""`AWS::Include`: files of the tree that stand where a template names them.

As CloudFormation has it the innermost includes come first, and the Transform section last. What
cannot be followed (an address on S3, another macro) stays where it is: what stands beside it in a
map is then not all that there is (an include), or not known at all (a macro).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kmsiac.errors import SourceError
from kmsiac.frontends.cloudformation.expansion import INCLUDE, Expansion
from kmsiac.frontends.cloudformation.render import render
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.templates import read_template
from kmsiac.reading.budget import TEMPLATE_BUDGET
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile, file_of
from kmsiac.reading.tree import SourceTree

TRANSFORM = "Fn::Transform"

_Entry = tuple[Node, Node]


class Macro(NamedTuple):
    """A macro that is called somewhere in a template. `location` is that of an include."""

    name: str
    location: Node | None


def macros_in(argument: Node) -> list[Macro]:
    """The macros that the value of `Fn::Transform` or Transform calls, in order."""
    if isinstance(argument, Sequence):
        return [macro for item in argument.items for macro in macros_in(item)]
    if isinstance(argument, Scalar):
        return [Macro(argument.text, None)] if argument.text else []
    assert isinstance(argument, Mapping)
    name, parameters = argument.get("Name"), argument.get("Parameters")
    location = parameters.get("Location") if isinstance(parameters, Mapping) else None
    return [Macro(name.text if isinstance(name, Scalar) else "a macro", location)]


def what_it_does(argument: Node) -> tuple[str, bool]:
    """Why what a call of macros gives is not known, and whether it can change what is beside it."""
    macros = macros_in(argument)
    other = next((macro for macro in macros if macro.name != INCLUDE), None)
    return _reason(other or next(iter(macros), Macro("(no name)", None))), other is not None


def _reason(macro: Macro) -> str:
    if macro.name != INCLUDE:
        return f"the macro {macro.name[:80]} decides what is here"
    location = macro.location
    if location is None:
        return f"{INCLUDE} without a Location"
    plain = isinstance(location, Scalar) and not location.tag
    shown = location.text[:200] if plain and isinstance(location, Scalar) else render(location)
    return f"{INCLUDE} of {shown} is not followed"


def is_transform(key: Node, value: Node) -> bool:
    """Whether a member of a map calls macros: `Fn::Transform`, or Transform with an include."""
    if not isinstance(key, Scalar) or key.tag:
        return False
    if key.text == TRANSFORM:
        return True
    if key.text != "Transform" or not isinstance(value, Mapping | Sequence) or value.tag:
        return False
    return all(macro.name == INCLUDE for macro in macros_in(value)) and bool(macros_in(value))


class Includes:
    """Writes out the includes of one template."""

    def __init__(self, expansion: Expansion, tree: SourceTree) -> None:
        self._expansion = expansion
        self._tree = tree
        self._left = TEMPLATE_BUDGET.nodes
        self._active: list[str] = [expansion.file.key or expansion.file.path]
        self._read: dict[str, tuple[Node, int]] = {}

    def write_out(self) -> None:
        """Replace the root of the expansion by one with all that can be included."""
        root = self._expansion.root
        entries = [
            (key, value if _is_section(key, "Transform") else self._walk(value, _path((), key), 1))
            for key, value in root.entries
        ]
        # Sections that an include gives come beside those of the template.
        merged = self._spliced(entries, (), 1)
        self._expansion.root = Mapping(_sections(merged), root.position)

    def _walk(self, node: Node, path: tuple[str, ...], depth: int) -> Node:
        if isinstance(node, Scalar):
            return node
        if depth > TEMPLATE_BUDGET.depth:
            self._expansion.error("includes nest too deeply here", node.position)
            return node
        if isinstance(node, Sequence):
            items = [self._walk(item, path, depth + 1) for item in node.items]
            if all(new is old for new, old in zip(items, node.items, strict=True)):
                return node
            return Sequence(items, node.position, node.tag)
        assert isinstance(node, Mapping)
        call = as_call(node)
        if call is not None and call.name == TRANSFORM:
            return self._called(node, call.argument, path, depth)
        entries = [
            (key, self._walk(value, _path(path, key), depth + 1)) for key, value in node.entries
        ]
        entries = self._spliced(entries, path, depth)
        if len(entries) == len(node.entries) and all(
            new[1] is old[1] for new, old in zip(entries, node.entries, strict=True)
        ):
            return node
        return Mapping(entries, node.position, node.tag)

    def _called(self, node: Node, argument: Node, path: tuple[str, ...], depth: int) -> Node:
        """What stands for a map that is nothing but a call of macros."""
        macros = macros_in(argument)
        found = [self._content(macro, node, path, depth) for macro in macros]
        contents = [content for content in found if content is not None]
        if len(contents) != len(macros) or not contents:
            return node
        if len(contents) == 1:
            return contents[0]
        maps = [content for content in contents if isinstance(content, Mapping)]
        if len(maps) < len(contents):
            self._expansion.error("not all that is included here is a map", node.position)
            return node
        return Mapping([entry for content in maps for entry in content.entries], node.position)

    def _spliced(self, entries: list[_Entry], path: tuple[str, ...], depth: int) -> list[_Entry]:
        """The members of a map, with those of included files in the place of the include."""
        result: list[_Entry] = []
        for key, value in entries:
            top = not path and _is_section(key, "Transform")
            if not top and not is_transform(key, value):
                result.append((key, value))
                continue
            left = False
            for macro in macros_in(value):
                # Other macros of the whole template are told of where it is read.
                if top and macro.name != INCLUDE:
                    left = True
                    continue
                content = self._content(macro, key, path, depth)
                if isinstance(content, Mapping) and not content.tag:
                    result.extend(content.entries)
                    continue
                left = True
                if content is not None:
                    self._expansion.error("what is included here is no map", key.position)
            if left:
                result.append((key, value))
        return result

    def _content(self, macro: Macro, at: Node, path: tuple[str, ...], depth: int) -> Node | None:
        """What a macro gives; None where that is not known, which is told."""
        location = macro.location
        if macro.name == INCLUDE and isinstance(location, Scalar) and not location.tag:
            return self._located(location, path, depth)
        self._expansion.gap(*_gap_place(path), _reason(macro), at.position)
        return None

    def _located(self, location: Scalar, path: tuple[str, ...], depth: int) -> Node | None:
        if "://" in location.text:
            reason = _reason(Macro(INCLUDE, location))
            self._expansion.gap(*_gap_place(path), reason, location.position)
            return None
        here = self._expansion.source(location.position)
        told = f"AWS::Include of {location.text[:200]}"
        if here.key is None:
            self._refuse(f"{told}: standard input lies in no folder", location, path)
            return None
        try:
            file = self._tree.read(Path(here.key).parent / location.text)
            content, size = self._document(file)
        except SourceError as error:
            place = f" {error.span}" if error.span and error.span.line else ""
            self._refuse(f"{told}:{place} {error.message}", location, path)
            return None
        key = file.key or file.path
        if key in self._active:
            self._refuse(f"{told}: the file includes itself", location, path)
            return None
        self._left -= size
        if self._left < 0:
            most = f"{TEMPLATE_BUDGET.nodes:,}"
            self._refuse(f"{told}: more than {most} nodes are included", location, path)
            return None
        self._active.append(key)
        try:
            return self._walk(content, path, depth + 1)
        finally:
            self._active.pop()

    def _document(self, file: SourceFile) -> tuple[Node, int]:
        """The document in a file and how many nodes it has, read once."""
        key = file.key or file.path
        if key not in self._read:
            self._expansion.included[file.path] = file
            content = read_template(file)
            self._read[key] = (content, _size(content))
        return self._read[key]

    def _refuse(self, message: str, location: Node, path: tuple[str, ...]) -> None:
        self._expansion.error(message, location.position)
        self._expansion.gap(*_gap_place(path), "a file is not included here", location.position)


def _path(path: tuple[str, ...], key: Node) -> tuple[str, ...]:
    return (*path, key.text if isinstance(key, Scalar) else "") if len(path) < 4 else path


def _gap_place(path: tuple[str, ...]) -> tuple[str, str]:
    """The resource and the attribute that a gap is told of."""
    if len(path) > 1 and path[0] == "Resources":
        return path[1], ".".join(path[3:4])
    return "", path[0] if path else "Transform"


def _is_section(key: Node, name: str) -> bool:
    return isinstance(key, Scalar) and key.text == name


def _sections(entries: list[_Entry]) -> list[_Entry]:
    """The sections, those that occur in the template and in what it includes put together."""
    result: dict[str, _Entry] = {}
    others: list[_Entry] = []
    for key, value in entries:
        name = key.text if isinstance(key, Scalar) else ""
        before = result.get(name)
        if not name or not isinstance(value, Mapping) or value.tag:
            others.append((key, value))
        elif before is None or file_of(before[0].position) == file_of(key.position):
            # A section that is written twice in one file stays so, and is reported.
            if before is not None:
                others.append(before)
            result[name] = (key, value)
        else:
            assert isinstance(before[1], Mapping)
            both = Mapping([*before[1].entries, *value.entries], before[1].position)
            result[name] = (before[0], both)
    return [*others, *result.values()]


def _size(node: Node) -> int:
    """How many nodes a document has."""
    count = 0
    stack = [node]
    while stack:
        current = stack.pop()
        count += 1
        if isinstance(current, Sequence):
            stack.extend(current.items)
        elif isinstance(current, Mapping):
            stack.extend(part for entry in current.entries for part in entry)
    return count
