"""Fields of keys about the multi-Region family that they are in."""

from __future__ import annotations

from kmsiac.policy.matching import same
from kmsiac.rules.fields.entity import key_of, setting, setting_value
from kmsiac.rules.readings import Items, Reading, Thing, single
from kmsiac.rules.vocabulary import TEXT, declare, many, one
from kmsiac.values import Blame, Text, blame_on

setting(
    "key",
    "primary_arn",
    TEXT,
    "of a replica, the ARN of its primary as written",
    "primary_arn: {region: us-east-1}",
)


@declare("key", "primary", one("key"), "the primary of a replica", "primary: {rotation: true}")
def _primary(thing: Thing) -> Reading:
    return single(thing.scope.related("key", key_of(thing).primary))


@declare(
    "key",
    "siblings",
    many("key"),
    "the other scanned keys of the multi-Region family",
    "siblings: {some: {region: {same_as: target.region}}}",
)
def _siblings(thing: Thing) -> Reading:
    key, scope = key_of(thing), thing.scope
    outside = key.replica and not key.primary.items and not key.primary.maybe
    primary_arn = setting_value(thing, "primary_arn") if outside else None
    if isinstance(primary_arn, Text) and not primary_arn.has_unknown:
        return _replicas_of(primary_arn, thing)
    family = [scope.related("key", key.primary), scope.related("key", key.replicas)]
    family += [scope.related("key", primary.replicas) for primary in key.primary.items]
    certain = [k for found in family for k in found.certain if k is not thing]
    maybe = [m for found in family for m in found.maybe if m[0] is not thing]
    return Items(certain, maybe, frozenset().union(*(found.more for found in family)))


def _replicas_of(primary_arn: Text, but: Thing) -> Items:
    """The other replicas of a primary that is not in the scan: they name it by the same ARN."""
    certain: list[Reading] = []
    maybe: list[tuple[Reading, frozenset[Blame]]] = []
    for key in but.scope.inventory.keys:
        thing = but.scope.thing("key", key)
        theirs = setting_value(thing, "primary_arn") if key.replica else None
        if thing is but or not isinstance(theirs, Text):
            continue
        answer = same(primary_arn, theirs)
        doubt = answer.blame
        if key.resource.absent is not None:
            doubt |= {blame_on(key.resource.absent)}
        if answer.is_yes and not doubt:
            certain.append(thing)
        elif not answer.is_no:
            maybe.append((thing, doubt))
    return Items(certain, maybe)
