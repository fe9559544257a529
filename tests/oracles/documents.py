"""Compares the policies of an inventory with those of a recorded plan (`expected.json`).

Known leaves must be equal; where the recording has `${address.attribute}`, the inventory must have a
symbol or an unknown of the same address. Lists of actions, resources, principals and condition values
are sets, and a list of one is the scalar, as AWS reads them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any

_HOLE = re.compile(r"\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_INDEX = r"(?:\[(?:\"[^\"]*\"|\d+)\])?"
_ADDRESS = re.compile(
    rf"((?:module\.[\w-]+{_INDEX}\.)*(?:data\.)?(?:aws|awscc|random|tls|time|archive|null|terraform|local|external|http)"
    rf"_[a-z0-9_]+\.[\w-]+{_INDEX})"
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


def differences(expected: Json, inventory: Json, *, plan: bool = False) -> Iterator[Difference]:
    """What an inventory has otherwise than the recording: policies, data documents, keys, grants.

    With `plan` it is the inventory of the plan, which does not say what an unknown is made of: a
    policy that the plan does not know may be wholly unknown, a placeholder may be any unknown.
    """
    if plan:
        expected, inventory = (_holes_alike(each) for each in (expected, inventory))
    yield from _policies(expected["policies"], inventory["policies"], plan)
    ours = {entry["address"]: entry for entry in inventory["data"]}
    for address, entry in expected.get("data", {}).items():
        document = entry.get("document") or entry.get("static")
        if address not in ours:
            yield Difference(address, "missing", "the data document")
        elif document is not None:
            yield from _document(address, document, ours[address])
    # A recording without an apply does not list the documents that the plan defers.
    for address in () if plan else ours.keys() - expected.get("data", {}).keys():
        yield Difference(address, "extra", "the data document")
    yield from _entities(expected, inventory)


def corrected(expected: Json, known: str) -> Json:
    """The recording without placeholders for what is a text of the configuration.

    A recorder takes a text for a reference that happens to have the same value. `known` is the text
    of the plan: what stands in it as a whole is known.
    """
    texts = {
        mark: told
        for entry in expected["policies"].values()
        for mark, told in _leaf_pairs(entry.get("static"), entry.get("applied"))
        if mark != told and json.dumps(told) in known
    }
    return _with_texts(expected, texts)


def _leaf_pairs(one: Json, other: Json) -> Iterator[tuple[str, str]]:
    if isinstance(one, str) and isinstance(other, str):
        yield one, other
    elif isinstance(one, list) and isinstance(other, list):
        for left, right in zip(one, other, strict=False):
            yield from _leaf_pairs(left, right)
    elif isinstance(one, dict) and isinstance(other, dict):
        for name in one.keys() & other.keys():
            yield from _leaf_pairs(one[name], other[name])


def _with_texts(node: Json, texts: Mapping[str, str]) -> Json:
    if isinstance(node, str):
        return texts.get(node, node)
    if isinstance(node, dict):
        return {key: _with_texts(value, texts) for key, value in node.items()}
    return [_with_texts(each, texts) for each in node] if isinstance(node, list) else node


def _policies(
    expected: Mapping[str, Json], policies: list[Json], plan: bool
) -> Iterator[Difference]:
    ours: dict[str, list[Json]] = {}
    for policy in policies:
        # A file that is a policy is listed by itself, too, whoever else reads it.
        if "aws_managed" not in policy and policy["attribute"] != "document":
            ours.setdefault(policy["resource"], []).append(policy)
    for name, entry in expected.items():
        left = ours.get(entry["address"], [])
        found = [policy for policy in left if policy["attribute"] == entry["attribute"]]
        if len(found) == 1:
            left.remove(found[0])
            if not (plan and not entry["known"] and _wholly_unknown(found[0])):
                yield from _policy(name, entry, found[0])
        elif found or not (entry.get("default_policy") or _comes_to_null(entry)):
            # Where a service has no default, a policy that is not given is none.
            yield Difference(name, "missing", f"{len(found)} policies at {entry['attribute']}")
    for address, left in ours.items():
        for policy in left:
            yield Difference(address, "extra", policy["attribute"])


def _comes_to_null(entry: Json) -> bool:
    """Whether the apply shows that the argument is null, which a plan says of no computed one."""
    return "applied" in entry and entry["applied"] is None


def _of_service(applied: Json) -> bool:
    """Whether the apply shows what SNS gives a topic that comes without a policy."""
    return isinstance(applied, dict) and applied.get("Id") == "__default_policy_ID"


def _wholly_unknown(policy: Json) -> bool:
    return policy["document"] is None and bool(policy["unknown"]) and not policy["default_policy"]


def _holes_alike(node: Json) -> Json:
    """The same with one placeholder in place of each text that has one."""
    if isinstance(node, str):
        return "${unknown}" if _holes(node) else node
    if isinstance(node, dict):
        return {_holes_alike(k): _holes_alike(v) for k, v in node.items()}
    return [_holes_alike(each) for each in node] if isinstance(node, list) else node


def _policy(name: str, entry: Json, policy: Json) -> Iterator[Difference]:
    if policy["maybe_absent"]:
        yield Difference(name, "different", "may be absent; the plan has it")
    default = entry.get("default_policy") or _of_service(entry.get("static"))
    if policy["default_policy"] != bool(default):
        yield Difference(name, "different", f"default policy: {policy['default_policy']}")
    elif not default:
        wanted = entry["document"] if entry["known"] else entry.get("static")
        if wanted is not None:
            yield from _document(name, wanted, policy)


def _document(name: str, wanted: Json, shown: Json) -> Iterator[Difference]:
    found = shown["document"]
    if not isinstance(found, dict):
        yield Difference(name, "unknown", str(found or shown["cases"] or shown["unknown"]))
        return
    for where in _compare(_normal(wanted), _normal(found), ""):
        yield Difference(name, "different", where)
    yield from _symbols(name, wanted, shown)


def _symbols(name: str, wanted: Json, shown: Json) -> Iterator[Difference]:
    """A placeholder is a symbol or an unknown and no text that looks like one, and there are no
    others than the recording has.
    """
    if "${unknown}" in json.dumps(shown["document"]):
        return  # of a plan
    told = {each["text"] for each in shown["symbols"]}
    told |= {f"${{{each['expression']}}}" for each in shown["unknown"]}
    for hole in sorted(_holes(shown["document"]) - told):
        yield Difference(name, "different", f"{hole} is a text, no symbol")
    if told and not _holes(wanted):
        yield Difference(name, "different", f"the plan knows {sorted(told)}")


def _holes(node: Json) -> set[str]:
    """The placeholders in a document; an IAM policy variable is none."""
    if isinstance(node, str):
        return {hole[0] for hole in _HOLE.finditer(node) if _ADDRESS.search(hole[1])}
    if isinstance(node, dict):
        return set[str]().union(*(_holes(k) | _holes(v) for k, v in node.items()))
    return set[str]().union(*map(_holes, node)) if isinstance(node, list) else set()


_KEY_SETTINGS = {
    "description": "description",
    "key_usage": "usage",
    "customer_master_key_spec": "spec",
    "key_spec": "spec",
    "enable_key_rotation": "rotation",
    "rotation_period_in_days": "rotation_period",
    "deletion_window_in_days": "deletion_window",
    "is_enabled": "enabled",
    "enabled": "enabled",
    "multi_region": "multi_region",
    "bypass_policy_lockout_safety_check": "bypass_lockout_check",
    "primary_key_arn": "primary_arn",
    "tags": "tags",
}
_GRANT_SETTINGS = {
    "name": "name",
    "key_id": "key_id",
    "grantee_principal": "grantee",
    "retiring_principal": "retiring_principal",
    "retire_on_delete": "retire_on_delete",
    "operations": "operations",
    "encryption_context_equals": "context_equals",
    "encryption_context_subset": "context_subset",
}


def _entities(expected: Json, inventory: Json) -> Iterator[Difference]:
    keys = {each["resource"]: each for each in inventory["keys"]}
    for address, values in expected.get("keys", {}).items():
        yield from _settings(address, values, keys.pop(address, None), _KEY_SETTINGS)
    grants = {each["resource"]: each for each in inventory["grants"]}
    for address, entry in expected.get("grants", {}).items():
        values = dict(entry["values"])
        for constraint in values.pop("constraints", ()):
            values.update({k: v for k, v in constraint.items() if v})
        yield from _settings(address, values, grants.pop(address, None), _GRANT_SETTINGS)
    for address in (*keys, *grants):
        yield Difference(address, "extra", "the plan does not have it")
    others = {e["resource"]: e for e in (*inventory["identities"], *inventory["endpoints"])}
    names = {"name": "name", "service_name": "service_name", "vpc_endpoint_type": "type"}
    for entry in expected["policies"].values():
        if (found := others.get(entry["address"])) is not None:
            yield from _settings(entry["address"], entry.get("context", {}), found, names)


def _settings(
    address: str, values: Json, found: Json, names: Mapping[str, str]
) -> Iterator[Difference]:
    """The settings of a key, a grant or another entity that the recording tells."""
    if found is None or "settings" not in found:
        yield Difference(address, "missing", "the settings" if found else "the resource")
        return
    for name, ours in names.items():
        wanted = values.get(name)
        if wanted is None:
            continue
        have = found["settings"].get(ours)
        wanted = wanted or None  # "" and {} are what nothing written comes to
        for where in _compare(_set_or_map(wanted), _set_or_map(have or None), name):
            yield Difference(address, "different", where)


def _set_or_map(value: Json) -> Json:
    return value if isinstance(value, dict) else _set(value)


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
