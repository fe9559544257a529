"""Provider configurations: account, Region and partition of what belongs to them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kmsiac.frontends.terraform.blocks import guarded
from kmsiac.frontends.terraform.conversion import CallError, Undetermined, literal
from kmsiac.frontends.terraform.iterate import pairs
from kmsiac.frontends.terraform.nodes import Index, Node, Object
from kmsiac.frontends.terraform.parse import parse_attribute
from kmsiac.frontends.terraform.split import Attribute, Block
from kmsiac.policy.matching import split_arn
from kmsiac.reading.source import offset_of
from kmsiac.stack import Environment, Provider
from kmsiac.values import List, Map, Owner, Symbol, Text, Unknown, Value, text

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Frame, Scope

_OTHER_ACCOUNT = (
    "profile",
    "access_key",
    "allowed_account_ids",
    "forbidden_account_ids",
    "shared_credentials_files",
)
_ACCOUNT = re.compile(r"[0-9]{12}")
_ROLE_BLOCKS = ("assume_role", "assume_role_with_web_identity")


def names(key: str = "") -> dict[str, str]:
    """What the parts of a provider configuration are called where no data source was asked."""
    return named(f"provider.aws.{key}" if key else "provider.aws")


def named(what: str) -> dict[str, str]:
    """What the account, Region and partition of something are called."""
    return {part: f"{what}.{part}" for part in ("account_id", "region", "partition", "dns_suffix")}


def default_provider(unit: str, environment: Environment) -> Provider:
    """The provider of a module that configures none."""
    return Provider.symbolic(Owner(unit), environment, names())


def configured(scope: Scope) -> dict[str, Provider]:
    """The `aws` provider configurations of a module's own blocks: `aws`, `aws.<alias>`, and with
    `for_each` (OpenTofu) `aws.<alias>["<key>"]`.

    Those that come to their account by the same profile, or assume a role in the same account,
    share its text. An empty block of a called module only says what it is to be handed.
    """
    found: dict[str, Provider] = {}
    accounts: dict[Hashable, Text] = {}
    blocks = [block for block in scope.files.providers if block.labels == ("aws",)]
    if scope.address:
        blocks = [block for block in blocks if not _is_proxy(block)]
    # The default one first: it is its account that the command line gives.
    aliases = [(_literal(scope, block, "alias") or "", block) for block in blocks]
    for alias, block in sorted(aliases, key=lambda pair: pair[0] != ""):
        for suffix, frame in _instances(scope, block):
            name = alias + suffix
            found[f"aws.{name}" if name else "aws"] = _provider(frame, block, name, accounts)
    return found


def _is_proxy(block: Block) -> bool:
    return not block.body.blocks and block.body.attributes.keys() <= {"alias", "version"}


def _instances(scope: Scope, block: Block) -> Iterator[tuple[str, Frame]]:
    """The configurations that a block makes: what their names end in, and their frames."""
    written = block.body.attributes.get("for_each")
    if written is None:
        yield "", scope.frame
        return
    try:
        for key, value in pairs(_value(scope.frame, written)):
            suffix = f'["{literal(key)}"]'
            each = Map([(text("key"), key), (text("value"), value)], block.position)
            yield suffix, scope.frame.nested({"each": each}, f" ({suffix})")
    except (CallError, Undetermined):
        return  # what refers to one of them goes to a provider of which nothing is known


def _provider(frame: Frame, block: Block, alias: str, accounts: dict[Hashable, Text]) -> Provider:
    scope = frame.scope
    unit = scope.context.stack.unit
    environment = scope.context.inputs.environment
    key = scope.qualify(alias) if scope.address else alias
    shared = default_provider(unit, environment)
    region = _region(frame, block, Owner(unit, key), environment)
    account = _account(frame, block, key, shared, accounts)
    return Provider(Owner(unit, key), account, region, shared.partition, shared.dns_suffix)


def _region(frame: Frame, block: Block, owner: Owner, environment: Environment) -> Text:
    written = block.body.attributes.get("region")
    if written is not None:
        value = _value(frame, written)
        if isinstance(value, Text) and not value.has_unknown:
            return value
    # The command line tells the default Region, not that of a configuration with one of its own.
    if environment.region is not None and (written is None or not owner.provider):
        return text(environment.region)
    return Text((Symbol("region", names(owner.provider)["region"], owner, "environment"),))


def _account(
    frame: Frame, block: Block, key: str, shared: Provider, accounts: dict[Hashable, Text]
) -> Text:
    attributes = block.body.attributes
    allowed = attributes.get("allowed_account_ids")
    if allowed is not None:
        only = _only(_value(frame, allowed))
        if only is not None:
            return text(only, allowed.position)
    assumed = _assumed(frame, block)
    if assumed is not None and (
        _ACCOUNT.fullmatch(assumed.literal or "") or assumed.parts == shared.account.parts
    ):
        return assumed
    own = any(name in attributes for name in _OTHER_ACCOUNT) or any(
        inner.type in _ROLE_BLOCKS for inner in block.body.blocks
    )
    if not own:
        return shared.account
    owner = Owner(frame.context.stack.unit, key)
    named = Text((Symbol("account_id", names(key)["account_id"], owner, "environment"),))
    way = _way(frame, block, assumed)
    return accounts.setdefault(way, shared.account if not key else named)


def _assumed(frame: Frame, block: Block) -> Text | None:
    """The account of the role that a configuration assumes, as far as its ARN shows it."""
    roles = [inner for inner in block.body.blocks if inner.type in _ROLE_BLOCKS]
    written = roles[-1].body.attributes.get("role_arn") if roles else None  # of a chain, the last
    value = _value(frame, written) if written is not None else None
    arn = split_arn(value) if isinstance(value, Text) else None
    return arn.account if arn is not None and arn.account.parts else None


def _way(frame: Frame, block: Block, assumed: Text | None) -> Hashable:
    """By what a configuration comes to its account: equal only where the account is the same."""
    if assumed is not None:
        return ("role", assumed.parts)
    written = block.body.attributes
    if any(inner.type in _ROLE_BLOCKS for inner in block.body.blocks):
        return (id(block), frame.label)
    found: list[Hashable] = []
    for name in _OTHER_ACCOUNT:
        value = _value(frame, written[name]) if name in written else None
        if value is not None and not isinstance(value, (Text, Unknown)):
            return (id(block), frame.label)
        found.append(value.parts if isinstance(value, Text) else value)
    return tuple(found)


def _value(frame: Frame, written: Attribute) -> Value:
    """The value of an attribute, Unknown where it takes too many steps."""
    return guarded(lambda: frame.attribute(written), "provider", written.position, frame)


def _only(value: Value) -> str | None:
    if isinstance(value, List) and len(value.items) == 1 and value.open is None:
        try:
            return literal(value.items[0])
        except (CallError, Undetermined):
            return None
    return None


def _literal(scope: Scope, block: Block, name: str) -> str | None:
    attribute = block.body.attributes.get(name)
    value = _value(scope.frame, attribute) if attribute is not None else None
    return value.literal if isinstance(value, Text) else None


def provider_of(frame: Frame, block: Block) -> Provider:
    """The provider configuration that a resource or data source belongs to, in its `region`."""
    scope = frame.scope
    written = block.body.attributes.get("provider")
    name = _name(frame, parse_attribute(written)) if written is not None else "aws"
    found = scope.providers.get(name) or _unknown_provider(scope, name)
    region = block.body.attributes.get("region")
    value = _value(frame, region) if region is not None else None
    if isinstance(value, Text) and value.parts and not value.has_unknown:
        return replace(found, region=value)
    return found


def _unknown_provider(scope: Scope, name: str) -> Provider:
    """A configuration that is not in the tree (handed in by a caller that is not): all symbols."""
    default = scope.providers["aws"]
    if name == "aws" or not name.startswith("aws."):
        return default
    unit = scope.context.stack.unit
    key = scope.qualify(name.removeprefix("aws."))
    provider = Provider.symbolic(Owner(unit, key), Environment(), names(key))
    scope.providers[name] = provider
    return provider


def passed_providers(frame: Frame, call: Block) -> dict[str, Provider]:
    """What `aws` and its aliases mean in a called module: inherited default, then `providers`."""
    scope = frame.scope
    passed = {"aws": scope.providers["aws"]}
    written = call.body.attributes.get("providers")
    node = parse_attribute(written) if written is not None else None
    if isinstance(node, Object):
        for key, value in node.entries:
            name = _name(frame, value)
            passed[_source(scope, key)] = scope.providers.get(name) or _unknown_provider(
                scope, name
            )
    return passed


def _name(frame: Frame, node: Node) -> str:
    """What a reference to a provider configuration says: `aws`, `aws.x` or `aws.x["key"]`."""
    if isinstance(node, Index):
        key = frame.evaluate(node.key)
        try:
            return f'{_source(frame.scope, node.of)}["{literal(key)}"]'
        except (CallError, Undetermined):
            return f"{_source(frame.scope, node.of)}[{key}]"
    return _source(frame.scope, node)


def _source(scope: Scope, node: Node) -> str:
    file = scope.context.tree.file(node.position)
    return file.text[offset_of(node.position) : node.end].strip().strip('"') if file else ""
