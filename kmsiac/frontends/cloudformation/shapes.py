"""Of a resource that is not evaluated whole, the properties that are: by name, and by their shape.

A property is looked at if it names a key or holds a policy, or if something in it is shaped like
one, which is told from the nodes before they are evaluated.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from kmsiac.aws.policy_sites import is_searched, sink_attributes, sink_heads
from kmsiac.frontends.cloudformation.tags import Call, as_call, is_function
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import offset_of

_WORDS = ("Statement", "Effect")
_ESCAPE = re.compile(r"\\u00([2-7][0-9A-Fa-f])")
_PUT_TOGETHER = frozenset({"Fn::Join", "Fn::Sub"})
"""Functions that make one text of several."""


class Search:
    """Searches the resources of one template."""

    def __init__(self, template: Template) -> None:
        self._template = template
        text = template.file.text
        self._everywhere = bool(template.expansion.included) or "&" in text or "\\" in text
        """Whether what a resource holds may be written elsewhere, or not as it is."""
        self._places: list[int] = []
        at = text.find(_WORDS[0])
        while at >= 0:
            self._places.append(at)
            at = text.find(_WORDS[0], at + 1)
        self._parameters = frozenset(self._texts_of_parameters()) if self._places else frozenset()
        self._mappings = bool(self._places) and any(
            _holds_words(scalar.text)
            for _, row in template.mappings.values()
            for scalar in _scalars(row)
        )
        if self._parameters or self._mappings:
            self._everywhere = True

    def _texts_of_parameters(self) -> Iterable[str]:
        """The parameters whose default may be a policy."""
        for name, (_, body) in self._template.parameters.items():
            default = body.get("Default") if isinstance(body, Mapping) else None
            if isinstance(default, Scalar) and _holds_words(default.text):
                yield name

    def wanted(self, declared: Declared) -> Node | None:
        """The properties that are evaluated; None for a resource that has none of them."""
        properties = declared.body.get("Properties")
        heads = sink_heads(declared.type)
        if not isinstance(properties, Mapping) or as_call(properties) is not None:
            if properties is None or as_call(properties) is None:
                return None
            return properties if heads or self._is_shaped(declared, properties) else None
        found = {
            key.text
            for key, node in properties.entries
            if isinstance(key, Scalar) and self._counts(declared, key.text, node)
        }
        if not found:
            return None
        wanted = sink_attributes(declared.type) | found
        if _WORDS[0] in found:
            wanted |= {"Version", "Id"}
        kept = [
            entry
            for entry in properties.entries
            if isinstance(entry[0], Scalar) and entry[0].text in wanted
        ]
        return Mapping(kept, properties.position)

    def _counts(self, declared: Declared, name: str, node: Node) -> bool:
        """Whether a property makes its resource one to look at, or may do so."""
        heads = sink_heads(declared.type)
        if name in heads or (heads and is_function(name)):
            return True
        if name == _WORDS[0]:
            return _has_effect(node)
        return is_searched(declared.type, name) and self._is_shaped(declared, node)

    def _is_shaped(self, declared: Declared, node: Node) -> bool:
        return self._may_be(declared) and self._may_hold_policy(node, declared.type)

    def _may_hold_policy(self, node: Node, type: str) -> bool:
        """Whether a map in the node has statements, or a text in it may be a policy."""
        stack = [node]
        while stack:
            current = stack.pop()
            call = as_call(current)
            if call is not None and self._gives_policy(call):
                return True
            if isinstance(current, Sequence):
                stack += current.items
            elif isinstance(current, Mapping):
                for key, member in current.entries:
                    name = key.text if isinstance(key, Scalar) else ""
                    if name == "Statement" and _has_effect(member):
                        return True
                    if is_searched(type, name):
                        stack.append(member)
            elif isinstance(current, Scalar) and _holds_words(current.text):
                return True
        return False

    def _gives_policy(self, call: Call) -> bool:
        """Whether a function may give the text of a policy that is written elsewhere or in pieces."""
        if call.name == "Ref":
            return isinstance(call.argument, Scalar) and call.argument.text in self._parameters
        if call.name == "Fn::FindInMap":
            return self._mappings
        if call.name not in _PUT_TOGETHER:
            return False
        text = "".join(scalar.text for scalar in _scalars(call.argument))
        return _holds_words(text) or any(name in text for name in self._parameters)

    def _may_be(self, declared: Declared) -> bool:
        """Whether the word for statements stands in the source of a resource at all."""
        if self._everywhere or not self._places:
            return self._everywhere
        next_one = bisect_left(self._places, offset_of(declared.key.position))
        if next_one == len(self._places):
            return False
        return self._places[next_one] < self._template.end(declared.written)


def _holds_words(text: str) -> bool:
    """Whether a text may be a policy: what it is shows when it is evaluated."""
    if "\\u00" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return all(word in text for word in _WORDS)


def _scalars(node: Node) -> Iterable[Scalar]:
    """The scalars in a node in order, keys too."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, Scalar):
            yield current
        elif isinstance(current, Sequence):
            stack.extend(reversed(current.items))
        elif isinstance(current, Mapping):
            stack.extend(
                member for entry in reversed(current.entries) for member in reversed(entry)
            )


def _has_effect(node: Node) -> bool:
    """Whether a node is a statement, or statements, behind functions and what is included too."""
    if as_call(node) is not None and not isinstance(node, Sequence):
        return True
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, Sequence):
            stack += current.items
        elif isinstance(current, Mapping):
            if current.get("Effect") is not None:
                return True
            if as_call(current) is not None:
                stack.append(current.entries[0][1])
    return False
