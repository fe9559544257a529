"""Whether KMS authorizes a request: the procedure, concrete, one step after the other.

1. A Deny that applies, in any policy in force, ends it.
2. Every level of service control policies must allow.
3. The policy of the VPC endpoint that the request passes must allow.
4. A request without a key, or on an alias, is left to the caller's own side: its identity
   policies, permissions boundary and session policy all allow.
5. An AWS service principal needs the key policy, or a grant, and nothing else.
6. A caller of another account needs the key policy (or a grant) and its own side, and an operation
   that works across accounts.
7. A caller of the account that owns the key needs one of: a key policy that names it; one that
   names its role, or everybody; one that names the account, and its own side; a grant.
8. Else it is denied.

`kms:RetireGrant` is left to the grant (`_retire`). Sources: KMS Developer Guide, "Key policies",
"Allowing users in other accounts to use a KMS key", "Grants in AWS KMS", "VPC endpoint"; IAM User
Guide, "Policy evaluation logic", "Permissions boundaries"; `docs/semantics.md` says which section
stands behind which step. What is not documented is cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kmsiac.access.grants import A_GRANT, accounts_to_retire, granted, named_to_retire
from kmsiac.access.lacks import denied, stopped, the
from kmsiac.access.layers import (
    BOUNDARY,
    ENDPOINT,
    GRANTS,
    IDENTITY,
    KEY_POLICY,
    OPERATION,
    RCP,
    SCP,
    SESSION,
    Asked,
    Found,
    allows,
    applying,
    deciding,
    paths,
)
from kmsiac.access.model import Blocked, Decision, Environment, Request
from kmsiac.access.statements import caller_of, folded_context, variables_of
from kmsiac.aws.actions import kms_action
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.reading.source import NOWHERE
from kmsiac.values import (
    NO,
    YES,
    Answer,
    Blame,
    all_of,
    any_of,
    blame_on,
    cannot_tell,
)

_RETIRE = "kms:RetireGrant"


def authorize(request: Request, environment: Environment) -> Decision:
    """Allowed (yes), denied (no) or cannot tell, with the statements or the layer that decided.

    The request carries the context that it lists and nothing else: `derive.completed` adds what
    follows from caller and key.
    """
    caller = caller_of(request)
    action = kms_action(request.action)
    if action is None:
        return Decision(NO, (), "action", f"KMS has no action {request.action}.")
    if caller is None:
        return _open(request.principal, "not a principal whose kind the ARN shows")
    resource = "*" if action.needs_star else request.resource
    asked = Asked(request, environment, caller, action, resource, folded_context(request))
    deny = _explicit_deny(asked)
    if deny is not None and deny.answer.is_no:
        return deny
    decision = _retire(asked) if action.name == _RETIRE else _after_denies(asked)
    if deny is None or decision.answer.is_no:
        return decision  # where nothing allows, a Deny that may apply makes no difference
    return replace(deny, answer=all_of([deny.answer, decision.answer]))


def authorize_alias(
    request: Request, environment: Environment, keys: Mapping[str, Environment]
) -> Decision:
    """Create-, Update- or DeleteAlias: one decision about the alias, one about each key.

    `request.resource` is the ARN of the alias. `keys` are the keys by ARN, with what is in force
    on their side: for UpdateAlias the old and the new one. All must allow.
    """
    decisions = [authorize(request, environment)]
    for arn, of_key in keys.items():
        decisions.append(authorize(replace(request, resource=arn), of_key))
    answer = all_of(decision.answer for decision in decisions)
    first = next((d for d in decisions if d.answer.verdict is answer.verdict), decisions[0])
    if not answer.is_yes:
        return first
    return Decision(YES, tuple(one for decision in decisions for one in decision.deciding))


def _after_denies(asked: Asked) -> Decision:
    """Steps 2 to 8: no Deny applies, so who allows?"""
    gates = list(_gates(asked))
    for gate in gates:
        if gate.answer.is_no:
            return denied(asked, gate)
    grounds = _grounds(asked)
    if grounds.answer.is_no:
        return denied(asked, grounds)
    answer = all_of([*(gate.answer for gate in gates), grounds.answer])
    if answer.is_yes:
        return Decision(answer, grounds.deciding)
    layer = next((gate.layer for gate in gates if gate.answer.is_open), grounds.layer)
    return Decision(
        answer, grounds.deciding, layer, f"Whether it is allowed by {the(layer)} is open."
    )


# -- step 1: explicit denies ------------------------------------------------------------------


def _explicit_deny(asked: Asked) -> Decision | None:
    """The Deny that applies in any layer: denied, or cannot tell; None if there is none."""
    still_open: Decision | None = None
    open_answers: list[Answer] = []
    for layer, document in _denying_layers(asked):
        for statement, applies in applying(asked, document, "Deny", layer):
            answer = _weighed(asked, layer, statement, applies)
            named = (deciding(layer, statement),)
            if answer.is_yes:
                sentence = stopped(asked, layer, statement, variables_of(document))
                word: Blocked = "rcp" if layer == RCP else "explicit-deny"
                return Decision(NO, named, layer, sentence, word, statement.position)
            open_answers.append(answer)
            sentence = f"Whether {statement.label} of {the(layer)} denies it is open."
            still_open = still_open or Decision(answer, named, layer, sentence)
        if document.open is not None:
            unknown = cannot_tell(blame_on(document.open))
            open_answers.append(unknown)
            sentence = f"Not all statements of {the(layer)} are known."
            still_open = still_open or Decision(unknown, (), layer, sentence)
    return None if still_open is None else replace(still_open, answer=all_of(open_answers))


def _denying_layers(asked: Asked) -> Iterator[tuple[str, PolicyDocument]]:
    """Every policy in force whose Deny counts.

    For kms:RetireGrant neither that of the key policy nor that of an RCP is effective.
    """
    environment, kind = asked.environment, asked.caller.kind
    retiring = asked.action.name == _RETIRE
    if environment.key_policy is not None and asked.on_key and not retiring:
        yield KEY_POLICY, environment.key_policy
    if environment.endpoint is not None:
        yield ENDPOINT, environment.endpoint
    if not retiring:
        for level in environment.rcps or ():
            yield from ((RCP, document) for document in level)
    if kind == "service":
        return  # no identity, no organization's SCP: the service acts for itself
    if kind != "root":  # the root user has neither identity policies nor a boundary
        yield from ((IDENTITY, document) for document in environment.identity)
        if environment.boundary is not None:
            yield BOUNDARY, environment.boundary
    if environment.session is not None:
        yield SESSION, environment.session
    for level in _scps(asked):
        yield from ((SCP, document) for document in level)


def _weighed(asked: Asked, layer: str, statement: Statement, applies: Answer) -> Answer:
    """A Deny of an RCP is certain only where RCPs are documented to reach."""
    if layer != RCP or (asked.on_key and not _service_linked(asked)):
        return applies
    reason = "whether RCPs reach service-linked roles, or requests without a key"
    return all_of([applies, cannot_tell(Blame(statement.label, reason, statement.position))])


def _scps(asked: Asked) -> tuple[tuple[PolicyDocument, ...], ...]:
    """The levels of SCPs: those of the caller's account; none for services and what they own."""
    if asked.caller.kind == "service" or _service_linked(asked):
        return ()
    return asked.environment.scps or ()


