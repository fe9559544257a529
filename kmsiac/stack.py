"""What every front end produces and the inventory reads: a stack of resources, evaluated.

A stack is one deployment unit: a Terraform root module, a plan, a CloudFormation stack. Its
resources carry evaluated values under the names their framework gives them; nothing in here knows
what a policy or a rule is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kmsiac.aws.partitions import DNS_SUFFIXES
from kmsiac.errors import KmsiacError, Span
from kmsiac.reading.nodes import Node
from kmsiac.reading.source import NOWHERE
from kmsiac.values import Guard, Map, Owner, Symbol, Text, Unknown, Value

TERRAFORM = "terraform"
CLOUDFORMATION = "cloudformation"


@dataclass(frozen=True)
class Environment:
    """What is known from outside about where a unit is deployed: command-line flags, a CDK manifest.

    None where nothing is said; the unit then works with symbols.
    """

    account_id: str | None = None
    region: str | None = None
    partition: str | None = None

    def over(self, other: Environment) -> Environment:
        """What is known here, and of the rest what is known there."""
        return Environment(
            self.account_id or other.account_id,
            self.region or other.region,
            self.partition or other.partition,
        )


@dataclass(frozen=True)
class Provider:
    """The account, Region and partition that a resource goes to, as texts with symbols.

    `owner` is the identity that symbols of this provider configuration carry. Two provider
    configurations of one unit without `assume_role`, `profile`, keys or account lists share the
    same `account` text.
    """

    owner: Owner
    account: Text
    region: Text
    partition: Text
    dns_suffix: Text

    @classmethod
    def symbolic(cls, owner: Owner, environment: Environment, names: Mapping[str, str]) -> Provider:
        """The provider whose parts are symbols, but for what the environment fixes.

        `names` gives the references that a framework spells them with, by symbol type:
        `account_id`, `region`, `partition`, `dns_suffix`.
        """

        def part(symbol_type: str, known: str | None) -> Text:
            if known is not None:
                return Text((known,))
            return Text((Symbol(symbol_type, names[symbol_type], owner, "environment"),))

        suffix = DNS_SUFFIXES.get(environment.partition) if environment.partition else None
        return cls(
            owner,
            part("account_id", environment.account_id),
            part("region", environment.region),
            part("partition", environment.partition),
            part("dns_suffix", suffix),
        )


@dataclass(frozen=True)
class Call:
    """One step of the way to a resource: a module call or a nested stack, outermost first."""

    address: str
    position: int


class Origin(NamedTuple):
    """The construct of a program that makes a resource: its path, and where the program makes it
    (the resource itself where that is not in the tree).
    """

    construct: str
    position: int


@dataclass(frozen=True)
class Resource:
    """One resource of a stack, evaluated.

    `address` is unique in the unit: `module.a.aws_kms_key.k["x"]`, or a logical id. `type` and the
    names in `attributes` are the framework's (`aws_kms_key`, `policy`; `AWS::KMS::Key`,
    `KeyPolicy`); nested Terraform blocks are Lists of Maps. An attribute that is not written is
    not in the Map. `position` is the header: the block's first token, the logical id's key.
    `end` is the offset in the same file where the resource ends (exclusive); its comments are
    those of `SourceFile.comments_between(position, end)`.

    `exists` is the guard and its values under which the resource exists (None: always); `absent`
    is the Unknown that decides it where no guard does (an unknown `count`).
    """

    address: str
    type: str
    attributes: Map
    provider: Provider
    position: int = NOWHERE
    end: int = 0
    depends_on: tuple[str, ...] = ()
    lifecycle: Map | None = None
    metadata: Value | None = None
    exists: tuple[tuple[Guard, bool | str | int], ...] | None = None
    absent: Unknown | None = None
    call_chain: tuple[Call, ...] = ()
    planned: int = NOWHERE
    """Where a plan has the resource, if `position` is that of the code behind the plan."""
    origin: Origin | None = None

    @property
    def unit(self) -> str:
        """The deployment unit that it is in."""
        return self.provider.owner.unit


@dataclass(frozen=True)
class DataDocument:
    """A policy document that a data source makes (`aws_iam_policy_document`), by its address."""

    address: str
    document: Value
    position: int


@dataclass(frozen=True)
class Gap:
    """Something that could not be evaluated and so may hide a resource or a value.

    `resource` is an address, a module call or empty; `reason` one short sentence.
    """

    resource: str
    attribute: str
    reason: str
    position: int


class Stray(NamedTuple):
    """Something written that counts for nothing: where it is, and in words. A value in a file of
    variables for a variable that the unit does not declare; a key that its map has twice.
    """

    place: Span
    message: str


class Remark(NamedTuple):
    """What a template says about itself or a resource to tools: its metadata, as written.

    It is about all between the position `start` and the offset `end` (exclusive) of its file.
    """

    start: int
    end: int
    metadata: Node


@dataclass
class Stack:
    """One deployment unit, evaluated."""

    unit: str
    """The id that symbols and guards carry: unique in a scan, the same in every run."""
    framework: str
    """`terraform` or `cloudformation`."""
    resources: list[Resource] = field(default_factory=list)
    documents: list[DataDocument] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    errors: list[KmsiacError] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    """Report paths of the templates that were read for this unit."""
    declared: frozenset[str] = frozenset()
    """Names of the variables or parameters that it takes."""
    remarks: list[Remark] = field(default_factory=list)
    """The metadata of the template and its resources."""
    strays: list[Stray] = field(default_factory=list)
    """What is written in vain: values that nothing takes, keys that are there twice."""
    from_plan: bool = False
    """Read from plan JSON, which never shows where or how something was written."""

    def by_address(self) -> dict[str, Resource]:
        """The resources by address."""
        return {resource.address: resource for resource in self.resources}
