"""Who can do what with a key.

Importing this package is cheap; the engine behind a question loads when it is first asked. Every
answer is yes, no or cannot tell. A yes to a question of existence (`public`, `allows`, `can`)
carries a request as witness, which the concrete procedure (`authorize`) has confirmed; a cannot
tell carries what to blame. Running out of steps is cannot tell, "too complex".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kmsiac.access.trust import Trusted

if TYPE_CHECKING:
    from kmsiac.access.place import Ask, Place
    from kmsiac.access.results import Outsider
    from kmsiac.policy.actions import ActionSet
    from kmsiac.policy.document import Condition, PolicyDocument, Principal, Statement
    from kmsiac.stack import Provider
    from kmsiac.values import Answer, Blame, Text

__all__ = [
    "Trusted",
    "administrable",
    "allows",
    "delegated_actions",
    "external",
    "neutralised",
    "public",
    "redundant",
    "satisfiable",
    "shadowed",
    "stops",
    "subset_of",
    "tautology",
]

# ruff: noqa: PLC0415 - what a question needs is imported when it is asked


def public(
    document: PolicyDocument,
    statement: Statement | None,
    provider: Provider,
    trusted: Trusted,
    key_arn: Text | None = None,
) -> Answer:
    """Whether a stranger can be allowed by this statement of a key policy (None: by any).

    A stranger is a principal of an account and organization that neither the policy names nor the
    user trusts. The Denies of the whole document count. `key_arn` is that of the policy's own key.
    """
    from kmsiac.access.statement_questions import public as decide

    return decide(document, statement, provider, trusted, key_arn)


def allows(
    document: PolicyDocument,
    statement: Statement,
    place: Place,
    ask: Ask,
    principal: Principal | None = None,
) -> Answer:
    """Whether some request that `ask` describes passes this Allow and the document's Denies.

    With `principal`, one of the statement's: by this principal of it.
    """
    from kmsiac.access.statement_questions import allows as decide

    return decide(document, statement, place, ask, principal)


def shadowed(document: PolicyDocument, statement: Statement, place: Place) -> Answer:
    """Whether an Allow that is not empty by itself is emptied by the document's Denies.

    No for a Deny, and for a statement that no request can ever meet.
    """
    from kmsiac.access.statement_questions import shadowed as decide

    return decide(document, statement, place)


def redundant(document: PolicyDocument, statement: Statement, place: Place) -> Answer:
    """Whether the other Allows of the document give all that this one gives, as directly."""
    from kmsiac.access.statement_questions import redundant as decide

    return decide(document, statement, place)


def satisfiable(
    document: PolicyDocument, statement: Statement, part: Condition | Principal, place: Place
) -> Answer:
    """Whether any request can meet a condition, or (for a principal) all conditions as that caller.

    Over the values that the keys can have in requests that the statement's actions and principals
    cover, the Denies left aside: a key that no such request carries is always absent. Yes for a
    statement that covers no request to KMS: there is nothing to judge.
    """
    from kmsiac.access.condition_questions import satisfiable as decide

    return decide(document, statement, part, place)


def tautology(
    document: PolicyDocument, statement: Statement, condition: Condition, place: Place
) -> Answer:
    """Whether every request that the statement's other elements cover meets the condition."""
    from kmsiac.access.condition_questions import tautology as decide

    return decide(document, statement, condition, place)


def neutralised(
    document: PolicyDocument, statement: Statement, condition: Condition, place: Place
) -> Answer:
    """Whether a request without the key passes the Allow: the restriction evaporates.

    No where another condition of the statement, or a Deny, wants the key to be there.
    """
    from kmsiac.access.condition_questions import neutralised as decide

    return decide(document, statement, condition, place)


def stops(
    document: PolicyDocument, statement: Statement, condition: Condition, place: Place
) -> Mapping[str, Answer]:
    """Which kinds of request the condition keeps out: `via_service`, `service_principal`.

    Of an Allow: requests of that kind that never meet it, nor pass another Allow. Of a Deny: those
    that always meet it, no sibling condition exempting them.
    """
    from kmsiac.access.condition_questions import stops as decide

    return decide(document, statement, condition, place)


def administrable(
    documents: Sequence[PolicyDocument], place: Place, action: str = "kms:PutKeyPolicy"
) -> tuple[str | None, frozenset[Blame]]:
    """How the account keeps an action on a key: none, conditional, named, delegated.

    `delegated`: its IAM policies can give it. `named`: only principals that the key policy names.
    `conditional`: only under conditions on something else than the caller. None with blame: open.
    """
    from kmsiac.access.policy_questions import administrable as decide

    return decide(documents, place, action)


def delegated_actions(document: PolicyDocument, place: Place) -> ActionSet:
    """The actions that the account principal hands to the account's IAM policies, Denies counted."""
    from kmsiac.access.policy_questions import delegated_actions as decide

    return decide(document, place)


def external(document: PolicyDocument, place: Place) -> tuple[Outsider, ...]:
    """Whom outside the account a key policy lets in, each as an abstract principal."""
    from kmsiac.access.outsiders import external as decide

    return decide(document, place)


def subset_of(new: PolicyDocument, old: PolicyDocument, place: Place) -> Answer:
    """Whether a key policy allows nothing that another did not, callers having all IAM permissions.

    A no carries a request that the new one allows and the old one does not.
    """
    from kmsiac.access.policy_questions import subset_of as decide

    return decide(new, old, place)
