"""Where the template of a nested stack lies, told from the resource as it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from kmsiac.errors import SourceError
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.reading.json_reader import read_json
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree, names_in

LOCATIONS = {
    "AWS::CloudFormation::Stack": "TemplateURL",
    "AWS::CloudFormation::StackSet": "TemplateURL",
    "AWS::Serverless::Application": "Location",
}
"""The resource types that deploy another template, and the property that says which."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?://)?")
_HASH = re.compile(r"/([0-9a-f]{64})\.(?:json|ya?ml|template)\b")
_MOST_NODES = 200
_LONGEST = 200


class Location(NamedTuple):
    """The file, or why there is none that can be read here. `position` is that of the property."""

    file: SourceFile | None
    reason: str
    position: int


def locate(body: Mapping, key: Node, type: str, file: SourceFile, tree: SourceTree) -> Location:
    """The template that a resource with this `body` in `file` deploys."""
    properties = body.get("Properties")
    name = LOCATIONS[type]
    node = properties.get(name) if isinstance(properties, Mapping) else None
    place = properties.key(name) if isinstance(properties, Mapping) else None
    position = (place or key).position
    written = _asset(body) or _plain(node)
    if written and not _URL.match(written):
        return beside(written, file, tree, position)
    by_hash = _by_hash(node, file, tree) if node is not None else ""
    if by_hash:
        return beside(by_hash, file, tree, position)
    if node is None:
        return Location(None, f"it has no {name} that says what it deploys", position)
    if written:
        return Location(None, "its template lies behind a URL, which is not followed", position)
    if type == "AWS::Serverless::Application" and isinstance(node, Mapping):
        return Location(
            None, "its template lies in the application repository, which is not read", position
        )
    if any("http" in text for text in _texts(node)):
        return Location(None, "its template lies behind a URL, which is not followed", position)
    return Location(None, f"its {name} is no plain path to a file", position)


def beside(written: str, file: SourceFile, tree: SourceTree, position: int) -> Location:
    """The template at a path that is relative to the folder of `file`."""
    shown = " ".join(written.split())[:_LONGEST]
    if file.key is None:
        return Location(None, f"{shown} is no path from what has no place in a folder", position)
    try:
        found = tree.read(Path(file.key).parent / written)
    except SourceError as error:
        return Location(None, f"its template {shown}: {error.message}", position)
    except ValueError:
        return Location(None, f"its template {shown}: not a usable name", position)
    return Location(found, "", position)


def _asset(body: Mapping) -> str:
    """The file that CDK has noted as the template behind a URL."""
    metadata = body.get("Metadata")
    if not isinstance(metadata, Mapping) or metadata.tag:
        return ""
    property, path = metadata.get("aws:asset:property"), metadata.get("aws:asset:path")
    if not isinstance(property, Scalar) or property.text != "TemplateURL":
        return ""
    return path.text if isinstance(path, Scalar) and not path.tag else ""


def _plain(node: Node | None) -> str:
    if isinstance(node, Scalar) and not node.tag and node.kind == "text":
        return node.text
    return ""


def _by_hash(node: Node, file: SourceFile, tree: SourceTree) -> str:
    """The file that the assets beside a template list under the hash that a URL ends with."""
    found = next((m[1] for text in _texts(node) if (m := _HASH.search(text))), "")
    if not found or file.key is None:
        return ""
    folder = Path(file.key).parent
    for name in names_in(folder):
        if not name.endswith(".assets.json"):
            continue
        try:
            assets = read_json(tree.read(folder / name))
        except SourceError:
            continue
        listed = _at(assets, "files", found, "source", "path")
        if isinstance(listed, Scalar):
            return listed.text
    return ""


def _at(node: Node | None, *path: str) -> Node | None:
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _texts(node: Node) -> list[str]:
    """The texts inside of an expression."""
    found: list[str] = []
    stack = [node]
    for _ in range(_MOST_NODES):
        if not stack:
            break
        current = stack.pop()
        if isinstance(current, Scalar):
            found.append(current.text)
        elif isinstance(current, Sequence):
            stack.extend(current.items)
        elif isinstance(current, Mapping):
            stack.extend(value for _, value in current.entries)
    return found


def nested_in(root: Mapping, file: SourceFile, tree: SourceTree) -> list[SourceFile]:
    """The files that the resources of a template nest."""
    resources = root.get("Resources")
    found: dict[str, SourceFile] = {}
    for key, body in resources.entries if isinstance(resources, Mapping) else ():
        type = body.get("Type") if isinstance(body, Mapping) else None
        if not isinstance(body, Mapping) or as_call(body) or not isinstance(type, Scalar):
            continue
        if type.text in LOCATIONS:
            inner = locate(body, key, type.text, file, tree).file
            if inner is not None and inner.key is not None:
                found[inner.key] = inner
    return list(found.values())
