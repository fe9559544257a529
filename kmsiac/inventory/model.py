"""The inventory: what the stacks of a scan hold that decides access to KMS keys.

Format-neutral: the same infrastructure gives the same inventory from Terraform, a plan or
CloudFormation. Every entity comes from one resource; its settings have one name in all formats
and hold *effective* values, provider and service defaults included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from kmsiac.errors import KmsiacError
from kmsiac.inventory.cases import Varying
from kmsiac.policy.document import PolicyDocument
from kmsiac.reading.source import NOWHERE
from kmsiac.stack import DataDocument, Gap, Remark, Resource, Stray
from kmsiac.values import Blame, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.inventory.index import Index

E = TypeVar("E")


class Setting:
    """The effective value of one setting of an entity.

    `value` is None where nothing is written and there is no default. `written` says whether the
    template has it; `position` is its key token there, else the entity's header.
    """

    __slots__ = ("position", "value", "written")

    def __init__(self, value: Value | None, written: bool, position: int) -> None:
        self.value = value
        self.written = written
        self.position = position


Settings = Mapping[str, Setting]


@dataclass(frozen=True)
class Related(Generic[E]):
    """The entities that something refers to: certain ones, possible ones, and who to blame for doubt.

    `open` is not empty when there may be others that are not in the scan or could not be told.
    """

    items: tuple[E, ...] = ()
    maybe: tuple[E, ...] = ()
    open: frozenset[Blame] = frozenset()


@dataclass(eq=False)
class Entity:
    """Something that one resource describes. Compared by identity, linked after all are read."""

    resource: Resource
    settings: Varying[Settings | None]
    """None in the cases where the resource does not exist."""

    @property
    def address(self) -> str:
        """The address of the resource."""
        return self.resource.address

    @property
    def position(self) -> int:
        """The header of the resource."""
        return self.resource.position


@dataclass(eq=False)
class Policy(Entity):
    """One policy document where it is written.

    `kind`: key, identity, trust, boundary, session, endpoint, scp, rcp, resource, unknown.
    `attribute` is spelled like `inline_policy[0].policy`, `attribute_position` its key token.
    `document` is, by case: the document; an Unknown that may be any document (`policy unknown` is
    not `no policy given`); or None where none is given. `default` marks the policy that the
    service gives where none is written (a key's account-root statement, an endpoint's full access),
    and the AWS managed policies that are attached or a boundary: `aws_managed` is their name. Of
    those the document holds what concerns KMS. `alone`: a document in a file of its own, or in a
    place that no list has (a custom resource), whose kind its elements show, if anything; it may be
    a part of a policy, or of one of another kind.
    """

    kind: str = "unknown"
    attribute: str = "policy"
    attribute_position: int = NOWHERE
    document: Varying[PolicyDocument | Unknown | None] = field(
        default_factory=lambda: Varying.always(None)
    )
    default: bool = False
    aws_managed: str = ""
    alone: bool = False
    key: Related[Key] = Related()
    identities: Related[Identity] = Related()
    endpoint: Related[Endpoint] = Related()


@dataclass(eq=False)
class Key(Entity):
    """A KMS key or replica. Settings: spec, usage, origin, multi_region, enabled, rotation,
    rotation_period, deletion_window, bypass_lockout_check, description, tags, material,
    primary_arn (replicas). Spec, usage and origin of a replica are its primary's, an Unknown where
    the primary is not in the unit. It has no rotation of its own: that is set on the primary.
    """

    replica: bool = False
    policies: Related[Policy] = Related()
    """In the key itself, in resources of their own, and the default where none is written."""
    aliases: Related[Alias] = Related()
    grants: Related[Grant] = Related()
    primary: Related[Key] = Related()
    replicas: Related[Key] = Related()
    consumers: Related[Consumer] = Related()


@dataclass(eq=False)
class Alias(Entity):
    """An alias. Settings: name (with `alias/`), target."""

    key: Related[Key] = Related()


@dataclass(eq=False)
class Grant(Entity):
    """A grant. Settings: name, key_id, grantee, operations, retiring_principal, retire_on_delete,
    context_equals, context_subset.
    """

    key: Related[Key] = Related()
    grantee: Related[Identity] = Related()
    retiring: Related[Identity] = Related()
    """The retiring principal; empty and not open where none is written."""


@dataclass(eq=False)
class Endpoint(Entity):
    """A VPC endpoint. Settings: service_name (`com.amazonaws.eu-west-1.kms`), service (its last
    part; `kms` for the FIPS endpoint too), type, private_dns, vpc_id.
    """

    policies: Related[Policy] = Related()


@dataclass(eq=False)
class Identity(Entity):
    """A role, user or group (`kind`). Settings: name, path, managed_policies, boundary, groups.

    `policies` are its own, inline or attached: those of a user's `groups` are on the groups.
    `policies.open` says which may be attached beside them: AWS managed ones whose text is not
    known, attachments whose target is not. `boundary` is empty and not open where there is none.
    """

    kind: str = "role"
    policies: Related[Policy] = Related()
    boundary: Related[Policy] = Related()
    groups: Related[Identity] = Related()


@dataclass(eq=False)
class Consumer(Entity):
    """A resource that uses a key, where the attribute that names the key is written: one of them
    for each such attribute. Settings: key_id (as written), name.

    `type` is one name for both frameworks where `aws.consumers` has one (`trail`, `log_group`),
    else the resource type. `attribute` is spelled like `rule[0].kms_key_id`. An AWS managed key
    (`alias/aws/...`) is no key of the unit: `key` is empty, and `key.open` says so. `arn_only`: the
    attribute refuses the id of a key.
    """

    type: str = ""
    attribute: str = ""
    attribute_position: int = NOWHERE
    arn_only: bool = False
    key: Related[Key] = Related()


@dataclass
class Inventory:
    """Everything found in one deployment unit."""

    unit: str
    framework: str
    from_plan: bool = False
    keys: list[Key] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    consumers: list[Consumer] = field(default_factory=list)
    documents: list[DataDocument] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    errors: list[KmsiacError] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    declared: frozenset[str] = frozenset()
    remarks: list[Remark] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    index: Index | None = field(default=None, repr=False, compare=False)
    """What finds entities by what refers to them: see `named`."""

    def entities(self) -> Iterator[Entity]:
        """Every entity, policies included."""
        for found in (self.keys, self.aliases, self.policies, self.grants, self.endpoints):
            yield from found
        yield from self.identities
        yield from self.consumers
