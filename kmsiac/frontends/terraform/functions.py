"""Terraform's pure functions. One that is not in the table gives an Unknown that says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform import collection_functions, string_functions
from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    decode,
    encode,
    literal,
    refused,
    to_bool,
    to_number,
    to_text,
)
from kmsiac.frontends.terraform.parse import parse_expression
from kmsiac.frontends.terraform.string_functions import Row
from kmsiac.frontends.terraform.symbolic import Budget, marked
from kmsiac.frontends.terraform.template import scan_template
from kmsiac.policy.json_text import decode as decode_policy
from kmsiac.values import Bool, Choice, List, Map, Null, Number, Text, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Frame


class Site(NamedTuple):
    """Where a function is called: the frame for files and budgets, the position for its result."""

    frame: Frame
    position: int


class Function(NamedTuple):
    """A function: what it does, how many arguments it takes, and what it can cope with.

    `takes_unknowns`: it is called with Unknown arguments, too. `takes_choices`: also with Choices
    (otherwise it is called once per case). `writes_text`: its result is written of all that is in
    its arguments, so one secret anywhere in them makes it secret.
    """

    apply: Callable[[Site, list[Value]], Value]
    least: int
    most: int
    takes_unknowns: bool = False
    takes_choices: bool = False
    writes_text: bool = False


def _jsonencode(site: Site, arguments: list[Value]) -> Value:
    encoded = encode(arguments[0], site.frame.context.budget)
    return Text(encoded.parts, site.position, encoded.sensitive, (), encoded.document)


def _jsondecode(site: Site, arguments: list[Value]) -> Value:
    value, budget = to_text(arguments[0]), site.frame.context.budget
    found = _policy_in(value) if value.document is None else None
    return decode(value, budget) if found is None else _last_of_each(found, budget)


def _policy_in(value: Text) -> Value | None:
    """What a text of JSON holds, each part at its own place: worth it for what may be a policy, and
    where symbols stand in its strings. None for other texts."""
    literal = value.literal
    if literal is not None and '"Statement"' not in literal:
        return None
    if not value.prefix.lstrip().startswith(("{", "[")):
        return None
    found = decode_policy(value)
    return None if isinstance(found, Unknown) else found


def _last_of_each(value: Value, budget: Budget) -> Value:
    """The value with the last of the members of the same name, as Terraform reads JSON."""
    budget.spend()
    if isinstance(value, List):
        items = [_last_of_each(item, budget) for item in value.items]
        return List(items, value.position, value.open, value.sensitive)
    if not isinstance(value, Map):
        return value
    last = {key.parts: (key, _last_of_each(member, budget)) for key, member in value.entries}
    return Map(last.values(), value.position, value.open, value.sensitive)


def _tostring(_site: Site, arguments: list[Value]) -> Value:
    return arguments[0] if isinstance(arguments[0], Null) else to_text(arguments[0])


def _tonumber(site: Site, arguments: list[Value]) -> Value:
    if isinstance(arguments[0], Null):
        return arguments[0]
    return Number(to_number(arguments[0]), site.position)


def _tobool(site: Site, arguments: list[Value]) -> Value:
    if isinstance(arguments[0], Null):
        return arguments[0]
    return Bool(to_bool(arguments[0]), site.position)


def _coalesce(_site: Site, arguments: list[Value]) -> Value:
    for argument in arguments:
        if isinstance(argument, Null):
            continue
        if isinstance(argument, Unknown):
            raise Undetermined(argument.reason)
        if isinstance(argument, Text):
            if argument.literal == "":
                continue
            symbol = argument.symbol
            if argument.has_unknown and not argument.prefix and len(argument.parts) == 1:
                raise Undetermined("it may be empty")
            if symbol is not None and symbol.type == "text":
                raise Undetermined(f"{symbol.reference} may be empty")
        return argument
    raise CallError("no argument is set")


def _sensitive(_site: Site, arguments: list[Value]) -> Value:
    return marked(arguments[0], sensitive=True)


def _nonsensitive(_site: Site, arguments: list[Value]) -> Value:
    return arguments[0]


def _file(site: Site, arguments: list[Value]) -> Value:
    """The file's text. Its positions are in that file."""
    name = literal(arguments[0])
    context = site.frame.context
    try:
        file = context.tree.read(context.root_folder / Path(name))
        text = file.text
    except SourceError as error:
        context.gap(site.frame, "file", f"{name}: {error.message}", site.position)
        raise CallError(f"{name}: {error.message}") from None
    return Text((text,), site.position, origin=((0, file.position(0)),))


def _templatefile(site: Site, arguments: list[Value]) -> Value:
    """A file of the tree rendered as a template with the given names, and no others."""
    name, values = literal(arguments[0]), arguments[1]
    if not isinstance(values, Map):
        raise refused(values, "a map")
    context = site.frame.context
    try:
        file = context.tree.read(context.root_folder / Path(name))
        node = scan_template(file, parse_expression)
    except SourceError as error:
        context.gap(site.frame, "templatefile", f"{name}: {error.message}", site.position)
        raise CallError(f"{name}: {error.message}") from None
    if file.path in context.rendering:
        raise CallError("a template renders itself")
    names = {key.literal: value for key, value in values.entries if key.literal is not None}
    context.rendering.add(file.path)
    try:
        return site.frame.nested(names, f" ({name})").evaluate(node)
    finally:
        context.rendering.discard(file.path)


def _fileexists(site: Site, arguments: list[Value]) -> Value:
    context = site.frame.context
    path = context.root_folder / Path(literal(arguments[0]))
    return Bool(context.tree.exists(path), site.position)


def _one(site: Site, arguments: list[Value]) -> Value:
    value = arguments[0]
    if isinstance(value, Null):
        return value
    if not isinstance(value, List):
        raise refused(value, "a list")
    if value.open is not None:
        raise Undetermined(value.open.reason)
    if not value.items:
        return Null(site.position)
    if len(value.items) > 1:
        raise CallError("the list has more than one item")
    only = value.items[0]
    return collection_functions.or_null(only, site.position) if isinstance(only, Choice) else only


def _at_position(row: Row, *, writes_text: bool = False) -> Function:
    """A function that needs nothing of its frame."""
    plain, least, most, takes_unknowns, takes_choices = row

    def apply(site: Site, arguments: list[Value]) -> Value:
        return plain(site.position, arguments)

    return Function(apply, least, most, takes_unknowns, takes_choices, writes_text)


_ANY = 1000
FUNCTIONS: dict[str, Function] = {
    "jsonencode": Function(_jsonencode, 1, 1, takes_unknowns=True),
    "jsondecode": Function(_jsondecode, 1, 1),
    "tostring": Function(_tostring, 1, 1),
    "tonumber": Function(_tonumber, 1, 1),
    "tobool": Function(_tobool, 1, 1),
    "coalesce": Function(_coalesce, 1, _ANY, takes_unknowns=True),
    "sensitive": Function(_sensitive, 1, 1, takes_unknowns=True),
    "nonsensitive": Function(_nonsensitive, 1, 1, takes_unknowns=True),
    "file": Function(_file, 1, 1),
    "templatefile": Function(_templatefile, 2, 2),
    "fileexists": Function(_fileexists, 1, 1),
    "one": Function(_one, 1, 1),
    **{name: _at_position(row, writes_text=True) for name, row in string_functions.TABLE.items()},
    **{name: _at_position(row) for name, row in collection_functions.TABLE.items()},
}
"""Every function that is evaluated, by name. `try` and `can` are in the evaluator."""
