"""Policies that are not valid IAM: a random part of one replaced by something else."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from tests.properties.cases import Case
from tests.properties.checks import check_public
from tests.properties.documents import Policy
from tests.properties.grammar import Choices, Seeded, one
from tests.properties.relations import answers

_JUNK: tuple[Any, ...] = (
    *(None, 5, -1.5, True, "", "*", "**", "${", "${aws:username", "arn:aws:iam::*:root", "AIDAXYZ"),
    *([], {}, [[]], [["*"]], [None], {"a": "b"}, {"AWS": {"a": "b"}}, {"AWS": None}, ["*", 3]),
    *({"Federated": "x"}, {"CanonicalUser": "y"}, "<any:z>", {"<any:z>": "x"}, ["<any:z>"], "é"),
)
_NAMES = ("Principal", "NotPrincipal", "StringEqual", "ForAnyValue:Null", "Null", "IpAddress", "")


def broken(choices: Choices, policy: Policy) -> Policy:
    """The policy with one or two of its parts replaced, renamed or left out."""
    found = copy.deepcopy(policy)
    for _ in range(1 + choices.below(2)):
        places = list(_places(found))
        if not places:
            return found
        parent, key = one(choices, places)
        kind = choices.below(4)
        if kind == 0:
            del parent[key]
        elif kind == 1 and isinstance(parent, dict):
            parent[one(choices, _NAMES)] = parent.pop(key)
        else:
            parent[key] = copy.deepcopy(one(choices, _JUNK))
    return found


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def check_broken(case: Case) -> None:
    """Nothing raises; and what is decided holds for the requests all the same."""
    spoilt = broken(Seeded(case.salt), case.policies[0])
    worse = case._replace(policies=(spoilt,))
    for document in worse.documents():
        for label, _ in answers(document, worse.place):
            assert label
    statements = spoilt.get("Statement")
    if isinstance(statements, list) and all(isinstance(one, dict) for one in statements):
        check_public(worse)
