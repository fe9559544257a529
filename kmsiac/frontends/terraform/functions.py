"""Terraform's functions by name. One that cannot be evaluated gives an Unknown that says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kmsiac.errors import nearest
from kmsiac.frontends.terraform import (
    collection_functions,
    date_functions,
    encoding_functions,
    file_functions,
    map_functions,
    network_functions,
    number_functions,
    provider_functions,
    set_functions,
    string_functions,
)
from kmsiac.frontends.terraform.conversion import to_text
from kmsiac.frontends.terraform.file_functions import Site
from kmsiac.frontends.terraform.json_text import decode, encode
from kmsiac.frontends.terraform.string_functions import Row
from kmsiac.frontends.terraform.symbolic import ListOf, list_like, marked, remade
from kmsiac.frontends.terraform.types import primitive
from kmsiac.values import Bool, Number, Text, Value


class Function(NamedTuple):
    """A function: what it does, how many arguments it takes, and what it can cope with.

    `takes_unknowns`: it is called with Unknown arguments, too. `takes_choices`: also with Choices
    (otherwise it is called once per case). `writes_text`: its result is written of all that is in
    its arguments, so one secret anywhere in them makes it secret. `keeps_marks`: its result has the
    marks of what it is made of, and none for the collection that it was in.
    """

    apply: Callable[[Site, list[Value]], Value]
    least: int
    most: int
    takes_unknowns: bool = False
    takes_choices: bool = False
    writes_text: bool = False
    keeps_marks: bool = False


def _jsonencode(site: Site, arguments: list[Value]) -> Value:
    encoded = encode(arguments[0], site.frame.context.budget)
    return Text(encoded.parts, site.position, encoded.sensitive, (), encoded.document)


def _jsondecode(site: Site, arguments: list[Value]) -> Value:
    return decode(to_text(arguments[0]), site.frame.context.budget)


def _to(name: str) -> Function:
    def apply(site: Site, arguments: list[Value]) -> Value:
        value = primitive(arguments[0], name)
        return remade(value, site.position, value.sensitive) if name != "string" else value

    return Function(apply, 1, 1)


def _sensitive(_site: Site, arguments: list[Value]) -> Value:
    return marked(arguments[0], sensitive=True)


def _nonsensitive(_site: Site, arguments: list[Value]) -> Value:
    value = arguments[0]
    if isinstance(value, ListOf) and value.sensitive:
        # The members of a set have no mark of their own; texts and numbers of a list have that of
        # the list. Objects keep theirs: one of them may have been made of a secret.
        items = [_unmarked(item) if isinstance(item, _PRIMITIVES) else item for item in value.items]
        value = list_like(value, items, value.open)
    return remade(value, value.position, sensitive=False)


def _unmarked(value: Value) -> Value:
    return remade(value, value.position, sensitive=False)


_PRIMITIVES = Text | Number | Bool


def _issensitive(site: Site, arguments: list[Value]) -> Value:
    return Bool(arguments[0].sensitive, site.position)


def _ephemeralasnull(_site: Site, arguments: list[Value]) -> Value:
    return arguments[0]


def _at_position(row: Row, *, writes_text: bool = False) -> Function:
    """A function that needs nothing of its frame."""
    plain, least, most, takes_unknowns, takes_choices = row

    def apply(site: Site, arguments: list[Value]) -> Value:
        return plain(site.position, arguments)

    return Function(apply, least, most, takes_unknowns, takes_choices, writes_text)


_TEXTS = (
    string_functions.TABLE,
    encoding_functions.TABLE,
    date_functions.TABLE,
    network_functions.TABLE,
    provider_functions.TABLE,
)
_OTHERS = (
    collection_functions.TABLE,
    map_functions.TABLE,
    number_functions.TABLE,
    set_functions.TABLE,
)
_FROM_MEMBERS = ("sum", "alltrue", "anytrue", "contains", "index", "matchkeys", "range", "sort")
"""Functions of lists whose result tells of the members, too."""

FUNCTIONS: dict[str, Function] = {
    "jsonencode": Function(_jsonencode, 1, 1, takes_unknowns=True),
    "jsondecode": Function(_jsondecode, 1, 1),
    "tostring": _to("string"),
    "tonumber": _to("number"),
    "tobool": _to("bool"),
    "sensitive": Function(_sensitive, 1, 1, takes_unknowns=True),
    "nonsensitive": Function(_nonsensitive, 1, 1, takes_unknowns=True, keeps_marks=True),
    "issensitive": Function(_issensitive, 1, 1, takes_unknowns=True, keeps_marks=True),
    "ephemeralasnull": Function(_ephemeralasnull, 1, 1, takes_unknowns=True),
    **{name: Function(*row) for name, row in file_functions.TABLE.items()},
    **{
        name: _at_position(row, writes_text=True) for table in _TEXTS for name, row in table.items()
    },
    **{
        name: _at_position(row, writes_text=name in _FROM_MEMBERS)
        for table in _OTHERS
        for name, row in table.items()
    },
}
"""Every function that is evaluated, by name. Those in `SPECIAL` are in the evaluator."""

SPECIAL = frozenset({"try", "can", "templatestring", "convert"})
"""Functions that look at their arguments as written."""

_NOT_PURE = "gives another result each time"
_OPENTOFU = "is a function of OpenTofu only, and not evaluated"
NOT_EVALUATED = {
    "timestamp": _NOT_PURE,
    "plantimestamp": _NOT_PURE,
    "uuid": _NOT_PURE,
    "bcrypt": _NOT_PURE,
    "rsadecrypt": "needs a private key",
    "base64gzip": "depends on how it is compressed",
    "base64gunzip": _OPENTOFU,
    "cidrcontains": _OPENTOFU,
    "urldecode": _OPENTOFU,
}
"""Functions that exist and have no result before deployment, with the reason."""


def why_not(name: str) -> tuple[str, bool]:
    """Why a function that is not in the table has no result, and whether Terraform refuses it."""
    plain = name.removeprefix("core::")
    if plain in NOT_EVALUATED:
        return f"{plain} {NOT_EVALUATED[plain]}", False
    if plain.startswith("provider::"):
        return f"{name} is a function of a provider, and not evaluated", False
    near = nearest(plain, (*FUNCTIONS, *SPECIAL, *NOT_EVALUATED))
    hint = f'; did you mean "{near}"?' if near else ""
    return f"there is no function {name[:60]}{hint}", True
