"""Fields of resource patterns."""

from __future__ import annotations

from kmsiac.inventory.model import Key
from kmsiac.policy.matching import split_arn
from kmsiac.rules.fields.action import pattern_of, statement_reading
from kmsiac.rules.fields.principal import external_account, provider_of
from kmsiac.rules.readings import ABSENT, Open, Reading, Thing, answer_reading, reading
from kmsiac.rules.vocabulary import BOOL, FieldType, declare, names, one
from kmsiac.values import Unknown, all_of, any_of, blame_on, cannot_tell


@declare(
    "resource",
    "text",
    FieldType("text", pattern=True),
    "the pattern as written",
    "text: {format: kms_arn}",
)
def _text(thing: Thing) -> Reading:
    return reading(pattern_of(thing).value)


@declare(
    "resource",
    "kind",
    names("any", "service", "key", "alias", "other_service", "not_arn", "malformed"),
    "any (*), service (all of KMS in an account), key, alias, ...",
    "kind: [key, alias]",
)
def _kind(thing: Thing) -> Reading:
    from kmsiac.policy.resources import kind_of  # noqa: PLC0415 - only some rules need it

    kind, blame = kind_of(pattern_of(thing))
    return Open(blame) if kind is None else kind


@declare(
    "resource",
    "breadth",
    names("one", "account", "all"),
    "how many it can name: one, those of an account, those of all accounts",
    "breadth: [account, all]",
)
def _breadth(thing: Thing) -> Reading:
    from kmsiac.policy.resources import breadth_of  # noqa: PLC0415 - only some rules need it

    breadth, blame = breadth_of(pattern_of(thing))
    return Open(blame) if breadth is None else breadth


@declare("resource", "negated", BOOL, "it stands in NotResource", "negated: false")
def _negated(thing: Thing) -> Reading:
    return pattern_of(thing).negated


@declare(
    "resource",
    "external",
    BOOL,
    "an ARN in an account that is neither this one nor trusted",
    "external: true",
)
def _external(thing: Thing) -> Reading:
    provider = provider_of(thing)
    value = pattern_of(thing).value
    if isinstance(value, Unknown):
        return Open((blame_on(value),))
    arn = split_arn(value)
    if arn is None or provider is None:
        return ABSENT
    if not arn.account.parts or "*" in arn.account.prefix:
        return ABSENT
    return external_account(arn.account, provider, thing.scope)


@declare(
    "resource",
    "covers_own_key",
    BOOL,
    "in a key policy: it names the key that the policy is attached to",
    "covers_own_key: false",
)
def _covers_own_key(thing: Thing) -> Reading:
    from kmsiac.inventory.coverage import own_key  # noqa: PLC0415
    from kmsiac.policy.resources import OwnKey, covers_own_key  # noqa: PLC0415
    from kmsiac.rules.fields.policy import policy_of  # noqa: PLC0415

    statement = thing.parent
    if statement is None or statement.parent is None:
        return ABSENT
    policy = policy_of(statement.parent)
    if policy.kind not in ("key", "unknown"):
        return ABSENT
    provider = policy.resource.provider
    keys = [k for k in (*policy.key.items, *policy.key.maybe) if thing.scope.exists(k)]
    own = [own_key(key) for key in keys]
    if not own:
        # The key is not in the scan: no symbol of this unit names it.
        own = [OwnKey("", "", provider.partition, provider.region, provider.account)]
    answers = [covers_own_key(pattern_of(thing), key) for key in own]
    if all(answer.verdict is answers[0].verdict for answer in answers):
        return answer_reading(any_of(answers))
    doubt = all_of([*answers, cannot_tell(*policy.key.open)])
    return Open(doubt.blame)


@declare(
    "resource",
    "key",
    one("key"),
    "the key of this deployment unit it names",
    "key: {replica: true}",
)
def _key(thing: Thing) -> Reading:
    value = pattern_of(thing).value
    if isinstance(value, Unknown):
        return Open((blame_on(value),))
    symbol = value.symbol
    if symbol is not None and symbol.type in ("key_arn", "replica_key_arn"):
        key = _key_at(thing, symbol.address)
        if key is not None:
            return thing.scope.thing("key", key)
    return ABSENT


def _key_at(thing: Thing, address: str) -> Key | None:
    keys = thing.scope.inventory.keys
    return next((k for k in keys if k.address == address and thing.scope.exists(k)), None)


declare("resource", "statement", one("statement"), "its statement", "statement: {effect: Allow}")(
    statement_reading
)