def _service_linked(asked: Asked) -> bool:
    return ":role/aws-service-role/" in asked.caller.role


# -- steps 2 and 3: what must allow beside the grounds ----------------------------------------


def _gates(asked: Asked) -> Iterator[Found]:
    for level in _scps(asked):
        yield allows(asked, level, SCP)
    if asked.environment.endpoint is not None:
        yield allows(asked, (asked.environment.endpoint,), ENDPOINT)


# -- steps 4 to 8: who allows -----------------------------------------------------------------


def _grounds(asked: Asked) -> Found:
    if not asked.on_key:
        return _without_key(asked)
    policy = asked.environment.key_policy
    if policy is None:
        reason = "the key policy is not known"
        return Found(cannot_tell(Blame(asked.request.resource, reason, NOWHERE)), (), KEY_POLICY)
    if asked.caller.kind == "service":
        return _first([allows(asked, (policy,), KEY_POLICY), granted(asked)])
    if asked.caller.account != asked.owner:
        return _across_accounts(asked, policy)
    return _same_account(asked, policy)


def _without_key(asked: Asked) -> Found:
    """Step 4: no key policy speaks for an alias or for actions without a resource."""
    resource = asked.resource
    on_alias = ":alias/" in resource and "alias" in asked.action.on
    if not (on_alias or asked.action.needs_star):
        reason = "policies see the key behind an alias; name the key"
        if ":alias/" not in resource:
            reason = "not the ARN of a key"
        return Found(cannot_tell(Blame(resource, reason, NOWHERE)), (), KEY_POLICY)
    if asked.caller.kind == "service":
        return Found(NO, (), IDENTITY)  # a service principal has no identity policies
    if on_alias and asked.caller.account != asked.owner:
        return Found(NO, (), OPERATION)
    return _own_side(asked)


def _across_accounts(asked: Asked, policy: PolicyDocument) -> Found:
    """Step 6: both sides must allow, and only some operations work across accounts."""
    if not asked.action.cross_account:
        return Found(NO, (), OPERATION)
    own = _own_side(asked)
    ways = [_both(allows(asked, (policy,), KEY_POLICY), own)]
    grant = granted(asked)
    if not grant.answer.is_no:
        if own.answer.is_no:
            reason = "whether a grant to another account needs its IAM policy too"
            undocumented = cannot_tell(Blame(asked.request.principal, reason, NOWHERE))
            answer = all_of([grant.answer, undocumented])
            ways.append(Found(answer, grant.deciding, GRANTS))
        else:
            ways.append(_both(grant, own))
    return _first(ways)


