"""What follows from a recorded plan: the policies, grants and keys that Terraform itself sees.

`expected_of` reads a `terraform show -json` document and, where there is one, the state after an
apply on a mock. The shape is that of `fixtures/recorded/README.md`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = Any

ACCOUNT = "123456789012"
"""The account of the mock."""

KEY_ATTRIBUTES = (
    "description", "key_usage", "customer_master_key_spec", "key_spec", "enable_key_rotation",
    "rotation_period_in_days", "deletion_window_in_days", "is_enabled", "enabled", "multi_region",
    "bypass_policy_lockout_safety_check", "primary_key_arn", "tags",
)  # fmt: skip

_KEYS = (
    "aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key",
)  # fmt: skip
_ENDPOINTS = ("aws_vpc_endpoint", "aws_vpc_endpoint_policy")

_ATTRIBUTES = {
    "aws_iam_role": ("assume_role_policy",),
    "aws_organizations_policy": ("content",),
    "aws_ssoadmin_permission_set_inline_policy": ("inline_policy",),
    "aws_cloudwatch_log_resource_policy": ("policy_document",),
    "aws_glacier_vault": ("access_policy",),
    "aws_opensearch_domain": ("access_policies",),
    "aws_elasticsearch_domain": ("access_policies",),
    "aws_odb_network": ("kms_policy_document",),
}
"""Where a resource holds its policy, if not in `policy`."""

_CONTEXT = (
    "name", "name_prefix", "role", "user", "group", "key_id", "service_name", "vpc_endpoint_id",
    "vpc_endpoint_type", "bucket", "arn", "queue_url", "secret_arn", "repository",
)  # fmt: skip
"""Siblings that say what a policy belongs to."""

_TOLD_FIRST = ("arn", "key_id", "id", "name", "unique_id")
"""Where attributes of a resource have the same value, which of them names it."""


def expected_of(plan: Json, applied: Json, source: str, notes: str, region: str) -> Json:
    """The `expected.json` of a plan; `applied` is the state afterwards or None, `source` all HCL."""
    table = _placeholders(plan, applied, source) if applied else {}
    final = {each["address"]: each["values"] for each in _resources(applied, "values")}
    policies: dict[str, Json] = {}
    grants: dict[str, Json] = {}
    keys: dict[str, Json] = {}
    data: dict[str, Json] = {}
    for change in plan.get("resource_changes", ()):
        if change["change"]["actions"] in (["delete"], ["forget"]):
            continue
        one = _Change(change, plan, final, table)
        if change["mode"] == "data":
            if one.type == "aws_iam_policy_document":
                data[one.address] = one.data_document()
            continue
        policies.update(one.policies())
        if one.type == "aws_kms_grant":
            grants[one.address] = one.grant()
        if one.type in _KEYS:
            keys[one.address] = one.key()
    for each in _resources(plan.get("prior_state"), "values"):
        if each["mode"] == "data" and each["type"] == "aws_iam_policy_document":
            document = _parsed(each["values"].get("json"))
            data[each["address"]] = {"document": document, "known": True}
    return {
        "terraform_version": plan.get("terraform_version"),
        "environment": {
            "account_id": ACCOUNT,
            "partition": "aws",
            "region": region,
            "dns_suffix": "amazonaws.com",
        },
        "policies": dict(sorted(policies.items())),
        "grants": dict(sorted(grants.items())),
        "keys": dict(sorted(keys.items())),
        "data": dict(sorted(data.items())),
        "notes": notes,
    }


def open_addresses(plan: Json) -> list[str]:
    """What a plan does not know and an apply would tell: the addresses to apply."""
    expected = expected_of(plan, None, "", "", "")
    found = {
        entry["address"]
        for entry in expected["policies"].values()
        if (entry["configured"] and not entry["known"]) or None in entry["context"].values()
    }
    found |= {address for address, grant in expected["grants"].items() if grant["unknown"]}
    found |= {address for address, entry in expected["data"].items() if not entry["known"]}
    return sorted(found)


class _Change:
    """One resource of the plan."""

    def __init__(
        self, change: Json, plan: Json, final: Mapping[str, Json], table: Mapping[str, str]
    ) -> None:
        self.address: str = change["address"]
        self.type: str = change["type"]
        self.after: Json = change["change"].get("after") or {}
        self.unknown: Json = change["change"].get("after_unknown") or {}
        self.written: Json = _configuration(plan, self.address).get("expressions", {})
        self.final: Json = final.get(self.address)
        self.table = table

    def policies(self) -> Iterator[tuple[str, Json]]:
        """Every policy of the resource by its key in `expected.json`."""
        for at, (attribute, value, unknown) in enumerate(self._places()):
            if (entry := self._policy(attribute, value, unknown)) is not None:
                yield self.address if at == 0 else f"{self.address}#{attribute}", entry

    def _places(self) -> Iterator[tuple[str, Json, bool]]:
        named = _ATTRIBUTES.get(self.type, ("policy",))
        for name in named:
            if name in self.after or name in self.unknown or name in self.written:
                yield name, self.after.get(name), self.unknown.get(name) is True
        if self.type == "aws_iam_role" and self.unknown.get("inline_policy") is not True:
            flags = self.unknown.get("inline_policy") or []
            for at, block in enumerate(self.after.get("inline_policy") or ()):
                flag = flags[at] if at < len(flags) else {}
                if block or flag:
                    hidden = flag.get("policy") is True
                    yield f"inline_policy[{at}].policy", block.get("policy"), hidden
        for name, value in self.after.items():
            document = _parsed(value)
            if name not in named and isinstance(document, dict) and "Statement" in document:
                yield name, value, False

    def _policy(self, attribute: str, value: Json, unknown: bool) -> Json | None:
        # A dynamic block is not in the configuration; one that is computed is unknown as a whole.
        configured = attribute in self.written or attribute.startswith("inline_policy[")
        if not configured and not (unknown and self.type in (*_KEYS, "aws_vpc_endpoint")):
            return None  # computed, and says nothing
        entry: dict[str, Json] = {
            "address": self.address,
            "type": self.type,
            "attribute": attribute,
            "configured": configured,
            "known": not unknown,
            "document": None if unknown else _parsed(value),
            "context": self._context(),
        }
        inline = re.match(r"inline_policy\[(\d+)\]", attribute)
        if inline:
            entry["name"] = self.after["inline_policy"][int(inline[1])].get("name")
        if not unknown and entry["document"] is None:
            entry.update({"default_policy": True} if value in (None, "") else {"text": value})
        elif unknown and not configured:
            entry.update(static=None, default_policy=True)
        elif unknown and self.final is not None:
            entry.update(self._after_apply(attribute, entry.get("name")))
        return entry

    def _after_apply(self, attribute: str, name: str | None) -> Json:
        if name is None:
            document = _parsed(self.final.get(attribute))
        else:
            blocks = self.final.get("inline_policy") or ()
            policies = [each.get("policy") for each in blocks if each.get("name") == name]
            document = _parsed(policies[0]) if policies else None
        if _is_default(self.type, document):
            return {"static": None, "default_policy": True}  # the argument comes to null
        return {"static": _symbolic(document, self.table), "applied": document}

    def _context(self) -> Json:
        context = {}
        for name in _CONTEXT:
            if self.unknown.get(name) is True and name in self.written:
                context[name] = self._told(name)
            elif self.after.get(name) is not None:
                context[name] = self.after[name]
        return context

    def _told(self, name: str) -> Json:
        value = (self.final or {}).get(name)
        return _symbolic(value, self.table) if isinstance(value, str) else None

    def data_document(self) -> Json:
        """A policy document that is read during the apply."""
        document = _parsed(self.after.get("json"))
        entry = {"document": document, "known": document is not None}
        if document is None and self.final is not None:
            entry["static"] = _symbolic(_parsed(self.final.get("json")), self.table)
        return entry

    def grant(self) -> Json:
        """A grant's arguments, the unknown ones as placeholders (null: the mock could not tell)."""
        values = {k: v for k, v in self.after.items() if v not in (None, [], {})}
        hidden = sorted(k for k, v in self.unknown.items() if v is True and k in self.written)
        values.update({name: self._told(name) for name in hidden})
        return {"values": values, "unknown": hidden}

    def key(self) -> Json:
        """What the plan or the apply says about a key; nothing of what is computed."""
        told = {}
        for name in KEY_ATTRIBUTES:
            if self.unknown.get(name) is not True:
                if name in self.after:
                    told[name] = self.after[name]
            elif name in self.written and (value := self._told(name)) is not None:
                told[name] = value
        return told


