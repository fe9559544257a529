"""Fields of consumers: the attributes of resources that name the key they use."""

from __future__ import annotations

import re

from kmsiac.inventory.model import Consumer
from kmsiac.policy.matching import split_arn
from kmsiac.rules.fields.entity import entity_of, setting_value
from kmsiac.rules.readings import ABSENT, Reading, Thing, single
from kmsiac.rules.vocabulary import BOOL, TEXT, declare, names, one
from kmsiac.values import Text

_KEY_ID = re.compile(r"mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WAYS = ("id", "arn", "alias_name", "alias_arn")
_SYMBOLS = {"key_id": "id", "key_arn": "arn", "alias_name": "alias_name", "alias_arn": "alias_arn"}


def consumer_of(thing: Thing) -> Consumer:
    """The consumer that a thing of kind `consumer` stands for."""
    assert isinstance(thing.value, Consumer)
    return thing.value


@declare(
    "consumer",
    "type",
    TEXT,
    "what kind of resource it is: the type of the resource, or one name in both frameworks",
    "type: bucket",
)
def _type(thing: Thing) -> Reading:
    return Text((consumer_of(thing).type,))


@declare("consumer", "attribute", TEXT, "the attribute that names the key", "attribute: kms_key_id")
def _attribute(thing: Thing) -> Reading:
    return Text((consumer_of(thing).attribute,), consumer_of(thing).attribute_position)


@declare(
    "consumer",
    "key",
    one("key"),
    "the key, of this deployment unit; absent where no key of it is meant",
    "key: {type: symmetric}",
)
def _key(thing: Thing) -> Reading:
    found = consumer_of(thing).key
    if not found.items and not found.maybe:
        return ABSENT
    return single(thing.scope.related("key", found))


@declare(
    "consumer",
    "key_named_by",
    names(*_WAYS),
    "how the template names the key; absent where it does not show (a parameter, say)",
    "key_named_by: id",
)
def _key_named_by(thing: Thing) -> Reading:
    value = setting_value(thing, "key_id")
    if not isinstance(value, Text):
        return ABSENT
    if value.symbol is not None:
        return _SYMBOLS.get(value.symbol.type, ABSENT)
    literal = value.literal or ""
    if _KEY_ID.fullmatch(literal):
        return "id"
    if value.prefix.startswith("alias/"):
        return "alias_name"
    arn = split_arn(value)
    if arn is None or arn.service.literal != "kms":
        return ABSENT
    return "alias_arn" if arn.resource.prefix.startswith("alias/") else "arn"


@declare(
    "consumer",
    "arn_only",
    BOOL,
    "the service takes the ARN of a key here and refuses its id, so far as that is known",
    "arn_only: true",
)
def _arn_only(thing: Thing) -> Reading:
    return consumer_of(thing).arn_only


@declare("consumer", "region", TEXT, "its Region", "region: us-east-1")
def _region(thing: Thing) -> Reading:
    return entity_of(thing).resource.provider.region


@declare("consumer", "account", TEXT, "its account", "account: {same_as: target.key.account}")
def _account(thing: Thing) -> Reading:
    return entity_of(thing).resource.provider.account
