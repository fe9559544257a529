"""The `Policies` of a SAM function or state machine: managed policies, documents and templates."""

from __future__ import annotations

from typing import NamedTuple

from kmsiac.aws.sam import template_actions
from kmsiac.frontends.cloudformation.sam_nodes import (
    call,
    if_,
    is_no_value,
    managed_arn,
    mapping,
    no_value,
    plain_map,
    scalar,
)
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.template import Template
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence

_KEY = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${KeyId}"


class RolePolicies(NamedTuple):
    """What a role has: ARNs of managed policies, and members of its `Policies`."""

    managed: list[Node]
    inline: list[Node]


class _Entry(NamedTuple):
    """One policy: the ARN of a managed one, or a document."""

    managed: bool
    node: Node


def role_policies(node: Node | None, role: str, template: Template) -> RolePolicies:
    """The policies of the role `role` as `Policies` gives them.

    A policy template that grants no action of KMS gives nothing. Where two branches of `Fn::If`
    hold policies of different sorts, each is there under its own outcome.
    """
    found = RolePolicies([], [])
    if node is None:
        return found
    items = node.items if isinstance(node, Sequence) and not node.tag else [node]
    for index, item in enumerate(items):
        for entry in _entries(item, role, template):
            if entry.managed:
                found.managed.append(entry.node)
            else:
                found.inline.append(_named(entry.node, f"{role}Policy{index}"))
    return found


def inline_policy(document: Node, name: str) -> Mapping:
    """A member of a role's `Policies`."""
    position = document.position
    return mapping((("PolicyName", scalar(name, position)), ("PolicyDocument", document)), position)


def decrypt(key_id: Node, position: int) -> Mapping:
    """The document that lets a role decrypt with a key."""
    return _on_key(("kms:Decrypt",), key_id, position)


def _named(node: Node, name: str) -> Node:
    """The member of `Policies` for a document, or for the documents of a choice."""
    found = as_call(node)
    if found is not None and found.name == "Fn::If" and isinstance(found.argument, Sequence):
        condition, then, otherwise = found.argument.items
        return if_(condition, _named(then, name), _named(otherwise, name), node.position)
    return node if is_no_value(node) else inline_policy(node, name)


def _entries(node: Node, role: str, template: Template) -> list[_Entry]:
    found = as_call(node)
    if found is not None:
        argument = found.argument
        if found.name == "Fn::If" and isinstance(argument, Sequence) and len(argument.items) == 3:
            return _of_choice(argument.items, node.position, role, template)
        return [] if is_no_value(node) else [_Entry(True, node)]
    if isinstance(node, Scalar):
        if node.kind == "null":
            return []
        name = node.text
        by_name = node.kind == "text" and bool(name) and ":" not in name
        return [_Entry(True, managed_arn(name, node.position) if by_name else node)]
    if isinstance(node, Sequence):
        return [entry for item in node.items for entry in _entries(item, role, template)]
    assert isinstance(node, Mapping)
    if node.get("Statement") is not None:
        return [_Entry(False, node)]
    return _of_template(node, role, template)


def _of_choice(parts: list[Node], position: int, role: str, template: Template) -> list[_Entry]:
    """The policies of both branches, each under its outcome."""
    condition, then, otherwise = parts
    left, right = _entries(then, role, template), _entries(otherwise, role, template)
    if len(left) == len(right) == 1 and left[0].managed == right[0].managed:
        both = if_(condition, left[0].node, right[0].node, position)
        return [_Entry(left[0].managed, both)]
    nothing = no_value(position)
    whens = [_Entry(one.managed, if_(condition, one.node, nothing, position)) for one in left]
    return whens + [
        _Entry(one.managed, if_(condition, nothing, one.node, position)) for one in right
    ]


def _of_template(node: Mapping, role: str, template: Template) -> list[_Entry]:
    """What a policy template gives; a document that is unknown where SAM has none of that name."""
    name, parameters = next(iter(node.items()), ("", node))
    actions = template_actions(name) if len(node.entries) == 1 else None
    if actions is None:
        shown = name[:80] if len(node.entries) == 1 else "this map"
        reason = f"{shown} is neither a policy nor a policy template that SAM has"
        template.gap(role, "Policies", reason, node.position)
        return [_Entry(False, call(f"Fn::PolicyTemplate::{name}", parameters, node.position))]
    if not actions:
        return []
    known = plain_map(parameters)
    key_id = known.get("KeyId") if known is not None else None
    if key_id is None:
        template.error(f"{name} needs a KeyId", node.position)
        return []
    return [_Entry(False, _on_key(actions, key_id, node.position))]


def _on_key(actions: tuple[str, ...], key_id: Node, position: int) -> Mapping:
    variables = mapping((("KeyId", key_id),), position)
    resource = call("Fn::Sub", Sequence([scalar(_KEY, position), variables], position), position)
    statement = mapping(
        (
            ("Effect", scalar("Allow", position)),
            ("Action", Sequence([scalar(action, position) for action in actions], position)),
            ("Resource", resource),
        ),
        position,
    )
    return mapping((("Statement", Sequence([statement], position)),), position)
