"""Whether KMS authorizes a request: the procedure, concrete, one step after the other.

Sources: KMS Developer Guide, "Policy evaluation", "Key policies", "Allowing users in other accounts
to use a KMS key", "Grants", "VPC endpoint"; IAM User Guide, "Policy evaluation logic". What is not
documented, or not modelled yet, is cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kmsiac.access.model import Deciding, Decision, Environment, Grant, Request
from kmsiac.access.patterns import Context
from kmsiac.access.statements import (
    Caller,
    applies,
    caller_of,
    folded_context,
    has_effect,
    principal_path,
    variables_of,
)
from kmsiac.aws.actions import KmsAction, kms_action
from kmsiac.aws.shapes import fold
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

KEY_POLICY = "key policy"
IDENTITY = "identity policies"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
SCP = "service control policies"
RCP = "resource control policies"
ENDPOINT = "endpoint policy"
GRANTS = "grants"


class _Asked(NamedTuple):
    request: Request
    environment: Environment
    caller: Caller
    action: KmsAction
    context: Context


class _Found(NamedTuple):
    """What one layer says: the statements that gave the answer, else which layer lacks what."""

    answer: Answer
    deciding: tuple[Deciding, ...] = ()
    layer: str = ""
    missing: str = ""


def authorize(request: Request, environment: Environment) -> Decision:
    """Allowed (yes), denied (no) or cannot tell, with the statements or the layer that decided."""
    caller = caller_of(request)
    action = kms_action(request.action)
    if caller is None:
        return _open(request.principal, "not a principal whose kind the ARN shows")
    if action is None:
        return Decision(NO, (), "action", f"{request.action} is not an action of KMS")
    if action.name == "kms:RetireGrant":
        return _open(request.action, "only the grant itself decides who may retire it")
    asked = _Asked(request, environment, caller, action, folded_context(request))
    deny = _explicit_deny(asked)
    if deny is not None and deny.answer.is_no:
        return deny
    decision = _after_denies(asked)
    if deny is None or decision.answer.is_no:
        return decision  # where nothing allows, a Deny that may apply makes no difference
    return deny


def _after_denies(asked: _Asked) -> Decision:
    """Steps 2 to 8 of the procedure: no Deny applies, so who allows?"""
    gates = list(_gates(asked))
    for layer, answer in gates:
        if answer.is_no:
            return Decision(NO, (), layer, f"an Allow in the {layer}")
    found = _grounds(asked)
    answer = all_of([*(gate for _, gate in gates), found.answer])
    if answer.is_yes:
        return Decision(answer, found.deciding)
    layer = next((layer for layer, gate in gates if gate.is_open), found.layer)
    return Decision(answer, found.deciding, layer, found.missing)


# -- step 1: explicit denies ------------------------------------------------------------------


def _explicit_deny(asked: _Asked) -> Decision | None:
    """The Deny that applies in any layer: denied, or cannot tell; None if there is none."""
    still_open: Decision | None = None
    for layer, document in _denying_layers(asked):
        for statement, answer in _applying(asked, document, "Deny", layer):
            named = (Deciding(layer, statement.label, statement.position),)
            if answer.is_yes:
                return Decision(NO, named, layer, f"the request to be outside {statement.label}")
            still_open = still_open or Decision(answer, named, layer, "to know what it denies")
        if document.open is not None:
            unknown = cannot_tell(blame_on(document.open))
            still_open = still_open or Decision(unknown, (), layer, "to know all statements")
    return still_open


def _denying_layers(asked: _Asked) -> Iterator[tuple[str, PolicyDocument]]:
    environment = asked.environment
    if environment.key_policy is not None and _on_key(asked):
        yield KEY_POLICY, environment.key_policy
    if environment.endpoint is not None:
        yield ENDPOINT, environment.endpoint
    for level in environment.rcps or ():
        yield from ((RCP, document) for document in level)
    if asked.caller.kind == "service":
        return  # no identity, no organization's SCP: the service acts for itself
    yield from ((IDENTITY, document) for document in environment.identity)
    if environment.boundary is not None:
        yield BOUNDARY, environment.boundary
    if environment.session is not None:
        yield SESSION, environment.session
    for level in environment.scps or ():
        yield from ((SCP, document) for document in level)


# -- steps 2 and 3: what must allow beside the grounds ----------------------------------------


def _gates(asked: _Asked) -> Iterator[tuple[str, Answer]]:
    environment = asked.environment
    if asked.caller.kind != "service":
        for level in environment.scps or ():
            yield SCP, any_of(_allows(asked, document, SCP).answer for document in level)
    if environment.endpoint is not None:
        yield ENDPOINT, _allows(asked, environment.endpoint, ENDPOINT).answer


# -- steps 4 to 8: who allows -----------------------------------------------------------------


def _grounds(asked: _Asked) -> _Found:
    if not _on_key(asked):
        return _without_key(asked)
    policy = asked.environment.key_policy
    if policy is None:
        reason = "the key policy is not known"
        return _Found(cannot_tell(Blame(asked.request.resource, reason, NOWHERE)), (), KEY_POLICY)
    if asked.caller.kind == "service":
        return _allows(asked, policy, KEY_POLICY)
    owner = asked.environment.resource_account or _account_of(asked.request.resource)
    if asked.caller.account != owner:
        return _across_accounts(asked, policy)
    return _same_account(asked, policy)


def _without_key(asked: _Asked) -> _Found:
    """Step 4: no key policy speaks for an alias or for actions without a resource."""
    resource = asked.request.resource
    if ":alias/" in resource and "alias" not in asked.action.on:
        reason = "policies see the key behind an alias; name the key"
        return _Found(cannot_tell(Blame(resource, reason, NOWHERE)), (), "resource")
    return _own_side(asked)


def _across_accounts(asked: _Asked, policy: PolicyDocument) -> _Found:
    """Step 6: both sides must allow, and only some operations work across accounts."""
    if not asked.action.cross_account:
        return _Found(
            NO,
            (),
            "action",
            f"a caller in the account of the key: {asked.action.name} works on no other",
        )
    key_side = _allows(asked, policy, KEY_POLICY)
    grant_side = _granted(asked)
    if key_side.answer.is_no:
        if grant_side.answer.is_no:
            return key_side
        reason = "whether a grant to another account needs its IAM policy too is not documented"
        return _Found(cannot_tell(Blame(asked.request.principal, reason, NOWHERE)), (), GRANTS)
    own = _own_side(asked)
    answer = all_of([key_side.answer, own.answer])
    layer, missing = (KEY_POLICY, key_side.missing) if own.answer.is_yes else own[2:]
    return _Found(answer, key_side.deciding + own.deciding, layer, missing)


def _same_account(asked: _Asked, policy: PolicyDocument) -> _Found:
    """Step 7: the first way that is open, else what the best way lacks."""
    ways = [
        _way(asked, statement, answer, path) for statement, answer, path in _paths(asked, policy)
    ]
    granted = _granted(asked)
    if not granted.answer.is_no:
        ways.append(granted)
    if policy.open is not None:
        ways.append(_Found(cannot_tell(blame_on(policy.open)), (), KEY_POLICY))
    answer = any_of(way.answer for way in ways)
    if answer.is_no:
        if not ways:
            return _Found(NO, (), KEY_POLICY, "a statement that names the caller or its account")
        return ways[0]
    best = next(way for way in ways if way.answer.verdict is answer.verdict)
    return _Found(answer, best.deciding, best.layer, best.missing)


def _way(asked: _Asked, statement: Statement, answer: Answer, path: str) -> _Found:
    """What one Allow of the key policy needs beside itself, by how it names the caller."""
    named = (Deciding(KEY_POLICY, statement.label, statement.position),)
    if path in ("named", "arn-condition"):  # D1, D2: implicit denies elsewhere do not count
        return _Found(answer, named, KEY_POLICY)
    if path == "account" and asked.caller.kind == "root":  # the root user has no IAM policies
        return _Found(answer, named, KEY_POLICY)
    if path == "account":  # D4: delegated to IAM
        own = _own_side(asked)
        return _Found(all_of([answer, own.answer]), named + own.deciding, own.layer, own.missing)
    limits = _limits(asked)  # D3: the role, or anyone
    if path in ("anyone", "not-listed") and limits.answer.is_no:
        reason = "whether boundaries and session policies limit `*` is not documented"
        return _Found(
            cannot_tell(Blame(statement.label, reason, statement.position)), named, limits.layer
        )
    return _Found(all_of([answer, limits.answer]), named, limits.layer, limits.missing)


def _own_side(asked: _Asked) -> _Found:
    """The caller's own side: identity policies, boundary and session policy all allow."""
    if asked.caller.kind == "root":
        return _Found(YES, (), IDENTITY)
    found = [_allows(asked, document, IDENTITY) for document in asked.environment.identity]
    identity = any_of(one.answer for one in found)
    deciding = next((one.deciding for one in found if one.answer.is_yes), ())
    limits = _limits(asked)
    answer = all_of([identity, limits.answer])
    if not identity.is_yes:
        return _Found(answer, deciding, IDENTITY, "an Allow in the caller's identity policies")
    return _Found(answer, deciding, limits.layer, limits.missing)