def _resources(state: Json, member: str) -> Iterator[Json]:
    pending = [((state or {}).get(member) or {}).get("root_module") or {}]
    while pending:
        module = pending.pop()
        yield from module.get("resources", ())
        pending.extend(module.get("child_modules", ()))


_CALL = re.compile(r'module\.([\w-]+)(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.')


def _configuration(plan: Json, address: str) -> Json:
    """The configuration of the resource at an address."""
    module = plan["configuration"]["root_module"]
    rest = address
    while call := _CALL.match(rest):
        module = module["module_calls"][call[1]]["module"]
        rest = rest[call.end() :]
    plain = rest.split("[", maxsplit=1)[0]
    return next((r for r in module.get("resources", ()) if r["address"] == plain), {})


def _references(node: Json) -> Iterator[str]:
    """Every reference of a configuration, without indexes."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "references" and isinstance(value, list):
                yield from (re.sub(r"\[[^\]]*\]", "", each) for each in value)
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _placeholders(plan: Json, applied: Json, source: str) -> dict[str, str]:
    """Values that only the apply told, each with the placeholder of where it comes from.

    A text that the HCL writes out, or that the plan knows as a leaf of a deferred document, is that
    text and no reference, whatever it equals.
    """
    referred = set(_references(plan["configuration"]))
    literal = {leaf for change in plan.get("resource_changes", ()) if change["mode"] == "data"
               for leaf in _texts(change["change"].get("after"))}  # fmt: skip
    changes = {c["address"]: c["change"] for c in plan.get("resource_changes", ())}
    best: dict[str, tuple[tuple[int, int, str, str], str]] = {}
    for each in _resources(applied, "values"):
        address = each["address"]
        change = changes.get(address)
        if each["mode"] != "managed" or change is None:
            continue
        tail = ".".join(re.sub(r"\[[^\]]*\]", "", address).split(".")[-2:])
        given = _configuration(plan, address).get("expressions", {})
        for name, flag in (change.get("after_unknown") or {}).items():
            value = each["values"].get(name)
            if name in given:
                continue  # an argument: what it is made of is somewhere else
            if flag is not True or not _tells(name, value, source) or value in literal:
                continue
            told = f"{tail}.{name}" in referred
            if not told and value in _texts(change.get("after")):
                continue  # such as the id of a bucket, which is its literal name
            order = _TOLD_FIRST.index(name) if name in _TOLD_FIRST else len(_TOLD_FIRST)
            rank = (int(not told), order, address, name)
            if value not in best or rank < best[value][0]:
                best[value] = (rank, f"${{{address}.{name}}}")
    return {value: mark for value, (_, mark) in best.items()}


def _tells(name: str, value: Json, source: str) -> bool:
    """Whether the value is distinctive, and its attribute is named by the HCL."""
    if not isinstance(value, str) or len(value) < 4 or name in ("policy", "owner_id", "tags_all"):
        return False
    if re.fullmatch(r"\d{12}|true|false", value) or f'"{value}"' in source:
        return False
    return re.search(rf'\.{re.escape(name)}\b|\["{re.escape(name)}"\]', source) is not None


def _texts(node: Json) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _texts(value)


def _symbolic(node: Json, table: Mapping[str, str]) -> Json:
    """A value with what only the apply told replaced by placeholders."""
    if isinstance(node, str):
        return table.get(node) or _replaced(node, table)
    if isinstance(node, list):
        return [_symbolic(each, table) for each in node]
    if isinstance(node, dict):
        return {_symbolic(k, table): _symbolic(v, table) for k, v in node.items()}
    return node


def _replaced(text: str, table: Mapping[str, str]) -> str:
    inside = [value for value in table if ":" in value or len(value) >= 20 or _is_id(value)]
    inside.sort(key=len, reverse=True)
    if not inside:
        return text
    return re.sub("|".join(map(re.escape, inside)), lambda found: table[found[0]], text)


def _is_id(value: str) -> bool:
    return re.fullmatch(r"[a-z]+-[0-9a-f]{8,}", value) is not None


def _is_default(type_: str, document: Json) -> bool:
    """Whether this is what the service sets where no policy is given."""
    if not isinstance(document, dict):
        return False
    if type_ in _KEYS:
        return document.get("Id") == "key-default-1"
    everything = {"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}
    return type_ in _ENDPOINTS and document.get("Statement") == [everything]


def _parsed(text: Json) -> Json:
    """The JSON in a text; None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def notes_of(lines: Iterable[str]) -> str:
    """The comment at the top of a file."""
    words = []
    for line in lines:
        if not line.startswith("#"):
            break
        words.append(line.lstrip("# ").strip())
    return " ".join(words)
