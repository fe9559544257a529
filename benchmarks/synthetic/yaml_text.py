"""CloudFormation as text: YAML with short tags, or JSON with the long names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_PLACE = re.compile(r"<(account|region|partition|role:[\w-]+)>")
_PSEUDO = {"account": "AWS::AccountId", "region": "AWS::Region", "partition": "AWS::Partition"}
_PLAIN = re.compile(r"[A-Za-z/][\w./ -]*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


class Call(NamedTuple):
    """An intrinsic function of a text: `Ref`, `Sub`, `GetAtt`."""

    name: str
    text: str


def logical(role: str) -> str:
    """The logical id of a role."""
    return f"{role.title().replace('-', '')}Role"


def filled(value: Any) -> Any:
    """Policies with their places as intrinsic functions."""
    if isinstance(value, Mapping):
        return {name: filled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one) for one in value]
    if not isinstance(value, str) or not _PLACE.search(value):
        return value
    whole = _PLACE.fullmatch(value)
    if whole and whole[1].startswith("role:"):
        return Call("GetAtt", f"{logical(whole[1].removeprefix('role:'))}.Arn")
    if whole:
        return Call("Ref", _PSEUDO[whole[1]])
    kept = value.replace("${", "${!")
    return Call("Sub", _PLACE.sub(lambda found: f"${{{_PSEUDO[found[1]]}}}", kept))


def as_json(template: Mapping[str, Any]) -> str:
    return json.dumps(_long(template), indent=2) + "\n"


def _long(value: Any) -> Any:
    if isinstance(value, Call):
        if value.name == "GetAtt":
            return {"Fn::GetAtt": value.text.split(".", 1)}
        return {"Ref" if value.name == "Ref" else f"Fn::{value.name}": value.text}
    if isinstance(value, Mapping):
        return {name: _long(one) for name, one in value.items()}
    return [_long(one) for one in value] if isinstance(value, list) else value


def as_yaml(template: Mapping[str, Any]) -> str:
    return "".join(f"{line}\n" for line in _lines(template))


def _lines(value: Mapping[str, Any] | list[Any]) -> list[str]:
    lines: list[str] = []
    if isinstance(value, Mapping):
        for name, one in value.items():
            key = _scalar(name)
            if isinstance(one, Call) and "\n" in one.text:
                lines += [f"{key}: !{one.name} |", *(f"  {line}" for line in one.text.splitlines())]
            elif _is_scalar(one):
                lines.append(f"{key}: {_scalar(one)}")
            else:
                lines += [f"{key}:", *(f"  {line}" for line in _lines(one))]
        return lines
    for one in value:
        inside = [_scalar(one)] if _is_scalar(one) else _lines(one)
        lines += [f"- {inside[0]}", *(f"  {line}" for line in inside[1:])]
    return lines


def _is_scalar(value: Any) -> bool:
    return isinstance(value, Call) or not isinstance(value, Mapping | list) or not value


def _scalar(value: Any) -> str:
    if isinstance(value, Call):
        return f"!{value.name} {_scalar(value.text)}"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and value.strip() == value
        return value if plain else "'" + value.replace("'", "''") + "'"
    return json.dumps(value)
