"""The nodes that the Serverless transform adds: each stands at the source that it comes from."""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.template import Declared
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence

ATTRIBUTES = ("Condition", "DeletionPolicy", "UpdateReplacePolicy")
"""What a resource of SAM hands on to those that are made for it."""


def scalar(text: str, position: int) -> Scalar:
    """A text."""
    return Scalar(text, "text", "quoted", position)


def mapping(entries: Iterable[tuple[str, Node | None]], position: int) -> Mapping:
    """A map; members that are None are left out. A key stands where its value does."""
    return Mapping(
        [(scalar(key, node.position), node) for key, node in entries if node is not None], position
    )


def call(name: str, argument: Node, position: int) -> Mapping:
    """An intrinsic function in long form."""
    return Mapping([(scalar(name, position), argument)], position)


def sub(text: str, position: int) -> Mapping:
    """`Fn::Sub` of a text."""
    return call("Fn::Sub", scalar(text, position), position)


def arn_of(logical_id: str, position: int) -> Mapping:
    """The ARN of a resource."""
    names: list[Node] = [scalar(logical_id, position), scalar("Arn", position)]
    return call("Fn::GetAtt", Sequence(names, position), position)


def if_(condition: Node, then: Node, otherwise: Node, position: int) -> Mapping:
    """`Fn::If`."""
    return call("Fn::If", Sequence([condition, then, otherwise], position), position)


def no_value(position: int) -> Mapping:
    """`AWS::NoValue`."""
    return call("Ref", scalar("AWS::NoValue", position), position)


def is_no_value(node: Node) -> bool:
    """Whether a node is `!Ref AWS::NoValue`."""
    found = as_call(node)
    return (
        found is not None
        and found.name == "Ref"
        and isinstance(found.argument, Scalar)
        and found.argument.text == "AWS::NoValue"
    )


def plain_map(node: Node | None) -> Mapping | None:
    """The node if it is a map and no intrinsic function."""
    return node if isinstance(node, Mapping) and as_call(node) is None else None


def text_of(node: Node | None) -> str:
    """The text of a plain scalar; empty for anything else."""
    return node.text if isinstance(node, Scalar) and not node.tag else ""


def managed_arn(name: str, position: int) -> Mapping:
    """The ARN of an AWS managed policy, by its name with its path."""
    return sub(f"arn:${{AWS::Partition}}:iam::aws:policy/{name}", position)


def trust(service: str, position: int) -> Mapping:
    """The trust policy for a service."""
    statement = mapping(
        (
            ("Effect", scalar("Allow", position)),
            ("Principal", mapping((("Service", scalar(service, position)),), position)),
            ("Action", scalar("sts:AssumeRole", position)),
        ),
        position,
    )
    return mapping(
        (
            ("Version", scalar("2012-10-17", position)),
            ("Statement", Sequence([statement], position)),
        ),
        position,
    )


def made(
    source: Declared,
    logical_id: str,
    type: str,
    properties: Mapping,
    condition: Node | None = None,
) -> Declared:
    """A resource that is made for another: it stands where that one does.

    `condition` is its own, in place of the other's.
    """
    position = source.key.position
    attributes = [(name, source.body.get(name)) for name in ATTRIBUTES]
    if condition is not None:
        attributes[0] = ("Condition", condition)
    body = mapping(
        (("Type", scalar(type, position)), ("Properties", properties), *attributes),
        source.body.position,
    )
    return Declared(scalar(logical_id, position), type, body, source.only, source.written)
