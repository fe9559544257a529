"""Why a layer does not allow a request, in a sentence: what nearly fits, what it lacks, what to add."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kmsiac.access.grants import unmet_grant
from kmsiac.access.layers import (
    BOUNDARY,
    ENDPOINT,
    IDENTITY,
    KEY_POLICY,
    NAME_THE_CALLER,
    OPERATION,
    RCP,
    SCP,
    SESSION,
    Asked,
    Found,
    allows,
)
from kmsiac.access.model import Blocked, Decision
from kmsiac.access.operators import Variables, holds
from kmsiac.access.statements import (
    covers_action,
    covers_resource,
    has_effect,
    principal_path,
    variables_of,
)
from kmsiac.aws.shapes import fold
from kmsiac.policy.document import Condition, PolicyDocument, Statement
from kmsiac.values import NO

BLOCKED: dict[str, Blocked] = {
    KEY_POLICY: "key-policy",
    IDENTITY: "identity-policy",
    BOUNDARY: "boundary",
    SESSION: "session-policy",
    SCP: "scp",
    RCP: "rcp",
    ENDPOINT: "endpoint",
}
"""The word of `kmsiac can` for a layer in which an Allow is missing."""

_SHOWN = 3
_LOOKED_AT = 2000
_THE = {
    IDENTITY: "the caller's identity policies",
    SCP: "the service control policies of one level",
}


class _Near(NamedTuple):
    """An Allow that fits but for one part: `condition`, `action`, `resource` or `principal`."""

    statement: Statement
    part: str
    failing: tuple[Condition, ...] = ()


_ORDER = ("condition", "action", "resource", "principal")


def the(layer: str) -> str:
    """The layer as a sentence names it."""
    return _THE.get(layer, f"the {layer}")


def denied(asked: Asked, found: Found) -> Decision:
    """No, with the first layer that was missing, and what would mend it."""
    layer = found.layer
    if layer == OPERATION:
        name = asked.action.name
        sentence = f"{name} works only within the account that owns the key: call it from there."
        return Decision(NO, (), "action", sentence, "cross-account-operation")
    if layer == IDENTITY and asked.caller.kind == "service":
        sentence = f"{asked.action.name} has no key whose policy could allow it to a service."
        return Decision(NO, (), layer, sentence, BLOCKED[layer])
    word, sentence = lack(asked, layer, _documents(asked, layer))
    if layer in (KEY_POLICY, IDENTITY) and asked.on_key:
        # What is for the caller itself is nearer than what the account's IAM policies could give.
        nearer = _unmet_by_name(asked)
        if nearer and word != "condition":
            return Decision(NO, (), KEY_POLICY, f"{nearer} Or: {sentence}", "condition")
    return Decision(NO, found.deciding, layer, sentence, word)


def _documents(asked: Asked, layer: str) -> Iterator[PolicyDocument]:
    environment = asked.environment
    single = {
        KEY_POLICY: environment.key_policy,
        BOUNDARY: environment.boundary,
        SESSION: environment.session,
        ENDPOINT: environment.endpoint,
    }.get(layer)
    if single is not None:
        yield single
    elif layer == IDENTITY:
        yield from environment.identity
    elif layer == SCP:
        for level in environment.scps or ():
            if allows(asked, level, SCP).answer.is_no:
                yield from level
                return


def lack(asked: Asked, layer: str, documents: Iterable[PolicyDocument]) -> tuple[Blocked, str]:
    """The word and the sentence for a layer without an Allow for the request."""
    documents = tuple(documents)
    near = min(_near(asked, layer, documents), key=lambda one: _ORDER.index(one.part), default=None)
    if near is None:
        return BLOCKED[layer], f"{_nothing(asked, layer, documents)}."
    if near.part == "condition":
        return "condition", _unmet(asked, layer, near)
    return BLOCKED[layer], _close(asked, layer, near)


def _unmet_by_name(asked: Asked) -> str:
    """The sentence for what names the caller, not just its account, and whose conditions fail.

    An Allow of the key policy, or a grant; empty where there is none.
    """
    policy = asked.environment.key_policy
    for near in _near(asked, KEY_POLICY, (policy,) if policy is not None else ()):
        if near.part == "condition":
            ways = principal_path(near.statement, asked.caller)
            if any(path in ("named", "role", "arn-condition") for path, _ in ways):
                return _unmet(asked, KEY_POLICY, near)
    if unmet_grant(asked):
        return "A grant lists it for the caller, but the request does not meet its constraints."
    return ""


def _nothing(asked: Asked, layer: str, documents: tuple[PolicyDocument, ...]) -> str:
    action = asked.action.name
    if layer == KEY_POLICY:
        start = f"No statement of the key policy allows {action} to {_caller(asked)} or its account"
        if asked.caller.kind == "service":
            return f"No statement of the key policy allows {action} to {_caller(asked)}: add one"
        if asked.caller.account == asked.owner:
            return f"{start}: add one that names it, or one for the account beside an IAM policy"
        return f"{start}: add one; its identity policies must allow {action} too"
    if not documents:
        return (
            f"{_caller(asked)} has no identity policy: add one that allows {action} on {_on(asked)}"
        )
    start = f"No statement of {the(layer)} allows {action} on {_on(asked)}: add one"
    return start if layer not in (BOUNDARY, SESSION) else f"{start}, it limits what others allow"


def _close(asked: Asked, layer: str, near: _Near) -> str:
    label, action = near.statement.label, asked.action.name
    start = f"{label[0].upper()}{label[1:]} of {the(layer)} nearly fits, but"
    if near.part == "action":
        element = "NotAction" if "NotAction" in near.statement.elements else "Action"
        verb = f"take it out of {element}" if element == "NotAction" else f"add it to {element}"
        return f"{start} it does not cover {action}: {verb}, or add an Allow."
    if near.part == "resource":
        return f"{start} its resources do not cover {_on(asked)}: add that, or add an Allow."
    if "NotPrincipal" in near.statement.elements:
        return (
            f"{start} it leaves {_caller(asked)} out: take it out of NotPrincipal, or add an Allow."
        )
    return f"{start} it does not name {_caller(asked)}: add it to Principal, or add an Allow."


def _unmet(asked: Asked, layer: str, near: _Near) -> str:
    label = near.statement.label
    conditions = " and ".join(_condition(asked, one) for one in near.failing[:_SHOWN])
    start = f"{label[0].upper()}{label[1:]} of {the(layer)} fits but for its conditions"
    return f"{start}: it wants {conditions}. Send a request that has it, or change the condition."


def _condition(asked: Asked, condition: Condition) -> str:
    key = str(condition.key)
    values = ", ".join(str(value) for value in condition.values[:_SHOWN])
    more = ", ..." if len(condition.values) > _SHOWN else ""
    wanted = f"{condition.operator} {key} [{values}{more}]"
    found = asked.context.get(fold(condition.key.literal or ""), ())
    if not found:
        return f"{wanted} (the request carries no {key})"
    if fold(key) in asked.request.hidden or condition.key.sensitive:
        return f"{wanted} (the request carries another value)"
    return f"{wanted} (the request carries {', '.join(found[:_SHOWN])})"


def _caller(asked: Asked) -> str:
    return asked.caller.role or asked.caller.arn


def _on(asked: Asked) -> str:
    return 'Resource "*"' if asked.resource == "*" else asked.resource


def _near(asked: Asked, layer: str, documents: Iterable[PolicyDocument]) -> Iterator[_Near]:
    left = _LOOKED_AT
    for document in documents:
        variables = variables_of(document)
        for statement in document:
            left -= 1
            if left < 0:
                return
            if not has_effect(statement, "Allow").is_no:
                near = _lacking(asked, layer, statement, variables)
                if near is not None:
                    yield near


def _lacking(asked: Asked, layer: str, statement: Statement, variables: Variables) -> _Near | None:
    """The one part that does not fit; None where more than one does not, or none."""
    lacking = []
    if layer in NAME_THE_CALLER and not principal_path(statement, asked.caller):
        lacking.append("principal")
    if covers_action(statement, asked.action.name).is_no:
        lacking.append("action")
    if covers_resource(statement, asked.resource, asked.context, variables).is_no:
        lacking.append("resource")
    failing = tuple(
        one for one in statement.conditions if holds(one, asked.context, variables).is_no
    )
    if failing:
        lacking.append("condition")
    return _Near(statement, lacking[0], failing) if len(lacking) == 1 else None
