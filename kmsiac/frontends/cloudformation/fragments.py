"""The identifier of a loop in the texts of its fragment, replaced by an item of the collection."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingType
from typing import NamedTuple

from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.reading.nodes import Mapping, Node, Scalar

_PLACE = re.compile(r"([$&])\{([A-Za-z0-9]+)\}")
_PLACE_OR_OTHER = re.compile(r"([$&])\{([A-Za-z0-9]+)\}|\$\{(?=[^{}]+\})")
_NESTED = re.compile(r"(\$\{[^{}]*)[$&]\{([A-Za-z0-9]+)\}")
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")


class Binding(NamedTuple):
    """What an identifier stands for: a known text, else the name that is written in its place."""

    literal: str | None
    stand_in: str


Bindings = MappingType[str, Binding]


def in_name(node: Scalar, bound: Bindings) -> Scalar:
    """A key, or a name that something refers to, with the identifiers in it replaced."""
    new = _replaced(node.text, bound, "name")
    return node if new == node.text else Scalar(new, "text", node.style, node.position, node.tag)


def substituted(node: Scalar, bound: Bindings, *, sub: bool = False) -> Node:
    """A scalar with the identifiers in it replaced; `sub` for the text of a `Fn::Sub`."""
    tag = node.tag
    if tag == "!Ref" and node.text in bound:
        binding = bound[node.text]
        if binding.literal is not None:
            return Scalar(binding.literal, "text", "plain", node.position)
        return Scalar(binding.stand_in, "text", "plain", node.position, tag)
    if "{" not in node.text:
        return node
    if tag in ("!Ref", "!GetAtt", "!Condition"):
        return in_name(node, bound)
    if sub or tag == "!Sub" or not _has_stand_in(node.text, bound):
        new = _replaced(node.text, bound, "sub")
        return node if new == node.text else _like(node, new, tag)
    text = _like(node, _as_sub(node.text, bound), "!Sub")
    if not tag:
        return text
    call = as_call(node)
    assert call is not None
    key = Scalar(call.name, "text", "plain", node.position)
    return Mapping([(key, text)], node.position)


def _like(node: Scalar, text: str, tag: str) -> Scalar:
    return Scalar(text, "text" if text != node.text else node.kind, node.style, node.position, tag)


def stand_in_names(name: str) -> tuple[str, str]:
    """The names that stand for an item in texts: the item, and its letters and digits alone."""
    return name, f"{name}&"


def _replaced(text: str, bound: Bindings, role: str) -> str:
    """The text with known items in it; unknown ones as a name, in a `sub` as a variable."""
    if role == "sub" and _has_stand_in(text, bound):
        text = _inside_variables(text, bound)

    def item(found: re.Match[str]) -> str:
        binding = bound.get(found[2])
        if binding is None:
            return found[0]
        if binding.literal is None:
            return binding.stand_in if role == "name" else _variable(found[1], binding)
        return _spelled(found[1], binding.literal)

    return _PLACE.sub(item, text)


def _as_sub(text: str, bound: Bindings) -> str:
    """The `Fn::Sub` text for a plain one in which an item is not known."""

    def item(found: re.Match[str]) -> str:
        binding = bound.get(found[2] or "")
        if binding is None:
            return "${!" if found[0] == "${" else found[0].replace("${", "${!")
        if binding.literal is None:
            return _variable(found[1], binding)
        return _spelled(found[1], binding.literal).replace("${", "${!")

    return _PLACE_OR_OTHER.sub(item, text)


def _inside_variables(text: str, bound: Bindings) -> str:
    """`${Key${X}.Arn}` with the name of what X stands for in the place of `${X}`."""

    def item(found: re.Match[str]) -> str:
        binding = bound.get(found[2])
        if binding is None:
            return found[0]
        return found[1] + (binding.literal or binding.stand_in)

    for _ in bound:
        text = _NESTED.sub(item, text)
    return text


def _spelled(mark: str, literal: str) -> str:
    return literal if mark == "$" else _NOT_ALPHANUMERIC.sub("", literal)


def _variable(mark: str, binding: Binding) -> str:
    return f"${{{stand_in_names(binding.stand_in)[mark == '&']}}}"


def _has_stand_in(text: str, bound: Bindings) -> bool:
    return any(
        (binding := bound.get(found[2])) is not None and binding.literal is None
        for found in _PLACE.finditer(text)
    )
