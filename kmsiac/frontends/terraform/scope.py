"""Module instances: names to values, lazily, each worked out once, cycles cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.conversion import CallError, Undetermined
from kmsiac.frontends.terraform.evaluate import evaluate, source_of
from kmsiac.frontends.terraform.module_files import ModuleFiles, read_folder
from kmsiac.frontends.terraform.nodes import Node, Unparsed
from kmsiac.frontends.terraform.parse import parse_attribute
from kmsiac.frontends.terraform.recorded_modules import Recorded, read_recorded
from kmsiac.frontends.terraform.room import Room
from kmsiac.frontends.terraform.split import Attribute, Block
from kmsiac.frontends.terraform.symbolic import Budget, Invalid, Lazy, marked
from kmsiac.frontends.terraform.type_constraints import convert
from kmsiac.frontends.terraform.variables import checked
from kmsiac.frontends.unit import Inputs
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SELECTED_WORKSPACE, SourceTree, relative
from kmsiac.stack import Call, Gap, Provider, Stack
from kmsiac.values import Atom, Bool, Guard, Null, Unknown, Value, text

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.groups import Group

MAX_STEPS = 2_000_000
"""Evaluation steps that one unit may take."""
MAX_NESTING = 400
"""How deep expressions may refer to each other, all their levels counted."""


class Context:
    """What all module instances of one unit share."""

    def __init__(self, tree: SourceTree, stack: Stack, root_folder: Path, inputs: Inputs) -> None:
        self.tree = tree
        self.stack = stack
        self.root_folder = root_folder
        self.inputs = inputs
        self.budget = Budget(MAX_STEPS)
        self.room = Room()
        self.depth = 0
        self.folders: dict[Path, ModuleFiles] = {}
        self._read: dict[Path, ModuleFiles] = {}
        self.rendering: set[str] = set()
        """Template files that are being rendered: one must not render itself."""
        self._texts: dict[str, SourceFile] = {}
        self._recorded: dict[str, Recorded] | None = None
        self._workspace: str | None = None
        self._reported: set[tuple[str, str, int]] = set()

    def glance(self, folder: Path) -> ModuleFiles:
        """The files of a folder, read once, whether or not something comes of them."""
        known = self._read.get(folder)
        if known is None:
            known = self._read[folder] = read_folder(self.tree, folder)
        return known

    def files_of(self, folder: Path) -> ModuleFiles:
        """The files of a folder that belong to this unit; what is wrong with them is reported."""
        known = self.folders.get(folder)
        if known is None:
            known = self.folders[folder] = self.glance(folder)
            self.stack.files.update(file.file.path for file in known.files)
            for file, reason in known.one_sided:
                self.stack.gaps.append(Gap("", "", reason, file.position(0)))
        return known

    def text_file(self, name: str, written: str) -> SourceFile:
        """A text that is read like a file, once however often it is asked for."""
        known = self._texts.get(written)
        if known is None:
            known = self._texts[written] = self.tree.add(name, written.encode("utf-8"))
        return known

    def report(self, node: Unparsed) -> None:
        """Note an expression that could not be parsed, once."""
        if self._first("", node.reason, node.position):
            span = self.tree.span(node.position)
            hint = "this expression is not evaluated"
            self.stack.errors.append(SourceError(node.reason, span, hint))

    def mistake(self, problem: str, position: int, hint: str) -> None:
        """Note what Terraform refuses to plan with, once."""
        if self._first("", problem, position):
            self.stack.errors.append(SourceError(problem, self.tree.span(position), hint))

    def gap(self, frame: Frame, attribute: str, reason: str, position: int) -> None:
        """Note something that could not be read, once."""
        resource = frame.scope.address
        if self._first(resource + attribute, reason, position):
            self.stack.gaps.append(Gap(resource, attribute, reason, position))

    def block_gap(self, address: str, attribute: str, reason: str, position: int) -> None:
        """Note a block that could not be followed for what its attribute says."""
        if self._first(address, reason, position):
            self.stack.gaps.append(Gap(address, attribute, reason, position))

    def workspace(self) -> str:
        """The selected workspace: by the environment, by what `terraform workspace select` left, or
        the default one, as a plan in a fresh clone would have it.
        """
        if self._workspace is None:
            chosen = self.inputs.process_environment.get("TF_WORKSPACE", "").strip()
            path = self.root_folder / SELECTED_WORKSPACE
            if not chosen and self.tree.exists(path):
                try:
                    chosen = self.tree.read(path).text.strip()
                except SourceError as error:
                    self.stack.errors.append(error)
            self._workspace = chosen or "default"
        return self._workspace

    def call_gap(self, address: str, reason: str, position: int) -> None:
        """Note a module call that leads nowhere, once for all instances of the call."""
        if self._first("", reason, position):
            self.stack.gaps.append(Gap(address, "source", reason, position))

    def recorded_modules(self) -> dict[str, Recorded]:
        """What `terraform init` recorded: dotted call path to module folder."""
        if self._recorded is None:
            self._recorded = read_recorded(self.tree, self.root_folder)
        return self._recorded

    def _first(self, what: str, reason: str, position: int) -> bool:
        key = (what, reason, position)
        if key in self._reported:
            return False
        self._reported.add(key)
        return True


class Frame:
    """Where an expression is evaluated: a module instance and the names that only hold here.

    `label` tells values of one expression in different instances or loop rounds apart. A `sealed`
    frame is that of a template: it has its own names and no others.
    """

    __slots__ = ("context", "label", "names", "scope", "sealed")

    def __init__(
        self, scope: Scope, names: Mapping[str, Value], label: str = "", sealed: bool = False
    ) -> None:
        self.scope = scope
        self.context = scope.context
        self.names = names
        self.label = label
        self.sealed = sealed

    def nested(self, names: Mapping[str, Value], label: str) -> Frame:
        """A frame with more names."""
        return Frame(self.scope, {**self.names, **names}, self.label + label, self.sealed)

    def template(self, names: Mapping[str, Value], label: str) -> Frame:
        """A frame with these names only."""
        return Frame(self.scope, names, self.label + label, sealed=True)

    def enter(self) -> None:
        """One evaluation step deeper. Raises `OverBudget` or Undetermined."""
        self.context.budget.spend()
        if self.context.depth >= MAX_NESTING:
            raise Undetermined(f"expressions nested over {MAX_NESTING} deep")
        self.context.depth += 1

    def leave(self) -> None:
        """The way back from `enter`."""
        self.context.depth -= 1

    def evaluate(self, node: Node) -> Value:
        """The value of an expression here."""
        return evaluate(node, self)

    def attribute(self, attribute: Attribute) -> Value:
        """The value of a block's attribute here."""
        return evaluate(parse_attribute(attribute), self)

    def source(self, node: Node) -> str:
        """An expression as written, on one line."""
        return source_of(node, self)

    def unknown(self, node: Node, reason: str, expression: str = "") -> Unknown:
        """The Unknown that stands for an expression here."""
        written = self._qualified(expression or self.source(node))
        return Unknown(written, reason, node.position, self.context.stack.unit)

    def invalid(self, node: Node, reason: str) -> Invalid:
        """The error that an expression ends in here."""
        written = self._qualified(self.source(node))
        return Invalid(written, reason, node.position, self.context.stack.unit)

    def _qualified(self, expression: str) -> str:
        prefix = f"{self.scope.address}: " if self.scope.address else ""
        return f"{prefix}{expression}{self.label}"

    def name(self, name: str, position: int) -> Value:
        """What the root of a reference is."""
        known = self.names.get(name)
        if known is not None:
            return known
        if self.sealed:
            raise CallError(f'the template is given no "{name}"')
        return Namespace(self.scope, name, position)


