"""Why a request is denied, all of it: the Deny that stops every such request, each missing Allow.

`authorize` stops at the first thing in the way. Whoever mends that wants to know what else is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kmsiac.access.authorize import authorize
from kmsiac.access.layers import (
    BOUNDARY,
    ENDPOINT,
    IDENTITY,
    KEY_POLICY,
    SCP,
    SESSION,
    account_of,
)
from kmsiac.access.model import Deciding, Decision, Environment, Request
from kmsiac.access.prepared import allow_all
from kmsiac.access.statements import caller_of
from kmsiac.policy.document import PolicyDocument, Statement

Stops = Callable[[Deciding], bool]
"""Whether a Deny stops every request in question, whatever else it carries."""

_DENIES = ("explicit-deny", "rcp")
_MOST = 200
_MOST_MISSING = 4


def explained(request: Request, environment: Environment, stops: Stops) -> Decision:
    """The decision of `authorize`; a no is blamed on a Deny only where that stops every request.

    `missing` lists what else would have to be mended.
    """
    decision = authorize(request, environment)
    if not decision.answer.is_no:
        return decision
    found = [*_stopping(request, environment, decision, stops)]
    found += _lacking(request, _kept(environment, lambda one: one.effect_text != "Deny"))
    if not found:
        return decision
    first, *rest = found
    further = " ".join(one.missing for one in rest)
    return replace(first, missing=f"{first.missing} Also missing: {further}") if rest else first


def _stopping(
    request: Request, environment: Environment, decision: Decision, stops: Stops
) -> Iterator[Decision]:
    """The first Deny that stops every request, if there is one."""
    for _ in range(_MOST):
        if decision.blocked not in _DENIES or not decision.deciding:
            return
        deny = decision.deciding[0]
        if stops(deny):
            yield decision
            return
        environment = _kept(environment, _other_than(deny))
        decision = authorize(request, environment)


def _other_than(deny: Deciding) -> Callable[[Statement], bool]:
    def other(statement: Statement) -> bool:
        same = (statement.position, statement.label) == (deny.position, deny.label)
        return not same or statement.effect_text != "Deny"

    return other


def _lacking(request: Request, environment: Environment) -> Iterator[Decision]:
    """Each layer in which an Allow is missing, one after the other, as if those before had one."""
    for _ in range(_MOST_MISSING):
        decision = authorize(request, environment)
        if not decision.answer.is_no:
            return
        yield decision
        lifted = _lifted(request, environment, decision.blocked_by)
        if lifted is None:
            return
        environment = lifted


def _lifted(request: Request, environment: Environment, layer: str | None) -> Environment | None:
    """The same with a layer that allows everything; None where nothing else can be missing."""
    if layer == SCP:
        return replace(environment, scps=None)
    if layer == ENDPOINT:
        return replace(environment, endpoint=None)
    if layer == IDENTITY:
        return replace(environment, identity=(allow_all(),))
    if layer == BOUNDARY:
        return replace(environment, boundary=None)
    if layer == SESSION:
        return replace(environment, session=None)
    caller = caller_of(request)
    owner = environment.resource_account or account_of(request.resource)
    if layer == KEY_POLICY and caller is not None and caller.account not in ("", owner):
        return replace(environment, key_policy=allow_all(principal="*"))
    return None


def _kept(environment: Environment, keep: Callable[[Statement], bool]) -> Environment:
    """The same without some statements."""

    def one(document: PolicyDocument | None) -> PolicyDocument | None:
        return None if document is None else some(document)

    def some(document: PolicyDocument) -> PolicyDocument:
        kept = tuple(each for each in document.statements if keep(each))
        rest, at = document.open, document.position
        return PolicyDocument(document.value, kept, document.version, open=rest, position=at)

    def levels(
        of: tuple[tuple[PolicyDocument, ...], ...] | None,
    ) -> tuple[tuple[PolicyDocument, ...], ...] | None:
        return None if of is None else tuple(tuple(map(some, level)) for level in of)

    return replace(
        environment,
        key_policy=one(environment.key_policy),
        identity=tuple(map(some, environment.identity)),
        boundary=one(environment.boundary),
        session=one(environment.session),
        scps=levels(environment.scps),
        rcps=levels(environment.rcps),
        endpoint=one(environment.endpoint),
    )
