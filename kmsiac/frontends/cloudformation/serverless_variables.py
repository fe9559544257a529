"""Variables of the Serverless Framework in the texts of a service: nothing is known of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.sam_nodes import call, scalar
from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.values import Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver

VARIABLE = "Fn::Serverless"
"""Stands for a variable of the framework in a template made of its configuration."""

_WORDS = (
    "self", "opt", "env", "sls", "file", "ssm", "cf", "s3", "param", "aws", "git", "custom",
    "strToBool", "deepmerge", "output", "secrets", "state", "vault", "terraform", "doppler",
)  # fmt: skip
_START = re.compile(r"\$\{\s*(?:" + "|".join(_WORDS) + r")\s*[:(.]")
_LONGEST = 160
_REASON = "a variable of the Serverless Framework"


def variable(resolver: Resolver, call: Call) -> Value:
    """The value of a variable: it may be anything."""
    written = call.argument.text if isinstance(call.argument, Scalar) else VARIABLE
    written = written.removeprefix("${").removesuffix("}")
    shown = written if len(written) <= _LONGEST else written[: _LONGEST - 3] + "..."
    return Unknown(shown, _REASON, call.position, resolver.template.unit)


def without_variables(node: Scalar) -> Node:
    """A text with its variables taken out; as it is where there are none."""
    found = list(_variables(node.text))
    if not found:
        return node
    at = node.position
    parts: list[Node] = []
    last = 0
    for start, end in found:
        if start > last:
            parts.append(scalar(node.text[last:start], at))
        parts.append(call(VARIABLE, scalar(node.text[start:end], at), at))
        last = end
    if last < len(node.text):
        parts.append(scalar(node.text[last:], at))
    if len(parts) == 1:
        return parts[0]
    return call("Fn::Join", Sequence([scalar("", at), Sequence(parts, at)], at), at)


def sub_without_variables(node: Scalar, known: Node | None, position: int) -> Node:
    """`Fn::Sub` of a text and a map of variables, those of the framework among them."""
    at = node.position
    pieces: list[str] = []
    own: list[tuple[Node, Node]] = []
    last = 0
    for start, end in _variables(node.text):
        name = f"Serverless{len(own)}"
        pieces += [node.text[last:start], f"${{{name}}}"]
        own.append((scalar(name, at), call(VARIABLE, scalar(node.text[start:end], at), at)))
        last = end
    if isinstance(known, Mapping):
        own += known.entries
    written = Scalar("".join([*pieces, node.text[last:]]), "text", node.style, at)
    if not own:
        return call("Fn::Sub", written, position)
    return call("Fn::Sub", Sequence([written, Mapping(own, position)], position), position)


def _variables(text: str) -> Iterator[tuple[int, int]]:
    """Where the framework's variables stand in a text; they may lie in each other."""
    end = 0
    while (found := _START.search(text, end)) is not None:
        depth, at = 1, found.end()
        while depth and at < len(text):
            depth += (text[at] == "{") - (text[at] == "}")
            at += 1
        end = at
        yield found.start(), end
