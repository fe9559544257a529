"""Which principals of a statement a name leads to, so that of hundreds not each is looked at."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from kmsiac.policy.document import Principal, Statement
from kmsiac.policy.principals import kind_of
from kmsiac.values import Unknown

_FEW = 16


def listed(statement: Statement, names: Collection[str] | None) -> list[Principal]:
    """The principals, not negated, that have one of these names or may be anybody; all for None.

    An account is named by its id, a role by its ARN and by `/` with its own name, any other by what
    is written.
    """
    principals = [principal for principal in statement.principals if not principal.negated]
    if names is None or len(principals) <= _FEW:
        return principals
    by_name, others = _by_name(statement)
    found = {at for name in names for at in by_name.get(name, ())}
    return [statement.principals[at] for at in sorted(found.union(others))]


@lru_cache(maxsize=1024)
def _by_name(statement: Statement) -> tuple[dict[str, list[int]], list[int]]:
    """The places of principals by name, and of those that may be anybody: `*` once."""
    by_name: dict[str, list[int]] = {}
    others: list[int] = []
    anyone = False
    for at, principal in enumerate(statement.principals):
        kind, value = kind_of(principal)[0], principal.value
        if principal.negated or (kind == "anyone" and anyone):
            continue
        anyone = anyone or kind == "anyone"
        literal = None if isinstance(value, Unknown) else value.literal
        if literal is None or kind in (None, "anyone", "unique_id"):
            others.append(at)
            continue
        if kind == "account" and ":" in literal:
            literal = literal.split(":")[4]
        by_name.setdefault(literal, []).append(at)
        if kind == "role":
            by_name.setdefault("/" + literal.rpartition("/")[2], []).append(at)
    return by_name, others