def _same_account(asked: Asked, policy: PolicyDocument) -> Found:
    """Step 7: the first way that is open, else what the best way lacks."""
    ways = [
        _way(asked, statement, answer, path) for statement, answer, path in paths(asked, policy)
    ]
    if policy.open is not None:
        ways.append(Found(cannot_tell(blame_on(policy.open)), (), KEY_POLICY))
    ways.append(_by_grant(asked))
    return _first(ways)


def _way(asked: Asked, statement: Statement, answer: Answer, path: str) -> Found:
    """What one Allow of the key policy needs beside itself, by how it names the caller."""
    named = Found(answer, (deciding(KEY_POLICY, statement),), KEY_POLICY)
    if path == "account":
        return _both(named, _own_side(asked))  # delegated to IAM
    if path == "arn-condition" or (path == "named" and not _federated_by_user(asked)):
        # A user or session itself, or `*` pinned by aws:PrincipalArn: implicit denies of
        # identity policies, boundary and session policy do not count.
        return named
    limits = _limits(asked)
    if path in ("anyone", "not-listed") and limits.answer.is_no:
        reason = "whether boundaries and session policies limit `*` is not documented"
        undocumented = cannot_tell(Blame(statement.label, reason, statement.position))
        return Found(all_of([answer, undocumented]), named.deciding, limits.layer)
    return _both(named, limits)  # the role of the session, or anyone


def _federated_by_user(asked: Asked) -> bool:
    """Whether a request given under a user's ARN is of a session (GetFederationToken).

    A user itself has no session policy; a user's session is limited by it, and by the boundary.
    """
    return asked.caller.kind == "user" and asked.environment.session is not None


def _by_grant(asked: Asked) -> Found:
    grant = granted(asked)
    limits = _limits(asked)
    if grant.answer.is_no or limits.answer.is_yes:
        return grant
    reason = "whether boundaries and session policies limit grants is not documented"
    undocumented = cannot_tell(Blame(asked.request.principal, reason, NOWHERE))
    return Found(all_of([grant.answer, undocumented]), grant.deciding, GRANTS)


def _own_side(asked: Asked) -> Found:
    """The caller's own side: identity policies, boundary and session policy all allow.

    The root user has none of these, and may what its account may.
    """
    if asked.caller.kind == "root":
        return Found(YES, (), IDENTITY)
    return _both(allows(asked, asked.environment.identity, IDENTITY), _limits(asked))


def _limits(asked: Asked) -> Found:
    """Boundary and session policy, where there are any, allow."""
    environment = asked.environment
    found = Found(YES)
    if environment.boundary is not None and asked.caller.kind != "root":
        found = _both(found, allows(asked, (environment.boundary,), BOUNDARY)._replace(deciding=()))
    if environment.session is not None:
        found = _both(found, allows(asked, (environment.session,), SESSION)._replace(deciding=()))
    return found


# -- kms:RetireGrant --------------------------------------------------------------------------


def _retire(asked: Asked) -> Decision:
    """The grant says who may retire it; its account may too, and delegates that with IAM."""
    named = named_to_retire(asked)
    gates = all_of(gate.answer for gate in _gates(asked))
    if named.is_yes and gates.is_yes:
        return Decision(YES, (A_GRANT,))
    if named.is_yes:
        return _open(asked.request.action, "whether SCPs and endpoint policies limit RetireGrant")
    if asked.caller.account in accounts_to_retire(asked):
        own = _own_side(asked)
        if own.answer.is_yes and gates.is_yes:
            return Decision(YES, own.deciding)
        if own.answer.is_yes and gates.is_no:
            return denied(asked, next(gate for gate in _gates(asked) if gate.answer.is_no))
        if not own.answer.is_no:
            answer = all_of([own.answer, gates])
            return Decision(answer, (), own.layer, "Whether its account lets it is open.")
    if named.is_open or not asked.environment.grants:
        return _open(asked.request.action, "the grant itself decides, and which it is is not known")
    sentence = "No grant names the caller as retiring principal, or as grantee with RetireGrant"
    return Decision(NO, (), GRANTS, f"{sentence}, and its account does not let it: add it there.")


# -- combining --------------------------------------------------------------------------------


def _both(left: Found, right: Found) -> Found:
    """Both must allow; the layer is the first that does not."""
    answer = all_of([left.answer, right.answer])
    blocking = right if left.answer.is_yes or (right.answer.is_no and left.answer.is_open) else left
    layer = left.layer if answer.is_yes else blocking.layer
    return Found(answer, left.deciding + right.deciding, layer)


def _first(ways: list[Found]) -> Found:
    """One of the ways is enough: the first with the best answer."""
    answer = any_of(way.answer for way in ways)
    best = next(way for way in ways if way.answer.verdict is answer.verdict)
    return Found(answer, best.deciding, best.layer)


def _open(expression: str, reason: str) -> Decision:
    return Decision(cannot_tell(Blame(expression, reason, NOWHERE)), (), None, f"Open: {reason}.")
