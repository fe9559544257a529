"""`Fn::If`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.calls import (
    BadCallError,
    arguments_of,
    name_in,
)
from kmsiac.frontends.cloudformation.choices import (
    alternatives,
    by_decision,
)
from kmsiac.frontends.cloudformation.decisions import (
    MAX_ALTERNATIVES,
    Test,
    TooManyAlternativesError,
    count,
    yes_no,
)
from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.values import Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver


def if_(resolver: Resolver, call: Call) -> Value:
    """`Fn::If`: the branch of a settled condition, else a Choice of both."""
    condition, then, otherwise = arguments_of(call, 3, 3)
    name = name_in(condition, "the condition of Fn::If")
    if resolver.conditions is None:
        raise BadCallError("Fn::If cannot stand in a condition")
    decision = resolver.conditions.named(name, condition.position)
    if not isinstance(decision, Test):
        return resolver.evaluate(then if decision else otherwise)
    true, false = count(decision, True), count(decision, False)
    copies = max(true, false)
    before = resolver.copies
    if true + false > MAX_ALTERNATIVES or before * copies > MAX_ALTERNATIVES:
        # The condition itself is the guard, so that each branch stands in the result once.
        decision = yes_no(resolver.template.guard(name))
        copies = 1
    if not resolver.spend(true + false):
        raise BadCallError("this template takes too many steps to evaluate")
    resolver.copies = before * copies
    try:
        with resolver.under(name, outcome=True):
            one = resolver.evaluate(then)
        with resolver.under(name, outcome=False):
            other = resolver.evaluate(otherwise)
        value = by_decision(decision, one, other, call.position)
    finally:
        resolver.copies = before
    if alternatives(value) > MAX_ALTERNATIVES:
        raise TooManyAlternativesError
    return value
