"""What kind of policy a document is that stands alone in a file."""

from __future__ import annotations

from kmsiac.inventory.model import Policy
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.stack import Gap
from kmsiac.values import Text

_ALONE = "policy_document"


def infer_kind(policy: Policy) -> Gap | None:
    """Give a policy of unknown kind the kind that was said, else the one that its elements show.

    A Principal beside KMS actions makes a key policy, but for one that allows nothing (a resource
    control policy, say); no Principal anywhere, an identity policy.
    """
    if policy.kind != "unknown":
        return None
    if policy.resource.type != _ALONE:
        return _not_known(policy)
    said = policy.resource.attributes.get("kind")
    if isinstance(said, Text):
        policy.kind = str(said)
        return _not_known(policy) if policy.kind == "unknown" else None
    statements = [
        statement
        for _, document in policy.document.cases
        if isinstance(document, PolicyDocument)
        for statement in document.statements
    ]
    named = [statement for statement in statements if _names_principals(statement)]
    if statements and not named:
        policy.kind = "identity"
    elif any(_speaks_of_kms(statement) and statement.effect_text != "Deny" for statement in named):
        policy.kind = "key"
    if policy.kind != "unknown":
        policy.alone = True
        return None
    return _not_known(policy)


def _not_known(policy: Policy) -> Gap:
    reason = "the kind of this policy does not show: only rules for every kind were asked"
    return Gap(policy.address, policy.attribute, reason, policy.attribute_position)


def _names_principals(statement: Statement) -> bool:
    return "Principal" in statement.elements or "NotPrincipal" in statement.elements


def _speaks_of_kms(statement: Statement) -> bool:
    return any(
        isinstance(pattern.value, Text) and pattern.value.prefix.lower().startswith("kms:")
        for pattern in statement.actions
    )
