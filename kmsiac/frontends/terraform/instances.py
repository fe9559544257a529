"""One resource, data source or module call: its attributes, written or symbolic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kmsiac.frontends.terraform import attributes, computed_data
from kmsiac.frontends.terraform.blocks import body_map, grouped
from kmsiac.frontends.terraform.modules import child_scope
from kmsiac.frontends.terraform.policy_document import policy_document
from kmsiac.frontends.terraform.providers import provider_of
from kmsiac.frontends.terraform.split import Body
from kmsiac.frontends.terraform.symbolic import Lazy
from kmsiac.reading.source import NOWHERE
from kmsiac.stack import Provider
from kmsiac.values import List, Map, Null, Part, Symbol, Text, Unknown, Value, text

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.groups import Group
    from kmsiac.frontends.terraform.scope import Frame, Scope

_HOLE = re.compile(r"\{(\w+)\}")
META = frozenset({"count", "for_each", "provider", "providers", "depends_on", "lifecycle"})
META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection", "timeouts"})


class Instance(Lazy):
    """One resource or data source."""

    __slots__ = ("_known", "_provider", "_running", "frame", "group", "suffix")

    def __init__(self, group: Group, suffix: str, frame: Frame) -> None:
        super().__init__(group.block.position)
        self.group = group
        self.suffix = suffix
        self.frame = frame
        self._known: dict[str, Value] = {}
        self._running: set[str] = set()
        self._provider: Provider | None = None

    @property
    def address(self) -> str:
        """The full address with module path and indexes."""
        return self.group.scope.qualify(self.group.reference + self.suffix)

    @property
    def provider(self) -> Provider:
        """The provider configuration that it belongs to."""
        if self._provider is None:
            self._provider = provider_of(self.frame, self.group.block)
        return self._provider

    def attribute(self, name: str, position: int) -> Value:
        """An attribute: what is written, or the symbol for what the service makes."""
        known = self._known.get(name)
        if known is not None:
            return known.at(position) if isinstance(known, Text) and known.symbol else known
        reference = f"{self.address}.{name}"
        if name in self._running:
            unit = self.frame.context.stack.unit
            return Unknown(reference, "refers to itself", position, unit)
        self._running.add(name)
        try:
            value = self._attribute(name, position)
        finally:
            self._running.discard(name)
        self._known[name] = value
        return value

    def _attribute(self, name: str, position: int) -> Value:
        is_data = self.group.kind == "data"
        if is_data and self.group.type == "aws_iam_policy_document":
            if name in ("json", "minified_json"):
                return self.document()
        elif is_data and self.group.type in attributes.ENVIRONMENT and self._written(name) is None:
            environment = self._environment(name, position)
            if environment is not None:
                return environment
        elif is_data and self.group.type in computed_data.TYPES:
            read = self._written
            made = computed_data.computed(self.group.type, name, read, self.provider, position)
            if made is not None:
                return made
        rule, shape = attributes.symbol_rule(self.group.type, name, data=is_data)
        if rule == "=":
            return self.attribute(shape, position)
        in_table = name in attributes.SYMBOLS.get(self.group.type, {})
        if is_data or not (in_table and name in attributes.COMPUTED):
            written = self._written(name)
            if written is not None and not isinstance(written, Null):
                return written
        if is_data and rule == "text":
            unit = self.frame.context.stack.unit
            return Unknown(
                f"{self.address}.{name}", "looked up when terraform runs", position, unit
            )
        return self._symbol(name, rule, shape, position)

    def _written(self, name: str) -> Value | None:
        body = self.group.block.body
        attribute = body.attributes.get(name)
        if attribute is not None:
            return None if name in META else self.frame.attribute(attribute)
        if name == "path" and self.group.kind == "resource":
            return text(attributes.PATH_DEFAULT)
        if any(block.type == name or block.labels == (name,) for block in body.blocks):
            first, items, rest = grouped(body, self.frame).get(name, (NOWHERE, [], None))
            values = [each.wrap(body_map(each.body, each.position, each.frame)) for each in items]
            return List(values, first, rest)
        return None

    def _environment(self, name: str, position: int) -> Value | None:
        provider = self.provider
        if name == "endpoint" and self.group.type == "aws_region":
            return self._region_endpoint(position)
        symbol_type = attributes.ENVIRONMENT[self.group.type].get(name)
        if name == "reverse_dns_prefix" and provider.dns_suffix.literal:
            reverse = reversed(provider.dns_suffix.literal.split("."))
            return text(".".join(reverse), position)
        if symbol_type is None:
            return None
        if symbol_type == "region" and (named := self._named_region(position)) is not None:
            return named
        parts = {
            "account_id": provider.account,
            "partition": provider.partition,
            "region": provider.region,
            "dns_suffix": provider.dns_suffix,
        }
        known = parts[symbol_type]
        if known.symbol is None:
            return Text(known.parts, position, known.sensitive)
        reference = f"{self.address}.{name}"
        symbol = Symbol(
            symbol_type, reference, known.symbol.owner, "environment", None, position, ""
        )
        return Text((symbol,), position)

    def _region_endpoint(self, position: int) -> Value | None:
        """The host name of EC2 in the Region, which is what the data source calls its endpoint."""
        region, suffix = self._environment("name", position), self.provider.dns_suffix
        if not isinstance(region, Text):
            return region
        return Text(("ec2.", *region.parts, ".", *suffix.parts), position)

    def _named_region(self, position: int) -> Value | None:
        """The Region that an `aws_region` looks for, whatever the provider's own is."""
        if self.group.block.body.attributes.keys().isdisjoint(("name", "endpoint")):
            return None
        named = self._written("name")
        if isinstance(named, Text):
            return named
        reason = "looked up when terraform runs"
        return Unknown(f"{self.address}.region", reason, position, self.frame.context.stack.unit)

    def _symbol(self, name: str, type: str, shape: str, position: int) -> Text:
        origin = "data" if self.group.kind == "data" else "resource"
        reference = f"{self.address}.{name}"
        owner = self.provider.owner
        made = self._shape(shape, position) if shape else None
        symbol = Symbol(type, reference, owner, origin, made, position, self.address)
        return Text((symbol,), position)

    def _shape(self, shape: str, position: int) -> Text | None:
        provider = self.provider
        fixed = {
            "partition": provider.partition,
            "account": provider.account,
            "region": provider.region,
            "dns_suffix": provider.dns_suffix,
        }
        parts: list[Part] = []
        last = 0
        for hole in _HOLE.finditer(shape):
            parts.append(shape[last : hole.start()])
            last = hole.end()
            value = fixed.get(hole[1]) or self._shape_part(hole[1], position)
            if not isinstance(value, Text) or (hole[1] not in fixed and self._is_other(value)):
                return None
            parts.extend(value.parts)
        parts.append(shape[last:])
        return Text(parts, position)

    def _is_other(self, value: Text) -> bool:
        """Whether a data source is asked for something by more than its name: an ARN, an alias."""
        if self.group.kind != "data":
            return False
        given = value.prefix.startswith("alias/") and self.group.type == "aws_kms_key"
        return (
            given or value.has_unknown or any(isinstance(p, str) and ":" in p for p in value.parts)
        )

    def _shape_part(self, name: str, position: int) -> Value:
        if name == "path" and self.group.kind == "data":
            # The path of a role that is looked up is not known: it is part of the name's symbol.
            return text("/")
        if name == "name" and self.group.kind == "data" and self.group.type.startswith("aws_iam"):
            rule, _ = attributes.symbol_rule(self.group.type, name)
            return self._symbol(name, rule, "", position)
        return self.attribute(name, position)

    def document(self) -> Value:
        """The policy document of an `aws_iam_policy_document`, as JSON text with its document."""
        known = self._known.get("json")
        if known is None:
            known = self._known["json"] = policy_document(self)
        return known

    def attributes_map(self, only: frozenset[str] | None = None) -> Map:
        """Everything that is written in the block, or of these names."""
        block = self.group.block
        skip = META | META_BLOCKS
        if only is not None:
            skip = skip | (written_names(block.body) - only)
        return body_map(block.body, block.position, self.frame, skip)