def _limits(asked: _Asked) -> _Found:
    """Boundary and session policy, where there are any, allow."""
    answers: list[Answer] = []
    layer, missing = "", ""
    for name, document in (
        (BOUNDARY, asked.environment.boundary),
        (SESSION, asked.environment.session),
    ):
        if document is None:
            continue
        answers.append(_allows(asked, document, name).answer)
        if not answers[-1].is_yes and not layer:
            layer, missing = name, f"an Allow in the {name}"
    return _Found(all_of(answers), (), layer, missing)


def _granted(asked: _Asked) -> _Found:
    """D5: a grant for the caller or its role that lists the operation, its constraints met."""
    answers = [_grant(asked, grant) for grant in asked.environment.grants]
    answer = any_of(answers)
    limits = _limits(asked)
    if answer.is_yes and not limits.answer.is_yes:
        reason = "whether boundaries and session policies limit grants is not documented"
        answer = cannot_tell(Blame(asked.request.principal, reason, NOWHERE))
    return _Found(answer, (Deciding(GRANTS, "a grant", NOWHERE),), GRANTS)


def _grant(asked: _Asked, grant: Grant) -> Answer:
    caller = asked.caller
    if grant.grantee not in (*caller.names, caller.role, caller.arn):
        return NO
    if asked.action.name.removeprefix("kms:") not in grant.operations:
        return NO
    if grant.source_arn is not None:
        given = asked.context.get("aws:sourcearn", ())
        return YES if given == (grant.source_arn,) else NO
    prefix = "kms:encryptioncontext:"
    given_context = {
        key.removeprefix(prefix): values[0]
        for key, values in asked.context.items()
        if key.startswith(prefix) and values
    }
    subset = {fold(key): value for key, value in grant.subset.items()}
    equals = {fold(key): value for key, value in (grant.equals or {}).items()}
    fits = subset.items() <= given_context.items()
    return YES if fits and (grant.equals is None or equals == given_context) else NO


