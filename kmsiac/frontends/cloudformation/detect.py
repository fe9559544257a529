"""Tells a CloudFormation template from any other YAML or JSON, by its content."""

from __future__ import annotations

import re

from kmsiac.reading.nodes import Mapping, Node, Scalar

_TYPE = re.compile(r"(?:AWS|Custom|Alexa|Community)::|\w++::\w++::\w")
"""The types of AWS, and those of a registry or a module: `Org::Service::Thing`."""

_WRITTEN_OUT = ("Fn::Transform", "Fn::ForEach::")
"""Members in the place of resources that become some."""


def is_template(node: Node) -> bool:
    """Whether the document says that it is a template: its version, or resources with AWS types,
    or ones that a loop or a macro makes.
    """
    if not isinstance(node, Mapping):
        return False
    if node.get("AWSTemplateFormatVersion") is not None:
        return True
    resources = node.get("Resources")
    if resources is not None and resources.tag == "!Transform":
        return True
    if not isinstance(resources, Mapping):
        return False
    return any(
        _has_type(body) or (isinstance(key, Scalar) and key.text.startswith(_WRITTEN_OUT))
        for key, body in resources.entries
    )


def _has_type(body: Node) -> bool:
    type_ = body.get("Type") if isinstance(body, Mapping) else None
    return isinstance(type_, Scalar) and _TYPE.match(type_.text) is not None


def is_service(root: Node) -> bool:
    """Whether a document is the configuration of a service of the Serverless Framework."""
    if not isinstance(root, Mapping) or root.get("Resources") is not None:
        return False
    return root.get("service") is not None and root.get("provider") is not None
