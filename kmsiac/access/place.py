"""Where a policy document stands, and which requests a question is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kmsiac.access.trust import NOBODY, Trusted
from kmsiac.inventory.model import Endpoint, Identity
from kmsiac.policy.matching import outline
from kmsiac.stack import Provider
from kmsiac.values import Text

Callers = Literal["anyone", "external", "local", "service", "any"]
"""Whom a question is about. `anyone`: a stranger, whom neither the policy nor the user names.
`external`: any IAM principal outside the own account and the trusted ones; strangers among them
come by no endpoint, address or source that the policy fixes, as for `anyone`.
`local`: a user, role session or federated user of the own account, not its root user. `service`:
an AWS service principal. `any`: all of these, trusted ones and the root user included."""


@dataclass(frozen=True)
class Place:
    """Where a document stands: what it is attached to, whose account that is, whom the user trusts.

    `kind` is the kind of policy (`key`, `identity`, `endpoint`, ...). `key_arn` is the ARN of the
    key that a key policy belongs to, None where it is not known; its id is a symbol before the key
    exists, unless the key is looked up. `multi_region`: whether the key is a multi-Region key,
    whose id starts with `mrk-`; None where that is not known.
    """

    kind: str
    provider: Provider
    trusted: Trusted = NOBODY
    key_arn: Text | None = None
    multi_region: bool | None = None


def has_known_id(key_arn: Text) -> bool:
    """Whether the id of the key is known, so that no other text may turn out to be its ARN."""
    last = outline(key_arn).parts[-1:]
    return bool(last) and isinstance(last[0], str) and not last[0].endswith((":", "/"))


@dataclass(frozen=True)
class Ask:
    """The requests that `allows` asks about.

    `actions` are names (`kms:Decrypt`); one of them is enough. `free` are condition keys (`*` at
    the end for a family) that must not pin the request: it lacks the key, or carries a value that
    the policy does not fix. `IfExists`, negated operators, `ForAllValues` and `*` do not pin.
    """

    actions: frozenset[str]
    to: Callers = "any"
    free: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Given:
    """What is known of the request that `can` asks about.

    `context` maps condition keys to their values, `absent` are keys that the request lacks; names
    are compared without case. Any other key is free, or absent too where `strict`. `endpoint` is
    the VPC endpoint that the request passes, its policies included.
    """

    context: Mapping[str, tuple[Text, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    strict: bool = False
    endpoint: Endpoint | None = None


WhoKind = Literal[
    "role", "user", "group", "root", "account", "service", "session", "organization", "anyone"
]


@dataclass(frozen=True)
class Who:
    """The principal of a question over a whole unit.

    `text` is its ARN (of a role for kind `role`: any session of it is meant), the name of a
    service, an account (its root ARN or its id), or an organization id; with symbols where the
    template has them. `identity` is the entity of the unit that it is, where there is one: then
    its own side (policies, boundary, groups) is known, else it is not.
    """

    kind: WhoKind
    text: Text
    identity: Identity | None = None
