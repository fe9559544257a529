"""The sections of a template, read but not evaluated, with what is wrong in their layout."""

from __future__ import annotations

from collections import Counter

from kmsiac.aws.sam import TRANSFORM
from kmsiac.errors import KmsiacError, SourceError
from kmsiac.frontends.cloudformation.duplicates import Duplicates, hidden_resources, later_keys
from kmsiac.frontends.cloudformation.expansion import (
    EXTENSIONS,
    INCLUDE,
    OF_AWS,
    Expansion,
    lacks_extensions,
    macro_names,
)
from kmsiac.frontends.cloudformation.render import render
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile, file_of, offset_of
from kmsiac.stack import Gap, Provider, Stray
from kmsiac.values import Atom, Guard, Owner, Text, Unknown, Value

_MOST_TOLD = 20
"""The duplicate keys of one map that are told one by one."""


class Declared:
    """A resource as the template declares it: its logical id, its type, and the map it is.

    `only` must hold for it to be this one: another of its name hides it. `written` is the map in
    the file that it is made of: its own, but for what a transform makes.
    """

    __slots__ = ("body", "key", "logical_id", "only", "type", "written")

    def __init__(
        self,
        key: Scalar,
        type: str,
        body: Mapping,
        only: tuple[tuple[Guard, Atom], ...] = (),
        written: Mapping | None = None,
    ) -> None:
        self.key = key
        self.logical_id = key.text
        self.type = type
        self.body = body
        self.only = only
        self.written = written or body

    def property(self, name: str) -> Node | None:
        """The node of a property that is written plainly, else None."""
        properties = self.body.get("Properties")
        if isinstance(properties, Mapping) and as_call(properties) is None:
            return properties.get(name)
        return None


