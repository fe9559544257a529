"""A bare policy document in a JSON file, as a stack of one resource."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.json_reader import read_json
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import TERRAFORM, Provider, Resource, Stack
from kmsiac.values import Bool, List, Map, Null, Number, Owner, Part, Text, Unknown, Value

TYPE = "policy_document"
"""The resource type of a bare policy; its document is the attribute `document`."""

_NAMES = {
    "account_id": "the own account",
    "region": "region",
    "partition": "partition",
    "dns_suffix": "dns_suffix",
}
_MAX_DIGITS = 400
_INTEGER = re.compile(r"-?\d{1,400}\Z")


def load(source: UnitSource, tree: SourceTree, inputs: Inputs) -> Stack:
    """The stack of a policy file. Raises `SourceError` for text that is no JSON."""
    file = source.file or tree.read(source.path)
    node = read_json(file)
    owner = Owner(file.path)
    resource = Resource(
        address=file.path,
        type=TYPE,
        attributes=Map(((Text(("document",), node.position), value_of(node)),), node.position),
        provider=Provider.symbolic(owner, inputs.environment, _NAMES),
        position=node.position,
        end=len(file.text),
    )
    return Stack(file.path, TERRAFORM, [resource], files={file.path})


def value_of(node: Node) -> Value:
    """The value of a JSON node tree, positions kept. The reader has bounded its depth."""
    if isinstance(node, Mapping):
        entries = []
        for key, value in node.entries:
            name = key.text if isinstance(key, Scalar) else ""
            entries.append((Text((name,), key.position), value_of(value)))
        return Map(entries, node.position)
    if isinstance(node, Sequence):
        return List((value_of(item) for item in node.items), node.position)
    assert isinstance(node, Scalar)
    if node.kind == "text":
        return _text(node)
    if node.kind == "bool":
        return Bool(node.text == "true", node.position)
    if node.kind == "number":
        return _number(node)
    return Null(node.position)


_PLACEHOLDER = re.compile(r"(<[A-Za-z][\w .-]{0,80}>)")


def _text(node: Scalar) -> Text:
    """A text. A policy in a file of its own may be one to fill in: `<my-org-id>` is not its text."""
    if "<" not in node.text:
        return Text((node.text,), node.position)
    parts: list[Part] = []
    for piece in filter(None, _PLACEHOLDER.split(node.text)):
        found = _PLACEHOLDER.fullmatch(piece)
        parts.append(Unknown(piece, "a placeholder", node.position) if found else piece)
    return Text(parts, node.position)


def _number(node: Scalar) -> Value:
    if _INTEGER.match(node.text):
        return Number(int(node.text), node.position)
    try:
        number = Decimal(node.text)
    except InvalidOperation:
        number = Decimal("NaN")
    # `1e999999999` is short here and a gigabyte written out.
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        return Unknown(node.text[:40], "number out of range", node.position)
    return Number(number, node.position)
