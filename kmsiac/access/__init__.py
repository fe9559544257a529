"""Who can do what with a key.

Importing this package is cheap; the engine behind a question loads when it is first asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmsiac.access.trust import Trusted

if TYPE_CHECKING:
    from kmsiac.policy.document import PolicyDocument, Statement
    from kmsiac.stack import Provider
    from kmsiac.values import Answer

__all__ = ["Trusted", "public"]


def public(
    document: PolicyDocument, statement: Statement | None, provider: Provider, trusted: Trusted
) -> Answer:
    """Whether a stranger can be allowed by this statement of a key policy (None: by any).

    A stranger is a principal of an account and organization that neither the policy names nor the
    user trusts. The Denies of the whole document count. A yes carries a request as witness.
    """
    from kmsiac.access.public_access import public as decide  # noqa: PLC0415

    return decide(document, statement, provider, trusted)