class Template:
    """One template: its sections by name, and the errors and gaps met on the way."""

    def __init__(
        self,
        root: Mapping,
        file: SourceFile,
        provider: Provider,
        prefix: str = "",
        expansion: Expansion | None = None,
    ) -> None:
        """`prefix` is the way to a nested stack, `A/B/`, before all names that are of it alone.

        `expansion` is what the transforms have made of `root`.
        """
        self.root = root
        self.file = file
        self.prefix = prefix
        self.unit = f"{provider.owner.unit}#{prefix}" if prefix else provider.owner.unit
        self.expansion = expansion or Expansion(root, file)
        root = self.expansion.root
        self.owner: Owner = provider.owner
        self.provider = provider
        self.errors: list[KmsiacError] = list(self.expansion.errors)
        self.gaps: list[Gap] = list(self.expansion.gaps)
        self.stack_name = ""
        """The name of the stack, where that is known."""
        self.strays: list[Stray] = []
        self._reported: set[int] = set()
        self._noted: set[int] = set()
        self.duplicates = Duplicates(self.unit)
        self.open_sections: set[str] = set()
        """The sections in which there may be more than is known."""
        self.check_keys(root)
        self.transforms = macro_names(root.get("Transform"))
        self.parameters = self._plain_section(root, "Parameters")
        self.mappings = self._plain_section(root, "Mappings")
        self.conditions = self._plain_section(root, "Conditions")
        self.outputs = self._plain_section(root, "Outputs")
        self.globals = self._plain_section(root, "Globals")
        self.resources: dict[str, Declared] = {}
        self.hidden: list[Declared] = []
        """Resources that others of the same name hide: CloudFormation takes the last."""
        self.may_be_more = "Fn::ForEach" if self.expansion.stand_ins else ""
        """What may have made something that is referred to and is not there."""
        self._read_resources(root)
        self._note_transforms(root)

    def section(self, root: Mapping, name: str) -> dict[str, tuple[Scalar, Node]]:
        """The members of a section by name, each with its key; the last one where a name recurs."""
        node = root.get(name)
        if node is None or (isinstance(node, Scalar) and node.kind == "null"):
            return {}
        if not isinstance(node, Mapping) or node.tag:
            self.error(f"{name} is not a map", node.position)
            return {}
        self.check_keys(node)
        self._check_names(node, f"{name} has a name")
        return {key.text: (key, value) for key, value in node.entries if isinstance(key, Scalar)}

    def _check_names(self, node: Mapping, what: str) -> None:
        """Report the keys that are no text: what stands there is not read."""
        for key, _ in node.entries:
            if not isinstance(key, Scalar) or key.tag:
                self.error(f"{what} that is no text", key.position, "write it out")

    def named(self, name: str) -> str:
        """How the deployment unit knows what is called `name` in this template."""
        return self.prefix + name

    def guard(self, name: str) -> Guard:
        """The question that is called `name` in this template."""
        return Guard(self.owner.unit, self.prefix + name)

    def question(self, value: Value) -> Guard | None:
        """The question what an open text is; None where the value is no text."""
        if isinstance(value, Unknown):
            return self.guard(value.expression)
        if isinstance(value, Text):
            # A symbol has the same name in nested stacks.
            name = value.symbol.reference if value.symbol is not None else str(value)
            return Guard(self.owner.unit, name)
        return None

    @property
    def has_macros(self) -> bool:
        """Whether a macro that nobody but its owner knows is given the whole template."""
        return any(name not in OF_AWS for name in self.transforms)

    def source(self, position: int) -> SourceFile:
        """The file that a position lies in: the template's, or one that it includes."""
        return self.expansion.source(position)

    def _plain_section(self, root: Mapping, name: str) -> dict[str, tuple[Scalar, Node]]:
        """A section without the includes and loops that are still in it, which have been told of."""
        section = self.section(root, name)
        names = [name for name in section if not name.startswith("Fn::")]
        if len(names) < len(section):
            self.open_sections.add(name)
        return {name: section[name] for name in names}

    def check_keys(self, node: Mapping) -> bool:
        """Note the keys of a map that occur twice, which CloudFormation takes; whether there are any.

        It refuses those that a loop makes of one.
        """
        again = later_keys(node)
        written = Counter(key.position for key, _ in node.entries) if again else Counter()
        for key in again[:_MOST_TOLD]:
            if written[key.position] > 1:
                message = f"the loop makes the key {_short(key.text)} more than once"
                self.error(message, key.position, "let it hold the variable of the loop")
            else:
                self._note(f"duplicate key {_short(key.text)}: the last one counts", key.position)
        if len(again) > _MOST_TOLD:
            more = f"{len(again) - _MOST_TOLD:,} more duplicate keys in this map"
            self._note(more, again[_MOST_TOLD].position)
        return bool(again)

    def _note(self, message: str, position: int) -> None:
        """Say something that changes nothing in what is read, once for a position."""
        if position not in self._noted:
            self._noted.add(position)
            self.strays.append(Stray(self.source(position).span(position), message))

    def error(self, message: str, position: int, hint: str = "") -> None:
        """Report something wrong at a position, once."""
        if position not in self._reported:
            self._reported.add(position)
            self.errors.append(SourceError(message, self.source(position).span(position), hint))

    def needs_extensions(self, what: str, position: int) -> None:
        """Report what CloudFormation refuses where `AWS::LanguageExtensions` is not declared."""
        if lacks_extensions(self.transforms):
            hint = f"add Transform: {EXTENSIONS}"
            self.error(f"{what} needs the transform {EXTENSIONS}", position, hint)

    def gap(self, resource: str, attribute: str, reason: str, position: int) -> None:
        """Report something that is not evaluated."""
        if resource or self.prefix:
            resource = self.named(resource) if resource else self.prefix.rstrip("/")
        self.gaps.append(Gap(resource, attribute, reason, position))

    def end(self, node: Node) -> int:
        """The offset in the file where a node ends (exclusive)."""
        file = self.source(node.position)
        end = file.end(node.position)
        current = node
        # The table keeps one end for each start, the innermost's, so go down to the last node.
        while True:
            if isinstance(current, Mapping) and current.entries:
                current = current.entries[-1][1]
            elif isinstance(current, Sequence) and current.items:
                current = current.items[-1]
            else:
                if not file.comments:
                    return end
                # With the rest of its line: a comment behind the last value is the node's own.
                line = file.text.find("\n", end)
                return line if line >= 0 else len(file.text)
            # An alias stands for a node further up, and an include for one of another file.
            if file_of(current.position) != file.id:
                continue
            if offset_of(current.position) >= offset_of(node.position):
                end = max(end, file.end(current.position))

    def _read_resources(self, root: Mapping) -> None:
        for name, (key, body) in self.section(root, "Resources").items():
            if name == "Fn::Transform" or name.startswith("Fn::ForEach::"):
                # Why it is not written out was told where that was tried.
                self.may_be_more = name
                continue
            if name.startswith("Fn::"):
                self.gap(name, "", f"{name} is not expanded", key.position)
            elif not isinstance(body, Mapping) or as_call(body) is not None:
                self.gap(name, "", "this resource is not written as a map", key.position)
            else:
                self.check_keys(body)
                self._check_names(body, f"resource {_short(name)} has a key")
                type_ = body.get("Type")
                if isinstance(type_, Scalar) and not type_.tag and type_.kind == "text":
                    self.resources[name] = Declared(key, type_.text, body)
                elif type_ is None:
                    self.error(f"resource {_short(name)} has no Type", key.position)
                else:
                    self.gap(name, "Type", _no_plain_type(type_), type_.position)
        for key, body, only in hidden_resources(root, self.duplicates, self.source):
            type_ = body.get("Type")
            if isinstance(type_, Scalar) and type_.kind == "text":
                self.hidden.append(Declared(key, type_.text, body, only))

    def _note_transforms(self, root: Mapping) -> None:
        key = root.key("Transform")
        for name in self.transforms:
            if key is not None and name not in (EXTENSIONS, INCLUDE, TRANSFORM):
                reason = f"the macro {name} is not expanded: what it adds or changes is not seen"
                self.gap("", "Transform", reason, key.position)
        for key, _ in root.entries:
            name = key.text if isinstance(key, Scalar) else ""
            if name.startswith("Fn::") and name != "Fn::Transform":
                self.gap("", name, f"{name} is not expanded", key.position)


def _no_plain_type(type_: Node) -> str:
    """What keeps a resource whose Type is no plain text from being read."""
    written = " ".join(render(type_).split())
    hint = "; run `rain pkg` and scan what it prints" if "Rain::Module" in written else ""
    return f"{_short(written)}: a type that is not written out{hint}"


def _short(name: str) -> str:
    return name if len(name) <= 80 else name[:77] + "..."
