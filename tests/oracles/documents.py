"""Compares the policies of an inventory with those of a recorded plan (`expected.json`).

Known leaves must be equal; where the recording has `${address.attribute}`, the inventory must have a
symbol or an unknown of the same address. Lists of actions, resources, principals and condition values
are sets, and a list of one is the scalar, as AWS reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any

_HOLE = re.compile(r"\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_ADDRESS = re.compile(
    r"((?:module\.[\w-]+(?:\[[^\]]*\])?\.)*(?:data\.)?(?:aws|awscc|random|tls|time|archive|null|terraform|local|external|http)"
    r"_[a-z0-9_]+\.[\w-]+)"
)
_SETS = {"Action", "NotAction", "Resource", "NotResource"}
POLICY_VARIABLE = re.compile(r"^[\w-]+:[^}]*$")


@dataclass(frozen=True)
class Difference:
    """`kind` is missing, extra, different or unknown (no document where the recording has one)."""

    address: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.address}: {self.kind}: {self.detail}"


def differences(expected: Json, inventory: Json) -> Iterator[Difference]:
    """What an inventory has otherwise than the recording, policies and data documents."""
    yield from _policies(expected["policies"], inventory["policies"])
    ours = {entry["address"]: entry for entry in inventory["data"]}
    for address, entry in expected.get("data", {}).items():
        document = entry.get("document") or entry.get("static")
        if document is None:
            continue
        if address not in ours:
            yield Difference(address, "missing", "the data document")
        else:
            yield from _document(address, document, ours[address]["document"])


def _policies(expected: Mapping[str, Json], policies: list[Json]) -> Iterator[Difference]:
    ours: dict[str, list[Json]] = {}
    for policy in policies:
        ours.setdefault(policy["resource"], []).append(policy)
    seen: set[int] = set()
    for name, entry in expected.items():
        candidates = [p for p in ours.get(entry["address"], []) if _same_place(entry, p)]
        if len(candidates) != 1:
            if entry.get("document") or entry.get("static") or entry.get("default_policy"):
                if not candidates and _nothing(entry):
                    continue
                yield Difference(name, "missing", f"{len(candidates)} policies at this place")
            seen.update(id(p) for p in candidates)
            continue
        (policy,) = candidates
        seen.add(id(policy))
        yield from _policy(name, entry, policy)
    for policy in policies:
        if id(policy) not in seen:
            yield Difference(policy["resource"], "extra", policy["attribute"])


def _nothing(entry: Json) -> bool:
    """The recording says that no policy is given: where the service has no default, none is listed."""
    return bool(entry.get("default_policy"))


def _same_place(entry: Json, policy: Json) -> bool:
    attribute = entry["attribute"]
    place = policy["attribute"]
    if attribute.startswith("inline_policy["):
        number = re.findall(r"\d+", attribute)[0]
        return place.startswith("inline_policy") and (
            f"[{number}]" in place or not re.search(r"\[\d+\]", place)
        )
    return bool(attribute == place)


def _policy(name: str, entry: Json, policy: Json) -> Iterator[Difference]:
    if entry.get("default_policy"):
        if not policy["default_policy"]:
            yield Difference(name, "different", "the service's default is not told")
        return
    wanted = entry["document"] if entry["known"] else entry.get("static")
    if wanted is None:
        return
    yield from _document(name, wanted, policy["document"])


def _document(name: str, wanted: Json, found: Json) -> Iterator[Difference]:
    if not isinstance(found, dict):
        yield Difference(name, "unknown", str(found))
        return
    for where in _compare(_normal(wanted), _normal(found), ""):
        yield Difference(name, "different", where)


def _compare(wanted: Json, found: Json, path: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        yield from _compare_maps(wanted, found, path)
    elif isinstance(wanted, frozenset) and isinstance(found, frozenset):
        left = sorted(wanted - found, key=repr)
        right = sorted(found - wanted, key=repr)
        for one in list(left):
            other = next((x for x in right if _texts(one, x)), None)
            if other is not None:
                left.remove(one)
                right.remove(other)
        if left or right:
            yield f"{path}: {left!r} != {right!r}"
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _compare(one, other, f"{path}/{number}")
    elif not _texts(wanted, found):
        yield f"{path}: {wanted!r} != {found!r}"


def _compare_maps(wanted: Json, found: Json, path: str) -> Iterator[str]:
    """Keys may hold placeholders, too (`${provider}:sub`)."""
    rest = dict(found)
    for key, value in sorted(wanted.items()):
        name = key if key in rest else next((k for k in rest if _texts(key, k)), None)
        if name is None:
            yield f"{path}/{key}: only in the plan: {value!r}"
        else:
            yield from _compare(value, rest.pop(name), f"{path}/{key}")
    for key, value in sorted(rest.items()):
        yield f"{path}/{key}: extra: {value!r}"


def _texts(wanted: Json, found: Json) -> bool:
    """Equal leaves: known parts exactly, placeholders by address."""
    if wanted == found and type(wanted) is type(found):
        return True
    if not (isinstance(wanted, str) and isinstance(found, str)):
        return False
    return _shape(wanted) == _shape(found)


def _shape(text: str) -> str:
    def hole(match: re.Match[str]) -> str:
        if POLICY_VARIABLE.match(match[1]):
            return match[0]
        address = _ADDRESS.search(match[1])
        return "${" + (address[1] if address else match[1]) + "}"

    return _HOLE.sub(hole, text)


def _normal(document: Json) -> Json:
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    rest = {k: v for k, v in document.items() if k != "Statement"}
    if statements is None:
        return rest
    return {**rest, "Statement": [_statement(s) if isinstance(s, dict) else s for s in statements]}


def _statement(statement: Json) -> Json:
    result = {}
    for key, value in statement.items():
        if key in _SETS:
            result[key] = _set(value)
        elif key in ("Principal", "NotPrincipal") and isinstance(value, dict):
            result[key] = {kind: _set(ids) for kind, ids in value.items()}
        elif key == "Condition" and isinstance(value, dict):
            result[key] = {
                test: {k: _set(v) for k, v in by_key.items()}
                if isinstance(by_key, dict)
                else by_key
                for test, by_key in value.items()
            }
        else:
            result[key] = value
    return result


def _set(value: Json) -> Json:
    items = value if isinstance(value, list) else [value]
    if all(isinstance(item, str | int | float | bool | None) for item in items):
        return frozenset((type(i).__name__, i) if not isinstance(i, str) else i for i in items)
    return items
