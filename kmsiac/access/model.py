"""A request, the policies in force, and the decision about the one under the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kmsiac.policy.document import PolicyDocument
from kmsiac.reading.source import NOWHERE
from kmsiac.values import Answer


@dataclass(frozen=True)
class Request:
    """One concrete request.

    `principal` is an ARN (a user, a role session, `…:root`) or the name of an AWS service
    principal; `resource` the ARN of a key or alias, or `*` where the action has none. `context`
    maps condition keys to their values; what is not in it, the request does not carry. Keys are
    compared without case. `hidden` are the keys (lower case) whose names or values must not be
    printed, since a sensitive value of the template went into them.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, object]:
        """The request as reports show it; a key with one value is plain text."""
        return {
            "principal": self.principal,
            "action": self.action,
            "resource": self.resource,
            "context": {
                key: values[0] if len(values) == 1 else list(values)
                for key, values in sorted(self.context.items())
                if key.lower() not in self.hidden
            }
            | ({"(sensitive)": "(sensitive)"} if self.hidden & self._carried() else {}),
        }

    def _carried(self) -> frozenset[str]:
        return frozenset(key.lower() for key in self.context)


@dataclass(frozen=True)
class Grant:
    """A grant on the key: who may call which operations (`Decrypt`), under which constraints.

    `grantee` and `retiring` are ARNs, or names of AWS service principals. `subset` and `equals`
    are encryption contexts that the request must contain or equal; `source_arn` is the only
    aws:SourceArn. `account` is the account in which the grant was created, None where not known.
    """

    grantee: str
    operations: frozenset[str]
    subset: Mapping[str, str] = field(default_factory=dict)
    equals: Mapping[str, str] | None = None
    source_arn: str | None = None
    retiring: frozenset[str] = frozenset()
    account: str | None = None
    position: int = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Environment:
    """The policies in force for a request.

    `identity` are the caller's own policies, inline and attached. None means that a layer is not
    there, `scps` and `rcps` that no organization limits the account; else they are levels (root,
    units, account), each with its policies. `endpoint` is the policy of the VPC endpoint that the
    request passes. `resource_account` is the account of the key.
    """

    key_policy: PolicyDocument | None = None
    identity: tuple[PolicyDocument, ...] = ()
    boundary: PolicyDocument | None = None
    session: PolicyDocument | None = None
    scps: tuple[tuple[PolicyDocument, ...], ...] | None = None
    rcps: tuple[tuple[PolicyDocument, ...], ...] | None = None
    endpoint: PolicyDocument | None = None
    grants: tuple[Grant, ...] = ()
    resource_account: str | None = None


@dataclass(frozen=True)
class Deciding:
    """A statement that decided, by its layer (`key policy`) and its label.

    `resource` is the address of the resource that its policy is written in, where that is known.
    """

    layer: str
    label: str
    position: int
    resource: str = ""


Blocked = Literal[
    "explicit-deny",
    "key-policy",
    "identity-policy",
    "boundary",
    "session-policy",
    "endpoint",
    "condition",
    "cross-account-operation",
    "scp",
    "rcp",
]
"""What stands in the way, in the words of `kmsiac can`. `explicit-deny`: a Deny of any policy but
an RCP, which has nothing but Denies. `condition`: a statement names the caller, the action and the
resource, and only its conditions fail."""


@dataclass(frozen=True)
class Decision:
    """Allowed (yes), denied (no) or cannot tell.

    `deciding` are the statements that allow, or the Deny that stops, or (of a no without one) an
    Allow that is not enough. `blocked_by` is the layer of that Deny, or the first layer in which an Allow is missing; `blocked` the same in the words of
    `can`, only when denied (None too where no layer is to blame: KMS has no such action).
    `missing` is a sentence: what stands in the way, and what would mend it. `position` is that of
    the statement or grant that the sentence starts with, where it names one.
    """

    answer: Answer
    deciding: tuple[Deciding, ...] = ()
    blocked_by: str | None = None
    missing: str = ""
    blocked: Blocked | None = None
    position: int = NOWHERE
