"""What a request must carry: the conditions of what allows it, and what keeps every Deny away.

A Deny counts where it is about the request but for what the request may choose: its action, its
caller, the key and the conditions on them fit. Then one of its other conditions must fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from kmsiac.access.model import Request
from kmsiac.access.patterns import Context
from kmsiac.access.results import Need
from kmsiac.access.spaces import Term
from kmsiac.access.statements import caller_of, folded_context, principal_path
from kmsiac.access.views import View
from kmsiac.aws.condition_keys import actions_carrying
from kmsiac.aws.operators import Operator, operators
from kmsiac.policy.conditions import holds_when_absent
from kmsiac.policy.document import Condition
from kmsiac.values import Unknown, any_of

_NOT_LESS: Mapping[str, str] = {
    "LessThan": "GreaterThanEquals",
    "LessThanEquals": "GreaterThan",
    "GreaterThan": "LessThanEquals",
    "GreaterThanEquals": "LessThan",
}
_OPPOSITE: Mapping[str, str] = {"true": "false", "false": "true"}
_OF_EVERY_REQUEST = frozenset({"aws:securetransport"})
"""KMS takes no call without TLS."""


def need_of(condition: Condition) -> Need:
    """A condition as it is written."""
    values = tuple(
        f"${{{value.expression}}}" if isinstance(value, Unknown) else str(value)
        for value in condition.values
    )
    return Need(str(condition.key), str(condition.operator), values)


def unless_denied(
    views: Iterable[View], request: Request, is_need: Callable[[str], bool]
) -> Iterator[tuple[tuple[Need, Term], ...]]:
    """What must be true lest a Deny stop a request like this one: of each group, one at least.

    `is_need` says of a key, in lower case, whether a request may choose it.
    """
    context = folded_context(request)
    for view in views:
        free = [term for term in view.terms if is_need(term.key)]
        if not free or not _is_about(view, request, context):
            continue
        fixed = [term for term in view.terms if not is_need(term.key)]
        if any(term.holds(context).is_no for term in fixed):
            continue
        if any(_never_holds(term, request) for term in free):
            continue
        group = [(need, term) for term in free if (need := opposite(term)) is not None]
        if len(group) == len(free):
            yield tuple(group)


def _is_about(view: View, request: Request, context: Context) -> bool:
    if view.covers_action(request.action).is_no:
        return False
    if view.covers_resource(request.resource, context).is_no:
        return False
    if not view.has_principal:
        return True
    caller = caller_of(request)
    if caller is None:
        return False
    ways = principal_path(view.statement, caller, deny=True)
    return not any_of(answer for _, answer in ways).is_no


def _never_holds(term: Term, request: Request) -> bool:
    """Whether no request by the action can meet a condition."""
    if term.key in _OF_EVERY_REQUEST:
        return term.holds({**folded_context(request), term.key: ("true",)}).is_no
    carrying = actions_carrying(term.key)
    carried = carrying is None or request.action in carrying
    return not carried and holds_when_absent(term.condition).is_no


def opposite(term: Term) -> Need | None:
    """The condition that is true wherever another one is not; None where IAM has no such one."""
    operator, written = term.operator, need_of(term.condition)
    if operator is None:
        return None
    if operator.family in ("bool", "null"):
        if any(value.lower() not in _OPPOSITE for value in written.values):
            return None
        other = tuple(dict.fromkeys(_OPPOSITE[value.lower()] for value in written.values))
        suffix = "IfExists" if operator.name == "Bool" and not operator.if_exists else ""
        if operator.set_operator or len(other) != 1:
            return None
        return Need(written.key, operator.name + suffix, other)
    name = _opposite_name(operator)
    return Need(written.key, name, written.values) if name is not None else None


def _opposite_name(operator: Operator) -> str | None:
    name = _negated(operator)
    if name is None:
        return None
    if operator.set_operator == "ForAnyValue":
        return f"ForAllValues:{name}"
    if operator.set_operator == "ForAllValues":
        return f"ForAnyValue:{name}"
    # Where the key is absent, negated operators hold, others do not.
    if "Not" in name:
        return f"ForAnyValue:{name}" if operator.if_exists else name
    return name if operator.negated or operator.if_exists else f"{name}IfExists"


def _negated(operator: Operator) -> str | None:
    stem = operator.family.capitalize()
    order = _NOT_LESS.get(operator.name.removeprefix(stem))
    if order is not None:
        return stem + order
    for other in operators():
        alike = (other.family, other.like, other.ignore_case)
        if alike != (operator.family, operator.like, operator.ignore_case):
            continue
        if other.negated != operator.negated and _stem(other) == _stem(operator):
            return other.name
    return None


def _stem(operator: Operator) -> str:
    return operator.name.replace("Not", "")
