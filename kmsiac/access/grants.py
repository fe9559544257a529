"""What grants give: a way to use the key, and who may retire them.

Sources: KMS Developer Guide, "Grants in AWS KMS", "Creating grants" (grant constraints, child
grants), "Retiring and revoking grants"; KMS API Reference, CreateGrant, GrantConstraints.
"""

from __future__ import annotations

from collections.abc import Mapping

from kmsiac.access.layers import GRANTS, KEY_POLICY, Asked, Found
from kmsiac.access.model import Deciding, Grant
from kmsiac.access.statements import Caller
from kmsiac.aws.shapes import fold
from kmsiac.reading.source import NOWHERE
from kmsiac.values import NO, YES, Answer, Blame, all_of, any_of, cannot_tell, decided

RETIRE = "RetireGrant"
_SPELT = "kms:EncryptionContext:"
_CONTEXT = fold(_SPELT)
_CHILD = "CreateGrant"


def granted(asked: Asked) -> Found:
    """Whether a grant for the caller lists the operation, its constraints met."""
    answer = any_of(_grant(asked, grant) for grant in asked.environment.grants)
    if answer.is_no:
        return Found(answer, (), KEY_POLICY)  # without a grant, it is the key policy's to allow
    return Found(answer, (A_GRANT,), GRANTS)


def unmet_grant(asked: Asked) -> Grant | None:
    """A grant for the caller that lists the operation, and whose constraints alone are not met."""
    if not asked.action.grant_operation:
        return None
    operation = asked.action.name.removeprefix("kms:")
    for grant in asked.environment.grants:
        if operation in grant.operations and _is(asked.caller, grant.grantee).is_yes:
            return grant
    return None


def constraints_told(asked: Asked, grant: Grant) -> str:
    """What a grant asks of a request, in words."""
    found = []
    if asked.action.name.endswith(f":{_CHILD}"):
        found.append(f"for a grant of {', '.join(sorted(grant.operations))} at most")
    elif grant.equals is not None:
        found.append(f"with the encryption context {_told(grant.equals)} and no more")
    if grant.subset and not asked.action.name.endswith(f":{_CHILD}"):
        found.append(f"with {_told(grant.subset)} in the encryption context")
    if grant.source_arn is not None:
        found.append(f"with aws:SourceArn {grant.source_arn}")
    return " and ".join(found)


def _told(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in sorted(pairs.items()))


A_GRANT = Deciding(GRANTS, "a grant", NOWHERE)
"""A grant as a Decision names it."""


def named_to_retire(asked: Asked) -> Answer:
    """Whether a grant names the caller as retiring principal, or lets its grantee retire it."""
    caller = asked.caller
    return any_of(
        any_of(
            [
                *(_is(caller, name) for name in sorted(grant.retiring)),
                all_of([decided(RETIRE in grant.operations), _is(caller, grant.grantee)]),
            ]
        )
        for grant in asked.environment.grants
    )


def accounts_to_retire(asked: Asked) -> frozenset[str]:
    """The accounts that may retire a grant, and hand that on with their IAM policies.

    The account that owns the key, the one in which the grant was created, and a retiring
    principal that is an account.
    """
    found = {asked.owner} if asked.on_key else set()
    for grant in asked.environment.grants:
        found.update(account for account in (grant.account,) if account)
        found.update(a for a in (_account(name) for name in grant.retiring) if a)
    return frozenset(found)


def _grant(asked: Asked, grant: Grant) -> Answer:
    operation = asked.action.name.removeprefix("kms:")
    if operation not in grant.operations or not asked.action.grant_operation:
        return NO
    return all_of(
        [_is(asked.caller, grant.grantee), _source(asked, grant), _constraints(asked, grant)]
    )


def _is(caller: Caller, name: str) -> Answer:
    """Whether a grantee or retiring principal is the caller."""
    if name in (*caller.names, caller.arn) or caller.is_of(name):
        return YES
    if caller.account and _account(name) == caller.account:
        if caller.kind == "root":
            return YES
        reason = "what a grant to an account gives to its principals is not documented"
        return cannot_tell(Blame(name, reason, NOWHERE))
    return NO


def _account(name: str) -> str | None:
    """The account, if the principal is a whole account."""
    if len(name) == 12 and name.isdigit():
        return name
    parts = name.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[2] == "iam" and parts[5] == "root" else None


def _source(asked: Asked, grant: Grant) -> Answer:
    if grant.source_arn is None:
        return YES
    given = asked.context.get("aws:sourcearn", ())
    if given != (grant.source_arn,) and "*" in grant.source_arn:
        reason = "how a grant compares a SourceArn with wildcards is not documented"
        return cannot_tell(Blame(grant.source_arn, reason, NOWHERE)) if given else NO
    return decided(given == (grant.source_arn,))


def _constraints(asked: Asked, grant: Grant) -> Answer:
    """Encryption context constraints, exact with case; only operations with a context have them.

    A child grant has the operations of its parent at most, and constraints at least as strict.
    """
    if asked.action.name.endswith(f":{_CHILD}"):
        wanted = asked.context.get("kms:grantoperations", ())
        if not set(wanted) <= grant.operations:
            return NO
        if grant.subset or grant.equals is not None:
            reason = "a child grant's constraints must be as strict; the request shows none"
            return cannot_tell(Blame(_CHILD, reason, NOWHERE))
        return YES
    if not asked.action.encryption_context:
        return YES
    given = _encryption_context(asked)
    spelt = any(key.startswith(_SPELT) for key in asked.request.context)
    subset, equals = (_pairs(one, spelt=spelt) for one in (grant.subset, grant.equals or {}))
    if not subset.items() <= given.items():
        return NO
    return decided(grant.equals is None or equals == given)


def _encryption_context(asked: Asked) -> dict[str, str]:
    return {
        key[len(_CONTEXT) :]: values[0]
        for key, values in asked.request.context.items()
        if fold(key).startswith(_CONTEXT) and values
    }


def _pairs(found: Mapping[str, str], *, spelt: bool) -> dict[str, str]:
    """The pairs of a constraint, as the request spells its keys.

    A request whose condition keys are in lower case has lost how its pairs were spelt.
    """
    return dict(found) if spelt else {fold(key): value for key, value in found.items()}
