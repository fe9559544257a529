"""Fields of keys, aliases, grants and endpoints: settings with their effective values."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from kmsiac.inventory.model import Endpoint, Entity, Grant, Key, Setting
from kmsiac.rules.fields.text import partition_around
from kmsiac.rules.readings import ABSENT, Absent, Items, Open, Reading, Thing, reading, single
from kmsiac.rules.truth import Truth, cannot_tell, decided
from kmsiac.rules.vocabulary import (
    BOOL,
    NUMBER,
    TEXT,
    TEXTS,
    Cost,
    FieldType,
    declare,
    many,
    names,
    one,
)
from kmsiac.values import Map, Number, Text, Unknown, Value, blame_on


def entity_of(thing: Thing) -> Entity:
    """The entity that a thing stands for."""
    assert isinstance(thing.value, Entity)
    return thing.value


def setting_of(thing: Thing, name: str) -> Setting | None:
    """A setting in the world of the thing; None where neither it nor the entity is there."""
    settings = thing.scope.settings(entity_of(thing))
    return settings.get(name) if settings is not None else None


def setting_value(thing: Thing, name: str) -> Value | None:
    """The effective value of a setting."""
    found = setting_of(thing, name)
    return found.value if found is not None else None


def setting(
    kind: str, name: str, type: FieldType, meaning: str, example: str, source: str = ""
) -> None:
    """Declare a field that reads a setting of the same name (or `source`)."""
    read_name = source or name
    convert = _list if type.many else _CONVERSIONS[type.element]

    def read(thing: Thing) -> Reading:
        return convert(reading(setting_value(thing, read_name)))

    def presence(thing: Thing) -> Truth:
        found = setting_of(thing, read_name)
        if found is not None and isinstance(found.value, Unknown):  # it may be null
            return cannot_tell(frozenset({blame_on(found.value)}))
        return decided(found is not None and found.written)

    cost = Cost.STRUCTURAL
    declare(kind, name, type, meaning, example, cost=cost, presence=presence)(read)


def _bool(value: Reading) -> Reading:
    if isinstance(value, bool):
        return value
    # CloudFormation takes "true" for true.
    literal = (value.literal or "").lower() if isinstance(value, Text) else ""
    return literal == "true" if literal in ("true", "false") else _unexpected(value)


def _number(value: Reading) -> Reading:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    literal = value.literal or "" if isinstance(value, Text) else ""
    if literal.isascii() and literal.isdigit() and len(literal) <= _MOST_DIGITS:
        return int(literal)
    return _unexpected(value)


def _text(value: Reading) -> Reading:
    if isinstance(value, bool):
        return Text((str(value).lower(),))
    if isinstance(value, int | Decimal):
        return Text((str(Number(value)),))
    return value if isinstance(value, Text) else _unexpected(value)


def _list(value: Reading) -> Reading:
    # A single value stands for a list of one.
    return Items((value,)) if isinstance(value, Text) else value


def _unexpected(value: Reading) -> Reading:
    """Open, unless it is absent: a text with symbols, or a value of another kind."""
    if isinstance(value, Absent | Open):
        return value
    return _open(value if isinstance(value, Text) else Text(("(another kind of value)",)))


def _open(value: Text) -> Open:
    parts = [part for part in value.parts if not isinstance(part, str)]
    parts = parts or [Unknown(str(value), "this kind of value was not expected", value.position)]
    return Open(blame_on(part) for part in parts)


_MOST_DIGITS = 18
_CONVERSIONS: dict[str, Callable[[Reading], Reading]] = {
    "bool": _bool,
    "number": _number,
    "text": _text,
}


# -- keys -----------------------------------------------------------------------------------------


def key_of(thing: Thing) -> Key:
    """The key that a thing of kind `key` stands for."""
    assert isinstance(thing.value, Key)
    return thing.value


setting("key", "spec", TEXT, "the key spec", "spec: SYMMETRIC_DEFAULT")
setting("key", "usage", TEXT, "the key usage", "usage: SIGN_VERIFY")
setting("key", "origin", TEXT, "where the key material is from", "origin: AWS_KMS")
setting("key", "multi_region", BOOL, "a multi-Region key", "multi_region: true")
setting("key", "enabled", BOOL, "enabled", "enabled: false")
setting("key", "rotation", BOOL, "automatic rotation", "rotation: false")
setting("key", "rotation_period", NUMBER, "days", "rotation_period: {less_than: 90}")
setting("key", "deletion_window", NUMBER, "days", "deletion_window: {less_than: 8}")
setting(
    "key",
    "bypass_lockout_check",
    BOOL,
    "the policy lockout safety check is bypassed",
    "bypass_lockout_check: true",
)
setting("key", "description", TEXT, "the description", "description: {longer_than: 100}")
setting("key", "material", TEXT, "imported key material", "material: {written: true}")


@declare(
    "key",
    "type",
    names("symmetric", "rsa_encryption", "signing", "mac", "agreement", "kem"),
    "what the key is for, of spec and usage; absent where the two do not fit",
    "type: symmetric",
)
def _type(thing: Thing) -> Reading:
    from kmsiac.aws.key_specs import key_type  # noqa: PLC0415 - loads a table

    spec = reading(setting_value(thing, "spec"))
    usage = reading(setting_value(thing, "usage"))
    for part in (spec, usage):
        if isinstance(part, Open):
            return part
        if isinstance(part, Text) and part.literal is None:
            return _open(part)
    if not isinstance(spec, Text) or not isinstance(usage, Text):
        return ABSENT
    found = key_type(spec.literal or "", usage.literal or "")
    return ABSENT if found is None else found


@declare("key", "replica", BOOL, "a replica of a multi-Region key", "replica: false")
def _replica(thing: Thing) -> Reading:
    return key_of(thing).replica


@declare(
    "key",
    "framework",
    names("terraform", "cloudformation"),
    "of the template",
    "framework: terraform",
)
def _framework(thing: Thing) -> Reading:
    return thing.scope.inventory.framework


def _place(kind: str) -> None:
    @declare(kind, "region", TEXT, "its Region", "region: us-east-1")
    def _region(thing: Thing) -> Reading:
        return entity_of(thing).resource.provider.region

    @declare(kind, "account", TEXT, "its account", "account: {same_as: target.account}")
    def _account(thing: Thing) -> Reading:
        return entity_of(thing).resource.provider.account


_place("key")
_place("grant")


@declare(
    "key",
    "partition",
    TEXT,
    "its partition, told by its Region where that is known",
    "partition: aws-cn",
)
def _partition(thing: Thing) -> Reading:
    provider = entity_of(thing).resource.provider
    return partition_around(provider.partition, provider.region)


@declare("key", "tags", many("tag"), "its tags", "tags: {some: {name: {glob: 'aws:*'}}}")
def _tags(thing: Thing) -> Reading:
    return _pairs(thing, setting_value(thing, "tags"))


def _pairs(thing: Thing, value: Value | None) -> Reading:
    """The members of a Map as things with a name and a value; nothing written is no members."""
    if isinstance(value, Map):
        blame = frozenset({blame_on(value.open)}) if value.open else frozenset()
        found = [thing.scope.thing("tag", entry) for entry in value.entries]
        return Items(found, (), blame)
    if isinstance(value, Unknown):
        return Items((), (), frozenset({blame_on(value)}))
    return Items()


def _entry(thing: Thing) -> tuple[Text, Value]:
    assert isinstance(thing.value, tuple)
    key, value = thing.value
    assert isinstance(key, Text)
    assert isinstance(value, Value)
    return key, value


@declare("tag", "name", TEXT, "the name", "name: {glob: 'aws:*'}")
def _tag_name(thing: Thing) -> Reading:
    return _entry(thing)[0]


@declare("tag", "value", TEXT, "the value", "value: {longer_than: 384}")
def _tag_value(thing: Thing) -> Reading:
    return _text(reading(_entry(thing)[1]))


@declare(
    "key",
    "policies",
    many("policy"),
    "the key policies that are written",
    "policies: {count: {at_least: 2}}",
)
def _policies(thing: Thing) -> Reading:
    found = thing.scope.related("policy", key_of(thing).policies)
    return without_defaults(found)


def without_defaults(found: Items) -> Items:
    """The written policies among some."""

    def written(policy: Reading) -> bool:
        return not (isinstance(policy, Thing) and getattr(policy.value, "default", False))

    return Items(
        [p for p in found.certain if written(p)],
        [(p, doubt) for p, doubt in found.maybe if written(p)],
        found.more,
    )


@declare("key", "policy", one("policy"), "the key policy in force", "policy: {version: 2012-10-17}")
def _policy(thing: Thing) -> Reading:
    return single(thing.scope.related("policy", key_of(thing).policies))


@declare("key", "aliases", many("alias"), "its aliases", "aliases: {count: {at_least: 51}}")
def _aliases(thing: Thing) -> Reading:
    return thing.scope.related("alias", key_of(thing).aliases)


@declare("key", "grants", many("grant"), "its grants", "grants: {count: {at_least: 1}}")
def _grants(thing: Thing) -> Reading:
    return thing.scope.related("grant", key_of(thing).grants)


# -- aliases, grants, endpoints -------------------------------------------------------------------

setting("alias", "name", TEXT, "the name with alias/", "name: {not: {format: alias_name}}")


@declare("alias", "key", one("key"), "the key it stands for", "key: {enabled: false}")
def _alias_key(thing: Thing) -> Reading:
    from kmsiac.inventory.model import Alias  # noqa: PLC0415

    assert isinstance(thing.value, Alias)
    return single(thing.scope.related("key", thing.value.key))


setting("grant", "name", TEXT, "the name", "name: {written: false}")
setting("grant", "operations", TEXTS, "the operations", "operations: {some: CreateGrant}")
setting(
    "grant",
    "retiring_principal",
    TEXT,
    "who may retire it",
    "retiring_principal: {written: false}",
)
setting("grant", "retire_on_delete", BOOL, "retired, not revoked", "retire_on_delete: true")


def _context(name: str, meaning: str) -> None:
    @declare("grant", name, many("tag"), meaning, f"{name}: {{count: {{at_least: 1}}}}")
    def _read(thing: Thing) -> Reading:
        return _pairs(thing, setting_value(thing, name))


_context("context_equals", "encryption context that requests must have exactly")
_context("context_subset", "encryption context that requests must include")


@declare("grant", "key", one("key"), "the key", "key: {type: symmetric}")
def _grant_key(thing: Thing) -> Reading:
    assert isinstance(thing.value, Grant)
    return single(thing.scope.related("key", thing.value.key))


@declare("grant", "grantee", one("grantee_principal"), "the grantee", "grantee: {kind: service}")
def _grantee(thing: Thing) -> Reading:
    from kmsiac.policy.document import Principal  # noqa: PLC0415

    value = reading(setting_value(thing, "grantee"))
    if not isinstance(value, Text):
        return value
    kind = "Service" if (value.literal or "").endswith(".amazonaws.com") else "AWS"
    principal = Principal(kind, value, False, value.position)
    return thing.scope.thing("grantee_principal", principal, thing)


setting("endpoint", "type", TEXT, "Interface, Gateway, ...", "type: Interface")
setting("endpoint", "private_dns", BOOL, "private DNS is on", "private_dns: false")


@declare("endpoint", "service", TEXT, "the service: kms (its FIPS endpoint too)", "service: kms")
def _service(thing: Thing) -> Reading:
    value = reading(setting_value(thing, "service"))
    if not isinstance(value, Text):
        return value
    last = value.parts[-1] if value.parts else ""
    if isinstance(last, str) and "." in last:
        return Text((last.rpartition(".")[2].removesuffix("-fips"),), value.position)
    return value if value.literal is not None else _open(value)


@declare(
    "endpoint",
    "policies",
    many("policy"),
    "the endpoint policies that are written",
    "policies: {count: {at_most: 0}}",
)
def _endpoint_policies(thing: Thing) -> Reading:
    assert isinstance(thing.value, Endpoint)
    return without_defaults(thing.scope.related("policy", thing.value.policies))
