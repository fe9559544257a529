"""A request, the policies in force, and the decision about the one under the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kmsiac.policy.document import PolicyDocument
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

    `subset` and `equals` are encryption contexts that the request must contain or equal.
    """

    grantee: str
    operations: frozenset[str]
    subset: Mapping[str, str] = field(default_factory=dict)
    equals: Mapping[str, str] | None = None
    source_arn: str | None = None


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


@dataclass(frozen=True)
class Decision:
    """Allowed (yes), denied (no) or cannot tell.

    `deciding` are the statements that allow, or the Deny that stops; `blocked_by` the layer of
    that Deny, or the first layer in which an Allow is missing (`missing` says what would mend it).
    """

    answer: Answer
    deciding: tuple[Deciding, ...] = ()
    blocked_by: str | None = None
    missing: str = ""
