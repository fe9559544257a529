"""Bare policy documents in a JSON file, as a stack of one resource for each."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

from kmsiac.frontends.policy_places import PolicyPlace, policies_in
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.json_reader import ESCAPE, read_json
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile, offset_of
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import TERRAFORM, Provider, Resource, Stack
from kmsiac.values import Bool, List, Map, Null, Number, Owner, Part, Text, Unknown, Value, text

TYPE = "policy_document"
"""The resource type of a bare policy; its document is the attribute `document`."""

KIND = "kind"
"""The attribute that says of which kind the policy is, where `--policy-kind` or its place says so."""

_NAMES = {
    "account_id": "the own account",
    "region": "region",
    "partition": "partition",
    "dns_suffix": "dns_suffix",
}
_MAX_DIGITS = 400
_LONGEST_NAME = 40
_INTEGER = re.compile(r"-?\d{1,400}\Z")


def load(source: UnitSource, tree: SourceTree, inputs: Inputs) -> Stack:
    """The stack of a policy file. Raises `SourceError` for text that is no JSON."""
    file = source.file or tree.read(source.path)
    node = read_json(file)
    loaded = json.loads(file.text)
    places = policies_in(loaded) if isinstance(loaded, dict) else []
    provider = Provider.symbolic(Owner(file.path), inputs.environment, _NAMES)
    resources = []
    for place in places or [PolicyPlace((), "")]:
        document, header = _document(file, node, place)
        kind = inputs.policy_kind or place.kind
        attributes = [(Text(("document",), header), document)]
        if kind:
            attributes.append((Text((KIND,), header), text(kind, header)))
        resources.append(
            Resource(
                address=_address(file.path, place) if len(places) > 1 else file.path,
                type=TYPE,
                attributes=Map(attributes, header),
                provider=provider,
                position=header,
                end=len(file.text),
            )
        )
    return Stack(file.path, TERRAFORM, resources, files={file.path})


def _address(path: str, place: PolicyPlace) -> str:
    return f"{path}#/{'/'.join(str(step) for step in place.path)}"


def _document(file: SourceFile, node: Node, place: PolicyPlace) -> tuple[Value, int]:
    """The policy at a place, and the position of the key that holds it (the document, at the top)."""
    header = node.position
    for step in place.path:
        inner: Node | None
        if isinstance(node, Mapping):
            key, inner = node.key(str(step)), node.get(str(step))
            header = key.position if key is not None else header
        else:
            assert isinstance(node, Sequence)
            inner = node.items[int(step)]
        assert inner is not None, "the place was found in the same text"
        node = inner
    if place.path and isinstance(node, Scalar):
        return Text((node.text,), node.position, origin=_origin(file, node)), header
    return value_of(node), header


def _origin(file: SourceFile, node: Scalar) -> tuple[tuple[int, int], ...]:
    """Where the characters of a JSON string stand: an escape is one of them and written with more."""
    start = offset_of(node.position) + 1
    written = file.text[start : file.end(node.position) - 1]
    points = [(0, file.position(start))]
    index = at = 0
    for escape in ESCAPE.finditer(written):
        index += escape.start() - at + 1
        at = escape.end()
        points.append((index, file.position(start + at)))
    return tuple(points)


def value_of(node: Node) -> Value:
    """The value of a JSON node tree, positions kept. The reader has bounded its depth."""
    if isinstance(node, Mapping):
        function = _function(node)
        if function:
            reason = f"{function} is a function of templates, and this policy is in none"
            return Unknown(f'{{"{function}": ...}}', reason, node.position)
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


def _function(node: Mapping) -> str:
    """The intrinsic function that a map is in a template, else empty.

    Files of policies that a template includes, or that a tool puts into one, have them.
    """
    key = node.entries[0][0] if len(node.entries) == 1 else None
    name = key.text if isinstance(key, Scalar) else ""
    return name[:_LONGEST_NAME] if name == "Ref" or name.startswith("Fn::") else ""


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
