"""What a root module's variables are given: files, flags and environment in Terraform's order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.conversion import from_plain
from kmsiac.frontends.terraform.nodes import Name, Unparsed
from kmsiac.frontends.terraform.parse import parse_attribute, parse_expression
from kmsiac.frontends.terraform.split import split
from kmsiac.reading.json_reader import load_json
from kmsiac.values import Text, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Context, Scope

Given = Callable[[], Value]


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
        if path.name.endswith(".json"):
            position = file.position(0)
            plain = load_json(file)
            context.stack.files.add(file.path)
            plain = plain if isinstance(plain, dict) else {}
            return {
                str(name): partial(from_plain, value, position, False, context.budget)
                for name, value in plain.items()
            }
        split_file = split(file)
    except SourceError as error:
        context.stack.errors.append(error)
        return {}
    context.stack.files.add(file.path)
    context.stack.errors.extend(split_file.errors)
    return {
        name: partial(nothing.frame.attribute, attribute)
        for name, attribute in split_file.body.attributes.items()
    }


def _text_value(name: str, written: str, origin: str, nothing: Scope) -> Value:
    """Text from a flag: as it is for strings and untyped variables, else an expression."""
    block = nothing.files.variables.get(name)
    constraint = block.body.attributes.get("type") if block else None
    node = parse_attribute(constraint) if constraint is not None else None
    if node is None or (isinstance(node, Name) and node.name in ("string", "number", "bool")):
        return Text((written,))
    file = nothing.context.tree.add(origin, written.encode())
    expression = parse_expression(file, 0, len(file.text))
    if isinstance(expression, Unparsed):
        return Text((written,))
    return nothing.frame.evaluate(expression)
