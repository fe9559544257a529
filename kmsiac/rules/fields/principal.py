"""Fields of principals."""

from __future__ import annotations

from kmsiac.inventory.model import Identity
from kmsiac.policy.document import Principal
from kmsiac.policy.matching import same, split_arn
from kmsiac.policy.principals import KINDS, account_of, is_service_linked, kind_of
from kmsiac.rules.fields.action import statement_reading
from kmsiac.rules.readings import ABSENT, Open, Reading, Scope, Thing, answer_reading, reading
from kmsiac.rules.vocabulary import BOOL, TEXT, declare, names, one
from kmsiac.stack import Provider
from kmsiac.values import Blame, Symbol, Text, Unknown, blame_on, negate

_NOT_SYMBOLIC = frozenset({"anyone", "pattern"})
_OF_AN_ACCOUNT = frozenset({"account", "role", "user", "session"})


def principal_of(thing: Thing) -> Principal:
    """The principal that a thing of kind `principal` stands for."""
    assert isinstance(thing.value, Principal)
    return thing.value


def provider_of(thing: Thing) -> Provider | None:
    """Where the policy that a part of a statement lies in is deployed."""
    from kmsiac.rules.fields.policy import policy_of  # noqa: PLC0415 - only some rules need it

    while thing.parent is not None:
        thing = thing.parent
    return policy_of(thing).resource.provider if thing.kind == "policy" else None


@declare("principal", "text", TEXT, "the principal as written", "text: {glob: 'arn:*:role/*'}")
def _text(thing: Thing) -> Reading:
    return reading(principal_of(thing).value)


@declare(
    "principal",
    "kind",
    names(*KINDS),
    "what kind of principal it names",
    "kind: [role, user]",
)
def _kind(thing: Thing) -> Reading:
    principal = principal_of(thing)
    kind, blame = kind_of(principal)
    if kind is not None:
        return kind
    value = principal.value
    if isinstance(value, Unknown):
        return Open(blame)
    # A symbol is one thing; only an unknown part could bring a wildcard in.
    return Open(blame, _NOT_SYMBOLIC - ({"pattern"} if value.has_unknown else set()))


@declare("principal", "negated", BOOL, "it stands in NotPrincipal", "negated: false")
def _negated(thing: Thing) -> Reading:
    return principal_of(thing).negated


@declare(
    "principal",
    "external",
    BOOL,
    "in an account that is neither this one nor trusted; absent for anyone and services",
    "external: true",
)
def _external(thing: Thing) -> Reading:
    provider = provider_of(thing)
    value = principal_of(thing).value
    if isinstance(value, Unknown):
        return Open((blame_on(value),))
    account = account_of(principal_of(thing))
    if provider is None:
        return ABSENT
    symbol = value.symbol
    if account is None and symbol is not None:
        return _external_symbol(symbol, _kind(thing), provider)
    if account is None:
        kind = _kind(thing)
        if kind == "federated":
            return _of_provider(value, provider, thing.scope)
        return kind if isinstance(kind, Open) else ABSENT
    return external_account(account, provider, thing.scope)


@declare(
    "principal",
    "service_linked",
    BOOL,
    "a service-linked role, which only its AWS service can assume",
    "service_linked: false",
)
def _service_linked(thing: Thing) -> Reading:
    return answer_reading(is_service_linked(principal_of(thing)))


def _external_symbol(symbol: Symbol, kind: Reading, provider: Provider) -> Reading:
    """What is made or looked up through the same provider configuration is in its account."""
    if symbol.origin in ("resource", "data") and symbol.owner == provider.owner:
        return False
    if isinstance(kind, str) and kind not in _OF_AN_ACCOUNT:
        return ABSENT
    return Open((blame_on(symbol),))


def _of_provider(value: Text, provider: Provider, scope: Scope) -> Reading:
    """Whether sessions of an identity provider are outside: they are of its account if it is of one.

    Whether AWS KMS lets them in at all is not documented.
    """
    arn = split_arn(value)
    if (
        arn is not None
        and arn.account.parts
        and external_account(arn.account, provider, scope) is False
    ):
        return False
    reason = "whose sessions of an identity provider AWS KMS lets in is not documented"
    return Open((Blame(str(value), reason, value.position),))


def external_account(account: Text, provider: Provider, scope: Scope) -> Reading:
    """Whether an account is neither that of the provider nor a trusted one."""
    if account.literal is not None and account.literal in scope.trusted.accounts:
        return False
    return answer_reading(negate(same(account, provider.account)))


declare("principal", "statement", one("statement"), "its statement", "statement: {effect: Allow}")(
    statement_reading
)


@declare(
    "principal",
    "identity",
    one("identity"),
    "the role, user or group of this deployment unit that it names",
    "identity: {written: true}",
)
def _identity(thing: Thing) -> Reading:
    value = principal_of(thing).value
    if isinstance(value, Unknown):
        return Open((blame_on(value),))
    symbol = value.symbol
    if symbol is not None and symbol.origin == "resource":
        identity = thing.scope.identity(symbol.address)
        return ABSENT if identity is None else thing.scope.thing("identity", identity)
    return ABSENT if symbol is not None or value.literal is not None else _open(value)


_NAMES = frozenset({"role_name", "user_name", "group_name"})
"""Types of symbols that are names."""


@declare(
    "principal",
    "by_name",
    BOOL,
    "it is the name of a role, user or group, or what the template calls one, where an ARN belongs",
    "by_name: true",
)
def _by_name(thing: Thing) -> Reading:
    principal = principal_of(thing)
    value = principal.value
    if isinstance(value, Unknown):
        return Open((blame_on(value),))
    if value.symbol is not None:
        return value.symbol.type in _NAMES
    literal = value.literal
    if literal is None or ":" in literal:
        return False
    return any(
        literal == identity.address or _is_called(thing, identity, literal)
        for identity in thing.scope.inventory.identities
        if thing.scope.exists(identity)
    )


def _is_called(thing: Thing, identity: Identity, name: str) -> bool:
    settings = thing.scope.settings(identity) or {}
    setting = settings.get("name")
    value = setting.value if setting is not None else None
    return isinstance(value, Text) and value.literal == name


def _open(value: Text) -> Open:
    return Open(
        Blame(blame_on(part).expression, "may be an identity of this template", value.position)
        for part in value.parts
        if not isinstance(part, str)
    )
