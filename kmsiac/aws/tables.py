"""The named tables that rules ask with `in_table`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from kmsiac.aws import condition_keys as keys
from kmsiac.aws.actions import kms_actions
from kmsiac.aws.consumers import asymmetric_consumers
from kmsiac.aws.formats import FORMATS
from kmsiac.aws.grants import grant_operations
from kmsiac.aws.key_specs import usages_of
from kmsiac.aws.operators import operators
from kmsiac.aws.shapes import fold, glob
from kmsiac.aws.via_services import mistaken_via_services, via_services

Members = Literal["action", "name", "text"]


@dataclass(frozen=True, slots=True)
class Table:
    """A named table: rows of members. A table without rows has one, whatever is asked."""

    name: str
    meaning: str
    rows: Callable[[str | None], frozenset[str] | None]
    """The members of a row, some perhaps globs; None if there is no such row."""
    members: Members
    """How members compare: `action` without case, with or without `kms:`; `name` (of condition
    keys and operators) without case; `text` exactly."""
    has_rows: bool = False
    format: str | None = None
    """A format (`formats.FORMATS`) that whatever a member stands for has, where members are globs
    wider than what they mean."""


def _actions(_row: str | None) -> frozenset[str]:
    return frozenset(action.name for action in kms_actions())


def _actions_of_condition_key(row: str | None) -> frozenset[str] | None:
    return None if row is None else keys.actions_carrying(row)


def _asymmetric_consumers(_row: str | None) -> frozenset[str]:
    return asymmetric_consumers()


def _condition_keys(_row: str | None) -> frozenset[str]:
    return keys.names()


def _condition_operators(_row: str | None) -> frozenset[str]:
    return frozenset(operator.name for operator in operators())


def _values_of_condition_key(row: str | None) -> frozenset[str] | None:
    key = None if row is None else keys.condition_key(row)
    return key.allowed_values if key else None


def _operators_of_condition_key(row: str | None) -> frozenset[str] | None:
    key = None if row is None else keys.condition_key(row)
    return key.operators if key else None


def _grant_operations(_row: str | None) -> frozenset[str]:
    return grant_operations()


def _actions_of_key_type(row: str | None) -> frozenset[str] | None:
    found = frozenset(action.name for action in kms_actions() if row in action.key_types)
    return found or None


def _usages_of_key_spec(row: str | None) -> frozenset[str] | None:
    return None if row is None else usages_of(row)


def _via_services(_row: str | None) -> frozenset[str]:
    return via_services()


def _mistaken_via_services(_row: str | None) -> frozenset[str]:
    return mistaken_via_services()


_ALL = (
    Table("kms_actions", "The actions of AWS KMS.", _actions, "action"),
    Table(
        "actions_of_condition_key",
        "Actions whose requests can carry the key; global keys but tags have no row.",
        _actions_of_condition_key,
        "action",
        has_rows=True,
    ),
    Table(
        "condition_keys", "The condition keys of requests to KMS, by name.", _condition_keys, "name"
    ),
    Table(
        "condition_operators",
        "The condition operators, without affixes.",
        _condition_operators,
        "name",
    ),
    Table(
        "values_of_condition_key",
        "The only values that the key can have.",
        _values_of_condition_key,
        "text",
        has_rows=True,
    ),
    Table(
        "operators_of_condition_key",
        "Operators, without affixes, that suit the type of the key.",
        _operators_of_condition_key,
        "name",
        has_rows=True,
    ),
    Table("grant_operations", "The operations that a grant can give.", _grant_operations, "text"),
    Table(
        "actions_of_key_type",
        "Actions, and grant operations, that a key of the type does not refuse.",
        _actions_of_key_type,
        "action",
        has_rows=True,
    ),
    Table(
        "usages_of_key_spec",
        "The key usages that a key of the spec can have.",
        _usages_of_key_spec,
        "text",
        has_rows=True,
    ),
    Table(
        "via_services",
        "Known values of kms:ViaService, as globs (incomplete).",
        _via_services,
        "text",
        format="via_service",
    ),
    Table(
        "mistaken_via_services",
        "Values that kms:ViaService never has, for it knows the service by another name, as globs.",
        _mistaken_via_services,
        "text",
        format="via_service",
    ),
    Table(
        "asymmetric_consumers",
        "Types of consumers that take asymmetric or HMAC keys, too.",
        _asymmetric_consumers,
        "text",
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _ALL}
"""The tables by name."""

_JUDGED_BY_FORMAT = frozenset(("account_id", "organization_id", "policy_name", "service_principal"))
"""Formats that stand for a list of values; the other formats have rules of their own."""


def in_table(table: str, row: str | None, member: str, *, ignore_case: bool = False) -> bool | None:
    """Whether `member` is in a row of the table; None if there is no such row.

    A member with wildcards is in if it can match one of the row. `ignore_case` is for values under
    an operator that compares so. Where the values of a condition key are not a list but have a
    fixed format (ids of accounts and organizations, service principals), that decides instead.
    Raises KeyError for a table that does not exist.
    """
    chosen = TABLES[table]
    return _is_in(chosen.name, row if chosen.has_rows else None, member, ignore_case)


@lru_cache(maxsize=8192)
def _is_in(name: str, row: str | None, member: str, ignore_case: bool) -> bool | None:
    table = TABLES[name]
    if name == "values_of_condition_key":
        key = keys.condition_key(row or "")
        if key and key.allowed_values is None and _has_judging_format(key):
            return FORMATS[key.value_format or ""].could_match(member)
        ignore_case = ignore_case or bool(key and key.type == "bool")
    members = table.rows(row)
    if members is None:
        return None
    if table.format and not FORMATS[table.format].could_match(member):
        return False
    if table.members == "action" and ":" not in member:
        member = f"kms:{member}"
    if ignore_case or table.members != "text":
        member = fold(member)
        members = frozenset(map(fold, members))
    if member in members:
        return True
    if name == "condition_keys":
        return keys.condition_key(member) is not None
    if "*" in member or "?" in member or "${" in member:
        return any(glob(known).meets(member) for known in members)
    return any("*" in known and glob(known).matches(member) for known in members)


def _has_judging_format(key: keys.ConditionKey) -> bool:
    # COND-16 speaks for kms:CallerAccount (errata 51 adds the others).
    return key.value_format in _JUDGED_BY_FORMAT and key.name != "kms:CallerAccount"
