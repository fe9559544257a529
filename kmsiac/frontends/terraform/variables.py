"""What a root module's variables are given: files, flags and environment in Terraform's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kmsiac.errors import SourceError, nearest
from kmsiac.frontends.terraform.json_values import literal, read_decoded
from kmsiac.frontends.terraform.nodes import Call, Directive, For, Name, Node, Unparsed
from kmsiac.frontends.terraform.parse import parse_attribute, parse_expression
from kmsiac.frontends.terraform.split import Attribute, Block, split
from kmsiac.frontends.terraform.symbolic import broken_part
from kmsiac.reading import nodes as json_nodes
from kmsiac.reading.source import SourceFile
from kmsiac.stack import Stray
from kmsiac.values import Text, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Context, Scope

Given = Callable[[], Value]
_COMPARED = 20
"""Of so many names in a file that no variable has the nearest is looked for."""


def root_inputs(context: Context, folder: Path) -> Callable[[str], Value | None]:
    """What a root variable is given, None where nobody gives anything.

    Later ones win: `TF_VAR_x`, terraform.tfvars, terraform.tfvars.json, `*.auto.tfvars` by name,
    the variable files and variables of the configuration, `--var-file` in order, `--var`.
    """
    from kmsiac.frontends.terraform.scope import Scope  # noqa: PLC0415 - mutual

    files = context.files_of(folder)
    nothing = Scope(context, folder, "", {}, lambda _name: None)
    given: dict[str, Given] = {}

    def from_text(name: str, written: str, origin: str) -> Given:
        return lambda: _text_value(name, written, origin, nothing)

    for key, written in context.inputs.process_environment.items():
        if key.startswith("TF_VAR_"):
            name = key.removeprefix("TF_VAR_")
            given[name] = from_text(name, written, f"<{key}>")
    inputs = context.inputs
    for path in (*_automatic(folder), *inputs.configured_variable_files):
        given.update(_from_file(context, path, nothing))
    for name, written in inputs.configured_variables.items():
        given[name] = from_text(name, written, f"<var.{name}>")
    for path in inputs.variable_files:
        given.update(_from_file(context, path, nothing))
    for name, written in inputs.variables.items():
        given[name] = from_text(name, written, f"<--var {name}>")

    def lookup(name: str) -> Value | None:
        make = given.get(name)
        return make() if make is not None and name in files.variables else None

    return lookup


def _automatic(folder: Path) -> list[Path]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
    first = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in names]
    automatic = [name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
    return [folder / name for name in first + automatic]


def _from_file(context: Context, path: Path, nothing: Scope) -> dict[str, Given]:
    try:
        file = context.tree.read(path)
        members = _json_members(file) if path.name.endswith(".json") else None
        split_file = split(file) if members is None else None
    except SourceError as error:
        context.stack.errors.append(error)
        return {}
    context.stack.files.add(file.path)
    if split_file is not None:
        attributes = split_file.body.attributes
        context.stack.errors.extend(split_file.errors)
        _note_strays(file, {name: a.position for name, a in attributes.items()}, nothing)
        return {
            name: partial(_of_attribute, attribute, nothing)
            for name, attribute in attributes.items()
        }
    _note_strays(file, {name: node.position for name, node in (members or {}).items()}, nothing)
    nodes = {name: literal(file, node) for name, node in (members or {}).items()}
    for node in nodes.values():
        if isinstance(node, Unparsed):
            context.report(node)
    return {name: partial(_constant, node, nothing) for name, node in nodes.items()}


def _note_strays(file: SourceFile, written: Mapping[str, int], nothing: Scope) -> None:
    """Values that nothing takes: a slip of the pen, of which Terraform warns, too."""
    declared = nothing.files.variables
    strays = [(name, position) for name, position in written.items() if name not in declared]
    for at, (name, position) in enumerate(strays):
        near = nearest(name, declared) if at < _COMPARED else ""
        hint = f': did you mean "{near}"?' if near else ""
        message = f'no variable is declared for the value "{name}"{hint}'
        nothing.context.stack.strays.append(Stray(file.span(position), message))


def _of_attribute(attribute: Attribute, nothing: Scope) -> Value:
    return _constant(parse_attribute(attribute), nothing)


def _json_members(file: SourceFile) -> dict[str, json_nodes.Node]:
    """The variables of a JSON file. Raises `SourceError` where it holds something else."""
    root = read_decoded(file)
    if not isinstance(root, json_nodes.Mapping):
        problem = "variables are given as one object"
        raise SourceError(problem, file.span(root.position), 'write {"NAME": VALUE}')
    return dict(root.items())


def _constant(node: Node, nothing: Scope) -> Value:
    """The value of an expression in which nothing can be referred to and no function called."""
    context = nothing.context
    stray = next(_strays(node, frozenset()), None)
    if stray is None:
        return nothing.frame.evaluate(node)
    kind = "functions may" if isinstance(stray, Call) else "variables may"
    problem = f"{kind} not be used in the value of a variable"
    context.mistake(problem, stray.position, "write the value itself")
    return nothing.frame.invalid(node, problem)


def _strays(node: Node, bound: frozenset[str]) -> Iterator[Node]:
    """References and calls inside an expression; what a `for` in it binds is none."""
    waiting: list[tuple[object, frozenset[str]]] = [(node, bound)]
    while waiting:
        item, names = waiting.pop()
        if isinstance(item, Call) or (isinstance(item, Name) and item.name not in names):
            assert isinstance(item, Node)
            yield item
        if isinstance(item, For | Directive):
            names = names | frozenset(item.names)
        if isinstance(item, list | tuple):
            waiting += [(each, names) for each in item]
        elif isinstance(item, Node | Directive):
            slots = [slot for cls in type(item).__mro__ for slot in getattr(cls, "__slots__", ())]
            waiting += [(getattr(item, slot), names) for slot in slots]


def _text_value(name: str, written: str, origin: str, nothing: Scope) -> Value:
    """Text from a flag: as it is for primitive and untyped variables, else an expression."""
    block = nothing.files.variables.get(name)
    constraint = block.body.attributes.get("type") if block else None
    node = parse_attribute(constraint) if constraint is not None else None
    if node is None or (isinstance(node, Name) and node.name in ("string", "number", "bool")):
        return Text((written,))
    file = nothing.context.tree.add(origin, written.encode())
    expression = parse_expression(file, 0, len(file.text))
    if isinstance(expression, Unparsed):
        problem = f"the value is no expression: {expression.reason}"
        nothing.context.mistake(problem, expression.position, "write it as in a .tfvars file")
        return nothing.frame.invalid(expression, problem)
    return _constant(expression, nothing)


def checked(given: Value, converted: Value, name: str, block: Block, context: Context) -> None:
    """Report a value that is not of the type that its variable has."""
    broken = broken_part(converted, context.budget)
    if broken is None or broken_part(given, context.budget) is not None:
        return
    place = given.position or block.position
    reason = broken.reason.removeprefix("not of this type: ")
    problem = f"the value of var.{name} is not of its type: {reason}"
    context.mistake(problem, place, "give a value of the type that the variable block names")
