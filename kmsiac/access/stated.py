"""Which actions the statements about a principal and a key name at all: a first look without search.

Conditions, Denies, boundaries and delegation only take away from it. So who is not stated two
actions cannot hold both, and a question about everybody with both need not be decided for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from kmsiac.access.place import Who
from kmsiac.access.sheets import GRANT, IDENTITY, KEY, Layers
from kmsiac.policy.actions import Covered, all_actions
from kmsiac.policy.document import Principal, Statement
from kmsiac.policy.matching import same
from kmsiac.policy.principals import kind_of
from kmsiac.values import Text


def stated_actions(layers: Layers, who: Who, covered: Covered) -> frozenset[str]:
    """The actions that Allow statements which may be meant for the principal cover, and grants.

    `layers` are those of `layers_for` about the principal and the key. A superset of what it holds.
    """
    if layers.grants or any(layers.open.get(layer) for layer in (KEY, IDENTITY, GRANT)):
        return all_actions()
    return frozenset[str]().union(*(covered(one) for one in _allows(layers, who)))


def _allows(layers: Layers, who: Who) -> Iterator[Statement]:
    for sheet in layers.sheets:
        if sheet.layer not in (KEY, IDENTITY):
            continue
        for statement in sheet.document:
            meant = sheet.layer == IDENTITY or _may_mean(statement, who)
            if meant and statement.effect_text != "Deny":
                yield statement


def _may_mean(statement: Statement, who: Who) -> bool:
    if statement.open is not None or statement.principals_open is not None:
        return True
    return any(_may_be(principal, who) for principal in statement.principals)


def _may_be(principal: Principal, who: Who) -> bool:
    kind, _ = kind_of(principal)
    value = principal.value
    if principal.negated or not isinstance(value, Text):
        return True
    if who.kind not in ("role", "user"):
        return True
    if kind == "account":
        return who.identity is None  # it only lets the principal's own policies count
    if kind not in ("role", "user"):
        return True
    return not same(value, who.text).is_no
