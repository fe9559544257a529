"""What a plan does not know yet: whether it is given at all, a symbol, a document, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kmsiac.aws.consumers import key_attributes
from kmsiac.aws.policy_sites import policy_attributes
from kmsiac.frontends.terraform.plan_documents import MAX_MERGED, DocumentReader
from kmsiac.frontends.terraform.plan_model import DOCUMENT_TYPE, Change, mapping
from kmsiac.frontends.terraform.plan_providers import Providers
from kmsiac.frontends.terraform.plan_references import (
    Configuration,
    Origin,
    State,
    chains,
    is_constant,
    is_filled,
)
from kmsiac.frontends.terraform.plan_symbols import attribute_symbol
from kmsiac.frontends.terraform.plan_values import Converter
from kmsiac.frontends.terraform.symbolic import Budget
from kmsiac.values import Owner, Symbol, Text, Value

_LINKS = frozenset(
    {
        "grantee_principal",
        "group",
        "group_name",
        "groups",
        "key_id",
        "managed_policy_arns",
        "permissions_boundary",
        "policy_arn",
        "policy_arns",
        "primary_key_arn",
        "retiring_principal",
        "role",
        "role_name",
        "roles",
        "target_key_id",
        "user",
        "user_name",
        "users",
        "vpc_endpoint_id",
        "vpc_id",
    }
)
"""Attributes that name another resource and hold nothing else: there a reference is the value."""

MAX_SOURCES = 50
"""How many documents are followed that one is made of in a row (`source_policy_documents`)."""

_IDENTITIES = frozenset({"arn", "iam_arn", "unique_id"})
_RESOURCES = ("aws_kms_", "aws_iam_")
_VALUES = frozenset({"arn", "id", "unique_id"})
_AFTER_APPLY = "known after apply"


class Unknowns:
    """The unknown values of one plan.

    `values_at` gives the position of a resource's known values.
    """

    def __init__(
        self,
        configuration: Configuration,
        providers: Providers,
        converter: Converter,
        values_at: Callable[[Change], int],
    ) -> None:
        self._configuration = configuration
        self._providers = providers
        self._converter = converter
        self._values_at = values_at
        self._documents: dict[str, Value] = {}
        self._building: set[str] = set()
        self._budget = Budget(MAX_MERGED)

    def attribute(
        self, change: Change, path: str, expression: object, position: int
    ) -> Value | None:
        """The value of an unknown attribute that is configured; None if it is not given after all."""
        origins = self._configuration.origins(change.module, expression, change.index)
        known = is_constant(expression) or (
            origins and all(o.state is State.KNOWN for o in origins)
        )
        filled = is_filled(expression) or (origins and all(o.filled for o in origins))
        if known and not filled:
            # All of it is known, and yet the attribute is not: it was null or empty, and what
            # is unknown is the provider's default. Where nothing that it is made of is empty,
            # a function like uuid() may be in it instead.
            return None
        name = path.rpartition(".")[2]
        waiting = _waiting(origins)
        if len(waiting) == 1 and _holds_policy(change.type, name):
            text = self._document_text(waiting[0], position)
            if text is not None:
                return text
        elif len(waiting) == 1 and (name in _LINKS or _names_key(change.type, name)):
            symbol = self._link(waiting[0], position)
            if symbol is not None:
                return Text((symbol,), position)
        first = chains(expression)
        reason = f"{_AFTER_APPLY}: it depends on {first[0]}" if first else _AFTER_APPLY
        return self._converter.unknown(f"{change.address}.{path}", reason, position)

    def members(
        self, change: Change, path: str, expression: object, count: int, position: int
    ) -> Sequence[Text] | None:
        """The unknown members of a list of links (`roles`), if as many references are unknown."""
        if path not in _LINKS:
            return None
        origins = self._configuration.origins(change.module, expression, change.index)
        waiting = _waiting(origins)
        links = [self._link(origin, position) for origin in waiting]
        found = [Text((link,), position) for link in links if link is not None]
        return found if len(found) == len(waiting) == count else None

    def _link(self, origin: Origin, position: int) -> Symbol | None:
        target = origin.change
        if target is None or target.mode != "managed" or "." in origin.attribute:
            return None
        provider = self._providers.of(target)
        return attribute_symbol(target, origin.attribute or "id", provider, position)

    # -- documents -------------------------------------------------------------------------------

    def document(self, change: Change) -> Value:
        """The document of a deferred data source, built once."""
        known = self._documents.get(change.address)
        if known is not None:
            return known
        at = self._values_at(change)
        if change.address in self._building or len(self._building) > MAX_SOURCES:
            reason = "it is made of itself, or of too many documents in one another"
            return self._converter.unknown(change.address, reason, at)
        self._building.add(change.address)
        configured = self._configuration.resource(change) or {}
        expressions = mapping(configured.get("expressions"), f"configuration of {change.address}")

        def symbols(
            name: str, expression: object, count: int, position: int
        ) -> Sequence[Text] | None:
            return self._leaves(change, name, expression, count, position)

        def sources(expression: object, position: int) -> Text | None:
            origins = self._configuration.origins(change.module, expression, change.index)
            waiting = _waiting(origins) if len(origins) == 1 else []
            return self._document_text(waiting[0], position) if waiting else None

        def named(expression: object, path: str) -> str:
            origins = self._configuration.origins(change.module, expression, change.index)
            made_of = {o.change.address: o for o in _waiting(origins) if o.change is not None}
            if len(made_of) != 1:
                return path
            ((address, origin),) = made_of.items()
            return f"{address}.{origin.attribute or 'id'} in {path}"

        reader = DocumentReader(self._converter, self._budget, symbols, sources, named)
        document = reader.read(change, expressions, at)
        self._building.discard(change.address)
        self._documents[change.address] = document
        return document

    def _document_text(self, origin: Origin, position: int) -> Text | None:
        """The policy that a reference to a deferred data document stands for."""
        target = origin.change
        if target is None or target.type != DOCUMENT_TYPE or target.mode != "data":
            return None
        if origin.attribute not in {"json", "minified_json", ""}:
            return None
        document = self.document(target)
        owner = Owner(self._converter.unit)
        reference = f"{target.address}.json"
        symbol = Symbol("text", reference, owner, "data", None, position, target.address)
        return Text((symbol,), position, document=document)

    def _leaves(
        self, change: Change, name: str, expression: object, count: int, position: int
    ) -> list[Text] | None:
        """Symbols for the unknown leaves of a list, if there are as many unknown references.

        Only attributes that are whole by themselves where they stand: the ARN of a key is, that of
        a bucket mostly goes on (`/*`).
        """
        waiting = _waiting(self._configuration.origins(change.module, expression, change.index))
        if not count or len(waiting) != count:
            return None
        found: list[Text] = []
        for origin in waiting:
            target = origin.change
            if target is None or target.mode != "managed" or not _is_whole(name, origin, target):
                return None
            provider = self._providers.of(target)
            found.append(Text((attribute_symbol(target, origin.attribute, provider, position),)))
        return found


class AttributeUnknowns:
    """The unknown attributes of one resource instance, for the `Converter`."""

    __slots__ = ("_change", "_unknowns")

    def __init__(self, unknowns: Unknowns, change: Change) -> None:
        self._unknowns = unknowns
        self._change = change

    def attribute(self, path: str, expression: object, position: int) -> Value | None:
        """The value of an unknown attribute, None to leave it out."""
        return self._unknowns.attribute(self._change, path, expression, position)

    def members(
        self, path: str, expression: object, count: int, position: int
    ) -> Sequence[Text] | None:
        """The unknown members of a list, None if they cannot be told."""
        return self._unknowns.members(self._change, path, expression, count, position)


def _holds_policy(resource_type: str, name: str) -> bool:
    """Whether an attribute holds a policy: it is never the attribute of a resource that it names."""
    return name in {"policy", "assume_role_policy"} or any(
        place.path.rpartition(".")[2] == name for place in policy_attributes(resource_type)
    )


def _names_key(resource_type: str, name: str) -> bool:
    return any(attribute.path[-1] == name for attribute in key_attributes(resource_type))


def _waiting(origins: Sequence[Origin]) -> list[Origin]:
    """What is unknown among the origins; nothing where one of them cannot be followed."""
    if any(origin.state is State.OPEN for origin in origins):
        return []
    return [origin for origin in origins if origin.state is State.UNKNOWN]


def _is_whole(name: str, origin: Origin, target: Change) -> bool:
    if name == "identifiers":
        return origin.attribute in _IDENTITIES
    if name in {"resources", "not_resources"}:
        return origin.attribute.endswith("arn") and target.type.startswith(_RESOURCES)
    return name == "values" and origin.attribute in _VALUES
