"""HCL, written as `terraform fmt` nearly has it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_PLACE = re.compile(r"<(account|region|partition|role:[\w-]+)>")
_SYMBOLS = {
    "account": "data.aws_caller_identity.current.account_id",
    "region": "data.aws_region.current.name",
    "partition": "data.aws_partition.current.partition",
}


class Raw(NamedTuple):
    """An expression, as it is to be written."""

    text: str


class Block(NamedTuple):
    """A block inside another one."""

    name: str
    body: Mapping[str, Any]


def block(head: str, body: Mapping[str, Any]) -> str:
    """A block of the top level; nested `Block`s (or lists of them) stand among its attributes."""
    return f"{head} {{\n{_body(body, 1)}}}\n"


def _body(body: Mapping[str, Any], depth: int) -> str:
    lines: list[str] = []
    for name, value in body.items():
        if isinstance(value, Block):
            value = [value]  # noqa: PLW2901
        if isinstance(value, list) and value and isinstance(value[0], Block):
            for one in value:
                inside = _body(one.body, depth + 1)
                lines.append(f"{'  ' * depth}{one.name} {{\n{inside}{'  ' * depth}}}\n")
        else:
            lines.append(f"{'  ' * depth}{name} = {expression(value, depth)}\n")
    return "".join(lines)


def expression(value: Any, depth: int = 0) -> str:
    """A value as an expression; places in texts become references."""
    pad, close = "  " * (depth + 1), "  " * depth
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Mapping):
        lines = [f"{pad}{_key(k)} = {expression(v, depth + 1)}\n" for k, v in value.items()]
        return f"{{\n{''.join(lines)}{close}}}" if lines else "{}"
    if isinstance(value, list):
        items = [expression(one, depth + 1) for one in value]
        if len(items) < 3 and not any("\n" in item for item in items):
            return f"[{', '.join(items)}]"
        return f"[\n{''.join(f'{pad}{item},' + chr(10) for item in items)}{close}]"
    if isinstance(value, str):
        whole = _PLACE.fullmatch(value)
        if whole:
            return _reference(whole[1])
        escaped = json.dumps(value.replace("${", "$${"))
        return _PLACE.sub(lambda found: "${" + _reference(found[1]) + "}", escaped)
    return json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else json.dumps(name)


def _reference(place: str) -> str:
    if place.startswith("role:"):
        return f"aws_iam_role.{place.removeprefix('role:').replace('-', '_')}.arn"
    return _SYMBOLS[place]


def policy_document(name: str, policy: Mapping[str, Any]) -> str:
    """The policy as an `aws_iam_policy_document`."""
    return block(
        f'data "aws_iam_policy_document" "{name}"',
        {"statement": [Block("statement", _statement(one)) for one in policy["Statement"]]},
    )


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "Sid" in statement:
        made["sid"] = statement["Sid"]
    if statement["Effect"] != "Allow":
        made["effect"] = statement["Effect"]
    made["actions"] = _listed(statement["Action"])
    if "Resource" in statement:
        made["resources"] = _listed(statement["Resource"])
    principal = statement.get("Principal", {})
    named = {"*": "*"} if principal == "*" else principal
    made["principals"] = [
        Block("principals", {"type": kind, "identifiers": _listed(of)})
        for kind, of in named.items()
    ]
    made["condition"] = [
        Block("condition", {"test": test, "variable": key, "values": _listed(values)})
        for test, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return {name: value for name, value in made.items() if value != []}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]
