"""Why a layer does not allow a request, in a sentence: what nearly fits, what it lacks, what to add."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kmsiac.access.carrying import never_carried
from kmsiac.access.grants import constraints_told, unmet_grant
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
from kmsiac.access.needs import opposite
from kmsiac.access.operators import Variables, holds
from kmsiac.access.spaces import term_of
from kmsiac.access.statements import (
    covers_action,
    covers_resource,
    has_effect,
    principal_path,
    variables_of,
)
from kmsiac.aws.shapes import fold
from kmsiac.policy.document import Condition, PolicyDocument, Statement
from kmsiac.reading.source import NOWHERE
from kmsiac.values import NO, Text

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
_OF_CALLER = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "kms:calleraccount",
        "aws:principaltype",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:username",
    }
)
"""What a request cannot carry otherwise: it follows from who calls."""
_OF_KEY = ("aws:resource", "kms:keyspec", "kms:keyusage", "kms:keyorigin", "kms:multiregion")
"""Nor this: it follows from the key."""
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
    word, sentence, at = lack(asked, layer, _documents(asked, layer))
    if layer in (KEY_POLICY, IDENTITY) and asked.on_key:
        # What is for the caller itself is nearer than what the account's IAM policies could give.
        nearer, place = _unmet_by_name(asked)
        if nearer and word != "condition":
            both = f"{nearer} Or: {sentence}"
            return Decision(NO, (), KEY_POLICY, both, "condition", place)
    return Decision(NO, found.deciding, layer, sentence, word, at)


def stopped(asked: Asked, layer: str, statement: Statement, variables: Variables) -> str:
    """The sentence for a Deny that applies: what it does not stop, or else what to mend."""
    label = f"{statement.label[0].upper()}{statement.label[1:]}"
    start = f"{label} of {the(layer)} denies it"
    bounded = asked.environment.boundary is not None
    if bounded and "NotPrincipal" in statement.elements:
        told = "NotPrincipal denies whoever has a permissions boundary, listed or not"
        return f"{start}: {told}. Use Principal * with a condition on aws:PrincipalArn."
    free = [
        term
        for term in (term_of(condition, variables) for condition in statement.conditions)
        if term.key and term.key not in _OF_CALLER and not term.key.startswith(_OF_KEY)
    ]
    passing = [need for term in free if (need := opposite(term)) is not None]
    if not passing:
        return f"{start}: exempt the request there."
    wanted = " or ".join(f"{n.operator} {n.key} [{', '.join(n.values[:_SHOWN])}]" for n in passing)
    return f"{start}, but not a request with {wanted}: send that, or exempt the request there."


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


def lack(asked: Asked, layer: str, documents: Iterable[PolicyDocument]) -> tuple[Blocked, str, int]:
    """The word and the sentence for a layer without an Allow, and the statement that it names."""
    documents = tuple(documents)
    mendable = (one for one in _near(asked, layer, documents) if _mendable(asked, layer, one))
    near = min(mendable, key=lambda one: _ORDER.index(one.part), default=None)
    if near is None:
        return BLOCKED[layer], f"{_nothing(asked, layer, documents)}.", NOWHERE
    if near.part == "condition":
        return "condition", _unmet(asked, layer, near), near.statement.position
    return BLOCKED[layer], _close(asked, layer, near), near.statement.position


def _mendable(asked: Asked, layer: str, near: _Near) -> bool:
    """Whether what lacks can be added without giving away more than was asked for."""
    statement = near.statement
    if near.part in ("condition", "action") and layer == KEY_POLICY:
        paths = {path for path, _ in principal_path(statement, asked.caller)}
        if not paths & {"named", "role", "account", "arn-condition"}:
            return False  # it is for everybody: its conditions are all that keeps strangers out
    if near.part == "condition":
        return True
    if near.part == "action":
        # What a wildcard leaves out is more than the one action.
        return "NotAction" not in statement.elements or _spelt_out(statement)
    # Whoever is added gets every action of the statement.
    names = {p.value.literal for p in statement.actions if isinstance(p.value, Text)}
    alone = {fold(name or "") for name in names} == {fold(asked.action.name)}
    return alone and "NotAction" not in statement.elements and _spelt_out(statement)


def _spelt_out(statement: Statement) -> bool:
    """Whether every action of a statement is known, and none has a wildcard."""
    names = [
        pattern.value.literal if isinstance(pattern.value, Text) else None
        for pattern in statement.actions
    ]
    known = statement.actions_open is None and statement.open is None
    return known and all(name is not None and not set(name) & set("*?") for name in names)


def _unmet_by_name(asked: Asked) -> tuple[str, int]:
    """The sentence for what names the caller, not just its account, and whose conditions fail.

    An Allow of the key policy, or a grant, with its place; empty where there is none.
    """
    policy = asked.environment.key_policy
    for near in _near(asked, KEY_POLICY, (policy,) if policy is not None else ()):
        if near.part == "condition":
            ways = principal_path(near.statement, asked.caller)
            if any(path in ("named", "role", "arn-condition") for path, _ in ways):
                return _unmet(asked, KEY_POLICY, near), near.statement.position
    grant = unmet_grant(asked)
    if grant is not None:
        told = constraints_told(asked, grant)
        return f"A grant lists it for the caller, but only {told}.", grant.position
    return "", NOWHERE


def _nothing(asked: Asked, layer: str, documents: tuple[PolicyDocument, ...]) -> str:
    action = asked.action.name
    if layer == KEY_POLICY:
        start = f"No statement of the key policy allows {action} to {_caller(asked)} or its account"
        if asked.caller.kind == "service":
            start = start.removesuffix(" or its account")
        elif asked.caller.account == asked.owner:
            return f"{start}: add one that names it, or one for the account beside an IAM policy"
        return f"{start}: {_an_allow(asked, layer)}"
    if not documents:
        return (
            f"{_caller(asked)} has no identity policy: add one that allows {action} on {_on(asked)}"
        )
    start = f"No statement of {the(layer)} allows {action} on {_on(asked)}: add one"
    if layer == ENDPOINT:
        return f"{start} for {_caller(asked)}"
    return start if layer not in (BOUNDARY, SESSION) else f"{start}, it limits what others allow"


def _an_allow(asked: Asked, layer: str) -> str:
    """The least that lets the caller in, with what goes with it."""
    if layer not in NAME_THE_CALLER:
        return "add an Allow"
    if asked.caller.account == asked.owner or layer != KEY_POLICY:
        return "add an Allow"
    told = f"add an Allow of {asked.action.name} for {_caller(asked)} to {the(layer)}"
    if asked.caller.kind == "service":
        return f"{told}, bound with aws:SourceArn or aws:SourceAccount"
    return told if asked.caller.kind == "root" else f"{told}; its own IAM policy must allow it too"


def _close(asked: Asked, layer: str, near: _Near) -> str:
    label, action = near.statement.label, asked.action.name
    start = f"{label[0].upper()}{label[1:]} of {the(layer)} nearly fits, but"
    new = _an_allow(asked, layer)
    if near.part == "action":
        element = "NotAction" if "NotAction" in near.statement.elements else "Action"
        verb = f"take it out of {element}" if element == "NotAction" else f"add it to {element}"
        return f"{start} it does not cover {action}: {verb}, or {new}."
    if near.part == "resource":
        return f"{start} its resources do not cover {_on(asked)}: add that, or {new}."
    if "NotPrincipal" in near.statement.elements:
        out = f"it leaves {_caller(asked)} out: take it out of NotPrincipal"
        return f"{start} {out}, or {new}."
    # Beside others a service would get in unbound.
    there = "" if asked.caller.kind == "service" else "add it to Principal, or "
    return f"{start} it does not name {_caller(asked)}: {there}{new}."


def _unmet(asked: Asked, layer: str, near: _Near) -> str:
    label = near.statement.label
    conditions = " and ".join(_condition(asked, one) for one in near.failing[:_SHOWN])
    start = f"{label[0].upper()}{label[1:]} of {the(layer)} fits but for its conditions"
    never = any(_never(asked, one) for one in near.failing)
    mend = "Change" if never else "Send a request that has it, or change"
    return f"{start}: it wants {conditions}. {mend} the condition."


def _never(asked: Asked, condition: Condition) -> str:
    """Why no request of the caller can have what a condition wants; empty where one may."""
    key = str(condition.key)
    if asked.context.get(fold(key)):
        return "it follows from the caller" if fold(key) in _OF_CALLER else ""
    service = asked.caller.kind == "service"
    return never_carried(key, asked.action.name, asked.context, service=service)


def _condition(asked: Asked, condition: Condition) -> str:
    key = str(condition.key)
    values = ", ".join(str(value) for value in condition.values[:_SHOWN])
    more = ", ..." if len(condition.values) > _SHOWN else ""
    wanted = f"{condition.operator} {key} [{values}{more}]"
    found = asked.context.get(fold(condition.key.literal or ""), ())
    if not found:
        return f"{wanted} ({_never(asked, condition) or f'the request carries no {key}'})"
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