def written_names(body: Body) -> frozenset[str]:
    """The attributes and nested blocks that stand in a body, `dynamic` ones by what they make."""
    blocks = (b.labels[0] if b.type == "dynamic" and b.labels else b.type for b in body.blocks)
    return frozenset(body.attributes).union(blocks)


class ModuleInstance(Lazy):
    """One instance of a module call."""

    __slots__ = ("_failed", "_scope", "frame", "group", "suffix")

    def __init__(self, group: Group, suffix: str, frame: Frame) -> None:
        super().__init__(group.block.position)
        self.group = group
        self.suffix = suffix
        self.frame = frame
        self._scope: Scope | None = None
        self._failed = False

    @property
    def address(self) -> str:
        """The full address with indexes."""
        return self.group.scope.qualify(self.group.reference + self.suffix)

    def child(self) -> Scope | None:
        """The module instance itself, None if its source could not be resolved."""
        if self._scope is None and not self._failed:
            self._scope = child_scope(self)
            self._failed = self._scope is None
        return self._scope

    def attribute(self, name: str, position: int) -> Value:
        """The output `name`."""
        child = self.child()
        if child is None:
            reference = f"{self.address}.{name}"
            unit = self.frame.context.stack.unit
            return Unknown(reference, "the module's source was not read", position, unit)
        return child.output(name, position)