# -- statements -------------------------------------------------------------------------------


def _allows(asked: _Asked, document: PolicyDocument, layer: str) -> _Found:
    """Whether any Allow of a document covers the request."""
    answers: list[Answer] = []
    named: tuple[Deciding, ...] = ()
    for statement, answer in _applying(asked, document, "Allow", layer):
        answers.append(answer)
        if answer.is_yes:
            named = (Deciding(layer, statement.label, statement.position),)
            break
    if document.open is not None:
        answers.append(cannot_tell(blame_on(document.open)))
    return _Found(any_of(answers), named, layer, f"an Allow in the {layer}")


def _applying(
    asked: _Asked, document: PolicyDocument, effect: str, layer: str
) -> Iterator[tuple[Statement, Answer]]:
    """The statements with that effect that apply, or may."""
    with_principal = layer in (KEY_POLICY, ENDPOINT, RCP)
    for statement, answer in _of_effect(asked, document, effect):
        if not with_principal:
            yield statement, answer
            continue
        covered = any_of(way for _, way in _covering(asked, statement, effect))
        whole = all_of([answer, covered])
        if not whole.is_no:
            yield statement, whole


def _paths(asked: _Asked, policy: PolicyDocument) -> Iterator[tuple[Statement, Answer, str]]:
    """The Allows of the key policy that apply, with each way in which they name the caller."""
    for statement, answer in _of_effect(asked, policy, "Allow"):
        for path, way in _covering(asked, statement, "Allow"):
            whole = all_of([answer, way])
            if not whole.is_no:
                yield statement, whole, path


def _covering(asked: _Asked, statement: Statement, effect: str) -> list[tuple[str, Answer]]:
    ways = principal_path(statement, asked.caller, deny=effect == "Deny")
    boundary = asked.environment.boundary is not None
    if effect == "Deny" and boundary and "NotPrincipal" in statement.elements:
        return [("not-listed", YES)]  # documented: it denies everyone who has a boundary
    return ways


def _of_effect(
    asked: _Asked, document: PolicyDocument, effect: str
) -> Iterator[tuple[Statement, Answer]]:
    variables = variables_of(document)
    for statement in document:
        fits = has_effect(statement, effect)
        if fits.is_no:
            continue
        answer = all_of([fits, applies(statement, asked.request, asked.context, variables)])
        if not answer.is_no:
            yield statement, answer


def _on_key(asked: _Asked) -> bool:
    return ":key/" in asked.request.resource


def _account_of(resource: str) -> str:
    fields = resource.split(":", 5)
    return fields[4] if len(fields) == 6 else ""


def _open(expression: str, reason: str) -> Decision:
    return Decision(cannot_tell(Blame(expression, reason, NOWHERE)), (), None, reason)
