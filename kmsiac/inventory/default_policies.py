"""The policies that a service gives where none is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kmsiac.inventory.cases import World
from kmsiac.inventory.expand import varying
from kmsiac.inventory.model import Policy
from kmsiac.inventory.policies import Document, existence, too_many
from kmsiac.inventory.settings import at_path, exists
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Resource
from kmsiac.values import List, Map, Symbol, Text, text

Missing = Callable[[World], bool]
"""Whether no policy is written in a world, so that the service gives its own."""

_TOPIC = "aws_sns_topic"
_TOPIC_ACTIONS = (
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:RemovePermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
)


def default_key_policy(resource: Resource, attribute: str, missing: Missing) -> Policy:
    """The key policy that KMS gives a key for which none is written.

    Source: KMS Developer Guide, "Default key policy": the account may do everything.
    """
    provider = resource.provider
    root = Text(("arn:", *provider.partition.parts, ":iam::", *provider.account.parts, ":root"))
    statement = Map(
        (
            (text("Sid"), text("Enable IAM User Permissions")),
            (text("Effect"), text("Allow")),
            (text("Principal"), Map(((text("AWS"), root),))),
            (text("Action"), text("kms:*")),
            (text("Resource"), text("*")),
        )
    )
    return _default(resource, attribute, "key", statement, missing)


def default_endpoint_policy(resource: Resource, attribute: str, missing: Missing) -> Policy:
    """The policy of an endpoint for which none is written: full access."""
    statement = Map(
        (
            (text("Effect"), text("Allow")),
            (text("Principal"), text("*")),
            (text("Action"), text("*")),
            (text("Resource"), text("*")),
        )
    )
    return _default(resource, attribute, "endpoint", statement, missing)


def default_topic_policies(resource: Resource) -> Iterator[Policy]:
    """The policy that SNS gives a topic whose `policy` argument is there and gives none.

    Source: SNS Developer Guide, "Access management": the owner may do everything but receive.
    """
    if resource.type != _TOPIC or resource.attributes.key("policy") is None:
        return

    def missing(world: World) -> bool:
        return exists(resource, world) and at_path(resource, "policy", world)[0] is None

    cases = varying(missing, bool, lambda: False)
    if not any(case for _, case in cases.cases):
        return
    provider = resource.provider
    reference = f"{resource.address}.arn"
    arn = Symbol("topic_arn", reference, provider.owner, "resource", None, 0, resource.address)
    owner = Map(((text("AWS:SourceOwner"), provider.account),))
    statement = Map(
        (
            (text("Sid"), text("__default_statement_ID")),
            (text("Effect"), text("Allow")),
            (text("Principal"), Map(((text("AWS"), text("*")),))),
            (text("Action"), List(tuple(map(text, _TOPIC_ACTIONS)))),
            (text("Resource"), Text((arn,))),
            (text("Condition"), Map(((text("StringEquals"), owner),))),
        )
    )
    head = (_entry("Version", "2008-10-17"), _entry("Id", "__default_policy_ID"))
    yield _default(resource, "policy", "resource", statement, missing, head)


def _default(
    resource: Resource,
    attribute: str,
    kind: str,
    statement: Map,
    missing: Missing,
    head: Sequence[tuple[Text, Text]] = (),
) -> Policy:
    head = head or (_entry("Version", "2012-10-17"),)
    value = Map((*head, (text("Statement"), List((statement,)))))
    document = parse_document(value)

    def question(world: World) -> Document:
        return document if missing(world) else None

    return Policy(
        resource,
        existence(resource),
        kind=kind,
        attribute=attribute,
        attribute_position=resource.position,
        document=varying(question, lambda found: found is None, lambda: too_many(resource)),
        default=True,
    )


def _entry(name: str, literal: str) -> tuple[Text, Text]:
    return text(name), text(literal)
