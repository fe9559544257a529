"""Fields of identities: roles, users and groups; and of the grantee of a grant."""

from __future__ import annotations

from kmsiac.inventory.model import Identity
from kmsiac.policy.document import Principal
from kmsiac.policy.principals import KINDS, account_of, is_service_linked, kind_of
from kmsiac.rules.fields.entity import entity_of, setting
from kmsiac.rules.fields.principal import external_account
from kmsiac.rules.readings import ABSENT, Open, Reading, Thing, answer_reading, reading, single
from kmsiac.rules.vocabulary import BOOL, TEXT, TEXTS, declare, many, names, one

setting("identity", "name", TEXT, "its name", "name: {glob: 'AWSServiceRoleFor*'}")
setting(
    "identity",
    "managed_policies",
    TEXTS,
    "ARNs of managed policies",
    "managed_policies: {some: {glob: '*:policy/AdministratorAccess'}}",
)


def _identity(thing: Thing) -> Identity:
    assert isinstance(thing.value, Identity)
    return thing.value


@declare("identity", "kind", names("role", "user", "group"), "role, user or group", "kind: role")
def _kind(thing: Thing) -> Reading:
    return _identity(thing).kind


@declare(
    "identity",
    "policies",
    many("policy"),
    "its identity policies",
    "policies: {some: {statements: {some: {effect: Allow}}}}",
)
def _policies(thing: Thing) -> Reading:
    return thing.scope.related("policy", _identity(thing).policies)


@declare("identity", "boundary", one("policy"), "its boundary", "boundary: {written: true}")
def _boundary(thing: Thing) -> Reading:
    return single(thing.scope.related("policy", _identity(thing).boundary))


def _principal(thing: Thing) -> Principal:
    assert isinstance(thing.value, Principal)
    return thing.value


@declare("grantee_principal", "text", TEXT, "the grantee as written", "text: {has_wildcard: true}")
def _text(thing: Thing) -> Reading:
    return reading(_principal(thing).value)


@declare("grantee_principal", "kind", names(*KINDS), "what kind of principal", "kind: account")
def _grantee_kind(thing: Thing) -> Reading:
    kind, blame = kind_of(_principal(thing))
    return Open(blame) if kind is None else kind


@declare(
    "grantee_principal",
    "external",
    BOOL,
    "in an account that is neither this one nor trusted",
    "external: true",
)
def _external(thing: Thing) -> Reading:
    account = account_of(_principal(thing))
    if account is None or thing.parent is None:
        kind = _grantee_kind(thing)
        return kind if isinstance(kind, Open) else ABSENT
    return external_account(account, entity_of(thing.parent).resource.provider, thing.scope)


@declare(
    "grantee_principal",
    "service_linked",
    BOOL,
    "a service-linked role, which only its AWS service can assume",
    "service_linked: false",
)
def _service_linked(thing: Thing) -> Reading:
    return answer_reading(is_service_linked(_principal(thing)))
