"""One form for every intrinsic function: `!Sub x` and `{"Fn::Sub": x}` become the same Call.

Scalar tags go through cfn-flip's own constructor, imported when the first tag is met. It is wrong
for `!GetAtt` on a list (a nested `!Ref` is lost) and on a map (it raises), so tags on collections
are ours.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence

_UNPREFIXED = frozenset({"Ref", "Condition"})


class Call(NamedTuple):
    """An intrinsic function in long form: `Ref`, `Condition` or `Fn::*`, and its argument."""

    name: str
    argument: Node
    position: int


def as_call(node: Node) -> Call | None:
    """The intrinsic that a node is, or None for plain data.

    A map is one only if its function is its only key. `Condition` as a key is never taken for the
    intrinsic here, since IAM statements have that key: `conditions.py` reads it where it is one.
    """
    if node.tag:
        return _tagged(node)
    if isinstance(node, Mapping) and len(node.entries) == 1:
        key, argument = node.entries[0]
        if isinstance(key, Scalar) and not key.tag and is_function(key.text):
            return Call(key.text, argument, node.position)
    return None


def is_function(key: str) -> bool:
    """Whether a map key names an intrinsic function."""
    return key == "Ref" or key.startswith("Fn::")


def _tagged(node: Node) -> Call:
    suffix = node.tag.lstrip("!")
    if isinstance(node, Scalar):
        return _scalar_tag(suffix, node)
    name = suffix if suffix in _UNPREFIXED else f"Fn::{suffix}"
    return Call(name, _without_tag(node), node.position)


def _without_tag(node: Node) -> Node:
    if isinstance(node, Sequence):
        return Sequence(node.items, node.position)
    assert isinstance(node, Mapping)
    return Mapping(node.entries, node.position)


def _scalar_tag(suffix: str, node: Scalar) -> Call:
    short = len(node.text) <= _SHORT
    name, value = (_known_form if short else _long_form)(suffix, node.text)
    argument: Node
    if isinstance(value, tuple):
        argument = Sequence(
            [Scalar(part, "text", "plain", node.position) for part in value], node.position
        )
    else:
        # The tag makes it text, whatever it looks like: `!Ref 123` names "123".
        argument = Scalar(value, "text", node.style, node.position)
    return Call(name, argument, node.position)


class _Loader:
    """What cfn-flip's constructor asks of a YAML loader, for scalars."""

    @staticmethod
    def construct_scalar(node: _YamlScalar) -> str:
        return node.value


class _YamlScalar:
    value: str


@cache
def _cfn_flip() -> tuple[object, object]:
    import yaml  # noqa: PLC0415 - only templates with short-form tags pay for it
    from cfn_tools.yaml_loader import multi_constructor  # noqa: PLC0415 - as above

    return multi_constructor, yaml.ScalarNode


_SHORT = 100


@lru_cache(maxsize=1024)
def _known_form(suffix: str, text: str) -> tuple[str, str | tuple[str, ...]]:
    """The same names are referred to again and again."""
    return _long_form(suffix, text)


def _long_form(suffix: str, text: str) -> tuple[str, str | tuple[str, ...]]:
    construct, scalar_node = _cfn_flip()
    assert callable(construct)
    assert callable(scalar_node)
    long_form = construct(_Loader, suffix, scalar_node("!" + suffix, text))
    # Not `.items()`: cfn-flip's ODict makes a class for every item it hands out.
    name = next(iter(long_form))
    value = long_form[name]
    return str(name), tuple(map(str, value)) if isinstance(value, list) else str(value)