class Namespace(Lazy):
    """`var`, `local`, `path`, a resource type and so on: names are looked up in it."""

    __slots__ = ("path", "scope")

    def __init__(self, scope: Scope, path: str, position: int) -> None:
        super().__init__(position)
        self.scope = scope
        self.path = path

    @property
    def address(self) -> str:
        """The namespace as written."""
        return self.path

    def attribute(self, name: str, position: int) -> Value:
        """The value of `<namespace>.name`."""
        scope = self.scope
        if self.path == "var":
            return scope.variable(name, position)
        if self.path == "local":
            return scope.local(name, position)
        if self.path == "module":
            return scope.module(name, position)
        if self.path == "data":
            return Namespace(scope, f"data.{name}", position)
        if self.path == "path":
            return scope.path(name, position)
        if self.path in ("terraform", "tofu") and name == "workspace":
            return text(scope.context.workspace(), position)
        if self.path in ("each", "count", "self", "terraform"):
            raise CallError(f"{self.path}.{name} has no meaning here")
        kind, _, rest = self.path.partition(".")
        if rest:
            return scope.resource(kind, rest, name, position)
        return scope.resource("resource", self.path, name, position)


class Scope:
    """One instance of a module: the root, or one call of a child.

    `address` is `module.a["x"].module.b` or empty; `inputs` gives a variable's value, None where
    the caller gives none; `providers` is what `aws` and `aws.<alias>` mean here.
    """

    def __init__(
        self,
        context: Context,
        folder: Path,
        address: str,
        providers: dict[str, Provider],
        inputs: Callable[[str], Value | None],
        call_chain: tuple[Call, ...] = (),
        ancestors: tuple[Path, ...] = (),
    ) -> None:
        self.context = context
        self.folder = folder
        self.address = address
        self.providers = providers
        self.call_chain = call_chain
        self.ancestors = ancestors
        self.files = context.files_of(folder)
        self.frame = Frame(self, {})
        self._inputs = inputs
        self._known: dict[str, Value] = {}
        self._running: set[str] = set()
        self.exists: tuple[tuple[Guard, Atom], ...] | None = None
        """The guards of the calls that lead here."""
        self.absent: Unknown | None = None
        self.groups: dict[tuple[str, str, str], Group] = {}
        self.call_names: tuple[str, ...] = ()
        """The names of the calls that lead here, without indexes."""

    def files_position(self) -> int:
        """The position of the module call, or nowhere for the root."""
        return self.call_chain[-1].position if self.call_chain else 0

    def qualify(self, reference: str) -> str:
        """A reference with the module path in front."""
        return f"{self.address}.{reference}" if self.address else reference

    def unknown(self, reference: str, reason: str, position: int) -> Unknown:
        """The Unknown that stands for a reference of this module."""
        return Unknown(self.qualify(reference), reason, position, self.context.stack.unit)

    def once(self, reference: str, position: int, make: Callable[[], Value]) -> Value:
        """The memoised value of a reference; one that needs itself is Unknown."""
        known = self._known.get(reference)
        if known is not None:
            return known
        if reference in self._running:
            return self.unknown(reference, "refers to itself", position)
        self._running.add(reference)
        try:
            value = make()
        finally:
            self._running.discard(reference)
        self._known[reference] = value
        return value

    # -- values -----------------------------------------------------------------------------------

    def variable(self, name: str, position: int) -> Value:
        """`var.name`."""
        block = self.files.variables.get(name)
        if block is None:
            raise CallError(f'there is no variable "{name}"')
        return self.once(f"var.{name}", position, lambda: self._variable(name, block))

    def _variable(self, name: str, block: Block) -> Value:
        attributes = block.body.attributes
        given = self._inputs(name)
        nullable = self._flag(attributes.get("nullable"), default=True)
        if given is None or (isinstance(given, Null) and not nullable):
            default = attributes.get("default")
            if default is None:
                reason = f"variable has no default; give --var {name}=..."
                if self.address:
                    reason = "variable has no default, and the call of the module gives no value"
                given = given or self.unknown(f"var.{name}", reason, block.position)
            else:
                given = self.frame.attribute(default)
        constraint = attributes.get("type")
        if constraint is not None:
            written = given
            given = convert(written, parse_attribute(constraint), self.frame)
            checked(written, given, name, block, self.context)
        return marked(given, self._flag(attributes.get("sensitive"), default=False))

    def _flag(self, attribute: Attribute | None, default: bool) -> bool:
        if attribute is None:
            return default
        value = self.frame.attribute(attribute)
        return value.value if isinstance(value, Bool) else default

    def local(self, name: str, position: int) -> Value:
        """`local.name`."""
        attribute = self.files.locals.get(name)
        if attribute is None:
            raise CallError(f'there is no local value "{name}"')
        return self.once(f"local.{name}", position, lambda: self.frame.attribute(attribute))

    def output(self, name: str, position: int) -> Value:
        """The value of an output of this module."""
        block = self.files.outputs.get(name)
        attribute = block.body.attributes.get("value") if block else None
        if block is None or attribute is None:
            raise CallError(f'the module has no output "{name}"')

        def make() -> Value:
            sensitive = self._flag(block.body.attributes.get("sensitive"), default=False)
            return marked(self.frame.attribute(attribute), sensitive)

        return self.once(f"output.{name}", position, make)

    def path(self, name: str, position: int) -> Value:
        """`path.module` and `path.root`, relative to the root module."""
        if name == "root":
            return text(".", position)
        if name == "module":
            return text(relative(self.folder, self.context.root_folder), position)
        return self.unknown(f"path.{name}", "where terraform will run is not known", position)

    # -- resources and modules --------------------------------------------------------------------

    def resource(self, kind: str, type: str, name: str, position: int) -> Value:
        """`type.name` or `data.type.name` as a whole: one instance, or a list or map of them."""
        table = self.files.data if kind == "data" else self.files.resources
        block = table.get(f"{type}.{name}")
        prefix = "data." if kind == "data" else ""
        if block is None:
            raise CallError(f"{prefix}{type}.{name} is not declared")
        return self.group(kind, type, name, block).value(position)

    def module(self, name: str, position: int) -> Value:
        """`module.name`: one child, or a list or map of them."""
        block = self.files.modules.get(name)
        if block is None:
            raise CallError(f'there is no module "{name}"')
        return self.group("module", "", name, block).value(position)

    def group(self, kind: str, type: str, name: str, block: Block) -> Group:
        """All instances of a resource, data source or module call."""
        from kmsiac.frontends.terraform.groups import Group  # noqa: PLC0415 - mutual

        key = (kind, type, name)
        found = self.groups.get(key)
        if found is None:
            found = self.groups[key] = Group(self, kind, type, name, block)
        return found
